"""Runs Robot Framework as a child of the bench: `python -m bench.keywords ROBOT-OPTIONS...`.

Standard input is the parent's pipe: when it closes, Robot is asked to stop as by Ctrl-C, so that teardowns run
and ports close; a parent that was killed therefore leaves nothing behind.
"""

import os
import signal
import sys
import threading

from robot.run import run_cli


def _stop_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)


def main() -> int:
    """Run Robot; return its code, which the runner ignores in favour of the verdicts."""
    threading.Thread(target=_stop_with_parent, name="lifeline", daemon=True).start()
    code: int = run_cli(sys.argv[1:], exit=False)
    return code


if __name__ == "__main__":
    sys.exit(main())

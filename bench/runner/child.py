"""Child processes of a run: none of them outlives it."""

import subprocess
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import IO, Self

#: how long a child may take to stop after it was asked, in seconds
STOP_S = 15.0


class Child:
    """A process in a session of its own that holds a pipe of ours as standard input.

    When this process ends in whatever way, the pipe closes and the child ends itself; a Ctrl-C on the terminal
    reaches only this process, which then asks the child to stop. ``output`` takes what it prints: a file or
    ``subprocess.PIPE``.
    """

    def __init__(
        self, command: Sequence[str], output: IO[bytes] | int, environment: Mapping[str, str] | None = None
    ) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            umask=0o077,  # what a run leaves is for its owner only
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ended(self, timeout_s: float) -> bool:
        """Wait up to ``timeout_s`` seconds for the end; return whether it came."""
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Close the pipe, which asks the child to end, and kill it when it does not within :data:`STOP_S`."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        if not self.ended(STOP_S):
            self.process.kill()
            self.process.wait()

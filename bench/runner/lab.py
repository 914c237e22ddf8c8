"""The virtual lab as a child of a run: a program of its own, reached by name only."""

import json
import select
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.runner.child import Child

#: how long the lab may take to come up or to answer, in seconds
ANSWER_S = 20.0


class LabError(Exception):
    """The virtual lab did not come up, died or did not understand."""


class LabRequestError(LabError):
    """The lab file cannot be used: exit code 2."""


class VirtualLab:
    """A running virtual lab; ``bench_file`` describes the bench that it offers, among the lab's own files."""

    def __init__(self, lab_file: Path | None = None) -> None:
        self._child = Child(_command(lab_file, "--lifeline", "--json"), subprocess.PIPE)
        assert self._child.process.stdout is not None
        self._says = self._child.process.stdout
        first = self._says.readline() if select.select([self._says], [], [], ANSWER_S)[0] else b""
        try:
            told = json.loads(first)
        except ValueError:
            self._child.stop()
            with self._says:
                raise _refusal(self._child.process.returncode, first.decode() + self._last_words()) from None
        self.bench_file = Path(told["bench"])
        self._control = told["control"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.stop()
        self._says.close()

    def check(self) -> None:
        """Raise LabError with the lab's last words when it has died."""
        if self._child.ended(0):
            raise LabError(f"The virtual lab died during the run:\n{self._last_words()}")

    def request(self, **words: object) -> Mapping[str, Any]:
        """Send one line to the lab's control socket and return its answer; only the matrix does that."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(ANSWER_S)
            link.connect(self._control)
            link.sendall(json.dumps(words).encode() + b"\n")
            with link.makefile("rb") as answers:
                answer: Mapping[str, Any] = json.loads(answers.readline())
        if "error" in answer:
            raise LabError(f"The virtual lab refused {words}: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        """Return the end of what the lab printed; it must have ended."""
        return "\n".join(self._says.read().decode(errors="replace").splitlines()[-20:])


def lab_faults(lab_file: Path | None = None) -> list[Mapping[str, Any]]:
    """Return the catalogue of switches of a lab: name, subject, kind, clauses, may_change."""
    done = subprocess.run(
        _command(lab_file, "--faults", "--json"), capture_output=True, text=True, timeout=ANSWER_S, check=False
    )
    if done.returncode:
        raise _refusal(done.returncode, done.stderr)
    faults: list[Mapping[str, Any]] = json.loads(done.stdout)
    return faults


def _refusal(code: int, words: str) -> LabError:
    """Pass on the lab's own message about its file, or say what else it said when it ended."""
    usage = 2
    return (
        LabRequestError(words.strip()) if code == usage else LabError(f"The virtual lab did not come up:\n{words}")
    )


def _command(lab_file: Path | None, *options: str) -> list[str]:
    return [sys.executable, "-m", "fixtures.lab", *([str(lab_file)] if lab_file else []), *options]

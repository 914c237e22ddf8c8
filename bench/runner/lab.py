"""The virtual lab as a child of a run: a program of its own, reached by name only."""

import json
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.runner.child import Child

#: how long the lab may take to come up, in seconds
START_S = 20.0
_PROGRAM = (sys.executable, "-m", "fixtures.lab")


class LabError(Exception):
    """The virtual lab did not come up or did not understand."""


class VirtualLab:
    """A running virtual lab; ``bench_file`` describes the bench that it offers."""

    def __init__(self, lab_file: Path | None = None) -> None:
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-run-")))
        self.bench_file = folder / "bench.toml"
        self._control = folder / "control"
        command = [*_PROGRAM, *([str(lab_file)] if lab_file else []), "--lifeline"]
        command += ["--write-bench", str(self.bench_file), "--control", str(self._control)]
        self._child = self._stack.enter_context(Child(command, folder / "lab.log"))
        try:
            self._wait_up()
        except LabError:
            self._stack.close()
            raise

    def _wait_up(self) -> None:
        deadline = time.monotonic() + START_S
        while not self.bench_file.exists():
            if self._child.ended(0.02):
                raise LabError(f"The virtual lab did not start:\n{self._child.last_words()}")
            if time.monotonic() > deadline:
                raise LabError(f"The virtual lab was not up after {START_S:g} s:\n{self._child.last_words()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def check(self) -> None:
        """Raise LabError with the lab's last words when it has died."""
        if self._child.ended(0):
            raise LabError(f"The virtual lab died during the run:\n{self._child.last_words()}")

    def request(self, **words: object) -> Mapping[str, Any]:
        """Send one line to the lab's control socket and return its answer; only the matrix does that."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(START_S)
            link.connect(str(self._control))
            link.sendall(json.dumps(words).encode() + b"\n")
            with link.makefile("rb") as answers:
                answer: Mapping[str, Any] = json.loads(answers.readline())
        if "error" in answer:
            raise LabError(f"The virtual lab refused {words}: {answer['error']}")
        return answer


def lab_faults(lab_file: Path | None = None) -> list[Mapping[str, Any]]:
    """Return the catalogue of switches of a lab: name, subject, kind, clauses, may_change."""
    with tempfile.TemporaryDirectory(prefix="bench-run-") as folder:
        command = [*_PROGRAM, *([str(lab_file)] if lab_file else []), "--faults", "--json"]
        with Child(command, Path(folder) / "faults.json") as child:
            if not child.ended(START_S) or child.process.returncode:
                raise LabError(f"The virtual lab did not list its faults:\n{child.last_words()}")
            faults: list[Mapping[str, Any]] = json.loads(child.output.read_text())
            return faults

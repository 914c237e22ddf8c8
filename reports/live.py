"""A run as it goes: a line for each thing worth telling, and what is going on in between."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.text import Text

from bench.evidence import CLOCK_PERIOD_S, ENDED, PLANNED, STARTED, RunFolder, Tail
from bench.masking import mask_text
from bench.model import Event, Kind, Outcome
from reports.summary import STYLES

#: seconds of silence after which a line says what is going on, where nothing else can show it
HEARTBEAT_S = 30.0
#: width of the first column: the longest word is "not applicable"
_WORD = 15
#: a run writes a clock event every so often: after so many periods without one nobody writes any more
_PERIODS_OF_THE_DEAD = 3
_LOOK_S = 0.1


class LiveView:
    """Prints each module as it is met and each verdict as it falls, to be used as a context manager.

    In between, a terminal shows which tests are under way; elsewhere a line says so after :data:`HEARTBEAT_S`
    seconds without one. :meth:`tick` wants to be called often. ``now_ns`` is CLOCK_MONOTONIC in nanoseconds.
    """

    def __init__(self, console: Console, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._console = console
        self._now_ns = now_ns
        self._status = console.status("starting") if console.is_terminal else None
        self._checks: dict[str, str] = {}
        self._planned = 0
        self._ended = 0
        #: the test under way on each module, and when it began
        self._running: dict[str, tuple[str, int]] = {}
        self._spoke_ns = now_ns()

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def __call__(self, event: Event) -> None:
        """Take an event of the journal."""
        meaning = event.meaning
        if event.kind is Kind.CHECK:
            self._checks[meaning["id"]] = meaning["test"]
        elif event.kind is Kind.STEP:
            self._step(meaning, event.mono_ns)
        elif event.kind is Kind.VERDICT:
            self._verdict(meaning)

    def tick(self) -> None:
        """Show how far the run is; never fails."""
        if self._status is not None:
            self._status.update(Text(self._progress()))
        elif self._now_ns() - self._spoke_ns >= HEARTBEAT_S * 1e9:
            self._print(Text("running".ljust(_WORD)), self._progress())

    def _step(self, meaning: Mapping[str, Any], mono_ns: int) -> None:
        match meaning.get("step"):
            case "module":
                words = (meaning["module"], meaning["manufacturer"], meaning["model"], meaning["revision"])
                self._print(Text("module".ljust(_WORD)), mask_text(" ".join(words)))
            case step if step == PLANNED:
                self._planned += 1
            case step if step == STARTED:
                self._running[meaning["module"]] = (meaning["test"], mono_ns)
            case step if step == ENDED:
                self._ended += 1
                self._running.pop(meaning["module"], None)

    def _verdict(self, meaning: Mapping[str, Any]) -> None:
        outcome = Outcome.of(meaning["outcome"])
        word = Text(outcome.word.replace("_", " ").ljust(_WORD), style=STYLES[outcome])
        test = self._checks.get(meaning["check"], "")
        self._print(word, f"{meaning['clause']:<12} {meaning['subject']:<10} {test}")
        if outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE):
            for reason in meaning["reasons"]:
                self._print(Text(" " * _WORD), mask_text(reason))

    def _progress(self) -> str:
        """Return how many tests are over, and what each module is at for how many seconds."""
        parts = [f"{self._ended} of {self._planned} tests" if self._planned else "before the first test"]
        for module, (test, since_ns) in self._running.items():
            parts.append(f"{module}: {test}, {max(0, self._now_ns() - since_ns) // 10**9} s")
        return mask_text("; ".join(parts))

    def _print(self, head: Text, text: str) -> None:
        self._spoke_ns = self._now_ns()
        self._console.print(head + Text(text), soft_wrap=True)


def follow(folder: RunFolder, view: LiveView) -> None:
    """Show a run from its beginning until it ends: when its manifest stands, or nobody writes its journal."""
    with Tail(folder.journal) as tail:
        while True:
            over = folder.manifest.exists() or _abandoned(folder.journal)
            for event in tail.news():
                view(event)
            if over:
                return
            view.tick()
            time.sleep(_LOOK_S)


def _abandoned(journal: Path) -> bool:
    return time.time() - journal.stat().st_mtime > _PERIODS_OF_THE_DEAD * CLOCK_PERIOD_S

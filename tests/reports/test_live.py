"""The live view of a run, on a terminal and elsewhere, and how a run is followed."""

import os
import signal
import subprocess
import sys
import threading
import time
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from bench.cli import main
from bench.evidence import ENDED, PLANNED, STARTED, Recorder, RunFolder
from bench.model import Check, Event, Expectation, Kind, Outcome, Verdict
from reports.live import HEARTBEAT_S, LiveView, follow

BENCH = Path(sys.executable).with_name("bench")
CHECK = Check("V1@meter#1", "ESIM-02-V1", "meter", Expectation.REFUSED, test="Unlisted")


class Clock:
    now_s = 1000.0

    def __call__(self) -> int:
        return int(self.now_s * 1e9)


def step(clock: Clock, step: str, test: str, module: str) -> Event:
    meaning = {"step": step, "test": test, "module": module, "clause": "ESIM-02-V1", "status": ""}
    return Event(0, clock(), "suites", 1, "suite", Kind.STEP, meaning=meaning)


def view_on(terminal: bool, clock: Clock) -> tuple[LiveView, StringIO]:
    screen = StringIO()
    return LiveView(Console(file=screen, force_terminal=terminal, width=100), clock), screen


def test_a_heartbeat_explains_a_long_silence_where_there_is_no_terminal():
    clock = Clock()
    view, screen = view_on(False, clock)
    with view:
        for test in ("Unlisted", "Listed"):
            view(step(clock, PLANNED, test, "meter"))
        view(step(clock, STARTED, "Unlisted", "meter"))
        clock.now_s += HEARTBEAT_S - 1
        view.tick()
        assert screen.getvalue() == ""
        clock.now_s += 1
        view.tick()
        view.tick()
        assert screen.getvalue() == "running        0 of 2 tests; meter: Unlisted, 30 s\n"
        view(step(clock, ENDED, "Unlisted", "meter"))
        clock.now_s += HEARTBEAT_S
        view.tick()
    assert screen.getvalue().splitlines()[1:] == ["running        1 of 2 tests"]


def test_a_line_of_its_own_puts_the_heartbeat_off():
    clock = Clock()
    view, screen = view_on(False, clock)
    with view:
        clock.now_s += HEARTBEAT_S - 1
        view(verdict_event(Outcome.PASS))
        clock.now_s += 2
        view.tick()
    assert "running" not in screen.getvalue()


def test_a_terminal_shows_every_module_at_work():
    clock = Clock()
    view, screen = view_on(True, clock)
    with view:
        view(step(clock, STARTED, "Unlisted [1]", "meter"))
        clock.now_s += 3
        view(step(clock, STARTED, "Listed", "tracker"))
        clock.now_s += 4
        view.tick()
    assert "meter: Unlisted [1], 7 s; tracker: Listed, 4 s" in screen.getvalue()


def verdict_event(outcome: Outcome) -> Event:
    meaning = {
        "check": CHECK.id,
        "clause": CHECK.clause,
        "subject": "meter",
        "outcome": outcome.word,
        "reasons": ["the phone 13800000002 rang"],
        "warnings": [],
    }
    return Event(0, 0, "suites", 2, "judge", Kind.VERDICT, meaning=meaning)


def test_reasons_are_told_masked_when_it_is_no_pass():
    view, screen = view_on(False, Clock())
    with view:
        view(verdict_event(Outcome.PASS))
        view(verdict_event(Outcome.FAIL))
    assert screen.getvalue().splitlines() == [
        "pass           ESIM-02-V1   meter      ",
        "fail           ESIM-02-V1   meter      ",
        "               the phone 1380*****02 rang",
    ]


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder.create(tmp_path / "runs", "bench")
    folder.write(folder.bench_file, "")
    return folder


def tell(recorder: Recorder, outcome: Outcome) -> None:
    recorder.record("suite", CHECK)
    recorder.record("judge", Verdict(CHECK.id, CHECK.clause, CHECK.subject, outcome, ("because",)))


def test_following_ends_when_the_manifest_stands(folder):
    view, screen = view_on(False, Clock())
    with Recorder(folder.journal, "runner") as recorder:
        recorder.emit(Kind.RUN, "runner", **folder.header("bench"))
        follower = threading.Thread(target=follow, args=(folder, view), daemon=True)
        follower.start()
        tell(recorder, Outcome.PASS)
    assert follower.is_alive()
    folder.write_manifest({})
    follower.join(30)
    assert not follower.is_alive()
    assert screen.getvalue() == "pass           ESIM-02-V1   meter      Unlisted\n"


def test_following_a_run_that_died_ends_too_and_is_a_bench_error(folder, tmp_path):
    with Recorder(folder.journal, "runner") as recorder:
        recorder.emit(Kind.RUN, "runner", **folder.header("bench"))
        recorder.record("suite", CHECK)
    long_ago = time.time() - 3600
    os.utime(folder.journal, (long_ago, long_ago))
    done = CliRunner().invoke(main, ["watch", "--runs", str(tmp_path / "runs")])
    assert done.exit_code == 4
    assert "the suites stopped before the check was concluded" in done.stdout


def test_ctrl_c_ends_the_watching_and_not_the_run(folder, tmp_path):
    with Recorder(folder.journal, "runner") as recorder:
        recorder.emit(Kind.RUN, "runner", **folder.header("bench"))
        tell(recorder, Outcome.PASS)
        with subprocess.Popen(
            [BENCH, "watch", "--runs", str(tmp_path / "runs")], stdout=subprocess.PIPE, text=True
        ) as watching:
            assert watching.stdout is not None
            assert watching.stdout.readline().startswith("pass")
            watching.send_signal(signal.SIGINT)
            assert watching.wait(30) == 130

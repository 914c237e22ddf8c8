"""Whole runs on the virtual lab, as a person starts them."""

import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from bench.evidence import Recorder, RunFolder, junit, read_journal
from bench.evidence.journal import parse_event
from bench.inventory import load_bench
from bench.model import Kind, Outcome, Verdict
from reports.summary import render, summarise

BENCH = Path(sys.executable).with_name("bench")
BENCH_FILES = Path(__file__).parents[2] / "fixtures" / "benches"
DEADLINE_S = 60


def bench(*arguments: str, cwd: Path, timeout: float = DEADLINE_S) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BENCH, *arguments], cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
    )


def wait_until(condition, what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.05)


def processes_about(text: str) -> list[str]:
    """The command lines of living processes that name the text, but for this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environment = (entry / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if line and (text in line or text in environment):
                found.append(line)
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[subprocess.CompletedProcess[str], RunFolder]:
    """One short run on the demo lab and its folder."""
    folder = tmp_path_factory.mktemp("run")
    clauses = [word for clause in ("V1", "S2", "D4") for word in ("--clause", f"ESIM-02-{clause}")]
    done = bench("run", "--module", "meter", *clauses, "--clause", "ESIM-03-1", cwd=folder)
    return done, RunFolder.open("latest", folder / "runs")


class TestFinishedRun:
    def test_it_passes_and_says_so_by_clause(self, finished):
        done, _ = finished
        assert done.returncode == 0, done.stdout + done.stderr
        for clause in ("ESIM-02-V1", "ESIM-02-S2", "ESIM-02-D4", "ESIM-03-1"):
            assert f"{clause}" in done.stdout
        assert "4 pass" in done.stdout

    def test_no_identity_stands_in_full_on_the_console_in_junit_or_manifest(self, finished):
        done, folder = finished
        entries = load_bench(folder.bench_file).subscriptions.values()
        texts = (done.stdout, done.stderr, folder.junit.read_text(), folder.manifest.read_text())
        for entry in entries:
            for identity in (entry.msisdn, entry.iccid, entry.imsi):
                assert not any(identity in text for text in texts)

    def test_journal_begins_with_the_run_and_holds_every_kind_of_event(self, finished):
        _, folder = finished
        events = list(read_journal(folder.journal))
        assert events[0].kind is Kind.RUN
        assert set(Kind) == {event.kind for event in events}

    def test_every_refused_attempt_stands_between_its_controls(self, finished):
        _, folder = finished
        attempts = [event.meaning for event in read_journal(folder.journal) if event.kind is Kind.ATTEMPT]
        roles = [attempt["role"] for attempt in attempts if "V1" in attempt["check"]]
        assert roles == ["subject-control", "target-control", "subject", "subject-control", "target-control"]

    def test_manifest_seals_every_file(self, finished):
        _, folder = finished
        manifest = json.loads(folder.manifest.read_text())
        assert "journal.jsonl" in manifest["files"]
        for name, digest in manifest["files"].items():
            assert hashlib.sha256((folder.path / name).read_bytes()).hexdigest() == digest
        assert manifest["devices"]["meter"]["model"] == "EC25"

    def test_junit_counts_the_checks(self, finished):
        _, folder = finished
        suite = ET.parse(folder.junit).getroot().find("testsuite")
        assert suite.get("tests") == "4"
        assert (suite.get("failures"), suite.get("errors")) == ("0", "0")

    def test_judging_again_and_reporting_say_the_same(self, finished):
        done, folder = finished
        for command in ("judge", "report"):
            again = bench(command, str(folder.path), cwd=folder.path)
            assert again.returncode == 0
            assert again.stdout.splitlines()[0] in done.stdout
            assert "4 pass" in again.stdout

    def test_watching_it_afterwards_shows_the_same_lines(self, finished):
        done, folder = finished
        watched = bench("watch", str(folder.path), cwd=folder.path)
        assert watched.returncode == 0
        lines = [line for line in done.stdout.splitlines() if line.startswith(("module ", "pass "))]
        assert lines == [line for line in watched.stdout.splitlines() if line.startswith(("module ", "pass "))]
        assert len([line for line in lines if line.startswith("pass ")]) == 4

    def test_cut_anywhere_the_journal_still_gives_a_report(self, finished, tmp_path):
        _, folder = finished
        whole = folder.journal.read_bytes()
        cut = RunFolder(tmp_path)
        for size in {*range(0, len(whole), len(whole) // 40), *range(len(whole) - 200, len(whole), 9)}:
            cut.journal.write_bytes(whole[:size])
            summary = summarise(cut)
            Console(file=StringIO()).print(render(summary))
            last = whole[:size].rpartition(b"\n")[2]
            assert summary.torn == (1 if last and parse_event(last) is None else 0)
            passed = [v.check for v in summary.verdicts if v.outcome is Outcome.PASS]
            concluded = whole[:size].count(b'"kind":"verdict"')
            assert len(passed) <= concluded

    def test_files_are_for_their_owner_only(self, finished):
        _, folder = finished
        for path in (folder.path, *folder.path.rglob("*")):
            assert not path.stat().st_mode & 0o077, path

    def test_nothing_is_left_behind(self, finished):
        _, folder = finished
        assert processes_about(folder.name) == []


def test_junit_counts_tests_that_never_came_to_a_check(tmp_path):
    with Recorder(tmp_path / "journal.jsonl", "test") as recorder:
        recorder.record("judge", Verdict("V1@meter/Never Started", "V1", "meter", Outcome.ERROR, ("never",)))
    suite = ET.fromstring(junit(read_journal(tmp_path / "journal.jsonl"), "run")).find("testsuite")
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_stopped_run_leaves_a_readable_journal_and_no_process(tmp_path, number):
    mark = f"BENCH_TEST={tmp_path.name}-{number.name}"
    environment = {**os.environ, "BENCH_TEST": f"{tmp_path.name}-{number.name}", "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [BENCH, "run", "--tag", "voice"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        latest = tmp_path / "runs" / "latest" / "journal.jsonl"
        wait_until(lambda: latest.exists() and b'"kind":"attempt"' in latest.read_bytes(), "the first attempt")
        run.send_signal(number)
        code = run.wait(DEADLINE_S)
    assert code == (-signal.SIGKILL if number is signal.SIGKILL else 130)
    wait_until(lambda: processes_about(mark) == [], "the end of every process")
    assert list(tmp_path.glob("bench-*")) == []
    report = bench("report", cwd=tmp_path)
    assert report.returncode == 0
    assert "the suites stopped before the check was concluded" in report.stdout.replace("\n", " ") or (
        "the test was never started" in report.stdout.replace("\n", " ")
    )
    assert bench("judge", cwd=tmp_path).returncode == 4


@pytest.fixture
def lab_bench(tmp_path) -> Iterator[Path]:
    """The bench file of a lab that lives as long as the test."""
    bench_file = tmp_path / "bench.toml"
    with subprocess.Popen([BENCH, "lab", "--write-bench", str(bench_file)], stdout=subprocess.DEVNULL) as lab:
        try:
            wait_until(bench_file.exists, "the lab's bench file")
            yield bench_file
        finally:
            lab.send_signal(signal.SIGINT)
            lab.wait(DEADLINE_S)


def test_two_runs_on_one_bench_exclude_each_other(tmp_path, lab_bench):
    with subprocess.Popen(
        [BENCH, "run", "--bench", str(lab_bench), "--tag", "voice"], cwd=tmp_path, stdout=subprocess.DEVNULL
    ) as first:
        try:
            wait_until((tmp_path / "runs" / "latest" / "journal.jsonl").exists, "the first run's journal")
            second = bench("run", "--bench", str(lab_bench), cwd=tmp_path)
        finally:
            first.send_signal(signal.SIGINT)
            first.wait(DEADLINE_S)
    assert second.returncode == 5
    assert f"pid {first.pid}" in second.stderr


def test_at_command_is_guarded_and_journaled(tmp_path, lab_bench):
    asked = bench("at", "meter", "AT+CGMM", "--bench", str(lab_bench), cwd=tmp_path)
    assert (asked.returncode, asked.stdout) == (0, "EC25\nOK\n")
    events = list(read_journal(RunFolder.open("latest", tmp_path / "runs").journal))
    assert b"AT+CGMM" in [event.data for event in events]
    emergency = bench("at", "meter", "ATD112;", "--bench", str(lab_bench), cwd=tmp_path)
    assert emergency.returncode == 4
    assert "emergency" in emergency.stderr
    events = list(read_journal(RunFolder.open("latest", tmp_path / "runs").journal))
    assert not any(b"112" in event.data for event in events)


def test_the_doctor_finds_the_lab_well_and_discover_finds_its_modules(tmp_path, lab_bench):
    examined = bench("doctor", "--bench", str(lab_bench), "--json", cwd=tmp_path)
    assert examined.returncode == 0, examined.stdout
    by_id = Path(load_bench(lab_bench).modules["meter"].port).parent
    found = bench("discover", "--by-id", str(by_id), "--write-bench", "found.toml", cwd=tmp_path)
    assert found.returncode == 0, found.stdout
    for entry in load_bench(lab_bench).subscriptions.values():
        assert entry.iccid in (tmp_path / "found.toml").read_text()
        assert entry.iccid not in found.stdout
    assert bench("doctor", "--bench", "found.toml", cwd=tmp_path).returncode == 2


def test_another_card_than_the_bench_file_says_is_an_error_for_its_module_alone(tmp_path, lab_bench):
    lab_bench.write_text(lab_bench.read_text().replace('imsi = "460240000000001"', 'imsi = "460240000000007"'))
    done = bench("run", "--bench", str(lab_bench), "--clause", "ESIM-03-1", cwd=tmp_path)
    assert done.returncode == 4
    assert "1 error, 2 pass" in done.stdout
    assert "The card in the module has the IMSI 460240*******01" in done.stdout.replace("\n", " ")


def bench_on(tmp_path: Path, port: str) -> Path:
    """The example bench with the port of its module under test changed."""
    example = (BENCH_FILES / "example.toml").read_text()
    path = tmp_path / "bench.toml"
    path.write_text(re.sub(r'(\[modules\.\w+\]\s*port = )"[^"]*"', rf'\1"{port}"', example, count=1))
    return path


def test_a_missing_port_is_one_message(tmp_path):
    path = bench_on(tmp_path, "/dev/serial/by-id/usb-nothing-if00")
    done = bench("run", "--bench", str(path), cwd=tmp_path)
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert re.match(r"\[modules\.\w+\] port /dev/serial/by-id/usb-nothing-if00: no such port\.", done.stderr)
    assert "Fix: check cable and power" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_busy_port_names_its_holder(tmp_path):
    master, slave = os.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCEXCL)
        fcntl.flock(slave, fcntl.LOCK_EX)
        done = bench("run", "--bench", str(bench_on(tmp_path, os.ttyname(slave))), cwd=tmp_path)
    finally:
        os.close(master)
        os.close(slave)
    assert done.returncode == 5
    assert f"(pid {os.getpid()})" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--clause", "ESIM-99"], "--clause ESIM-99: no such clause. Fix: `bench clauses` lists them\n"),
        (["--module", "nobody"],
         "--module nobody: no module under test. Fix: choose of meter, tracker, camera\n"),
        (["--bench", "a.toml", "--lab", "b.toml"],
         "--bench and --lab exclude each other. Fix: give one of them\n"),
    ],
)  # fmt: skip
def test_bad_requests_are_one_message_and_exit_code_2(tmp_path, arguments, message):
    done = bench("run", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, message)


def test_a_lab_file_that_is_not_there_is_one_message_and_exit_code_2(tmp_path):
    done = bench("run", "--lab", "no.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("no.toml: cannot be read (No such file or directory).")
    assert done.stderr.count("\n") == 1

"""Tests in quarantine: they run and are reported, and decide nothing; only for a while."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from bench.cli import main
from bench.evidence import Recorder, RunFolder, junit, read_journal
from bench.inventory import BenchFileError, dump, load_bench
from bench.model import Check, Expectation, Kind, Outcome, Quarantine, Verdict

EXAMPLE = (Path(__file__).parents[2] / "fixtures/benches/example.toml").read_text()
LINES = EXAMPLE.count("\n")
ENTRY = """
[[quarantine]]
clause = "ESIM-02-V7"
module = "meter"
reason = "the operator changes its number formats, ticket 7"
expires = 2999-12-31
"""


def load(folder: Path, text: str):
    path = folder / "bench.toml"
    path.write_text(EXAMPLE + text)
    return load_bench(path)


def test_an_entry_survives_the_resolved_file(tmp_path):
    bench = load(tmp_path, ENTRY)
    assert bench.quarantines() == (
        Quarantine(
            "the operator changes its number formats, ticket 7", "2999-12-31", clause="ESIM-02-V7", module="meter"
        ),
    )
    (tmp_path / "resolved.toml").write_text(dump(bench))
    assert load_bench(tmp_path / "resolved.toml") == bench


#: what is replaced in the second entry by what; line below the first one's header, cause, fix
BAD = {
    "expired": (
        "2999-12-31", "2026-01-31",
        (5, "[[quarantine]] 2 expires: 2026-01-31 is past"),
        "remove the entry so that its verdicts count again, or give a later day and say why",
    ),
    "unknown clause": (
        "ESIM-02-V7", "ESIM-02-V77",
        (2, "[[quarantine]] 2 clause: no clause is called 'ESIM-02-V77'"),
        "did you mean 'ESIM-02-V7'?",
    ),
    "unknown module": (
        '"meter"', '"metre"',
        (3, "[[quarantine]] 2 module: no module is called 'metre'"),
        "did you mean 'meter'?",
    ),
    "no reason": (
        'reason = "the operator changes its number formats, ticket 7"\n', "",
        (1, "[[quarantine]] 2 has no reason"),
        "add reason = ...",
    ),
    "nothing named": (
        'clause = "ESIM-02-V7"\n', "",
        (1, "[[quarantine]] 2: names neither test nor clause"),
        'add clause = "..." or test = "..."',
    ),
    "unknown key": (
        "expires", "expiry",
        (5, "unknown key 'expiry' in [[quarantine]] 2"),
        "did you mean 'expires'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told", "fix"), BAD.values(), ids=BAD)
def test_a_bad_entry_is_one_message_with_its_line(tmp_path, old, new, told, fix):
    below, cause = told
    with pytest.raises(BenchFileError) as caught:
        load(tmp_path, ENTRY + ENTRY.replace(old, new))
    first_of_second = LINES + ENTRY.count("\n") + 1
    assert str(caught.value) == f"{tmp_path}/bench.toml:{first_of_second + below}: {cause}. Fix: {fix}"


@pytest.mark.parametrize(
    ("entry", "covered"),
    [
        (Quarantine("r", "d", test="Unlisted"), True),
        (Quarantine("r", "d", clause="ESIM-02-V1"), True),
        (Quarantine("r", "d", clause="ESIM-02-V1", module="meter"), True),
        (Quarantine("r", "d", clause="ESIM-02-V1", test="Listed"), False),
        (Quarantine("r", "d", clause="ESIM-02-V2"), False),
        (Quarantine("r", "d", test="Unlisted", module="tracker"), False),
    ],
)
def test_what_an_entry_covers(entry, covered):
    assert entry.covers("Unlisted", "ESIM-02-V1", "meter") is covered


def written(tmp_path: Path, *entries: dict[str, str]) -> RunFolder:
    """A run with one check that was never concluded: an error."""
    folder = RunFolder.create(tmp_path / "runs", "bench")
    folder.write(folder.bench_file, "")
    check = Check("ESIM-02-V1@meter#1", "ESIM-02-V1", "meter", Expectation.REFUSED, test="Unlisted")
    with Recorder(folder.journal, "runner") as recorder:
        recorder.emit(Kind.RUN, "runner", **folder.header("bench"), quarantine=list(entries))
        recorder.record("suite", check)
    return folder


def test_a_verdict_in_quarantine_is_shown_and_decides_nothing(tmp_path):
    entry = {"test": "Unlisted", "reason": "ticket 7", "expires": "2999-12-31"}
    runs = ("--runs", str(tmp_path / "runs"))
    written(tmp_path)
    assert CliRunner().invoke(main, ["judge", *runs]).exit_code == 4
    written(tmp_path, {**entry, "module": "tracker"})
    assert CliRunner().invoke(main, ["judge", *runs]).exit_code == 4
    written(tmp_path, entry)
    done = CliRunner().invoke(main, ["judge", *runs])
    assert done.exit_code == 0
    assert "error ESIM-02-V1 meter: Unlisted" in done.stdout
    assert "in quarantine, decides nothing: ESIM-02-V1 meter: Unlisted (until 2999-12-31: ticket 7)" in (
        done.stdout.replace("\n", " ")
    )


def test_junit_skips_what_is_in_quarantine(tmp_path):
    folder = written(tmp_path, {"test": "Unlisted", "reason": "ticket 7", "expires": "2999-12-31"})
    with Recorder(folder.journal, "judge") as recorder:
        verdict = Verdict("ESIM-02-V1@meter#1", "ESIM-02-V1", "meter", Outcome.FAIL, ("it rang",))
        recorder.record("judge", verdict)
    suite = ET.fromstring(junit(read_journal(folder.journal), "run")).find("testsuite")
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("0", "0", "1")
    assert suite.find("testcase/skipped").get("message") == (
        "in quarantine until 2999-12-31 (ticket 7): fail: it rang"
    )


@pytest.mark.parametrize("in_quarantine", [False, True])
def test_a_run_that_fails_only_in_quarantine_exits_with_0(tmp_path, in_quarantine):
    path = tmp_path / "bench.toml"
    lab = [sys.executable, "-m", "fixtures.lab", "--write-bench", str(path)]
    with subprocess.Popen([*lab, "--fault", "card-number-11-digit@meter"], stdout=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 60
        while not path.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        if in_quarantine:
            with path.open("a") as file:
                file.write(ENTRY.replace("ESIM-02-V7", "ESIM-03-1"))
        done = subprocess.run(
            [Path(sys.executable).with_name("bench"), "run", "--bench", str(path), "--clause", "ESIM-03-1"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        running.send_signal(signal.SIGINT)
    assert done.returncode == (0 if in_quarantine else 1), done.stdout + done.stderr
    assert "1 fail" in done.stdout
    manifest = json.loads((tmp_path / "runs/latest/manifest.json").read_text())
    assert len(manifest["quarantine"]) == int(in_quarantine)

"""Meanings, folds, the run folder and JUnit."""

import dataclasses
import hashlib
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.evidence import (
    ClockTicker,
    MeaningError,
    Recorder,
    RunFolder,
    RunFolderError,
    case_files,
    from_meaning,
    junit,
    read_journal,
    to_meaning,
    verdicts,
)
from bench.model import (
    Attempt,
    Cause,
    CauseClass,
    Check,
    Direction,
    Expectation,
    Kind,
    Measurement,
    Observation,
    Outcome,
    Reading,
    Role,
    Service,
    Verdict,
    Went,
    Witness,
)

TOLD = [Check, Attempt, Observation, Reading, Measurement, Verdict]


def check(id_: str = "c1") -> Check:
    return Check(id_, "ESIM-02-V1", "meter", Expectation.REFUSED, test="refuses", silent_drop=True)


def attempt(id_: str, of: str = "c1") -> Attempt:
    return Attempt(
        id=id_,
        check=of,
        role=Role.SUBJECT,
        service=Service.VOICE,
        direction=Direction.MO,
        initiator="meter",
        receiver="phone",
        target="13800000002",
        number_format="plain",
        token="",
        competent=Witness.FAR_END,
        session="s1",
        plmn="46000",
        rat="LTE",
        bearer="ims",
        window_s=30.0,
        start_ns=1,
    )


def seen(of: str, went: Went = Went.NO) -> Observation:
    cause = Cause("CC", 29, "facility rejected", CauseClass.POLICY)
    return Observation(of, Witness.FAR_END, "phone", went, 5, 30.0, cause=cause)


@given(st.sampled_from(TOLD).flatmap(lambda cls: st.builds(cls, **_finite(cls))))
def test_a_meaning_survives_json(thing: object) -> None:
    text = json.dumps(to_meaning(thing), allow_nan=False)
    assert from_meaning(type(thing), json.loads(text)) == thing


def _finite(cls: type) -> dict[str, st.SearchStrategy[object]]:
    """Numbers that JSON has: no infinities, no NaN."""
    number = st.floats(allow_nan=False, allow_infinity=False)
    choices: dict[object, st.SearchStrategy[object]] = {float: number, float | None: st.none() | number}
    return {field.name: choices[field.type] for field in dataclasses.fields(cls) if field.type in choices}


@pytest.mark.parametrize(
    ("cls", "changes", "message"),
    [
        (Check, {"colour": "red"}, "Check has no field 'colour'"),
        (Check, {"expectation": "maybe"}, "Check.expectation: no Expectation is called 'maybe'"),
        (Check, {"silent_drop": 1}, "Check.silent_drop wants bool, not 1"),
        (Check, {"subject": None}, "Check.subject wants str, not None"),
        (Verdict, {"reasons": "one"}, "Verdict.reasons wants a list, not 'one'"),
        (Verdict, {"outcome": "fine"}, "Verdict.outcome: no Outcome is called 'fine'"),
    ],
)
def test_a_meaning_that_lies_is_refused(cls: type, changes: dict[str, object], message: str) -> None:
    good = {
        Check: to_meaning(check()),
        Verdict: to_meaning(Verdict("c1", "ESIM-02-V1", "meter", Outcome.PASS, ("silent",))),
    }[cls]
    with pytest.raises(MeaningError) as caught:
        from_meaning(cls, good | changes)
    assert str(caught.value) == message


def test_a_missing_field_is_refused_and_a_default_is_not_needed() -> None:
    meaning = to_meaning(check())
    del meaning["test"]
    assert from_meaning(Check, meaning) == dataclasses.replace(check(), test="")
    del meaning["clause"]
    with pytest.raises(MeaningError, match=r"Check: .*'clause'"):
        from_meaning(Check, meaning)


def test_only_instances_have_a_meaning() -> None:
    with pytest.raises(TypeError, match="not a dataclass instance"):
        to_meaning(Check)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs", "lab")


def test_case_files_join_what_belongs_together(folder: RunFolder) -> None:
    reading = Reading("c2", "EF_MSISDN", "1440000000001", holds=True)
    late = dataclasses.replace(seen("a1", Went.YES), late=True)
    with Recorder(folder.journal, "robot") as robot, Recorder(folder.journal, "far-ends") as far_ends:
        for thing in (check("c1"), attempt("a1"), attempt("a2"), seen("a1"), seen("a2"), check("c2"), reading):
            robot.record("robot", thing)
        far_ends.record("phone", late)
        far_ends.record("phone", seen("of an attempt that nobody made"))
        robot.record("robot", Measurement("c2", "latency", "s"))
        robot.record("robot", Measurement("c2", "latency", "s", 1.5))
    files = case_files(read_journal(folder.journal))
    assert list(files) == ["c1", "c2"]
    assert files["c1"].check == check("c1")
    assert files["c1"].attempts == (attempt("a1"), attempt("a2"))
    assert files["c1"].observations == (seen("a1"), seen("a2"), late)
    assert not files["c2"].attempts
    assert not files["c2"].observations
    assert files["c2"].readings == (reading,)
    assert files["c2"].measurements == (Measurement("c2", "latency", "s", 1.5),)


def test_the_latest_verdict_counts(folder: RunFolder) -> None:
    first = Verdict("c1", "ESIM-02-V1", "meter", Outcome.PASS, ("silent",))
    second = Verdict("c1", "ESIM-02-V1", "meter", Outcome.FAIL, ("arrived late",), ("forwarding accepted",))
    with Recorder(folder.journal, "judge") as recorder:
        recorder.record("judge", first)
        recorder.record("judge", second)
    assert verdicts(read_journal(folder.journal)) == {"c1": second}


def test_a_run_folder_is_private_and_latest(tmp_path: Path) -> None:
    older = RunFolder.create(tmp_path, "lab")
    newer = RunFolder.create(tmp_path, "lab")
    assert older.name != newer.name
    assert newer.path.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "latest").readlink() == Path(newer.name)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([older.name, newer.name, "latest"])
    newer.write(newer.bench_file, "a")
    newer.write(newer.bench_file, "b")
    assert newer.bench_file.read_text() == "b"
    assert newer.bench_file.stat().st_mode & 0o777 == 0o600
    assert not [path for path in newer.path.iterdir() if path.name.startswith(".")]


def test_a_run_is_found_by_latest_name_and_path(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, "lab")
    with pytest.raises(RunFolderError, match="no run with a journal"):
        RunFolder.open("latest", tmp_path)
    Recorder(folder.journal, "runner").close()
    for run in ("latest", folder.name, folder.path):
        assert RunFolder.open(run, tmp_path) == folder


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden"])
def test_a_bench_name_cannot_leave_the_root(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunFolderError, match="cannot be part of a folder name"):
        RunFolder.create(tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_the_manifest_seals_every_file_and_masks_identities(folder: RunFolder) -> None:
    folder.write(folder.bench_file, "[bench]\n")
    (folder.robot / "output.xml").write_text("<robot/>")
    with Recorder(folder.journal, "runner") as recorder:
        recorder.emit(Kind.RUN, "runner", **folder.header("lab"))
        with ClockTicker(recorder):
            pass
    folder.write_manifest({"meter": {"revision": "R1", "imei": "860000000000001"}})
    manifest = json.loads(folder.manifest.read_text())
    assert set(manifest["files"]) == {"bench.toml", "journal.jsonl", "robot/output.xml"}
    for name, digest in manifest["files"].items():
        assert digest == hashlib.sha256((folder.path / name).read_bytes()).hexdigest()
    assert (manifest["run"], manifest["bench"]) == (folder.name, "lab")
    assert manifest["config_sha256"] == manifest["files"]["bench.toml"]
    assert manifest["tools"]["robotframework"][0].isdigit()
    assert manifest["devices"]["meter"]["revision"] == "R1"
    assert "860000000000001" not in folder.manifest.read_text()
    assert manifest["journal"] == {"torn": 0, "missing": 0}
    assert manifest["clock"]["offset_ns"] > 0
    assert manifest["clock"]["first"] <= manifest["clock"]["last"]
    assert folder.manifest.stat().st_mode & 0o777 == 0o600


def test_a_run_that_ended_early_gets_a_manifest_too(folder: RunFolder) -> None:
    Recorder(folder.journal, "runner").close()
    folder.write_manifest({})
    manifest = json.loads(folder.manifest.read_text())
    assert manifest["clock"] == {}
    assert set(manifest["files"]) == {"journal.jsonl"}


def test_junit_tells_failures_from_faults_of_the_bench(folder: RunFolder) -> None:
    outcomes = {
        "p": Outcome.PASS,
        "f": Outcome.FAIL,
        "e": Outcome.ERROR,
        "i": Outcome.INCONCLUSIVE,
        "n": Outcome.NOT_APPLICABLE,
    }
    with Recorder(folder.journal, "runner") as recorder:
        for id_, outcome in outcomes.items():
            recorder.record("robot", check(id_))
            reasons = (f"because of 1440000000001\x00 <{id_}>", "and so on")
            recorder.record("judge", Verdict(id_, "ESIM-02-V1", "meter", outcome, reasons, ("look here",)))
        recorder.record("robot", check("without"))
    text = junit(read_journal(folder.journal), "lab")
    assert "1440000000001" not in text
    suite = ET.fromstring(text)[0]
    assert {key: suite.get(key) for key in ("name", "tests", "failures", "errors", "skipped")} == {
        "name": "lab",
        "tests": "6",
        "failures": "1",
        "errors": "3",
        "skipped": "1",
    }
    results = {case.get("name"): [child.tag for child in case if child.tag != "system-out"] for case in suite}
    assert results == {
        "p": [],
        "f": ["failure"],
        "e": ["error"],
        "i": ["error"],
        "n": ["skipped"],
        "without": ["error"],
    }
    failure = suite.find("testcase[@name='f']/failure")
    assert failure is not None
    message, text = failure.get("message", ""), failure.text or ""
    assert message.startswith("fail: because of 14")
    assert message.endswith("\ufffd <f>")
    assert text.endswith("\nand so on")
    assert suite.findtext("testcase[@name='p']/system-out") == "WARN look here"
    assert all(float(case.get("time", "-1")) >= 0 for case in suite)

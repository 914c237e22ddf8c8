"""Verdicts out of a journal alone, also of a run that died."""

from pathlib import Path

from bench.evidence import Recorder, Tail, read_journal, settle
from bench.model import Check, Expectation, Kind, Outcome, Reading, Verdict

CHECK = Check("c1", "ESIM-03-1", "meter", Expectation.PROPERTY, test="Card Holds A Thirteen Digit Number")
GOOD = Reading("c1", "EF_MSISDN", "1440000000001", True)


def step(recorder: Recorder, name: str, test: str = CHECK.test) -> None:
    recorder.emit(Kind.STEP, "suite", step=name, test=test, module="meter", clause="ESIM-03-1")


def outcomes(path: Path) -> dict[str, Outcome]:
    return {verdict.check: verdict.outcome for verdict in settle(read_journal(path))}


def test_a_concluded_check_is_judged_again_from_what_was_seen(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Recorder(path, "suites") as recorder:
        step(recorder, "test-planned")
        step(recorder, "test-start")
        recorder.record("suite", CHECK)
        recorder.record("suite", GOOD)
        # what was said then does not bind: the record does
        recorder.record("judge", Verdict("c1", "ESIM-03-1", "meter", Outcome.FAIL, ("said then",)))
    assert outcomes(path) == {"c1": Outcome.PASS}


def test_a_check_that_was_cut_off_is_an_error_whatever_it_had_seen(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Recorder(path, "suites") as recorder:
        step(recorder, "test-start")
        recorder.record("suite", CHECK)
        recorder.record("suite", GOOD)
    assert outcomes(path) == {"c1": Outcome.ERROR}


def test_tests_that_never_came_to_a_check_are_errors(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Recorder(path, "suites") as recorder:
        step(recorder, "test-planned", "Planned Only")
        step(recorder, "test-planned", "Started Only")
        step(recorder, "test-start", "Started Only")
    reasons = {verdict.reasons[0]: verdict.outcome for verdict in settle(read_journal(path))}
    assert reasons == {
        "Planned Only: the test was never started": Outcome.ERROR,
        "Started Only: the test opened no check": Outcome.ERROR,
    }


def test_tail_hands_out_each_whole_line_once(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Recorder(path, "suites") as recorder, Tail(path) as tail:
        step(recorder, "test-start")
        assert [event.seq for event in tail.news()] == [1]
        assert tail.news() == []
        whole = path.read_bytes()
        path.write_bytes(whole + whole[:20])
        assert tail.news() == []
        path.write_bytes(whole + whole)
        assert [event.seq for event in tail.news()] == [1]

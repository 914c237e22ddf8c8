"""How the matrix reads what faults did to the verdicts."""

from pathlib import Path

import pytest

from bench.evidence import RunFolder
from bench.model import Outcome, Verdict
from bench.runner.matrix import (
    BREAKING,
    FINDING,
    RESTRICTION,
    TOLERATED,
    Fault,
    Matrix,
    Seen,
    batches,
    compare,
    spread,
)

V1, V7, S1 = "ESIM-02-V1", "ESIM-02-V7", "ESIM-02-S1"
TESTS = {V1: "Unlisted Phone Cannot Be Called", V7: "No Number Format", S1: "Unlisted Phone Cannot Be Written To"}
CLEAN = {(TESTS[clause], module): Outcome.PASS for clause in TESTS for module in ("meter", "tracker")}
OPEN = Fault("mo-voice-open", "meter", RESTRICTION, (V1,), (V7,))
TORN = Fault("torn", "meter", TOLERATED, (), ())
UNPLUG = Fault("unplug", "meter", BREAKING, (), ())


def seen(changes=(), hit=()) -> Seen:
    clause_of = {test: clause for clause, test in TESTS.items()}
    outcomes = {**CLEAN, **dict(changes)}
    verdicts = {
        key: Verdict(f"{key}", clause_of[key[0]], key[1], outcome, ("why",)) for key, outcome in outcomes.items()
    }
    return Seen(RunFolder(Path("runs/r")), verdicts, frozenset(hit))


def table(fault: Fault, now: Seen) -> Matrix:
    matrix = Matrix()
    compare(matrix, (fault,), seen(), now)
    return matrix


METER_V1, METER_V7, METER_S1 = ((TESTS[clause], "meter") for clause in (V1, V7, S1))
TRACKER_V1 = (TESTS[V1], "tracker")


class TestRestrictionFault:
    def test_caught_when_its_own_clause_fails(self):
        matrix = table(OPEN, seen({METER_V1: Outcome.FAIL, METER_V7: Outcome.FAIL}))
        assert matrix.holds
        assert (matrix.as_json()["faults"], matrix.as_json()["caught"]) == (1, 1)

    @pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.ERROR])
    def test_anything_but_fail_is_not_caught(self, outcome):
        matrix = table(OPEN, seen({METER_V1: outcome}))
        assert matrix.as_json()["caught"] == 0
        assert not matrix.holds

    def test_a_failure_of_another_clause_alone_is_not_caught(self):
        assert not table(OPEN, seen({METER_V7: Outcome.FAIL})).holds

    @pytest.mark.parametrize("key", [METER_S1, TRACKER_V1])
    def test_a_change_that_the_fault_does_not_explain_is_a_false_alarm(self, key):
        matrix = table(OPEN, seen({METER_V1: Outcome.FAIL, key: Outcome.FAIL}))
        assert matrix.as_json()["false_alarms"] == 1
        assert not matrix.holds


class TestFinding:
    FOUND = Fault("iccid-of-another-issuer", "meter", FINDING, (S1,), ())

    def table(self, warnings, outcome=Outcome.PASS):
        now = seen({METER_S1: outcome})
        warned = Verdict("c", S1, "meter", outcome, ("why",), warnings)
        return table(self.FOUND, Seen(now.folder, {**now.verdicts, METER_S1: warned}))

    def test_good_when_a_warning_stands_beside_the_verdict(self):
        matrix = self.table(("another issuer",))
        assert matrix.holds
        assert matrix.as_json()["faults"] == 0

    def test_without_a_warning_it_went_unnoticed(self):
        assert not self.table(()).holds


class TestToleratedFault:
    def test_equal_verdicts_are_good(self):
        assert table(TORN, seen()).holds

    @pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.ERROR])
    def test_any_other_verdict_is_wrong(self, outcome):
        matrix = table(TORN, seen({METER_V1: outcome}))
        assert (matrix.as_json()["wrong_verdicts"], matrix.holds) == (1, False)


class TestBreakingFault:
    @pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.INCONCLUSIVE])
    def test_error_or_inconclusive_where_it_fired_is_good(self, outcome):
        assert table(UNPLUG, seen({METER_V1: outcome}, hit=[METER_V1])).holds

    @pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL])
    def test_pass_or_fail_where_it_fired_is_wrong(self, outcome):
        matrix = table(UNPLUG, seen({METER_V1: outcome}, hit=[METER_V1]))
        assert (matrix.as_json()["wrong_verdicts"], matrix.holds) == (1, False)

    def test_a_fault_that_never_fired_shows_nothing(self):
        assert not table(UNPLUG, seen()).holds

    def test_failing_elsewhere_on_the_module_is_wrong(self):
        matrix = table(UNPLUG, seen({METER_V1: Outcome.ERROR, METER_S1: Outcome.FAIL}, hit=[METER_V1]))
        assert matrix.as_json()["wrong_verdicts"] == 1

    def test_another_module_must_not_change(self):
        matrix = table(UNPLUG, seen({METER_V1: Outcome.ERROR, TRACKER_V1: Outcome.ERROR}, hit=[METER_V1]))
        assert matrix.as_json()["false_alarms"] == 1


def test_a_batch_holds_one_kind_and_each_subject_once():
    faults = [
        Fault(name, subject, kind, (), ())
        for kind in (RESTRICTION, BREAKING)
        for name in "abc"
        for subject in ("meter", "tracker")
    ]
    packed = list(batches(faults))
    assert sorted(f.name + f.subject + f.kind for b in packed for f in b) == sorted(
        f.name + f.subject + f.kind for f in faults
    )
    for batch in packed:
        assert len({fault.subject for fault in batch}) == len(batch)
        assert len({fault.kind for fault in batch}) == 1


def test_spreading_takes_each_fault_once_and_loads_the_subjects_alike():
    faults = [Fault(name, subject, RESTRICTION, (), ()) for name in "abcdef" for subject in ("meter", "tracker")]
    only_here = Fault("g", "meter", RESTRICTION, (), ())
    chosen = list(spread([*faults, only_here]))
    assert sorted(fault.name for fault in chosen) == list("abcdefg")
    assert only_here in chosen
    assert sorted([f.subject for f in chosen].count(subject) for subject in ("meter", "tracker")) == [3, 4]

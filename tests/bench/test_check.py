"""The check under way: which attempts it makes, in which order, and when it stops."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from bench.evidence import Recorder, read_journal
from bench.inventory import Windows
from bench.judge import cause
from bench.keywords.check import CheckRun, late_arrivals
from bench.keywords.station import Circumstances
from bench.keywords.trial import Trial
from bench.model import (
    CauseClass,
    Check,
    Direction,
    Expectation,
    Kind,
    Observation,
    Outcome,
    Role,
    Service,
    Went,
    Witness,
)
from drivers.api import LinkLost

WINDOWS = Windows(voice_s=0.01, sms_s=0.01, data_s=0.01, control_latency_factor=20)
POLICY, AMBIGUOUS, TRANSIENT = cause("CC", 50, ""), cause("CC", 21, ""), cause("CC", 34, "")


class Scene:
    """A check with a network of two lines: what arrives and what is refused is what the test says."""

    def __init__(self, recorder: Recorder, expectation: Expectation) -> None:
        check = Check("c", "ESIM-02-V1", "meter", expectation)
        self.module = SimpleNamespace(
            name="meter", circumstances=lambda: Circumstances(self.session, "00101", "LTE")
        )
        self.session = "meter/0/0"
        self.run = CheckRun(check, recorder, WINDOWS)
        self.run.subject = self.module
        self.made: list[tuple[Role, str, float]] = []
        self.arrives: set[str] = {"hotline", "control"}
        self.cause = POLICY
        self.unplugged = ""

    def trial(self, role: Role, receiver: str, **changes) -> Trial:
        def make(attempt, whole):
            self.made.append((attempt.role, receiver, attempt.window_s))
            if receiver == self.unplugged:
                raise LinkLost("the link went away.", where="meter")
            if receiver in self.arrives:
                return [Observation(attempt.id, Witness.FAR_END, receiver, Went.YES, 0, latency_s=0.05)]
            silent = Observation(attempt.id, Witness.FAR_END, receiver, Went.NO, 0, listened_s=attempt.window_s)
            return [silent, Observation(attempt.id, Witness.MODULE, "meter", Went.UNKNOWN, 0, cause=self.cause)]

        fields = {
            "role": role, "service": Service.VOICE, "direction": Direction.MO, "initiator": "meter",
            "receiver": receiver, "target": "visitor", "bearer": "cs", "competent": Witness.FAR_END,
            "module": self.module, "make": make,
        }  # fmt: skip
        return Trial(**{**fields, **changes})

    def refuse(self, **changes) -> None:
        controls = (self.trial(Role.SUBJECT_CONTROL, "hotline"), self.trial(Role.TARGET_CONTROL, "control"))
        self.run.try_refused(self.trial(Role.SUBJECT, "visitor", **changes), controls)

    def order(self) -> list[str]:
        return [role.value for role, _, _ in self.made]


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal.jsonl"


@pytest.fixture
def recorder(journal):
    with Recorder(journal, "test") as recorder:
        yield recorder


BOTH = ["subject-control", "target-control"]


class TestRefused:
    def test_controls_stand_before_and_after_once_for_all_attempts(self, recorder):
        scene = Scene(recorder, Expectation.REFUSED)
        scene.refuse()
        scene.refuse(number_format="+86n")
        verdict = scene.run.conclude()
        assert scene.order() == [*BOTH, "subject", "subject", *BOTH]
        assert verdict.outcome is Outcome.PASS

    def test_the_window_grows_with_what_the_controls_took(self, recorder):
        scene = Scene(recorder, Expectation.REFUSED)
        scene.refuse()
        windows = [window for role, _, window in scene.made if role is Role.SUBJECT]
        assert windows == [pytest.approx(20 * 0.05)]

    @pytest.mark.parametrize(("why", "tries"), [(POLICY, 1), (AMBIGUOUS, 3), (TRANSIENT, 3)])
    def test_only_causes_that_prove_nothing_alone_are_repeated(self, recorder, why, tries):
        scene = Scene(recorder, Expectation.REFUSED)
        scene.cause = why
        scene.refuse()
        assert scene.order().count("subject") == tries

    def test_an_arrival_ends_the_tries_and_fails(self, recorder):
        scene = Scene(recorder, Expectation.REFUSED)
        scene.arrives.add("visitor")
        scene.cause = TRANSIENT
        scene.refuse()
        assert scene.order().count("subject") == 1
        assert scene.run.conclude().outcome is Outcome.FAIL

    def test_a_control_that_fails_is_tried_twice_and_leaves_it_inconclusive(self, recorder):
        scene = Scene(recorder, Expectation.REFUSED)
        scene.arrives.remove("control")
        scene.refuse()
        assert scene.order() == ["subject-control", "target-control", "target-control", "subject"]
        assert scene.run.conclude().outcome is Outcome.INCONCLUSIVE

    def test_a_new_session_between_attempt_and_last_controls_is_inconclusive(self, recorder):
        scene = Scene(recorder, Expectation.REFUSED)
        scene.refuse()
        scene.session = "meter/1/0"
        assert scene.run.conclude().outcome is Outcome.INCONCLUSIVE

    @pytest.mark.parametrize("where", ["hotline", "visitor"])
    def test_a_fault_of_the_bench_stops_the_check_with_an_error(self, recorder, where):
        scene = Scene(recorder, Expectation.REFUSED)
        scene.unplugged = where
        scene.refuse()
        made = len(scene.made)
        verdict = scene.run.conclude()
        assert len(scene.made) == made
        assert verdict.outcome is Outcome.ERROR
        assert verdict.reasons == ("meter: the link went away.",)

    def test_a_module_that_lost_the_network_in_the_window_is_a_fault_and_nothing_seen_is_lost(
        self, recorder, journal
    ):
        scene = Scene(recorder, Expectation.REFUSED)
        lost = scene.trial(Role.SUBJECT, "visitor")
        make = lost.make

        def make_and_lose(attempt, whole):
            scene.module.circumstances = self.raise_lost
            return make(attempt, whole)

        scene.run.try_refused(replace(lost, make=make_and_lose), ())
        seen = [event.meaning for event in read_journal(journal) if event.kind is Kind.OBSERVATION]
        assert [bool(meaning["fault"]) for meaning in seen] == [False, False, True]
        assert scene.run.conclude().outcome is Outcome.ERROR

    def raise_lost(self):
        raise LinkLost("The module lost its registration.", where="meter")

    def test_what_comes_late_is_recorded_as_late(self, recorder, journal):
        scene = Scene(recorder, Expectation.REFUSED)

        def look(attempt):
            return Observation(attempt.id, Witness.FAR_END, "visitor", Went.YES, 0)

        scene.refuse(arrived_late=look)
        assert scene.run.conclude().outcome is Outcome.PASS
        late_arrivals(scene.run.late_looks, recorder)
        last = list(read_journal(journal))[-1]
        assert (last.kind, last.meaning["late"], last.meaning["went"]) == (Kind.OBSERVATION, True, "yes")

    def test_a_receiver_that_cannot_be_asked_at_the_end_is_told(self, recorder, journal):
        def look():
            raise LinkLost("the link went away.", where="visitor")

        late_arrivals([look], recorder)
        (event,) = read_journal(journal)
        assert (event.meaning["step"], event.meaning["why"]) == (
            "late-look-failed",
            "visitor: the link went away.",
        )


class TestAllowed:
    def test_an_arrival_needs_no_reference(self, recorder):
        scene = Scene(recorder, Expectation.ALLOWED)
        scene.run.try_allowed(scene.trial(Role.SUBJECT, "hotline"), scene.trial(Role.TARGET_CONTROL, "control"))
        assert scene.order() == ["subject"]
        assert scene.run.conclude().outcome is Outcome.PASS

    def test_a_refusal_is_repeated_and_then_a_reference_tries(self, recorder):
        scene = Scene(recorder, Expectation.ALLOWED)
        scene.run.try_allowed(scene.trial(Role.SUBJECT, "visitor"), scene.trial(Role.TARGET_CONTROL, "control"))
        assert scene.order() == ["subject", "subject", "subject", "target-control"]
        assert scene.run.conclude().outcome is Outcome.FAIL

    def test_without_the_reference_it_stays_inconclusive(self, recorder):
        scene = Scene(recorder, Expectation.ALLOWED)
        scene.arrives.clear()
        scene.run.try_allowed(scene.trial(Role.SUBJECT, "visitor"), scene.trial(Role.TARGET_CONTROL, "control"))
        assert scene.run.conclude().outcome is Outcome.INCONCLUSIVE

    def test_time_to_arrival_is_measured(self, recorder, journal):
        scene = Scene(recorder, Expectation.ALLOWED)
        scene.run.try_allowed(scene.trial(Role.SUBJECT, "hotline"), None)
        told = [event.meaning["value"] for event in read_journal(journal) if event.kind is Kind.MEASUREMENT]
        assert told == [None, 0.05]


def test_causes_used_here_are_of_the_class_they_stand_for():
    assert [c.cls for c in (POLICY, AMBIGUOUS, TRANSIENT)] == [
        CauseClass.POLICY, CauseClass.AMBIGUOUS, CauseClass.TRANSIENT,
    ]  # fmt: skip

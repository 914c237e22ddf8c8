"""Keywords of clause 7 against a module that says what the test lets it say."""

from types import SimpleNamespace

import pytest

from bench.evidence import Recorder
from bench.inventory import Windows
from bench.keywords.check import CheckRun
from bench.keywords.openness import OpennessKeywords, _service_on
from bench.model import Check, Expectation, Outcome
from drivers.api import CommandRefused
from drivers.at import NetworkStat, PinState, Registration, Serving


@pytest.fixture
def keywords(tmp_path):
    with Recorder(tmp_path / "journal.jsonl", "test") as recorder:
        keywords = OpennessKeywords()
        keywords._check = CheckRun(Check("c", "ESIM-07-1", "meter", Expectation.PROPERTY), recorder, Windows())
        yield keywords


def refused(code):
    return CommandRefused("refused", family="CME", code=code)


class Locks:
    """A module with these answers to queries of its locks; an exception among them is raised."""

    def __init__(self, pin=PinState.READY, **answers):
        self._answers = {"+CPIN": pin, **answers}

    def facility_locked(self, facility):
        return self._answer(facility, default=False)

    def pin_state(self):
        return self._answer("+CPIN")

    def _answer(self, name, default=None):
        answer = self._answers.get(name, default)
        if isinstance(answer, Exception):
            raise answer
        return answer


class TestModuleIsNotLocked:
    def verdict(self, keywords, modem):
        keywords.check.subject = SimpleNamespace(modem=modem)
        keywords.module_is_not_locked()
        return keywords.check.conclude().outcome

    def test_no_lock_passes(self, keywords):
        assert self.verdict(keywords, Locks()) is Outcome.PASS

    @pytest.mark.parametrize("facility", ["PN", "PU", "PP", "PC", "PS"])
    def test_any_lock_fails(self, keywords, facility):
        assert self.verdict(keywords, Locks(**{facility: True})) is Outcome.FAIL

    @pytest.mark.parametrize("facility", ["PN", "PU", "PP", "PC", "PS"])
    def test_one_query_without_answer_is_inconclusive(self, keywords, facility):
        assert self.verdict(keywords, Locks(**{facility: refused(4)})) is Outcome.INCONCLUSIVE

    def test_ready_alone_shows_no_open_module(self, keywords):
        nothing = {facility: refused(4) for facility in ("PN", "PU", "PP", "PC", "PS")}
        assert self.verdict(keywords, Locks(**nothing)) is Outcome.INCONCLUSIVE

    @pytest.mark.parametrize("state", [PinState.PH_NET_PIN, PinState.PH_SIM_PIN, PinState.PH_CORP_PUK])
    def test_waiting_for_the_key_of_a_lock_fails(self, keywords, state):
        assert self.verdict(keywords, Locks(pin=state)) is Outcome.FAIL

    def test_a_refusal_that_asks_for_the_key_of_a_lock_fails(self, keywords):
        assert self.verdict(keywords, Locks(PN=refused(40))) is Outcome.FAIL

    def test_a_module_without_pin_query_passes_by_its_locks(self, keywords):
        assert self.verdict(keywords, Locks(pin=refused(4))) is Outcome.PASS


class Visitor:
    """A station that gets service on the second network, or not, in the way that the test chooses."""

    name = "meter"

    def __init__(self, *, refusal=None, registered=False, cause=None, around=("00101", "99970"), serving="99970"):
        self.log = []
        self._refusal, self._registered = refusal, registered
        self.modem = SimpleNamespace(
            denial=lambda: cause,
            networks=lambda: dict.fromkeys(around, NetworkStat.AVAILABLE),
            serving=lambda: Serving(serving, "LTE"),
        )

    def select_network(self, plmn):
        self.log.append(plmn)
        if self._refusal:
            raise self._refusal
        return Registration(cs=0, ps=None, eps=5 if self._registered else 2)

    def ready(self):
        self.log.append("home")


@pytest.mark.parametrize(
    ("visitor", "holds"),
    [
        (Visitor(registered=True), True),
        (Visitor(registered=True, serving="00101"), None),
        (Visitor(refusal=refused(3)), False),
        (Visitor(refusal=refused(3), cause=11), None),
        (Visitor(refusal=refused(30), cause=13), None),
        (Visitor(refusal=refused(30), around=("00101",)), False),
        (Visitor(refusal=refused(30), around=()), None),
        (Visitor(refusal=refused(30)), None),
        (Visitor(), None),
    ],
)
def test_only_what_the_module_does_itself_counts_against_it_on_the_second_network(visitor, holds):
    assert _service_on(visitor, "99970")[0] is holds
    assert visitor.log == ["99970", "home"]

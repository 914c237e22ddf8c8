"""What is said when number, IMSI and ICCID of a card do not belong to the contract's operator."""

from types import SimpleNamespace

import pytest

from bench.evidence import Recorder
from bench.inventory import Windows
from bench.keywords.check import CheckRun
from bench.keywords.identities import IdentityKeywords
from bench.model import Check, Expectation, Outcome
from bench.numbering import load_plan
from drivers.api import Unsupported

MOBILE = {"msisdn": "1440000000001", "imsi": "460000000000001", "iccid": "89860800000000000001"}
UNICOM_ICCID = "89860100000000000001"


@pytest.fixture
def verdict(tmp_path):
    with Recorder(tmp_path / "journal.jsonl", "test") as recorder:

        def judged(operator="China Mobile", **changes):
            card = {**MOBILE, **changes}

            def iccid():
                if card["iccid"] is None:
                    raise Unsupported("no such command")
                return card["iccid"]

            keywords = IdentityKeywords()
            keywords._session = SimpleNamespace(plan=load_plan())
            keywords._check = CheckRun(Check("c", "ESIM-03-3", "meter", Expectation.PROPERTY), recorder, Windows())
            keywords.check.subject = SimpleNamespace(
                subscription=SimpleNamespace(operator=operator, msisdn=card["msisdn"]),
                modem=SimpleNamespace(imsi=lambda: card["imsi"], iccid=iccid),
            )
            keywords.identities_agree()
            return keywords.check.conclude()

        yield judged


def test_one_operator_passes_without_a_word(verdict):
    assert (verdict().outcome, verdict().warnings) == (Outcome.PASS, ())


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"iccid": UNICOM_ICCID}, "ICCID: China Unicom"),
        ({"imsi": "460010000000001"}, "IMSI: China Unicom"),
        ({"msisdn": "1064600000001"}, "number: China Unicom"),
    ],
)
def test_another_holder_warns_and_passes(verdict, changes, name):
    found = verdict(**changes)
    assert found.outcome is Outcome.PASS
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith(name)


def test_nothing_that_agrees_is_inconclusive(verdict):
    found = verdict(operator="cmcc")
    assert (found.outcome, len(found.warnings)) == (Outcome.INCONCLUSIVE, 3)


def test_a_low_confidence_agrees_no_more_than_it_warns(verdict):
    found = verdict(imsi="460240000000001", msisdn="1064000000001", iccid=None)
    assert (found.outcome, found.warnings) == (Outcome.INCONCLUSIVE, ())


def test_a_module_that_cannot_read_the_iccid_is_judged_by_the_rest(verdict):
    assert verdict(iccid=None).outcome is Outcome.PASS

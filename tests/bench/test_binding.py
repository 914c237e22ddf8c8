"""What a card in a foreign device shows, and when it is not tried at all."""

from types import SimpleNamespace

import pytest
from robot.api import SkipExecution

from bench.evidence import Recorder
from bench.inventory import Windows
from bench.keywords.binding import BindingKeywords
from bench.keywords.check import CheckRun
from bench.keywords.station import Circumstances
from bench.model import Check, Expectation, Function, Outcome, Subscription
from drivers.api import CommandRefused
from drivers.at import Context, Registration

OWN, OTHER = "860000000000001", "860000000000002"


class Module:
    """A module that activates what it is asked for, unless the network does not take it."""

    def __init__(self, name, imei, *, bound=(), plmn="00101", denied=None, pdn_refused=False):
        self.name = name
        self.subscription = Subscription(
            name, "", "", "", "", restricted=True, functions=frozenset(Function), apns=("cmiot",), bound_imei=bound
        )
        self.circumstances = lambda: Circumstances(f"{name}/0/0", plmn, "LTE")
        self.can = lambda capability: True
        self._pdn_refused = pdn_refused
        self.modem = SimpleNamespace(
            identity=lambda: SimpleNamespace(imei=imei),
            serving=lambda: SimpleNamespace(plmn=plmn),
            register_again=lambda timeout_s: Registration(cs=0, ps=None, eps=1 if denied is None else 3),
            denial=lambda: denied or None,
            deactivate=lambda cid: None,
            define_context=lambda cid, apn: None,
            data_cause=lambda: "",
            free_context=lambda: 2,
            forget_context=lambda cid: None,
            activate=self._activate,
            context=lambda cid: self._context,
        )
        self._context = Context("cmiot", None, active=False, granted="")

    def _activate(self, cid):
        if self._pdn_refused:
            raise CommandRefused("refused", family="CME", code=149)
        self._context = Context("cmiot", "10.0.0.1", active=True, granted="cmiot")


@pytest.fixture
def judged(tmp_path):
    with Recorder(tmp_path / "journal.jsonl", "test") as recorder:

        def run(subject, stray=None):
            stations = {"stray": stray, "reference": Module("reference", "860000000000009")}
            keywords = BindingKeywords()
            keywords._session = SimpleNamespace(
                bench=SimpleNamespace(strays_of=lambda module: ("stray",) if stray else ()),
                station=lambda name, registered=True: stations[name],
                references=lambda capability: ["reference"],
            )
            keywords._check = CheckRun(
                Check("c", "ESIM-06-1-b", "meter", Expectation.REFUSED), recorder, Windows(data_s=0.01)
            )
            keywords.check.subject = subject
            keywords.use_card_in_foreign_device()
            return keywords.check.conclude().outcome

        yield run


def bound(**changes):
    return Module("meter", OWN, bound=(OWN,), **changes)


@pytest.mark.parametrize(
    ("stray", "outcome"),
    [
        (Module("stray", OTHER, bound=(OWN,), denied=6), Outcome.PASS),
        (Module("stray", OTHER, bound=(OWN,), pdn_refused=True), Outcome.PASS),
        (Module("stray", OTHER, bound=(OWN,)), Outcome.FAIL),
        # no cause: a module without antenna looks the same
        (Module("stray", OTHER, bound=(OWN,), denied=0), Outcome.INCONCLUSIVE),
        (Module("stray", OTHER, bound=(OWN,), denied=15), Outcome.INCONCLUSIVE),
        # inside the binding: nothing is tried
        (Module("stray", OWN, bound=(OWN,), denied=6), Outcome.ERROR),
    ],
    ids=["denied", "no context", "served", "no cause", "another cause", "not foreign"],
)
def test_only_a_refusal_by_rule_shows_the_binding(judged, stray, outcome):
    assert judged(bound(), stray) is outcome


@pytest.mark.parametrize(
    ("subject", "stray"),
    [
        (Module("meter", OWN), Module("stray", OTHER, denied=6)),
        (bound(), None),
        (bound(plmn="46000"), Module("stray", OTHER, bound=(OWN,), denied=6)),
    ],
    ids=["no binding", "no stray", "live network"],
)
def test_it_is_not_tried(judged, subject, stray):
    with pytest.raises(SkipExecution):
        judged(subject, stray)


def test_the_module_under_test_must_be_the_one_that_the_contract_names(judged):
    assert judged(Module("meter", OTHER, bound=(OWN,)), Module("stray", OTHER, denied=6)) is Outcome.ERROR

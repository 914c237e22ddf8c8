"""What a module's attempts change is put back, and how its calls travel."""

from contextlib import suppress
from types import SimpleNamespace

import pytest

from bench.inventory import ModuleEntry
from bench.keywords import station
from bench.keywords.budget import ByteBudget
from bench.keywords.station import Station
from bench.model import Subscription
from drivers.api import CommandRefused, CommandTimeout, LinkError, LinkLost
from drivers.at import Forwarding, ImsState, Registration, VoiceDomain, VoiceState

PHONE = "13800000009"
REFUSED = CommandRefused("AT+CCFC was refused", family="CME", code=3)


class FakeModem:
    """A module with the network behind it: what it is asked, and what it answers."""

    def __init__(self) -> None:
        self.domain: VoiceDomain | None = VoiceDomain.IMS_PREFERRED
        self.ims_reachable = True
        self.forwarded: str | None = None
        self.errors: dict[str, Exception] = {}

    def _may_fail(self, what: str) -> None:
        if what in self.errors:
            raise self.errors[what]

    def voice_domain(self):
        return self.domain

    def choose_voice_domain(self, domain):
        self._may_fail("choose")
        self.domain = domain

    def voice_state(self):
        voice = self.ims_reachable and self.domain is not VoiceDomain.CS_ONLY
        return VoiceState(ImsState(registered=True, voice=voice, sms=True), voice, self.domain)

    def registration(self):
        return Registration(cs=1, ps=None, eps=1)

    def wait_registered(self, _timeout_s):
        return self.registration()

    def forward_calls(self, number):
        self._may_fail("register")
        self.forwarded = number

    def erase_forwarding(self):
        self._may_fail("erase")
        self.forwarded = None

    def forwarding(self):
        self._may_fail("query")
        return (Forwarding(self.forwarded is not None, 7, self.forwarded or ""),)


@pytest.fixture
def meter(monkeypatch):
    monkeypatch.setattr(station, "BEARER_S", 0.0)
    subscription = Subscription("meter", "o", "1440000000001", "8", "4", restricted=True, functions=frozenset())
    entry = ModuleEntry(port="/dev/null", subscription="meter", capabilities=("voice",))
    meter = Station("meter", entry, subscription, guard=None, budget=ByteBudget(0), observer=lambda record: None)
    meter._modem = FakeModem()
    meter._channel = SimpleNamespace(
        alive=True, boots=0, mark=lambda: 0, wait_for=lambda *args, **kwargs: None, close=lambda: None
    )
    return meter


def test_calls_are_led_over_one_bearer_and_back(meter):
    with meter.voice_over("cs") as taken:
        assert (taken, meter.modem.domain) == ("cs", VoiceDomain.CS_ONLY)
    with meter.voice_over("ims") as taken:
        assert (taken, meter.modem.domain) == ("ims", VoiceDomain.IMS_ONLY)
    assert meter.modem.domain is VoiceDomain.IMS_PREFERRED


def test_looking_a_module_up_meanwhile_changes_nothing(meter):
    with meter.voice_over("cs"):
        meter.ready()
        assert meter.modem.domain is VoiceDomain.CS_ONLY
    assert meter.modem.domain is VoiceDomain.IMS_PREFERRED


def test_what_nobody_put_back_is_put_back_on_closing(meter):
    held = meter.voice_over("cs")
    held.__enter__()
    meter.close()
    assert meter.modem.domain is VoiceDomain.IMS_PREFERRED


def test_a_module_that_cannot_use_the_bearer_says_so(meter):
    meter.modem.ims_reachable = False
    with meter.voice_over("ims") as taken:
        assert taken == "cs"
    meter.modem.ims_reachable = True
    meter.modem.errors["choose"] = REFUSED
    with meter.voice_over("cs") as taken:
        assert taken == "ims"


def test_a_module_without_a_choice_keeps_its_bearer(meter):
    meter.modem.domain = None
    meter.modem.errors["choose"] = AssertionError("nothing to choose")
    with meter.voice_over("cs") as taken:
        assert taken == "ims"


def test_the_standing_names_registration_and_ims(meter):
    assert meter.voice_standing() == "CREG 1, CEREG 1, IMS with voice, CAVIMS 1, CEVDP 3"


def forward(meter):
    with meter.changing("call forwarding", meter.erase_forwarding):
        meter.forward_calls(PHONE)


def test_a_forwarding_is_erased_whatever_happens(meter):
    with suppress(ZeroDivisionError), meter.changing("call forwarding", meter.erase_forwarding):
        meter.forward_calls(PHONE)
        raise ZeroDivisionError
    assert meter.modem.forwarded is None


def test_a_forwarding_that_stays_is_told(meter):
    meter.modem.errors["erase"] = REFUSED
    with pytest.raises(LinkError, match=f"still forwards calls to {PHONE}"):
        forward(meter)


@pytest.mark.parametrize("ending", ["ready", "close"])
def test_a_module_that_was_away_is_put_right_when_it_is_back(meter, ending):
    meter.modem.errors["erase"] = LinkLost("unplugged", where="meter")
    with pytest.raises(LinkError, match="call forwarding could not be put back"):
        forward(meter)
    assert meter.modem.forwarded == PHONE
    del meter.modem.errors["erase"]
    getattr(meter, ending)()
    assert meter.modem.forwarded is None


def test_who_may_neither_register_nor_ask_has_no_forwarding(meter):
    meter.modem.errors |= dict.fromkeys(("register", "erase", "query"), REFUSED)
    with pytest.raises(CommandRefused):
        forward(meter)


@pytest.mark.parametrize("unclear", [None, CommandTimeout("no answer", where="meter")])
def test_a_forwarding_that_may_stand_must_be_read_back(meter, unclear):
    meter.modem.errors |= {"query": REFUSED} | ({"register": unclear} if unclear else {})
    with pytest.raises(LinkError, match="could not be put back"):
        forward(meter)

"""Voice domain and call forwarding: replies of 27.007 7.11, 8.71 and 10.1.35, and the commands on a wire."""

from typing import Any

import pytest

from drivers.api import CommandRefused, DialRefused, Outbound, ProtocolError
from drivers.api.guard import Reach
from drivers.at import AtChannel, Forwarding, ImsState, Modem, VoiceDomain, VoiceState, load_dialect
from drivers.at.voice import parse_forwarding, parse_ims_voice, parse_voice_domain
from tests.drivers.scripted import NUMBER, Guard, Scripted

WITH_VOICE = ImsState(registered=True, voice=True, sms=True)
MESSAGES_ONLY = ImsState(registered=True, voice=False, sms=True)


@pytest.fixture
def bench():
    opened: list[Any] = []

    def build(table: dict[str, str]) -> tuple[Modem, Scripted, Guard]:
        peer, guard = Scripted(table).__enter__(), Guard()
        opened.append(peer)
        channel = AtChannel(
            peer.port, name="dut", guard=guard, dialect=load_dialect("generic"), observer=lambda record: None
        ).__enter__()
        opened.append(channel)
        return Modem(channel), peer, guard

    yield build
    for part in reversed(opened):
        part.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("ims", "available", "domain", "bearer"),
    [
        (WITH_VOICE, True, VoiceDomain.IMS_PREFERRED, "ims"),
        (WITH_VOICE, None, None, "ims"),
        (WITH_VOICE, False, None, "cs"),
        (WITH_VOICE, True, VoiceDomain.CS_ONLY, "cs"),
        (WITH_VOICE, True, VoiceDomain.CS_PREFERRED, "cs"),
        (MESSAGES_ONLY, None, VoiceDomain.IMS_PREFERRED, "cs"),
        (None, None, None, "cs"),
    ],
)
def test_the_way_of_the_next_call(ims, available, domain, bearer):
    assert VoiceState(ims, available, domain).bearer == bearer


def test_a_voice_state_says_what_is_unknown():
    assert str(VoiceState(None, None, None)) == "IMS unknown, CAVIMS unknown, CEVDP unknown"
    assert str(VoiceState(MESSAGES_ONLY, False, VoiceDomain.CS_ONLY)) == "IMS without voice, CAVIMS 0, CEVDP 1"


def test_replies():
    assert parse_voice_domain("+CEVDP: 3") is VoiceDomain.IMS_PREFERRED
    assert (parse_ims_voice("+CAVIMS: 1"), parse_ims_voice("+CAVIMS: 0")) == (True, False)
    lines = ('+CCFC: 1,1,"+8613900000008",145', "+CCFC: 0,2", "+CCFC: 0")
    assert parse_forwarding(lines) == (
        Forwarding(active=True, classes=1, number="+8613900000008"),
        Forwarding(active=False, classes=2),
        Forwarding(active=False, classes=7),
    )
    assert [entry.voice for entry in parse_forwarding(lines)] == [True, False, True]


@pytest.mark.parametrize("line", ["+CEVDP: 5", "+CEVDP: ", "+CEVDP: x"])
def test_a_voice_domain_that_is_none(line):
    with pytest.raises(ProtocolError, match="cannot be understood"):
        parse_voice_domain(line)


def test_a_forwarding_that_is_none():
    with pytest.raises(ProtocolError, match="cannot be understood"):
        parse_forwarding(["+CCFC: on,7"])


def test_voice_state_of_a_module_and_of_one_that_knows_no_such_command(bench):
    modem, peer, _ = bench(
        {
            "AT+CAVIMS?": "+CAVIMS: 1\nOK",
            "AT+CIREG?": "+CIREG: 2,1,5\nOK",
            "AT+CEVDP?": "+CEVDP: 3\nOK",
            "AT+CEVDP=1": "OK",
        }
    )
    assert modem.voice_state() == VoiceState(WITH_VOICE, available=True, domain=VoiceDomain.IMS_PREFERRED)
    modem.choose_voice_domain(VoiceDomain.only("cs"))
    assert peer.heard[-1] == "AT+CEVDP=1"
    peer.table.clear()
    assert modem.voice_state() == VoiceState(None, None, None)


def test_forwarding_is_registered_erased_and_read(bench):
    modem, peer, guard = bench(
        {
            "AT+CCFC=?": "+CCFC: (0-5)\nOK",
            f'AT+CCFC=0,3,"{NUMBER}",129': "OK",
            "AT+CCFC=0,4": "OK",
            "AT+CCFC=0,2": "+CCFC: 0,7\nOK",
        }
    )
    assert modem.knows_forwarding()
    modem.forward_calls(NUMBER)
    assert guard.asked == [Outbound(Reach.FORWARDING, NUMBER)]
    modem.erase_forwarding()
    assert modem.forwarding() == (Forwarding(active=False, classes=7),)
    peer.table.clear()
    assert not modem.knows_forwarding()
    with pytest.raises(CommandRefused):
        modem.forward_calls(NUMBER)


def test_forwarding_to_anybody_else_stays_off_the_wire(bench):
    modem, peer, _ = bench({})
    with pytest.raises(DialRefused):
        modem.forward_calls("13800000009")
    assert peer.heard == []

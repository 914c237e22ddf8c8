"""A module that stores messages, with or without a word, on a pseudo-terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from bench.inventory import ModuleEntry
from bench.keywords.budget import ByteBudget
from bench.keywords.messageform import MessageForm
from bench.keywords.station import MessageReport, Station
from bench.model import Subscription
from drivers.api import LinkError
from drivers.at import MessageService
from drivers.sms import Address, Deliver, StatusReport, UserData, with_smsc
from tests.drivers.scripted import Prompt, Scripted

TOKEN = "0123456789ab"
SENDER = "13800000009"
ALIVE = {
    "AT": "OK",
    "ATE0": "OK",
    "AT+CMEE=1": "OK",
    "AT+CMGF=0": "OK",
    "AT+CREG?": "+CREG: 0,1\nOK",
    'AT+CPMS="SM"': "+CPMS: 0,20,0,20,0,20\nOK",
    "AT+CPMS?": '+CPMS: "SM",0,20,"SM",0,20,"SM",0,20\nOK',
    "AT+CMGD=3": "OK",
}
HOLDS_ONE = '+CPMS: "SM",1,20,"SM",1,20,"SM",1,20\nOK'


class Everybody:
    """Lets everything out."""

    def check(self, outbound: object) -> None:
        pass


def pdu(text: str) -> tuple[int, str]:
    tpdu = Deliver(Address.of(f"+86{SENDER}"), datetime.now(UTC), UserData.of(text)).encode()
    return len(tpdu), with_smsc(tpdu, None).hex().upper()


Open = Callable[..., tuple[Station, Scripted]]


@pytest.fixture
def opened() -> Iterator[Open]:
    with ExitStack() as stack:

        def build(**table: object) -> tuple[Station, Scripted]:
            peer = stack.enter_context(Scripted({**ALIVE, **table}))
            station = Station(
                "meter",
                ModuleEntry(port=peer.port, subscription="meter", capabilities=("sms",)),
                Subscription("meter", "o", "1440000000001", "89", "460", restricted=True, functions=frozenset()),
                guard=Everybody(),
                budget=ByteBudget(0),
                observer=lambda record: None,
            )
            stack.callback(station.close)
            station.ready()
            return station, peer

        yield build


def test_an_announced_message_counts_and_is_deleted(opened: Open) -> None:
    length, octets = pdu(f"BENCH {TOKEN}")
    station, peer = opened(**{"AT+CMGR=3": f"+CMGR: 0,,{length}\n{octets}\nOK"})
    since = station.expect_message()
    peer.say('+CMTI: "SM",3')
    seen = station.wait_message(TOKEN, since, 10)
    assert seen is not None
    assert seen.source == f"+86{SENDER}"
    assert "AT+CMGD=3" in peer.heard


def test_a_message_that_was_stored_without_a_word_counts_and_is_deleted(opened: Open) -> None:
    length, octets = pdu(f"BENCH {TOKEN}")
    station, peer = opened(
        **{
            "AT+CPMS?": [ALIVE["AT+CPMS?"], ALIVE["AT+CPMS?"], HOLDS_ONE],
            "AT+CMGL=4": f"+CMGL: 3,0,,{length}\n{octets}\nOK",
        }
    )
    started = time.monotonic_ns()
    seen = station.wait_message(TOKEN, station.expect_message(), 10)
    assert seen is not None
    assert (seen.source, seen.at_ns > started) == (f"+86{SENDER}", True)
    assert "AT+CMGD=3" in peer.heard


def test_a_message_in_the_place_of_a_deleted_one_is_seen(opened: Open) -> None:
    other = "ba9876543210"
    (length, first), (_, second) = pdu(f"BENCH {TOKEN}"), pdu(f"BENCH {other}")
    station, _ = opened(
        **{
            "AT+CPMS?": [ALIVE["AT+CPMS?"], HOLDS_ONE],
            "AT+CMGL=4": [f"+CMGL: 3,0,,{length}\n{octets}\nOK" for octets in (first, second)],
        }
    )
    since = station.expect_message()
    assert station.wait_message(TOKEN, since, 0) is not None
    assert station.wait_message(other, since, 0) is not None


def test_a_message_that_cannot_be_deleted_has_arrived_all_the_same(opened: Open) -> None:
    length, octets = pdu(f"BENCH {TOKEN}")
    station, peer = opened(**{"AT+CMGR=3": f"+CMGR: 0,,{length}\n{octets}\nOK", "AT+CMGD=3": "+CMS ERROR: 320"})
    since = station.expect_message()
    peer.say('+CMTI: "SM",3')
    assert station.wait_message(TOKEN, since, 10) is not None


def test_other_messages_in_the_memory_are_left_alone(opened: Open) -> None:
    length, octets = pdu("an old friend")
    station, peer = opened(
        **{
            "AT+CPMS?": [ALIVE["AT+CPMS?"], HOLDS_ONE],
            "AT+CMGL=4": f"+CMGL: 3,0,,{length}\n{octets}\n+CMGL: 4,1,,2\n00FF\nOK",
        }
    )
    since = station.expect_message()
    assert station.wait_message(TOKEN, since, 0) is None
    assert station.wait_message(TOKEN, since, 0) is None
    assert not [line for line in peer.heard if line.startswith("AT+CMGD")]
    assert peer.heard.count("AT+CMGL=4") == 1, "a memory that holds as many as before is not listed again"


def test_a_full_memory_is_a_fault_of_the_bench(opened: Open) -> None:
    station, _ = opened(**{"AT+CPMS?": '+CPMS: "SM",20,20,"SM",20,20,"SM",20,20\nOK'})
    with pytest.raises(LinkError, match=r"SM is full \(20 of 20\)"):
        station.expect_message()


@pytest.mark.parametrize(("status", "word"), [(0x00, "DELIVRD"), (0x42, "REJECTD"), (0x45, "UNDELIV")])
def test_the_status_report_on_a_message_of_type_0(opened: Open, status: int, word: str) -> None:
    (submit,) = MessageForm.type_0.submits(SENDER, TOKEN)
    command = f"AT+CMGS={len(submit.encode())}"
    station, peer = opened(**{command: Prompt("+CMGS: 77\nOK")})
    station.send_message(SENDER, TOKEN, MessageForm.type_0)
    now = datetime.now(UTC)
    for reference, told in ((76, 0x00), (77, 0x20), (77, status)):
        tpdu = StatusReport(reference, Address.of(SENDER), now, now, told).encode()
        peer.say(f"+CDS: {len(tpdu)}", with_smsc(tpdu, None).hex().upper())
    patience = 10 if status == 0 else 0.2
    report = station.report_on(TOKEN, patience)
    assert report is not None
    assert (report.word, report.error) == (word, f"TP-ST {status:02X}")
    assert isinstance(report, MessageReport)


def test_the_bearer_is_put_back_whatever_happens(opened: Open) -> None:
    station, peer = opened(
        **{"AT+CGSMS=0": "OK", "AT+CGSMS=1": "OK", "AT+CGSMS?": [f"+CGSMS: {n}\nOK" for n in (1, 0, 1)]}
    )
    with pytest.raises(LinkError), station.sending_over(MessageService.PS):
        raise LinkError("the link went away", where="meter")
    assert [line for line in peer.heard if "CGSMS=" in line] == ["AT+CGSMS=0", "AT+CGSMS=1"]

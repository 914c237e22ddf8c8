"""The modem's typed commands against a scripted module on a pseudo-terminal."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from drivers.api import CommandRefused, CommandTimeout, DialRefused, ProtocolError, Unsupported
from drivers.at import (
    AtChannel,
    CallStat,
    CallState,
    Context,
    Modem,
    NetworkStat,
    OwnNumber,
    Registration,
    Serving,
    load_dialect,
)
from drivers.at.replies import Storage
from drivers.sms import Address, Deliver, StatusReport, Submit, text_messages
from tests.drivers.scripted import NUMBER, Guard, Prompt, Scripted

OTHER = "110"


Bench = Callable[..., tuple[Modem, Scripted, AtChannel]]


@pytest.fixture
def bench() -> Iterator[Bench]:
    with ExitStack() as stack:

        def build(table: dict[str, Any], dialect: str = "generic") -> tuple[Modem, Scripted, AtChannel]:
            peer = stack.enter_context(Scripted(table))
            channel = stack.enter_context(
                AtChannel(
                    peer.port,
                    name="dut",
                    guard=Guard(),
                    dialect=load_dialect(dialect),
                    observer=lambda record: None,
                )
            )
            return Modem(channel), peer, channel

        yield build


# Set-up and identities


def test_prepare_takes_what_the_module_has(bench: Bench) -> None:
    required = {"ATE0": "OK", "AT+CMEE=1": "OK"}
    modem, peer, _ = bench(
        required | {"AT": "OK", "AT+CNMI=2,1,0,0,0": "OK", "AT+CREG=3": "+CME ERROR: 50", "AT+CREG=2": "OK"}
    )
    modem.prepare()
    # a prompt or reply that an earlier session left is cleared first
    assert peer.heard[:3] == ["AT", *required]
    # forms are tried until one is taken, and not beyond
    assert "AT+CNMI=2,2,0,1,0" in peer.heard
    assert "AT+CNMI=2,1" not in peer.heard
    assert peer.heard.index("AT+CREG=2") == peer.heard.index("AT+CREG=3") + 1
    # nothing is deleted
    assert not any("CMGD" in line for line in peer.heard)


def test_prepare_sends_the_dialects_own_commands(bench: Bench) -> None:
    modem, peer, _ = bench({"AT": "OK", "ATE0": "OK", "AT+CMEE=1": "OK"}, "quectel")
    modem.prepare()
    assert peer.heard[-1] == 'AT+QURCCFG="urcport","all"'


def test_prepare_needs_a_module_that_follows(bench: Bench) -> None:
    modem, _, _ = bench({"ATE0": "OK", "AT+CMEE=1": "ERROR"})
    with pytest.raises(CommandRefused):
        modem.prepare()


def test_identities(bench: Bench) -> None:
    modem, _, _ = bench(
        {
            "AT+CGMI": "Some maker\nOK",
            "AT+CGMM": '+CGMM: "M1"\nOK',
            "AT+CGMR": "R1\n24-11-08\nOK",
            "AT+CGSN": "000000000000000\nOK",
            "AT+CIMI": "460040000000000\nOK",
            "AT+CCID": "+CME ERROR: 4",
            "AT+ICCID": "+ICCID: 8986000000000000000F\nOK",
            "AT+CNUM": f'+CNUM: ,"{NUMBER}",129\n+CNUM: "","",129\nOK',
        }
    )
    identity = modem.identity()
    assert (identity.manufacturer, identity.model, identity.revision) == ("Some maker", "M1", "R1 24-11-08")
    assert identity.imei == "000000000000000"
    assert modem.imsi() == "460040000000000"
    assert modem.iccid() == "8986000000000000000"
    assert modem.own_numbers() == (OwnNumber(NUMBER, 129),)


def test_no_iccid(bench: Bench) -> None:
    modem, _, _ = bench({})
    with pytest.raises(Unsupported, match=r"AT\+ICCID"):
        modem.iccid()


def test_linear_file_is_read_record_by_record(bench: Bench) -> None:
    empty = "FF" * 16
    modem, _, _ = bench(
        {
            "AT+CRSM=192,28480": '+CRSM: 144,0,"621A82054221001002830 26F40A506C00100DE010080020020"\nOK'.replace(
                " ", ""
            ),
            "AT+CRSM=178,28480,1,4,16": '+CRSM: 144,0,"FFFF0881410400000000F1FFFFFFFFFF"\nOK',
            "AT+CRSM=178,28480,2,4,16": f'+CRSM: 144,0,"{empty}"\nOK',
        }
    )
    assert modem.msisdn_file() == (OwnNumber(NUMBER, 0x81),)
    assert modem.read_ef(0x6F40).hex().upper().endswith(empty)


def test_transparent_file_is_read_in_pieces(bench: Bench) -> None:
    modem, _, _ = bench(
        {
            "AT+CRSM=192,12258": "+CRSM: 144,0,0000012C2FE204000FF0FF01020000\nOK",
            "AT+CRSM=176,12258,0,0,255": f"+CRSM: 144,0,{'AA' * 255}\nOK",
            "AT+CRSM=176,12258,0,255,45": f"+CRSM: 144,0,{'BB' * 45}\nOK",
        }
    )
    assert modem.read_ef(0x2FE2) == b"\xaa" * 255 + b"\xbb" * 45


@pytest.mark.parametrize(
    "card",
    [
        # 31.102 4.2.21: linear fixed, three octets, alpha identifier, category
        {
            "AT+CRSM=192,28599": '+CRSM: 144,0,"620782054221000702"\nOK',
            "AT+CRSM=178,28599,1,4,7": '+CRSM: 144,0,"11F2FFFFFFFF00"\nOK',
            "AT+CRSM=178,28599,2,4,7": '+CRSM: 144,0,"11F0FFFFFFFF01"\nOK',
        },
        # 51.011 10.3.27: transparent, three octets each
        {
            "AT+CRSM=192,28599": "+CRSM: 144,0,000000096FB7040000000001020000\nOK",
            "AT+CRSM=176,28599,0,0,9": "+CRSM: 144,0,11F2FF11F0FFFFFFFF\nOK",
        },
    ],
    ids=["USIM", "SIM"],
)
def test_emergency_numbers_of_card_and_network(bench: Bench, card: dict[str, str]) -> None:
    modem, _, _ = bench({**card, "AT+CEN?": "+CEN1: 1,460\n+CEN2: 1,119\nOK"})
    assert modem.emergency_numbers() == {"112", "110", "119"}


def test_no_emergency_numbers_where_neither_can_be_read(bench: Bench) -> None:
    modem, _, _ = bench({"AT+CRSM=192,28599": "+CRSM: 106,130\nOK"})
    assert modem.emergency_numbers() == frozenset()


def test_missing_file_is_a_refusal_with_its_status(bench: Bench) -> None:
    modem, _, _ = bench({"AT+CRSM=192,28480": "+CRSM: 106,130\nOK"})
    with pytest.raises(CommandRefused) as caught:
        modem.msisdn_file()
    assert (caught.value.family, caught.value.code) == ("SW", 0x6A82)


# Network


def test_registration_of_a_data_only_card(bench: Bench) -> None:
    modem, _, _ = bench({"AT+CREG?": "+CREG: 2,3\nOK", "AT+CEREG?": '+CEREG: 2,1,"1F00","0079D903",7\nOK'})
    registration = modem.registration()
    assert registration == Registration(cs=3, ps=None, eps=1)
    assert registration.registered


def test_waiting_for_registration_wakes_up_by_the_unsolicited_code(bench: Bench) -> None:
    states = {"AT+CREG?": ["+CREG: 2,2\nOK\n+CREG: 5", "+CREG: 2,5\nOK"]}
    modem, _, _ = bench(states)
    assert modem.wait_registered(60) == Registration(cs=5, ps=None, eps=None)


def test_registration_that_does_not_come_is_reported_not_raised(bench: Bench) -> None:
    modem, _, _ = bench({"AT+CREG?": "+CREG: 0,3\nOK"})
    registration = modem.wait_registered(0)
    assert not registration.registered
    assert registration.cs == 3


def test_registering_afresh_ends_with_the_networks_refusal(bench: Bench) -> None:
    answers = ["+CREG: 3,2\nOK", "+CREG: 3,3,,,,0,6\nOK\n+CREG: 3"]
    modem, peer, _ = bench({"AT+CFUN=4": "OK", "AT+CFUN=1": "OK\n+CREG: 2", "AT+CREG?": answers})
    registration = modem.register_again(60)
    assert (registration.registered, registration.denied) == (False, True)
    assert peer.heard[:2] == ["AT+CFUN=4", "AT+CFUN=1"]


def test_a_module_without_circuit_switched_service_is_not_denied() -> None:
    assert not Registration(cs=3, ps=None, eps=1).denied


@pytest.mark.parametrize(
    ("line", "serving"),
    [('+COPS: 0,2,"46000",7', Serving("46000", "LTE")), ("+COPS: 0", Serving("", ""))],
)
def test_serving(bench: Bench, line: str, serving: Serving) -> None:
    modem, _, _ = bench({"AT+COPS=3,2": "OK", "AT+COPS?": f"{line}\nOK"})
    assert modem.serving() == serving


def test_ims(bench: Bench) -> None:
    modem, peer, _ = bench({"AT+CIREG?": "+CIREG: 2,1,5\nOK"})
    state = modem.ims()
    assert state is not None
    assert (state.registered, state.voice, state.sms) == (True, True, True)
    del peer.table["AT+CIREG?"]
    assert modem.ims() is None


def test_an_answer_without_its_line_is_an_error(bench: Bench) -> None:
    modem, _, _ = bench({"AT+CPMS?": "OK"})
    with pytest.raises(ProtocolError, match="CPMS"):
        modem.storage()


# Calls


def test_call(bench: Bench) -> None:
    modem, peer, _ = bench(
        {
            f"ATD{NUMBER};": "OK",
            "AT+CLCC": f'+CLCC: 1,0,3,0,0,"{NUMBER}",129\n+CLCC: 2,0,0,1,0,"",128\nOK',
            "AT+CHUP": "OK",
            "ATA": "OK",
        }
    )
    modem.dial(NUMBER)
    assert modem.calls() == (CallState(1, "mo", CallStat.ALERTING, voice=True, number=NUMBER, ton=129),)
    modem.answer()
    modem.hang_up()
    assert peer.heard == [f"ATD{NUMBER};", "AT+CLCC", "ATA", "AT+CHUP"]


@pytest.mark.parametrize(
    ("final", "family", "code"),
    [("NO CARRIER", "NO CARRIER", None), ("BUSY", "BUSY", None), ("+CME ERROR: 30", "CME", 30)],
)
def test_refused_call(bench: Bench, final: str, family: str, code: int | None) -> None:
    modem, _, _ = bench({f"ATD{NUMBER};": final, "AT+CEER": "+CEER: 8,21,0\nOK"})
    with pytest.raises(CommandRefused) as caught:
        modem.dial(NUMBER)
    assert (caught.value.family, caught.value.code) == (family, code)
    assert modem.call_cause() == "8,21,0"


def test_no_foreign_number_ever_leaves(bench: Bench) -> None:
    modem, peer, _ = bench({})
    message = Submit(destination=Address.of(OTHER), user_data=text_messages("hi")[0])
    for attempt in (
        lambda: modem.dial(OTHER),
        lambda: modem.send_text(OTHER, "hi"),
        lambda: modem.submit_sms(message),
        lambda: modem.command(f"at d {OTHER};", 5),
        lambda: modem.command("ATDL", 5),
    ):
        peer.table.update({"AT+CMGF=0": "OK", "AT+CMGF=1": "OK"})
        with pytest.raises(DialRefused):
            attempt()
    assert set(peer.heard) <= {"AT+CMGF=0", "AT+CMGF=1"}


# Messages


def test_message_in_pdu_mode(bench: Bench) -> None:
    message = Submit(destination=Address.of(NUMBER), user_data=text_messages("hello")[0])
    tpdu = message.encode()
    command = f"AT+CMGS={len(tpdu)}"
    modem, peer, _ = bench({"AT+CMGF=0": "OK", command: Prompt("+CMGS: 42\nOK")})
    assert modem.submit_sms(message) == 42
    assert peer.payloads == [b"00" + tpdu.hex().upper().encode()]


@pytest.mark.parametrize(("final", "code"), [("+CMS ERROR: 21", 21), ("+CMS ERROR: 500", 500)])
def test_refused_message(bench: Bench, final: str, code: int) -> None:
    message = Submit(destination=Address.of(NUMBER), user_data=text_messages("hello")[0])
    modem, _, _ = bench({"AT+CMGF=0": "OK", f"AT+CMGS={len(message.encode())}": Prompt(final)})
    with pytest.raises(CommandRefused) as caught:
        modem.submit_sms(message)
    assert (caught.value.family, caught.value.code) == ("CMS", code)


def test_message_in_text_mode_leaves_pdu_mode_behind(bench: Bench) -> None:
    line = f'AT+CMGS="{NUMBER}",129'
    modem, peer, _ = bench(
        {"AT+CMGF=0": "OK", "AT+CMGF=1": "OK", line: [Prompt("+CMGS: 7\nOK"), "+CMS ERROR: 350"]}
    )
    assert modem.send_text(NUMBER, "hello") == 7
    assert peer.payloads == [b"hello"]
    with pytest.raises(CommandRefused):
        modem.send_text(NUMBER, "again")
    assert peer.heard == ["AT+CMGF=1", line, "AT+CMGF=0"] * 2


@pytest.mark.parametrize("text", ["line\nbreak", "ctrl\x1aZ", "中文"])
def test_text_that_the_prompt_cannot_carry(bench: Bench, text: str) -> None:
    modem, peer, _ = bench({})
    with pytest.raises(ValueError, match="text mode"):
        modem.send_text(NUMBER, text)
    assert peer.heard == []


# service centre, DELIVER, originator, PID, DCS, time stamp, "hello" (23.040 9.2.2.1)
DELIVER = "00" + "04" + "0D81410400000000F1" + "0000" + "62901100000000" + "05E8329BFD06"
# STATUS REPORT with reference 42 (23.040 9.2.2.3)
REPORT = "00" + "06" + "2A" + "0D81410400000000F1" + "62901100000000" + "62901100000000" + "00"


def test_delivered_message(bench: Bench) -> None:
    modem, peer, channel = bench({})
    since = channel.mark()
    peer.say("+CMT: ,26", DELIVER, "+CDS: 25", REPORT, "RING")
    delivered = channel.wait_for(lambda urc: urc.text.startswith("+CMT:"), since=since, timeout_s=10)
    reported = channel.wait_for(lambda urc: urc.text.startswith("+CDS:"), since=since, timeout_s=10)
    ring = channel.wait_for(lambda urc: urc.text == "RING", since=since, timeout_s=10)
    assert delivered
    assert reported
    assert ring
    message, report = modem.incoming_sms(delivered), modem.incoming_sms(reported)
    assert isinstance(message, Deliver)
    assert (str(message.originator), message.user_data.text) == (NUMBER, "hello")
    assert isinstance(report, StatusReport)
    assert report.reference == 42
    assert modem.incoming_sms(ring) is None


def test_stored_message_is_read_where_it_lies(bench: Bench) -> None:
    cpms = "+CPMS: 1,20,1,20,1,20\nOK"
    modem, peer, channel = bench({'AT+CPMS="ME"': cpms, "AT+CMGR=3": [f"+CMGR: 0,,26\n{DELIVER}\nOK", "OK"]})
    since = channel.mark()
    peer.say('+CMTI: "ME",3')
    urc = channel.wait_for(lambda urc: urc.text.startswith("+CMTI:"), since=since, timeout_s=10)
    assert urc
    message = modem.incoming_sms(urc)
    assert isinstance(message, Deliver)
    assert modem.incoming_sms(urc) is None  # an empty place answers OK alone
    assert peer.heard == ['AT+CPMS="ME"', "AT+CMGR=3"] * 2


def test_message_list(bench: Bench) -> None:
    listing = f"+CMGL: 1,1,,26\n{DELIVER}\n+CMGL: 5,0,,25\n{REPORT}\nOK"
    modem, _, _ = bench({"AT+CMGL=4": listing, "AT+CPMS?": '+CPMS: "SM",2,20,"SM",2,20,"SM",2,20\nOK'})
    assert [type(sms.message).__name__ for sms in modem.stored_sms()] == ["Deliver", "StatusReport"]
    assert modem.storage() == Storage("SM", 2, 20)


# Packet data


def test_context(bench: Bench) -> None:
    modem, peer, _ = bench(
        {
            'AT+CGDCONT=1,"IP","iot.example"': "OK",
            "AT+CGDCONT?": '+CGDCONT: 1,"IP","iot.example","",0,0\nOK',
            "AT+CGACT=1,1": "OK",
            "AT+CGACT?": "+CGACT: 1,1\nOK",
            "AT+CGCONTRDP=1": '+CGCONTRDP: 1,5,"iot.example.mnc000.mcc460.gprs","10.0.0.5.255.255.255.255"\nOK',
            "AT+CGPADDR=1": '+CGPADDR: 1,"10.0.0.5"\nOK',
            "AT+CGACT=0,1": "OK",
        }
    )
    modem.define_context(1, "iot.example")
    modem.activate(1)
    granted = "iot.example.mnc000.mcc460.gprs"
    assert modem.context(1) == Context("iot.example", "10.0.0.5", active=True, granted=granted)
    del peer.table["AT+CGCONTRDP=1"]
    # what the module was told is not what the network gave
    assert modem.context(1) == Context("iot.example", "10.0.0.5", active=True, granted="")
    modem.deactivate(1)
    peer.table["AT+CGACT?"] = "+CGACT: 1,0\nOK"
    assert modem.context(1) == Context("iot.example", None, active=False)


def test_a_free_context_is_neither_defined_nor_active(bench: Bench) -> None:
    modem, peer, _ = bench(
        {
            "AT+CGDCONT?": '+CGDCONT: 1,"IP","a","",0,0\n+CGDCONT: 2,"IPV4V6","ims","",0,0\nOK',
            "AT+CGACT?": "+CGACT: 1,1\n+CGACT: 3,0\nOK",
            "AT+CGDCONT=4": "OK",
        }
    )
    assert modem.free_context() == 4
    modem.forget_context(4)
    peer.table["AT+CGACT?"] = "\n".join(f"+CGACT: {cid},0" for cid in range(1, 8)) + "\nOK"
    with pytest.raises(Unsupported):
        modem.free_context()


@pytest.mark.parametrize(("reply", "numbered"), [("+CMEE: 1\nOK", True), ("+CMEE: 0\nOK", False), ("ERROR", None)])
def test_numbered_errors_tell_a_restart(bench: Bench, reply: str, numbered: bool | None) -> None:
    modem, _, _ = bench({"AT+CMEE?": reply})
    assert modem.numbered_errors() is numbered


def test_refused_context(bench: Bench) -> None:
    modem, _, _ = bench({"AT+CGACT=1,1": "+CME ERROR: 133", "AT+CEER": '+CEER: "EMM reject",19,"ESM failure"\nOK'})
    with pytest.raises(CommandRefused) as caught:
        modem.activate(1)
    assert (caught.value.family, caught.value.code) == ("CME", 133)
    assert modem.data_cause() == '"EMM reject",19,"ESM failure"'


def test_no_name_breaks_out_of_its_quotes(bench: Bench) -> None:
    modem, peer, _ = bench({})
    with pytest.raises(ValueError, match="quotes"):
        modem.define_context(1, 'x";D110;')
    assert peer.heard == []


# Sockets

CONTEXT = {"AT+CGDCONT?": '+CGDCONT: 1,"IP","iot.example"\nOK'}


def test_quectel_socket(bench: Bench) -> None:
    modem, peer, _ = bench(
        CONTEXT
        | {
            'AT+QICFG="dataformat",0,1': "OK",
            'AT+QICSGP=1,1,"iot.example","","",0': "OK",
            "AT+QIACT=1": "ERROR",  # it is active already
            'AT+QIOPEN=1,0,"TCP","192.0.2.1",7,0,0': "OK\n+QIOPEN: 0,0",
            "AT+QISEND=0,6": Prompt("SEND OK", length=6),
            "AT+QIRD=0,1460": ['+QIRD: 0\nOK\n+QIURC: "recv",0', "+QIRD: 3\n00FF1A\nOK", "+QIRD: 0\nOK"],
            "AT+QICLOSE=0": "OK",
        },
        "quectel",
    )
    with modem.open_socket(1, "tcp", "192.0.2.1", 7, 60) as socket:
        socket.send(b"a\r\nOK\x1a")
        assert peer.payloads == [b"a\r\nOK\x1a"]
        assert socket.receive(60) == b"\x00\xff\x1a"
        peer.say('+QIURC: "closed",10', '+QIURC: "closed",0')
        assert socket.receive(60) == b""
        assert socket.receive(60) == b""
    assert peer.heard[-1] == "AT+QICLOSE=0"


def test_refused_socket_is_closed_and_its_number_free_again(bench: Bench) -> None:
    opening = 'AT+QIOPEN=1,0,"UDP","192.0.2.1",7,0,0'
    table = CONTEXT | {
        'AT+QICFG="dataformat",0,1': "OK",
        'AT+QICSGP=1,1,"iot.example","","",0': "OK",
        "AT+QIACT=1": "OK",
        opening: ["OK\n+QIOPEN: 0,566", "OK\n+QIOPEN: 0,0"],
        'AT+QIOPEN=1,1,"UDP","192.0.2.1",7,0,0': "OK\n+QIOPEN: 1,0",
        "AT+QICLOSE=0": "OK",
    }
    modem, peer, _ = bench(table, "quectel")
    with pytest.raises(CommandRefused) as caught:
        modem.open_socket(1, "udp", "192.0.2.1", 7, 60)
    assert (caught.value.family, caught.value.code) == ("+QIOPEN", 566)
    assert peer.heard[-1] == "AT+QICLOSE=0"
    first = modem.open_socket(1, "udp", "192.0.2.1", 7, 60)
    second = modem.open_socket(1, "udp", "192.0.2.1", 7, 60)
    assert (first.number, second.number) == (0, 1)


def test_socket_whose_opening_never_ends_is_closed(bench: Bench) -> None:
    table = {"AT+UDCONF=1,1": "OK", "AT+USOCR=6": "+USOCR: 2\nOK", 'AT+USOCO=2,"192.0.2.1",7': "+CSQ: 1,1"}
    modem, peer, _ = bench(CONTEXT | table | {"AT": "OK", "AT+USOCL=2": "OK"}, "ublox")
    with pytest.raises(CommandTimeout):
        modem.open_socket(1, "tcp", "192.0.2.1", 7, 0.3)
    assert peer.heard[-1] == "AT+USOCL=2"


def test_simcom_socket(bench: Bench) -> None:
    modem, peer, _ = bench(
        CONTEXT
        | {
            "AT+CIPRXGET=1": "OK",
            "AT+NETOPEN": "OK\n+NETOPEN: 0",
            'AT+CIPOPEN=0,"UDP",,,40000': "OK\n+CIPOPEN: 0,0",
            'AT+CIPSEND=0,5,"192.0.2.1",7': Prompt("OK\n+CIPSEND: 0,5,5", length=5),
            "AT+CIPRXGET=3,0,750": ["ERROR\n+CIPRXGET: 1,0", "+CIPRXGET: 3,0,2,0\n6869\nOK", "ERROR"],
            "AT+CIPCLOSE=0": "OK\n+CIPCLOSE: 0,0",
        },
        "simcom",
    )
    with modem.open_socket(1, "udp", "192.0.2.1", 7, 60) as socket:
        socket.send(b"hello")
        assert socket.receive(60) == b"hi"
        assert socket.receive(0) == b""
    assert peer.payloads == [b"hello"]


def test_ublox_socket(bench: Bench) -> None:
    modem, _, _ = bench(
        CONTEXT
        | {
            "AT+UDCONF=1,1": "OK",
            "AT+USOCR=6": "+USOCR: 3\nOK",
            'AT+USOCO=3,"192.0.2.1",7': "OK",
            'AT+USOWR=3,2,"6869"': "+USOWR: 3,2\nOK",
            "AT+USORD=3,512": ['+USORD: 3,""\nOK\n+UUSORD: 3,2', '+USORD: 3,2,"686A"\nOK'],
            "AT+USOCL=3": "OK",
        },
        "ublox",
    )
    with modem.open_socket(1, "tcp", "192.0.2.1", 7, 60) as socket:
        assert socket.number == 3
        socket.send(b"hi")
        assert socket.receive(60) == b"hj"


def test_long_data_go_in_pieces(bench: Bench) -> None:
    table = CONTEXT | {"AT+UDCONF=1,1": "OK", "AT+USOCR=17": "+USOCR: 0\nOK"}
    for length in (512, 88):
        line = f'AT+USOST=0,"192.0.2.1",7,{length},"{"41" * length}"'
        table[line] = f"+USOST: 0,{length}\nOK"
    modem, peer, _ = bench(table, "ublox")
    socket = modem.open_socket(1, "udp", "192.0.2.1", 7, 60)
    socket.send(b"A" * 600)
    assert [line.split(",")[3] for line in peer.heard[-2:]] == ["512", "88"]


def test_partly_sent_data_are_refused(bench: Bench) -> None:
    table = {"AT+UDCONF=1,1": "OK", "AT+USOCR=17": "+USOCR: 0\nOK"}
    modem, _, _ = bench(CONTEXT | table | {'AT+USOST=0,"192.0.2.1",7,2,"6869"': "+USOST: 0,1\nOK"}, "ublox")
    socket = modem.open_socket(1, "udp", "192.0.2.1", 7, 60)
    with pytest.raises(CommandRefused):
        socket.send(b"hi")


@pytest.mark.parametrize("host", ['x";D110;', "a b", ""])
def test_no_host_breaks_out_of_its_quotes(bench: Bench, host: str) -> None:
    modem, _, _ = bench(CONTEXT, "ublox")
    with pytest.raises(ValueError, match="host"):
        modem.open_socket(1, "tcp", host, 7, 60)


@pytest.mark.parametrize(("dialect", "protocol"), [("generic", "tcp"), ("quectel", "sctp")])
def test_no_such_sockets(bench: Bench, dialect: str, protocol: str) -> None:
    modem, _, _ = bench(CONTEXT, dialect)
    with pytest.raises(Unsupported, match=protocol):
        modem.open_socket(1, protocol, "192.0.2.1", 7, 60)


class TestNetworksAndLocks:
    def test_a_denied_registration_names_the_networks_cause(self, bench: Bench) -> None:
        modem, _, _ = bench({"AT+CREG?": "+CREG: 3,3,,,,0,6\nOK"})
        assert modem.denial() == 6

    def test_a_vendors_own_cause_is_none(self, bench: Bench) -> None:
        modem, _, _ = bench({"AT+CREG?": "+CREG: 3,3,,,,1,6\nOK", "AT+CEREG?": "+CEREG: 3,1\nOK"})
        assert modem.denial() is None

    def test_a_search_gives_networks_by_number(self, bench: Bench) -> None:
        found = '+COPS: (2,"CMCC","CMCC","46000",7),(1,"A, B","","46001",7),(3,"","","46001",2),,(0-4),(0-2)\nOK'
        modem, _, _ = bench({"AT+COPS=?": found})
        assert modem.networks() == {"46000": NetworkStat.CURRENT, "46001": NetworkStat.FORBIDDEN}

    def test_automatic_selection_is_read_back(self, bench: Bench) -> None:
        modem, peer, _ = bench({"AT+COPS=0": "OK", "AT+COPS?": ['+COPS: 1,2,"46000",7\nOK', "+COPS: 0\nOK"]})
        with pytest.raises(ProtocolError, match="the mode is 1"):
            modem.select_automatically()
        modem.select_automatically()
        assert peer.heard == ["AT+COPS=0", "AT+COPS?"] * 2

    def test_locks_are_queried_and_nothing_is_set(self, bench: Bench) -> None:
        modem, peer, _ = bench(
            {'AT+CLCK="PN",2': "+CLCK: 0,7\n+CLCK: 1,8\nOK", "AT+CPIN?": "+CPIN: PH-NET PIN\nOK"}
        )
        assert modem.facility_locked("PN")
        assert modem.pin_state().locks_module
        assert peer.heard == ['AT+CLCK="PN",2', "AT+CPIN?"]

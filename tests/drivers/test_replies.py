"""Replies of modules, from the specifications; test_replies_corpus.py has those of other projects' tests."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import ProtocolError
from drivers.at import cardfile, replies
from drivers.at.replies import CallStat, MessageStat, OwnNumber, RegStat
from drivers.sms import Deliver, SmsFormatError, Submit


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("+CREG: 0,1", ("0", "1")),
        ('+CNUM: "","+8618900000047",145', ("", "+8618900000047", "145")),
        ('+CNUM: "",+79139131234",145', ("", "+79139131234", "145")),  # half-quoted
        ("+CNUM: ,,145", ("", "", "145")),
        ('+X: "a,b","c"', ("a,b", "c")),
        ('+X: "say "hi""', ('say "hi"',)),
        ("+X: a , b,", ("a", "b", "")),
        ("+X:", ()),
        ("", ()),
        ("no prefix,1", ("no prefix", "1")),
        ("10.0.0.1:80,x", ("10.0.0.1:80", "x")),
        ('+X: "caf\xe9\xff",1', ("caf\xe9\xff", "1")),  # bytes outside UTF-8 come as latin-1
    ],
)
def test_fields(line: str, expected: tuple[str, ...]) -> None:
    assert replies.fields(line) == expected


@given(st.lists(st.text(st.characters(codec="latin-1", exclude_characters='",'), max_size=8), min_size=1))
def test_quoted_fields_come_back(values: list[str]) -> None:
    assert replies.fields("+X: " + ",".join(f'"{value}"' for value in values)) == tuple(values)


@given(st.text(max_size=80))
def test_any_line_can_be_split(line: str) -> None:
    assert all(isinstance(field, str) for field in replies.fields(line))


# 27.007 7.2, 10.1.20, 10.1.22, 10.1.47


@pytest.mark.parametrize(
    ("line", "unsolicited", "stat", "rest"),
    [
        ("+CREG: 0,3", False, 3, (None, None, None, None, None)),
        ('+CREG: 2,6,"8B37","0A265185",7', False, 6, (0x8B37, 0x0A265185, 7, None, None)),
        ("+CREG: 5", True, 5, (None, None, None, None, None)),
        ('+CREG: 3,3,"0000","00000000",0,0,33', False, 3, (0, 0, 0, 0, 33)),
        ('+CGREG: 3,3,"0000","00000000",0,"00",0,7', False, 3, (0, 0, 0, 0, 7)),
        ("+CEREG: 3,3,,,,0,19", False, 3, (None, None, None, 0, 19)),
        ('+CEREG: 3,"1F00","0079D903",7,0,15', True, 3, (0x1F00, 0x79D903, 7, 0, 15)),
        ('+C5GREG: 3,3,"000001","000000001",11,0,,0,91', False, 3, (1, 1, 11, 0, 91)),
        ('+CEREG: 4,1,"1F00","79D903",9,,,"00100100","01000111"', False, 1, (0x1F00, 0x79D903, 9, None, None)),
    ],
)
def test_registration(line: str, unsolicited: bool, stat: int, rest: tuple[int | None, ...]) -> None:
    read = replies.parse_registration(line, unsolicited=unsolicited)
    assert (read.stat, (read.area, read.cell, read.act, read.cause_type, read.reject_cause)) == (stat, rest)


def test_normally_registered_stats() -> None:
    assert [stat.value for stat in RegStat if stat.registered] == [1, 5, 6, 7, 9, 10]


@pytest.mark.parametrize("line", ["+CREG: 0", "+CREG: 0,99", "+CREG: 0,x", "+CREG:"])
def test_no_registration(line: str) -> None:
    with pytest.raises(ProtocolError, match="cannot be understood"):
        replies.parse_registration(line, unsolicited=False)


# Calls, 27.007 7.18, 7.1, 7.6


def test_call_list_line() -> None:
    call = replies.parse_call('+CLCC: 1,0,3,0,0,"1440000000001",129')
    assert (call.index, call.direction, call.state, call.voice) == (1, "mo", CallStat.ALERTING, True)
    assert (call.number, call.ton) == ("1440000000001", 129)


def test_a_data_session_is_no_voice_call() -> None:
    assert not replies.parse_call('+CLCC: 1,0,0,1,0,"",128').voice


def test_withheld_caller() -> None:
    assert replies.parse_caller('+CLIP: "",128,,,,1') == replies.Caller("", 128)


def test_own_numbers_leave_empty_ones_out() -> None:
    lines = ['+CNUM: "Subscriber Number","",145', "+CNUM: ,,145", '+CNUM: "me",+79139131234",145']
    assert replies.parse_own_numbers(lines) == (OwnNumber("+79139131234", 145, "me"),)


# Card, 27.007 8.18, 31.102


def test_status_words_of_the_card() -> None:
    assert replies.parse_card("+CRSM: 144,0").done
    assert not replies.parse_card("+CRSM: 106,130").done


@pytest.mark.parametrize(
    ("response", "size", "record_length"),
    [
        # 102 221 11.1.1.4.3: transparent 41 21, linear fixed 42 21 with record length and count
        ("6217820241218302 2FE2 A506C00100DE0100 8002000A", 10, None),
        ("621A 82054221001C02 83026F40 A506C00100DE0100 80020038", 56, 28),
        ("620B 82054221001C02 83026F40", 56, 28),
        # 51.011 9.2.1: size in octets 3 and 4, structure in 14, record length in 15
        ("0000000A2FE204000FF0FF01020000", 10, None),
        ("000000386F40040011F0FF0102011C", 56, 28),
    ],
)
def test_file_layout(response: str, size: int, record_length: int | None) -> None:
    assert cardfile.parse_layout(bytes.fromhex(response)) == cardfile.FileLayout(size, record_length)


def test_no_file_layout() -> None:
    with pytest.raises(ProtocolError):
        cardfile.parse_layout(b"")


@pytest.mark.parametrize(
    ("alpha", "entry", "expected"),
    [
        # length 8: type and 7 octets; 13 digits and a fill nibble
        ("FFFF", "0881 4104000000 00F1 FFFFFF FFFF", OwnNumber("1440000000001", 0x81)),
        ("4D65", "0991 681404000000 0010 FFFF FFFF", OwnNumber("+8641400000000001", 0x91, "Me")),
        ("80 5361 FFFF", "0381 1032 FFFFFFFFFFFFFFFF FFFF", OwnNumber("0123", 0x81, "卡")),
        ("81 03 13 53 95 A6 FF", "0381 1032 FFFFFFFFFFFFFFFF FFFF", OwnNumber("0123", 0x81, "S\u0995\u09a6")),
        ("82 02 0530 2D 82 FF", "0381 1032 FFFFFFFFFFFFFFFF FFFF", OwnNumber("0123", 0x81, "-\u0532")),
        ("FFFF", "FFFF FFFFFFFFFFFFFFFFFFFF FFFF", None),
        ("FFFF", "0181 FFFFFFFFFFFFFFFFFFFF FFFF", None),
    ],
)
def test_record_of_ef_msisdn(alpha: str, entry: str, expected: OwnNumber | None) -> None:
    assert cardfile.parse_msisdn(bytes.fromhex(alpha + entry)) == expected


# Messages, 27.005


def test_message_list_keeps_index_state_and_pdu() -> None:
    lines = ['+CMGL: 3,0,"",24', "0791", "+CMGL: 4,1,,24", "0792"]
    found = replies.parse_stored_sms(lines)
    assert [(sms.index, sms.stat, sms.pdu.hex()) for sms in found] == [
        (3, MessageStat.RECEIVED_UNREAD, "0791"),
        (4, MessageStat.RECEIVED_READ, "0792"),
    ]


def test_stored_message_is_decoded_by_its_direction() -> None:
    # 23.040 9.2.2.1: service centre, DELIVER, originator, PID, DCS, time stamp, "hello"
    deliver = "07911326060032F0" + "04" + "0A912143658709" + "0000" + "62901100000000" + "05E8329BFD06"
    # 9.2.2.2: no service centre, SUBMIT, reference, destination, PID, DCS, "hello"
    submit = "00" + "0100" + "0A912143658709" + "0000" + "05E8329BFD06"
    (received,) = replies.parse_stored_sms(["+CMGR: 0,,24", deliver])
    (written,) = replies.parse_stored_sms(["+CMGR: 2,,17", submit])
    assert received.index is None
    assert isinstance(received.message, Deliver)
    assert isinstance(written.message, Submit)
    assert received.message.user_data.text == written.message.user_data.text == "hello"


def test_torn_message() -> None:
    (sms,) = replies.parse_stored_sms(["+CMGL: 1,0,,24"])
    with pytest.raises(SmsFormatError):
        _ = sms.message


@pytest.mark.parametrize("lines", [["+CMGL: 1,9,,24", "00"], ["+CMGL: x,0,,24", "00"], ["+CMGL: 1,0,,24", "0"]])
def test_no_message_list(lines: list[str]) -> None:
    with pytest.raises(ProtocolError):
        replies.parse_stored_sms(lines)


def test_where_a_message_was_stored() -> None:
    assert replies.parse_stored_at('+CMTI: "ME",1') == replies.StoredAt("ME", 1)


def test_storage() -> None:
    assert replies.parse_storage('+CPMS: "SM",3,20,"SM",3,20,"SM",3,20') == replies.Storage("SM", 3, 20)


# Identities


@pytest.mark.parametrize(
    ("line", "iccid"),
    [
        ("+QCCID: 89860000000000000001", "89860000000000000001"),
        ("%XICCID: 8944501611212321532F", "8944501611212321532"),
        ('+ICCID: "898604C0000000000000"', "898604C0000000000000"),
        ("98680000000000000010", "89860000000000000001"),  # as EF_ICCID stores it
    ],
)
def test_iccid(line: str, iccid: str) -> None:
    assert replies.parse_iccid(line) == iccid


def test_imsi_among_stray_lines() -> None:
    assert replies.parse_digits(["stray", "+CIMI: 460000000000000"]) == "460000000000000"
    with pytest.raises(ProtocolError):
        replies.parse_digits(["SIM busy"])


def test_identity_of_several_lines() -> None:
    assert replies.parse_identity(['+CGMR: "V1"', "", " 24-11-08 "]) == "V1 24-11-08"


# Network and packet data


def test_operator_without_service() -> None:
    assert replies.parse_operator("+COPS: 0") == replies.Operator(0)


def test_ims_services() -> None:
    assert replies.parse_ims("+CIREG: 2,1,5") == replies.ImsState(registered=True, voice=True, sms=True)
    assert replies.parse_ims("+CIREGU: 1,4") == replies.ImsState(registered=True, voice=False, sms=True)
    assert replies.parse_ims("+CIREG: 0,0") == replies.ImsState(registered=False, voice=False, sms=False)


def test_signal_levels() -> None:
    assert replies.parse_rssi("+CSQ: 31,99") == -51
    assert replies.parse_rssi("+CSQ: 99,99") is None


def test_context_addresses() -> None:
    lines = [
        '+CGPADDR: 1,"10.0.0.5"',
        "+CGPADDR: 2,0.0.0.0",
        "+CGPADDR: 3",
        '+CGPADDR: 4,"IPV4:10.0.0.6 IPV6:::1"',
    ]
    lines.append('+CGPADDR: 5,"254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1"')
    assert replies.parse_addresses(lines) == {1: "10.0.0.5", 2: "", 3: "", 4: "10.0.0.6", 5: "fe80::1"}


# What a test command offers, V.250 5.4.3.2


@pytest.mark.parametrize(
    ("line", "groups"),
    [
        ("+CFUN: (0,1,4-6),(0-1)", (("0", "1", "4", "5", "6"), ("0", "1"))),
        ('+CPMS: ("ME","MT"),"ME",( "SM" )', (("ME", "MT"), ("ME",), ("SM",))),
        ('+CPMS: (("SM","BM","SR"),("SM"))', (("SM", "BM", "SR"), ("SM",))),
        ("+CPMS: (),,( )", ((), (), ())),
        ("+CMER: (1,2),0,0,(0-1),0", (("1", "2"), ("0",), ("0",), ("0", "1"), ("0",))),
        ("+X: (1-0)", (("0", "1"),)),
        ("+X: (A,B", (("A", "B"),)),
        ("+X:", ()),
    ],
)
def test_what_a_test_command_offers(line: str, groups: tuple[tuple[str, ...], ...]) -> None:
    assert replies.offered(line) == groups


def test_contexts_that_may_be_defined() -> None:
    lines = ['+CGDCONT: (1-3,9),"IP",,,(0-2)', '+CGDCONT: (1),"IPV6",,,(0)']
    assert [(row.cids, row.pdp_type) for row in replies.parse_offered_contexts(lines)] == [
        ((1, 2, 3, 9), "IP"),
        ((1,), "IPV6"),
    ]


# Network, 27.007 5.9, 7.3, 7.19, 8.2, 8.15


def test_operators_that_the_module_hears() -> None:
    line = '+COPS: (2,"CHINA MOBILE","CMCC","46000",7),(3,"","","46001"),,(0-4),(0-2)'
    current, forbidden = replies.parse_operators(line)
    assert (current.stat, current.plmn, current.short, replies.rat(current.act)) == (2, "46000", "CMCC", "LTE")
    assert (forbidden.stat, forbidden.plmn, forbidden.long, forbidden.act) == (3, "46001", "", None)
    assert replies.parse_networks(line) == {"46000": 2, "46001": 3}
    assert replies.parse_operators("+COPS: ,,(0-4),(0-2)") == ()


def test_preferred_operators() -> None:
    (entry,) = replies.parse_preferred_operators(['+CPOL: 3,2,"46000",1,0,0,1'])
    assert (entry.index, entry.plmn, entry.technologies) == (3, "46000", {"GSM", "E-UTRAN"})


def test_clock_in_quarters_of_an_hour() -> None:
    assert replies.parse_clock('+CCLK: "26/11/22,08:00:00+32"').isoformat() == "2026-11-22T08:00:00+08:00"
    assert replies.parse_clock('+CCLK: "26/11/22,08:00:00"').tzinfo is None


def test_functionality_and_capabilities() -> None:
    assert replies.parse_functionality("+CFUN: 4,0") == 4
    assert replies.parse_network_choice("+WS46: 28") == 28
    assert replies.parse_capabilities("+GCAP: +CGSM,+DS") == ("+CGSM", "+DS")


# Supplementary services, 27.007 7.4, 7.12


def test_states_by_class_of_service() -> None:
    assert replies.parse_service_states(["+CLCK: 1,1", "+CLCK: 0,2"]) == {1: True, 2: False}
    assert replies.parse_service_states(["+CLCK: 1"]) == {7: True}
    assert replies.parse_lock(["+CLCK: 0,1", "+CLCK: 1,2"])
    assert not replies.parse_lock(["+CLCK: 0"])
    with pytest.raises(ProtocolError):
        replies.parse_service_states(["+CCWA: 2,1"])


def test_waiting_call() -> None:
    assert replies.parse_waiting_call('+CCWA: "13800000001",129,1') == replies.WaitingCall("13800000001", 129, 1)


# Contexts that come and go, 27.007 10.1.19


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("+CGEV: NW PDN DEACT 1", replies.ContextEvent("NW", "PDN DEACT", cid=1)),
        ("+CGEV: ME PDN ACT 2,3,4", replies.ContextEvent("ME", "PDN ACT", cid=2)),
        ("+CGEV: NW ACT 3,2,1", replies.ContextEvent("NW", "ACT", cid=2, parent=3, event_type=1)),
        ("+CGEV: NW MODIFY 2,5,0", replies.ContextEvent("NW", "MODIFY", cid=2)),
        ("+CGEV: NW DETACH", replies.ContextEvent("NW", "DETACH")),
        (
            '+CGEV: ME DEACT "IP","10.0.0.5",1',
            replies.ContextEvent("ME", "DEACT", cid=1, pdp_type="IP", address="10.0.0.5"),
        ),
        ("+CGEV: REJECT IP, 10.0.0.5", replies.ContextEvent("NW", "REJECT", pdp_type="IP", address="10.0.0.5")),
    ],
)
def test_context_event(line: str, event: replies.ContextEvent) -> None:
    assert replies.parse_context_event(line) == event


# Card commands as a whole, 27.007 8.17


def test_locks_of_the_module_are_not_those_of_the_card() -> None:
    locks = [replies.parse_pin(line).locks_module for line in ("+CPIN: PH-NET PIN", "+CPIN: SIM PIN", "READY")]
    assert locks == [True, False, False]


def test_apdu() -> None:
    read = replies.parse_apdu('+CSIM: 8,"000063C2"')
    assert (read.data, read.sw1, read.sw2) == (b"\0\0", 0x63, 0xC2)
    for wrong in ('+CSIM: 2,"90"', "+CSIM: 4", '+CSIM: 4,"9x00"'):
        with pytest.raises(ProtocolError):
            replies.parse_apdu(wrong)


@given(
    st.sampled_from(
        (
            replies.offered,
            replies.parse_operators,
            replies.parse_clock,
            replies.parse_functionality,
            replies.parse_waiting_call,
            replies.parse_context_event,
            replies.parse_apdu,
            lambda line: replies.parse_service_states([line]),
            lambda line: replies.parse_preferred_operators([line]),
            lambda line: replies.parse_offered_contexts([line]),
        )
    ),
    st.text('+CGEV: NWPDMACT(),-"/0123456789', max_size=40),
)
def test_what_cannot_be_understood_is_a_protocol_error(parse: Callable[[str], object], line: str) -> None:
    with suppress(ProtocolError):
        parse(line)

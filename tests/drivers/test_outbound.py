"""Who an AT line reaches: the dial guard sees exactly what :func:`outbound` finds."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import Outbound
from drivers.api.guard import Reach
from drivers.at.outbound import outbound
from drivers.sms import Address, Submit, text_messages, with_smsc

Spoil = Callable[[str, bytes], tuple[str, bytes]]

NUMBER = "1440000000001"
SMSC = "+8613800000500"


def reached(line: str, payload: bytes | None = None) -> list[tuple[str, str]]:
    return [(party.reach.value, party.target) for party in outbound(line, payload)]


def pdu(number: str = NUMBER, smsc: str | None = None) -> tuple[str, bytes]:
    """Return the +CMGS line and payload of a message."""
    tpdu = Submit(destination=Address.of(number), user_data=text_messages("hello")[0]).encode()
    sent = with_smsc(tpdu, Address.of(smsc) if smsc else None).hex().upper().encode() + b"\x1a"
    return f"AT+CMGS={len(tpdu)}", sent


@pytest.mark.parametrize(
    "line",
    [
        "",
        "AT",
        "at",
        "ATA",
        "ATH",
        "ATH0",
        "ATE0V1",
        "ATI9",
        "ATZ",
        "AT&F",
        "AT&F&D2&C1S0=0",
        "ATS0=1",
        "ATS3?",
        "ATQ0 V1 E1 S0=0 &C1 &D2 +FCLASS=0",
        "AT+CREG?",
        'AT+CGDCONT=1,"IP","cmiotd;x"',
        "AT+CGDCONT?;+CGACT?",
        "AT+CMGS=?",
        "AT+CMSS=?;+CUSD?",
        "AT+CUSD=1",
        "AT+CUSD=2",
        "AT+CCFC=0,2",
        "AT+CCFC=0,4",
        "AT+CHLD=1",
        "AT+CHUP",
        "AT+CSCA?",
        "AT+CRSM=176,12258,0,0,10",
        "AT+CRSM=178,28482,1,4,40",
        "AT+CPBR=1,10",
        "AT%XICCID",
        "AT^SYSINFO",
        'AT#SD=1,0,80,"host"',
        'AT+QIOPEN=1,0,"TCP","host.example",80,0,0',
        "ATD*99#",
        "atd*99***1#",
        "ATDT*98*1#",
        "+++",
    ],
)
def test_plain_lines_reach_nobody(line: str) -> None:
    assert reached(line) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ATD110;", [("voice", "110")]),
        ("ATD110", [("voice", "110")]),
        ("atd 1 1 0 ;", [("voice", "110")]),
        (" AT D T 110;", [("voice", "110")]),
        ("ATDP110;", [("voice", "110")]),
        ('ATD"110";', [("voice", "110")]),
        ("ATE0V1D110;", [("voice", "110")]),
        ("AT&D2D110;", [("voice", "110")]),
        ("ATS0=1D110;", [("voice", "110")]),
        ("AT+CREG?;D110;+CSQ", [("voice", "110")]),
        ("ATD110;D120;", [("voice", "110"), ("voice", "120")]),
        ("ATD+861440000000001I;", [("voice", "+861440000000001")]),
        ("ATD138,110;", [("voice", "138,110")]),
        ("ATD*31#1440000000001;", [("voice", "*31#1440000000001")]),
        ("ATD#31#+8610086;", [("voice", "#31#+8610086")]),
        # 22.030 annex B: forwarding registered, activated, queried, erased
        ("ATD**21*1440000000001#;", [("forwarding", "1440000000001")]),
        ("ATD*21*1440000000001*11#;", [("forwarding", "1440000000001")]),
        ("ATD*62*1440000000001**20#;", [("forwarding", "1440000000001")]),
        ("ATD*004*1440000000001#", [("forwarding", "1440000000001")]),
        ("ATD*21#;", [("from-memory", "D*21#")]),
        ("ATD#21#;", [("ussd", "#21#")]),
        ("ATD*#06#;", [("ussd", "*#06#")]),
        ("ATD*100#;", [("ussd", "*100#")]),
        ("ATD*99#;", [("ussd", "*99#")]),
        ("ATD*99*110#", [("ussd", "*99*110#")]),
        ("ATD*31#*21*110#;", [("ussd", "*31#*21*110#")]),
        ("ATD**21*110;", [("ussd", "**21*110")]),
        # phonebook, last number, stored number, nothing
        ("ATD>1;", [("from-memory", "D>1")]),
        ('ATD>"SM"5;', [("from-memory", 'D>"SM"5')]),
        ('ATD>"boss";', [("from-memory", 'D>"boss"')]),
        ("ATDL;", [("from-memory", "DL")]),
        ("ATDL", [("from-memory", "DL")]),
        ("ATDS=2", [("from-memory", "DS=2")]),
        ("ATD;", [("from-memory", "D")]),
        ('ATD"boss";', [("from-memory", 'D"boss"')]),
        ("A/", [("from-memory", "A/")]),
        # 27.007
        ('AT+CUSD=1,"*100#",15', [("ussd", "*100#")]),
        ("AT+CUSD=1,*100#", [("ussd", "*100#")]),
        ('AT+CCFC=0,3,"1440000000001",129', [("forwarding", "1440000000001")]),
        ('AT+CCFC=0,3,"861440000000001",145', [("forwarding", "+861440000000001")]),
        ("AT+CCFC=0,1", [("from-memory", "+CCFC=0,1")]),
        ('AT+CCFCU=0,3,2,129,"110"', [("forwarding", "110")]),
        ('AT+CTFR="110",129', [("forwarding", "110")]),
        ("AT+CHLD=4*110", [("forwarding", "110")]),
        ('AT+CDU="sip:110@example"', [("voice", "sip:110@example")]),
        ('AT+CKPD="110s"', [("from-memory", '+CKPD="110s"')]),
        ("AT+CECALL=2", [("from-memory", "+CECALL=2")]),
        # 27.005
        ('AT+CMGS="1440000000001"', [("sms", "1440000000001")]),
        ('at+cmgs = "861440000000001" , 145', [("sms", "+861440000000001")]),
        ("AT+CMGS=10086", [("sms", "10086")]),
        ('AT+CMSS=3,"1440000000001",129', [("sms", "1440000000001")]),
        ("AT+CMSS=3", [("from-memory", "+CMSS=3")]),
        ('AT+CMGW="1440000000001"', [("from-memory", '+CMGW="1440000000001"')]),
        ("AT+CMGC=2,1", [("from-memory", "+CMGC=2,1")]),
        ('AT+CSCA="+8613800000500",145', [("smsc", "+8613800000500")]),
        ("AT+CRSM=220,28482,1,4,40,FF", [("from-memory", "+CRSM=220,28482,1,4,40,FF")]),
        # vendors' names for the same
        ('AT+QCMGS="110",120,1,2', [("from-memory", '+QCMGS="110",120,1,2')]),
        ('AT+CMGSEX="110"', [("from-memory", '+CMGSEX="110"')]),
        ("AT+CMSSEX=1,2", [("from-memory", "+CMSSEX=1,2")]),
        ("AT#CMGS=20", [("sms", "20")]),
        ("AT+UECALL=1", [("from-memory", "+UECALL=1")]),
    ],
)
def test_lines_that_reach_somebody(line: str, expected: list[tuple[str, str]]) -> None:
    assert reached(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        'ATD"110;',  # an open quote
        'AT+CPIN="1;D110;',
        "AT+CREG?D110;",
        "AT\rATD110;",
        "ATX\x08D110;",
        "AT\x00D110;",
        "AT\u00c4110;",
        "noise ATD110;",
        "ATS3=59",
        "AT}D110;",
    ],
)
def test_what_cannot_be_read_counts_as_from_memory(line: str) -> None:
    assert [party.reach for party in outbound(line, None)] == [Reach.FROM_MEMORY]


def test_a_pdu_names_its_destination() -> None:
    assert reached(*pdu()) == [("sms", NUMBER)]


def test_a_pdu_names_its_service_centre_too() -> None:
    assert reached(*pdu("+861440000000001", SMSC)) == [("sms", "+861440000000001"), ("smsc", SMSC)]


def test_destination_of_the_golden_pdu() -> None:
    # 23.040 9.1.2.5 with 13 digits: length 0D, type 81, a fill semi-octet at the end
    tpdu = "0100" + "0D81014619325476F8" + "0000" + "05E8329BFD06"
    payload = b"00" + tpdu.encode() + b"\x1a"
    assert reached(f"AT+CMGS={len(tpdu) // 2}", payload) == [("sms", "1064912345678")]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line, sent: (line, sent[:20] + b"\x1a"),  # torn
        lambda line, sent: (line, b"00" + sent),  # shifted
        lambda line, sent: ("AT+CMGS=999", sent),  # another length
        lambda line, sent: (line, b"00" + b"04" + sent[4:]),  # not a SUBMIT
    ],
)
def test_a_pdu_that_cannot_be_decoded_is_not_sent(spoil: Spoil) -> None:
    assert [
        party.reach
        for party in outbound(
            *spoil(*pdu()),
        )
    ] == [Reach.FROM_MEMORY]


@pytest.mark.parametrize("payload", [b"hi\x1aATD110;\r", b"hi\x1bATD110;\r", b"zz\x1a\x1a"])
def test_text_cannot_carry_a_command_behind_its_end(payload: bytes) -> None:
    assert [party.reach for party in outbound(f'AT+CMGS="{NUMBER}"', payload)] == [Reach.FROM_MEMORY]


def test_digits_behind_an_unquoted_number_are_no_length() -> None:
    # 27.005 wants quotes, some modules do not: a text that looks like hex is still a text
    assert reached("AT+CMGS=10086", b"00AA\x1a") == [("sms", "10086")]


# Properties

numbers = st.from_regex(r"\+?[0-9]{3,15}", fullmatch=True)
blanks = st.sampled_from(["", " ", "  "])
harmless = st.sampled_from(
    ["+CREG?", "+CSQ", '+CGDCONT=1,"IP","a;b"', "+CMEE=1", "&D2", "E0", "S0=0", "+CMGS=?", "A"]
)


@st.composite
def dial_lines(draw: st.DrawFn) -> tuple[str, str]:
    """Any way to write a call: commands before and behind, case, blanks, tone or pulse, quotes, CLIR, with ;"""
    number = draw(numbers)
    before = "".join(f"{part};" if part[0] == "+" else part for part in draw(st.lists(harmless, max_size=3)))
    quote = draw(st.sampled_from(["", '"']))
    kind, clir = draw(st.sampled_from(["", "T", "P"])), draw(st.sampled_from(["", "I", "i", "G"]))
    dial = f"D{kind}{quote}{number}{quote}{clir}"
    behind = "".join(f";{part}" for part in draw(st.lists(harmless, max_size=2)))
    at = draw(st.sampled_from(["AT", "at", "aT", "At"]))
    line = (
        draw(blanks) + at + draw(blanks) + before + draw(blanks) + dial + draw(blanks) + (behind or draw(blanks))
    )
    return (line.lower() if draw(st.booleans()) else line), number


@given(dial_lines())
def test_a_call_is_found_however_it_is_written(case: tuple[str, str]) -> None:
    line, number = case
    assert outbound(line, None) == (Outbound(Reach.VOICE, number),)


@given(st.lists(harmless, min_size=1, max_size=6), st.sampled_from(["AT", "at"]), blanks)
def test_plain_commands_reach_nobody_in_any_combination(parts: list[str], at: str, blank: str) -> None:
    assert outbound(at + blank + ";".join(parts), None) == ()


@given(st.text(st.characters(max_codepoint=255), max_size=40), numbers)
def test_whatever_stands_before_a_dial_command_it_is_never_let_through(noise: str, number: str) -> None:
    found = outbound(f"AT{noise};D{number};", None)
    assert any(party.target == number or party.reach is Reach.FROM_MEMORY for party in found)


@given(numbers, st.none() | st.just(SMSC))
def test_every_pdu_is_read_back(number: str, smsc: str | None) -> None:
    expected = [("sms", number)] + ([("smsc", smsc)] if smsc else [])
    assert reached(*pdu(number, smsc)) == expected


@given(st.text(max_size=60), st.none() | st.binary(max_size=60))
def test_any_line_gives_an_answer(line: str, payload: bytes | None) -> None:
    for party in outbound(line, payload):
        assert isinstance(party, Outbound)


@pytest.mark.parametrize(
    "line",
    [
        'AT+SQNSMSSEND="110",129,"x"',  # Sequans
        'AT+MMSSEND="110"',
        'AT+CSIM=28,"00DC01041A81"',  # UPDATE RECORD
        'AT+CGLA=1,28,"81D600000A0102"',  # UPDATE BINARY
        'AT+CSIM=20,"80C2000005D103"',  # ENVELOPE
        'AT+CUSATE="D103"',
        "AT+STGR=19,1",
        "AT+QSTKRSP=33",
    ],
)
def test_card_writes_and_toolkit_answers_fail_closed(line: str) -> None:
    assert [party.reach for party in outbound(line, None)] == [Reach.FROM_MEMORY]


@pytest.mark.parametrize("apdu", ["00A40004023F00", "00B2010412", "00C000000F", "80F2000000", "0070000001"])
def test_reading_apdus_reach_nobody(apdu: str) -> None:
    assert outbound(f'AT+CSIM={len(apdu)},"{apdu}"', None) == ()
    assert outbound(f'AT+CGLA=1,{len(apdu)},"{apdu}"', None) == ()

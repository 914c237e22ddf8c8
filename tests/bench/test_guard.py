"""The dial guard: no writing of an emergency number passes, every lawful writing of a permitted one does."""

import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.numbering import Guard, Limits, formats, load_plan
from drivers.api import DialGuard, DialRefused, Outbound
from drivers.api.guard import Reach

PLAN = load_plan()
METER = "1440000000001"
PHONE = "13800000000"
PERMITTED = (
    METER,
    PHONE,
    "700100000000001",
    "10690000000001",
    "106480000",
    "95555",
    "+8613800100500",
    "+85290000000",
    "*100#",
)
MANY = Limits(calls=sys.maxsize, sms=sys.maxsize)
REACHES = [Reach.VOICE, Reach.SMS, Reach.SMSC, Reach.FORWARDING]


def _guard(*permitted, **options):
    return Guard(permitted or PERMITTED, plan=PLAN, **{"limits": MANY} | options)


def _refusal(guard, reach, target):
    with pytest.raises(DialRefused) as caught:
        guard.check(Outbound(reach, target))
    return caught.value


EMERGENCY_TRICKS = [
    *("110", "119", "120", "122", "112", "911", "999", "000", "08", "118", "12110", "12395", "100", "114", "199"),
    *(
        "+86110",
        "0086 120",
        "86119",
        "*31#110",
        "#31#110",
        "#31#+86 112",
        "*31##31#122",
        "17951110",
        "17951 010 110",
    ),
    *(
        "1 1 0",
        "1-1-0",
        "(1)(1)(0)",
        "110,,1",
        "110p1",
        "110P1",
        "110w1",
        "110;",
        "110;isub=1",
        "T110",
        "P110",
        "110I",
    ),
    *("1,1,0", "1_1_0", "110,1440000000001", "tel:110", "TEL:+86-110", "tel:110;phone-context=+86", "sip:110@ims"),
    *(
        "１１０",
        "١١٠",
        "010110",
        "0755 110",
        "+86 10 110",
        "+86-755-120",
        "00110",
        "0110",
        "+110",
        "12593110",
        "10193120",
    ),
    *("*21*110#", "**61*120*11*20#", "*21*+86110#", "12345", "+8612345", "01012110"),
]


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("target", EMERGENCY_TRICKS)
def test_emergency_numbers_are_refused_as_such(reach, target):
    assert "emergency" in _refusal(_guard(), reach, target).what


PREFIXES = st.lists(
    st.sampled_from(
        ["+86", "0086", "86", "0", "00", "17951", "17911", "*31#", "#31#", "tel:", "T", "010", "0755"]
    ),
    max_size=3,
).map("".join)
TAILS = st.sampled_from(["", ",1", ",,1440000000001", "p110", "w2", ";", ";isub=3", "I", "@", "!"])
SCRIPTS = st.sampled_from([0x30, 0xFF10, 0x0660])


@given(
    st.sampled_from(["110", "119", "120", "122", "112", "911", "999", "000", "08", "118", "12110", "12395"])
    | st.from_regex(r"1[0-9]{2}", fullmatch=True),
    PREFIXES,
    TAILS,
    st.sampled_from(["", " ", "-", ".", "  "]),
    SCRIPTS,
    st.sampled_from(REACHES),
)
def test_no_writing_of_an_emergency_number_passes(number, prefix, tail, separator, zero, reach):
    written = separator.join(chr(zero + int(digit)) for digit in number)
    _refusal(_guard(), reach, prefix + written + tail)


@given(
    st.sampled_from([METER, PHONE, "700100000000001"]),
    st.sampled_from(["", "T", "P", "tel:"]),
    st.sampled_from(["", "*31#", "#31#"]),
    st.sampled_from(["", "0", "+86", "0086", "86", "17951", "179510", "17911", "179090086", "12593"]),
    st.sampled_from(["", " ", "-"]),
    st.sampled_from(["", ";", "I;", "i", "G", ",", "p", "!", "@"]),
    st.sampled_from(REACHES),
)
def test_every_lawful_writing_of_a_permitted_number_passes(number, mode, clir, prefix, separator, tail, reach):
    _guard().check(Outbound(reach, mode + clir + prefix + separator.join((number[:3], number[3:])) + tail))


@pytest.mark.parametrize("number", [METER, PHONE, "700100000000001"])
def test_the_formats_of_clause_v7_pass(number):
    for written in formats(number).values():
        _guard().check(Outbound(Reach.VOICE, written))


@pytest.mark.parametrize("target", ["10690000000001", "95555", "106480000", "+85290000000", "0085290000000"])
def test_codes_and_foreign_numbers_pass_as_they_are(target):
    _guard().check(Outbound(Reach.SMS, target))


@pytest.mark.parametrize(
    "target",
    [
        "1440000000002",
        "144000000000",
        "14400000000011",
        "+852 1440000000001",
        "+1440000000001",
        "85290000000",
        "+8695555",
        "095555",
        "1795195555",
        "+86106480000",
        "",
        "+",
        "Bank",
        "1440000000001x",
        "1440000000001\r",
        "1440000000001\n",
        "1440000000001,1",
        "1440000000001*",
        "*21*1440000000001#",
        "**21*1440000000001#",
        "*31#",
        "*21#",
        "14400O0000001",
        "１４４０００００００００１",
        "+86+861440000000001",
        "17951+861440000000001",
        "sip:1440000000001@ims",
        ">1440000000001",
        "1440000000001;D13900000000",
    ],
)
def test_everything_else_is_refused(target):
    refusal = _refusal(_guard(), Reach.VOICE, target)
    assert "emergency" not in refusal.what


@given(st.text("0123456789+*#,;pwT -", max_size=20) | st.text(max_size=10), st.sampled_from(REACHES))
def test_only_permitted_numbers_pass(target, reach):
    """Whatever passes ends in a permitted number: the guard has no other way out."""
    try:
        _guard(METER, PHONE).check(Outbound(reach, target))
    except DialRefused:
        return
    digits = "".join(char for char in target if char.isdigit())
    assert digits.endswith((METER, PHONE))


def test_a_landline_is_not_the_message_code_with_the_same_digits():
    guard = _guard("1064812345")
    guard.check(Outbound(Reach.SMS, "1064812345"))
    for landline in ("+861064812345", "01064812345", "008610 6481 2345"):
        _refusal(guard, Reach.VOICE, landline)
    _guard("+861064812345").check(Outbound(Reach.VOICE, "010 6481 2345"))


def test_permitting_a_number_with_call_prefix_does_not_permit_what_is_behind_it():
    guard = _guard("1795113900000000")
    _refusal(guard, Reach.VOICE, "13900000000")
    guard.check(Outbound(Reach.VOICE, "1795113900000000"))


@pytest.mark.parametrize("target", ["", "1", METER, "ME3"])
def test_dialling_from_memory_is_refused(target):
    assert "memory" in _refusal(_guard(), Reach.FROM_MEMORY, target).what


def test_ussd_needs_its_code():
    _guard().check(Outbound(Reach.USSD, "*100#"))
    for code in ("*101#", "*100", "110", METER, "*100#*21*110#"):
        _refusal(_guard(), Reach.USSD, code)
    _refusal(_guard(), Reach.VOICE, "*100#")


def test_calls_are_not_forwarded_abroad():
    _guard().check(Outbound(Reach.VOICE, "+85290000000"))
    assert "abroad" in _refusal(_guard(), Reach.FORWARDING, "+85290000000").what


@pytest.mark.parametrize("number", ["110", "+86 120", "010110", "12345", "114", "17951110", "１１０", "*21*110#"])
def test_an_emergency_number_cannot_be_permitted(number):
    with pytest.raises(DialRefused, match="emergency"):
        _guard(number)


@pytest.mark.parametrize(
    "entry", ["", "Bank", "*21*13800000000#", "*31#13800000000", "13800000000,1", "**21*95555#"]
)
def test_what_is_no_number_cannot_be_permitted(entry):
    with pytest.raises(DialRefused, match="neither"):
        _guard(entry)


def test_numbers_of_the_card_are_emergency_numbers():
    with pytest.raises(DialRefused, match="emergency"):
        _guard(METER, ecc=[METER])
    guard = _guard(ecc=["9110000F", ""])
    assert "emergency" in _refusal(guard, Reach.VOICE, "+86 911 0000").what
    guard.check(Outbound(Reach.VOICE, PHONE))
    guard.add_emergency_numbers([PHONE])
    assert "emergency" in _refusal(guard, Reach.VOICE, "17951" + PHONE).what


def test_limits_name_the_way_out():
    guard: DialGuard = Guard((METER,), plan=PLAN, limits=Limits(calls=1, sms=2))
    guard.check(Outbound(Reach.VOICE, METER))
    _refusal(guard, Reach.SMS, "13900000000")
    for _ in range(2):
        guard.check(Outbound(Reach.SMS, METER))
        guard.check(Outbound(Reach.SMSC, METER))
    refusal = _refusal(guard, Reach.SMS, METER)
    assert "sms (2)" in refusal.what
    assert "[limits]" in refusal.fix
    assert "calls (1)" in _refusal(guard, Reach.VOICE, METER).what


def test_limits_hold_between_threads():
    guard = _guard(METER, limits=Limits(calls=50, sms=0))
    passed = []
    start = threading.Barrier(8)

    def call():
        start.wait(10)
        for _ in range(20):
            try:
                guard.check(Outbound(Reach.VOICE, METER))
            except DialRefused:
                continue
            passed.append(1)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 50


def test_refusals_say_what_is_allowed_and_mask_numbers():
    refusal = _refusal(_guard(METER, "95555"), Reach.VOICE, "+8613900000000")
    text = str(refusal)
    assert "13900000000" not in text
    assert METER not in text
    assert "1440*******01" in text
    assert "bench file" in refusal.fix
    assert refusal.where == "dial guard"


def test_the_compiled_in_list_outlives_an_edited_plan():
    empty = type(PLAN)((), "none")
    guard = Guard((METER,), plan=empty)
    for number in ("110", "12110", "*31#+86 112", "08", "199"):
        assert "emergency" in _refusal(guard, Reach.VOICE, number).what
    guard.check(Outbound(Reach.VOICE, METER))

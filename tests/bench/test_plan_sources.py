"""The number plan against an independent reading of its sources: whole ranges, samples, landlines.

Numbers are invented behind the prefixes that the sources give.
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.numbering import NumberClass, load_plan

PLAN = load_plan()
MOBILE, UNICOM, TELECOM, BROADNET = "China Mobile", "China Unicom", "China Telecom", "China Broadnet"

#: 13 digits: class by the operators' ranges, as regular expressions over the whole number
IOT13 = {
    MOBILE: r"1064[78]\d{8}|144\d{10}",
    UNICOM: r"10646\d{8}|140\d{10}",
    TELECOM: r"10649\d{8}|141\d{10}",
}
DOUBTED13 = r"1064[0-5]\d{8}|14[2368]\d{10}"
#: 11 digits, by the MIIT list of 2023-03
MVNO11 = r"(17[01]|162|165|167)\d{8}"
SATELLITE11 = r"(1349|1749|1619)\d{7}|17(40[6-9]|41[0-2])\d{6}"
IOT11 = r"(1476|1724|1789|1849)\d{7}"
HOLDERS11 = {
    TELECOM: r"(133|149|153|162|173|177|18[019]|19[0139])\d{8}|170[0-2]\d{7}|1740[0-5]\d{6}",
    MOBILE: r"(134|13[5-9]|14[78]|15[012789]|165|172|178|18[23478]|19[578])\d{8}|170[356]\d{7}",
    UNICOM: r"(13[012]|14[56]|15[56]|16[67]|171|17[56]|18[56]|196)\d{8}|170[4789]\d{7}",
    BROADNET: r"192\d{8}",
}


def _holder(number: str, ranges: dict[str, str]) -> str | None:
    return next((holder for holder, pattern in ranges.items() if re.fullmatch(pattern, number)), None)


@pytest.mark.parametrize("block", range(10, 20))
def test_every_range_of_13_digits(block):
    for rest in range(1000):
        number = f"{block}{rest:03}00000001"
        found = PLAN.classify(number)
        holder = _holder(number, IOT13)
        doubted = re.fullmatch(DOUBTED13, number) is not None
        assert (found.cls is NumberClass.IOT13) == (holder is not None or doubted), number
        if holder:
            assert (found.holder, found.confidence == "low") == (holder, False), number
        elif doubted:
            assert found.confidence == "low", number


@pytest.mark.parametrize("block", range(13, 20))
def test_every_range_of_11_digits(block):
    for rest in range(1000):
        number = f"{block}{rest:03}000001"
        found = PLAN.classify(number)
        holder = _holder(number, HOLDERS11)
        if re.fullmatch(SATELLITE11, number):
            assert found.cls is NumberClass.SATELLITE11, number
        elif re.fullmatch(IOT11, number):
            assert (found.cls, found.holder) == (NumberClass.IOT11, MOBILE), number
        elif re.fullmatch(MVNO11, number):
            assert (found.cls, found.holder) == (NumberClass.MVNO11, holder), number
        elif holder:
            assert (found.cls, found.holder) == (NumberClass.MOBILE11, holder), number
        else:
            assert found.cls is NumberClass.UNKNOWN, number


SAMPLES = [
    # libphonenumber 9.0.43 calls these invalid or too long; the plan knows them
    ("+8610648 00000000", "IOT13", "measured: too long"),
    ("14600000001", "MOBILE11", "measured: invalid"),
    ("14900000001", "MOBILE11", "measured: invalid"),
    ("16190000001", "SATELLITE11", "measured: invalid"),
    ("700100000010001", "NP700", "measured: too long"),
    ("+86700100000010001", "NP700", "17 digits, two more than E.164 has"),
    ("70010000001", "NP700_BLOCK", "a block is no number to call"),
    ("95105105", "SC95", "measured: invalid as a full number"),
    ("106575123456", "SMS106", "measured: invalid"),
    ("122", "EMERGENCY", "measured: no emergency number"),
    ("112", "EMERGENCY", "measured: no emergency number"),
    # and this one a valid landline with a country code, which it is, but never an IoT number
    ("+861064812345", "FIXED_LINE", "measured: valid fixed line"),
    ("13490000001", "SATELLITE11", "measured: mobile"),
    # 700 has exactly 11 and 15 digits
    ("7001000000100", "UNKNOWN", "13 digits"),
    ("70010000001000", "UNKNOWN", "14 digits"),
    ("7001000000100012", "UNKNOWN", "16 digits"),
    # message codes: 106 and 20 digits at most, never with country code
    ("10620000", "SMS106", "provincial commercial"),
    ("10630000", "SMS106", "provincial public interest"),
    ("10660000", "SMS106", "nationwide commercial"),
    ("1069000", "UNKNOWN", "too short"),
    ("10610000", "UNKNOWN", "spare"),
    ("10641", "SMS106", "machines"),
    ("1064100000000", "IOT13", "machines: 13 digits are a number"),
    ("10641000000000", "SMS106", "machines: 14 digits are a code again"),
    ("+8610690000000001", "UNKNOWN", "a code with country code"),
    ("11800000", "SMS118", "SMGP"),
    # 95 and 96: 5 or 6 digits, the length is not to be changed
    ("95533", "SC95", "short code lengths"),
    ("954321", "SC95", "short code lengths"),
    ("01095533", "UNKNOWN", "area code before a short code"),
    ("955330", "SC95", "one digit more is another code"),
    ("9553300", "UNKNOWN", "two digits more are none"),
    ("963210", "SC96", "short code lengths"),
    ("9632100", "UNKNOWN", "short code lengths"),
    # hotlines and services
    ("10001", "OPERATOR", "hotlines"),
    ("10015", "OPERATOR", "hotlines"),
    ("10099", "OPERATOR", "hotlines"),
    ("8000000000", "SERVICE", "libphonenumber"),
    ("12321", "PUBLIC_SERVICE", "complaints"),
    ("19400000001", "UNKNOWN", "not assigned"),
    ("92000000001", "UNKNOWN", "planned for mobile, not in use"),
]


@pytest.mark.parametrize(("raw", "cls", "why"), SAMPLES)
def test_sample(raw, cls, why):
    assert PLAN.classify(raw).cls == cls, why


#: what begins like an IoT number or message code, and is a Beijing landline behind +86 10
collisions = st.from_regex(r"10(64|65|66|69|62|63)[0-9]{6}", fullmatch=True)


@given(collisions, st.sampled_from(["+86", "0086", "+86 ", "0"]))
def test_ten_digits_behind_a_country_or_trunk_prefix_are_a_landline(number, prefix):
    assert PLAN.classify(prefix + number).cls is NumberClass.FIXED_LINE


@given(collisions)
def test_the_type_of_number_says_the_same_as_the_plus_sign(number):
    assert PLAN.classify(f"86{number}", international=True).cls is NumberClass.FIXED_LINE


@given(collisions)
def test_the_bare_digits_are_a_message_code(number):
    assert PLAN.classify(number).cls is NumberClass.SMS106


@given(st.from_regex(r"1064[0-9]{9}", fullmatch=True), st.sampled_from(["", "86", "+86", "0086", "0"]))
def test_thirteen_digits_are_an_iot_number_however_written(number, prefix):
    assert PLAN.classify(prefix + number).cls is NumberClass.IOT13


@given(st.from_regex(r"1064[0-9]{9}", fullmatch=True), st.integers(1, 3), st.sampled_from(["+86", "0086"]))
def test_a_number_cut_on_the_way_is_no_iot_number(number, cut, prefix):
    assert PLAN.classify(prefix + number[:-cut]).cls is not NumberClass.IOT13

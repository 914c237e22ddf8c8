"""The number plan: length first, then prefix. Numbers are invented; facts are those of the plan's own sources."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.numbering import Confidence, Form, NumberClass, formats, load_plan, national, read_number

PLAN = load_plan()

CLASSES = [
    # 13-digit IoT numbers, with and without prefixes
    ("1064600000001", "IOT13", "China Unicom", "high"),
    ("1064700000001", "IOT13", "China Mobile", "high"),
    ("1064800000000", "IOT13", "China Mobile", "high"),
    ("1064900000001", "IOT13", "China Telecom", "medium"),
    ("1064300000001", "IOT13", None, "low"),
    ("1440000000001", "IOT13", "China Mobile", "high"),
    ("+861440000000001", "IOT13", "China Mobile", "high"),
    ("00861440000000001", "IOT13", "China Mobile", "high"),
    ("861440000000001", "IOT13", "China Mobile", "high"),
    ("01440000000001", "IOT13", "China Mobile", "high"),
    ("+86 10648 0000 0001", "IOT13", "China Mobile", "high"),
    ("1400000000001", "IOT13", "China Unicom", "medium"),
    ("1410000000001", "IOT13", "China Telecom", "medium"),
    ("1420000000001", "IOT13", "China Mobile", "low"),
    ("1460000000001", "IOT13", None, "low"),
    ("1480000000001", "IOT13", None, "low"),
    # the same prefixes with another length
    ("14600000001", "MOBILE11", "China Unicom", "high"),
    ("14800000001", "MOBILE11", "China Mobile", "high"),
    ("14400000001", "UNKNOWN", None, "low"),
    ("144000000001", "UNKNOWN", None, "low"),
    ("14400000000001", "UNKNOWN", None, "low"),
    # 11 digits
    ("14760000001", "IOT11", "China Mobile", "medium"),
    ("17240000001", "IOT11", "China Mobile", "medium"),
    ("17890000001", "IOT11", "China Mobile", "medium"),
    ("18490000001", "IOT11", "China Mobile", "medium"),
    ("14750000001", "MOBILE11", "China Mobile", "high"),
    ("13800000000", "MOBILE11", "China Mobile", "high"),
    ("+8613800000000", "MOBILE11", "China Mobile", "high"),
    ("8613800000000", "MOBILE11", "China Mobile", "high"),
    ("13300000000", "MOBILE11", "China Telecom", "high"),
    ("13490000000", "SATELLITE11", None, "high"),
    ("13493000000", "SATELLITE11", "China Telecom", "high"),
    ("13480000000", "MOBILE11", "China Mobile", "high"),
    ("17405000000", "MOBILE11", "China Telecom", "medium"),
    ("17406000000", "SATELLITE11", None, "high"),
    ("17412000000", "SATELLITE11", None, "high"),
    ("17413000000", "UNKNOWN", None, "low"),
    ("17490000000", "SATELLITE11", None, "high"),
    ("16190000000", "SATELLITE11", "China Satellite Network", "high"),
    ("17020000000", "MVNO11", "China Telecom", "high"),
    ("17030000000", "MVNO11", "China Mobile", "high"),
    ("17070000000", "MVNO11", "China Unicom", "high"),
    ("16200000000", "MVNO11", "China Telecom", "high"),
    ("16500000000", "MVNO11", "China Mobile", "high"),
    ("16700000000", "MVNO11", "China Unicom", "high"),
    ("19200000000", "MOBILE11", "China Broadnet", "high"),
    ("19400000000", "UNKNOWN", None, "low"),
    # number protection
    ("700112345670001", "NP700", None, "high"),
    ("+86700112345670001", "NP700", None, "high"),
    ("86700112345670001", "NP700", None, "high"),
    ("70012345670", "NP700_BLOCK", None, "high"),
    # codes: only bare
    ("10690000", "SMS106", None, "high"),
    ("10690000000000000001", "SMS106", None, "high"),
    ("106900000000000000012", "UNKNOWN", None, "low"),
    ("10650000001", "SMS106", None, "high"),
    ("10670000", "SMS106", None, "low"),
    ("10600000", "UNKNOWN", None, "low"),
    ("106480000", "SMS106", None, "medium"),
    ("95555", "SC95", None, "high"),
    ("951234", "SC95", None, "high"),
    ("95212", "SC95", None, "low"),
    ("952123", "SC95", None, "high"),
    ("95105105", "SC95", None, "medium"),
    ("9512345", "UNKNOWN", None, "low"),
    ("+8695555", "UNKNOWN", None, "low"),
    ("96123", "SC96", None, "high"),
    ("10086", "OPERATOR", "China Mobile", "high"),
    ("10010", "OPERATOR", "China Unicom", "high"),
    ("4000000000", "SERVICE", None, "high"),
    ("10100000", "SERVICE", None, "medium"),
    ("11800000", "SMS118", None, "low"),
    ("110", "EMERGENCY", None, "high"),
    ("+86110", "EMERGENCY", None, "high"),
    ("08", "EMERGENCY", None, "high"),
    ("000", "EMERGENCY", None, "high"),
    ("12110", "EMERGENCY", None, "high"),
    ("114", "PUBLIC_SERVICE", None, "high"),
    ("12345", "PUBLIC_SERVICE", None, "low"),
    # landlines: the area code of Beijing against IoT and message prefixes
    ("+86 10 6481 2345", "FIXED_LINE", None, "high"),
    ("+861065123456", "FIXED_LINE", None, "high"),
    ("010-6481-2345", "FIXED_LINE", None, "high"),
    ("1064812345", "SMS106", None, "medium"),
    ("861064812345", "UNKNOWN", None, "low"),
    ("(021) 5000 0000", "FIXED_LINE", None, "high"),
    ("+8675500000000", "FIXED_LINE", None, "high"),
    ("+869510000000", "FIXED_LINE", None, "high"),
    # elsewhere
    ("+85291234567", "FOREIGN", None, "high"),
    ("0085291234567", "FOREIGN", None, "high"),
    ("+1064912345678", "FOREIGN", None, "high"),
    ("Bank", "UNKNOWN", None, "low"),
    ("", "UNKNOWN", None, "low"),
    ("１３８００００００００", "UNKNOWN", None, "low"),
]


@pytest.mark.parametrize(("raw", "cls", "holder", "confidence"), CLASSES)
def test_classify(raw, cls, holder, confidence):
    found = PLAN.classify(raw)
    assert (found.cls, found.holder, found.confidence) == (cls, holder, confidence)
    assert found.source


@pytest.mark.parametrize(
    ("raw", "international", "cls", "number"),
    [
        ("8613800000000", True, NumberClass.MOBILE11, "13800000000"),
        ("008613800000000", True, NumberClass.MOBILE11, "13800000000"),
        ("8610648123450", True, NumberClass.UNKNOWN, "10648123450"),
        ("861064812345", True, NumberClass.FIXED_LINE, "1064812345"),
        ("85291234567", True, NumberClass.FOREIGN, "+85291234567"),
        ("8613800000000", False, NumberClass.UNKNOWN, "8613800000000"),
        ("1064812345", False, NumberClass.SMS106, "1064812345"),
    ],
)
def test_type_of_number_decides_where_digits_cannot(raw, international, cls, number):
    found = PLAN.classify(raw, international=international)
    assert (found.cls, found.national) == (cls, number)


def test_a_row_counts_from_its_day():
    assert load_plan(date(2020, 1, 1)).classify("1440000000001").cls is NumberClass.UNKNOWN
    assert load_plan(date(2020, 1, 1)).classify("95555").cls is NumberClass.SC95


def test_the_plan_is_free_of_contradictions():
    seen = set()
    for row in PLAN.rows:
        assert row.source
        for prefix in row.prefixes:
            assert max(map(len, row.prefixes)) <= min(row.lengths)
            for length in row.lengths:
                assert (prefix, length, row.written) not in seen, prefix
                seen.add((prefix, length, row.written))
    assert PLAN.version


def test_formats_of_clause_v7():
    assert formats("+861440000000001") == {
        "plain": "1440000000001",
        "0n": "01440000000001",
        "+86n": "+861440000000001",
        "0086n": "00861440000000001",
        "17951n": "179511440000000001",
        "*31#n": "*31#1440000000001",
        "#31#n": "#31#1440000000001",
    }


def test_a_number_abroad_has_two_forms():
    assert formats("+85290000010") == {"plain": "+85290000010", "00n": "0085290000010"}


subscribers = st.one_of(
    st.from_regex(r"(1064[6-9]|144[0-9]{2}|140[0-9]{2})[0-9]{8}", fullmatch=True),
    st.from_regex(r"138[0-9]{8}", fullmatch=True),
    st.from_regex(r"700[0-9]{12}", fullmatch=True),
)


@given(subscribers, st.sampled_from(["", "0", "+86", "0086", "86"]), st.sampled_from(["", " ", "-"]))
def test_a_subscriber_number_is_the_same_in_every_form(number, prefix, separator):
    raw = prefix + separator + separator.join((number[:3], number[3:7], number[7:]))
    assert national(raw) == number
    assert PLAN.classify(raw).cls == PLAN.classify(number).cls
    assert PLAN.classify(raw).confidence is not Confidence.LOW


@given(st.text("0123456789+ -()", max_size=24) | st.text(max_size=8), st.sampled_from([None, True, False]))
def test_every_text_has_a_class(raw, international):
    found = PLAN.classify(raw, international=international)
    assert isinstance(found.cls, NumberClass)
    assert (found.form is Form.UNREADABLE) == (read_number(raw).form is Form.UNREADABLE)

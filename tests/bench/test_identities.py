"""Issuers of IMSI, ICCID and EID. Identities are invented (zeros) behind the prefixes that the sources give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.numbering import (
    Confidence,
    eid_valid,
    issuer_of_iccid,
    luhn_holds,
    maker_of_eid,
    operator_of_imsi,
)
from bench.numbering.identities import load_identities

MOBILE, UNICOM, TELECOM, BROADNET = "China Mobile", "China Unicom", "China Telecom", "China Broadnet"
#: the example of GSMA SGP.26
TEST_EID = "89049032123451234512345678901235"

OPERATORS = {
    MOBILE: {
        "00": "high",
        "02": "high",
        "07": "high",
        "04": "medium",
        "08": "medium",
        "13": "medium",
        "24": "low",
    },
    UNICOM: {"01": "high", "06": "high", "09": "high"},
    TELECOM: {"03": "high", "05": "high", "11": "high", "12": "medium", "99": "low"},
    BROADNET: {"15": "medium"},
    "China Tietong": {"20": "medium"},
}
ISSUERS = {
    MOBILE: {"00": "high", "02": "high", "04": "high", "07": "high", "08": "medium"},
    UNICOM: {"01": "high", "06": "high", "09": "high"},
    TELECOM: {"03": "medium", "11": "high"},
    BROADNET: {"15": "low"},
}


@pytest.mark.parametrize("code", [f"{code:02}" for code in range(100)])
def test_every_network_code_of_china(code):
    found = operator_of_imsi(f"460{code}0000000001")
    wanted = next((holder for holder, codes in OPERATORS.items() if code in codes), None)
    assert found.holder == wanted
    assert found.confidence == (OPERATORS[wanted][code] if wanted else "low")
    assert found.source


@pytest.mark.parametrize("code", [f"{code:02}" for code in range(100)])
def test_every_issuer_of_china(code):
    found = issuer_of_iccid(f"8986{code}00000000000001")
    wanted = next((holder for holder, codes in ISSUERS.items() if code in codes), None)
    assert found.holder == wanted
    assert found.confidence == (ISSUERS[wanted][code] if wanted else "low")


@pytest.mark.parametrize(
    ("imsi", "source"),
    [
        ("001010000000001", "test network"),
        ("999990000000001", "test network"),
        ("310150000000001", "issued abroad"),
    ],
)
def test_other_networks_are_certainly_no_operator_of_china(imsi, source):
    found = operator_of_imsi(imsi)
    assert (found.holder, found.confidence, found.source) == (None, Confidence.HIGH, source)


@pytest.mark.parametrize(
    "iccid", ["898604B0C00000000001", "898604b0c00000000001", "898604000000000000F", "8986040000000000001"]
)
def test_an_iccid_may_hold_letters_and_have_19_places(iccid):
    assert issuer_of_iccid(iccid).holder == MOBILE


@pytest.mark.parametrize(
    ("read", "identity"),
    [
        (operator_of_imsi, ""),
        (operator_of_imsi, "4600"),
        (operator_of_imsi, "4600000000000001"),
        (operator_of_imsi, "４６００００００００００００１"),
        (operator_of_imsi, "46000A000000001"),
        (issuer_of_iccid, ""),
        (issuer_of_iccid, "898600"),
        (issuer_of_iccid, "68890600000000000000"),
        (issuer_of_iccid, "8986040000000000000G"),
        (issuer_of_iccid, "898604000000000000001"),
        (maker_of_eid, TEST_EID[:-1]),
    ],
)
def test_what_is_no_such_identity_has_no_holder(read, identity):
    found = read(identity)
    assert (found.holder, found.confidence) == (None, Confidence.LOW)
    assert found.source.startswith("not written as an ")


def test_an_iccid_from_abroad():
    assert issuer_of_iccid("8985200000000000001").source == "issued abroad"


def test_maker_of_an_eid():
    assert maker_of_eid("89086030" + "0" * 24).holder == "Eastcompeace"
    assert maker_of_eid("89086031" + "0" * 24).holder is None
    assert maker_of_eid(TEST_EID).source == "a maker that no source names"


def test_the_check_digits_of_an_eid():
    assert eid_valid(TEST_EID)
    assert not eid_valid(TEST_EID[:-1])
    assert not eid_valid(TEST_EID + "0")
    assert not eid_valid("A" + TEST_EID[1:])


def _eid(body: str) -> str:
    """Append the check digits: 98 minus the remainder of the number with 00 in their place (SGP.29)."""
    return f"{body}{98 - int(body + '00') % 97:02}"


@given(st.from_regex(r"[0-9]{30}", fullmatch=True), st.integers(0, 31), st.integers(1, 9))
def test_check_digits_hold_and_one_wrong_digit_breaks_them(body, place, off):
    eid = _eid(body)
    assert eid_valid(eid)
    digit = str((int(eid[place]) + off) % 10)
    assert not eid_valid(eid[:place] + digit + eid[place + 1 :])


@pytest.mark.parametrize(
    ("iccid", "holds"),
    [
        ("79927398713", True),  # the example that texts on the Luhn formula share
        ("79927398710", False),
        ("8986000000000000002", True),  # 8 + 9 (18) + 8 + 3 (12) + 2 = 30
        ("8986000000000000002F", True),
        ("8986000000C00000002", None),
    ],
)
def test_luhn_is_told_where_there_are_digits_only(iccid, holds):
    assert luhn_holds(iccid) is holds


def test_the_table_names_a_source_for_every_row():
    assert all(issued.source for issued in load_identities().values())

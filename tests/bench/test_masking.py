"""Masked identities: short enough to recognise, too short to call."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.masking import mask, mask_text, pseudonym


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("", ""),
        ("08", "08"),
        ("10086", "10***"),
        ("13800000000", "1380*****00"),
        ("1440000000001", "1440*******01"),
        ("+8613800000000", "+8613*******00"),
        ("+861440000000001", "+861440*******01"),
        ("460240000000001", "460240*******01"),
        ("89860800000000000001", "898608************01"),
        ("898608C000000000000F", "898608************0F"),
        ("138 0000 0000", "138 0*** **00"),
    ],
)
def test_mask(value, masked):
    assert mask(value) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call to 13800000000 refused", "call to 1380*****00 refused"),
        ('+CNUM: "","+8613800000000",145', '+CNUM: "","+8613*******00",145'),
        ("+QCCID: 8986080000000000000F", "+QCCID: 898608************0F"),
        ("ICCID 898604C0D0E0F0A0B0C1", "ICCID 898604************C1"),
        ("EF_ICCID 9868400c0d0e0f0a0b1c", "EF_ICCID 986840************1c"),
        ("0D81014619325476F8", "0D8101********76F8"),
        ("１３８００００００００", "１３８０*****００"),
        ("2026-03-01 12:00:05 run 1234567890", "2026-03-01 12:00:05 run 1234567890"),
    ],
)
def test_mask_text(text, masked):
    assert mask_text(text) == masked


@given(st.text(alphabet=st.sampled_from("0123456789０٣89FAfa+,\" '*\n")) | st.text())
def test_no_long_run_of_digits_survives(text):
    masked = mask_text(text)
    assert not re.search(r"\d{11}", masked)
    assert len(masked) == len(text)
    assert mask_text(masked) == masked


@given(
    st.sampled_from(["89", "98"]), st.text("0123456789ABCDEF", min_size=16, max_size=18), st.sampled_from("'\" ,=")
)
def test_no_card_number_survives(head, tail, border):
    iccid = head + tail
    assert iccid not in mask_text(f"ccid{border}{iccid}{border}x")
    assert tail[4:-2] not in mask_text(f"ccid{border}{iccid}{border}x")


def test_pseudonym():
    """RFC 4231 test case 2: HMAC-SHA256 of "what do ya want for nothing?" with key "Jefe"."""
    assert pseudonym("what do ya want for nothing?", b"Jefe") == "5bdcc146bf60"
    assert pseudonym("460240000000001", b"a") != pseudonym("460240000000001", b"b")

"""SMPP units and receipts as values."""

import contextlib
import struct
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import DriverError, ProtocolError
from drivers.gateway import Receipt
from drivers.gateway.smpp_pdu import Pdu, decode_message, read_receipt, relative_time, take_pdus

#: deliver_sm by hand after table 4-11 of SMPP 3.4 (4.6.1), with a vendor's optional parameter at the end
GOLDEN = bytes.fromhex(
    "0000004e 00000005 00000000 00000007"  # length, deliver_sm, status, sequence 7
    "00 01 01 38363134343030303030303030303100"  # service_type, international, ISDN, 861440000000001
    "00 01 313036393030303030303030303100"  # unknown, ISDN, 10690000000001
    "00 00 00 00 00 00 00 08 00 0a"  # esm_class ... data_coding UCS-2, sm_default_msg_id, sm_length 10
    "4f60597d002000740031"  # 你好 t1
    "1400 0002 abcd"  # a parameter of the vendor range
)


def test_golden_deliver_sm() -> None:
    (pdu,) = take_pdus(bytearray(GOLDEN))
    assert (pdu.command, pdu.sequence, pdu.status) == ("deliver_sm", 7, 0)
    message = decode_message(pdu)
    assert message == ("+861440000000001", "10690000000001", "你好 t1", None)


def test_periods_in_relative_format() -> None:
    assert relative_time(timedelta(seconds=90)) == "000000000130000R"
    assert relative_time(timedelta(days=31)) == "000031000000000R"
    for period in (timedelta(0), timedelta(days=32)):
        with pytest.raises(DriverError):
            relative_time(period)


words = st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True)


@given(words, words, words, st.text(max_size=20), st.sampled_from(["text:", "Text:", "TEXT:"]))
def test_receipts_are_read_back(message_id: str, stat: str, err: str, quoted: str, mark: str) -> None:
    text = (
        f"id:{message_id} sub:001 dlvrd:001 submit date:2501010000 done date:2501010001 "
        f"stat:{stat} err:{err} {mark}{quoted} id:0 stat:FORGED err:999"
    )
    assert read_receipt(text) == Receipt(message_id, stat.upper(), err)


@given(st.text(max_size=200))
def test_any_text_gives_a_receipt(text: str) -> None:
    assert isinstance(read_receipt(text), Receipt)


@given(st.sampled_from([0x05, 0x103]), st.binary(max_size=120), st.integers(0, len(GOLDEN)))
def test_any_body_is_a_message_or_an_error(command_id: int, tail: bytes, kept: int) -> None:
    body = GOLDEN[16:kept] + tail
    raw = struct.pack(">LLLL", 16 + len(body), command_id, 0, 1) + body
    (pdu,) = take_pdus(bytearray(raw))
    with contextlib.suppress(ProtocolError):
        assert isinstance(decode_message(pdu).text, str)


@given(st.lists(st.binary(max_size=40), max_size=5), st.integers(1, 30))
def test_units_are_found_in_any_pieces(bodies: list[bytes], size: int) -> None:
    units = [struct.pack(">LLLL", 16 + len(body), 5, 0, n) + body for n, body in enumerate(bodies)]
    stream = b"".join(units)
    buffer = bytearray()
    found: list[Pdu] = []
    for start in range(0, len(stream), size):
        buffer += stream[start : start + size]
        found += take_pdus(buffer)
    assert [pdu.raw for pdu in found] == units
    assert not buffer

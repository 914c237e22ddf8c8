"""Content of card files that a module reads over ``+CRSM``: how a file is laid out, EF_MSISDN and EF_ECC."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drivers.api import ProtocolError
from drivers.at.replies import OwnNumber
from drivers.sms import gsm7_decode

EF_MSISDN = 0x6F40
EF_ECC = 0x6FB7

#: Extended BCD of 31.102 4.2.3: two further keys, DTMF separator, wild value, expansion.
_BCD = "0123456789*#,?e"


@dataclass(frozen=True, slots=True)
class FileLayout:
    """Size in octets; ``record_length`` in octets for linear fixed and cyclic files, None for transparent ones."""

    size: int
    record_length: int | None


def parse_layout(response: bytes) -> FileLayout:
    """Read the response to GET RESPONSE: an FCP template (102 221 11.1.1.3) or the form of 51.011 9.2.1."""
    if response[:1] == b"\x62":
        objects = _objects(response[2:])
        descriptor = objects.get(0x82, b"")
        record_length = int.from_bytes(descriptor[2:4], "big") or None
        size = int.from_bytes(objects.get(0x80, b""), "big")
        if not size and record_length and len(descriptor) > 4:
            size = record_length * descriptor[4]
    elif len(response) >= 14:
        size = int.from_bytes(response[2:4], "big")
        record_length = response[14] if response[13] and len(response) > 14 else None
    else:
        size, record_length = 0, None
    if not size:
        raise ProtocolError(f"no file layout: {response.hex()}")
    return FileLayout(size, record_length)


def _objects(data: bytes) -> dict[int, bytes]:
    """Split BER-TLV objects with tags and lengths of one octet, as FCP templates have them."""
    found = {}
    at = 0
    while at + 2 <= len(data):
        end = at + 2 + data[at + 1]
        found[data[at]] = data[at + 2 : end]
        at = end
    return found


def parse_msisdn(record: bytes) -> OwnNumber | None:
    """Read a record of EF_MSISDN (31.102 4.2.26): alpha identifier, then 14 octets; None when it is empty."""
    alpha, entry = record[:-14], record[-14:]
    if len(entry) < 14:
        raise ProtocolError(f"no record of EF_MSISDN: {record.hex()}")
    length, ton = entry[0], entry[1]
    if not 1 < length <= 11:
        return None
    nibbles = [nibble for octet in entry[2 : 1 + length] for nibble in (octet & 15, octet >> 4)]
    digits = "".join(_BCD[nibble] for nibble in nibbles if nibble != 15)
    if not digits:
        return None
    return OwnNumber(f"+{digits}" if ton >> 4 & 7 == 1 else digits, ton, decode_alpha(alpha))


def parse_emergency(records: Iterable[bytes], *, transparent: bool) -> Iterator[str]:
    """Read EF_ECC: records that begin with three octets (31.102 4.2.21), or three-octet codes (51.011 10.3.27)."""
    records = list(records)
    content = b"".join(records)
    codes = [content[at : at + 3] for at in range(0, len(content), 3)] if transparent else [r[:3] for r in records]
    for code in codes:
        nibbles = (nibble for octet in code for nibble in (octet & 15, octet >> 4))
        if digits := "".join(_BCD[nibble] for nibble in nibbles if nibble != 15):
            yield digits


def decode_alpha(data: bytes) -> str:
    """Read an alpha identifier: the default alphabet of 23.038 or one of the UCS2 codings of 102 221 annex A."""
    if data[:1] == b"\x80":
        return data[1 : len(data) - len(data) % 2 + 1].decode("utf-16-be", "replace").rstrip("\uffff")
    if data[:1] in {b"\x81", b"\x82"}:
        wide = data[0] == 0x82
        count = data[1]
        base = int.from_bytes(data[2:4], "big") if wide else data[2] << 7
        start = 4 if wide else 3
        return "".join(
            chr(base + (octet & 0x7F)) if octet & 0x80 else gsm7_decode(bytes((octet,)))
            for octet in data[start : start + count]
        )
    return gsm7_decode(data.rstrip(b"\xff"))

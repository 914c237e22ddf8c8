"""Addresses (3GPP TS 23.040 9.1.2.5) and the service centre address that AT commands put before a TPDU."""

import re
from dataclasses import dataclass
from typing import Self

from drivers.sms.coding import gsm7_decode, gsm7_encode
from drivers.sms.errors import SmsFormatError
from drivers.sms.octets import SEMI_OCTETS, Reader, pack_semi_octets, pack_septets, semi_octets, unpack_septets

_INTERNATIONAL = 1
_ALPHANUMERIC = 5
_ISDN = 1
_MAX_SEMI_OCTETS = 20
_MAX_SEPTETS = _MAX_SEMI_OCTETS * 4 // 7


@dataclass(frozen=True, slots=True)
class Address:
    """An address field.

    ``value`` are at most 20 of ``0123456789*#abc`` without any ``+``, or a text of at most 11 septets when the
    type of number ``ton`` is 5 (alphanumeric). ``npi`` is the numbering plan. Other values raise SmsFormatError.
    """

    value: str
    ton: int = 0
    npi: int = _ISDN

    def __post_init__(self) -> None:
        if not (0 <= self.ton <= 7 and 0 <= self.npi <= 15):
            raise SmsFormatError("type of address", f"ton {self.ton}, npi {self.npi} do not fit")
        if self.ton == _ALPHANUMERIC:
            if len(gsm7_encode(self.value)) > _MAX_SEPTETS:
                raise SmsFormatError("address", f"an alphanumeric address holds {_MAX_SEPTETS} septets")
        elif not set(self.value) <= set(SEMI_OCTETS):
            raise SmsFormatError("address", f"only {SEMI_OCTETS} can stand in a number")
        elif len(self.value) > _MAX_SEMI_OCTETS:
            raise SmsFormatError("address", f"{len(self.value)} digits, {_MAX_SEMI_OCTETS} fit")

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a number as people write it: ``+...`` is international, digits are of unknown type, else text."""
        if re.fullmatch(r"\+[0-9]+", text):
            return cls(text[1:], _INTERNATIONAL, _ISDN)
        if re.fullmatch(r"[0-9*#]+", text):
            return cls(text)
        return cls(text, _ALPHANUMERIC, 0)

    def __str__(self) -> str:
        return f"+{self.value}" if self.ton == _INTERNATIONAL else self.value

    @property
    def type_octet(self) -> int:
        """The type-of-address octet, bit 8 set."""
        return 0x80 | self.ton << 4 | self.npi

    def encode(self) -> bytes:
        """Return the field: number of useful semi-octets, type, value."""
        if self.ton == _ALPHANUMERIC:
            septets = gsm7_encode(self.value)
            return bytes(((len(septets) * 7 + 3) // 4, self.type_octet)) + pack_septets(septets)
        return bytes((len(self.value), self.type_octet)) + pack_semi_octets(self.value)

    @classmethod
    def read(cls, reader: Reader, field: str) -> Self:
        """Take the field from a TPDU."""
        octet = reader.octet
        length = reader.integer(field)
        if length > _MAX_SEMI_OCTETS:
            raise SmsFormatError(
                field, f"length {length}, at most {_MAX_SEMI_OCTETS} semi-octets fit", octet=octet
            )
        kind = reader.integer(field)
        ton, npi = kind >> 4 & 7, kind & 15
        content = reader.take((length + 1) // 2, field)
        if ton == _ALPHANUMERIC:
            return cls(gsm7_decode(unpack_septets(content, length * 4 // 7)), ton, npi)
        return cls(_digits(semi_octets(content)[:length], field, octet), ton, npi)


def with_smsc(tpdu: bytes, smsc: Address | None = None) -> bytes:
    """Put the service centre address before a TPDU, as ``+CMGS`` wants it; None: the one stored in the module.

    Its length octet counts octets, not semi-octets (27.005 3.1 ``<pdu>``, 24.011 8.2.5.1).
    """
    if smsc is None:
        return b"\x00" + tpdu
    if smsc.ton == _ALPHANUMERIC:
        raise SmsFormatError("SC address", "alphanumeric")
    content = bytes((smsc.type_octet,)) + pack_semi_octets(smsc.value)
    return bytes((len(content),)) + content + tpdu


def split_smsc(data: bytes) -> tuple[Address | None, bytes]:
    """Split what AT commands call ``<pdu>`` into service centre address and TPDU (27.005 3.1)."""
    field = "SC address"
    reader = Reader(data)
    length = reader.integer(field)
    content = reader.take(length, field)
    if not content:
        return None, data[1:]
    ton, npi = content[0] >> 4 & 7, content[0] & 15
    if ton == _ALPHANUMERIC:
        raise SmsFormatError(field, "alphanumeric", octet=2)
    return Address(_digits(semi_octets(content[1:]), field, 2), ton, npi), data[1 + length :]


def _digits(nibbles: list[int], field: str, octet: int) -> str:
    """Read semi-octets; modules also count the fill of an odd number as a digit, so a last one is dropped."""
    if nibbles[-1:] == [15]:
        nibbles = nibbles[:-1]
    if 15 in nibbles:
        raise SmsFormatError(field, "a fill semi-octet stands inside the number", octet=octet)
    return "".join(SEMI_OCTETS[nibble] for nibble in nibbles)

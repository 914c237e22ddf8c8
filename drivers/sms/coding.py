"""Alphabets and the data coding scheme (3GPP TS 23.038 clauses 4 and 6.2.1)."""

from dataclasses import dataclass
from enum import StrEnum

import gsm0338

from drivers.sms.errors import SmsFormatError

_ESCAPE = 0x1B
_CODEC = gsm0338.Codec()
# The library's codec drops a lone escape and raises on an unassigned extension, where 23.038 6.2.1 has the
# receiver show a space or the main table's character: so only its tables serve here.
_MAIN = {code: _CODEC.decode(bytes((code,)))[0] for code in range(128) if code != _ESCAPE}
_EXTENSION = {code: char for code in range(128) if (char := _CODEC.decode(bytes((_ESCAPE, code)), "ignore")[0])}
_SEPTETS = {char: bytes((code,)) for code, char in _MAIN.items()} | {
    char: bytes((_ESCAPE, code)) for code, char in _EXTENSION.items()
}


class Alphabet(StrEnum):
    """How the octets of a message stand for characters."""

    GSM7 = "gsm7"
    EIGHT_BIT = "8-bit"
    UCS2 = "ucs2"


class Indication(StrEnum):
    """What a message waiting indication announces (23.038 4, bits 1 and 0)."""

    VOICEMAIL = "voicemail"
    FAX = "fax"
    EMAIL = "email"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message waiting indication; ``store`` is False when the message itself may be discarded."""

    indication: Indication
    active: bool
    store: bool


@dataclass(frozen=True, slots=True)
class DataCoding:
    """What a TP-DCS octet says."""

    alphabet: Alphabet
    compressed: bool = False
    message_class: int | None = None
    waiting: Waiting | None = None


_GENERAL_ALPHABETS = (Alphabet.GSM7, Alphabet.EIGHT_BIT, Alphabet.UCS2, Alphabet.GSM7)


def data_coding(dcs: int) -> DataCoding:
    """Read a TP-DCS octet (23.038 clause 4); reserved codings count as the default alphabet, as it demands."""
    group = dcs >> 4
    if group <= 0b0111:
        return DataCoding(
            alphabet=_GENERAL_ALPHABETS[dcs >> 2 & 3],
            compressed=bool(dcs & 0x20),
            message_class=dcs & 3 if dcs & 0x10 else None,
        )
    if group == 0b1111:
        return DataCoding(Alphabet.EIGHT_BIT if dcs & 4 else Alphabet.GSM7, message_class=dcs & 3)
    if group >= 0b1100:
        waiting = Waiting(tuple(Indication)[dcs & 3], active=bool(dcs & 8), store=group != 0b1100)
        return DataCoding(Alphabet.UCS2 if group == 0b1110 else Alphabet.GSM7, waiting=waiting)
    return DataCoding(Alphabet.GSM7)


def dcs_octet(alphabet: Alphabet, message_class: int | None = None) -> int:
    """Return the TP-DCS octet of the general group for an alphabet and a class from 0 to 3 (or none)."""
    octet = _GENERAL_ALPHABETS.index(alphabet) << 2
    if message_class is None:
        return octet
    if not 0 <= message_class <= 3:
        raise SmsFormatError("TP-DCS", f"message class {message_class} is not 0 to 3")
    return octet | 0x10 | message_class


def gsm7_encode(text: str) -> bytes:
    """Return the septets of a text, one per octet; raises SmsFormatError for a character outside 23.038 6.2.1."""
    try:
        return b"".join(_SEPTETS[char] for char in text)
    except KeyError as error:
        char = error.args[0]
        raise SmsFormatError("TP-UD", f"U+{ord(char):04X} is not in the GSM 7 bit default alphabet") from None


def gsm7_decode(septets: bytes) -> str:
    """Return the text of septets (one per octet).

    As 23.038 6.2.1 asks of a receiver: an unassigned extension shows as the main table's character, an escape
    that leads nowhere as a space.
    """
    text = []
    values = iter(septets)
    for value in values:
        if value != _ESCAPE:
            text.append(_MAIN[value])
            continue
        extended = next(values, _ESCAPE)
        text.append(_EXTENSION.get(extended) or _MAIN.get(extended, " "))
    return "".join(text)

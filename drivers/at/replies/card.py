"""The card: 27.007 5.6, 7.1, 8.3, 8.17, 8.18, and the vendors' ICCID commands."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from drivers.at.replies.lines import fields, integer, maybe_integer, not_understood, text_at, text_of


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A subscriber number as the card stores it: ``+CNUM`` (27.007 7.1) or a record of EF_MSISDN.

    ``ton`` is the type of address (145 international, 129 unknown, 161 national), None when it is not given.
    """

    number: str
    ton: int | None = None
    alpha: str = ""


def parse_own_numbers(lines: Iterable[str]) -> tuple[OwnNumber, ...]:
    """Read ``+CNUM: [<alpha>],<number>,<type>...``; empty numbers, which modules report for an empty file, go."""
    rows = [fields(line) for line in lines]
    numbers = [OwnNumber(text_at(row, 1), maybe_integer(row, 2), text_at(row, 0)) for row in rows]
    return tuple(number for number in numbers if number.number)


@dataclass(frozen=True, slots=True)
class CardReply:
    """``+CRSM`` (27.007 8.18): status words and response."""

    sw1: int
    sw2: int
    data: bytes

    @property
    def done(self) -> bool:
        """Whether the card did it (102 221 10.2.1: 90xx, 91xx, 92xx; 51.011 9.4: 9Fxx)."""
        return self.sw1 in {0x90, 0x91, 0x92, 0x9F}


def parse_card(line: str) -> CardReply:
    """Read ``+CRSM: <sw1>,<sw2>[,<response>]``."""
    values = fields(line)
    try:
        data = bytes.fromhex(text_at(values, 2))
    except ValueError as error:
        raise not_understood(line) from error
    return CardReply(integer(values, 0), integer(values, 1), data)


class PinState(StrEnum):
    """``<code>`` of ``+CPIN?`` (27.007 8.3)."""

    READY = "READY"
    SIM_PIN = "SIM PIN"
    SIM_PUK = "SIM PUK"
    PH_SIM_PIN = "PH-SIM PIN"
    PH_FSIM_PIN = "PH-FSIM PIN"
    PH_FSIM_PUK = "PH-FSIM PUK"
    SIM_PIN2 = "SIM PIN2"
    SIM_PUK2 = "SIM PUK2"
    PH_NET_PIN = "PH-NET PIN"
    PH_NET_PUK = "PH-NET PUK"
    PH_NETSUB_PIN = "PH-NETSUB PIN"
    PH_NETSUB_PUK = "PH-NETSUB PUK"
    PH_SP_PIN = "PH-SP PIN"
    PH_SP_PUK = "PH-SP PUK"
    PH_CORP_PIN = "PH-CORP PIN"
    PH_CORP_PUK = "PH-CORP PUK"

    @property
    def locks_module(self) -> bool:
        """Whether a personalisation of the module (3GPP TS 22.022) keeps it from using this card."""
        return self.startswith("PH-")


def parse_pin(line: str) -> PinState:
    """Read ``+CPIN: <code>``."""
    try:
        return PinState(text_at(fields(line), 0))
    except ValueError as error:
        raise not_understood(line) from error


def parse_iccid(line: str) -> str:
    """Read an ICCID in any of its forms (prefix, quotes, filler F); returns 18 to 20 characters.

    ITU-T E.118: 89, then up to 18 digits; Chinese cards use hex letters in them, which stay. Some modules answer
    as EF_ICCID stores it (102 221 13.2), with the semi-octets of each octet swapped.
    """
    text = text_of(line).strip('"').upper()
    if re.fullmatch(r"98[0-9A-F]{17,18}", text) and len(text) % 2 == 0:
        text = "".join(text[at + 1] + text[at] for at in range(0, len(text), 2))
    text = text.rstrip("F") if len(text) == 20 else text
    if not re.fullmatch(r"89[0-9A-F]{16,18}", text):
        raise not_understood(line)
    return text


def parse_apdu(line: str) -> CardReply:
    """Read ``+CSIM: <length>,<response>`` (27.007 8.17); the last two octets are the status words.

    ``<length>`` is not believed: modules count octets, digits or what they sent.
    """
    try:
        response = bytes.fromhex(text_at(fields(line), 1))
    except ValueError as error:
        raise not_understood(line) from error
    if len(response) < 2:
        raise not_understood(line)
    return CardReply(response[-2], response[-1], response[:-2])

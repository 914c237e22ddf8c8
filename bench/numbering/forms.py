"""How a number can be written: national, with trunk prefix, with country code."""

import re
from enum import StrEnum
from typing import NamedTuple

_SEPARATORS = re.compile(r"[ \-.()]")
_NUMBER = re.compile(r"\+?[0-9]+")
#: Lengths that a bare 86 makes of 11, 13 and 15 digits; with any other length it belongs to the number.
_LENGTHS_WITH_86 = frozenset({13, 15, 17})
_COUNTRY = "86"
_SHORTEST_WITH_PREFIX = 4


class Form(StrEnum):
    """What stood before the national number."""

    BARE = "bare"
    TRUNK = "trunk"
    INTERNATIONAL = "international"
    FOREIGN = "foreign"
    #: characters that no number has
    UNREADABLE = "unreadable"


class Written(NamedTuple):
    """A number without its prefix; a foreign one keeps ``+``, an unreadable one is as it was."""

    national: str
    form: Form


def without_separators(raw: str) -> str:
    """Remove the characters with which people group digits: space, hyphen, dot, parentheses."""
    return _SEPARATORS.sub("", raw)


def read_number(raw: str, *, international: bool | None = None) -> Written:
    """Split a number from its prefix.

    ``+86`` and ``0086`` are cut, a bare ``86`` only from 13, 15 or 17 digits. ``international`` is what a type of
    number says where there is no ``+``: True makes the digits start with a country code, False keeps a leading
    86, None lets the digits speak. Three digits and fewer have no prefix (``000`` and ``08`` are numbers).
    """
    number = without_separators(raw)
    if not _NUMBER.fullmatch(number):
        return Written(raw, Form.UNREADABLE)
    if len(number) < _SHORTEST_WITH_PREFIX:
        return Written(number.removeprefix("+"), Form.BARE)
    if international or number.startswith(("+", "00")):
        return _with_country_code(number.removeprefix("+").removeprefix("00"))
    if number.startswith("0"):
        return Written(number[1:], Form.TRUNK)
    if international is None and number.startswith(_COUNTRY) and len(number) in _LENGTHS_WITH_86:
        return Written(number[2:], Form.INTERNATIONAL)
    return Written(number, Form.BARE)


def national(raw: str) -> str:
    """Return the national number without ``+86``, ``0086``, ``86`` or trunk 0; see :func:`read_number`."""
    return read_number(raw).national


def formats(number: str) -> dict[str, str]:
    """Return the ways of dialling a subscriber number that clause ESIM-02-V7 tries, by name.

    ``n`` is the national number: with trunk prefix, country code, IP call prefix, and with the caller's identity
    suppressed and shown for this call (3GPP TS 22.030 annex B). A number of another country has two forms.
    """
    n, form = read_number(number)
    if form is Form.FOREIGN:
        return {"plain": n, "00n": f"00{n.removeprefix('+')}"}
    return {
        "plain": n,
        "0n": f"0{n}",
        "+86n": f"+86{n}",
        "0086n": f"0086{n}",
        "17951n": f"17951{n}",
        "*31#n": f"*31#{n}",
        "#31#n": f"#31#{n}",
    }


def _with_country_code(digits: str) -> Written:
    if digits.startswith(_COUNTRY):
        return Written(digits[2:], Form.INTERNATIONAL)
    return Written(f"+{digits}", Form.FOREIGN)

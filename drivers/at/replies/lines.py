"""How an information line is read: its prefix, its fields, and the ranges of a test command."""

import re
from collections.abc import Iterator, Sequence

from drivers.api import ProtocolError

#: A quoted string ends at a quote before a comma; what began without a quote ends at a comma.
_FIELD = re.compile(r'\s*(?:"(.*?)"\s*|([^,]*)),', re.DOTALL)
#: One parameter of a test command: values in parentheses, of which the closing one may be missing, or one alone
_GROUP = re.compile(r"\s*(?:\(([^()]*)\)?|([^,(]*))\s*,")
_RANGE = re.compile(r"(\d{1,5})-(\d{1,5})")
_PREFIX = re.compile(r"\s*[-+*^$#%!@&]\w+\s*:")


def fields(line: str) -> tuple[str, ...]:
    """Split what stands behind a line's prefix (``+CREG:``) at commas; blanks around and quotes go."""
    text = text_of(line)
    return tuple(quoted or bare.strip().strip('"') for quoted, bare in _FIELD.findall(text + ",")) if text else ()


def text_of(line: str) -> str:
    """Return what stands behind a line's prefix, or the whole line when it has none."""
    prefix = _PREFIX.match(line)
    return line[prefix.end() :].strip() if prefix else line.strip()


def not_understood(line: str | Sequence[str]) -> ProtocolError:
    """Return the error for a line that means nothing."""
    return ProtocolError(f"cannot be understood: {line!r}")


def integer(values: Sequence[str], position: int) -> int:
    """Return a field as a number; raises :class:`ProtocolError`."""
    try:
        return int(values[position])
    except (IndexError, ValueError) as error:
        raise not_understood(values) from error


def maybe_integer(values: Sequence[str], position: int) -> int | None:
    """Return a field as a number, None when it is missing or no number."""
    return int(values[position]) if len(values) > position and values[position].isdecimal() else None


def maybe_hex(values: Sequence[str], position: int) -> int | None:
    """Return a field of hex digits as a number, None when it is empty; raises :class:`ProtocolError`."""
    if len(values) <= position or not values[position]:
        return None
    try:
        return int(values[position], 16)
    except ValueError as error:
        raise not_understood(values) from error


def text_at(values: Sequence[str], position: int) -> str:
    """Return a field, ``""`` when it is missing."""
    return values[position] if len(values) > position else ""


def offered(line: str) -> tuple[tuple[str, ...], ...]:
    """Read the answer to a test command (V.250 5.4.3.2): for each parameter the values that it may take.

    ``(0,1,4-6),("SM","ME")`` gives ``(("0", "1", "4", "5", "6"), ("SM", "ME"))``; a value without parentheses is
    the only one, an empty place offers none.
    """
    text = text_of(line)
    if text.startswith("((") and text.endswith("))"):  # some modules put the whole answer in parentheses
        text = text[1:-1]
    return tuple(tuple(_values(inside or alone)) for inside, alone in _GROUP.findall(text + ",")) if text else ()


def _values(group: str) -> Iterator[str]:
    for value in filter(None, (part.strip() for part in group.split(","))):
        if bounds := _RANGE.fullmatch(value):
            first, last = sorted((int(bounds[1]), int(bounds[2])))
            yield from map(str, range(first, last + 1))
        else:
            yield value.strip('"')

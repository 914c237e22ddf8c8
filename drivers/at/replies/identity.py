"""What the module says of itself: 27.007 5.1 to 5.4 and 5.6, V.250 6.1.9."""

import re
from collections.abc import Iterable

from drivers.at.replies.lines import not_understood, text_of


def parse_digits(lines: Iterable[str]) -> str:
    """Read an IMSI (``+CIMI``, 27.007 5.6) or an IMEI (``+CGSN``, 5.4): the first line of 14 to 16 digits."""
    texts = [text_of(line).strip('"') for line in lines]
    for text in texts:
        if re.fullmatch(r"\d{14,16}", text):
            return text
    raise not_understood(texts)


def parse_identity(lines: Iterable[str]) -> str:
    """Read the answer of ``+CGMI``, ``+CGMM`` or ``+CGMR`` (27.007 5.1 to 5.3).

    It has no prefix by the specification, but some modules write one; several lines become one.
    """
    return " ".join(text for text in (text_of(line).strip('"').strip() for line in lines) if text)


def parse_capabilities(line: str) -> tuple[str, ...]:
    """Read ``+GCAP: <name>...`` (V.250 6.1.9): ``+CGSM`` for 27.007, ``+FCLASS`` for fax, and others."""
    return tuple(re.findall(r"\+[A-Z0-9-]+", text_of(line)))

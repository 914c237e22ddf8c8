"""Masked forms and pseudonyms of identities: what may stand outside the journal (pure)."""

import hmac
import re

#: An ICCID as the card holds it or as it is written: China Mobile's carry letters, EF_ICCID swaps the digits.
_ICCID = r"(?<![0-9A-Za-z])(?:89|98)[0-9A-Fa-f]{16,18}(?![0-9A-Za-z])"
_IDENTITY = re.compile(rf"{_ICCID}|\d{{11,}}")
_NIBBLE = re.compile(r"[\dA-Fa-f]")


def mask(value: str) -> str:
    """Return an identity with its middle replaced by ``*``.

    Of 15 digits and more (IMSI, ICCID, IMEI, EID) the first six and last two stay, of 11 to 14 (subscriber
    numbers) the first four and last two, of shorter ones the first two. Letters A to F count as digits; other
    characters (``+``, quotes, separators) stay as they are.
    """
    places = [match.start() for match in _NIBBLE.finditer(value)]
    if len(places) >= 15:
        hidden = places[6:-2]
    elif len(places) >= 11:
        hidden = places[4:-2]
    else:
        hidden = places[2:]
    masked = list(value)
    for place in hidden:
        masked[place] = "*"
    return "".join(masked)


def mask_text(text: str) -> str:
    """Return a free text with every run of 11 digits or more masked, and every ICCID even where it has letters."""
    return _IDENTITY.sub(lambda match: mask(match[0]), text)


def pseudonym(value: str, key: bytes) -> str:
    """Return twelve hexadecimal digits that stand for an identity wherever the same key is used (HMAC-SHA256)."""
    return hmac.digest(key, value.encode(), "sha256").hex()[:12]

"""Who issued an IMSI, an ICCID or an EID (``identities.csv``), and whether the identities of one card agree."""

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from bench.numbering.plan import Confidence

_TABLE = Path(__file__).with_name("identities.csv")
#: MCC and MNC at least, 15 digits at most (3GPP TS 23.003 2.2)
_IMSI = re.compile(r"[0-9]{5,15}")
#: 19 or 20 places; China Mobile's hold the letters A to F too (ITU-T E.118 has digits only)
_ICCID = re.compile(r"89[0-9A-F]{17,18}")
_EID = re.compile(r"[0-9]{32}")


@dataclass(frozen=True, slots=True)
class Issued:
    """What the table says about an identity.

    ``holder`` is None where no source names one and where it is none of China's, as ``source`` says; what is of
    low confidence may warn and never fails a check. ``valid_from`` is the day of the source, if it has one.
    """

    holder: str | None
    confidence: Confidence
    source: str
    valid_from: date | None = None


def operator_of_imsi(imsi: str) -> Issued:
    """Return the network operator of an IMSI by its MCC and MNC."""
    return _issued("imsi", imsi, _IMSI)


def issuer_of_iccid(iccid: str) -> Issued:
    """Return the issuer of an ICCID of 19 or 20 places, written as printed on the card."""
    return _issued("iccid", iccid.upper(), _ICCID)


def maker_of_eid(eid: str) -> Issued:
    """Return the maker of an eUICC by its EID, which need not begin with 89 (GSMA SGP.29)."""
    return _issued("eid", eid, _EID)


def eid_valid(eid: str) -> bool:
    """Return whether an EID has 32 digits and right check digits: the whole is 1 modulo 97 (GSMA SGP.29)."""
    return _EID.fullmatch(eid) is not None and int(eid) % 97 == 1


def luhn_holds(iccid: str) -> bool | None:
    """Return whether the last digit is the check digit of ITU-T E.118; None where letters leave that open.

    Information only: genuine IoT cards are known whose ICCID fails it.
    """
    places = iccid.upper().removesuffix("F")
    if not places.isdecimal():
        return None
    products = (int(digit) * (1 + position % 2) for position, digit in enumerate(reversed(places)))
    return sum(product // 10 + product % 10 for product in products) % 10 == 0


@cache
def load_identities() -> dict[tuple[str, str], Issued]:
    """Read the table that comes with the bench, by kind (imsi, iccid, eid) and prefix."""
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        return {
            (record["kind"], prefix): Issued(
                holder=record["holder"] or None,
                confidence=Confidence(record["confidence"]),
                source=record["source"],
                valid_from=date.fromisoformat(record["valid_from"]) if record["valid_from"] else None,
            )
            for record in csv.DictReader(line for line in lines if not line.startswith("#"))
            for prefix in record["prefixes"].split()
        }


def _issued(kind: str, identity: str, form: re.Pattern[str]) -> Issued:
    if not form.fullmatch(identity):
        return Issued(None, Confidence.LOW, f"not written as an {kind.upper()}")
    table = load_identities()
    keys = ((kind, identity[:size]) for size in range(len(identity), 0, -1))
    return next(table[key] for key in keys if key in table)

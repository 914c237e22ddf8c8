"""The number plan (``plan.csv``) and the classes of numbers: length first, then the longest prefix."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from bench.numbering.forms import Form, read_number

_PLAN = Path(__file__).with_name("plan.csv")


class NumberClass(StrEnum):
    """What a number is for; the digits in a name give its national length."""

    IOT13 = "IOT13"
    #: ordinary-looking numbers that were given to IoT cards before the 13-digit ranges
    IOT11 = "IOT11"
    MOBILE11 = "MOBILE11"
    MVNO11 = "MVNO11"
    SATELLITE11 = "SATELLITE11"
    NP700 = "NP700"
    NP700_BLOCK = "NP700_BLOCK"
    SMS106 = "SMS106"
    SMS118 = "SMS118"
    SC95 = "SC95"
    SC96 = "SC96"
    EMERGENCY = "EMERGENCY"
    PUBLIC_SERVICE = "PUBLIC_SERVICE"
    OPERATOR = "OPERATOR"
    SERVICE = "SERVICE"
    FIXED_LINE = "FIXED_LINE"
    FOREIGN = "FOREIGN"
    UNKNOWN = "UNKNOWN"


class Confidence(StrEnum):
    """How well a row is known; what is low may warn and never fails a check."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Writing(StrEnum):
    """With which prefixes a row applies: a short code with country code would be somebody's landline."""

    ANY = "any"
    BARE = "bare"
    PREFIXED = "prefixed"


_WRITINGS = {
    Form.BARE: frozenset({Writing.ANY, Writing.BARE}),
    Form.TRUNK: frozenset({Writing.ANY, Writing.PREFIXED}),
    Form.INTERNATIONAL: frozenset({Writing.ANY, Writing.PREFIXED}),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plan; ``valid_from`` is the day since which the source vouches for it, None if unknown."""

    prefixes: tuple[str, ...]
    lengths: frozenset[int]
    cls: NumberClass
    holder: str | None
    written: Writing
    confidence: Confidence
    source: str
    valid_from: date | None


@dataclass(frozen=True, slots=True)
class Classification:
    """What the plan says about a number.

    ``holder`` is who got the range (numbers are portable), None where no source says so. A number outside the
    plan is UNKNOWN, of low confidence.
    """

    raw: str
    national: str
    form: Form
    cls: NumberClass
    holder: str | None
    confidence: Confidence
    source: str


class NumberPlan:
    """Rows by prefix."""

    def __init__(self, rows: Iterable[Row], version: str) -> None:
        self.rows = tuple(rows)
        self.version = version
        self._by_prefix: dict[str, list[Row]] = {}
        for row in self.rows:
            for prefix in row.prefixes:
                self._by_prefix.setdefault(prefix, []).append(row)

    def classify(self, raw: str, *, international: bool | None = None) -> Classification:
        """Classify a number as written; ``international`` as in :func:`bench.numbering.read_number`."""
        number, form = read_number(raw, international=international)
        if form is Form.FOREIGN:
            return Classification(raw, number, form, NumberClass.FOREIGN, None, Confidence.HIGH, "country code")
        row = self._find(number, form)
        if row is None:
            return Classification(raw, number, form, NumberClass.UNKNOWN, None, Confidence.LOW, "not in the plan")
        return Classification(raw, number, form, row.cls, row.holder, row.confidence, row.source)

    def _find(self, number: str, form: Form) -> Row | None:
        writings = _WRITINGS.get(form, frozenset())
        for size in range(len(number), 0, -1):
            for row in self._by_prefix.get(number[:size], ()):
                if len(number) in row.lengths and row.written in writings:
                    return row
        return None


def load_plan(on: date | None = None) -> NumberPlan:
    """Read the plan that comes with the bench; with ``on``, without the rows known to be younger than that day."""
    with _PLAN.open(encoding="utf-8", newline="") as lines:
        version = next(lines).removeprefix("# version").strip()
        rows = [_row(record) for record in csv.DictReader(line for line in lines if not line.startswith("#"))]
    return NumberPlan((row for row in rows if not (on and row.valid_from and row.valid_from > on)), version)


def _row(record: dict[str, str]) -> Row:
    return Row(
        prefixes=tuple(_expand(record["prefixes"])),
        lengths=frozenset(int(length) for length in _expand(record["lengths"])),
        cls=NumberClass(record["class"]),
        holder=record["holder"] or None,
        written=Writing(record["written"]),
        confidence=Confidence(record["confidence"]),
        source=record["source"],
        valid_from=date.fromisoformat(record["valid_from"]) if record["valid_from"] else None,
    )


def _expand(cell: str) -> Iterator[str]:
    """Expand ``135-139 147``; prefixes keep their leading zeros."""
    for item in cell.split():
        first, _, last = item.partition("-")
        for value in range(int(first), int(last or first) + 1):
            yield f"{value:0{len(first)}}"

"""The Chinese number plan as data, the ways of writing a number, and the dial guard built on them."""

from bench.numbering.forms import Form, Written, formats, national, read_number
from bench.numbering.guard import Guard, Limits
from bench.numbering.plan import (
    Classification,
    Confidence,
    NumberClass,
    NumberPlan,
    Row,
    Writing,
    load_plan,
)

__all__ = [
    "Classification",
    "Confidence",
    "Form",
    "Guard",
    "Limits",
    "NumberClass",
    "NumberPlan",
    "Row",
    "Writing",
    "Written",
    "formats",
    "load_plan",
    "national",
    "read_number",
]

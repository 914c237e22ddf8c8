"""China's number plan and identity ranges as data, the ways of writing a number, the dial guard on top."""

from bench.numbering.forms import Form, Written, formats, national, read_number
from bench.numbering.guard import Guard, Limits
from bench.numbering.identities import (
    Issued,
    eid_valid,
    issuer_of_iccid,
    luhn_holds,
    maker_of_eid,
    operator_of_imsi,
)
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
    "Issued",
    "Limits",
    "NumberClass",
    "NumberPlan",
    "Row",
    "Writing",
    "Written",
    "eid_valid",
    "formats",
    "issuer_of_iccid",
    "load_plan",
    "luhn_holds",
    "maker_of_eid",
    "national",
    "operator_of_imsi",
    "read_number",
]

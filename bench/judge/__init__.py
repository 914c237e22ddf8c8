"""Pure functions from observations and controls to a verdict."""

from bench.judge.casefile import CaseFile
from bench.judge.causes import (
    cause,
    cause_of_call,
    cause_of_context,
    cause_of_forwarding,
    cause_of_message,
    cause_of_report,
    unexplained,
)
from bench.judge.verdicts import judge

__all__ = [
    "CaseFile",
    "cause",
    "cause_of_call",
    "cause_of_context",
    "cause_of_forwarding",
    "cause_of_message",
    "cause_of_report",
    "judge",
    "unexplained",
]

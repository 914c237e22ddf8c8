"""The words of the bench as frozen dataclasses: what is tested, what was seen, what it means (no I/O)."""

from bench.model.attempt import (
    FORWARDED,
    Attempt,
    Cause,
    CauseClass,
    Check,
    Direction,
    Expectation,
    Observation,
    Reading,
    Role,
    Service,
    Went,
    Witness,
)
from bench.model.event import Event, Kind
from bench.model.quarantine import Quarantine
from bench.model.subscription import Destination, Function, Subscription
from bench.model.verdict import Measurement, Outcome, Verdict, worst

__all__ = [
    "FORWARDED",
    "Attempt",
    "Cause",
    "CauseClass",
    "Check",
    "Destination",
    "Direction",
    "Event",
    "Expectation",
    "Function",
    "Kind",
    "Measurement",
    "Observation",
    "Outcome",
    "Quarantine",
    "Reading",
    "Role",
    "Service",
    "Subscription",
    "Verdict",
    "Went",
    "Witness",
    "worst",
]

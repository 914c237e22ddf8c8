"""One entry of the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an event tells."""

    RUN = "run"
    CLOCK = "clock"
    WIRE = "wire"
    STEP = "step"
    CHECK = "check"
    ATTEMPT = "attempt"
    OBSERVATION = "observation"
    READING = "reading"
    MEASUREMENT = "measurement"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, in the one shape that everything else is folded from.

    ``wall_ns`` is nanoseconds since the epoch, ``mono_ns`` CLOCK_MONOTONIC nanoseconds; ``writer`` names the
    process and ``seq`` counts its events from 1. ``source`` says where it happened (``"at:meter"``, ``"robot"``).
    ``data`` are bytes from a wire, ``meaning`` what was understood.
    """

    wall_ns: int
    mono_ns: int
    writer: str
    seq: int
    source: str
    kind: Kind
    data: bytes = b""
    meaning: Mapping[str, Any] = field(default_factory=dict)

"""Everything that the judge is given about one check."""

from dataclasses import dataclass

from bench.model import Attempt, Check, Measurement, Observation, Reading


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A check with its attempts, what witnesses saw of them, and what was read or measured for it."""

    check: Check
    attempts: tuple[Attempt, ...] = ()
    observations: tuple[Observation, ...] = ()
    readings: tuple[Reading, ...] = ()
    measurements: tuple[Measurement, ...] = ()

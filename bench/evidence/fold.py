"""Folds over the journal: what the judge is given, and what it said."""

from collections.abc import Iterable
from typing import TypeVar

from bench.evidence.meaning import from_meaning
from bench.judge.casefile import CaseFile
from bench.model import Attempt, Check, Event, Kind, Measurement, Observation, Reading, Verdict

T = TypeVar("T")


def case_files(events: Iterable[Event]) -> dict[str, CaseFile]:
    """Return one case file per check id, in the order in which the checks began.

    Observations join their attempt by its id, however late they come. A measurement told again replaces its
    declaration. Raises :class:`bench.evidence.MeaningError` for an event that does not hold what its kind says.
    """
    checks: dict[str, Check] = {}
    attempts: dict[str, Attempt] = {}
    observations: list[Observation] = []
    readings: list[Reading] = []
    measurements: dict[tuple[str, str], Measurement] = {}
    for event in events:
        match event.kind:
            case Kind.CHECK:
                check = from_meaning(Check, event.meaning)
                checks[check.id] = check
            case Kind.ATTEMPT:
                attempt = from_meaning(Attempt, event.meaning)
                attempts[attempt.id] = attempt
            case Kind.OBSERVATION:
                observations.append(from_meaning(Observation, event.meaning))
            case Kind.READING:
                readings.append(from_meaning(Reading, event.meaning))
            case Kind.MEASUREMENT:
                measurement = from_meaning(Measurement, event.meaning)
                measurements[measurement.check, measurement.name] = measurement
    check_of = {attempt.id: attempt.check for attempt in attempts.values()}
    attempts_of = _grouped((attempt.check, attempt) for attempt in attempts.values())
    seen_in = _grouped((check_of.get(seen.attempt, ""), seen) for seen in observations)
    readings_of = _grouped((reading.check, reading) for reading in readings)
    measurements_of = _grouped((measured.check, measured) for measured in measurements.values())
    return {
        check.id: CaseFile(
            check,
            tuple(attempts_of.get(check.id, ())),
            tuple(seen_in.get(check.id, ())),
            tuple(readings_of.get(check.id, ())),
            tuple(measurements_of.get(check.id, ())),
        )
        for check in checks.values()
    }


def verdicts(events: Iterable[Event]) -> dict[str, Verdict]:
    """Return the latest verdict of each check id that has one; raises as :func:`case_files` does."""
    latest: dict[str, Verdict] = {}
    for event in events:
        if event.kind is Kind.VERDICT:
            verdict = from_meaning(Verdict, event.meaning)
            latest[verdict.check] = verdict
    return latest


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for key, item in pairs:
        groups.setdefault(key, []).append(item)
    return groups

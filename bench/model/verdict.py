"""Outcomes and their order, verdicts, measurements."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Outcome(IntEnum):
    """How a check ended, in the order in which the worst wins."""

    NONE = 0
    NOT_APPLICABLE = 1
    PASS = 2
    INCONCLUSIVE = 3
    FAIL = 4
    ERROR = 5

    @property
    def word(self) -> str:
        """The outcome as reports write it."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Outcome":
        """Read an outcome back from its word."""
        return cls[word.upper()]


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst outcome, NONE for no outcomes."""
    return max(outcomes, default=Outcome.NONE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's word on one check, with reasons a reviewer can follow and findings beside the verdict."""

    check: str
    clause: str
    subject: str
    outcome: Outcome
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value declared for a check before it is taken; ``value`` None means that it was not taken."""

    check: str
    name: str
    unit: str
    value: float | None = None
    lower: float | None = None
    upper: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the value was taken and lies within its limits."""
        if self.value is None:
            return False
        return (self.lower is None or self.value >= self.lower) and (
            self.upper is None or self.value <= self.upper
        )

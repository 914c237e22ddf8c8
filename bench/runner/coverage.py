"""Which tests and which faults of the virtual lab serve each clause."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.clauses import Clause, load_catalogue
from bench.runner.lab import lab_faults
from bench.runner.run import SUITES, UsageError

_LIST_S = 30.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """A clause, the names of the tests that carry its id, and of the faults that violate it."""

    clause: Clause
    tests: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def standing(self) -> str:
        """How the clause is served: checked, evidence only, organisational, or open, which wants a check."""
        if self.clause.check:
            return "checked"
        if self.clause.kind == "O":
            return "organisational"
        return "evidence only" if self.clause.evidence_only else "open"

    def as_json(self) -> dict[str, Any]:
        """Return the clause's fields with standing, tests and faults."""
        return asdict(self.clause) | {"standing": self.standing, "tests": self.tests, "faults": self.faults}


def family_of(clause: str) -> str:
    """Return the letters that a clause shares with its paper's others: ESIM of ESIM-02-V1."""
    return clause.partition("-")[0]


def load_coverage(families: Sequence[str] = (), lab_file: Path | None = None) -> list[Coverage]:
    """Join catalogue, suites and the lab's faults; of these families only, if any are named.

    Raises UsageError for a family that the catalogue does not have, LabError when the lab cannot list its faults.
    """
    known = dict.fromkeys(family_of(clause) for clause in load_catalogue())
    for family in families:
        if family not in known:
            raise UsageError(f"--family {family}: no such family. Fix: choose of {', '.join(known)}")
    clauses = [c for c in load_catalogue().values() if not families or family_of(c.id) in families]
    return join(clauses, suite_tests(), lab_faults(lab_file))


def join(
    clauses: Iterable[Clause], tests: Sequence[Mapping[str, Any]], faults: Sequence[Mapping[str, Any]]
) -> list[Coverage]:
    """Give each clause its tests (by tag) and its faults (by their own clauses, not those they may change too)."""
    return [
        Coverage(
            clause,
            tuple(test["name"] for test in tests if clause.id in test["tags"]),
            # a fault stands in the lab's catalogue once for each subject
            tuple(dict.fromkeys(fault["name"] for fault in faults if clause.id in fault["clauses"])),
        )
        for clause in clauses
    ]


def suite_tests(suites: Path = SUITES) -> list[Mapping[str, Any]]:
    """Return name and tags of every test in the suites; Robot reads them, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.keywords.listing", str(suites)],
        capture_output=True,
        text=True,
        timeout=_LIST_S,
        check=True,
    )
    tests: list[Mapping[str, Any]] = json.loads(done.stdout)
    return tests

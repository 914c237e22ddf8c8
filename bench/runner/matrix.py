"""Breaks the virtual lab on purpose and looks whether the suites notice: every check must be able to fail."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.evidence import RunFolder, case_files, read_journal
from bench.model import Kind, Outcome, Verdict
from bench.runner.lab import VirtualLab, lab_faults
from bench.runner.run import Selection, Watch, run

RESTRICTION, FINDING, TOLERATED, BREAKING = "restriction", "finding", "tolerated", "breaking"
_NO_WORD = (Outcome.INCONCLUSIVE, Outcome.ERROR)

#: one test on one module: what is compared between runs
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """A switch of the virtual lab, as its catalogue tells it; the name means nothing here."""

    name: str
    subject: str
    kind: str
    clauses: tuple[str, ...]
    may_change: tuple[str, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Fault":
        """Read a row of the catalogue."""
        return cls(row["name"], row["subject"], row["kind"], tuple(row["clauses"]), tuple(row["may_change"]))

    def excuses(self, verdict: Verdict) -> bool:
        """Whether the fault may change this verdict."""
        return verdict.subject == self.subject and verdict.clause in (*self.clauses, *self.may_change)


@dataclass(frozen=True, slots=True)
class Row:
    """What one fault led to. ``good`` says that the bench behaved; ``found`` lists what it said."""

    fault: str
    subject: str
    kind: str
    clauses: tuple[str, ...]
    good: bool
    found: tuple[str, ...]
    run: str


@dataclass(slots=True)
class Matrix:
    """The table of faults and what the bench made of them."""

    rows: list[Row] = field(default_factory=list)
    #: verdicts that differ from the clean run without a fault that may change them
    false_alarms: list[str] = field(default_factory=list)
    #: pass or fail said where the bench was broken, or another verdict where it was only disturbed
    wrong_verdicts: list[str] = field(default_factory=list)

    @property
    def restrictions(self) -> list[Row]:
        """The rows of restriction faults."""
        return [row for row in self.rows if row.kind == RESTRICTION]

    @property
    def holds(self) -> bool:
        """Whether every fault was met as it should be."""
        return all(row.good for row in self.rows) and not self.false_alarms and not self.wrong_verdicts

    def as_json(self) -> dict[str, Any]:
        """Return the matrix for machines."""
        return {
            "faults": len(self.restrictions),
            "caught": sum(row.good for row in self.restrictions),
            "false_alarms": len(self.false_alarms),
            "wrong_verdicts": len(self.wrong_verdicts),
            "details": [*self.false_alarms, *self.wrong_verdicts],
            "rows": [asdict(row) for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class Seen:
    """One run with faults switched on: verdicts by test and module, and which tests a fault fired in."""

    folder: RunFolder
    verdicts: Mapping[Key, Verdict]
    hit: frozenset[Key] = frozenset()


def run_matrix(
    root: Path, watch: Watch, progress: Callable[[str], None], lab_file: Path | None = None, *, everywhere: bool
) -> Matrix:
    """Run the suites clean, then with every fault of the lab's catalogue, and compare.

    Each fault is tried on one module under test, or with ``everywhere`` on each that it applies to.
    """
    progress("clean run")
    clean = _seen(root, watch, lab_file, ())
    subjects = {verdict.subject for verdict in clean.verdicts.values()}
    faults = [fault for row in lab_faults(lab_file) if (fault := Fault.of(row)).subject in subjects]
    if not everywhere:
        faults = list(spread(faults))
    matrix = Matrix()
    matrix.false_alarms += [
        f"{key[1]}: {key[0]}: {verdict.outcome.word} in the clean run"
        for key, verdict in clean.verdicts.items()
        if verdict.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
    ]
    packed = list(batches(faults))
    for number, batch in enumerate(packed, 1):
        names = ", ".join(f"{fault.name}@{fault.subject}" for fault in batch)
        progress(f"run {number} of {len(packed)}: {names}")
        seen = _seen(root, watch, lab_file, batch)
        compare(matrix, batch, clean, seen)
    return matrix


def spread(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Choose one subject for each fault, so that every subject gets about as many of each kind."""
    applicable: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        applicable.setdefault((fault.kind, fault.name), []).append(fault)
    load: Counter[tuple[str, str]] = Counter()
    # the choosy ones first: what applies to one subject only has no choice
    for _, choices in sorted(applicable.items(), key=lambda item: len(item[1])):
        chosen = min(choices, key=lambda fault: load[fault.kind, fault.subject])
        load[chosen.kind, chosen.subject] += 1
        yield chosen


def batches(faults: Iterable[Fault]) -> Iterator[tuple[Fault, ...]]:
    """Pack faults of one kind on different subjects into one run each."""
    for kind in (RESTRICTION, FINDING, TOLERATED, BREAKING):
        waiting = [fault for fault in faults if fault.kind == kind]
        while waiting:
            batch: dict[str, Fault] = {}
            for fault in waiting:
                batch.setdefault(fault.subject, fault)
            waiting = [fault for fault in waiting if fault not in batch.values()]
            yield tuple(batch.values())


def _seen(root: Path, watch: Watch, lab_file: Path | None, batch: tuple[Fault, ...]) -> Seen:
    clauses = {clause for fault in batch for clause in fault.clauses if fault.kind in (RESTRICTION, FINDING)}
    with VirtualLab(lab_file) as lab:
        for fault in batch:
            lab.request(op="fault", name=fault.name, subject=fault.subject, on=True)
        result = run(lab.bench_file, Selection(clauses=tuple(sorted(clauses))), root, watch)
        entries = lab.request(op="ledger")["entries"]
    fired = [(e["subject"], e["mono_ns"]) for e in entries if e["what"] == "fired"]
    tests = {
        check: (case.check.test, case.check.subject)
        for check, case in case_files(read_journal(result.folder.journal)).items()
    }
    verdicts = {tests.get(v.check, (v.check, v.subject)): v for v in result.verdicts}
    return Seen(result.folder, verdicts, frozenset(_hit(result.folder, fired)))


def _hit(folder: RunFolder, fired: list[tuple[str, int]]) -> Iterator[Key]:
    """Return the tests that were under way on a module when its fault fired."""
    started: dict[Key, int] = {}
    for event in read_journal(folder.journal):
        if event.kind is not Kind.STEP or event.meaning.get("step") not in ("test-start", "test-end"):
            continue
        key = (event.meaning["test"], event.meaning["module"])
        if event.meaning["step"] == "test-start":
            started[key] = event.mono_ns
        elif any(subject == key[1] and started[key] <= at <= event.mono_ns for subject, at in fired):
            yield key


def compare(matrix: Matrix, batch: tuple[Fault, ...], clean: Seen, seen: Seen) -> None:
    """Add what a run with a batch of faults showed against the clean run."""
    for fault in batch:
        matrix.rows.append(_row(fault, clean, seen))
    for key, verdict in seen.verdicts.items():
        before = clean.verdicts[key].outcome if key in clean.verdicts else Outcome.NONE
        text = f"{key[1]}: {key[0]}: {before.word} in the clean run, {verdict.outcome.word} in {seen.folder.name}"
        broken = [fault for fault in batch if fault.subject == verdict.subject and fault.kind == BREAKING]
        if broken:
            if verdict.outcome not in (before, *_NO_WORD) or (key in seen.hit and verdict.outcome not in _NO_WORD):
                matrix.wrong_verdicts.append(text)
        elif verdict.outcome is not before and not any(fault.excuses(verdict) for fault in batch):
            tolerated = any(f.subject == verdict.subject and f.kind == TOLERATED for f in batch)
            (matrix.wrong_verdicts if tolerated else matrix.false_alarms).append(text)


def _row(fault: Fault, clean: Seen, seen: Seen) -> Row:
    own = {key: verdict for key, verdict in seen.verdicts.items() if verdict.subject == fault.subject}
    if fault.kind == RESTRICTION:
        told = {key: verdict for key, verdict in own.items() if verdict.clause in fault.clauses}
        good = any(verdict.outcome is Outcome.FAIL for verdict in told.values())
    elif fault.kind == FINDING:
        told = {key: verdict for key, verdict in own.items() if verdict.clause in fault.clauses}
        good = any(
            set(verdict.warnings) - set(clean.verdicts[key].warnings)
            for key, verdict in told.items()
            if key in clean.verdicts
        )
    elif fault.kind == TOLERATED:
        told = {
            k: v for k, v in own.items() if k not in clean.verdicts or v.outcome is not clean.verdicts[k].outcome
        }
        good = not told and bool(own)
    else:
        told = {key: own[key] for key in seen.hit if key in own}
        good = bool(told) and all(verdict.outcome in _NO_WORD for verdict in told.values())
    found = tuple(f"{key[0]}: {verdict.outcome.word}" for key, verdict in told.items())
    return Row(fault.name, fault.subject, fault.kind, fault.clauses, good, found, seen.folder.name)

"""A run as text: verdicts by clause and module, what is known and what is not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.clauses import load_catalogue
from bench.evidence import RunFolder, quarantined, read_journal, settle
from bench.masking import mask_text
from bench.model import Kind, Outcome, Quarantine, Verdict, worst

STYLES = {
    Outcome.NONE: "dim",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.PASS: "green",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.FAIL: "bold red",
    Outcome.ERROR: "bold magenta",
}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a journal tells of its run, for people and for machines."""

    run: str
    bench: str
    verdicts: tuple[Verdict, ...]
    tests: dict[str, str]
    torn: int
    missing: int
    #: by check id; their verdicts decide nothing
    quarantined: Mapping[str, Quarantine]

    @property
    def outcome(self) -> Outcome:
        """The worst verdict; one in quarantine counts as not applicable."""
        return worst(
            Outcome.NOT_APPLICABLE if verdict.check in self.quarantined else verdict.outcome
            for verdict in self.verdicts
        )

    def by_clause(self) -> dict[str, dict[str, Outcome]]:
        """Return the worst outcome per clause and module."""
        found: dict[str, dict[str, Outcome]] = {}
        for verdict in self.verdicts:
            modules = found.setdefault(verdict.clause, {})
            modules[verdict.subject] = worst((modules.get(verdict.subject, Outcome.NONE), verdict.outcome))
        return found


def summarise(folder: RunFolder) -> RunSummary:
    """Fold a run's journal, also one that was cut off; every verdict is derived again."""
    journal = read_journal(folder.journal)
    events = list(journal)
    header = next((event.meaning for event in events if event.kind is Kind.RUN), {})
    tests = {e.meaning["id"]: e.meaning["test"] for e in events if e.kind is Kind.CHECK}
    settled = tuple(settle(events))
    return RunSummary(
        run=folder.name,
        bench=str(header.get("bench", "unknown")),
        verdicts=settled,
        tests=tests,
        torn=journal.torn,
        missing=journal.missing,
        quarantined=quarantined(events, settled),
    )


def render(summary: RunSummary) -> RenderableType:
    """Return the summary for a terminal, identities masked."""
    parts: list[RenderableType] = [_matrix(summary)]
    parts += _details(summary)
    if summary.torn or summary.missing:
        parts.append(
            Text(
                f"The journal has {summary.torn} torn lines and lacks {summary.missing} events.",
                style="bold magenta",
            )
        )
    counts = ", ".join(
        f"{number} {outcome.word}"
        for outcome in reversed(Outcome)
        if (number := sum(verdict.outcome is outcome for verdict in summary.verdicts))
    )
    parts.append(Text(f"{counts or 'no verdict'}: this is a test observation, no certification."))
    return Group(*parts)


def _matrix(summary: RunSummary) -> Table:
    clauses = load_catalogue()
    by_clause = summary.by_clause()
    modules = sorted({module for row in by_clause.values() for module in row})
    table = Table(
        title=f"{summary.bench}: verdicts by clause", title_justify="left", box=None, pad_edge=False, expand=True
    )
    table.add_column("clause", no_wrap=True)
    table.add_column("what it demands", ratio=1)
    for module in modules:
        table.add_column(module, no_wrap=True)
    for id_ in sorted(by_clause, key=lambda name: list(clauses).index(name) if name in clauses else len(clauses)):
        text = clauses[id_].summary_en if id_ in clauses else ""
        table.add_row(id_, text, *(_word(by_clause[id_].get(module, Outcome.NONE)) for module in modules))
    return table


def _details(summary: RunSummary) -> Iterable[RenderableType]:
    for verdict in summary.verdicts:
        test = summary.tests.get(verdict.check, "")
        if verdict.outcome in (Outcome.INCONCLUSIVE, Outcome.FAIL, Outcome.ERROR):
            line = _word(verdict.outcome) + Text(f" {verdict.clause} {verdict.subject}: {test}", style="default")
            yield Group(line, *(Text(mask_text(f"    {reason}")) for reason in verdict.reasons))
        if quarantine := summary.quarantined.get(verdict.check):
            told = f"{verdict.clause} {verdict.subject}: {test} (until {quarantine.expires}: {quarantine.reason})"
            yield Text(mask_text(f"in quarantine, decides nothing: {told}"), style="yellow")
        for warning in verdict.warnings:
            yield Text(mask_text(f"warning {verdict.clause} {verdict.subject}: {warning}"), style="yellow")


def _word(outcome: Outcome) -> Text:
    return Text("" if outcome is Outcome.NONE else outcome.word.replace("_", " "), style=STYLES[outcome])


def show(folder: RunFolder, console: Console) -> RunSummary:
    """Print a run's summary and return it."""
    summary = summarise(folder)
    console.print(render(summary))
    return summary

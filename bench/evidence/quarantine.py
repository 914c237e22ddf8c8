"""Which verdicts of a run decide nothing: a fold over the journal's header and checks."""

from collections.abc import Iterable

from bench.model import Event, Kind, Quarantine, Verdict


def quarantined(events: Iterable[Event], verdicts: Iterable[Verdict]) -> dict[str, Quarantine]:
    """Return the quarantine of every verdict that one covers, by check id."""
    entries: list[Quarantine] = []
    tests: dict[str, str] = {}
    for event in events:
        if event.kind is Kind.RUN:
            entries += [Quarantine(**row) for row in event.meaning.get("quarantine", ())]
        elif event.kind is Kind.CHECK:
            tests[event.meaning["id"]] = event.meaning["test"]
    covered: dict[str, Quarantine] = {}
    for verdict in verdicts:
        # a test that opened no check is named in the id of its verdict
        test = tests.get(verdict.check) or verdict.check.partition("/")[2]
        for entry in entries:
            if entry.covers(test, verdict.clause, verdict.subject):
                covered.setdefault(verdict.check, entry)
    return covered

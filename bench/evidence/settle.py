"""Derives every verdict of a run from its journal alone, also when the run died on the way."""

from collections.abc import Iterable

from bench.evidence.fold import case_files
from bench.judge import judge
from bench.model import Event, Kind, Outcome, Verdict

#: steps that the suites tell: the tests of the run, and each one's start and end
PLANNED = "test-planned"
STARTED = "test-start"
ENDED = "test-end"


def settle(events: Iterable[Event]) -> list[Verdict]:
    """Return one verdict per check, and an error for every test that never came to one.

    A check that was not concluded is an error whatever it had seen: its last controls are missing because the
    bench stopped, not because the network did. Late arrivals count, whenever they were recorded.
    """
    events = list(events)
    concluded = {event.meaning["check"] for event in events if event.kind is Kind.VERDICT}
    cases = case_files(events)
    settled = []
    for case in cases.values():
        verdict = judge(case)
        if case.check.id not in concluded:
            reason = "the suites stopped before the check was concluded"
            verdict = Verdict(verdict.check, verdict.clause, verdict.subject, Outcome.ERROR, (reason,))
        settled.append(verdict)
    checked = {(case.check.test, case.check.subject) for case in cases.values()}
    return settled + list(_without_check(events, checked))


def _without_check(events: Iterable[Event], checked: set[tuple[str, str]]) -> Iterable[Verdict]:
    tests: dict[tuple[str, str], tuple[str, str]] = {}
    for event in events:
        step = event.meaning.get("step")
        if event.kind is Kind.STEP and step in (PLANNED, STARTED):
            reason = "the test was never started" if step == PLANNED else "the test opened no check"
            tests[event.meaning["test"], event.meaning["module"]] = (event.meaning["clause"], reason)
    for (test, module), (clause, reason) in tests.items():
        if (test, module) not in checked:
            yield Verdict(f"{clause}@{module}/{test}", clause, module, Outcome.ERROR, (f"{test}: {reason}",))

"""JUnit XML as a fold over the journal, because Robot's own cannot tell a fault of the bench from a failure."""

import re
from collections import Counter
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from bench.evidence.fold import verdicts
from bench.evidence.meaning import from_meaning
from bench.evidence.quarantine import quarantined
from bench.masking import mask_text
from bench.model import Check, Event, Kind, Outcome, Quarantine, Verdict

_ELEMENTS = {
    Outcome.FAIL: "failure",
    Outcome.ERROR: "error",
    Outcome.INCONCLUSIVE: "error",
    Outcome.NONE: "error",
    Outcome.NOT_APPLICABLE: "skipped",
}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(events: Iterable[Event], name: str) -> str:
    """Return the JUnit text of a run: one test case per check, identities masked.

    fail is a failure; error, inconclusive and a check without a verdict are errors; not_applicable and what is in
    quarantine is skipped. ``name`` names the suite. A case's time is seconds from its check event to its first
    verdict.
    """
    events = list(events)
    checks: dict[str, Check] = {}
    began_ns: dict[str, int] = {}
    ended_ns: dict[str, int] = {}
    for event in events:
        if event.kind is Kind.CHECK:
            check = from_meaning(Check, event.meaning)
            checks[check.id] = check
            began_ns[check.id] = event.mono_ns
        elif event.kind is Kind.VERDICT:
            ended_ns.setdefault(event.meaning["check"], event.mono_ns)
    latest = verdicts(events)
    covered = quarantined(events, latest.values())
    suite = ET.Element("testsuite", name=_clean(name))
    counts: Counter[str] = Counter()
    unjudged = {
        check.id: Verdict(
            check.id, check.clause, check.subject, Outcome.NONE, ("the check ended without a verdict",)
        )
        for check in checks.values()
    }
    # a test that never came to a check has a verdict all the same
    cases = unjudged | latest
    for verdict in cases.values():
        seconds = max(0, ended_ns.get(verdict.check, 0) - began_ns.get(verdict.check, 0)) / 1e9
        case = ET.SubElement(
            suite,
            "testcase",
            classname=_clean(verdict.clause),
            name=_clean(verdict.check),
            time=f"{seconds if verdict.check in began_ns else 0:.3f}",
        )
        counts[_fill(case, verdict, covered.get(verdict.check))] += 1
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(counts["failure"]))
    suite.set("errors", str(counts["error"]))
    suite.set("skipped", str(counts["skipped"]))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _fill(case: ET.Element, verdict: Verdict, quarantine: Quarantine | None) -> str:
    """Put the verdict into its test case and return the element's name, empty for a pass."""
    element = _ELEMENTS.get(verdict.outcome, "")
    if element:
        reasons = [_clean(reason) for reason in verdict.reasons]
        message = f"{verdict.outcome.word}: {reasons[0] if reasons else ''}"
        if quarantine is not None:
            element = "skipped"
            message = _clean(f"in quarantine until {quarantine.expires} ({quarantine.reason}): {message}")
        ET.SubElement(case, element, message=message, type=verdict.outcome.word).text = "\n".join(reasons)
    if verdict.warnings:
        ET.SubElement(case, "system-out").text = "\n".join(f"WARN {_clean(text)}" for text in verdict.warnings)
    return element


def _clean(text: str) -> str:
    return mask_text(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))

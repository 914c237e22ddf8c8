"""Reads why a call ended out of a vendor's +CEER text."""

import re
from collections.abc import Iterable

#: 3GPP TS 24.008 10.5.4.11, table 10.5.123: the names by which modules report the cause of a release
_NAMES = {
    "unassigned (unallocated) number": 1,
    "no route to destination": 3,
    "operator determined barring": 8,
    "normal call clearing": 16,
    "user busy": 17,
    "no user responding": 18,
    "user alerting, no answer": 19,
    "call rejected": 21,
    "number changed": 22,
    "destination out of order": 27,
    "invalid number format": 28,
    "facility rejected": 29,
    "no circuit/channel available": 34,
    "network out of order": 38,
    "temporary failure": 41,
    "switching equipment congestion": 42,
    "requested circuit/channel not available": 44,
    "resources unavailable": 47,
    "requested facility not subscribed": 50,
    "incoming calls barred within the cug": 55,
    "bearer capability not authorized": 57,
    "bearer service not implemented": 65,
    "requested facility not implemented": 69,
    "interworking, unspecified": 127,
}
#: the categorised report of u-blox and Cinterion EHS6 modules: "CC setup error",50,"..."
_NUMBERED = re.compile(r'"CC [a-z ]*error",\s*(\d+)', re.IGNORECASE)


def release_cause(report: str, forms: Iterable[str] = ()) -> int | None:
    """Return the call control cause (24.008 10.5.4.11) that a +CEER text names, None when it names none.

    27.007 6.10 leaves the text to the vendor: a bare number alone means nothing, because vendors count their own
    causes there. ``forms`` are those of the module's dialect (:attr:`Dialect.release`) that do carry one; what
    they find beyond 127, the last cause of 24.008, is the vendor's own and none.
    """
    if numbered := _NUMBERED.search(report):
        return int(numbered[1])
    for found in filter(None, (re.fullmatch(form, report.strip()) for form in forms)):
        code = int(found["cause"])
        return code if 1 <= code <= 127 else None
    text = report.lower()
    return next((code for name, code in _NAMES.items() if name in text), None)

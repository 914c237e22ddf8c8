"""Reads refusal causes by class: what a cause proves about the network's will.

Sources: 3GPP TS 24.008 Annex H (CC), 24.011 Annex E (RP), 24.301 Annex B (ESM), 27.005 3.2.5 and 27.007 9.2
(how the module reports them), RFC 3261 and 3398 (SIP).
"""

from bench.model import Cause, CauseClass

_CLASSES: dict[str, dict[CauseClass, frozenset[int]]] = {
    "CC": {
        CauseClass.POLICY: frozenset({8, 29, 50, 57}),
        CauseClass.AMBIGUOUS: frozenset({21}),
        # a number that nobody has, or that cannot be reached, is no refusal either
        CauseClass.FAR_END: frozenset({1, 3, 17, 18, 19, 22, 27, 28}),
        CauseClass.TRANSIENT: frozenset({34, 38, 41, 42, 47}),
    },
    "CM": {CauseClass.POLICY: frozenset({32, 33}), CauseClass.TRANSIENT: frozenset({34, 17, 22})},
    "RP": {
        CauseClass.POLICY: frozenset({8, 10, 29, 50, 69}),
        CauseClass.AMBIGUOUS: frozenset({21, 28, 30}),
        CauseClass.TRANSIENT: frozenset({38, 41, 42, 47}),
    },
    "ESM": {CauseClass.POLICY: frozenset({8, 27, 29, 33}), CauseClass.TRANSIENT: frozenset({26, 31, 34})},
    # 24.301 A.1: IMEI not accepted, illegal ME
    "EMM": {CauseClass.POLICY: frozenset({5, 6}), CauseClass.TRANSIENT: frozenset({17, 22})},
    "SIP": {
        CauseClass.POLICY: frozenset({403, 603}),
        CauseClass.AMBIGUOUS: frozenset({480, 503}),
        CauseClass.FAR_END: frozenset({486, 408}),
    },
    # 23.040 9.2.3.22: SC busy; no SC subscription, destination SME barred
    "FCS": {CauseClass.TRANSIENT: frozenset({0xC0}), CauseClass.POLICY: frozenset({0xC1, 0xC4})},
    "CMS": {CauseClass.TRANSIENT: frozenset({331, 332}), CauseClass.LOCAL: frozenset(range(300, 512))},
    "CME": {CauseClass.LOCAL: frozenset(range(100))},
    # command_status (SMPP 3.4 5.1.3): invalid source; submit failed, invalid destination; system, queue, throttled
    "SMPP": {
        CauseClass.POLICY: frozenset({0x0A}),
        CauseClass.AMBIGUOUS: frozenset({0x0B, 0x45}),
        CauseClass.TRANSIENT: frozenset({0x08, 0x14, 0x58, 0x64}),
    },
}
#: final states of a delivery receipt (SMPP 3.4 appendix B)
_REPORTS = {
    "REJECTD": CauseClass.POLICY,
    "UNDELIV": CauseClass.AMBIGUOUS,
    "EXPIRED": CauseClass.TRANSIENT,
    "DELIVRD": CauseClass.FAR_END,
}
#: 27.007 9.2: a final that says no more than that the module would not
_LOCAL_FINALS = frozenset({"ERROR", "NO DIALTONE"})

_FAR_END_FINALS = frozenset({"BUSY", "NO ANSWER"})

# 27.007 9.2.2: the +CME codes by which a module passes on a session-management cause.
_CME_TO_ESM = {132: 32, 133: 33, 134: 34, 149: 29}
_CME_TO_EMM = {103: 3, 106: 6, 107: 7, 111: 11, 112: 12, 113: 13}
_CME_UNASKED = frozenset({30, 31})


def cause(layer: str, code: int | None, text: str) -> Cause:
    """Return the cause with its class; a code that no table holds is OTHER."""
    if layer in _LOCAL_FINALS:
        return Cause(layer, code, text, CauseClass.LOCAL)
    for cls, codes in _CLASSES.get(layer, {}).items():
        if code in codes:
            return Cause(layer, code, text, cls)
    return Cause(layer, code, text, CauseClass.OTHER)


def cause_of_message(family: str, code: int | None, text: str) -> Cause:
    """Read the error that ended a message submission (27.005 3.2.5): up to 127 the RP cause, up to 255 TP-FCS."""
    if family == "CMS" and code is not None and 1 <= code <= 255:
        return cause("RP" if code <= 127 else "FCS", code, text)
    return cause(family, code, text)


def cause_of_report(word: str, error: str) -> Cause:
    """Read the receipt on a message that did not arrive; words of a gateway's own (``MK:0012``) tell no cause.

    ``DELIVRD`` without an arrival is no refusal: somebody took the message.
    """
    cls = _REPORTS.get(word, CauseClass.OTHER)
    opaque = ", cause opaque" if cls is CauseClass.OTHER else ""
    return Cause("report", None, f"{word} {error}".rstrip() + opaque, cls)


def cause_of_context(family: str, code: int | None, text: str) -> Cause:
    """Read the error that ended a context activation (27.007 9.2.2)."""
    if family == "CME" and code in _CME_TO_ESM:
        return cause("ESM", _CME_TO_ESM[code], text)
    if family == "CME" and code in _CME_TO_EMM:
        return cause("EMM", _CME_TO_EMM[code], text)
    if family == "CME" or family in _LOCAL_FINALS:
        return cause(family, code, text)
    # the step of a vendor's own dialogue that failed before anything was asked of the network
    return Cause(family, code, text, CauseClass.LOCAL)


def cause_of_call(final: str, code: int | None, text: str) -> Cause:
    """Read the end of a call: ``code`` is the call control cause that ``+CEER`` named.

    ``BUSY`` and ``NO ANSWER`` come from the far end whatever ``+CEER`` says (V.250 5.7.1).
    """
    if final in _FAR_END_FINALS:
        return Cause("CC", None, final, CauseClass.FAR_END)
    return cause("CC", code, text or final)


def cause_of_forwarding(family: str, code: int | None, text: str, *, answered: bool) -> Cause:
    """Read the error that ended a registration of call forwarding (27.007 7.11, 9.2.1).

    27.007 has no number for a refused supplementary service: modules pass it on as "operation not allowed" or the
    like, which also are their own words. They are the network's where it ``answered`` the query of the same
    service, except "no network service" (30) and "network timeout" (31).
    """
    if family == "CME" and code in _CME_UNASKED:
        return Cause(family, code, text, CauseClass.TRANSIENT)
    if family == "CME" and answered:
        return Cause(family, code, text, CauseClass.OTHER)
    return cause(family, code, text)


def unexplained(cause: Cause) -> bool:
    """Whether a call ended without a cause of the network: the module may never have asked it.

    On LTE without IMS modules answer ``NO CARRIER`` to the first ATD although the next one, over CS, works.
    """
    return cause.layer == "CC" and cause.code is None and cause.cls is CauseClass.OTHER

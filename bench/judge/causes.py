"""Reads refusal causes by class: what a cause proves about the network's will.

Sources: 3GPP TS 24.008 Annex H (CC), 24.011 Annex E (RP), 24.301 Annex B (ESM), 27.005 3.2.5 and 27.007 9.2
(how the module reports them), RFC 3261 and 3398 (SIP).
"""

from bench.model import Cause, CauseClass

_CLASSES: dict[str, dict[CauseClass, frozenset[int]]] = {
    "CC": {
        CauseClass.POLICY: frozenset({8, 29, 50, 57}),
        CauseClass.AMBIGUOUS: frozenset({21}),
        CauseClass.FAR_END: frozenset({17, 18, 19}),
        CauseClass.TRANSIENT: frozenset({34, 38, 41, 42, 47}),
    },
    "CM": {CauseClass.POLICY: frozenset({32, 33}), CauseClass.TRANSIENT: frozenset({34, 17, 22})},
    "RP": {
        CauseClass.POLICY: frozenset({8, 10, 29, 50, 69}),
        CauseClass.AMBIGUOUS: frozenset({21, 28, 30}),
        CauseClass.TRANSIENT: frozenset({38, 41, 42, 47}),
    },
    "ESM": {CauseClass.POLICY: frozenset({8, 27, 29, 33}), CauseClass.TRANSIENT: frozenset({26, 31, 34})},
    "EMM": {CauseClass.TRANSIENT: frozenset({17, 22})},
    "SIP": {
        CauseClass.POLICY: frozenset({403, 603}),
        CauseClass.AMBIGUOUS: frozenset({480, 503}),
        CauseClass.FAR_END: frozenset({486, 408}),
    },
    "CMS": {CauseClass.TRANSIENT: frozenset({331, 332})},
    "SMPP": {},
}

_FAR_END_FINALS = frozenset({"BUSY", "NO ANSWER"})

# 27.007 9.2.2: the +CME codes by which a module passes on a session-management cause.
_CME_TO_ESM = {132: 32, 133: 33, 134: 34, 149: 29}
_CME_UNASKED = frozenset({30, 31})
_CME_TO_EMM = {103: 3, 106: 6, 107: 7, 111: 11, 112: 12, 113: 13}


def cause(layer: str, code: int | None, text: str) -> Cause:
    """Return the cause with its class; a code that no table holds is OTHER."""
    for cls, codes in _CLASSES.get(layer, {}).items():
        if code in codes:
            return Cause(layer, code, text, cls)
    return Cause(layer, code, text, CauseClass.OTHER)


def cause_of_message(family: str, code: int | None, text: str) -> Cause:
    """Read the error that ended a message submission; ``+CMS ERROR`` 1..127 is the RP cause (27.005 3.2.5)."""
    if family == "CMS" and code is not None and 1 <= code <= 127:
        return cause("RP", code, text)
    return cause(family, code, text)


def cause_of_context(family: str, code: int | None, text: str) -> Cause:
    """Read the error that ended a context activation (27.007 9.2.2)."""
    if family == "CME" and code in _CME_TO_ESM:
        return cause("ESM", _CME_TO_ESM[code], text)
    if family == "CME" and code in _CME_TO_EMM:
        return cause("EMM", _CME_TO_EMM[code], text)
    return cause(family, code, text)


def cause_of_call(final: str, code: int | None, text: str) -> Cause:
    """Read the end of a call: ``code`` is the call control cause that ``+CEER`` named.

    ``BUSY`` and ``NO ANSWER`` come from the far end whatever ``+CEER`` says (V.250 5.7.1).
    """
    if final in _FAR_END_FINALS:
        return Cause("CC", None, final, CauseClass.FAR_END)
    return cause("CC", code, text or final)


def cause_of_forwarding(family: str, code: int | None, text: str) -> Cause:
    """Read the error that ended a registration of call forwarding (27.007 7.11, 9.2.1).

    Which number stands for which refusal of the network is the vendor's choice; only "no network service" (30) and
    "network timeout" (31) say that the network was not asked.
    """
    if family == "CME" and code in _CME_UNASKED:
        return Cause(family, code, text, CauseClass.TRANSIENT)
    return Cause(family, code, text, CauseClass.OTHER)


def unexplained(cause: Cause) -> bool:
    """Whether a call ended without a cause of the network: the module may never have asked it.

    On LTE without IMS modules answer ``NO CARRIER`` to the first ATD although the next one, over CS, works.
    """
    return cause.layer == "CC" and cause.code is None and cause.cls is CauseClass.OTHER

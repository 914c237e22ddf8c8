"""Checks, the attempts they make, and what witnesses saw of them."""

from dataclasses import dataclass
from enum import StrEnum


class Service(StrEnum):
    """What the attempt asks of the network."""

    VOICE = "voice"
    SMS = "sms"
    PDN = "pdn"
    DATA = "data"


class Direction(StrEnum):
    """Seen from the module: originated (MO) or terminated (MT) there."""

    MO = "mo"
    MT = "mt"


class Expectation(StrEnum):
    """What the clause demands of the subject's attempts."""

    REFUSED = "refused"
    ALLOWED = "allowed"
    #: the check reads a property (a number) instead of making an attempt
    PROPERTY = "property"


class Role(StrEnum):
    """Why an attempt is made."""

    #: the thing under test
    SUBJECT = "subject"
    #: the allowed counterpart from the same module (or, where the contract allows nothing, from a reference)
    SUBJECT_CONTROL = "subject-control"
    #: an unrestricted reference reaches exactly the subject's target
    TARGET_CONTROL = "target-control"


class Witness(StrEnum):
    """Who can have seen an attempt."""

    MODULE = "module"
    FAR_END = "far-end"
    GATEWAY = "gateway"
    CAPTURE = "capture"


class Went(StrEnum):
    """Whether the attempt went through, as one witness saw it: the receiving side got it, or not."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class CauseClass(StrEnum):
    """What a refusal cause proves (3GPP causes read by class)."""

    POLICY = "policy"
    AMBIGUOUS = "ambiguous"
    FAR_END = "far-end"
    TRANSIENT = "transient"
    #: the module itself, which never asked the network
    LOCAL = "local"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the initiator was refused: ``layer`` names the table (``CC``, ``RP``, ``ESM``, ``SIP`` ...)."""

    layer: str
    code: int | None
    text: str
    cls: CauseClass


@dataclass(frozen=True, slots=True)
class Check:
    """One clause tried on one subject: the unit that gets a verdict.

    ``silent_drop`` says that the clause admits a network which accepts and then drops without a cause.
    ``not_applicable`` holds the reason when a declared capability or contract makes the check meaningless.
    """

    id: str
    clause: str
    subject: str
    expectation: Expectation
    test: str = ""
    silent_drop: bool = False
    not_applicable: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, addressed by its token.

    ``initiator`` and ``receiver`` name modules or far ends of the bench file; ``target`` is the number, APN or
    destination without its ``number_format`` (``"plain"``, ``"+86"`` ...). ``token`` stands in what is sent, as
    far as the service can carry it. ``competent`` is the witness whose word decides. ``session`` changes with
    every reboot or deregistration of the subject module; ``plmn``, ``rat`` and ``bearer`` are what the
    originating side used. ``window_s`` is how long the competent witness has to stay silent before that means
    refused. ``repeat`` counts tries of the same thing from 1. ``start_ns`` is CLOCK_MONOTONIC.
    """

    id: str
    check: str
    role: Role
    service: Service
    direction: Direction
    initiator: str
    receiver: str
    target: str
    number_format: str
    token: str
    competent: Witness
    session: str
    plmn: str
    rat: str
    bearer: str
    window_s: float
    start_ns: int
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class Observation:
    """What one witness saw of one attempt.

    ``listened_s`` is how long the witness watched, in seconds from the attempt's start. ``cause`` is the
    initiator's refusal. ``identity`` is the number the receiver was shown, ``identity_right`` whether it is the
    expected one (None: nothing to compare). ``fault`` is set when the bench itself failed there; its text names
    the fault. ``late`` marks an arrival after the test's window.
    """

    attempt: str
    witness: Witness
    name: str
    went: Went
    at_ns: int
    listened_s: float = 0.0
    cause: Cause | None = None
    identity: str | None = None
    identity_right: bool | None = None
    latency_s: float | None = None
    fault: str | None = None
    late: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One property read for a check, already compared with its rule.

    ``name`` says what was read and where (``"EF_MSISDN"``, ``"CLI at phone-a"``). ``holds`` is None when the
    reading decides nothing, with the reason in ``note``; ``absent`` says that it was read and is empty, where
    the rule lets it be. A ``control`` shows that the reading can be believed at all. ``confident`` is False when
    the rule behind it is of low confidence: it then warns and never fails.
    """

    check: str
    name: str
    value: str | None
    holds: bool | None
    absent: bool = False
    control: bool = False
    confident: bool = True
    fault: str | None = None
    note: str = ""

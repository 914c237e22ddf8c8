"""How one attempt of each service is made, and what its witnesses tell of it."""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from bench.judge import (
    cause,
    cause_of_call,
    cause_of_context,
    cause_of_forwarding,
    cause_of_message,
    cause_of_report,
)
from bench.keywords.messageform import MessageForm
from bench.keywords.station import (
    DELIVERED,
    OWN_CONTEXT,
    MessageReport,
    MessageSeen,
    Station,
    network_name,
)
from bench.model import (
    Attempt,
    Cause,
    CauseClass,
    Destination,
    Direction,
    Observation,
    Role,
    Service,
    Went,
    Witness,
)
from bench.numbering import national
from drivers.api import CommandRefused, DriverError, NotConnected
from drivers.at import release_cause
from drivers.packet import DataFarEnd

#: how long after the ringing the number may be shown, in seconds (it comes with the next ring at the latest)
CALLER_SHOWN_S = 2.0
#: how often a waiting called side looks whether the caller was refused meanwhile, in seconds
LOOK_S = 0.25
#: what the module's witness notes when the network took the forwarding
FORWARDING_ACCEPTED = "the network accepted the forwarding"
#: final codes by which the network, and not the module, ends a call set-up (V.250 5.7.1)
RELEASED = frozenset({"NO CARRIER", "BUSY", "NO ANSWER"})
#: a stack of its own gives a connection up after one to two minutes
SOCKET_S = 160.0
#: how long the network may take to accept or refuse a module, in seconds
ATTACH_S = 60.0
#: the data server answers with about as many bytes as it got
ANSWERED = 2


class MessageParty(Protocol):
    """Whoever can send and receive a message: a module or a service provider's number."""

    name: str
    number: str

    def mark(self) -> int:
        """Return the place in the history from which a later wait looks."""
        ...

    def expect_message(self) -> int:
        """Make sure that a message can arrive; return the mark from which to wait for it."""
        ...

    def send_message(self, number: str, token: str, form: MessageForm) -> None:
        """Submit a message that carries the token."""
        ...

    def wait_message(self, token: str, since: int, timeout_s: float) -> MessageSeen | None:
        """Wait for a message that carries the token."""
        ...

    def report_on(self, token: str, timeout_s: float) -> MessageReport | None:
        """Wait for the report that this party's message was delivered; after the timeout return any other one."""
        ...


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing to try: who, what, to whom, and how.

    ``make`` does it, watches the receiving side for the attempt's window, and returns what was seen; unless it is
    told to watch the whole window, it ends early once the initiator was refused.
    ``arrived_late`` asks the receiving side once more at the run's end whether the token came after all.
    ``module`` is the one whose place on the network counts.
    """

    role: Role
    service: Service
    direction: Direction
    initiator: str
    receiver: str
    target: str
    bearer: str
    competent: Witness
    module: Station
    make: Callable[[Attempt, bool], list[Observation]]
    number_format: str = "plain"
    arrived_late: Callable[[Attempt], Observation | None] | None = None

    @property
    def same(self) -> tuple[str, ...]:
        """What makes two controls the same control."""
        return (self.role, self.service, self.direction, self.initiator, self.receiver, self.target, self.bearer)


def _now() -> int:
    return time.monotonic_ns()


def _since(attempt: Attempt) -> float:
    return (_now() - attempt.start_ns) / 1e9


def _left(attempt: Attempt) -> float:
    return max(0.0, attempt.window_s - _since(attempt))


def _arrived(attempt: Attempt, name: str, at_ns: int, *, shown: str | None, expected: str | None) -> Observation:
    """Tell of an arrival; it is late when it came after the attempt's window."""
    latency = (at_ns - attempt.start_ns) / 1e9
    right = None if expected is None else bool(shown) and national(shown or "") == expected
    return Observation(
        attempt.id,
        attempt.competent,
        name,
        Went.YES,
        at_ns,
        listened_s=latency,
        identity=shown,
        identity_right=right,
        latency_s=latency,
        late=0 < attempt.window_s < latency,
    )


def _silent(attempt: Attempt, name: str) -> Observation:
    return Observation(attempt.id, attempt.competent, name, Went.NO, _now(), listened_s=_since(attempt))


def _initiator(attempt: Attempt, name: str, why: Cause | None, note: str) -> Observation:
    """Tell what the initiating side saw; that it was accepted there says nothing about the receiving side."""
    return Observation(attempt.id, Witness.MODULE, name, Went.UNKNOWN, _now(), cause=why, note=note)


def call(attempt: Attempt, caller: Station, callee: Station, dialled: str, *, whole: bool) -> list[Observation]:
    """Dial, watch the called side for the window, and release both sides; the call is never answered.

    The caller's registration and IMS state are read first: a refusal is believed or doubted with them. The window
    begins with the dialling, whatever had to be set and read before.
    """
    standing = caller.voice_standing()
    attempt = replace(attempt, start_ns=_now())
    try:
        seen = _ring(attempt, caller, callee, dialled, standing, whole=whole)
    except DriverError:
        for station in (caller, callee):
            with suppress(DriverError):
                station.idle()
        raise
    caller.idle()
    callee.idle()
    return seen


def _ring(
    attempt: Attempt, caller: Station, callee: Station, dialled: str, standing: str, *, whole: bool
) -> list[Observation]:
    since_caller, since_callee = caller.mark(), callee.mark()
    final = ""
    local = None
    try:
        caller.modem.dial(dialled)
    except CommandRefused as refusal:
        final = refusal.family
        if final not in RELEASED:
            # +CEER still tells of the call before: this one never left the module
            local = cause(refusal.family, refusal.code, refusal.what)
    ring = callee.wait_ring(since_callee, 0)
    while ring is None and _left(attempt) and (whole or not (final or caller.call_ended(since_caller))):
        ring = callee.wait_ring(since_callee, _left(attempt) if whole else min(LOOK_S, _left(attempt)))
    seen = []
    if ring is not None:
        shown = callee.caller_shown(since_callee, CALLER_SHOWN_S)
        withheld = attempt.number_format.startswith("#31#")
        expected = None if withheld else caller.number
        seen.append(_arrived(attempt, callee.name, ring.mono_ns, shown=shown, expected=expected))
    else:
        seen.append(_silent(attempt, callee.name))
    final = final or caller.call_ended(since_caller)
    why = local
    if final in RELEASED:
        report = caller.modem.call_cause()
        why = cause_of_call(final, release_cause(report, caller.channel.dialect.release), report)
    note = f"{final or 'the call was accepted'} ({standing})"
    seen.append(_initiator(attempt, caller.name, why, note))
    return seen


def forwarded_call(
    attempt: Attempt, caller: Station, module: Station, target: Station, *, whole: bool
) -> list[Observation]:
    """Let the module forward every call to the target, then call the module and watch the target.

    The call is made after a refused registration as well: what the network says and what it does are two things.
    """
    if not module.modem.knows_forwarding():
        return [_initiator(attempt, module.name, None, "the module has no call forwarding (+CCFC)")]
    with module.changing("call forwarding", module.erase_forwarding):
        why, note = None, FORWARDING_ACCEPTED
        try:
            module.forward_calls(target.number)
        except CommandRefused as refusal:
            answered = module.hears_of_forwarding()
            why = cause_of_forwarding(refusal.family, refusal.code, refusal.what, answered=answered)
            note = str(refusal)
        since = module.mark()
        seen = call(attempt, caller, target, module.number, whole=whole)
        came = module.wait_ring(since, 0) or any(o.went is Went.YES or o.cause for o in seen)
        if why is None and not came:
            why = Cause("CC", None, "the call reached neither the module nor the target", CauseClass.TRANSIENT)
        module.idle()
    return [_initiator(attempt, module.name, why, note), *seen]


def message(
    attempt: Attempt, sender: MessageParty, receiver: MessageParty, form: MessageForm, *, whole: bool
) -> list[Observation]:
    """Send a message that carries the token and watch the receiving side for the window.

    Of a message of type 0 the receiver shows nothing: its acknowledgement, which the sender's status report
    passes on, stands for it.
    """
    since = receiver.expect_message()
    why, note = None, "the message was accepted"
    try:
        sender.send_message(receiver.number, attempt.token, form)
    except CommandRefused as refusal:
        why, note = cause_of_message(refusal.family, refusal.code, refusal.what), str(refusal)
    shown = form is not MessageForm.type_0
    patience = _left(attempt) if whole or why is None else 0
    arrival = receiver.wait_message(attempt.token, since, patience if shown or why else 0)
    report = sender.report_on(attempt.token, 0 if shown else patience)
    if arrival is not None:
        told = _initiator(attempt, sender.name, why, note)
        seen = _arrived(attempt, receiver.name, arrival.at_ns, shown=arrival.source, expected=sender.number)
        return [seen, told]
    if report is not None:
        note = f"report: {report.word} {report.error}".rstrip()
        if not shown and report.word == DELIVERED:
            return [_acknowledged(attempt, receiver, report), _initiator(attempt, sender.name, None, note)]
        why = cause_of_report(report.word, report.error)
    return [_silent(attempt, receiver.name), _initiator(attempt, sender.name, why, note)]


def _acknowledged(attempt: Attempt, receiver: MessageParty, report: MessageReport) -> Observation:
    return _arrived(attempt, receiver.name, report.at_ns, shown=None, expected=None)


def message_arrived_late(
    attempt: Attempt, sender: MessageParty, receiver: MessageParty, form: MessageForm
) -> Observation | None:
    """Look once more whether the message came."""
    if form is MessageForm.type_0:
        report = sender.report_on(attempt.token, 0)
        delivered = report is not None and report.word == DELIVERED
        return _acknowledged(attempt, receiver, report) if report and delivered else None
    arrival = receiver.wait_message(attempt.token, 0, 0)
    return (
        None
        if arrival is None
        else _arrived(attempt, receiver.name, arrival.at_ns, shown=arrival.source, expected=None)
    )


def context(attempt: Attempt, module: Station, apn: str) -> list[Observation]:
    """Activate a context with the APN and look which APN the network gave.

    The contract's first APN has its own context, which may be up since the attach and stays up; others are tried
    on a free one, which is released and forgotten again.
    """
    if apn in module.subscription.apns[:1]:
        with suppress(CommandRefused):  # the last context of an LTE attachment cannot be given up (23.401 5.4.4.1)
            module.modem.deactivate(OWN_CONTEXT)
        return _activate(attempt, module, apn, OWN_CONTEXT)
    cid = module.modem.free_context()
    try:
        return _activate(attempt, module, apn, cid)
    finally:
        for release in (module.modem.deactivate, module.modem.forget_context):
            with suppress(CommandRefused):
                release(cid)


def attachment(attempt: Attempt, module: Station, apn: str) -> list[Observation]:
    """Register afresh and, where the network takes the module, activate a context with the APN."""
    if module.modem.register_again(ATTACH_S).registered:
        return context(attempt, module, apn)
    code = module.modem.denial()
    why = None if code is None else cause("EMM", code, "registration refused")
    return [_silent(attempt, module.name), _initiator(attempt, module.name, why, "not registered")]


def _activate(attempt: Attempt, module: Station, apn: str, cid: int) -> list[Observation]:
    modem = module.modem
    try:
        if not modem.context(cid).active:
            modem.define_context(cid, apn)
            modem.activate(cid)
    except CommandRefused as refusal:
        why = cause_of_context(refusal.family, refusal.code, refusal.what)
        return [_silent(attempt, module.name), _initiator(attempt, module.name, why, modem.data_cause())]
    given = modem.context(cid)
    if not given.active:
        return [_silent(attempt, module.name)]
    if not given.granted:
        note = "the module cannot tell which APN the network gave"
        went = Went.YES if apn in module.subscription.apns else Went.UNKNOWN
        return [Observation(attempt.id, Witness.MODULE, module.name, went, _now(), note=note)]
    if network_name(given.granted) != network_name(apn):
        # 23.401 5.3.2.1: putting the subscription's own APN in place of another one is a decision of the network
        text = f"the network gave the APN {given.granted} instead"
        replaced = Cause("ESM", None, text, CauseClass.POLICY)
        return [_silent(attempt, module.name), _initiator(attempt, module.name, replaced, "APN replaced")]
    return [_arrived(attempt, module.name, _now(), shown=None, expected=None)]


def data(
    attempt: Attempt, module: Station, server: DataFarEnd, destination: Destination, *, whole: bool
) -> list[Observation]:
    """Send the token to the destination and ask the server whether it came."""
    since = server.mark()
    payload = f"BENCH {attempt.token}\n".encode("ascii")
    module.budget.spend(ANSWERED * len(payload))
    why, note = None, "the payload was handed to the network"
    with ExitStack() as stack:
        try:
            socket = module.modem.open_socket(
                module.go_online(), destination.protocol, destination.host, destination.port, timeout_s=SOCKET_S
            )
            stack.callback(socket.close)
            socket.send(payload)
        except NotConnected as refusal:
            note = str(refusal)  # nothing answered: what a drop looks like from the inside
        except CommandRefused as refusal:
            why, note = cause_of_context(refusal.family, refusal.code, refusal.what), str(refusal)
        patience = _left(attempt) if whole or why is None else 0
        arrival = server.wait_for(lambda seen: seen.token == attempt.token, since=since, timeout_s=patience)
    if arrival is not None:
        told = _initiator(attempt, module.name, why, note)
        return [_arrived(attempt, attempt.receiver, arrival.mono_ns, shown=None, expected=None), told]
    if not module.modem.context(OWN_CONTEXT).active:
        why = Cause("ESM", None, "the context was lost", CauseClass.TRANSIENT)
    return [_silent(attempt, attempt.receiver), _initiator(attempt, module.name, why, note)]


def data_arrived_late(attempt: Attempt, server: DataFarEnd) -> Observation | None:
    """Look once more whether the payload came."""
    arrival = server.wait_for(lambda seen: seen.token == attempt.token, since=0, timeout_s=0)
    return (
        None
        if arrival is None
        else _arrived(attempt, attempt.receiver, arrival.mono_ns, shown=None, expected=None)
    )

"""How one attempt of each service is made, and what its witnesses tell of it."""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Protocol

from bench.judge import cause_of_call, cause_of_context, cause_of_message
from bench.keywords.station import MessageSeen, Station
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
from drivers.api import CommandRefused
from drivers.at import release_cause
from drivers.packet import DataFarEnd

#: the context of the contract's own APN, and the one on which other APNs are tried
OWN_CONTEXT = 1
PROBE_CONTEXT = 2
#: how long after the ringing the number may be shown, in seconds (it comes with the next ring at the latest)
CALLER_SHOWN_S = 2.0
#: how often a waiting called side looks whether the caller was refused meanwhile, in seconds
LOOK_S = 0.25
SOCKET_S = 10.0
#: the data server answers with about as many bytes as it got
ANSWERED = 2


class MessageParty(Protocol):
    """Whoever can send and receive a message: a module or a service provider's number."""

    name: str
    number: str

    def mark(self) -> int:
        """Return the place in the history from which a later wait looks."""
        ...

    def send_message(self, number: str, text: str) -> None:
        """Submit a text."""
        ...

    def wait_message(self, token: str, since: int, timeout_s: float) -> MessageSeen | None:
        """Wait for a message that carries the token."""
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
    right = None if not shown or expected is None else national(shown) == expected
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
        late=latency > attempt.window_s,
    )


def _silent(attempt: Attempt, name: str) -> Observation:
    return Observation(attempt.id, attempt.competent, name, Went.NO, _now(), listened_s=_since(attempt))


def _initiator(attempt: Attempt, name: str, cause: Cause | None, note: str) -> Observation:
    """Tell what the initiating side saw; that it was accepted there says nothing about the receiving side."""
    return Observation(attempt.id, Witness.MODULE, name, Went.UNKNOWN, _now(), cause=cause, note=note)


def call(attempt: Attempt, caller: Station, callee: Station, dialled: str, *, whole: bool) -> list[Observation]:
    """Dial, watch the called side for the window, and release; the call is never answered."""
    since_caller, since_callee = caller.mark(), callee.mark()
    final = ""
    try:
        caller.modem.dial(dialled)
    except CommandRefused as refusal:
        final = refusal.family if refusal.code is None else str(refusal)
    ring = callee.wait_ring(since_callee, 0)
    while ring is None and _left(attempt) and (whole or not (final or caller.call_ended(since_caller))):
        ring = callee.wait_ring(since_callee, _left(attempt) if whole else min(LOOK_S, _left(attempt)))
    seen = []
    if ring is not None:
        shown = callee.caller_shown(since_callee, CALLER_SHOWN_S)
        expected = caller.number if shown else None
        seen.append(_arrived(attempt, callee.name, ring.mono_ns, shown=shown, expected=expected))
    else:
        seen.append(_silent(attempt, callee.name))
    final = final or caller.call_ended(since_caller)
    if ring is None and final:
        report = caller.modem.call_cause()
        cause = cause_of_call(final, release_cause(report, caller.channel.dialect.release), report)
        seen.append(_initiator(attempt, caller.name, cause, final))
    else:
        seen.append(_initiator(attempt, caller.name, None, final or "the call was accepted"))
    caller.idle()
    callee.idle()
    return seen


def message(
    attempt: Attempt, sender: MessageParty, receiver: MessageParty, expected: str | None, *, whole: bool
) -> list[Observation]:
    """Send a text that carries the token and watch the receiving side for the window."""
    since = receiver.mark()
    cause, note = None, "the message was accepted"
    try:
        sender.send_message(receiver.number, f"BENCH {attempt.token}")
    except CommandRefused as refusal:
        cause, note = cause_of_message(refusal.family, refusal.code, refusal.what), str(refusal)
    patience = _left(attempt) if whole or cause is None else 0
    arrival = receiver.wait_message(attempt.token, since, patience)
    told = _initiator(attempt, sender.name, cause, note)
    if arrival is None:
        return [_silent(attempt, receiver.name), told]
    return [_arrived(attempt, receiver.name, arrival.at_ns, shown=arrival.source, expected=expected), told]


def message_arrived_late(attempt: Attempt, receiver: MessageParty) -> Observation | None:
    """Look once more whether the message came."""
    arrival = receiver.wait_message(attempt.token, 0, 0)
    return (
        None
        if arrival is None
        else _arrived(attempt, receiver.name, arrival.at_ns, shown=arrival.source, expected=None)
    )


def context(attempt: Attempt, module: Station, apn: str, cid: int) -> list[Observation]:
    """Activate a context with the APN and look which APN the network gave; it is released again."""
    modem = module.modem
    modem.define_context(cid, apn)
    try:
        modem.activate(cid)
    except CommandRefused as refusal:
        why = cause_of_context(refusal.family, refusal.code, refusal.what)
        return [_silent(attempt, module.name), _initiator(attempt, module.name, why, modem.data_cause())]
    given = modem.context(cid)
    if cid != OWN_CONTEXT:
        with suppress(CommandRefused):
            modem.deactivate(cid)
    if not given.active:
        return [_silent(attempt, module.name)]
    if _network_name(given.apn) not in ("", _network_name(apn)):
        # 23.401 5.3.2.1: putting the subscription's own APN in place of another one is a decision of the network
        replaced = Cause("ESM", None, f"the network gave the APN {given.apn} instead", CauseClass.POLICY)
        return [_silent(attempt, module.name), _initiator(attempt, module.name, replaced, "APN replaced")]
    return [_arrived(attempt, module.name, _now(), shown=None, expected=None)]


def _network_name(apn: str) -> str:
    """Return an APN without its operator identifier, in lower case (23.003 9.1: names do not differ by case)."""
    return apn.lower().partition(".mnc")[0]


def data(
    attempt: Attempt, module: Station, server: DataFarEnd, destination: Destination, *, whole: bool
) -> list[Observation]:
    """Send the token to the destination and ask the server whether it came."""
    since = server.mark()
    payload = f"BENCH {attempt.token}\n".encode("ascii")
    module.budget.spend(ANSWERED * len(payload))
    with ExitStack() as stack:
        cause, note = None, "the payload was handed to the network"
        try:
            module.go_online(OWN_CONTEXT)
            socket = module.modem.open_socket(
                OWN_CONTEXT, destination.protocol, destination.host, destination.port, timeout_s=SOCKET_S
            )
            stack.callback(socket.close)
            socket.send(payload)
        except CommandRefused as refusal:
            cause, note = cause_of_context(refusal.family, refusal.code, refusal.what), str(refusal)
        patience = _left(attempt) if whole or cause is None else 0
        arrival = server.wait_for(lambda seen: seen.token == attempt.token, since=since, timeout_s=patience)
    if arrival is not None:
        told = _initiator(attempt, module.name, cause, note)
        return [_arrived(attempt, attempt.receiver, arrival.mono_ns, shown=None, expected=None), told]
    if not module.modem.context(OWN_CONTEXT).active:
        cause = Cause("ESM", None, "the context was lost", CauseClass.TRANSIENT)
    return [_silent(attempt, attempt.receiver), _initiator(attempt, module.name, cause, note)]


def data_arrived_late(attempt: Attempt, server: DataFarEnd) -> Observation | None:
    """Look once more whether the payload came."""
    arrival = server.wait_for(lambda seen: seen.token == attempt.token, since=0, timeout_s=0)
    return (
        None
        if arrival is None
        else _arrived(attempt, attempt.receiver, arrival.mono_ns, shown=None, expected=None)
    )

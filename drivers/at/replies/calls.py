"""Calls and what the network does with them: 27.007 7.4, 7.6, 7.12, 7.18, 8.67."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from drivers.at.replies.lines import fields, integer, maybe_integer, not_understood, text_at


class CallStat(IntEnum):
    """``<stat>`` of ``+CLCC`` (27.007 7.18)."""

    ACTIVE = 0
    HELD = 1
    DIALING = 2
    ALERTING = 3
    INCOMING = 4
    WAITING = 5


@dataclass(frozen=True, slots=True)
class CallState:
    """One call of ``+CLCC`` (27.007 7.18); ``direction`` is ``"mo"`` or ``"mt"``, ``voice`` from ``<mode>``."""

    index: int
    direction: str
    state: CallStat
    voice: bool
    number: str = ""
    ton: int | None = None


def parse_call(line: str) -> CallState:
    """Read ``+CLCC: <id>,<dir>,<stat>,<mode>,<mpty>[,<number>,<type>...]``."""
    values = fields(line)
    try:
        state = CallStat(integer(values, 2))
    except ValueError as error:
        raise not_understood(line) from error
    return CallState(
        index=integer(values, 0),
        direction="mt" if integer(values, 1) else "mo",
        state=state,
        # voice, or a combined service in its voice mode
        voice=integer(values, 3) in {0, 3, 4, 5},
        number=text_at(values, 5),
        ton=maybe_integer(values, 6),
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """``+CLIP`` (27.007 7.6): the number an incoming call shows and its type of address (24.008 10.5.4.7)."""

    number: str
    ton: int | None


def parse_caller(line: str) -> Caller:
    """Read ``+CLIP: <number>,<type>...``; an empty number is a withheld one."""
    values = fields(line)
    return Caller(text_at(values, 0), maybe_integer(values, 1))


def parse_network_emergency(lines: Iterable[str]) -> tuple[str, ...]:
    """Read the numbers of ``+CEN2: <cat>,<number>`` (27.007 8.67); ``+CEN1`` only says which country sent them."""
    return tuple(text_at(fields(line), 1) for line in lines if line.startswith("+CEN2:"))


#: <class> where a module leaves it out: voice, data and fax (27.007 7.4, 7.12)
_DEFAULT_CLASSES = 7


def parse_service_states(lines: Iterable[str]) -> dict[int, bool]:
    """Read ``<status>,<class>`` lines of ``+CLCK`` (27.007 7.4) and ``+CCWA`` (7.12): active by class of service.

    Classes add up: 1 voice, 2 data, 4 fax, 8 short messages; 7 where the line names none.
    """
    states = {}
    for line in lines:
        row = fields(line)
        states[_class(row, 1)] = _active(line, row)
    return states


def parse_lock(lines: Iterable[str]) -> bool:
    """Read ``+CLCK: <status>[,<class>]`` lines (27.007 7.4): whether the facility is active for any class."""
    return any(parse_service_states(lines).values())


def _active(line: str, row: tuple[str, ...]) -> bool:
    if integer(row, 0) not in {0, 1}:
        raise not_understood(line)
    return row[0] == "1"


def _class(row: tuple[str, ...], position: int) -> int:
    classes = maybe_integer(row, position)
    return _DEFAULT_CLASSES if classes is None else classes


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """``+CCWA`` as an unsolicited code (27.007 7.12): a second call comes in; ``classes`` as for ``+CLCK``."""

    number: str
    ton: int | None
    classes: int


def parse_waiting_call(line: str) -> WaitingCall:
    """Read ``+CCWA: <number>,<type>,<class>...``."""
    row = fields(line)
    return WaitingCall(text_at(row, 0), maybe_integer(row, 1), _class(row, 2))

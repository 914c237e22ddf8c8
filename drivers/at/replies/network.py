"""The network and the radio: 27.007 5.9, 7.2, 7.3, 7.19, 8.2, 8.5, 8.15, 8.69, 8.71, 10.1.20 to 10.1.47."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntEnum

from drivers.api import ProtocolError
from drivers.at.replies.lines import fields, integer, maybe_hex, maybe_integer, not_understood, text_at, text_of


class RegStat(IntEnum):
    """``<stat>`` of 27.007 7.2, 10.1.20, 10.1.22 and 10.1.47."""

    NOT_REGISTERED = 0
    HOME = 1
    SEARCHING = 2
    DENIED = 3
    UNKNOWN = 4
    ROAMING = 5
    HOME_SMS_ONLY = 6
    ROAMING_SMS_ONLY = 7
    EMERGENCY_ONLY = 8
    HOME_CSFB_NOT_PREFERRED = 9
    ROAMING_CSFB_NOT_PREFERRED = 10
    RLOS = 11

    @property
    def registered(self) -> bool:
        """Whether it means a normal registration."""
        return self in {1, 5, 6, 7, 9, 10}


#: ``<AcT>`` of 27.007 7.3 by radio access technology.
_RATS = {
    0: "GSM",
    1: "GSM",
    2: "UMTS",
    3: "GSM",
    4: "UMTS",
    5: "UMTS",
    6: "UMTS",
    7: "LTE",
    8: "GSM",
    9: "NB-IoT",
    10: "LTE",
    11: "NR",
    12: "NR",
    13: "NR",
}


def rat(act: int | None) -> str:
    """Return the radio access technology of an ``<AcT>`` (27.007 7.3), ``""`` when it is not known."""
    return "" if act is None else _RATS.get(act, f"AcT {act}")


@dataclass(frozen=True, slots=True)
class NetworkRegistration:
    """One ``+CREG``, ``+CGREG``, ``+CEREG`` or ``+C5GREG`` line (27.007 7.2, 10.1.20, 10.1.22, 10.1.47).

    ``area`` is the LAC or TAC, ``cell`` the cell identity, ``act`` the ``<AcT>``; with ``<n>`` = 3 a refusal
    carries ``cause_type`` (0: a cause of the specifications) and ``reject_cause``.
    """

    stat: RegStat
    area: int | None = None
    cell: int | None = None
    act: int | None = None
    cause_type: int | None = None
    reject_cause: int | None = None


def parse_registration(line: str, *, unsolicited: bool) -> NetworkRegistration:
    """Read a registration line; the reply to a read command begins with ``<n>``, an unsolicited code does not."""
    values = fields(line)[0 if unsolicited else 1 :]
    try:
        stat = RegStat(integer(values, 0))
    except ValueError as error:
        raise not_understood(line) from error
    # early releases put a routing area code between area and cell
    if len(values) > 4 and not re.fullmatch(r"\d{1,2}|0\d\d|", values[3]):
        values = (*values[:2], *values[3:])
    # <rac> of +CGREG and the NSSAI of +C5GREG stand before the cause
    between = {"+CGREG": 1, "+C5GREG": 2}.get(line.partition(":")[0].strip(), 0)
    return NetworkRegistration(
        stat,
        area=maybe_hex(values, 1),
        cell=maybe_hex(values, 2),
        act=maybe_integer(values, 3),
        cause_type=maybe_integer(values, 4 + between),
        reject_cause=maybe_integer(values, 5 + between),
    )


_REGISTRATION = ("+CREG:", "+CGREG:", "+CEREG:", "+C5GREG:")


def is_loss(line: str) -> bool:
    """Whether an unsolicited code says that a domain is no longer registered (27.007 7.2)."""
    if not line.startswith(_REGISTRATION):
        return False
    try:
        return not parse_registration(line, unsolicited=True).stat.registered
    except ProtocolError:
        return False


@dataclass(frozen=True, slots=True)
class Operator:
    """``+COPS?`` (27.007 7.3): ``name`` in the form that ``format`` says (2: numeric PLMN), ``""`` without one."""

    mode: int
    format: int | None = None
    name: str = ""
    act: int | None = None


def parse_operator(line: str) -> Operator:
    """Read ``+COPS: <mode>[,<format>,<oper>[,<AcT>]]``."""
    values = fields(line)
    return Operator(integer(values, 0), maybe_integer(values, 1), text_at(values, 2), maybe_integer(values, 3))


def parse_rssi(line: str) -> int | None:
    """Read ``+CSQ: <rssi>,<ber>`` (27.007 8.5): dBm, None when not known."""
    level = integer(fields(line), 0)
    return None if level == 99 else 2 * level - 113


@dataclass(frozen=True, slots=True)
class Signal:
    """``+CESQ`` (27.007 8.69), dBm and dB at the lower bound of each step; None: not measured."""

    rxlev_dbm: int | None
    rscp_dbm: int | None
    ecno_db: float | None
    rsrq_db: float | None
    rsrp_dbm: int | None


def parse_signal(line: str) -> Signal:
    """Read ``+CESQ: <rxlev>,<ber>,<rscp>,<ecno>,<rsrq>,<rsrp>``."""
    values = fields(line)
    rxlev, rscp, ecno, rsrq, rsrp = (integer(values, position) for position in (0, 2, 3, 4, 5))
    return Signal(
        rxlev_dbm=None if rxlev == 99 else rxlev - 111,
        rscp_dbm=None if rscp == 255 else rscp - 121,
        ecno_db=None if ecno == 255 else ecno / 2 - 24.5,
        rsrq_db=None if rsrq == 255 else rsrq / 2 - 20,
        rsrp_dbm=None if rsrp == 255 else rsrp - 141,
    )


@dataclass(frozen=True, slots=True)
class ImsState:
    """``+CIREG?`` or ``+CIREGU`` (27.007 8.71): registered to IMS, and for what (``<ext_info>`` bits 1 and 3)."""

    registered: bool
    voice: bool
    sms: bool


def parse_ims(line: str) -> ImsState:
    """Read ``+CIREG: <n>,<reg_info>[,<ext_info>]`` or ``+CIREGU: <reg_info>[,<ext_info>]``."""
    values = fields(line)[0 if line.lstrip().startswith("+CIREGU") else 1 :]
    services = maybe_hex(values, 1) or 0
    registered = integer(values, 0) == 1
    return ImsState(registered, voice=registered and bool(services & 1), sms=registered and bool(services & 4))


#: One operator of ``+COPS=?``; some modules close the parenthesis before the <AcT>
_LISTED = re.compile(
    r'\(\s*(?P<stat>[0-3])\s*,\s*"?(?P<long>[^",]*)"?\s*,\s*"?(?P<short>[^",]*)"?\s*,\s*"?(?P<plmn>[^",()]*)"?\s*\)?'
    r"(?:\s*,\s*(?P<act>\d+)\s*)?\)"
)


class NetworkStat(IntEnum):
    """``<stat>`` of a network that a search found (27.007 7.3)."""

    UNKNOWN = 0
    AVAILABLE = 1
    CURRENT = 2
    FORBIDDEN = 3


@dataclass(frozen=True, slots=True)
class ListedOperator:
    """One operator that the module hears, ``+COPS=?`` (27.007 7.3); ``plmn`` is numeric, names may be ``""``."""

    stat: NetworkStat
    long: str
    short: str
    plmn: str
    act: int | None = None


def parse_operators(line: str) -> tuple[ListedOperator, ...]:
    """Read ``+COPS: [(<stat>,<long>,<short>,<numeric>[,<AcT>]),...]``; the ranges of modes behind them go."""
    found = []
    for listed in _LISTED.finditer(text_of(line)):
        long, short, plmn = (listed[name].strip() for name in ("long", "short", "plmn"))
        if re.fullmatch(r"\d{5,7}", plmn):
            act = None if listed["act"] is None else int(listed["act"])
            found.append(ListedOperator(NetworkStat(int(listed["stat"])), long, short, plmn, act))
    return tuple(found)


def parse_networks(line: str) -> dict[str, NetworkStat]:
    """Read the networks of ``+COPS=?`` (27.007 7.3) by numeric PLMN; one found on several technologies is one."""
    return {operator.plmn: operator.stat for operator in parse_operators(line)}


@dataclass(frozen=True, slots=True)
class PreferredOperator:
    """One place of the card's list of preferred operators, ``+CPOL?`` (27.007 7.19), with what it allows there.

    ``technologies`` are of GSM, GSM compact, UTRAN, E-UTRAN and NG-RAN those that the entry allows; empty when the
    module does not say.
    """

    index: int
    plmn: str
    technologies: frozenset[str] = frozenset()


_PREFERRED = ("GSM", "GSM compact", "UTRAN", "E-UTRAN", "NG-RAN")


def parse_preferred_operators(lines: Iterable[str]) -> tuple[PreferredOperator, ...]:
    """Read ``+CPOL: <index>,2,<oper>[,<GSM_AcT>[,<GSM_Compact_AcT>...]]``, numeric operators only."""
    found = []
    for line in lines:
        row = fields(line)
        if integer(row, 1) != 2 or not re.fullmatch(r"\d{5,6}", text_at(row, 2)):
            raise not_understood(line)
        allowed = frozenset(name for name, flag in zip(_PREFERRED, row[3:], strict=False) if flag == "1")
        found.append(PreferredOperator(integer(row, 0), row[2], allowed))
    return tuple(found)


def parse_network_choice(line: str) -> int:
    """Read ``+WS46: <n>`` (27.007 5.9): 12 GSM, 22 UTRAN, 25 everything, 28 E-UTRAN, 29 to 31 two of them."""
    return integer(fields(line), 0)


def parse_functionality(line: str) -> int:
    """Read ``<fun>`` of ``+CFUN: <fun>[,<rst>]`` (27.007 8.2): 0 minimum, 1 full, 4 radio off."""
    return integer(fields(line), 0)


_CLOCK = re.compile(r"(\d\d)/(\d\d)/(\d\d),(\d\d):(\d\d):(\d\d)([+-]\d{1,2})?")


def parse_clock(line: str) -> datetime:
    """Read ``+CCLK: "yy/MM/dd,hh:mm:ss[+-zz]"`` (27.007 8.15), zz in quarters of an hour; local time.

    Without a time zone the result is naive.
    """
    found = _CLOCK.search(text_of(line))
    try:
        if found is None:
            raise not_understood(line)
        year, month, day, hour, minute, second = map(int, found.groups()[:6])
        zone = None if found[7] is None else timezone(timedelta(minutes=15 * int(found[7])))
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise not_understood(line) from error

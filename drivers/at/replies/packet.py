"""Packet data contexts: 27.007 10.1.1, 10.1.10, 10.1.14, 10.1.19 and 10.1.23."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from drivers.at.replies.lines import fields, integer, maybe_integer, not_understood, offered, text_at, text_of


@dataclass(frozen=True, slots=True)
class ContextDefinition:
    """One line of ``+CGDCONT?`` (27.007 10.1.1)."""

    cid: int
    pdp_type: str
    apn: str


def parse_context_definitions(lines: Iterable[str]) -> tuple[ContextDefinition, ...]:
    """Read ``+CGDCONT: <cid>,<PDP_type>,<APN>...`` lines."""
    return tuple(
        ContextDefinition(integer(row, 0), text_at(row, 1), text_at(row, 2)) for row in map(fields, lines)
    )


def parse_context_states(lines: Iterable[str]) -> dict[int, bool]:
    """Read ``+CGACT: <cid>,<state>`` lines (27.007 10.1.10): active by context."""
    return {integer(row, 0): integer(row, 1) == 1 for row in map(fields, lines) if row}


def parse_addresses(lines: Iterable[str]) -> dict[int, str]:
    """Read ``+CGPADDR: <cid>[,<address>...]`` lines (27.007 10.1.14): first address by context, ``""`` if none."""
    found = {}
    for row in map(fields, lines):
        found[integer(row, 0)] = _ip_address(text_at(row, 1).removeprefix("IPV4:").partition(" ")[0])
    return found


def _ip_address(text: str) -> str:
    """Return an address as people write it, ``""`` for none; 27.007 10.1.14 writes IPv6 as 16 decimal octets."""
    octets = text.split(".")
    try:
        address = ip_address(bytes(map(int, octets)) if len(octets) == 16 else text)
    except ValueError:
        return text
    return "" if address.is_unspecified else str(address)


@dataclass(frozen=True, slots=True)
class ActiveContext:
    """``+CGCONTRDP`` (27.007 10.1.23): what the network gave. Addresses are ``""`` when not given."""

    cid: int
    bearer: int
    apn: str
    address: str = ""
    subnet_mask: str = ""
    gateway: str = ""
    dns: tuple[str, ...] = ()


def parse_active_context(line: str) -> ActiveContext:
    """Read ``+CGCONTRDP: <cid>,<bearer>,<apn>[,<address and mask>[,<gateway>[,<DNS>[,<DNS>]]]]``.

    Up to release 9 address and mask stood in fields of their own; both forms are read.
    """
    values = list(fields(line))
    address, mask = _split_mask(text_at(values, 3))
    if not mask and re.fullmatch(r"(?:255|254|252|248|240|224|192|128|0)(?:\.\d+){3}", text_at(values, 4)):
        mask = values.pop(4)
    return ActiveContext(
        cid=integer(values, 0),
        bearer=integer(values, 1),
        apn=text_at(values, 2),
        address=_ip_address(address),
        subnet_mask=mask,
        gateway=_ip_address(text_at(values, 4)),
        dns=tuple(address for address in map(_ip_address, values[5:7]) if address),
    )


def _split_mask(value: str) -> tuple[str, str]:
    """27.007 10.1.23 writes address and mask as one dotted string: 8 octets for IPv4, 32 for IPv6."""
    octets = value.split(".")
    if len(octets) in {8, 32}:
        half = len(octets) // 2
        return ".".join(octets[:half]), ".".join(octets[half:])
    return value, ""


@dataclass(frozen=True, slots=True)
class OfferedContexts:
    """One line of ``+CGDCONT=?`` (27.007 10.1.1): the numbers that contexts of one type may have."""

    cids: tuple[int, ...]
    pdp_type: str


def parse_offered_contexts(lines: Iterable[str]) -> tuple[OfferedContexts, ...]:
    """Read ``+CGDCONT: (list of <cid>s),<PDP_type>...`` lines."""
    found = []
    for line in lines:
        groups = offered(line)
        if len(groups) < 2 or not all(cid.isdecimal() for cid in groups[0]):
            raise not_understood(line)
        found.append(OfferedContexts(tuple(map(int, groups[0])), "".join(groups[1][:1])))
    return tuple(found)


#: Who, whether a connection (PDN) or a context within one, and what happened (27.007 10.1.19)
_EVENT = re.compile(r"(?:(NW|ME) )?(?:(PDN) )?(ACT|DEACT|MODIFY|DETACH|CLASS|REJECT|REACT)\b\s*(.*)")


@dataclass(frozen=True, slots=True)
class ContextEvent:
    """``+CGEV`` (27.007 10.1.19).

    ``by`` is ``"NW"``, ``"ME"`` or ``""``; ``what`` the event (``"PDN ACT"``, ``"DEACT"``, ``"DETACH"`` ...).
    ``parent`` is the context that a secondary one belongs to, ``event_type`` why it came or went;
    ``pdp_type`` and ``address`` stand in the older forms of ``DEACT``, ``REJECT`` and ``REACT``.
    """

    by: str
    what: str
    cid: int | None = None
    parent: int | None = None
    event_type: int | None = None
    pdp_type: str = ""
    address: str = ""


def parse_context_event(line: str) -> ContextEvent:
    """Read ``+CGEV: <event>``, with or without its prefix."""
    found = _EVENT.match(text_of(line))
    if found is None:
        raise not_understood(line)
    by = found[1] or ("NW" if found[3] == "REJECT" else "")
    what = " ".join(filter(None, found.group(2, 3)))
    values = fields(found[4])
    if what in {"DETACH", "CLASS"}:
        return ContextEvent(by, what)
    if found[2] or what == "MODIFY":
        return ContextEvent(by, what, cid=integer(values, 0))
    if values and values[0].isdecimal():  # <p_cid>,<cid>,<event_type>
        return ContextEvent(
            by, what, parent=integer(values, 0), cid=integer(values, 1), event_type=maybe_integer(values, 2)
        )
    cid = maybe_integer(values, 2)
    return ContextEvent(by, what, cid=cid, pdp_type=text_at(values, 0), address=text_at(values, 1))

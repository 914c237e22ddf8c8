"""What modules answer, as data: pure parsers of information lines and unsolicited codes.

Tolerant where modules differ (blanks, missing quotes, missing prefixes, half-quoted strings), strict about what
the answer means: :class:`ProtocolError` when a line cannot be understood.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from ipaddress import ip_address

from drivers.api import ProtocolError
from drivers.sms import Tpdu, decode_tpdu, split_smsc

#: A quoted string ends at a quote before a comma; what began without a quote ends at a comma.
_FIELD = re.compile(r'\s*(?:"(.*?)"\s*|([^,]*)),', re.DOTALL)
_PREFIX = re.compile(r"\s*[-+*^$#%!@&]\w+\s*:")


def fields(line: str) -> tuple[str, ...]:
    """Split what stands behind a line's prefix (``+CREG:``) at commas; blanks around and quotes go."""
    text = text_of(line)
    return tuple(quoted or bare.strip().strip('"') for quoted, bare in _FIELD.findall(text + ",")) if text else ()


def text_of(line: str) -> str:
    """Return what stands behind a line's prefix, or the whole line when it has none."""
    prefix = _PREFIX.match(line)
    return line[prefix.end() :].strip() if prefix else line.strip()


def _not_understood(line: str | Sequence[str]) -> ProtocolError:
    return ProtocolError(f"cannot be understood: {line!r}")


def _integer(values: Sequence[str], position: int) -> int:
    try:
        return int(values[position])
    except (IndexError, ValueError) as error:
        raise _not_understood(values) from error


def _maybe_integer(values: Sequence[str], position: int) -> int | None:
    return int(values[position]) if len(values) > position and values[position].isdecimal() else None


def _maybe_hex(values: Sequence[str], position: int) -> int | None:
    if len(values) <= position or not values[position]:
        return None
    try:
        return int(values[position], 16)
    except ValueError as error:
        raise _not_understood(values) from error


def _text(values: Sequence[str], position: int) -> str:
    return values[position] if len(values) > position else ""


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
        stat = RegStat(_integer(values, 0))
    except ValueError as error:
        raise _not_understood(line) from error
    # early releases put a routing area code between area and cell
    if len(values) > 4 and not re.fullmatch(r"\d{1,2}|0\d\d|", values[3]):
        values = (*values[:2], *values[3:])
    # <rac> of +CGREG and the NSSAI of +C5GREG stand before the cause
    between = {"+CGREG": 1, "+C5GREG": 2}.get(line.partition(":")[0].strip(), 0)
    return NetworkRegistration(
        stat,
        area=_maybe_hex(values, 1),
        cell=_maybe_hex(values, 2),
        act=_maybe_integer(values, 3),
        cause_type=_maybe_integer(values, 4 + between),
        reject_cause=_maybe_integer(values, 5 + between),
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
    return Operator(_integer(values, 0), _maybe_integer(values, 1), _text(values, 2), _maybe_integer(values, 3))


class NetworkStat(IntEnum):
    """``<stat>`` of a network that a search found (27.007 7.3)."""

    UNKNOWN = 0
    AVAILABLE = 1
    CURRENT = 2
    FORBIDDEN = 3


_FOUND = re.compile(r'\((\d),"[^"]*","[^"]*","?(\d{5,6})"?(?:,\d+)?\)')


def parse_networks(line: str) -> dict[str, NetworkStat]:
    """Read the networks of ``+COPS=?`` (27.007 7.3) by numeric PLMN; one found on several technologies is one."""
    return {plmn: NetworkStat(int(stat)) for stat, plmn in _FOUND.findall(line)}


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
        state = CallStat(_integer(values, 2))
    except ValueError as error:
        raise _not_understood(line) from error
    return CallState(
        index=_integer(values, 0),
        direction="mt" if _integer(values, 1) else "mo",
        state=state,
        # voice, or a combined service in its voice mode
        voice=_integer(values, 3) in {0, 3, 4, 5},
        number=_text(values, 5),
        ton=_maybe_integer(values, 6),
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """``+CLIP`` (27.007 7.6): the number an incoming call shows and its type of address (24.008 10.5.4.7)."""

    number: str
    ton: int | None


def parse_caller(line: str) -> Caller:
    """Read ``+CLIP: <number>,<type>...``; an empty number is a withheld one."""
    values = fields(line)
    return Caller(_text(values, 0), _maybe_integer(values, 1))


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A subscriber number as the card stores it: ``+CNUM`` (27.007 7.1) or a record of EF_MSISDN.

    ``ton`` is the type of address (145 international, 129 unknown, 161 national), None when it is not given.
    """

    number: str
    ton: int | None = None
    alpha: str = ""


def parse_own_numbers(lines: Iterable[str]) -> tuple[OwnNumber, ...]:
    """Read ``+CNUM: [<alpha>],<number>,<type>...``; empty numbers, which modules report for an empty file, go."""
    rows = [fields(line) for line in lines]
    numbers = [OwnNumber(_text(row, 1), _maybe_integer(row, 2), _text(row, 0)) for row in rows]
    return tuple(number for number in numbers if number.number)


def parse_network_emergency(lines: Iterable[str]) -> tuple[str, ...]:
    """Read the numbers of ``+CEN2: <cat>,<number>`` (27.007 8.67); ``+CEN1`` only says which country sent them."""
    return tuple(_text(fields(line), 1) for line in lines if line.startswith("+CEN2:"))


@dataclass(frozen=True, slots=True)
class CardReply:
    """``+CRSM`` (27.007 8.18): status words and response."""

    sw1: int
    sw2: int
    data: bytes

    @property
    def done(self) -> bool:
        """Whether the card did it (102 221 10.2.1: 90xx, 91xx, 92xx; 51.011 9.4: 9Fxx)."""
        return self.sw1 in {0x90, 0x91, 0x92, 0x9F}


def parse_card(line: str) -> CardReply:
    """Read ``+CRSM: <sw1>,<sw2>[,<response>]``."""
    values = fields(line)
    try:
        data = bytes.fromhex(_text(values, 2))
    except ValueError as error:
        raise _not_understood(line) from error
    return CardReply(_integer(values, 0), _integer(values, 1), data)


def parse_rssi(line: str) -> int | None:
    """Read ``+CSQ: <rssi>,<ber>`` (27.007 8.5): dBm, None when not known."""
    level = _integer(fields(line), 0)
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
    rxlev, rscp, ecno, rsrq, rsrp = (_integer(values, position) for position in (0, 2, 3, 4, 5))
    return Signal(
        rxlev_dbm=None if rxlev == 99 else rxlev - 111,
        rscp_dbm=None if rscp == 255 else rscp - 121,
        ecno_db=None if ecno == 255 else ecno / 2 - 24.5,
        rsrq_db=None if rsrq == 255 else rsrq / 2 - 20,
        rsrp_dbm=None if rsrp == 255 else rsrp - 141,
    )


@dataclass(frozen=True, slots=True)
class ContextDefinition:
    """One line of ``+CGDCONT?`` (27.007 10.1.1)."""

    cid: int
    pdp_type: str
    apn: str


def parse_context_definitions(lines: Iterable[str]) -> tuple[ContextDefinition, ...]:
    """Read ``+CGDCONT: <cid>,<PDP_type>,<APN>...`` lines."""
    return tuple(ContextDefinition(_integer(row, 0), _text(row, 1), _text(row, 2)) for row in map(fields, lines))


def parse_context_states(lines: Iterable[str]) -> dict[int, bool]:
    """Read ``+CGACT: <cid>,<state>`` lines (27.007 10.1.10): active by context."""
    return {_integer(row, 0): _integer(row, 1) == 1 for row in map(fields, lines) if row}


def parse_addresses(lines: Iterable[str]) -> dict[int, str]:
    """Read ``+CGPADDR: <cid>[,<address>...]`` lines (27.007 10.1.14): first address by context, ``""`` if none."""
    found = {}
    for row in map(fields, lines):
        found[_integer(row, 0)] = _ip_address(_text(row, 1).removeprefix("IPV4:").partition(" ")[0])
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
    address, mask = _split_mask(_text(values, 3))
    if not mask and re.fullmatch(r"(?:255|254|252|248|240|224|192|128|0)(?:\.\d+){3}", _text(values, 4)):
        mask = values.pop(4)
    return ActiveContext(
        cid=_integer(values, 0),
        bearer=_integer(values, 1),
        apn=_text(values, 2),
        address=_ip_address(address),
        subnet_mask=mask,
        gateway=_ip_address(_text(values, 4)),
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
class Storage:
    """The memory that messages are read from, ``<mem1>`` of ``+CPMS?`` (27.005 3.2.2)."""

    memory: str
    used: int
    total: int


def parse_storage(line: str) -> Storage:
    """Read ``+CPMS: <mem1>,<used1>,<total1>...``."""
    values = fields(line)
    return Storage(_text(values, 0), _integer(values, 1), _integer(values, 2))


def parse_reference(line: str) -> int:
    """Read ``<mr>`` of ``+CMGS: <mr>...`` (27.005 4.3)."""
    return _integer(fields(line), 0)


class MessageStat(IntEnum):
    """``<stat>`` in PDU mode (27.005 3.1)."""

    RECEIVED_UNREAD = 0
    RECEIVED_READ = 1
    STORED_UNSENT = 2
    STORED_SENT = 3


@dataclass(frozen=True, slots=True)
class StoredSms:
    """One message of ``+CMGL`` or ``+CMGR`` in PDU mode (27.005 4.1, 4.2); ``index`` is None for ``+CMGR``."""

    index: int | None
    stat: MessageStat
    pdu: bytes

    @property
    def message(self) -> Tpdu:
        """The message; raises :class:`drivers.sms.SmsFormatError`."""
        return read_pdu(self.pdu, received=self.stat in {MessageStat.RECEIVED_UNREAD, MessageStat.RECEIVED_READ})


def read_pdu(pdu: bytes, *, received: bool) -> Tpdu:
    """Decode ``<pdu>`` of 27.005 3.1, service centre address first; raises :class:`drivers.sms.SmsFormatError`."""
    return decode_tpdu(split_smsc(pdu)[1], towards="ms" if received else "sc")


def parse_pdu(text: str) -> bytes:
    """Read the hex digits of a PDU."""
    try:
        return bytes.fromhex(text.strip().strip('"'))
    except ValueError as error:
        raise _not_understood(text) from error


def parse_stored_sms(lines: Iterable[str]) -> tuple[StoredSms, ...]:
    """Read ``+CMGL: <index>,<stat>,[<alpha>],<length>`` or ``+CMGR: <stat>,[<alpha>],<length>`` with their PDUs.

    A PDU stands on the next line; some modules put it on the same one.
    """
    found = []
    remaining = iter(lines)
    for line in remaining:
        listed = line.lstrip().startswith("+CMGL")
        values = fields(line)
        head = values if listed else ("", *values)
        _, same_line, pdu = _text(head, 3).partition(" ")
        try:
            stat = MessageStat(_integer(head, 1))
        except ValueError as error:
            raise _not_understood(line) from error
        content = parse_pdu(pdu if same_line else next(remaining, ""))
        found.append(StoredSms(_integer(head, 0) if listed else None, stat, content))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class StoredAt:
    """``+CMTI`` or ``+CDSI`` (27.005 3.4.1): where a message was stored."""

    memory: str
    index: int


def parse_stored_at(line: str) -> StoredAt:
    """Read ``+CMTI: <mem>,<index>``."""
    values = fields(line)
    return StoredAt(_text(values, 0), _integer(values, 1))


@dataclass(frozen=True, slots=True)
class ImsState:
    """``+CIREG?`` or ``+CIREGU`` (27.007 8.71): registered to IMS, and for what (``<ext_info>`` bits 1 and 3)."""

    registered: bool
    voice: bool
    sms: bool


def parse_ims(line: str) -> ImsState:
    """Read ``+CIREG: <n>,<reg_info>[,<ext_info>]`` or ``+CIREGU: <reg_info>[,<ext_info>]``."""
    values = fields(line)[0 if line.lstrip().startswith("+CIREGU") else 1 :]
    services = _maybe_hex(values, 1) or 0
    registered = _integer(values, 0) == 1
    return ImsState(registered, voice=registered and bool(services & 1), sms=registered and bool(services & 4))


class PinState(StrEnum):
    """``<code>`` of ``+CPIN?`` (27.007 8.3)."""

    READY = "READY"
    SIM_PIN = "SIM PIN"
    SIM_PUK = "SIM PUK"
    PH_SIM_PIN = "PH-SIM PIN"
    PH_FSIM_PIN = "PH-FSIM PIN"
    PH_FSIM_PUK = "PH-FSIM PUK"
    SIM_PIN2 = "SIM PIN2"
    SIM_PUK2 = "SIM PUK2"
    PH_NET_PIN = "PH-NET PIN"
    PH_NET_PUK = "PH-NET PUK"
    PH_NETSUB_PIN = "PH-NETSUB PIN"
    PH_NETSUB_PUK = "PH-NETSUB PUK"
    PH_SP_PIN = "PH-SP PIN"
    PH_SP_PUK = "PH-SP PUK"
    PH_CORP_PIN = "PH-CORP PIN"
    PH_CORP_PUK = "PH-CORP PUK"

    @property
    def locks_module(self) -> bool:
        """Whether a personalisation of the module (3GPP TS 22.022) keeps it from using this card."""
        return self.startswith("PH-")


def parse_pin(line: str) -> PinState:
    """Read ``+CPIN: <code>``."""
    try:
        return PinState(_text(fields(line), 0))
    except ValueError as error:
        raise _not_understood(line) from error


def parse_lock(lines: Iterable[str]) -> bool:
    """Read ``+CLCK: <status>[,<class>]`` lines (27.007 7.4): whether the facility is active for any class."""
    return any(_integer(fields(line), 0) == 1 for line in lines)


def parse_iccid(line: str) -> str:
    """Read an ICCID in any of its forms (prefix, quotes, filler F); returns 18 to 20 characters.

    ITU-T E.118: 89, then up to 18 digits; Chinese cards use hex letters in them, which stay. Some modules answer
    as EF_ICCID stores it (102 221 13.2), with the semi-octets of each octet swapped.
    """
    text = text_of(line).strip('"').upper()
    if re.fullmatch(r"98[0-9A-F]{17,18}", text) and len(text) % 2 == 0:
        text = "".join(text[at + 1] + text[at] for at in range(0, len(text), 2))
    text = text.rstrip("F") if len(text) == 20 else text
    if not re.fullmatch(r"89[0-9A-F]{16,18}", text):
        raise _not_understood(line)
    return text


def parse_digits(lines: Iterable[str]) -> str:
    """Read an IMSI (``+CIMI``, 27.007 5.6) or an IMEI (``+CGSN``, 5.4): the first line of 14 to 16 digits."""
    texts = [text_of(line).strip('"') for line in lines]
    for text in texts:
        if re.fullmatch(r"\d{14,16}", text):
            return text
    raise _not_understood(texts)


def parse_identity(lines: Iterable[str]) -> str:
    """Read the answer of ``+CGMI``, ``+CGMM`` or ``+CGMR`` (27.007 5.1 to 5.3).

    It has no prefix by the specification, but some modules write one; several lines become one.
    """
    return " ".join(text for text in (text_of(line).strip('"').strip() for line in lines) if text)

"""Transfer protocol data units of the short message service (3GPP TS 23.040 9.2.2).

Octets behind the last field are ignored (a receiver has to expect later extensions, 9.2.3.27). Reserved bits are
not kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Self

from drivers.sms.address import Address
from drivers.sms.errors import SmsFormatError
from drivers.sms.octets import Reader
from drivers.sms.times import decode_relative, encode_relative, encode_time, read_time
from drivers.sms.userdata import UserData

# First octet (9.2.3.1 to 9.2.3.7, 9.2.3.17, 9.2.3.23 to 9.2.3.28)
_MTI = 0x03
_RD = 0x04
_NO_MMS = 0x04  # TP-MMS is 0 when more messages wait
_LP = 0x08
_VPF = 0x18
_SRR = _SRI = _SRQ = 0x20
_UDHI = 0x40
_RP = 0x80

_VPF_ENHANCED = 0x08
_VPF_RELATIVE = 0x10
_ENHANCED_OCTETS = 7

# Parameter indicator (9.2.3.27)
_PI_PID = 0x01
_PI_DCS = 0x02
_PI_UDL = 0x04
_PI_EXTENSION = 0x80


@dataclass(frozen=True, slots=True)
class Submit:
    """SMS-SUBMIT, from the mobile to the service centre (9.2.2.2).

    ``reference`` is TP-MR (modules number themselves and ignore it). ``validity`` is relative (timedelta, rounded
    up to the next period there is), absolute (aware datetime) or the seven octets of the enhanced format as they
    are. ``status_report`` asks for one (TP-SRR), ``reject_duplicates`` is TP-RD, ``reply_path`` TP-RP.
    """

    destination: Address
    user_data: UserData
    reference: int = 0
    validity: timedelta | datetime | bytes | None = None
    status_report: bool = False
    reject_duplicates: bool = False
    reply_path: bool = False
    pid: int = 0

    def encode(self) -> bytes:
        """Return the TPDU; raises SmsFormatError for values that do not fit."""
        vpf, validity = self._validity()
        first = (
            0x01
            | vpf
            | _RD * self.reject_duplicates
            | _SRR * self.status_report
            | _UDHI * bool(self.user_data.header)
            | _RP * self.reply_path
        )
        return (
            bytes((first, _octet(self.reference, "TP-MR")))
            + self.destination.encode()
            + bytes((_octet(self.pid, "TP-PID"), self.user_data.dcs))
            + validity
            + self.user_data.field
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a TPDU; raises SmsFormatError."""
        reader, first = _begin(data, 0x01)
        reference = reader.integer("TP-MR")
        destination = Address.read(reader, "TP-DA")
        pid, dcs = reader.integer("TP-PID"), reader.integer("TP-DCS")
        validity: timedelta | datetime | bytes | None = None
        match first & _VPF:
            case 0x08:
                validity = reader.take(_ENHANCED_OCTETS, "TP-VP")
            case 0x10:
                validity = decode_relative(reader.integer("TP-VP"))
            case 0x18:
                validity = read_time(reader, "TP-VP")
        return cls(
            destination=destination,
            user_data=UserData.read(reader, dcs, has_header=bool(first & _UDHI)),
            reference=reference,
            validity=validity,
            status_report=bool(first & _SRR),
            reject_duplicates=bool(first & _RD),
            reply_path=bool(first & _RP),
            pid=pid,
        )

    def _validity(self) -> tuple[int, bytes]:
        match self.validity:
            case None:
                return 0, b""
            case timedelta():
                return _VPF_RELATIVE, bytes((encode_relative(self.validity),))
            case datetime():
                return _VPF, encode_time(self.validity, "TP-VP")
            case _:
                if len(self.validity) != _ENHANCED_OCTETS:
                    raise SmsFormatError("TP-VP", f"the enhanced format has {_ENHANCED_OCTETS} octets")
                return _VPF_ENHANCED, self.validity


@dataclass(frozen=True, slots=True)
class Deliver:
    """SMS-DELIVER, from the service centre to the mobile (9.2.2.1).

    ``timestamp`` is TP-SCTS with its zone, ``more_messages`` TP-MMS, ``loop_prevention`` TP-LP,
    ``status_report`` TP-SRI, ``reply_path`` TP-RP.
    """

    originator: Address
    timestamp: datetime
    user_data: UserData
    pid: int = 0
    more_messages: bool = False
    loop_prevention: bool = False
    status_report: bool = False
    reply_path: bool = False

    def encode(self) -> bytes:
        """Return the TPDU; raises SmsFormatError for values that do not fit."""
        first = (
            _NO_MMS * (not self.more_messages)
            | _LP * self.loop_prevention
            | _SRI * self.status_report
            | _UDHI * bool(self.user_data.header)
            | _RP * self.reply_path
        )
        return (
            bytes((first,))
            + self.originator.encode()
            + bytes((_octet(self.pid, "TP-PID"), self.user_data.dcs))
            + encode_time(self.timestamp, "TP-SCTS")
            + self.user_data.field
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a TPDU; raises SmsFormatError. The reserved TP-MTI 3 counts as SMS-DELIVER (9.2.3.1)."""
        reader, first = _begin(data, 0x00, 0x03)
        originator = Address.read(reader, "TP-OA")
        pid, dcs = reader.integer("TP-PID"), reader.integer("TP-DCS")
        timestamp = read_time(reader, "TP-SCTS")
        return cls(
            originator=originator,
            timestamp=timestamp,
            user_data=UserData.read(reader, dcs, has_header=bool(first & _UDHI)),
            pid=pid,
            more_messages=not first & _NO_MMS,
            loop_prevention=bool(first & _LP),
            status_report=bool(first & _SRI),
            reply_path=bool(first & _RP),
        )


@dataclass(frozen=True, slots=True)
class StatusReport:
    """SMS-STATUS-REPORT, from the service centre to the mobile (9.2.2.3).

    ``reference`` is the TP-MR of the message reported on, ``timestamp`` when the service centre got it,
    ``discharge`` when it ended or was last tried, ``status`` TP-ST (9.2.3.15: 0 received by the recipient, 20 to
    3F hexadecimal still trying, from 40 failed). ``for_command`` is TP-SRQ. ``pid`` and ``user_data`` are there
    when TP-PI announces them; TP-DCS without user data reads as empty user data.
    """

    reference: int
    recipient: Address
    timestamp: datetime
    discharge: datetime
    status: int
    more_messages: bool = False
    loop_prevention: bool = False
    for_command: bool = False
    pid: int | None = None
    user_data: UserData | None = None

    def encode(self) -> bytes:
        """Return the TPDU; raises SmsFormatError for values that do not fit."""
        first = (
            0x02
            | _NO_MMS * (not self.more_messages)
            | _LP * self.loop_prevention
            | _SRQ * self.for_command
            | _UDHI * bool(self.user_data and self.user_data.header)
        )
        indicator, optional = 0, b""
        if self.pid is not None:
            indicator |= _PI_PID
            optional += bytes((_octet(self.pid, "TP-PID"),))
        if self.user_data is not None:
            indicator |= _PI_DCS | _PI_UDL
            optional += bytes((self.user_data.dcs,)) + self.user_data.field
        return (
            bytes((first, _octet(self.reference, "TP-MR")))
            + self.recipient.encode()
            + encode_time(self.timestamp, "TP-SCTS")
            + encode_time(self.discharge, "TP-DT")
            + bytes((_octet(self.status, "TP-ST"),))
            + (bytes((indicator,)) + optional if indicator else b"")
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a TPDU; raises SmsFormatError."""
        reader, first = _begin(data, 0x02)
        reference = reader.integer("TP-MR")
        recipient = Address.read(reader, "TP-RA")
        timestamp, discharge = read_time(reader, "TP-SCTS"), read_time(reader, "TP-DT")
        status = reader.integer("TP-ST")
        indicator = 0 if reader.empty else _read_indicator(reader)
        pid, user_data = _read_indicated(reader, indicator, first)
        return cls(
            reference=reference,
            recipient=recipient,
            timestamp=timestamp,
            discharge=discharge,
            status=status,
            more_messages=not first & _NO_MMS,
            loop_prevention=bool(first & _LP),
            for_command=bool(first & _SRQ),
            pid=pid,
            user_data=user_data,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """SMS-DELIVER-REPORT from the mobile or SMS-SUBMIT-REPORT from the service centre (9.2.2.1a, 9.2.2.2a).

    ``failure`` is TP-FCS, None for an acknowledgement; only a SUBMIT-REPORT has a ``timestamp``.
    """

    failure: int | None
    timestamp: datetime | None
    pid: int | None
    user_data: UserData | None

    @classmethod
    def decode(cls, data: bytes, *, towards: Literal["sc", "ms"], error: bool) -> Self:
        """Read a TPDU; ``error`` says that it came in an RP-ERROR, which alone shows whether TP-FCS is there."""
        reader, first = _begin(data, 0x00 if towards == "sc" else 0x01)
        failure = reader.integer("TP-FCS") if error else None
        # TP-PI stands before TP-SCTS here, unlike in a status report.
        indicator = _read_indicator(reader)
        timestamp = read_time(reader, "TP-SCTS") if towards == "ms" else None
        pid, user_data = _read_indicated(reader, indicator, first)
        return cls(failure, timestamp, pid, user_data)


@dataclass(frozen=True, slots=True)
class Command:
    """SMS-COMMAND, from the mobile to the service centre about an earlier message (9.2.2.4)."""

    reference: int
    pid: int
    command: int
    message_number: int
    destination: Address
    data: bytes

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a TPDU; raises SmsFormatError."""
        reader, _ = _begin(data, 0x02)
        reference, pid = reader.integer("TP-MR"), reader.integer("TP-PID")
        command, message_number = reader.integer("TP-CT"), reader.integer("TP-MN")
        destination = Address.read(reader, "TP-DA")
        content = reader.take(reader.integer("TP-CDL"), "TP-CD")
        return cls(reference, pid, command, message_number, destination, content)


Tpdu = Submit | Deliver | StatusReport | Report | Command


def decode_tpdu(data: bytes, *, towards: Literal["sc", "ms"], error: bool = False) -> Tpdu:
    """Read a TPDU without service centre address.

    The type depends on the direction (9.2.3.1): ``towards`` the service centre or the mobile station. ``error``
    says that a report came in an RP-ERROR. Raises SmsFormatError, and nothing else, for octets that are no TPDU.
    """
    kind = Reader(data).integer("TP-MTI") & _MTI
    if towards == "ms":
        if kind == 0x01:
            return Report.decode(data, towards=towards, error=error)
        return StatusReport.decode(data) if kind == 0x02 else Deliver.decode(data)
    match kind:
        case 0x00:
            return Report.decode(data, towards=towards, error=error)
        case 0x01:
            return Submit.decode(data)
        case 0x02:
            return Command.decode(data)
        case _:
            raise SmsFormatError("TP-MTI", "3 is reserved", octet=1)


def _begin(data: bytes, *kinds: int) -> tuple[Reader, int]:
    reader = Reader(data)
    first = reader.integer("TP-MTI")
    if first & _MTI not in kinds:
        raise SmsFormatError("TP-MTI", f"{first & _MTI} is another type of message", octet=1)
    return reader, first


def _read_indicator(reader: Reader) -> int:
    indicator = following = reader.integer("TP-PI")
    while following & _PI_EXTENSION:
        following = reader.integer("TP-PI")
    return indicator


def _read_indicated(reader: Reader, indicator: int, first: int) -> tuple[int | None, UserData | None]:
    pid = reader.integer("TP-PID") if indicator & _PI_PID else None
    dcs = reader.integer("TP-DCS") if indicator & _PI_DCS else None
    if indicator & _PI_UDL:
        return pid, UserData.read(reader, dcs or 0, has_header=bool(first & _UDHI))
    return pid, None if dcs is None else UserData(dcs=dcs)


def _octet(value: int, field: str) -> int:
    if not 0 <= value <= 255:
        raise SmsFormatError(field, f"{value} is not an octet")
    return value

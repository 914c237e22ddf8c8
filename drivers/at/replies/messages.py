"""Messages: 27.005 3.1, 3.2.2, 3.4.1, 4.1 to 4.3."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from drivers.at.replies.lines import fields, integer, not_understood, text_at
from drivers.sms import Tpdu, decode_tpdu, split_smsc


@dataclass(frozen=True, slots=True)
class Storage:
    """The memory that messages are read from, ``<mem1>`` of ``+CPMS?`` (27.005 3.2.2)."""

    memory: str
    used: int
    total: int


def parse_storage(line: str) -> Storage:
    """Read ``+CPMS: <mem1>,<used1>,<total1>...``."""
    values = fields(line)
    return Storage(text_at(values, 0), integer(values, 1), integer(values, 2))


def parse_reference(line: str) -> int:
    """Read ``<mr>`` of ``+CMGS: <mr>...`` (27.005 4.3)."""
    return integer(fields(line), 0)


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
        raise not_understood(text) from error


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
        _, same_line, pdu = text_at(head, 3).partition(" ")
        try:
            stat = MessageStat(integer(head, 1))
        except ValueError as error:
            raise not_understood(line) from error
        content = parse_pdu(pdu if same_line else next(remaining, ""))
        found.append(StoredSms(integer(head, 0) if listed else None, stat, content))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class StoredAt:
    """``+CMTI`` or ``+CDSI`` (27.005 3.4.1): where a message was stored."""

    memory: str
    index: int


def parse_stored_at(line: str) -> StoredAt:
    """Read ``+CMTI: <mem>,<index>``."""
    values = fields(line)
    return StoredAt(text_at(values, 0), integer(values, 1))

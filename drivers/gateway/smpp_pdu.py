"""SMPP 3.4 units as values (SMPP Protocol Specification v3.4, Issue 1.2); the octets are smpplib's work."""

import logging
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from smpplib import command, command_codes, consts, exceptions, smpp

from drivers.api import DriverError, ProtocolError
from drivers.sms import (
    Alphabet,
    SmsFormatError,
    UserData,
    data_coding,
    decode_header,
    encode_header,
    gsm7_decode,
)

GENERIC_NACK = "generic_nack"
_HEADER = struct.Struct(">LLLL")
#: message_payload holds up to 64 KiB (5.3.2.32)
_MAX_LENGTH = 0x10000 + 1024
#: esm_class (5.2.12): type of message, and whether the text starts with a user data header
_TYPE, _RECEIPTS, _UDHI = 0x3C, (0x04, 0x20), 0x40
#: data_coding (5.2.19) where it differs from the TP-DCS; octets are read as Latin 1, which loses none
_CHARSETS = {0x01: "ascii", 0x02: "latin-1", 0x03: "latin-1", 0x04: "latin-1"}
#: message_state (5.2.28) in the words of a receipt's text (appendix B)
_STATES = ("", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD")
_RECEIPT_FIELD = re.compile(r"\b(id|stat|err):(\S*)", re.IGNORECASE)
_RECEIPT_TEXT = re.compile(r"\btext:", re.IGNORECASE)
#: smpplib knows optional parameters per command and fails at others; any may come with any, at its stated length
_OPTIONAL = {name: command.Param(type=command.ostr) for name in consts.OPTIONAL_PARAMS}

# an unknown optional parameter is no news: 3.3 has it ignored
logging.getLogger("smpplib.command").addHandler(logging.NullHandler())


class Pdu(NamedTuple):
    """One protocol unit: its header (3.2) and all its octets."""

    command: str
    status: int
    sequence: int
    raw: bytes

    @property
    def answers(self) -> bool:
        """Whether it is the response to a request of the same sequence number (5.1.2.1)."""
        return bool(self.raw[4] & 0x80)

    @property
    def message_id(self) -> str:
        """The message_id of a response to a submission, empty when it has none."""
        return self.raw[_HEADER.size :].partition(b"\0")[0].decode("latin-1")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery receipt (appendix B): ``id`` of the message, final ``stat`` (``"DELIVRD"``), network's ``err``.

    What the gateway does not state is empty.
    """

    id: str
    stat: str
    err: str


class Message(NamedTuple):
    """What a deliver_sm or data_sm carries; addresses of international type start with ``+``."""

    source: str
    destination: str
    text: str
    receipt: Receipt | None


def encode(name: str, sequence: int, **fields: object) -> bytes:
    """Return the octets of a unit; fields have the names of the specification, ``status`` is command_status."""
    pdu = smpp.make_pdu(name, sequence=sequence, **fields)
    pdu.sequence = sequence
    raw: bytes = pdu.generate()
    return raw


def take_pdus(buffer: bytearray) -> Iterator[Pdu]:
    """Take all whole units off the buffer's start; raises ProtocolError for a length that cannot be."""
    while len(buffer) >= _HEADER.size:
        length, command_id, status, sequence = _HEADER.unpack_from(buffer)
        if not _HEADER.size <= length <= _MAX_LENGTH:
            raise ProtocolError(f"A unit of {length} octets cannot be; the stream is out of step.")
        if len(buffer) < length:
            return
        raw = bytes(buffer[:length])
        del buffer[:length]
        yield Pdu(command_name(command_id), status, sequence, raw)


def command_name(command_id: int) -> str:
    """Return the name of a command_id (5.1.2.1), its number in hexadecimal when it has none."""
    try:
        return str(command_codes.get_command_name(command_id))
    except exceptions.UnknownCommandError:
        return f"{command_id:#010x}"


def status_text(status: int) -> str:
    """Return a command_status (5.1.3) with its meaning."""
    return f"{status:#010x} ({consts.DESCRIPTIONS.get(status, 'not in SMPP 3.4')})"


def decode_message(pdu: Pdu) -> Message:
    """Read a deliver_sm or data_sm; raises ProtocolError when it is cut off or cannot be read."""
    fields = smpp.make_pdu(pdu.command, sequence=pdu.sequence, allow_unknown_opt_params=True)
    fields.params = {**fields.params, **_OPTIONAL}
    fields.sm_length = None  # a default of 0 would hide that it is missing
    try:
        fields.parse(pdu.raw)
    except (struct.error, ValueError) as error:
        raise ProtocolError(f"A {pdu.command} cannot be read: {error}.") from error
    data = getattr(fields, "short_message", None) or b""
    last_mandatory = fields.data_coding if pdu.command == "data_sm" else fields.sm_length
    if last_mandatory is None or len(data) < (fields.sm_length or 0):
        raise ProtocolError(f"A {pdu.command} is cut off: {pdu.raw.hex()}.")
    data = data or getattr(fields, "message_payload", None) or b""
    if fields.esm_class & _UDHI:
        try:
            _, data = decode_header(data)
        except SmsFormatError as error:
            raise ProtocolError(f"The user data header of a {pdu.command} cannot be read: {error}.") from error
    text = _text(data, fields.data_coding)
    return Message(
        source=_address(fields.source_addr_ton, fields.source_addr),
        destination=_address(fields.dest_addr_ton, fields.destination_addr),
        text=text,
        receipt=_receipt(fields, text) if fields.esm_class & _TYPE in _RECEIPTS else None,
    )


def short_message(part: UserData) -> dict[str, object]:
    """Return the submit_sm fields that carry user data: septets unpacked, the header in front (5.2.12)."""
    header = encode_header(part.header)
    return {
        "esm_class": _UDHI if header else 0,
        "data_coding": part.dcs,
        "short_message": header + part.data,
    }


def relative_time(period: timedelta) -> str:
    """Return a period in the relative format (7.1.1.2); raises DriverError above 31 days and below one second."""
    seconds = int(period.total_seconds())
    if not 1 <= seconds <= 31 * 24 * 3600:
        raise DriverError(f"A validity of {period} cannot be asked for.", fix="choose 1 second to 31 days")
    days, rest = divmod(seconds, 24 * 3600)
    return f"0000{days:02}{rest // 3600:02}{rest // 60 % 60:02}{rest % 60:02}000R"


def read_receipt(text: str) -> Receipt:
    """Read a receipt's text (appendix B): the fields before ``Text:``, which quotes the message."""
    fields: dict[str, str] = {}
    for name, value in _RECEIPT_FIELD.findall(_RECEIPT_TEXT.split(text, maxsplit=1)[0]):
        fields.setdefault(name.lower(), value)
    return Receipt(fields.get("id", ""), fields.get("stat", "").upper(), fields.get("err", ""))


def _receipt(fields: Any, text: str) -> Receipt:  # noqa: ANN401 - smpplib has no types
    """Read a receipt; the optional parameters (5.3.2.12, 5.3.2.35, 5.3.2.31) are exact where the text is free."""
    stated = read_receipt(text)
    receipted = (getattr(fields, "receipted_message_id", None) or b"").partition(b"\0")[0].decode("latin-1")
    state = int.from_bytes(getattr(fields, "message_state", None) or b"")
    network_error = int.from_bytes((getattr(fields, "network_error_code", None) or b"")[1:])
    return Receipt(
        id=receipted or stated.id,
        stat=(_STATES[state] if state < len(_STATES) else "") or stated.stat,
        err=stated.err or (f"{network_error:03}" if network_error else ""),
    )


def _address(ton: int, value: bytes) -> str:
    text = value.decode("latin-1")
    return f"+{text}" if ton == consts.SMPP_TON_INTL and not text.startswith("+") else text


def _text(data: bytes, coding: int) -> str:
    alphabet = data_coding(coding).alphabet
    if coding in _CHARSETS or alphabet is Alphabet.EIGHT_BIT:
        return data.decode(_CHARSETS.get(coding, "latin-1"), "replace")
    if alphabet is Alphabet.UCS2:
        return data.decode("utf-16-be", "replace")
    # the "SMSC default alphabet" of some gateways is Latin 1: then it has octets that no septet can have
    return gsm7_decode(data) if max(data, default=0) <= 0x7F else data.decode("latin-1")

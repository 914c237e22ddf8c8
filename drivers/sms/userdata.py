"""User data with its header (3GPP TS 23.040 9.2.3.24), and texts as one or several messages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from drivers.sms.coding import Alphabet, DataCoding, data_coding, dcs_octet, gsm7_decode, gsm7_encode
from drivers.sms.errors import SmsFormatError
from drivers.sms.octets import Reader, pack_septets, unpack_septets

MAX_OCTETS = 140
_MAX_PARTS = 255
_NATIONAL_LANGUAGE = frozenset({0x24, 0x25})


class Element(NamedTuple):
    """One information element of a user data header."""

    iei: int
    data: bytes


class Concat(NamedTuple):
    """Place of a part in a concatenated message (9.2.3.24.1, 9.2.3.24.8); ``number`` counts from 1."""

    reference: int
    total: int
    number: int
    wide: bool = False

    @property
    def element(self) -> Element:
        """The header element: IEI 00, or 08 with a 16-bit reference when ``wide``."""
        size, iei = (2, 0x08) if self.wide else (1, 0x00)
        place = _bytes(self.total, 1, "part count") + _bytes(self.number, 1, "part number")
        return Element(iei, _bytes(self.reference, size, "reference") + place)


class Ports(NamedTuple):
    """Application port addresses (9.2.3.24.3, 9.2.3.24.4)."""

    destination: int
    source: int
    wide: bool = True

    @property
    def element(self) -> Element:
        """The header element: IEI 05 with 16-bit ports, or 04 with 8-bit ports when not ``wide``."""
        size, iei = (2, 0x05) if self.wide else (1, 0x04)
        return Element(iei, _bytes(self.destination, size, "port") + _bytes(self.source, size, "port"))


def encode_header(elements: Iterable[Element]) -> bytes:
    """Return a user data header with its length octet; nothing for no elements."""
    field = "TP-UDH"
    body = b"".join(_bytes(iei, 1, field) + _bytes(len(data), 1, field) + data for iei, data in elements)
    return _bytes(len(body), 1, field) + body if body else b""


def decode_header(octets: bytes, first: int = 1) -> tuple[tuple[Element, ...], bytes]:
    """Split octets that start with a user data header into its elements and what follows.

    ``first`` is the place of the header within the TPDU, for SmsFormatError to name.
    """
    field = "TP-UDH"
    reader = Reader(octets, first)
    length = reader.integer(field)
    body = Reader(reader.take(length, field), first + 1)
    elements = []
    while not body.empty:
        iei = body.integer(field)
        elements.append(Element(iei, body.take(body.integer(field), field)))
    return tuple(elements), octets[1 + length :]


@dataclass(frozen=True, slots=True)
class UserData:
    """TP-UD with the TP-DCS that explains it.

    ``data`` are septets, one per octet, in the GSM 7 bit alphabet without compression, else octets; the header
    is not part of it. More than 140 octets with the header raise SmsFormatError.
    """

    data: bytes = b""
    dcs: int = 0
    header: tuple[Element, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.dcs <= 255:
            raise SmsFormatError("TP-DCS", f"{self.dcs} is not an octet")
        if self._septets and max(self.data, default=0) > 0x7F:
            raise SmsFormatError("TP-UD", "a septet is larger than 7F")
        size = len(self.field) - 1
        if size > MAX_OCTETS:
            raise SmsFormatError("TP-UD", f"{size} octets, {MAX_OCTETS} fit")

    @classmethod
    def of(
        cls,
        text: str,
        *,
        alphabet: Alphabet | None = None,
        message_class: int | None = None,
        header: tuple[Element, ...] = (),
    ) -> Self:
        """Encode a text in the given alphabet, by default GSM 7 bit where it suffices and UCS-2 elsewhere."""
        alphabet, units = _encode(text, alphabet)
        return cls(b"".join(units), dcs_octet(alphabet, message_class), header)

    @property
    def coding(self) -> DataCoding:
        """What TP-DCS says in full."""
        return data_coding(self.dcs)

    @property
    def alphabet(self) -> Alphabet:
        """The alphabet named by TP-DCS."""
        return self.coding.alphabet

    @property
    def message_class(self) -> int | None:
        """The message class from 0 (shown at once) to 3, None without class."""
        return self.coding.message_class

    @property
    def text(self) -> str | None:
        """The text; None for 8-bit or compressed data and for national language tables (IEI 24, 25).

        UCS-2 is read as UTF-16, as phones write it; broken pairs show as U+FFFD.
        """
        if self.coding.compressed or any(element.iei in _NATIONAL_LANGUAGE for element in self.header):
            return None
        if self.alphabet is Alphabet.GSM7:
            return gsm7_decode(self.data)
        return self.data.decode("utf-16-be", "replace") if self.alphabet is Alphabet.UCS2 else None

    @property
    def concat(self) -> Concat | None:
        """The place in a concatenated message; an impossible one counts as absent (9.2.3.24.1), the last holds."""
        found = None
        for iei, data in self.header:
            size = {0x00: 1, 0x08: 2}.get(iei)
            if size is None or len(data) != size + 2:
                continue
            total, number = data[size:]
            if 1 <= number <= total:
                found = Concat(int.from_bytes(data[:size]), total, number, wide=size == 2)
        return found

    @property
    def ports(self) -> Ports | None:
        """The application ports; the last element holds."""
        found = None
        for iei, data in self.header:
            size = {0x04: 1, 0x05: 2}.get(iei)
            if size is not None and len(data) == 2 * size:
                found = Ports(int.from_bytes(data[:size]), int.from_bytes(data[size:]), wide=size == 2)
        return found

    @property
    def field(self) -> bytes:
        """TP-UDL and TP-UD as they stand in a TPDU (TP-UDHI is set exactly when there is a header)."""
        head = encode_header(self.header)
        if not self._septets:
            return _bytes(len(head) + len(self.data), 1, "TP-UDL") + head + self.data
        skipped, fill_bits = _header_septets(len(head))
        return _bytes(skipped + len(self.data), 1, "TP-UDL") + head + pack_septets(self.data, fill_bits)

    @classmethod
    def read(cls, reader: Reader, dcs: int, *, has_header: bool) -> Self:
        """Take TP-UDL and TP-UD from a TPDU."""
        length = reader.integer("TP-UDL")
        start = reader.octet
        septets = _in_septets(dcs)
        octets = reader.take((length * 7 + 7) // 8 if septets else length, "TP-UD")
        header, data = decode_header(octets, start) if has_header else ((), octets)
        if septets:
            skipped, fill_bits = _header_septets(len(octets) - len(data))
            if skipped > length:
                raise SmsFormatError("TP-UDL", "shorter than the header", octet=start - 1)
            data = unpack_septets(data, length - skipped, fill_bits)
        return cls(data, dcs, header)

    @property
    def _septets(self) -> bool:
        return _in_septets(self.dcs)


def text_messages(
    text: str,
    *,
    reference: int = 0,
    wide: bool = False,
    alphabet: Alphabet | None = None,
    message_class: int | None = None,
    header: tuple[Element, ...] = (),
) -> list[UserData]:
    """Return a text as one message, or as concatenated parts where it is too long for one.

    ``reference`` (8 bits, 16 when ``wide``) ties the parts together and should differ from message to message.
    No part ends inside an escape sequence or a surrogate pair. ``header`` elements stand in every part. Raises
    SmsFormatError when 255 parts do not suffice.
    """
    alphabet, units = _encode(text, alphabet)
    dcs = dcs_octet(alphabet, message_class)
    if sum(map(len, units)) <= _room(alphabet, header):
        return [UserData(b"".join(units), dcs, header)]
    parts = [bytearray()]
    room = _room(alphabet, (Concat(0, 1, 1, wide).element, *header))
    for unit in units:
        if len(parts[-1]) + len(unit) > room:
            parts.append(bytearray())
        parts[-1] += unit
    if len(parts) > _MAX_PARTS or room < 4:
        raise SmsFormatError("TP-UD", f"the text needs more than {_MAX_PARTS} parts")
    return [
        UserData(bytes(part), dcs, (Concat(reference, len(parts), number, wide).element, *header))
        for number, part in enumerate(parts, 1)
    ]


def _encode(text: str, alphabet: Alphabet | None) -> tuple[Alphabet, list[bytes]]:
    """Encode character by character, since no character may be cut."""
    if alphabet in (None, Alphabet.GSM7):
        try:
            return Alphabet.GSM7, [gsm7_encode(char) for char in text]
        except SmsFormatError:
            if alphabet is Alphabet.GSM7:
                raise
    if alphabet is Alphabet.EIGHT_BIT:
        raise SmsFormatError("TP-UD", "8-bit data has no text")
    try:
        return Alphabet.UCS2, [char.encode("utf-16-be") for char in text]
    except UnicodeEncodeError as error:
        raise SmsFormatError("TP-UD", f"half a surrogate pair: {error.reason}") from None


def _in_septets(dcs: int) -> bool:
    coding = data_coding(dcs)
    return coding.alphabet is Alphabet.GSM7 and not coding.compressed


def _header_septets(octets: int) -> tuple[int, int]:
    """Return how many septets a header takes, and the fill bits that carry the text to a septet boundary."""
    septets = (octets * 8 + 6) // 7
    return septets, septets * 7 - octets * 8


def _room(alphabet: Alphabet, header: tuple[Element, ...]) -> int:
    """Return how many septets or octets are left beside a header."""
    octets = len(encode_header(header))
    if alphabet is Alphabet.GSM7:
        return MAX_OCTETS * 8 // 7 - _header_septets(octets)[0]
    return MAX_OCTETS - octets


def _bytes(value: int, size: int, field: str) -> bytes:
    try:
        return value.to_bytes(size)
    except OverflowError:
        raise SmsFormatError(field, f"{value} does not fit into {size} octets") from None

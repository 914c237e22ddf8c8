"""Reading octets by field, and the packings of 23.040 9.1.2.3 (semi-octets) and 23.038 6.1.2.1 (septets)."""

from drivers.sms.errors import SmsFormatError

#: 23.040 9.1.2.3: what the semi-octets 0 to 14 stand for; 15 fills the last octet of an odd number of them.
SEMI_OCTETS = "0123456789*#abc"
_FILL = 15


class Reader:
    """Takes the fields of a TPDU from front to back; every shortage names the field and its octet.

    ``first`` is the place of the first octet within the TPDU.
    """

    def __init__(self, data: bytes, first: int = 1) -> None:
        self._data = data
        self._first = first
        self._at = 0

    @property
    def octet(self) -> int:
        """The place of the next octet, counted from 1."""
        return self._at + self._first

    @property
    def empty(self) -> bool:
        """Whether everything was taken."""
        return self._at >= len(self._data)

    def take(self, count: int, field: str) -> bytes:
        """Return the next ``count`` octets; raises SmsFormatError when fewer are left."""
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise SmsFormatError(field, f"needs {count} octets, {len(taken)} are left", octet=self.octet)
        self._at += count
        return taken

    def integer(self, field: str) -> int:
        """Return the next octet as a number; raises SmsFormatError at the end."""
        return self.take(1, field)[0]


def pack_semi_octets(digits: str) -> bytes:
    """Pack characters of :data:`SEMI_OCTETS`, the first into the low half; an odd count is filled with 1111."""
    nibbles = [SEMI_OCTETS.index(digit) for digit in digits] + [_FILL] * (len(digits) % 2)
    return bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))


def semi_octets(data: bytes) -> list[int]:
    """Return all semi-octets in the order in which they count."""
    return [nibble for octet in data for nibble in (octet & 0x0F, octet >> 4)]


def pack_septets(septets: bytes, fill_bits: int = 0) -> bytes:
    """Pack 7-bit values (one per octet) low bits first, behind ``fill_bits`` zero bits; spare bits are zero."""
    value = 0
    for index, septet in enumerate(septets):
        value |= septet << (7 * index + fill_bits)
    return value.to_bytes((7 * len(septets) + fill_bits + 7) // 8, "little")


def unpack_septets(data: bytes, count: int, fill_bits: int = 0) -> bytes:
    """Return ``count`` 7-bit values, one per octet, from behind ``fill_bits`` bits."""
    value = int.from_bytes(data, "little") >> fill_bits
    return bytes(value >> 7 * index & 0x7F for index in range(count))

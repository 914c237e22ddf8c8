"""Time stamps and validity periods (3GPP TS 23.040 9.2.3.11 to 9.2.3.13)."""

from datetime import datetime, timedelta, timezone

from drivers.sms.errors import SmsFormatError
from drivers.sms.octets import Reader, pack_semi_octets, semi_octets

_QUARTER = timedelta(minutes=15)
_MAX_QUARTERS = 79
_CENTURY = 2000

#: Relative validity periods by TP-VP value (9.2.3.12.1): steps of 5 minutes to 12 h, 30 minutes to a day, days
#: to 30, weeks to 63.
_RELATIVE = (
    *(timedelta(minutes=5 * (value + 1)) for value in range(144)),
    *(timedelta(hours=12, minutes=30 * (value - 143)) for value in range(144, 168)),
    *(timedelta(days=value - 166) for value in range(168, 197)),
    *(timedelta(weeks=value - 192) for value in range(197, 256)),
)


def encode_time(time: datetime, field: str) -> bytes:
    """Return the seven octets of a time stamp.

    The time must know its zone, which counts in quarters of an hour, and lie between 2000 and 2099; else
    SmsFormatError. Fractions of a second are cut.
    """
    offset = time.utcoffset()
    if offset is None:
        raise SmsFormatError(field, "the time has no zone")
    quarters, rest = divmod(abs(offset), _QUARTER)
    if rest or quarters > _MAX_QUARTERS:
        raise SmsFormatError(field, "the zone is not a number of quarters of an hour from -79 to 79")
    if not _CENTURY <= time.year < _CENTURY + 100:
        raise SmsFormatError(field, f"the year {time.year} has no two-digit form here")
    octets = bytearray(pack_semi_octets(f"{time:%y%m%d%H%M%S}{quarters:02}"))
    if offset < timedelta(0):
        octets[6] |= 0x08  # 9.2.3.11: the sign is bit 3 of the zone's octet
    return bytes(octets)


def read_time(reader: Reader, field: str) -> datetime:
    """Take a time stamp from a TPDU; one that is no time raises SmsFormatError."""
    octet = reader.octet
    data = reader.take(7, field)
    sign = -1 if data[6] & 0x08 else 1
    nibbles = semi_octets(data[:6] + bytes((data[6] & 0xF7,)))
    year, month, day, hour, minute, second, quarters = (
        10 * tens + units for tens, units in zip(nibbles[::2], nibbles[1::2], strict=True)
    )
    if max(nibbles) > 9:
        raise SmsFormatError(field, f"{data.hex()} holds a semi-octet that is no digit", octet=octet)
    try:
        zone = timezone(sign * quarters * _QUARTER)
        return datetime(_CENTURY + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise SmsFormatError(field, f"{data.hex()} is no time: {error}", octet=octet) from error


def encode_relative(period: timedelta) -> int:
    """Return the TP-VP value of the shortest relative period that is not shorter; 63 weeks are the most."""
    for value, relative in enumerate(_RELATIVE):
        if relative >= period:
            return value
    raise SmsFormatError("TP-VP", f"{period} is longer than 63 weeks")


def decode_relative(value: int) -> timedelta:
    """Return the relative period of a TP-VP value."""
    return _RELATIVE[value]

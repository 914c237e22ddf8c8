"""The one error of the SMS codec."""

from drivers.api import ProtocolError


class SmsFormatError(ProtocolError):
    """Octets, or a value meant for them, that 3GPP TS 23.040 or 23.038 does not allow.

    ``field`` is the field's name in the specification (``"TP-OA"``); ``octet`` its place in the TPDU, counted
    from 1 as the specification does, or None when a value was refused before encoding.
    """

    def __init__(self, field: str, what: str, *, octet: int | None = None) -> None:
        super().__init__(what, where=field if octet is None else f"{field} at octet {octet}")
        self.field = field
        self.octet = octet

"""The contract of the dial guard: the last instance before bytes that reach another party."""

from enum import StrEnum
from typing import NamedTuple, Protocol


class Reach(StrEnum):
    """How an outgoing message reaches a party."""

    VOICE = "voice"
    SMS = "sms"
    SMSC = "smsc"
    USSD = "ussd"
    FORWARDING = "forwarding"
    #: dialling or sending whose target stands in the device's memory, so that nobody can check it
    FROM_MEMORY = "from-memory"


class Outbound(NamedTuple):
    """One party that the bytes about to leave would reach; ``target`` as written, before normalisation."""

    reach: Reach
    target: str


class DialGuard(Protocol):
    """Required constructor argument of whatever dials, sends SMS or USSD, or sets a forwarding."""

    def check(self, outbound: Outbound) -> None:
        """Let the attempt pass, or raise :class:`drivers.api.DialRefused`."""
        ...

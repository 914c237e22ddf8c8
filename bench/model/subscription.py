"""The contract profile of one subscription: what it may do."""

from dataclasses import dataclass
from enum import StrEnum


class Function(StrEnum):
    """A function that a contract switches on or off (function minimisation, letter 225 clause 6)."""

    DATA = "data"
    VOICE_MO = "voice-mo"
    VOICE_MT = "voice-mt"
    SMS_MO = "sms-mo"
    SMS_MT = "sms-mt"


@dataclass(frozen=True, slots=True)
class Destination:
    """One data destination: ``protocol`` is ``"tcp"`` or ``"udp"``, ``host`` an address, ``port`` a number."""

    protocol: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.protocol}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Contract and identities of one subscription; numbers are digit strings in national form.

    Numbers of other countries have + and their country code.

    ``restricted`` is False for a reference subscription, which may reach everybody. ``purpose`` is the business
    that directed calls and messages serve, as the contract states it. ``bound_imei`` are the devices that the card
    is bound to, by whole IMEIs or by their leading digits. ``cap_bytes`` is what the card may still send and
    receive before its cap stops it, headers of IP included; None: it has no cap, or nobody knows.
    """

    name: str
    operator: str
    msisdn: str
    iccid: str
    imsi: str
    restricted: bool
    functions: frozenset[Function]
    voice_allowed: tuple[str, ...] = ()
    sms_allowed: tuple[str, ...] = ()
    apns: tuple[str, ...] = ()
    data_destinations: tuple[Destination, ...] = ()
    purpose: str = ""
    bound_imei: tuple[str, ...] = ()
    cap_bytes: int | None = None

    def binds(self, imei: str) -> bool:
        """Whether the contract lets the card work in this device; one without bindings lets it work in all."""
        return not self.bound_imei or imei.startswith(self.bound_imei)

    def allows(self, function: Function) -> bool:
        """Whether the contract contains the function; a reference subscription contains all."""
        return not self.restricted or function in self.functions

"""What is on a bench: the bench file's sections as typed entries.

TOML with pydantic: unknown keys are errors, identifiers are digit strings, and names must lead somewhere.
"""

import ipaddress
import os
import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bench.inventory.errors import BenchFileError, Misplaced
from bench.masking import mask_text
from bench.model import Destination, Function, Quarantine, Subscription

#: a number of another country: + and its code (E.164: 15 digits at most)
_FOREIGN = r"\+(?!86)[1-9][0-9]{6,14}"


def _digits(least: int, most: int, *, or_foreign: bool = False) -> AfterValidator:
    pattern = rf"[0-9]{{{least},{most}}}" + (f"|{_FOREIGN}" if or_foreign else "")

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            span = str(least) if least == most else f"{least} to {most}"
            raise Misplaced(f"wants {span} digits", "write digits only, without +, 86 or separators")
        return value

    return AfterValidator(check)


def _iccid(value: str) -> str:
    if not re.fullmatch(r"[0-9A-F]{18,20}", value.upper()):
        raise Misplaced(
            "wants 18 to 20 digits", "write the ICCID as the card shows it; China Mobile's may hold A to F"
        )
    return value.upper()


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value):
        raise Misplaced(f"{value!r} is not a name", "use letters, digits, '.', '_' and '-'")
    return value


def _endpoint(text: str, schemes: tuple[str, ...]) -> tuple[str, str, int]:
    """Split ``scheme://host:port``; raises Misplaced when that is not what stands there."""
    match = re.fullmatch(r"([a-z0-9]+)://(\[[0-9A-Fa-f:.]+\]|[^/:\s\[\]]+):([0-9]{1,5})", text)
    if match is None or match[1] not in schemes or not 0 < int(match[3]) < 65536:
        raise Misplaced(
            f"{text!r} is not a destination", f"write {' or '.join(f'{s}://host:port' for s in schemes)}"
        )
    return match[1], match[2], int(match[3])


def _device_port(value: str) -> str:
    if not value.startswith("/"):
        try:
            _endpoint(value, ("rfc2217", "socket"))
        except Misplaced as error:
            raise Misplaced(
                f"{value!r} is not a port",
                "write /dev/serial/by-id/..., rfc2217://host:port or socket://host:port",
            ) from error
    return value


def _destination(value: str) -> str:
    _endpoint(value, ("tcp", "udp"))
    return value


def _control(value: str) -> str:
    _endpoint(value, ("http", "https"))
    return value


def _whole(value: object) -> object:
    """Leave numbers to pydantic, which would also take ``"30"`` and ``true``."""
    if isinstance(value, str | bool):
        raise Misplaced("wants a number", "write the number without quotes")
    return value


Name = Annotated[str, AfterValidator(_name)]
Msisdn = Annotated[str, _digits(3, 15, or_foreign=True)]
Iccid = Annotated[str, AfterValidator(_iccid)]
Imsi = Annotated[str, _digits(14, 15)]
Number = Annotated[str, _digits(1, 20)]
VoiceNumber = Annotated[str, _digits(1, 20, or_foreign=True)]
DevicePort = Annotated[str, AfterValidator(_device_port)]
DestinationText = Annotated[str, AfterValidator(_destination)]
ControlText = Annotated[str, AfterValidator(_control)]
TcpPort = Annotated[int, BeforeValidator(_whole), Field(gt=0, lt=65536)]
Seconds = Annotated[float, BeforeValidator(_whole), Field(gt=0, allow_inf_nan=False)]
Factor = Annotated[float, BeforeValidator(_whole), Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=0)]
Flag = Annotated[bool, Field(strict=True)]
Capability = Literal["voice", "sms", "ims", "5g", "euicc", "data"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BenchEntry(_Entry):
    """``[bench]``: what the bench is called in run folders and reports.

    ``lab`` is written by a virtual lab: its cards exist in it alone, whatever another lab calls its own.
    ``second_plmn`` is the network code of another operator at this place on which the cards may roam; without it
    service there is not tried.
    """

    name: Name
    lab: str = ""
    second_plmn: Annotated[str, _digits(5, 6)] | None = None


class Windows(_Entry):
    """``[windows]``: how long a witness must stay silent, in seconds.

    The defaults are the clauses' own: 30 s for a call (ESIM-02-V3), 330 s for a message, because the shortest
    relative validity is 5 minutes (ESIM-02-S1, 3GPP TS 23.040 9.2.3.12.1). With ``control_latency_factor`` above
    0 a window is at least that many times the latency that the positive control showed. After the last test the
    far ends listen on until ``linger_s`` seconds have passed since the last refused attempt.
    """

    voice_s: Seconds = 30.0
    sms_s: Seconds = 330.0
    data_s: Seconds = 30.0
    control_latency_factor: Factor = 0.0
    linger_s: Annotated[float, BeforeValidator(_whole), Field(ge=0, allow_inf_nan=False)] = 0.0


class ModuleEntry(_Entry):
    """``[modules.NAME]``: a module, how to reach it, the subscription in it and what it is able to do.

    ``dialect`` names one that the drivers have, or a dialect file (``.toml``). What is not among ``capabilities``
    is not tried: its checks are not applicable. ``stray_of`` names the module whose contract the card is of when
    the card sits in the wrong device on purpose: such a module is neither tested nor a reference.
    """

    port: DevicePort
    dialect: str = "generic"
    subscription: str
    capabilities: tuple[Capability, ...]
    baud: Annotated[int, BeforeValidator(_whole), Field(gt=0)] = 115200
    stray_of: str | None = None


class SubscriptionEntry(_Entry):
    """``[subscriptions.NAME]``: the contract; numbers in national form, those of other countries with + and code.

    ``restricted = false`` marks a reference, which may reach everybody. ``purpose`` says what business the calls
    and messages with the listed numbers serve (clause ESIM-02-D5). ``bound_imei`` are the devices that the
    contract binds the card to: whole IMEIs, or the leading 8 to 14 digits of a range. ``cap_bytes`` is what the
    card may still send and receive before its cap stops it; where it is given, a run uses it up.
    """

    operator: str
    msisdn: Msisdn
    iccid: Iccid
    imsi: Imsi
    restricted: Flag = True
    functions: tuple[Function, ...] | None = None
    voice_allowed: tuple[VoiceNumber, ...] = ()
    sms_allowed: tuple[Number, ...] = ()
    apns: tuple[str, ...] = ()
    data_destinations: tuple[DestinationText, ...] = ()
    purpose: str = ""
    bound_imei: tuple[Annotated[str, _digits(8, 15)], ...] = ()
    cap_bytes: Annotated[int, BeforeValidator(_whole), Field(gt=0)] | None = None

    @property
    def abroad(self) -> bool:
        """Whether the number belongs to another country."""
        return self.msisdn.startswith("+")

    @model_validator(mode="after")
    def _contract_is_given(self) -> Self:
        if self.restricted and self.functions is None:
            raise Misplaced(
                "a restricted subscription has no functions",
                f"add functions = [...] with what the contract contains of {', '.join(Function)}",
            )
        return self


class GatewayEntry(_Entry):
    """``[gateways.NAME]``: a service-provider account at a message gateway.

    The password stands in the environment; ``lab_password`` is for gateways on this host only.
    """

    kind: Literal["smpp"]
    host: str
    port: TcpPort
    system_id: str
    password_env: str | None = None
    lab_password: str | None = None

    @model_validator(mode="after")
    def _one_password(self) -> Self:
        if (self.password_env is None) == (self.lab_password is None):
            raise Misplaced("wants exactly one password", 'add password_env = "NAME" of an environment variable')
        if self.lab_password is not None and not _is_loopback(self.host):
            raise Misplaced(
                f"lab_password is for gateways on this host, not for {self.host}",
                'replace it by password_env = "NAME" of an environment variable',
                key="lab_password",
            )
        return self


class SmsAccountEntry(_Entry):
    """``[far_ends.NAME]`` of kind ``sms-account``: ``number`` sends and receives through a gateway."""

    kind: Literal["sms-account"]
    gateway: str
    number: Number


class DataServerEntry(_Entry):
    """``[far_ends.NAME]`` of kind ``data``: the destinations to which modules send.

    The bench serves them itself, unless ``control`` names a ``bench serve`` on the host where they are.
    """

    kind: Literal["data"]
    destinations: Annotated[tuple[DestinationText, ...], Field(min_length=1)]
    control: ControlText | None = None
    token_env: str | None = None

    @model_validator(mode="after")
    def _control_has_its_token(self) -> Self:
        if self.control is not None and self.token_env is None:
            raise Misplaced("control needs a token", 'add token_env = "NAME" of an environment variable')
        return self


FarEndEntry = Annotated[SmsAccountEntry | DataServerEntry, Field(discriminator="kind")]


class Limits(_Entry):
    """``[limits]``: what one run may spend at most; ``bytes_total`` counts both directions of all modules."""

    calls: Count = 100
    sms: Count = 100
    bytes_total: Count = 1_000_000


class QuarantineEntry(_Entry):
    """``[[quarantine]]``: a test or clause, on one module or all, whose verdicts decide nothing for a while.

    It still runs and is reported. ``expires`` is the last day on which that holds; afterwards the bench file is
    refused until somebody has looked at it again.
    """

    test: str = ""
    clause: str = ""
    module: str = ""
    reason: Annotated[str, Field(min_length=1)]
    expires: date

    @model_validator(mode="after")
    def _something_is_named(self) -> Self:
        if not self.test and not self.clause:
            raise Misplaced("names neither test nor clause", 'add clause = "..." or test = "..."')
        return self


class Bench(_Entry):
    """The whole bench file."""

    bench: BenchEntry
    windows: Windows = Windows()
    modules: Annotated[dict[Name, ModuleEntry], Field(min_length=1)]
    subscriptions: Annotated[dict[Name, SubscriptionEntry], Field(min_length=1)]
    gateways: dict[Name, GatewayEntry] = Field(default_factory=dict)
    far_ends: dict[Name, FarEndEntry] = Field(default_factory=dict)
    limits: Limits = Limits()
    quarantine: tuple[QuarantineEntry, ...] = ()

    def subjects(self) -> tuple[str, ...]:
        """Return the modules under test: those with a restricted subscription, strays left out."""
        return tuple(
            name for name in self.modules if self.subscription_of(name).restricted and not self._stray(name)
        )

    def references(self, *, abroad: bool = False) -> tuple[str, ...]:
        """Return the modules that serve as far ends and controls: with numbers of this country, or of others."""
        entries = {name: self.subscription_of(name) for name in self.modules if not self._stray(name)}
        return tuple(name for name, s in entries.items() if not s.restricted and s.abroad is abroad)

    def strays_of(self, module: str) -> tuple[str, ...]:
        """Return the modules outside a module's device binding with a card of its contract."""
        return tuple(name for name, entry in self.modules.items() if entry.stray_of == module)

    def _stray(self, module: str) -> bool:
        return self.modules[module].stray_of is not None

    def subscription_of(self, module: str) -> SubscriptionEntry:
        """Return the subscription in a module."""
        return self.subscriptions[self.modules[module].subscription]

    def permitted_numbers(self) -> frozenset[str]:
        """Return the bench's own and contracted numbers: all that the dial guard may let out."""
        numbers = {entry.number for entry in self.far_ends.values() if isinstance(entry, SmsAccountEntry)}
        for entry in self.subscriptions.values():
            numbers |= {entry.msisdn, *entry.voice_allowed, *entry.sms_allowed}
        return frozenset(numbers)

    def destinations(self) -> dict[Destination, str]:
        """Return every data destination of the far ends, with the far end's name."""
        return {
            Destination(*_endpoint(text, ("tcp", "udp"))): name
            for name, entry in self.far_ends.items()
            if isinstance(entry, DataServerEntry)
            for text in entry.destinations
        }

    def model(self, name: str) -> Subscription:
        """Return a subscription in the words of the judge."""
        entry = self.subscriptions[name]
        return Subscription(
            name=name,
            operator=entry.operator,
            msisdn=entry.msisdn,
            iccid=entry.iccid,
            imsi=entry.imsi,
            restricted=entry.restricted,
            functions=frozenset(entry.functions or ()),
            voice_allowed=entry.voice_allowed,
            sms_allowed=entry.sms_allowed,
            apns=entry.apns,
            data_destinations=tuple(
                Destination(*_endpoint(text, ("tcp", "udp"))) for text in entry.data_destinations
            ),
            purpose=entry.purpose,
            bound_imei=entry.bound_imei,
            cap_bytes=entry.cap_bytes,
        )

    def quarantines(self) -> tuple[Quarantine, ...]:
        """Return what is in quarantine, the reasons masked."""
        return tuple(
            Quarantine(mask_text(entry.reason), entry.expires.isoformat(), entry.test, entry.clause, entry.module)
            for entry in self.quarantine
        )

    def gateway_password(self, name: str) -> str:
        """Return the gateway's password; raises BenchFileError when its variable is not set."""
        entry = self.gateways[name]
        return entry.lab_password or _secret(entry.password_env or "", f"[gateways.{name}] password_env")

    def far_end_token(self, name: str) -> str | None:
        """Return the token of a remote data server, None for a local one; raises as gateway_password does."""
        entry = self.far_ends[name]
        if not isinstance(entry, DataServerEntry) or entry.token_env is None:
            return None
        return _secret(entry.token_env, f"[far_ends.{name}] token_env")


def _secret(variable: str, place: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise BenchFileError(place, f"the environment variable {variable} is not set", f"export {variable}=...")
    return value


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

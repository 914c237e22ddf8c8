"""A module on the bench as the suites use it: opened once per run, revived after a fault."""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from bench.inventory import ModuleEntry
from bench.keywords.budget import ByteBudget
from bench.model import Function, Subscription
from drivers.api import (
    CommandRefused,
    CommandTimeout,
    DialGuard,
    DriverError,
    LinkError,
    Observer,
    ProtocolError,
)
from drivers.at import AtChannel, Modem, Urc, load_dialect, replies
from drivers.sms import Address, Deliver, Submit, text_messages

#: the context of the contract's first APN; others are tried on one that is free
OWN_CONTEXT = 1
#: how long a module may take to come back on its port and to register, in seconds
REOPEN_S = 5.0
REGISTER_S = 10.0
IDLE_S = 5.0
#: how long the network may take to release a call before the module is asked again, in seconds
RELEASE_S = 0.25
#: the shortest relative validity (23.040 9.2.3.12.1): a message must not come after the clause's own wait
VALIDITY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where a module stands on the network: what must be equal for a control to count."""

    session: str
    plmn: str
    rat: str


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """A message that reached its receiver: from whom, and when (CLOCK_MONOTONIC ns)."""

    source: str
    at_ns: int


class Station:
    """One module with the subscription in it; every wire fault comes out as a DriverError."""

    def __init__(
        self,
        name: str,
        entry: ModuleEntry,
        subscription: Subscription,
        *,
        guard: DialGuard,
        budget: ByteBudget,
        observer: Observer,
    ) -> None:
        self.name = name
        self.budget = budget
        self.entry = entry
        self.subscription = subscription
        self.number = subscription.msisdn
        self._guard = guard
        self._observer = observer
        self._channel: AtChannel | None = None
        self._modem: Modem | None = None
        self._losses = 0
        self._watched = 0
        self._looked = 0
        self._lost_for_good = False

    @property
    def modem(self) -> Modem:
        """The open module; raises LinkError when it was never ready."""
        if self._modem is None:
            raise LinkError("The module is not open.", where=self.entry.port)
        return self._modem

    @property
    def channel(self) -> AtChannel:
        """The open channel; raises LinkError when the module was never ready."""
        if self._channel is None:
            raise LinkError("The module is not open.", where=self.entry.port)
        return self._channel

    def can(self, capability: str) -> bool:
        """Whether the bench file declares the capability."""
        return capability in self.entry.capabilities

    def may(self, function: Function) -> bool:
        """Whether the contract contains the function."""
        return self.subscription.allows(function)

    def ready(self) -> bool:
        """Open, revive and wait for registration; return whether the module was (re)opened just now.

        After a revival that failed, later calls look only whether the port is back, so that one broken module
        costs its time once.
        """
        opened = False
        if self._modem is None:
            self._channel = AtChannel(
                self.entry.port,
                name=self.name,
                guard=self._guard,
                dialect=load_dialect(self.entry.dialect),
                observer=self._observer,
                baud=self.entry.baud,
            )
            self._modem = Modem(self._channel)
            opened = True
        elif not self.channel.alive:
            patience, self._lost_for_good = (0.0 if self._lost_for_good else REOPEN_S), True
            self.channel.reopen(patience)
            self._lost_for_good = False
            opened = True
        if opened or self._boots_changed():
            self._modem.prepare()
            self._looked = self.mark()
            opened = True
        if not self._modem.wait_registered(REGISTER_S).registered:
            self._losses += 1
            raise LinkError(
                "The module is not registered on the network.",
                where=self.name,
                cause="no coverage, or the card is refused",
                fix=f"look at `bench at {self.name} AT+CREG?` and the antenna",
            )
        return opened

    def check_card(self) -> None:
        """Raise LinkError when the card in the module is not the one that the bench file names."""
        imsi = self.modem.imsi()
        if imsi != self.subscription.imsi:
            raise LinkError(
                f"The card in the module has the IMSI {imsi}, the bench file says {self.subscription.imsi}.",
                where=self.name,
                cause="cards were swapped, or another profile is enabled",
                fix=f"put the card in, or correct [subscriptions.{self.subscription.name}]",
            )

    def _boots_changed(self) -> bool:
        boots = self.channel.boots
        changed, self._watched = boots != self._watched, boots
        return changed

    def circumstances(self) -> Circumstances:
        """Read where the module stands; a lost registration since the last look starts a new session."""
        self._look_back()
        registration = self.modem.registration()
        if not registration.registered:
            self._losses += 1
            raise LinkError("The module lost its registration.", where=self.name, cause="loss of coverage")
        serving = self.modem.serving()
        return Circumstances(f"{self.name}/{self.channel.boots}/{self._losses}", serving.plmn, serving.rat)

    def _look_back(self) -> None:
        """Count what ended the session since the last look: a domain that was lost, or an unannounced restart."""
        since, self._looked = self._looked, self.mark()
        lost = self.channel.wait_for(lambda urc: replies.is_loss(urc.text), since=since, timeout_s=0)
        restarted = self.modem.numbered_errors() is False
        if lost is not None or restarted:
            self._losses += 1
        if restarted:
            self.modem.prepare()

    def mark(self) -> int:
        """Return the place in the history of unsolicited codes from which a later wait looks."""
        return self.channel.mark()

    def voice_bearer(self) -> str:
        """Return how calls of this module travel: ``"ims"`` or ``"cs"``."""
        ims = self.modem.ims()
        return "ims" if ims is not None and ims.registered and ims.voice else "cs"

    # -- calls ------------------------------------------------------------------------------------------------

    def wait_ring(self, since: int, timeout_s: float) -> Urc | None:
        """Wait for the module to ring."""
        return self.channel.wait_for(
            lambda urc: urc.text.startswith(("RING", "+CRING:")), since=since, timeout_s=timeout_s
        )

    def caller_shown(self, since: int, timeout_s: float) -> str | None:
        """Return the number shown with the ringing (+CLIP, 27.007 7.6), ``""`` when withheld, None without one."""
        urc = self.channel.wait_for(lambda urc: urc.text.startswith("+CLIP:"), since=since, timeout_s=timeout_s)
        return None if urc is None else replies.parse_caller(urc.text).number

    def call_ended(self, since: int) -> str:
        """Return the final code by which a call of this module ended since the mark, or an empty string."""
        urc = self.channel.wait_for(
            lambda urc: urc.text in {"NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE"}, since=since, timeout_s=0
        )
        return urc.text if urc else ""

    def idle(self) -> None:
        """End whatever call there is and wait until the module shows none; raises CommandTimeout otherwise."""
        deadline = time.monotonic() + IDLE_S
        since = self.mark()
        while self.modem.calls():
            if time.monotonic() > deadline:
                raise CommandTimeout("A call did not end.", where=self.name)
            with suppress(CommandRefused):
                self.modem.hang_up()
            self.channel.wait_for(lambda urc: urc.text == "NO CARRIER", since=since, timeout_s=RELEASE_S)

    # -- messages ---------------------------------------------------------------------------------------------

    def send_message(self, number: str, text: str) -> None:
        """Submit a text; raises CommandRefused with the network's cause."""
        for part in text_messages(text):
            self.modem.submit_sms(Submit(Address.of(number), part, validity=VALIDITY))

    def wait_message(self, token: str, since: int, timeout_s: float) -> MessageSeen | None:
        """Wait for a message that carries the token."""
        found: list[MessageSeen] = []

        def carries(urc: Urc) -> bool:
            try:
                message = self.modem.incoming_sms(urc)
            except (ProtocolError, CommandRefused):
                return False  # somebody else's message, as it seems: it stands in the journal as it came
            if not isinstance(message, Deliver) or token not in (message.user_data.text or ""):
                return False
            found.append(MessageSeen(str(message.originator), urc.mono_ns))
            return True

        self.channel.wait_for(carries, since=since, timeout_s=timeout_s)
        return found[0] if found else None

    # -- data -------------------------------------------------------------------------------------------------

    def go_online(self) -> int:
        """Bring up the context of the contract's first APN and return its number.

        Raises CommandRefused with the network's cause, LinkError when another APN is up there.
        """
        cid, apn = OWN_CONTEXT, next(iter(self.subscription.apns), "")
        if not self.modem.context(cid).active:
            self.modem.define_context(cid, apn)
            self.modem.activate(cid)
        granted = self.modem.context(cid).granted
        if granted and apn and network_name(granted) != network_name(apn):
            raise LinkError(
                f"Context {cid} is up with the APN {granted}, the contract says {apn}.",
                where=self.name,
                cause="the module attached with an APN of its own",
                fix=f'set AT+CGDCONT={cid},"IP","{apn}" and restart the module',
            )
        return cid

    def close(self) -> None:
        """Close the port."""
        if self._channel is not None:
            with suppress(DriverError):
                self._channel.close()


def network_name(apn: str) -> str:
    """Return an APN without its operator identifier, in lower case (23.003 9.1: names do not differ by case)."""
    return apn.lower().partition(".mnc")[0]

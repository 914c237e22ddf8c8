"""A module on the bench as the suites use it: opened once per run, revived after a fault."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from bench.inventory import ModuleEntry
from bench.keywords.budget import ByteBudget
from bench.keywords.messageform import MessageForm, carries
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
from drivers.at import (
    AtChannel,
    MessageService,
    Messaging,
    Modem,
    Registration,
    Storage,
    StoredSms,
    Urc,
    VoiceDomain,
    load_dialect,
    replies,
)
from drivers.sms import Deliver, SmsFormatError, StatusReport

#: the context of the contract's first APN; others are tried on one that is free
OWN_CONTEXT = 1
#: how long a module may take to come back on its port and to register, in seconds
REOPEN_S = 5.0
REGISTER_S = 10.0
IDLE_S = 5.0
#: how long a module may take to register to IMS or to leave it, and how often it is asked, in seconds
BEARER_S = 30.0
BEARER_LOOK_S = 1.0
#: how long the network may take to release a call before the module is asked again, in seconds
RELEASE_S = 0.25
#: after how many seconds a waiting receiver first looks for a message that was stored without a word; each next
#: pause is twice as long, up to the longest
FIRST_LOOK_S = 0.1
LONGEST_PAUSE_S = 5.0
#: how a report ends whose message the receiver has acknowledged (SMPP 3.4 appendix B)
DELIVERED = "DELIVRD"
#: TP-ST (23.040 9.2.3.15) in the words of SMPP
_REPORT_WORDS = {0x00: DELIVERED, 0x42: "REJECTD", 0x46: "EXPIRED"}
_PERMANENT_ERROR = 0x40


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


@dataclass(frozen=True, slots=True)
class MessageReport:
    """The network's last word on a message, in SMPP's words, and when it came (CLOCK_MONOTONIC ns)."""

    word: str
    error: str
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
        self._messaging: Messaging | None = None
        #: how full the memories were when their messages were last listed; None before the first look
        self._listed_at: tuple[Storage, ...] | None = None
        self._listing: list[tuple[str, StoredSms]] = []
        #: token of a message whose report was asked for -> where the history stood, and its TP-MR
        self._sent: dict[str, tuple[int, int]] = {}
        self._losses = 0
        self._watched = 0
        self._looked = 0
        self._lost_for_good = False
        #: whether the network may have taken a forwarding of calls
        self._forwards = False
        #: what an attempt changed and has to put back: its name, and how
        self._changed: list[tuple[str, Callable[[], None]]] = []
        #: whether some of it could not be put back when it should have been
        self._owes = False
        #: whether a network was selected by hand, and the module has not yet been told to choose again
        self._by_hand = False

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

    @property
    def messaging(self) -> Messaging:
        """Memories and bearer of messages; raises LinkError when the module was never ready."""
        if self._messaging is None:
            raise LinkError("The module is not open.", where=self.entry.port)
        return self._messaging

    def can(self, capability: str) -> bool:
        """Whether the bench file declares the capability."""
        return capability in self.entry.capabilities

    def may(self, function: Function) -> bool:
        """Whether the contract contains the function."""
        return self.subscription.allows(function)

    def ready(self) -> bool:
        """Open, revive and wait for registration; return whether the module was (re)opened just now."""
        opened = self.opened()
        if not self.modem.wait_registered(REGISTER_S).registered:
            self._losses += 1
            raise LinkError(
                "The module is not registered on the network.",
                where=self.name,
                cause="no coverage, or the card is refused",
                fix=f"look at `bench at {self.name} AT+CREG?` and the antenna",
            )
        if self._owes:
            self._put_back()
        return opened

    def opened(self) -> bool:
        """Open and revive, registered or not; return whether the module was (re)opened just now.

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
            self._messaging = Messaging(self._channel)
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
        self.select_automatically()
        return opened

    @contextmanager
    def changing(self, what: str, put_back: Callable[[], None]) -> Iterator[None]:
        """Run ``put_back`` at the end, come what may; a module that is away then gets it when it is ready again.

        Raises LinkError when it cannot be put back.
        """
        self._changed.append((what, put_back))
        try:
            yield
        finally:
            self._put_back()

    def _put_back(self) -> None:
        while self._changed:
            what, put_back = self._changed[-1]
            try:
                put_back()
            except DriverError as error:
                self._owes = True
                raise LinkError(
                    f"The {what} could not be put back.",
                    where=self.name,
                    cause=str(error),
                    fix=f"look at it with `bench at {self.name} ...`; the next check on the module tries again",
                ) from error
            self._changed.pop()
        self._owes = False

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

    def select_network(self, plmn: str) -> Registration:
        """Register on one network by hand; raises CommandRefused when that does not succeed.

        Whoever calls it calls :meth:`select_automatically` afterwards; what keeps him from it is made good when
        the module is used or closed next.
        """
        self._by_hand = True
        self._losses += 1
        self.modem.select_network(plmn)
        return self.modem.wait_registered(REGISTER_S)

    def select_automatically(self) -> None:
        """Let the module choose its network again, when one was selected by hand."""
        if self._by_hand:
            self.modem.select_automatically()
            self._by_hand = False

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
        return self.modem.voice_state().bearer

    def voice_standing(self) -> str:
        """Return in words what has to be known before a refused call is believed: registration and IMS."""
        r = self.modem.registration()
        domains = {"CREG": r.cs, "CGREG": r.ps, "CEREG": r.eps, "C5GREG": r.nr}
        known = ", ".join(f"{name} {stat}" for name, stat in domains.items() if stat is not None)
        return f"{known}, {self.modem.voice_state()}"

    @contextmanager
    def voice_over(self, bearer: str) -> Iterator[str]:
        """Let calls have no other way than ``"ims"`` or ``"cs"`` for a while; yields the way they really take.

        That is another one where the module does not know ``+CEVDP`` or cannot use the bearer.
        """
        before = self.modem.voice_domain()
        if before is None:
            yield self.voice_bearer()
            return
        usual = self.voice_bearer()

        def put_back() -> None:
            if self.modem.voice_domain() is not before:
                self.modem.choose_voice_domain(before)
            self._settled(usual)

        with self.changing("voice domain", put_back):
            with suppress(CommandRefused):
                self.modem.choose_voice_domain(VoiceDomain.only(bearer))
            yield self._settled(bearer)

    def _settled(self, bearer: str) -> str:
        """Wait until calls take the way; returns the one they take in the end."""
        deadline = time.monotonic() + BEARER_S
        while True:
            since = self.mark()
            current = self.voice_bearer()
            left = deadline - time.monotonic()
            if current == bearer or left <= 0:
                return current
            self.channel.wait_for(
                lambda urc: urc.text.startswith("+CIREGU:"), since=since, timeout_s=min(BEARER_LOOK_S, left)
            )

    def forward_calls(self, number: str) -> None:
        """Register an unconditional forwarding; raises CommandRefused with the network's answer."""
        self._forwards = True
        try:
            self.modem.forward_calls(number)
        except CommandRefused:
            self._forwards = False
            raise

    def hears_of_forwarding(self) -> bool:
        """Whether the network answers when the module asks for its forwarding."""
        with suppress(CommandRefused):
            return bool(self.modem.forwarding())
        return False

    def erase_forwarding(self) -> None:
        """Erase the unconditional forwarding and read back that there is none; raises LinkError when there is."""
        with suppress(CommandRefused):  # who may not register may not erase either: the reading decides
            self.modem.erase_forwarding()
        try:
            left = [entry.number for entry in self.modem.forwarding() if entry.active]
        except CommandRefused:
            if self._forwards:
                raise
            return  # a subscription that may not even ask has none
        if left:
            raise LinkError(f"The network still forwards calls to {left[0]}.", where=self.name)
        self._forwards = False

    def sms_over_ims(self) -> bool:
        """Whether the module is registered to IMS for messages, which then may leave that way on any bearer."""
        ims = self.modem.ims()
        return ims is not None and ims.registered and ims.sms

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

    def expect_message(self) -> int:
        """Make sure that a message has room to arrive; return the mark from which to wait for it."""
        storages = self.messaging.storages()
        if full := next((s for s in storages if s.total and s.used >= s.total), None):
            raise LinkError(
                f"The message memory {full.memory} is full ({full.used} of {full.total}).",
                where=self.name,
                cause="messages from before the run",
                fix="delete them; the bench deletes only its own",
            )
        if self._listed_at is None:
            self._listed_at = storages
        return self.mark()

    @contextmanager
    def sending_over(self, service: MessageService) -> Iterator[None]:
        """Let messages leave on a bearer for a while; raises DriverError when the module does not change over."""
        before = self.messaging.service()
        self.messaging.choose_service(service)
        try:
            yield
        finally:
            self.messaging.choose_service(before)

    def send_message(self, number: str, token: str, form: MessageForm) -> None:
        """Submit a message with the token; raises CommandRefused with the network's cause."""
        since = self.mark()
        for submit in form.submits(number, token):
            reference = self.modem.submit_sms(submit)
            if submit.status_report:
                self._sent[token] = (since, reference)

    def wait_message(self, token: str, since: int, timeout_s: float) -> MessageSeen | None:
        """Wait for a message that carries the token, shown, announced or stored without a word.

        What was stored is deleted again.
        """
        found: list[MessageSeen] = []

        def arrived(urc: Urc) -> bool:
            message = self._incoming(urc)
            if not isinstance(message, Deliver) or not carries(message.user_data, token):
                return False
            found.append(MessageSeen(str(message.originator), urc.mono_ns))
            if urc.text.startswith("+CMTI:"):
                self._delete(replies.parse_stored_at(urc.text).index)
            return True

        deadline = time.monotonic() + timeout_s
        left, pause = timeout_s, FIRST_LOOK_S
        while True:
            self.channel.wait_for(arrived, since=since, timeout_s=min(left, pause))
            if seen := found[0] if found else self._take_stored(token):
                return seen
            if left <= pause:
                return None
            left = max(0.0, deadline - time.monotonic())
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _incoming(self, urc: Urc) -> Deliver | StatusReport | None:
        try:
            return self.modem.incoming_sms(urc)
        except (ProtocolError, CommandRefused):
            return None  # somebody else's message, as it seems: it stands in the journal as it came

    def _take_stored(self, token: str) -> MessageSeen | None:
        """Look for the token in the memories, which are listed anew only when they hold another number."""
        storages = self.messaging.storages()
        if storages != self._listed_at:
            self._listed_at, self._listing = storages, []
            for storage in storages:
                self.messaging.read_from(storage.memory)
                self._listing += [(storage.memory, stored) for stored in self.messaging.stored()]
        for memory, stored in self._listing:
            with suppress(SmsFormatError):
                message = stored.message
                if isinstance(message, Deliver) and carries(message.user_data, token) and stored.index is not None:
                    self.messaging.read_from(memory)
                    self._delete(stored.index)
                    return MessageSeen(str(message.originator), time.monotonic_ns())
        return None

    def _delete(self, index: int) -> None:
        """Delete a message of the bench; as many messages as before may be others from now on."""
        self._listed_at = ()
        with suppress(CommandRefused):
            self.messaging.delete(index)

    def report_on(self, token: str, timeout_s: float) -> MessageReport | None:
        """Wait for the status report that says delivered; after the timeout return any other final one."""
        if token not in self._sent:
            return None
        since, reference = self._sent[token]
        found: list[MessageReport] = []

        def delivered(urc: Urc) -> bool:
            report = self._incoming(urc)
            if not isinstance(report, StatusReport) or report.reference != reference:
                return False
            if report.status == 0 or report.status >= _PERMANENT_ERROR:
                word = _REPORT_WORDS.get(report.status, "UNDELIV")
                found.append(MessageReport(word, f"TP-ST {report.status:02X}", urc.mono_ns))
            return report.status == 0

        self.channel.wait_for(delivered, since=since, timeout_s=timeout_s)
        return found[-1] if found else None

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
        """Put back what is still changed, as far as the module is there, and close the port."""
        if self._changed:
            self._owes = True
            with suppress(DriverError):
                self.ready()
        if self._channel is not None:
            with suppress(DriverError):
                self.select_automatically()
            with suppress(DriverError):
                self._channel.close()


def network_name(apn: str) -> str:
    """Return an APN without its operator identifier, in lower case (23.003 9.1: names do not differ by case)."""
    return apn.lower().partition(".mnc")[0]

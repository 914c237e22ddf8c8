"""A module as what it can do: typed commands of 3GPP TS 27.007 and 27.005.

Every method is one exchange or a few, and raises what :meth:`AtChannel.execute` raises:
:class:`drivers.api.CommandRefused` when the module or the network says no, :class:`drivers.api.CommandTimeout`,
:class:`drivers.api.LinkLost`, :class:`drivers.api.DialRefused`; and :class:`drivers.api.ProtocolError` when an
answer makes no sense. Deadlines and timeouts are in seconds.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from drivers.api import CommandRefused, ProtocolError, Unsupported
from drivers.at import replies
from drivers.at.cardfile import EF_ECC, EF_MSISDN, FileLayout, parse_emergency, parse_layout, parse_msisdn
from drivers.at.channel import AtChannel, Reply, Urc
from drivers.at.command import Command
from drivers.at.replies import CallState, ImsState, NetworkStat, OwnNumber, PinState, Storage, StoredSms
from drivers.at.sockets import Socket
from drivers.at.voice import (
    Forwarding,
    VoiceDomain,
    VoiceState,
    parse_forwarding,
    parse_ims_voice,
    parse_voice_domain,
)
from drivers.sms import Deliver, StatusReport, Submit, with_smsc

_CTRL_Z = b"\x1a"

#: Without these nothing else can be understood: no echo (V.250 6.2.4), numbered errors (27.007 9.1).
_REQUIRED = ("ATE0", "AT+CMEE=1")
#: What modules may lack: one purpose per row, with the forms to try in turn.
_WANTED = (
    ("AT+CMGF=0",),  # 27.005 3.2.3: PDU mode
    ('AT+CSCS="IRA"', 'AT+CSCS="GSM"'),  # 27.007 5.5: numbers and texts as they are, not in hex
    ("AT+CLIP=1",),  # 27.007 7.6
    ("AT+CSMS=0",),  # 27.005 3.2.1: deliveries need no acknowledgement
    # 27.005 3.4.1: deliveries and status reports as they come, else where they were stored
    ("AT+CNMI=2,2,0,1,0", "AT+CNMI=2,2,0,1", "AT+CNMI=2,1,0,1,0", "AT+CNMI=2,1,0,0,0", "AT+CNMI=2,1"),
    ("AT+CGEREP=2,1", "AT+CGEREP=2"),  # 27.007 10.1.19: what the network does to contexts
    ("AT+CIREG=2",),  # 27.007 8.71: with the services of the registration
    ("AT+CPSMS=0",),  # 27.007 7.38: a module that sleeps misses what is sent to it
    ("AT+CEDRXS=0",),  # 27.007 7.40
)
_READ_BINARY, _READ_RECORD, _GET_RESPONSE = 176, 178, 192
_POLL_S = 2.0
#: looking for networks on every band of every technology
_SEARCH_S = 180.0
#: context numbers that every module has (27.007 10.1.1 leaves the most to the module)
_CONTEXTS = 8


@dataclass(frozen=True, slots=True)
class Identity:
    """Who made the module, and its IMEI (27.007 5.1 to 5.4)."""

    manufacturer: str
    model: str
    revision: str
    imei: str


@dataclass(frozen=True, slots=True)
class Registration:
    """``<stat>`` per domain (27.007 7.2, 10.1.20, 10.1.22, 10.1.47); None where the module has no such command."""

    cs: int
    ps: int | None
    eps: int | None
    nr: int | None = None

    @property
    def registered(self) -> bool:
        """Whether any domain is registered; emergency service only is not."""
        stats = (self.cs, self.ps, self.eps, self.nr)
        return any(replies.RegStat(stat).registered for stat in stats if stat is not None)

    @property
    def denied(self) -> bool:
        """Whether the network refused every domain that it was asked for."""
        return not self.registered and replies.RegStat.DENIED in (self.cs, self.ps, self.eps, self.nr)


@dataclass(frozen=True, slots=True)
class Serving:
    """The network in use: numeric PLMN and radio access technology, both ``""`` without service."""

    plmn: str
    rat: str


@dataclass(frozen=True, slots=True)
class Context:
    """A PDP context: the access point name it is defined with, and its address while it is active.

    ``granted`` is the name that the network gave, empty while inactive and where the module cannot tell.
    """

    apn: str
    address: str | None
    active: bool
    granted: str = ""


class Modem:
    """Typed commands over one channel."""

    def __init__(self, channel: AtChannel) -> None:
        self._channel = channel
        self._dialect = channel.dialect
        self._sockets: list[Socket] = []

    # Set-up and identities

    def prepare(self) -> None:
        """Bring the module into the state that the other methods need, after every start; deletes nothing.

        Raises :class:`drivers.api.CommandRefused` only for echo off and numbered errors, and
        :class:`drivers.api.CommandTimeout` when the module does not answer at all.
        """
        self._channel.synchronise()
        for text in _REQUIRED:
            self._run(text)
        registration = tuple((f"AT{name}=3", f"AT{name}=2") for name in self._dialect.registration)
        for forms in (*_WANTED, *registration, *((text,) for text in self._dialect.init)):
            for text in forms:
                with suppress(CommandRefused):
                    self._run(text)
                    break

    def identity(self) -> Identity:
        """Read ``+CGMI``, ``+CGMM``, ``+CGMR`` and ``+CGSN`` (27.007 5.1 to 5.4)."""
        manufacturer, model, revision = (
            replies.parse_identity(self._run(f"AT+{name}")) for name in ("CGMI", "CGMM", "CGMR")
        )
        return Identity(manufacturer, model, revision, imei=replies.parse_digits(self._run("AT+CGSN")))

    def imsi(self) -> str:
        """Read ``+CIMI`` (27.007 5.6)."""
        return replies.parse_digits(self._run("AT+CIMI"))

    def iccid(self) -> str:
        """Read the ICCID with the first of the dialect's commands that the module knows."""
        for text in self._dialect.iccid:
            with suppress(CommandRefused):
                if lines := self._run(text):
                    return replies.parse_iccid(lines[0])
        raise Unsupported(
            f"none of {', '.join(self._dialect.iccid)} was understood",
            where=self._channel.where,
            cause=f"the dialect {self._dialect.name} does not suit the module, or there is no card",
        )

    def own_numbers(self) -> tuple[OwnNumber, ...]:
        """Read ``+CNUM`` (27.007 7.1): the subscriber numbers on the card, often none."""
        return replies.parse_own_numbers(self._run("AT+CNUM", "+CNUM:"))

    def read_ef(self, file_id: int) -> bytes:
        """Read a whole card file by ``+CRSM`` (27.007 8.18), records of a linear file behind each other.

        Raises :class:`drivers.api.CommandRefused` with family ``"SW"`` and the status words as code.
        """
        return b"".join(self._records(file_id, self._layout(file_id)))

    def msisdn_file(self) -> tuple[OwnNumber, ...]:
        """Read the numbers of EF_MSISDN (31.102 4.2.26); empty records go."""
        records = self._records(EF_MSISDN, self._layout(EF_MSISDN))
        return tuple(number for number in map(parse_msisdn, records) if number)

    def emergency_numbers(self) -> frozenset[str]:
        """Read the emergency numbers of the card (EF_ECC, 31.102 4.2.21) and of the network (27.007 8.67)."""
        numbers: set[str] = set()
        with suppress(CommandRefused):
            layout = self._layout(EF_ECC)
            numbers.update(parse_emergency(self._records(EF_ECC, layout), transparent=not layout.record_length))
        with suppress(CommandRefused):
            command = replace(Command.of("AT+CEN?"), replies=("+CEN1:", "+CEN2:"))
            numbers.update(replies.parse_network_emergency(self._channel.execute(command).lines))
        return frozenset(numbers)

    # Network

    def registration(self) -> Registration:
        """Read the registration of each domain that the dialect names; ``cs`` is 0 where there is no ``+CREG``."""
        stats = {name: self._registration(name) for name in self._dialect.registration}
        return Registration(
            cs=stats.get("+CREG") or 0, ps=stats.get("+CGREG"), eps=stats.get("+CEREG"), nr=stats.get("+C5GREG")
        )

    def wait_registered(self, timeout_s: float) -> Registration:
        """Wait until any domain is registered; after ``timeout_s`` returns what is, ``registered`` False.

        Unsolicited codes wake it; since a module may lose them, it also reads every 2 s.
        """
        return self._wait_registration(timeout_s, lambda registration: registration.registered)

    def register_again(self, timeout_s: float) -> Registration:
        """Leave the network and register afresh, by ``+CFUN`` 4 and 1 (27.007 8.2).

        Returns when the network has taken or refused the module, or after ``timeout_s``.
        """
        self._run("AT+CFUN=4")
        self._run("AT+CFUN=1")
        return self._wait_registration(timeout_s, lambda found: found.registered or found.denied)

    def _wait_registration(self, timeout_s: float, enough: Callable[[Registration], bool]) -> Registration:
        end = time.monotonic() + timeout_s
        while True:
            since = self._channel.mark()
            registration = self.registration()
            left = end - time.monotonic()
            if enough(registration) or left <= 0:
                return registration
            self._channel.wait_for(
                lambda urc: urc.text.startswith(self._dialect.registration),
                since=since,
                timeout_s=min(_POLL_S, left),
            )

    def serving(self) -> Serving:
        """Read the serving network by ``+COPS?`` (27.007 7.3)."""
        with suppress(CommandRefused):
            self._run("AT+COPS=3,2")
        operator = replies.parse_operator(self._line("AT+COPS?", "+COPS:"))
        return Serving(operator.name, replies.rat(operator.act) if operator.name else "")

    def numbered_errors(self) -> bool | None:
        """Read ``+CMEE?`` (27.007 9.1): off again after a restart; None when the module cannot tell."""
        with suppress(CommandRefused):
            lines = self._run("AT+CMEE?", "+CMEE:")
            return bool(lines) and not lines[0].endswith("0")
        return None

    def ims(self) -> ImsState | None:
        """Read ``+CIREG?`` (27.007 8.71); None when the module does not know the command."""
        with suppress(CommandRefused):
            return replies.parse_ims(self._line("AT+CIREG?", "+CIREG:"))
        return None

    def denial(self) -> int | None:
        """Return the network's cause for the registration that it denies (24.301 and 24.501 annex A).

        From the ``<reject_cause>`` of the registration commands with ``<n>`` = 3 (27.007 7.2); None when no domain
        is denied, or when the module tells no cause of the specifications.
        """
        for name in reversed(self._dialect.registration):  # a missing circuit-switched domain tells least
            with suppress(CommandRefused):
                found = replies.parse_registration(self._line(f"AT{name}?", f"{name}:"), unsolicited=False)
                if found.stat is replies.RegStat.DENIED and found.cause_type == 0:
                    return found.reject_cause
        return None

    def networks(self) -> dict[str, NetworkStat]:
        """Search the networks around: ``+COPS=?`` (27.007 7.3), by numeric PLMN; may take minutes."""
        return replies.parse_networks(self._line("AT+COPS=?", "+COPS:", deadline_s=_SEARCH_S))

    def select_network(self, plmn: str) -> None:
        """Register on one network and no other: manual ``+COPS`` (27.007 7.3).

        Raises :class:`drivers.api.CommandRefused` when that does not succeed; the module then may have no service
        until :meth:`select_automatically`.
        """
        self._run(f'AT+COPS=1,2,"{plmn}"', deadline_s=_SEARCH_S)

    def select_automatically(self) -> None:
        """Let the module choose its network again, ``+COPS=0`` (27.007 7.3), and read back that it does.

        Raises :class:`drivers.api.ProtocolError` when it says OK and still selects by hand.
        """
        self._run("AT+COPS=0", deadline_s=_SEARCH_S)
        mode = replies.parse_operator(self._line("AT+COPS?", "+COPS:")).mode
        if mode != 0:
            raise ProtocolError(f"+COPS=0 was accepted and the mode is {mode}", where=self._channel.where)

    # Locks

    def pin_state(self) -> PinState:
        """Read what the module waits for before it uses the card: ``+CPIN?`` (27.007 8.3)."""
        return replies.parse_pin(self._line("AT+CPIN?", "+CPIN:"))

    def facility_locked(self, facility: str) -> bool:
        """Query a facility (``"PN"`` or another of 27.007 7.4): ``+CLCK`` with ``<mode>`` 2 changes nothing."""
        return replies.parse_lock(self._run(f'AT+CLCK="{facility}",2', "+CLCK:"))

    # Calls

    def dial(self, number: str) -> None:
        """Start a voice call (27.007 6.2).

        Returns when the module says OK, which is no answer; what follows shows in :meth:`calls` and as unsolicited
        ``NO CARRIER`` or ``BUSY``. Raises :class:`drivers.api.CommandRefused` with the final as its family.
        """
        self._run(f"ATD{number};", deadline_s=60)

    def calls(self) -> tuple[CallState, ...]:
        """Read the voice calls by ``+CLCC`` (27.007 7.18)."""
        calls = map(replies.parse_call, self._run("AT+CLCC", "+CLCC:"))
        return tuple(call for call in calls if call.voice)

    def answer(self) -> None:
        """Answer the incoming call (V.250 6.3.5)."""
        self._run("ATA", deadline_s=60)

    def hang_up(self) -> None:
        """End all calls, with ``+CHUP`` (27.007 6.5) or what the dialect wants instead."""
        self._run(self._dialect.hang_up, deadline_s=30)

    def call_cause(self) -> str:
        """Read why the last call ended: ``+CEER`` (27.007 6.10), the vendor's text without the prefix."""
        return " ".join(map(replies.text_of, self._run("AT+CEER", "+CEER:"))).strip()

    # Which way calls go

    def voice_state(self) -> VoiceState:
        """Read how the next call would travel: :meth:`ims`, ``+CAVIMS?`` (27.007) and :meth:`voice_domain`."""
        available = None
        with suppress(CommandRefused):
            available = parse_ims_voice(self._line("AT+CAVIMS?", "+CAVIMS:"))
        return VoiceState(self.ims(), available, self.voice_domain())

    def voice_domain(self) -> VoiceDomain | None:
        """Read ``+CEVDP?`` (27.007 10.1.35); None when the module does not know the command."""
        with suppress(CommandRefused):
            return parse_voice_domain(self._line("AT+CEVDP?", "+CEVDP:"))
        return None

    def choose_voice_domain(self, domain: VoiceDomain) -> None:
        """Set ``+CEVDP`` (27.007 10.1.35); the module may need seconds to register or leave IMS."""
        self._run(f"AT+CEVDP={domain.value}", deadline_s=30)

    def knows_forwarding(self) -> bool:
        """Ask the module, not the network, whether it has ``+CCFC``."""
        try:
            self._run("AT+CCFC=?")
        except CommandRefused:
            return False
        return True

    def forward_calls(self, number: str) -> None:
        """Register an unconditional forwarding of all calls: ``+CCFC`` (27.007 7.11, 22.082)."""
        self._run(f'AT+CCFC=0,3,"{_quotable(number)}",{145 if number.startswith("+") else 129}', deadline_s=30)

    def erase_forwarding(self) -> None:
        """Erase the unconditional forwarding: ``+CCFC`` (27.007 7.11)."""
        self._run("AT+CCFC=0,4", deadline_s=30)

    def forwarding(self) -> tuple[Forwarding, ...]:
        """Ask the network for the unconditional forwarding: ``+CCFC`` (27.007 7.11)."""
        return parse_forwarding(self._run("AT+CCFC=0,2", "+CCFC:", deadline_s=30))

    # Messages

    def submit_sms(self, message: Submit) -> int:
        """Send one TPDU through the card's service centre by ``+CMGS`` (27.005 4.3); returns ``<mr>``."""
        tpdu = message.encode()
        self._run("AT+CMGF=0")
        return self._send(f"AT+CMGS={len(tpdu)}", with_smsc(tpdu, None).hex().upper().encode("ascii"))

    def send_text(self, number: str, text: str) -> int:
        """Send a message in text mode (27.005 3.5.1), GSM alphabet only; returns ``<mr>`` and restores PDU mode.

        Raises ValueError for text that the prompt cannot carry.
        """
        if not (text.isascii() and text.isprintable()):
            raise ValueError(f"text mode takes one line of printable ASCII: {text!r}")
        kind = 145 if number.startswith("+") else 129
        self._run("AT+CMGF=1")
        try:
            return self._send(f'AT+CMGS="{number}",{kind}', text.encode("ascii"))
        finally:
            self._run("AT+CMGF=0")

    def incoming_sms(self, urc: Urc) -> Deliver | StatusReport | None:
        """Return the message of ``+CMT`` or ``+CDS``, or read what ``+CMTI`` or ``+CDSI`` names (27.005 3.4.1).

        None for other codes and for a place that is empty by now. Deletes nothing.
        """
        if urc.text.startswith(("+CMT:", "+CDS:")):
            message = replies.read_pdu(replies.parse_pdu(urc.pdu or ""), received=True)
        elif urc.text.startswith(("+CMTI:", "+CDSI:")):
            place = replies.parse_stored_at(urc.text)
            self._run(f'AT+CPMS="{place.memory}"', "+CPMS:")
            stored = replies.parse_stored_sms(self._run(f"AT+CMGR={place.index}", "+CMGR:"))
            if not stored:
                return None
            message = stored[0].message
        else:
            return None
        if not isinstance(message, Deliver | StatusReport):
            raise ProtocolError(f"neither a delivery nor a status report: {message!r}", where=self._channel.where)
        return message

    def stored_sms(self) -> tuple[StoredSms, ...]:
        """List the messages in the reading memory: ``+CMGL=4`` (27.005 4.1)."""
        lines = self._run("AT+CMGL=4", "+CMGL:", deadline_s=30)
        return replies.parse_stored_sms(lines)

    def storage(self) -> Storage:
        """Read how full the reading memory is: ``+CPMS?`` (27.005 3.2.2)."""
        return replies.parse_storage(self._line("AT+CPMS?", "+CPMS:"))

    # Packet data

    def define_context(self, cid: int, apn: str, pdp_type: str = "IP") -> None:
        """Define a context: ``+CGDCONT`` (27.007 10.1.1)."""
        self._run(f'AT+CGDCONT={cid},"{pdp_type}","{_quotable(apn)}"')

    def activate(self, cid: int) -> None:
        """Activate a context: ``+CGACT`` (27.007 10.1.10); a refusal is a CommandRefused."""
        self._run(f"AT+CGACT=1,{cid}", deadline_s=150)

    def deactivate(self, cid: int) -> None:
        """Deactivate a context: ``+CGACT`` (27.007 10.1.10)."""
        self._run(f"AT+CGACT=0,{cid}", deadline_s=60)

    def context(self, cid: int) -> Context:
        """Read a context: ``+CGACT?``, ``+CGCONTRDP`` and ``+CGPADDR`` while active, else ``+CGDCONT?``."""
        active = replies.parse_context_states(self._run("AT+CGACT?", "+CGACT:")).get(cid, False)
        if not active:
            return Context(self._apn(cid), None, active=False)
        apn, address = "", ""
        with suppress(CommandRefused):  # 10.1.23 is younger than many modules
            granted = self._run(f"AT+CGCONTRDP={cid}", "+CGCONTRDP:")
            if granted:
                apn = replies.parse_active_context(granted[0]).apn
        with suppress(CommandRefused):
            address = replies.parse_addresses(self._run(f"AT+CGPADDR={cid}", "+CGPADDR:")).get(cid, "")
        return Context(self._apn(cid), address or None, active=True, granted=apn)

    def free_context(self) -> int:
        """Return the number of a context that is neither defined nor active; raises Unsupported without one."""
        definitions = replies.parse_context_definitions(self._run("AT+CGDCONT?", "+CGDCONT:"))
        taken = {definition.cid for definition in definitions}
        taken.update(replies.parse_context_states(self._run("AT+CGACT?", "+CGACT:")))
        free = next((cid for cid in range(2, _CONTEXTS) if cid not in taken), None)
        if free is None:
            raise Unsupported(
                "every context is defined", where=self._channel.where, fix="delete one by AT+CGDCONT=N"
            )
        return free

    def forget_context(self, cid: int) -> None:
        """Delete a context definition: ``+CGDCONT=<cid>`` (27.007 10.1.1)."""
        self._run(f"AT+CGDCONT={cid}")

    def data_cause(self) -> str:
        """Read why the last activation failed, as :meth:`call_cause` does: there is one such report."""
        return self.call_cause()

    def open_socket(self, cid: int, protocol: str, host: str, port: int, timeout_s: float) -> Socket:
        """Open a socket of the module's own stack, ``protocol`` ``"tcp"`` or ``"udp"``, by the dialect's dialogue.

        Raises :class:`drivers.api.Unsupported` when the dialect has none or all its sockets are open.
        """
        dialogue = {str(kind): dialogue for kind, dialogue in self._dialect.sockets.items()}.get(protocol)
        if dialogue is None:
            raise Unsupported(
                f"the dialect {self._dialect.name} has no {protocol} sockets",
                where=self._channel.where,
                fix="name the vendor's dialect in the bench file",
            )
        self._sockets = [socket for socket in self._sockets if socket.open]
        number = None
        if dialogue.ids:
            taken = {socket.number for socket in self._sockets}
            numbers = range(dialogue.first, dialogue.first + dialogue.ids)
            number = next((number for number in numbers if number not in taken), None)
            if number is None:
                raise Unsupported(f"all {dialogue.ids} sockets are open", where=self._channel.where)
        socket = Socket(self._channel, dialogue)
        socket.connect(cid=cid, apn=self._apn(cid), host=host, port=port, number=number, timeout_s=timeout_s)
        self._sockets.append(socket)
        return socket

    def command(self, text: str, deadline_s: float | None = None) -> Reply:
        """Send any command line; the dial guard sees it like every other."""
        return self._channel.execute(text, deadline_s)

    # Exchanges

    def _run(self, text: str, prefix: str = "", deadline_s: float | None = None) -> tuple[str, ...]:
        command = Command.of(text)
        if prefix:
            command = replace(command, replies=(prefix,))
        return self._channel.execute(command, deadline_s).lines

    def _line(self, text: str, prefix: str, deadline_s: float | None = None) -> str:
        lines = self._run(text, prefix, deadline_s)
        if not lines:
            raise ProtocolError(f"{text} answered OK without {prefix}", where=self._channel.where)
        return lines[-1]

    def _registration(self, name: str) -> int | None:
        with suppress(CommandRefused):
            line = self._line(f"AT{name}?", f"{name}:")
            return int(replies.parse_registration(line, unsolicited=False).stat)
        return None

    def _apn(self, cid: int) -> str:
        definitions = replies.parse_context_definitions(self._run("AT+CGDCONT?", "+CGDCONT:"))
        return next((definition.apn for definition in definitions if definition.cid == cid), "")

    def _send(self, text: str, body: bytes) -> int:
        command = replace(Command.of(text), replies=("+CMGS:",), payload=body + _CTRL_Z, deadline_s=120)
        lines = self._channel.execute(command).lines
        if not lines:
            raise ProtocolError(f"{text} answered OK without +CMGS:", where=self._channel.where)
        return replies.parse_reference(lines[-1])

    def _layout(self, file_id: int) -> FileLayout:
        return parse_layout(self._card(_GET_RESPONSE, file_id))

    def _records(self, file_id: int, layout: FileLayout) -> tuple[bytes, ...]:
        """Read a file's records, or a transparent one in pieces."""
        if layout.record_length:
            records = range(1, layout.size // layout.record_length + 1)
            return tuple(self._card(_READ_RECORD, file_id, record, 4, layout.record_length) for record in records)
        return tuple(
            self._card(_READ_BINARY, file_id, at >> 8, at & 0xFF, min(255, layout.size - at))
            for at in range(0, layout.size, 255)
        )

    def _card(self, command: int, file_id: int, *parameters: int) -> bytes:
        text = f"AT+CRSM={','.join(map(str, (command, file_id, *parameters)))}"
        reply = replies.parse_card(self._line(text, "+CRSM:"))
        if not reply.done:
            words = reply.sw1 << 8 | reply.sw2
            raise CommandRefused(f"{text}: status {words:04X}", family="SW", code=words, where=self._channel.where)
        return reply.data


def _quotable(text: str) -> str:
    if '"' in text or not text.isprintable():
        raise ValueError(f"cannot stand in quotes: {text!r}")
    return text

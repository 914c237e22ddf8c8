"""One AT port: commands with deadlines, unsolicited codes with a history, and what happened on the wire.

A thread that sends a command reads its reply itself; while no command is in flight a listener reads. So no result
is handed from thread to thread, which would cost more than the exchange. Everything that crosses the wire goes to
the observer, in wire order.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple, Self

from drivers.api import (
    CommandRefused,
    CommandTimeout,
    DialGuard,
    LinkError,
    LinkLost,
    Observer,
    ProtocolError,
    WireRecord,
)
from drivers.at.command import Command
from drivers.at.dialect import Dialect
from drivers.at.framer import Framer, Kind, refusal
from drivers.at.outbound import outbound
from drivers.transport import open_link

_REPLY, _FINAL, _URC, _PROMPT = Kind.REPLY, Kind.FINAL, Kind.URC, Kind.PROMPT

#: Unsolicited codes kept; a waiter that falls further behind gets an error, never a gap.
HISTORY = 16384

_PROBE = Command("AT", deadline_s=1.0)
_ESC = b"\x1b"
#: Silence that ends the drain before a resynchronisation, and the most it waits for one.
_QUIET_S = 0.1
_DRAIN_S = 1.0
#: How long the answers of given-up commands may come behind the probe's: a module answers in order, so that
#: behind an answered probe they come at once or never.
_SETTLE_S = 1.0
_SYNCHRONISE_S = 5.0
_REOPEN_PAUSE_S = 0.1


class Urc(NamedTuple):
    """One unsolicited result code.

    ``seq`` numbers the codes of a channel from 0; ``mono_ns`` is CLOCK_MONOTONIC nanoseconds at its arrival.
    ``text`` is the line (latin-1), ``pdu`` the second line of ``+CMT:``, ``+CDS:`` and ``+CBM:``.
    """

    seq: int
    mono_ns: int
    text: str
    pdu: str | None = None


class Reply(NamedTuple):
    """The answer to a command: ``lines`` without echo and final, ``final`` the line that ended it.

    ``final`` is empty for a bare command. ``latency_s`` is the time in seconds from sending to the end.
    """

    lines: tuple[str, ...]
    final: str
    latency_s: float


class ModuleRebooted(LinkLost):
    """The module started anew while a command was pending: a fault of the bench; the link itself still works."""


class _Exchange:
    """What has come for the command in flight."""

    __slots__ = ("booted", "ended_ns", "final", "lines", "prompted")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.final = ""
        self.booted = ""
        self.prompted = False
        self.ended_ns = 0


class AtChannel:
    """An AT port with one command in flight at a time; every method may be called from any thread.

    ``guard`` is asked about every party that a command would reach before its bytes leave. ``baud`` is in bit/s.
    The constructor opens the port and raises what :func:`drivers.transport.open_link` raises.
    """

    def __init__(
        self,
        port: str,
        *,
        name: str,
        guard: DialGuard,
        dialect: Dialect,
        observer: Observer,
        baud: int = 115200,
    ) -> None:
        self.name = name
        self.dialect = dialect
        self._port = port
        self._baud = baud
        self._guard = guard
        self._observer = observer
        self._source = f"at:{name}"
        self._boots = 0
        self._busy = threading.Lock()  # one command in flight, or a reopening
        self._turn = threading.Lock()  # whose turn it is to read: the listener's, or of a command's own thread
        self._news = threading.Condition(threading.Lock())  # history and loss of the link
        self._history: deque[Urc] = deque(maxlen=HISTORY)
        self._count = 0
        self._stop = threading.Event()
        self._start()

    def _start(self) -> None:
        self._link = open_link(self._port, baud=self._baud)
        self._framer = Framer(self.dialect)
        self._lost: LinkLost | None = None
        self._listener = threading.Thread(target=self._listen, name=f"at {self.name}", daemon=True)
        self._listener.start()

    # State

    @property
    def where(self) -> str:
        """Name and port of the module, for messages."""
        return f"{self.name} ({self._port})"

    @property
    def alive(self) -> bool:
        """Whether the link is open and has not been lost."""
        return self._lost is None

    @property
    def boots(self) -> int:
        """A session counter: it grows with every boot message of the module and with every reopening."""
        return self._boots

    # Commands

    def execute(self, command: Command | str, deadline_s: float | None = None) -> Reply:
        """Send a command and return its reply; ``deadline_s`` (seconds) replaces the command's own.

        A string goes through :meth:`Command.of`. Raises :class:`drivers.api.CommandRefused` when the module
        answers with an error, :class:`drivers.api.CommandTimeout` when the end does not come in time,
        :class:`drivers.api.DialRefused` before anything was sent, :class:`drivers.api.LinkLost` when the link goes
        or has gone (until :meth:`reopen`), and its subclass :class:`ModuleRebooted`.

        After a timeout the next command first drains the link and resynchronises, so that a late reply is never
        taken for its own.
        """
        if isinstance(command, str):
            command = Command.of(command)
        with self._speaking():
            if self._framer.overdue:
                self._resynchronise(_SYNCHRONISE_S)
            for reached in outbound(command.text, command.payload):
                self._guard.check(reached)
            reply = self._exchange(command, command.deadline_s if deadline_s is None else deadline_s)
        if reply.final != "OK" and (refused := refusal(reply.final, command)):
            raise CommandRefused(
                f"{command.text} was refused: {reply.final}.",
                family=refused.family,
                code=refused.code,
                where=self.where,
            )
        return reply

    def synchronise(self, timeout_s: float = _SYNCHRONISE_S) -> None:
        """Make sure that the module answers ``AT`` and that nothing older is on its way.

        Leaves a prompt that an earlier session left open. Raises :class:`drivers.api.CommandTimeout` when the
        module does not answer within ``timeout_s`` (seconds).
        """
        with self._speaking():
            self._resynchronise(timeout_s)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Take the port for a command: what arrives is read by this thread, the listener sleeps on."""
        with self._busy, self._turn:
            self._check_link()
            link = self._link
            link.unwatch()
            try:
                yield
            except LinkLost as error:
                if not isinstance(error, ModuleRebooted):
                    self._lose(error)
                raise
            finally:
                link.watch()

    def _exchange(self, command: Command, deadline_s: float) -> Reply:
        exchange = _Exchange()
        payload = command.payload
        self._receive(0)  # what came before the command is no answer to it: NO CARRIER of an earlier call
        self._framer.begin(command)
        try:
            started_ns = self._send("command", command.text.encode("ascii"), end=b"\r")
            deadline = started_ns / 1e9 + deadline_s
            while not exchange.ended_ns and self._receive(deadline, exchange):
                if exchange.prompted and payload is not None and not exchange.ended_ns:
                    self._send("payload", payload)
                    payload = None
        finally:
            if not exchange.ended_ns:
                self._framer.abandon()
        if exchange.booted:
            raise ModuleRebooted(
                f"the module started anew during {command.text} ({exchange.booted}).",
                where=self.where,
                cause="it lost power, crashed or was reset.",
                fix="check its supply; then prepare it again.",
            )
        if not exchange.ended_ns:
            if payload is not None:
                self._send(
                    "payload", _ESC
                )  # the prompt may still come: it must not take the next command for text
            raise CommandTimeout(
                f"{command.text} did not end within {deadline_s:g} s ({len(exchange.lines)} lines came).",
                where=self.where,
                cause="the module hangs, is no AT port or has another baud rate.",
                fix="check the port in the bench file, or power-cycle the module.",
            )
        return Reply(tuple(exchange.lines), exchange.final, (exchange.ended_ns - started_ns) / 1e9)

    def _resynchronise(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        self._drain()
        while True:
            try:
                self._exchange(_PROBE, max(_QUIET_S, min(_PROBE.deadline_s, deadline - time.monotonic())))
                break
            except (CommandTimeout, ModuleRebooted):
                if time.monotonic() >= deadline:
                    raise
                self._send("payload", _ESC)  # an open prompt takes the probe for text
                self._drain()
        settled = time.monotonic() + _SETTLE_S
        while self._framer.overdue and self._receive(settled):
            pass
        self._framer.overdue = 0

    def _drain(self) -> None:
        """Read until the module is quiet; a storm of unsolicited codes is left alone after a while."""
        deadline = time.monotonic() + _DRAIN_S
        while (now := time.monotonic()) < deadline and self._receive(now + _QUIET_S):
            pass

    # Unsolicited codes

    def mark(self) -> int:
        """Return a position in the history: :meth:`wait_for` with it sees every code that arrives from now on."""
        return self._count

    def wait_for(self, predicate: Callable[[Urc], bool], *, since: int, timeout_s: float) -> Urc | None:
        """Return the first code since a mark that ``predicate`` accepts, or None after ``timeout_s`` seconds.

        What arrived between the mark and this call counts. The predicate runs without a lock and may use the
        channel. Raises :class:`drivers.api.LinkLost` when the link has gone and nothing that arrived fits, and
        :class:`drivers.api.ProtocolError` when so many codes came that some of them are no longer kept.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            with self._news:
                self._news.wait_for(
                    lambda: self._count > since or self._lost is not None,  # noqa: B023  evaluated right here
                    max(0.0, deadline - time.monotonic()),
                )
                fresh = self._since(since)
                since = self._count
            for urc in fresh:
                if predicate(urc):
                    return urc
            if not fresh:
                self._check_link()
            if not fresh or time.monotonic() >= deadline:
                return None

    def _since(self, position: int) -> list[Urc]:
        oldest = self._count - len(self._history)
        if position < oldest:
            raise ProtocolError(
                f"{oldest - position} unsolicited codes came and went unread.",
                where=self.where,
                cause=f"the module sent more than {HISTORY} codes within one wait.",
            )
        return list(islice(self._history, position - oldest, None))

    # Opening and closing

    def reopen(self, timeout_s: float) -> None:
        """Open the same port again, waiting until it exists, opens and answers ``AT``.

        A USB module that starts anew enumerates again: its path under ``/dev/serial/by-id`` comes back. Raises
        what kept it from opening when ``timeout_s`` (seconds) have passed. The history and its marks stay valid.
        """
        deadline = time.monotonic() + timeout_s
        self._shut(LinkLost("the port is being opened again."))
        while True:
            try:
                with self._busy:
                    self._shut(LinkLost("the port is being opened again."))
                    if not self._stop.is_set():
                        self._start()
                        self._boots += 1
                self.synchronise(max(0.0, deadline - time.monotonic()))
            except LinkError:
                if self._stop.wait(_REOPEN_PAUSE_S) or time.monotonic() >= deadline:
                    raise
            else:
                return

    def close(self) -> None:
        """Close the port; a command or wait in flight fails with :class:`drivers.api.LinkLost`."""
        closed = LinkLost("the channel is closed.")
        self._stop.set()
        self._shut(closed)
        with self._busy:
            self._shut(closed)  # a reopening may have replaced it

    def _shut(self, reason: LinkLost) -> None:
        self._lose(reason)
        self._link.close()
        self._listener.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The wire

    def _check_link(self) -> None:
        if (lost := self._lost) is not None:
            raise LinkLost(lost.what, where=self.where, cause=lost.cause, fix=lost.fix)

    def _lose(self, error: LinkLost) -> None:
        with self._news:
            if self._lost is None:
                self._lost = error
            self._news.notify_all()

    def _listen(self) -> None:
        """Read what arrives while no command is in flight."""
        link = self._link
        lost = LinkLost("the listener has ended.")
        try:
            while link.wait():
                with self._turn:
                    if chunk := link.read(0):
                        self._hear(chunk)
        except LinkLost as error:
            lost = error
        finally:
            self._lose(lost)

    def _send(self, kind: str, data: bytes, *, end: bytes = b"") -> int:
        mono_ns = time.monotonic_ns()
        self._observer(WireRecord(time.time_ns(), mono_ns, self._source, "tx", kind, data))
        self._link.write(data + end)
        return mono_ns

    def _receive(self, deadline: float, exchange: _Exchange | None = None) -> bool:
        """Read once; False when nothing came until ``deadline`` (``time.monotonic``)."""
        chunk = self._link.read(max(0.0, deadline - time.monotonic()))
        if not chunk:
            self._check_link()
            return False
        self._hear(chunk, exchange)
        return True

    def _hear(self, chunk: bytes, exchange: _Exchange | None = None) -> None:
        wall_ns, mono_ns = time.time_ns(), time.monotonic_ns()
        source, observer = self._source, self._observer
        for kind, text, pdu, done in self._framer.feed(chunk):
            observer(WireRecord(wall_ns, mono_ns, source, "rx", kind, text.encode("latin-1")))
            if kind is _REPLY and exchange is not None:
                exchange.lines.append(text)
            elif kind is _URC:
                if pdu is not None:
                    observer(WireRecord(wall_ns, mono_ns, source, "rx", kind, pdu.encode("latin-1")))
                self._unsolicited(Urc(self._count, mono_ns, text, pdu))
            if exchange is None:
                continue
            if kind is _FINAL:
                exchange.final = text
            elif kind is _PROMPT:
                exchange.prompted = True
            if done:
                exchange.ended_ns = mono_ns
                if kind is _URC:
                    exchange.booted = text

    def _unsolicited(self, urc: Urc) -> None:
        with self._news:
            self._history.append(urc)
            self._count += 1
            if urc.text in self.dialect.boot:
                self._boots += 1
            self._news.notify_all()

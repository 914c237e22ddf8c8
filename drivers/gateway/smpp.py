"""A service provider's account at an SMPP 3.4 gateway.

smpplib serves as codec only: its client reads and writes one socket without a lock and reports a refused
submission twice, as an error and as sent. Here one thread reads, everybody writes under one lock, and each request
waits for the response of its own sequence number.
"""

import itertools
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock, Thread
from types import TracebackType
from typing import Self

from smpplib import consts

from drivers.api import (
    CommandRefused,
    CommandTimeout,
    DialGuard,
    DriverError,
    LinkLost,
    LinkMissing,
    Observer,
    Outbound,
    ProtocolError,
    WireRecord,
)
from drivers.api.guard import Reach
from drivers.api.history import History, first_match
from drivers.gateway.smpp_pdu import (
    GENERIC_NACK,
    Message,
    Pdu,
    Receipt,
    decode_message,
    encode,
    relative_time,
    short_message,
    status_text,
    take_pdus,
)
from drivers.sms import Address, text_messages

_ALPHANUMERIC = 5
_MAX_SEQUENCE = 0x7FFFFFFF
_UNBIND_S = 1.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message or receipt that the gateway delivered to the account.

    ``seq`` counts from 1 over all sessions, ``mono_ns`` is CLOCK_MONOTONIC at its arrival. Addresses are digits
    with ``+`` when their type is international. ``text`` comes without its user data header (each part of a long
    message is a delivery of its own); octets of no known alphabet show as Latin 1. ``receipt`` is None for a
    message.
    """

    seq: int
    mono_ns: int
    source: str
    destination: str
    text: str
    receipt: Receipt | None


class SmppAccount:
    """Bound as transceiver to ``host``:``port`` from construction to :meth:`close`.

    ``name`` is the gateway's name in the bench file, ``number`` the account's own address, which its messages
    show. ``keepalive_s`` is how long the gateway may be silent before it is asked for a sign of life, and again
    until it counts as lost; ``response_s`` how long it may take for a response (both seconds).

    Raises LinkMissing when nobody answers there and CommandRefused when the gateway refuses the account. The
    observer sees every unit; the password in the bind is masked there.
    """

    def __init__(
        self,
        host: str,
        port: int,
        system_id: str,
        password: str,
        *,
        name: str,
        number: str,
        guard: DialGuard,
        observer: Observer,
        keepalive_s: float = 30.0,
        response_s: float = 10.0,
    ) -> None:
        self.where = f"smpp:{name}"
        self.number = number
        #: binds so far: when it has changed, the account did not listen in between
        self.sessions = 0
        self._place = (host, port)
        self._login = {"system_id": system_id, "password": password}
        self._guard = guard
        self._observer = observer
        self._keepalive_s = keepalive_s
        self._response_s = response_s
        self._source = self._number(number)
        self._references = itertools.cycle(range(256))
        self._history: History[Delivery] = History(self.where)
        self._session: _Session | None = None
        for field, value, limit in (("system_id", system_id, 15), ("password", password, 8)):
            if len(value) > limit or not value.isascii():
                raise DriverError(
                    f"The {field} is longer than {limit} ASCII characters (SMPP 3.4, 4.1.5).",
                    where=self.where,
                    fix="ask the operator for credentials that fit",
                )
        self.reconnect()

    @property
    def alive(self) -> bool:
        """Whether the session is up."""
        return self._session is not None and self._session.lost is None

    def submit(
        self, destination: str, text: str, *, registered: bool = True, validity: timedelta | None = None
    ) -> str:
        """Send a text and return the message_id that the gateway gives it.

        ``destination`` are digits, with ``+`` for the international type. A text too long for one message goes as
        concatenated parts, each of which the guard counts; the id, and the receipt asked for by ``registered``,
        are then those of the last part. ``validity`` is how long the gateway tries (its default otherwise).

        Raises DialRefused, CommandRefused with the command_status as ``code``, CommandTimeout, LinkLost, and
        SmsFormatError for what no message can carry.
        """
        target = self._number(destination)
        parts = text_messages(text, reference=next(self._references))
        for _ in parts:
            self._guard.check(Outbound(Reach.SMS, destination))
        message_id = ""
        for number, part in enumerate(parts, 1):
            response = self._bound().request(
                "submit_sm",
                source_addr_ton=self._source.ton,
                source_addr_npi=self._source.npi,
                source_addr=self._source.value,
                dest_addr_ton=target.ton,
                dest_addr_npi=target.npi,
                destination_addr=target.value,
                registered_delivery=int(registered and number == len(parts)),
                validity_period=None if validity is None else relative_time(validity),
                **short_message(part),
            )
            message_id = response.message_id
        return message_id

    def mark(self) -> int:
        """Return the number of the newest delivery, 0 before the first: the ``since`` of a later wait."""
        return self._history.mark()

    def wait_for(self, predicate: Callable[[Delivery], bool], *, since: int, timeout_s: float) -> Delivery | None:
        """Return the first delivery above ``since`` that ``predicate`` accepts, None after ``timeout_s`` seconds.

        Take the mark before submitting: a receipt may come before :meth:`submit` returns. Raises LinkLost instead
        of waiting on a lost session: its silence proves nothing.
        """
        return first_match(self._history.after, predicate, since=since, timeout_s=timeout_s)

    def reconnect(self) -> None:
        """End the session, if any, and bind anew; errors as at construction. Deliveries and marks stay."""
        self.close()
        session = _Session(
            self._place,
            where=self.where,
            observer=self._observer,
            deliver=self._deliver,
            ended=self._history.end,
            keepalive_s=self._keepalive_s,
            response_s=self._response_s,
        )
        self._history.end(None)
        self._session = session
        session.start()
        try:
            session.request("bind_transceiver", **self._login)
        except DriverError:
            self.close()
            raise
        self.sessions += 1

    def close(self) -> None:
        """Unbind and join the reader; waits end with LinkLost. Closing twice is harmless."""
        if self._session is not None:
            self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bound(self) -> "_Session":
        assert self._session is not None, "the constructor binds"
        return self._session

    def _deliver(self, message: Message) -> None:
        self._history.add(lambda seq: Delivery(seq, time.monotonic_ns(), *message))

    def _number(self, text: str) -> Address:
        address = Address.of(text)
        if address.ton == _ALPHANUMERIC:
            raise DriverError(
                f"{text!r} is no number.", where=self.where, fix="write digits, with + for an international number"
            )
        return address


class _Session:
    """One connection: a reader thread, a lock for writing, and the requests that wait for their response."""

    def __init__(
        self,
        place: tuple[str, int],
        *,
        where: str,
        observer: Observer,
        deliver: Callable[[Message], None],
        ended: Callable[[LinkLost], None],
        keepalive_s: float,
        response_s: float,
    ) -> None:
        self._where = where
        self._observer = observer
        self._deliver = deliver
        self._ended = ended
        self._response_s = response_s
        #: why the session is over
        self.lost: str | None = None
        self._pending: dict[int, Future[Pdu]] = {}
        self._state = Lock()
        self._writing = Lock()
        self._sequence = 0
        try:
            self._socket = socket.create_connection(place, response_s)
        except OSError as error:
            raise LinkMissing(
                f"No connection to {place[0]}:{place[1]}: {error.strerror or error}.",
                where=where,
                cause="the gateway is down, or this host's address is not admitted there",
                fix="check host and port in the bench file, then the way there (`nc -vz`)",
            ) from error
        self._socket.settimeout(keepalive_s)
        self._thread = Thread(target=self._read, name=where, daemon=True)

    def start(self) -> None:
        """Start to read; ``ended`` may be called from now on."""
        self._thread.start()

    def request(self, name: str, **fields: object) -> Pdu:
        """Send a request and return its positive response."""
        response: Future[Pdu] = Future()
        sequence = self._request(name, response, fields)
        try:
            answer = response.result(self._response_s)
        except TimeoutError:
            with self._state:
                self._pending.pop(sequence, None)
            raise CommandTimeout(
                f"No response to {name} within {self._response_s:g} s.",
                where=self._where,
                cause="the gateway is overloaded or hangs",
                fix="look at its log, then repeat",
            ) from None
        if answer.status or answer.command == GENERIC_NACK:
            raise CommandRefused(
                f"The gateway answers {name} with {answer.command}, status {status_text(answer.status)}.",
                family="SMPP",
                code=answer.status,
                where=self._where,
            )
        return answer

    def close(self) -> None:
        """Say goodbye where somebody listens, end the thread, release the socket."""
        if self.lost is None:
            farewell: Future[Pdu] = Future()
            with suppress(LinkLost, TimeoutError):
                self._request("unbind", farewell, {})
                farewell.result(_UNBIND_S)
        self._lose("it was closed here")
        self._thread.join()
        self._socket.close()

    def _request(self, name: str, response: Future[Pdu] | None, fields: dict[str, object]) -> int:
        with self._writing:
            sequence = self._sequence = self._sequence % _MAX_SEQUENCE + 1
            raw = encode(name, sequence, **fields)
            shown = raw
            if "password" in fields:
                shown = encode(name, sequence, **{**fields, "password": "*" * len(str(fields["password"]))})
            with self._state:
                if self.lost is not None:
                    raise self._link_lost()
                if response is not None:
                    self._pending[sequence] = response
            self._send(name, raw, shown)
        return sequence

    def _respond(self, name: str, request: Pdu, status: int = consts.SMPP_ESME_ROK) -> None:
        with self._writing:
            raw = encode(name, request.sequence, status=status)
            self._send(name, raw, raw)

    def _send(self, name: str, raw: bytes, shown: bytes) -> None:
        self._record("tx", name, shown)
        try:
            self._socket.sendall(raw)
        except OSError as error:
            self._lose(f"writing failed: {error.strerror or error}")
            raise self._link_lost() from error

    def _record(self, direction: str, kind: str, data: bytes) -> None:
        self._observer(WireRecord(time.time_ns(), time.monotonic_ns(), self._where, direction, kind, data))

    def _read(self) -> None:
        reason = "the reader stopped"
        try:
            reason = self._serve()
        except LinkLost as error:
            reason = error.cause
        except ProtocolError as error:
            # nothing may be skipped: it could be the very message that somebody waits for
            reason = f"the gateway speaks out of protocol: {error}"
        except OSError as error:
            reason = f"reading failed: {error.strerror or error}"
        finally:
            self._lose(reason)

    def _serve(self) -> str:
        """Handle units until the session is over; return why."""
        buffer = bytearray()
        asked = False
        while True:
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                if asked:
                    return "the gateway no longer answers enquire_link"
                self._request("enquire_link", None, {})
                asked = True
                continue
            if not data:
                return "the gateway closed the connection"
            asked = False
            buffer += data
            for pdu in take_pdus(buffer):
                self._record("rx", pdu.command, pdu.raw)
                self._handle(pdu)
                if pdu.command == "unbind":
                    return "the gateway unbound the account"

    def _handle(self, pdu: Pdu) -> None:
        if pdu.answers:
            with self._state:
                waiting = self._pending.pop(pdu.sequence, None)
            if waiting is not None:
                waiting.set_result(pdu)
        elif pdu.command in ("deliver_sm", "data_sm"):
            self._deliver(decode_message(pdu))
            self._respond(f"{pdu.command}_resp", pdu)
        elif pdu.command in ("enquire_link", "unbind"):
            self._respond(f"{pdu.command}_resp", pdu)
        elif pdu.command != "alert_notification":  # the one request without a response (4.12)
            self._respond(GENERIC_NACK, pdu, consts.SMPP_ESME_RINVCMDID)

    def _lose(self, reason: str) -> None:
        """End the session once; whoever waits for it learns why."""
        with self._state:
            if self.lost is not None:
                return
            self.lost = reason
            waiting = list(self._pending.values())
            self._pending.clear()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._ended(self._link_lost())
        for response in waiting:
            response.set_exception(self._link_lost())

    def _link_lost(self) -> LinkLost:
        return LinkLost(
            "The session is over.",
            where=self._where,
            cause=self.lost or "",
            fix="see what the gateway's log says, then reconnect",
        )

r"""TCP and UDP listeners that remember every token a module sends them.

The exchange, on TCP line by line and on UDP one datagram each::

    BENCH <token>\n        what the module sends
    SEEN <token>\n         what it gets back once the arrival is remembered
"""

import errno
import re
import selectors
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from urllib.parse import urlsplit

from drivers.api import DriverError, LinkBusy, LinkLost, LinkMissing
from drivers.api.history import History, first_match

#: The longest token line with its end, in bytes.
MAX_LINE = 128
#: Open connections at most; the one that was silent for longest makes room.
MAX_CONNECTIONS = 256
_TOKEN_LINE = re.compile(rb"BENCH ([A-Za-z0-9._-]{1,64})\r?\n")
_ACCEPT_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Arrival:
    """One token line that arrived.

    ``seq`` counts from 1. ``mono_ns`` is CLOCK_MONOTONIC of the host that asks (a remote server's arrivals are
    moved to it, late by at most the answer's way), ``wall_ns`` the server's nanoseconds since the epoch.
    ``protocol`` is ``"tcp"`` or ``"udp"``; ``local`` is the address it reached (on UDP the one listened on) and
    ``peer`` where it came from, both ``host:port``.
    """

    seq: int
    mono_ns: int
    wall_ns: int
    token: str
    protocol: str
    local: str
    peer: str


class DataFarEnd(ABC):
    """A witness of data, in this process (:class:`DataServer`) or behind a control endpoint elsewhere."""

    @abstractmethod
    def mark(self) -> int:
        """Return the number of the newest arrival, 0 before the first: the ``since`` of a later wait."""

    @abstractmethod
    def after(self, since: int, timeout_s: float) -> Sequence[Arrival]:
        """Return the arrivals above ``since``; may come back with nothing before ``timeout_s`` seconds are over.

        Raises LinkLost when the far end is closed or out of reach, DriverError when arrivals are forgotten.
        """

    @abstractmethod
    def close(self) -> None:
        """Release everything; waits end with LinkLost. Closing twice is harmless."""

    def wait_for(self, predicate: Callable[[Arrival], bool], *, since: int, timeout_s: float) -> Arrival | None:
        """Return the first arrival above ``since`` that ``predicate`` accepts, None after ``timeout_s`` seconds.

        None means that the far end listened all the time and nothing of the kind came; errors as in
        :meth:`after`.
        """
        return first_match(self.after, predicate, since=since, timeout_s=timeout_s)


def read_token(line: bytes) -> str | None:
    """Return the token of one whole line or datagram, None for anything that is no token line."""
    match = _TOKEN_LINE.fullmatch(line)
    return match[1].decode("ascii") if match else None


class AddressError(DriverError):
    """What was given is no address of the kind that is wanted."""


def split_address(address: str, schemes: tuple[str, ...]) -> tuple[str, str, int]:
    """Return scheme, host and port of ``scheme://host:port`` (IPv6 in brackets); raises AddressError otherwise."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in schemes or not parts.hostname or port is None:
        raise AddressError(
            "This is no address to use here.",
            where=address,
            fix=f"write {' or '.join(schemes)}://host:port",
        )
    return parts.scheme, parts.hostname, port


def place(name: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """Return a socket's name as ``host:port``."""
    host, port = name[0], name[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen_error(error: OSError, address: str) -> DriverError:
    """Return what to raise when ``address`` cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        return LinkBusy(
            "Somebody else listens there.",
            where=address,
            cause="another run or `bench serve`",
            fix="find it with `ss -lntup` and stop it, or choose another port",
        )
    return LinkMissing(
        f"Cannot listen there: {error.strerror or error}.",
        where=address,
        cause="the address is not one of this host, or the port needs rights",
        fix="choose an address that `ip address` shows and a port above 1023",
    )


@dataclass(slots=True)
class _Client:
    local: str
    peer: str
    #: what has come of a line without its end
    unfinished: bytes = b""


class DataServer(DataFarEnd):
    """Listens on ``listen`` (``"tcp://127.0.0.2:7101"``, ``"udp://[::1]:7101"``; port 0 takes a free one).

    One thread serves everything; a client that sends anything but token lines, or does not read its answers, is
    dropped. Raises LinkBusy or LinkMissing when an address cannot be had.
    """

    def __init__(self, listen: Iterable[str]) -> None:
        self._closing = Event()
        self._selector = selectors.DefaultSelector()
        #: open connections, the longest silent first
        self._connections: dict[socket.socket, _Client] = {}
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, lambda _: None)
        addresses: list[str] = []
        try:
            for address in listen:
                addresses.append(self._open(address))
        except DriverError:
            self._release()
            raise
        #: what is listened on, with the ports taken
        self.addresses = tuple(addresses)
        self._history: History[Arrival] = History(" ".join(addresses))
        self._thread = Thread(target=self._run, name="data-server", daemon=True)
        self._thread.start()

    def mark(self) -> int:
        """Return the number of the newest arrival, 0 before the first."""
        return self._history.mark()

    def after(self, since: int, timeout_s: float) -> Sequence[Arrival]:
        """Return the arrivals above ``since``, waiting up to ``timeout_s`` seconds for the first."""
        return self._history.after(since, timeout_s)

    def close(self) -> None:
        """Stop listening, drop the connections and end the thread; waits end with LinkLost."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wake.send(b"\0")
        self._thread.join()
        self._release()
        self._history.end(LinkLost("The data server was closed.", where=" ".join(self.addresses)))

    def _open(self, address: str) -> str:
        scheme, host, port = split_address(address, ("tcp", "udp"))
        kind, ready = (
            (socket.SOCK_STREAM, self._accept) if scheme == "tcp" else (socket.SOCK_DGRAM, self._datagram)
        )
        try:
            family, _, _, _, where = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
            listener = socket.socket(family, kind)
            self._selector.register(listener, selectors.EVENT_READ, ready)
            listener.settimeout(0)
            if scheme == "tcp":
                # a restart must not wait for connections of the run before to fade away
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
            if scheme == "tcp":
                listener.listen()
        except OSError as error:
            raise listen_error(error, address) from error
        return f"{scheme}://{place(listener.getsockname())}"

    def _release(self) -> None:
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
        self._wake.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            for key, _ in self._selector.select():
                key.data(key.fileobj)

    def _accept(self, listener: socket.socket) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            self._drop(next(iter(self._connections)))
        try:
            connection, peer = listener.accept()
        except OSError:
            # the client is gone again, or the process has no descriptor left: then pause instead of spinning
            self._closing.wait(_ACCEPT_PAUSE_S)
            return
        connection.settimeout(0)
        self._connections[connection] = _Client(place(connection.getsockname()), place(peer))
        self._selector.register(connection, selectors.EVENT_READ, self._receive)

    def _receive(self, connection: socket.socket) -> None:
        if connection not in self._connections:  # dropped by an accept of the same round
            return
        try:
            data = connection.recv(4096)
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return
        client = self._connections.pop(connection)
        self._connections[connection] = client  # now the last to make room
        *lines, client.unfinished = (client.unfinished + data).split(b"\n")
        for line in lines:
            if not self._take(line + b"\n", "tcp", client.local, client.peer, connection.send):
                self._drop(connection)
                return
        if len(client.unfinished) >= MAX_LINE:
            self._drop(connection)

    def _datagram(self, listener: socket.socket) -> None:
        with suppress(OSError):
            data, peer = listener.recvfrom(MAX_LINE + 1)
            local = place(listener.getsockname())
            self._take(data, "udp", local, place(peer), lambda answer: listener.sendto(answer, peer))

    def _take(self, line: bytes, protocol: str, local: str, peer: str, send: Callable[[bytes], int]) -> bool:
        """Remember and answer one line; False when it is no token line or the answer cannot be sent whole."""
        token = read_token(line)
        if token is None:
            return False
        self._history.add(
            lambda seq: Arrival(seq, time.monotonic_ns(), time.time_ns(), token, protocol, local, peer)
        )
        answer = f"SEEN {token}\n".encode("ascii")
        try:
            return send(answer) == len(answer)
        except OSError:
            return False

    def _drop(self, connection: socket.socket) -> None:
        self._connections.pop(connection, None)
        self._selector.unregister(connection)
        connection.close()

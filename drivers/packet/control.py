"""The data far end of another host: `bench serve` there, :class:`RemoteDataServer` here, HTTP and JSON between.

``GET /health`` answers ``{"instance", "seq", "addresses"}``. ``GET /arrivals?since=N&token=T&wait=S`` waits up to
S seconds (30 at most) for an arrival above N (and, with ``token``, of that token), then answers
``{"instance", "mono_ns", "arrivals"}``. Both want ``Authorization: Bearer TOKEN``. ``instance`` changes when the
server restarts, ``mono_ns`` is its clock at the answer.
"""

import dataclasses
import hmac
import json
import re
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import islice
from socketserver import TCPServer, ThreadingMixIn
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from drivers.api import DriverError, LinkLost, ProtocolError
from drivers.packet.dataserver import Arrival, DataFarEnd, DataServer, listen_error, place, split_address

#: The longest an ``/arrivals`` request waits, in seconds.
MAX_WAIT_S = 30.0
#: Control requests served at a time; more are turned away.
MAX_REQUESTS = 32
#: Arrivals in one answer.
MAX_ARRIVALS = 1000
#: How long a client may take to send its request or to take its answer, in seconds.
_REQUEST_S = 10.0
T = TypeVar("T")
_Request = socket.socket | tuple[bytes, socket.socket]


class ControlEndpoint:
    """Serves the arrivals of ``server`` over HTTP at ``control`` (``"http://0.0.0.0:7100"``) to who has ``token``.

    It takes the server over and closes it with itself, also when it cannot start.
    Plain HTTP: outside a private network put a TLS proxy or a tunnel before it.
    Raises LinkBusy or LinkMissing when the address cannot be had, DriverError for a token that cannot be.
    """

    def __init__(self, server: DataServer, control: str, token: str) -> None:
        self._data = server
        try:
            self._http = _open(server, control, token)
        except DriverError:
            server.close()
            raise
        #: where it listens, with the port taken
        self.url = f"http://{place(self._http.socket.getsockname())}"
        self._thread = Thread(target=self._http.serve_forever, args=(0.1,), name="data-control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, close the data server (which ends waiting requests) and join all threads."""
        self._http.shutdown()
        self._thread.join()
        self._data.close()
        self._http.close()


def _open(server: DataServer, control: str, token: str) -> "_Server":
    _, host, port = split_address(control, ("http",))
    _check(token, control)
    try:
        return _Server((host, port), server, token)
    except OSError as error:
        raise listen_error(error, control) from error


def _check(token: str, where: str) -> None:
    if not re.fullmatch(r"[!-~]+", token):
        raise DriverError(
            "The control endpoint's token is empty or has characters that a header cannot carry.",
            where=where,
            fix="set the environment variable that holds it to a long random text of letters and digits",
        )


class _Server(ThreadingMixIn, HTTPServer):
    """One thread per request, at most MAX_REQUESTS of them, each of which :meth:`close` can end."""

    def __init__(self, where: tuple[str, int], data: DataServer, token: str) -> None:
        self.address_family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        self.data = data
        self.authorization = f"Bearer {token}".encode()
        self.instance = secrets.token_hex(8)
        self._slots = BoundedSemaphore(MAX_REQUESTS)
        self._open: set[_Request] = set()
        self._lock = Lock()
        super().__init__(where, _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse lookup of the name, which HTTPServer makes and which can take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    def process_request(self, request: _Request, client_address: object) -> None:
        """Give the request its thread, or turn it away."""
        if not self._slots.acquire(blocking=False):
            self.close_request(request)
            return
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: _Request) -> None:
        """Forget a request that is over."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)
        self._slots.release()

    def handle_error(self, request: _Request, client_address: object) -> None:
        """Say nothing about clients that break off."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Release the port and end what is still open."""
        with self._lock:
            for request in self._open:
                if isinstance(request, socket.socket):
                    with suppress(OSError):
                        request.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _REQUEST_S
    server_version = "bench"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer one request."""
        given = self.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        url = urlsplit(self.path)
        if not hmac.compare_digest(given, self.server.authorization):
            self._answer(HTTPStatus.UNAUTHORIZED, {"error": "wrong or missing bearer token"})
        elif url.path == "/health":
            addresses = list(self.server.data.addresses)
            self._answer(HTTPStatus.OK, {"seq": self.server.data.mark(), "addresses": addresses})
        elif url.path == "/arrivals":
            self._arrivals(parse_qs(url.query))
        else:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "there are /health and /arrivals"})

    def _arrivals(self, query: Mapping[str, Sequence[str]]) -> None:
        try:
            since = int(query.get("since", ["0"])[0])
            wait_s = min(max(float(query.get("wait", ["0"])[0]), 0.0), MAX_WAIT_S)
        except ValueError:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": "since and wait are numbers"})
            return
        token, data = query.get("token", [""])[0], self.server.data

        def wanted(arrival: Arrival) -> bool:
            return token in ("", arrival.token)

        try:
            first = data.wait_for(wanted, since=since, timeout_s=wait_s)
            arrivals = filter(wanted, data.after(first.seq - 1, 0.0)) if first else iter(())
        except DriverError as error:
            closed = isinstance(error, LinkLost)
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE if closed else HTTPStatus.GONE, {"error": error.what})
            return
        found = [dataclasses.asdict(arrival) for arrival in islice(arrivals, MAX_ARRIVALS)]
        self._answer(HTTPStatus.OK, {"mono_ns": time.monotonic_ns(), "arrivals": found})

    def _answer(self, status: HTTPStatus, meaning: Mapping[str, Any]) -> None:
        body = json.dumps({"instance": self.server.instance, **meaning}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        """Keep the terminal for the bench's own words."""


class RemoteDataServer(DataFarEnd):
    """The data far end behind ``control_url`` (``"http://host:port"`` or ``https``), opened with ``token``.

    Every call raises LinkLost when the endpoint is out of reach, refuses the token or has restarted since the
    first call (what arrived before is forgotten then, and silence proves nothing), ProtocolError when the answer
    makes no sense.
    """

    def __init__(self, control_url: str, token: str) -> None:
        self._url = control_url
        self._scheme, self._host, self._port = split_address(control_url, ("http", "https"))
        _check(token, control_url)
        self._token = token
        self._instance: str | None = None
        self._closed = False

    def mark(self) -> int:
        """Return the number of the newest arrival, 0 before the first."""
        return self._read(self._get("/health"), lambda answer: int(answer["seq"]))

    def after(self, since: int, timeout_s: float) -> Sequence[Arrival]:
        """Return the arrivals above ``since``; comes back with nothing after ``timeout_s`` or 30 seconds."""
        wait_s = min(timeout_s, MAX_WAIT_S)
        query = urlencode({"since": since, "wait": f"{wait_s:.3f}"})
        answer = self._get(f"/arrivals?{query}", wait_s)
        now_ns = time.monotonic_ns()

        def arrivals(answer: Mapping[str, Any]) -> Sequence[Arrival]:
            ahead_ns = int(answer["mono_ns"]) - now_ns
            there = (Arrival(**fields) for fields in answer["arrivals"])
            return [dataclasses.replace(arrival, mono_ns=arrival.mono_ns - ahead_ns) for arrival in there]

        return self._read(answer, arrivals)

    def close(self) -> None:
        """Refuse further calls; nothing is held open between them."""
        self._closed = True

    def _read(self, answer: Mapping[str, Any], meaning: Callable[[Mapping[str, Any]], T]) -> T:
        try:
            return meaning(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise self._nonsense() from error

    def _get(self, path: str, wait_s: float = 0.0) -> Mapping[str, Any]:
        """Return the answer of the same server instance as before."""
        if self._closed:
            raise LinkLost("The far end was closed.", where=self._url)
        connection = (HTTPSConnection if self._scheme == "https" else HTTPConnection)(
            self._host, self._port, timeout=wait_s + _REQUEST_S
        )
        with closing(connection):
            try:
                connection.request("GET", path, headers={"Authorization": f"Bearer {self._token}"})
                response = connection.getresponse()
                status, body = response.status, response.read()
            except (OSError, HTTPException) as error:
                raise LinkLost(
                    f"The data far end does not answer: {error or type(error).__name__}.",
                    where=self._url,
                    cause="`bench serve` does not run there, or a firewall is between",
                    fix="start it and try `curl` on its /health from here",
                ) from error
        try:
            answer: dict[str, Any] = json.loads(body)
            instance = answer["instance"]
        except (KeyError, TypeError, ValueError) as error:
            raise self._nonsense() from error
        if status != HTTPStatus.OK:
            raise self._refusal(status, str(answer.get("error", "")))
        if self._instance is None:
            self._instance = instance
        if self._instance != instance:
            raise LinkLost(
                "The data far end restarted and has forgotten what arrived before.",
                where=self._url,
                fix="repeat the run",
            )
        return answer

    def _refusal(self, status: int, text: str) -> DriverError:
        if status == HTTPStatus.UNAUTHORIZED:
            return LinkLost(
                "The data far end refuses the token.",
                where=self._url,
                cause="the environment variable here and the one of `bench serve` differ",
                fix="set both to the same text",
            )
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            return LinkLost("The data far end is closing.", where=self._url, fix="start `bench serve` again")
        return DriverError(f"The data far end answers {status}: {text}", where=self._url)

    def _nonsense(self) -> ProtocolError:
        return ProtocolError(
            "The answer is not that of a data far end.",
            where=self._url,
            cause="something else listens there, or another version of `bench serve`",
            fix="compare the control address in both places",
        )


def serve(
    listen: Iterable[str],
    control: str,
    token: str,
    stop_event: Event,
    ready: Callable[[tuple[str, ...], str], None],
) -> None:
    """Run the data far end with its control endpoint until ``stop_event`` is set.

    ``ready`` is told the addresses and the control URL, with the ports taken, once everything listens.
    Raises what :class:`DataServer` and :class:`ControlEndpoint` raise.
    """
    server = DataServer(listen)
    with closing(ControlEndpoint(server, control, token)) as endpoint:
        ready(server.addresses, endpoint.url)
        stop_event.wait()

"""The data far end over real sockets, in this process and behind its control endpoint."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import DriverError, LinkBusy, LinkLost, LinkMissing, ProtocolError
from drivers.api.history import History
from drivers.packet import (
    Arrival,
    ControlEndpoint,
    DataFarEnd,
    DataServer,
    RemoteDataServer,
    read_token,
    serve,
)
from drivers.packet.dataserver import MAX_CONNECTIONS, MAX_LINE

SECRET = "token-of-the-test"
DEADLINE_S = 20.0
LISTEN = ("tcp://127.0.0.2:0", "udp://127.0.0.2:0")


@pytest.fixture
def server() -> Iterator[DataServer]:
    with contextlib.closing(DataServer(LISTEN)) as server:
        yield server


@pytest.fixture
def endpoint(server: DataServer) -> Iterator[ControlEndpoint]:
    with contextlib.closing(ControlEndpoint(server, "http://127.0.0.1:0", SECRET)) as endpoint:
        yield endpoint


def target(server: DataServer, protocol: str) -> tuple[str, int]:
    parts = next(urlsplit(address) for address in server.addresses if address.startswith(protocol))
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def connect(server: DataServer) -> socket.socket:
    return socket.create_connection(target(server, "tcp"), DEADLINE_S)


def exchange(server: DataServer, data: bytes, protocol: str = "tcp") -> bytes:
    """Send and return the first answer, empty when the server hangs up."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as client:
        client.settimeout(DEADLINE_S)
        client.connect(target(server, protocol))
        client.sendall(data)
        return client.recv(200)


def with_token(token: str) -> Callable[[Arrival], bool]:
    return lambda arrival: arrival.token == token


@pytest.mark.parametrize("where", ["here", "remote"])
class TestContract:
    """What every data far end does."""

    @pytest.fixture
    def far_end(self, where: str, server: DataServer, request: pytest.FixtureRequest) -> Iterator[DataFarEnd]:
        if where == "here":
            yield server
        else:
            endpoint = request.getfixturevalue("endpoint")
            with contextlib.closing(RemoteDataServer(endpoint.url, SECRET)) as remote:
                yield remote

    @pytest.mark.parametrize("protocol", ["tcp", "udp"])
    def test_a_token_arrives_with_all_that_is_known_of_it(
        self, far_end: DataFarEnd, server: DataServer, protocol: str
    ) -> None:
        mark, before = far_end.mark(), time.monotonic_ns()
        assert exchange(server, b"BENCH t-1\n", protocol) == b"SEEN t-1\n"
        answered = time.monotonic_ns()
        arrival = far_end.wait_for(with_token("t-1"), since=mark, timeout_s=DEADLINE_S)
        after = time.monotonic_ns()
        assert arrival is not None
        assert (arrival.seq, arrival.token, arrival.protocol) == (mark + 1, "t-1", protocol)
        host, port = target(server, protocol)
        assert arrival.local == f"{host}:{port}"
        assert arrival.peer.startswith("127.0.0.")
        assert before < arrival.mono_ns < after
        assert answered > before
        assert abs(arrival.wall_ns - time.time_ns()) < 3600 * 10**9

    def test_a_wait_that_began_before_the_arrival_sees_it(self, far_end: DataFarEnd, server: DataServer) -> None:
        found: list[Arrival | None] = []
        looked = threading.Event()

        def predicate(arrival: Arrival) -> bool:
            looked.set()
            return arrival.token == "second"

        waiter = threading.Thread(
            target=lambda: found.append(far_end.wait_for(predicate, since=0, timeout_s=DEADLINE_S))
        )
        waiter.start()
        exchange(server, b"BENCH first\n")
        assert looked.wait(DEADLINE_S)
        exchange(server, b"BENCH second\n")
        waiter.join(DEADLINE_S)
        assert [arrival and arrival.token for arrival in found] == ["second"]

    def test_silence_is_none(self, far_end: DataFarEnd) -> None:
        assert far_end.wait_for(lambda _: True, since=far_end.mark(), timeout_s=0.05) is None

    def test_what_came_before_the_mark_does_not_count(self, far_end: DataFarEnd, server: DataServer) -> None:
        exchange(server, b"BENCH old\n")
        assert far_end.wait_for(with_token("old"), since=0, timeout_s=0.0) is not None
        assert far_end.mark() == 1
        assert far_end.wait_for(with_token("old"), since=1, timeout_s=0.0) is None

    def test_the_first_match_wins_and_order_is_kept(self, far_end: DataFarEnd, server: DataServer) -> None:
        with connect(server) as client:
            client.sendall(b"".join(b"BENCH n%d\n" % number for number in range(20)))
            assert far_end.wait_for(with_token("n19"), since=0, timeout_s=DEADLINE_S) is not None
        assert [arrival.token for arrival in far_end.after(0, 0.0)] == [f"n{number}" for number in range(20)]
        first = far_end.wait_for(lambda arrival: arrival.token > "n5", since=0, timeout_s=0.0)
        assert first is not None
        assert first.token == "n6"

    def test_a_closed_far_end_is_no_silent_one(self, far_end: DataFarEnd) -> None:
        far_end.close()
        far_end.close()
        with pytest.raises(LinkLost):
            far_end.wait_for(lambda _: True, since=0, timeout_s=DEADLINE_S)


class TestListening:
    @pytest.mark.parametrize(
        "garbage",
        [
            b"\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"BENCH \n",
            b"BENCH a b\n",
            b"bench x\n",
            b"BENCH " + b"x" * 65 + b"\n",
            b"\xff" * MAX_LINE,
            b"\x16\x03\x01\x02\x00\x01\xfc\x03\n",
        ],
    )
    def test_garbage_ends_the_connection_and_nothing_else(self, server: DataServer, garbage: bytes) -> None:
        with contextlib.suppress(ConnectionResetError):
            assert exchange(server, garbage) == b""
        assert server.mark() == 0
        assert exchange(server, b"BENCH after\n") == b"SEEN after\n"

    def test_garbage_datagrams_get_no_answer(self, server: DataServer) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(DEADLINE_S)
            client.connect(target(server, "udp"))
            for garbage in (b"", b"BENCH x", b"BENCH x\nBENCH y\n", b"\0" * 1400):
                client.send(garbage)
            client.send(b"BENCH good\n")
            assert client.recv(200) == b"SEEN good\n"
        assert [arrival.token for arrival in server.after(0, 0.0)] == ["good"]

    def test_a_line_in_pieces_is_one_line_and_an_unfinished_one_is_none(self, server: DataServer) -> None:
        with connect(server) as slow:
            for piece in (b"BEN", b"CH sl", b"ow"):
                slow.sendall(piece)
                # an exchange of another client shows that the loop went round in between
                assert exchange(server, b"BENCH other\n") == b"SEEN other\n"
            assert server.wait_for(with_token("slow"), since=0, timeout_s=0.0) is None
            slow.sendall(b"\r\nBENCH unfin")
            assert slow.recv(200) == b"SEEN slow\n"
            slow.shutdown(socket.SHUT_WR)
            assert slow.recv(200) == b""
        assert {arrival.token for arrival in server.after(0, 0.0)} == {"other", "slow"}

    def test_one_connection_too_many_costs_the_longest_silent_one(self, server: DataServer) -> None:
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connect(server)) for _ in range(MAX_CONNECTIONS)]
            for client in clients:
                client.sendall(b"BENCH in\n")
                assert client.recv(200) == b"SEEN in\n"
            clients[0].sendall(b"BENCH again\n")
            assert clients[0].recv(200) == b"SEEN again\n"
            assert exchange(server, b"BENCH late\n") == b"SEEN late\n"
            assert clients[1].recv(200) == b""
            clients[0].sendall(b"BENCH alive\n")
            assert clients[0].recv(200) == b"SEEN alive\n"

    def test_a_client_that_never_reads_is_dropped_and_holds_up_nobody(self, server: DataServer) -> None:
        with connect(server) as greedy:
            greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            # far more than both kernels' buffers hold
            with pytest.raises((ConnectionResetError, BrokenPipeError)):
                greedy.sendall(b"BENCH flood\n" * 10_000_000)
        assert exchange(server, b"BENCH next\n") == b"SEEN next\n"

    def test_a_reset_connection_is_forgotten(self, server: DataServer) -> None:
        with connect(server) as rude:
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            rude.sendall(b"BENCH half")
        assert exchange(server, b"BENCH next\n") == b"SEEN next\n"

    def test_close_leaves_no_thread_and_no_connection(self) -> None:
        server = DataServer(LISTEN)
        with connect(server) as client:
            client.sendall(b"BENCH x\n")
            assert client.recv(200) == b"SEEN x\n"
            server.close()
            assert client.recv(200) == b""
        assert "data-server" not in {thread.name for thread in threading.enumerate()}
        with contextlib.closing(DataServer(server.addresses)) as again:
            assert again.addresses == server.addresses

    def test_a_taken_port_says_so_and_releases_the_others(self, server: DataServer) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            other = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(LinkBusy) as caught:
            DataServer((other, server.addresses[0]))
        assert caught.value.where == server.addresses[0]
        with contextlib.closing(DataServer((other,))):
            pass

    def test_a_foreign_address_is_missing(self) -> None:
        with pytest.raises(LinkMissing) as caught:
            DataServer(("tcp://192.0.2.1:7101",))
        assert caught.value.fix

    @pytest.mark.parametrize(
        "address", ["127.0.0.1:7101", "tcp://127.0.0.1", "sctp://h:1", "tcp://h:99999", "tcp://[::1"]
    )
    def test_what_is_no_address_is_refused(self, address: str) -> None:
        with pytest.raises(DriverError, match="no address"):
            DataServer((address,))


class TestControl:
    def test_a_wrong_token_is_refused_by_name(self, endpoint: ControlEndpoint) -> None:
        with pytest.raises(LinkLost, match="refuses the token") as caught:
            RemoteDataServer(endpoint.url, "wrong").mark()
        assert caught.value.cause
        assert caught.value.fix

    def test_nobody_there_says_so(self, endpoint: ControlEndpoint) -> None:
        endpoint.close()
        with pytest.raises(LinkLost, match="does not answer") as caught:
            RemoteDataServer(endpoint.url, SECRET).mark()
        assert caught.value.where == endpoint.url
        assert caught.value.fix

    def test_another_web_server_is_not_understood(self, server: DataServer) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def answer() -> None:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n<html>")

            thread = threading.Thread(target=answer)
            thread.start()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with pytest.raises(ProtocolError, match="not that of a data far end"):
                RemoteDataServer(url, SECRET).mark()
            thread.join(DEADLINE_S)

    def test_a_restart_is_noticed(self, endpoint: ControlEndpoint) -> None:
        remote = RemoteDataServer(endpoint.url, SECRET)
        mark = remote.mark()
        endpoint.close()
        with (
            contextlib.closing(ControlEndpoint(DataServer(LISTEN), endpoint.url, SECRET)),
            pytest.raises(LinkLost, match="restarted"),
        ):
            remote.wait_for(lambda _: True, since=mark, timeout_s=0.0)

    def test_the_token_query_selects(self, server: DataServer, endpoint: ControlEndpoint) -> None:
        for token in (b"a", b"b", b"a"):
            exchange(server, b"BENCH " + token + b"\n")
        status, answer = get(endpoint, "/arrivals?since=0&token=a&wait=20")
        assert status == 200
        assert [arrival["seq"] for arrival in answer["arrivals"]] == [1, 3]
        status, answer = get(endpoint, "/arrivals?since=1&token=b")
        assert [arrival["seq"] for arrival in answer["arrivals"]] == [2]
        status, answer = get(endpoint, "/arrivals?since=2&token=b")
        assert (status, answer["arrivals"]) == (200, [])

    @pytest.mark.parametrize(
        ("path", "expected"), [("/", 404), ("/arrivals?since=x", 400), ("/arrivals?wait=x", 400), ("/health", 200)]
    )
    def test_paths_and_queries(self, endpoint: ControlEndpoint, path: str, expected: int) -> None:
        assert get(endpoint, path)[0] == expected

    @pytest.mark.parametrize("header", [None, "", SECRET, f"Basic {SECRET}", f"Bearer {SECRET}x", "Bearer "])
    def test_everything_wants_the_token(self, endpoint: ControlEndpoint, header: str | None) -> None:
        for path in ("/health", "/arrivals", "/"):
            assert get(endpoint, path, header)[0] == 401

    def test_close_ends_a_long_poll_and_a_silent_client(
        self, server: DataServer, endpoint: ControlEndpoint
    ) -> None:
        errors: list[DriverError] = []

        def wait() -> None:
            try:
                remote.wait_for(looking, since=0, timeout_s=DEADLINE_S * 10)
            except DriverError as error:
                errors.append(error)

        looked = threading.Event()

        def looking(_: Arrival) -> bool:
            looked.set()
            return False

        remote = RemoteDataServer(endpoint.url, SECRET)
        place = urlsplit(endpoint.url)
        with socket.create_connection((place.hostname or "", place.port or 0), DEADLINE_S) as silent:
            silent.sendall(b"GET /health HT")
            waiter = threading.Thread(target=wait)
            waiter.start()
            exchange(server, b"BENCH x\n")
            assert looked.wait(DEADLINE_S)
            endpoint.close()
            with contextlib.suppress(ConnectionResetError):
                assert silent.recv(200) == b""
            waiter.join(DEADLINE_S)
        assert [type(error) for error in errors] == [LinkLost]

    @pytest.mark.parametrize("token", ["", "with space", "line\n", "密"])
    def test_no_token_no_endpoint_and_no_server_left(self, token: str) -> None:
        server = DataServer(LISTEN)
        with pytest.raises(DriverError, match="token"):
            ControlEndpoint(server, "http://127.0.0.1:0", token)
        with pytest.raises(DriverError, match="token"):
            RemoteDataServer("http://127.0.0.1:1", token)
        with pytest.raises(LinkLost):
            server.after(0, 0.0)

    def test_serve_runs_until_it_is_told_to_stop(self) -> None:
        stop, up = threading.Event(), threading.Event()
        told: list[tuple[tuple[str, ...], str]] = []

        def ready(addresses: tuple[str, ...], url: str) -> None:
            told.append((addresses, url))
            up.set()

        thread = threading.Thread(
            target=serve, args=(LISTEN, "http://127.0.0.1:0", SECRET, stop), kwargs={"ready": ready}
        )
        thread.start()
        assert up.wait(DEADLINE_S)
        ((addresses, url),) = told
        place = urlsplit(addresses[0])
        with socket.create_connection((place.hostname or "", place.port or 0), DEADLINE_S) as client:
            client.sendall(b"BENCH served\n")
            assert client.recv(200) == b"SEEN served\n"
        remote = RemoteDataServer(url, SECRET)
        assert remote.wait_for(with_token("served"), since=0, timeout_s=DEADLINE_S) is not None
        stop.set()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
        with pytest.raises(LinkLost):
            remote.mark()


def get(
    endpoint: ControlEndpoint, path: str, header: str | None = f"Bearer {SECRET}"
) -> tuple[int, dict[str, list[dict[str, object]]]]:
    place = urlsplit(endpoint.url)
    with contextlib.closing(HTTPConnection(place.hostname or "", place.port, timeout=DEADLINE_S)) as connection:
        connection.request("GET", path, headers={} if header is None else {"Authorization": header})
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def test_forgotten_arrivals_are_an_error_and_not_silence() -> None:
    history: History[Arrival] = History("here", limit=2)
    for _ in range(3):
        history.add(lambda seq: Arrival(seq, 0, 0, "x", "tcp", "l", "p"))
    assert [arrival.seq for arrival in history.after(1, 0.0)] == [2, 3]
    with pytest.raises(DriverError, match="1 to 1 are forgotten"):
        history.after(0, 0.0)


@given(st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True), st.sampled_from([b"\n", b"\r\n"]))
def test_every_token_is_read_back(token: str, end: bytes) -> None:
    assert read_token(b"BENCH " + token.encode() + end) == token


@given(st.binary(max_size=200) | st.from_regex(rb"BENCH .*\r?\n", fullmatch=True))
def test_only_token_lines_are_read(line: bytes) -> None:
    token = read_token(line)
    if token is not None:
        assert line.rstrip(b"\r\n") == b"BENCH " + token.encode()
        assert len(line) <= MAX_LINE

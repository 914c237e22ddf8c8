"""Byte links: one contract on every kind of port, and what opening says when it fails."""

import fcntl
import os
import pty
import socket
import subprocess
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from serial import rfc2217

from drivers.api import LinkBusy, LinkLost, LinkMissing
from drivers.transport import Link, open_link, processes

DEADLINE_S = 20.0


class Far:
    """The far side of a link: a file descriptor, and how it goes away."""

    def __init__(self, port: str, descriptor: int, hang_up: Callable[[], None]) -> None:
        self.port = port
        self.descriptor = descriptor
        self.hang_up = hang_up

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += os.read(self.descriptor, size - len(data))
        return data

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.descriptor, data) :]


def pty_far(stack: ExitStack) -> Far:
    master, slave = pty.openpty()
    tty.setraw(master)
    stack.callback(os.close, slave)
    open_master = [master]
    hang_up = lambda: [os.close(descriptor) for descriptor in open_master] and open_master.clear()  # noqa: E731
    stack.callback(hang_up)
    return Far(os.ttyname(slave), master, hang_up)


def socket_far(stack: ExitStack) -> Far:
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    near, inside = socket.socketpair()
    stack.enter_context(near)
    stack.enter_context(inside)
    thread = threading.Thread(target=serve_plain, args=(server, inside))
    thread.start()
    stack.callback(thread.join)
    stack.callback(near.close)
    return Far(f"socket://127.0.0.1:{server.getsockname()[1]}", near.fileno(), near.close)


def serve_plain(server: socket.socket, inside: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        forward(connection, inside, lambda data: data, lambda data: data)


class Rfc2217Port:
    """What serial.rfc2217.PortManager needs of a serial port."""

    baudrate, bytesize, parity, stopbits = 9600, 8, "N", 1
    rtscts = xonxoff = False
    dtr = rts = break_condition = False
    cts = dsr = ri = cd = True

    def reset_input_buffer(self) -> None:
        pass

    def reset_output_buffer(self) -> None:
        pass


def rfc2217_far(stack: ExitStack) -> Far:
    server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    near, inside = socket.socketpair()
    stack.enter_context(near)
    stack.enter_context(inside)
    thread = threading.Thread(target=serve_rfc2217, args=(server, inside))
    thread.start()
    stack.callback(thread.join)
    stack.callback(near.close)
    return Far(f"rfc2217://127.0.0.1:{server.getsockname()[1]}", near.fileno(), near.close)


class Sender:
    def __init__(self, connection: socket.socket) -> None:
        self.write = connection.sendall


def serve_rfc2217(server: socket.socket, inside: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        manager = rfc2217.PortManager(Rfc2217Port(), Sender(connection))
        forward(
            connection,
            inside,
            lambda data: b"".join(manager.filter(data)),
            lambda data: b"".join(manager.escape(data)),
        )


def forward(
    connection: socket.socket,
    inside: socket.socket,
    inwards: Callable[[bytes], bytes],
    outwards: Callable[[bytes], bytes],
) -> None:
    """Copy both ways until one side closes."""

    def out() -> None:
        while data := inside.recv(65536):
            connection.sendall(outwards(data))
        connection.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=out)
    thread.start()
    try:
        while data := connection.recv(65536):
            inside.sendall(inwards(data))
    except OSError:
        pass
    finally:
        inside.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # inside pyserial's rfc2217
@pytest.mark.parametrize("kind", [pty_far, socket_far, rfc2217_far], ids=["pty", "socket", "rfc2217"])
class TestContract:
    """What :class:`drivers.api.ByteLink` promises."""

    @pytest.fixture
    def far(self, kind: Callable[[ExitStack], Far]) -> Iterator[Far]:
        with ExitStack() as stack:
            yield kind(stack)

    @pytest.fixture
    def link(self, far: Far) -> Iterator[Link]:
        link = open_link(far.port)
        yield link
        link.close()

    def test_every_byte_passes_both_ways(self, far: Far, link: Link) -> None:
        every = bytes(range(256))
        link.write(every)
        assert far.read(256) == every
        far.write(every)
        got = b""
        while len(got) < 256:
            got += link.read(DEADLINE_S)
        assert got == every
        assert link.where == far.port

    def test_large_writes_arrive_whole(self, far: Far, link: Link) -> None:
        data = os.urandom(200_000)
        got: list[bytes] = []
        reader = threading.Thread(target=lambda: got.append(far.read(len(data))))
        reader.start()
        link.write(data)
        reader.join()
        assert got == [data]

    def test_nothing_came(self, far: Far, link: Link) -> None:
        assert link.read(0.01) == b""

    def test_closing_wakes_the_reader(self, far: Far, link: Link) -> None:
        got: list[object] = []
        threads = [
            threading.Thread(target=lambda: got.append(link.read())),
            threading.Thread(target=lambda: got.append(link.wait())),
        ]
        for thread in threads:
            thread.start()
        link.close()
        for thread in threads:
            thread.join(DEADLINE_S)
        assert sorted(got, key=repr) == [False, b""]

    def test_closed(self, far: Far, link: Link) -> None:
        link.close()
        link.close()
        assert link.read() == b""
        assert not link.wait()
        link.watch()
        with pytest.raises(LinkLost):
            link.write(b"AT\r")

    def test_the_far_side_goes_away(self, far: Far, link: Link) -> None:
        far.hang_up()
        with pytest.raises(LinkLost) as lost:
            link.read(DEADLINE_S)
        assert lost.value.where == far.port
        assert lost.value.fix

    def test_wait_sees_a_watched_link_only(self, far: Far, link: Link) -> None:
        link.unwatch()
        far.write(b"x")
        assert link.read(DEADLINE_S) == b"x"
        link.watch()
        far.write(b"y")
        assert link.wait()
        assert link.read(0) == b"y"


def test_no_such_device(tmp_path: Path) -> None:
    with pytest.raises(LinkMissing) as missing:
        open_link(str(tmp_path / "ttyUSB7"))
    assert "by-id" in missing.value.fix


@pytest.mark.parametrize("scheme", ["socket", "rfc2217"])
def test_nobody_listens(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkMissing):
        open_link(f"{scheme}://127.0.0.1:{port}")


HOLD = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(("program", "fix"), [("holder", "stop it"), ("ModemManager", "ID_MM_DEVICE_IGNORE")])
def test_the_holder_is_named(tmp_path: Path, program: str, fix: str) -> None:
    interpreter = tmp_path / program
    interpreter.symlink_to(Path(sys.executable).resolve())
    with ExitStack() as stack:
        port = pty_far(stack).port
        holder = stack.enter_context(
            subprocess.Popen([interpreter, "-c", HOLD, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        )
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LinkBusy) as busy:
            open_link(port)
        assert f"{program} (pid {holder.pid})" in str(busy.value)
        assert fix in busy.value.fix


def test_a_second_opening_is_refused() -> None:
    with ExitStack() as stack:
        port = pty_far(stack).port
        link = open_link(port)
        with pytest.raises(LinkBusy):
            open_link(port)
        link.close()
        open_link(port).close()


def test_exclusive_mode_holds_for_root_too() -> None:
    """ModemManager claims ports by TIOCEXCL, which keeps everybody out but root (ioctl_tty(2))."""
    with ExitStack() as stack:
        port = pty_far(stack).port
        descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
        stack.callback(os.close, descriptor)
        fcntl.ioctl(descriptor, termios.TIOCEXCL)
        with pytest.raises(LinkBusy):
            open_link(port)
        fcntl.ioctl(descriptor, termios.TIOCNXCL)
        open_link(port).close()


def test_processes_are_found_by_their_name() -> None:
    name = Path("/proc/self/comm").read_text().strip()
    assert f"{name} (pid {os.getpid()})" in processes(name)
    assert processes("no such name") == []

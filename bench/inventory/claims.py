"""Exclusive use of ports, cards and far ends, across processes.

All benches of a host share one empty registry file. A resource is one byte of it, addressed by the hash of its
name, and whoever holds a POSIX record lock on that byte holds the resource. The kernel frees the locks of a dead
process and names the living holder, so there are no stale locks and nothing to clean up.
"""

import fcntl
import hashlib
import os
import struct
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.inventory.benchfile import Bench, SmsAccountEntry
from bench.masking import mask_text

_FILE_NAME = "esim-iot-bench.claims"
_FLOCK = struct.Struct("hhqqi4x")  # struct flock of 64-bit Linux: type, whence, start, length, pid


class Busy(Exception):
    """Somebody else holds a resource; numbers in ``resource`` and ``command`` are masked."""

    def __init__(self, resource: str, pid: int, command: str) -> None:
        self.resource = mask_text(resource)
        self.pid = pid
        self.command = mask_text(command)
        super().__init__(
            f"{self.resource} is busy: held by {self.command} (pid {pid}). Fix: wait until it ends, or end it"
        )


def resources_of(bench: Bench, modules: Iterable[str]) -> tuple[str, ...]:
    """Return what a run with these modules needs for itself: their ports and cards, and every far end."""
    resources = []
    of_lab = f" of {bench.bench.lab}" if bench.bench.lab else ""
    for name in modules:
        resources.append(f"port {_device(bench.modules[name].port)}")
        resources.append(f"card {bench.subscription_of(name).iccid}{of_lab}")
    for far_end in bench.far_ends.values():
        if isinstance(far_end, SmsAccountEntry):
            gateway = bench.gateways[far_end.gateway]
            resources.append(f"account {gateway.system_id} at {gateway.host}:{gateway.port}")
        elif far_end.control is not None:
            resources.append(f"data server {far_end.control}")
        else:
            resources += [f"data server {destination}" for destination in far_end.destinations]
    return tuple(dict.fromkeys(resources))


def _device(port: str) -> str:
    """Return the device behind a path, so that two names of it are one resource.

    The number of a pseudo-terminal passes to the next one that opens: its link is what stays.
    """
    if not port.startswith("/"):
        return port
    device = os.path.realpath(port)
    return port if device.startswith("/dev/pts/") else device


@contextmanager
def claim(resources: Iterable[str]) -> Iterator[None]:
    """Hold all the resources, or none: raises :class:`Busy` for the first that somebody else holds."""
    offsets = {_offset(resource): resource for resource in resources}
    _registry.take(offsets)
    try:
        yield
    finally:
        _registry.release(offsets)


def registry_path() -> Path:
    """Return the registry: in ``/run/lock`` for all users, else in the user's or the temporary directory."""
    for directory in ("/run/lock", os.environ.get("XDG_RUNTIME_DIR", "")):
        if directory and os.access(directory, os.W_OK):
            return Path(directory) / _FILE_NAME
    return Path(tempfile.gettempdir()) / _FILE_NAME


class _Registry:
    """This process's locks.

    A process never conflicts with its own record locks and loses all of them when it closes any descriptor of the
    file (fcntl(2)), so all claims of a process go through one descriptor and a list of what they hold.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._fd = -1
        self._pid = 0
        self._held: set[int] = set()

    def take(self, offsets: dict[int, str]) -> None:
        with self._mutex:
            self._forget_after_fork()
            taken: list[int] = []
            try:
                for offset, resource in offsets.items():
                    self._take_one(offset, resource)
                    taken.append(offset)
            except BaseException:
                self._drop(taken)
                raise

    def release(self, offsets: Iterable[int]) -> None:
        with self._mutex:
            self._drop(offsets)

    def _take_one(self, offset: int, resource: str) -> None:
        if offset in self._held:
            raise Busy(resource, os.getpid(), _command(os.getpid()))
        if self._fd < 0:
            self._fd = _open(registry_path())
        while True:
            try:
                fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
            except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as fcntl(2) leaves open
                holder = _holder(self._fd, offset)
                if holder is not None:
                    raise Busy(resource, holder, _command(holder)) from None
            else:
                self._held.add(offset)
                return

    def _drop(self, offsets: Iterable[int]) -> None:
        for offset in offsets:
            fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, offset)
            self._held.discard(offset)
        if not self._held and self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _forget_after_fork(self) -> None:
        """Locks stay with the parent: a forked child starts with none."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._held.clear()


_registry = _Registry()


def _offset(resource: str) -> int:
    return int.from_bytes(hashlib.blake2b(resource.encode(), digest_size=8).digest(), "big") >> 2


def _open(path: Path) -> int:
    """Open the registry for every user of the host, creating it when it is not there."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        pass
    try:
        # O_CREAT on another user's file in a sticky directory fails (fs.protected_regular), hence O_EXCL.
        fd = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        return os.open(path, flags)
    os.fchmod(fd, 0o666)
    return fd


def _holder(fd: int, offset: int) -> int | None:
    """Return the pid that holds the byte, None when it has just been freed."""
    request = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, offset, 1, 0)
    kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(fd, fcntl.F_GETLK, request))
    return None if kind == fcntl.F_UNLCK else pid


def _command(pid: int) -> str:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "a process"
    return b" ".join(arguments).decode(errors="replace").strip() or "a process"

"""Byte links on a descriptor, and what a lost one looks like.

The descriptor is polled and read in as large pieces as the kernel has: that of the serial device, the
pseudo-terminal or the socket; for ``rfc2217://`` that of a pipe behind pyserial.
"""

import contextlib
import errno
import os
import select
import termios
import threading
from typing import Any

import serial

from drivers.api import LinkLost

#: What pyserial and the kernel raise for a device that has gone.
FAILURES = (serial.SerialException, termios.error, OSError)

#: How long a device may refuse to take bytes (flow control that never opens) before it counts as gone.
_WRITE_DEADLINE_S = 10.0
_CHUNK = 65536


def _lost(where: str, error: object) -> LinkLost:
    return LinkLost(
        f"the link went away ({error}).",
        where=where,
        cause="the device was unplugged, reset or lost power, or the peer closed.",
        fix="check cable and power, then open it again.",
    )


class Link:
    """A :class:`drivers.api.ByteLink` on a descriptor.

    Beyond the contract it lets two threads take turns at reading without waking each other: one sleeps in
    :meth:`wait`, the other calls :meth:`unwatch`, reads, and calls :meth:`watch` when it is done.
    """

    def __init__(self, where: str, descriptor: int, handle: Any) -> None:  # noqa: ANN401  pyserial has no types
        self._where = where
        self._fd = descriptor
        self._handle = handle
        self._awake, self._wake = os.pipe()
        self._readable = select.poll()
        self._readable.register(self._fd, select.POLLIN)
        self._readable.register(self._awake, select.POLLIN)
        self._watched = select.epoll()
        self._watched.register(self._fd, select.EPOLLIN)
        self._watched.register(self._awake, select.EPOLLIN)
        self._closed = False
        self._closing = threading.Lock()
        # held while a call uses a descriptor, so that close() never frees it under that call
        self._waiting = threading.Lock()
        self._reading = threading.Lock()
        self._writing = threading.Lock()

    @property
    def where(self) -> str:
        """The port as the bench file names it."""
        return self._where

    def wait(self) -> bool:
        """Block until there is something to read while the link is watched; False when it was closed.

        A lost link counts as something to read, whether watched or not.
        """
        with self._waiting:
            if not self._closed:
                self._watched.poll()
            return not self._closed

    def watch(self) -> None:
        """Let :meth:`wait` see what arrives; so it is after opening."""
        self._see(select.EPOLLIN)

    def unwatch(self) -> None:
        """Keep :meth:`wait` asleep whatever arrives."""
        self._see(0)

    def _see(self, events: int) -> None:
        with self._reading:
            if not self._closed:
                self._watched.modify(self._fd, events)

    def read(self, timeout_s: float | None = None) -> bytes:
        """Return what has arrived; see :meth:`drivers.api.ByteLink.read`."""
        timeout_ms = None if timeout_s is None else timeout_s * 1000
        with self._reading:
            while not self._closed and self._readable.poll(timeout_ms) and not self._closed:
                try:
                    data = os.read(self._fd, _CHUNK)
                except BlockingIOError:  # readiness without data: sockets may do that
                    continue
                except OSError as error:
                    raise _lost(self._where, error) from error
                if not data:
                    raise _lost(self._where, "end of file")
                return data
        return b""

    def write(self, data: bytes) -> None:
        """Write everything; raises :class:`drivers.api.LinkLost` also when nothing is taken for 10 s."""
        with self._writing:
            if self._closed:
                raise _lost(self._where, "closed")
            try:
                self._send(data)
            except FAILURES as error:
                raise _lost(self._where, error) from error

    def _send(self, data: bytes) -> None:
        while data := data[_write_some(self._fd, data) :]:
            writable = select.poll()
            writable.register(self._fd, select.POLLOUT)
            writable.register(self._awake, select.POLLIN)
            if not writable.poll(_WRITE_DEADLINE_S * 1000) or self._closed:
                raise TimeoutError(errno.ETIMEDOUT, f"no bytes taken for {_WRITE_DEADLINE_S:g} s")

    def close(self) -> None:
        """Release the port and wake whoever waits, reads or writes."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        os.write(self._wake, b"\0")
        with self._waiting, self._reading, self._writing:
            self._watched.close()
            self._release()
            os.close(self._wake)
            os.close(self._awake)

    def _release(self) -> None:
        with contextlib.suppress(*FAILURES):
            self._handle.close()


def _write_some(descriptor: int, data: bytes) -> int:
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0


class Rfc2217Link(Link):
    """A link over RFC 2217: pyserial takes the Telnet layer off, a pump makes a descriptor of what it has read."""

    def __init__(self, where: str, handle: Any) -> None:  # noqa: ANN401  pyserial has no types
        descriptor, self._inlet = os.pipe()
        super().__init__(where, descriptor, handle)
        self._pump = threading.Thread(target=self._forward, name=f"rfc2217 {where}", daemon=True)
        self._pump.start()

    def _forward(self) -> None:
        """End at the closing or the loss of the connection; the reader then sees the end of the pipe."""
        try:
            while not self._closed:
                if data := self._handle.read(1):
                    os.write(self._inlet, data + self._handle.read(self._handle.in_waiting))
        except FAILURES:
            return
        finally:
            os.close(self._inlet)

    def _send(self, data: bytes) -> None:
        self._handle.write(data)

    def _release(self) -> None:
        os.close(self._fd)  # first: it ends a pump that waits for room in the pipe
        self._pump.join()
        super()._release()

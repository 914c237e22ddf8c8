"""A module on a pseudo-terminal that answers from a table: the peer of the modem's tests."""

import os
import select
import threading
import tty
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, Self

from drivers.api import DialRefused, Outbound
from drivers.at import AtChannel, Dialect, Modem

#: the one number that the guard of these tests permits
NUMBER = "1440000000001"


class Guard:
    """Permits one number, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Outbound] = []

    def check(self, outbound: Outbound) -> None:
        self.asked.append(outbound)
        if outbound.target != NUMBER:
            raise DialRefused(f"{outbound.target} is not permitted")


class Prompt(NamedTuple):
    """Asks for a payload, of ``length`` bytes or up to CTRL-Z, then answers."""

    answer: str
    length: int | None = None


class Scripted:
    """Answers command lines with the lines of the table, ERROR where it has none.

    A list in the table is used up one answer after the other, its last one stays. ``heard`` are the lines that
    came, ``payloads`` the bytes behind prompts. A line behind ``OK`` is an unsolicited code.
    """

    def __init__(self, table: Mapping[str, str | Prompt | list[str | Prompt]]) -> None:
        self.table = dict(table)
        self.heard: list[str] = []
        self.payloads: list[bytes] = []
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._stop, self._stopper = os.pipe()
        self._rest = b""
        self._thread = threading.Thread(target=self._serve)

    def say(self, *lines: str) -> None:
        """Send lines as a module does: an unsolicited code, or an answer."""
        os.write(self._master, b"".join(b"\r\n" + line.encode("latin-1") + b"\r\n" for line in lines))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self._stopper, b"x")
        self._thread.join()
        for descriptor in (self._master, self._slave, self._stop, self._stopper):
            os.close(descriptor)

    def _serve(self) -> None:
        while (line := self._take(b"\r")) is not None:
            self.heard.append(line.decode("ascii"))
            answer = self.table.get(self.heard[-1], "ERROR")
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            if isinstance(answer, Prompt):
                os.write(self._master, b"\r\n> ")
                payload = self._take(b"\x1a" if answer.length is None else answer.length)
                if payload is None:
                    return
                self.payloads.append(payload)
                answer = answer.answer
            self.say(*answer.split("\n"))

    def _take(self, until: bytes | int) -> bytes | None:
        """Return the bytes up to an end mark or a number of bytes; None when the test is over."""
        while True:
            at = until if isinstance(until, int) else self._rest.find(until)
            if 0 <= at <= len(self._rest):
                taken, self._rest = (
                    self._rest[:at],
                    self._rest[at + (0 if isinstance(until, int) else len(until)) :],
                )
                return taken
            ready, _, _ = select.select([self._master, self._stop], [], [])
            if self._stop in ready:
                return None
            self._rest += os.read(self._master, 4096)


class Permissive:
    """A dial guard that lets everything pass: behind a scripted module is nobody."""

    def check(self, outbound: Outbound) -> None:
        """Say nothing."""


@contextmanager
def open_modem(peer: Scripted, dialect: Dialect) -> Iterator[Modem]:
    """Open the peer's port with a dialect."""
    with AtChannel(
        peer.port, name="dut", guard=Permissive(), dialect=dialect, observer=lambda record: None
    ) as channel:
        yield Modem(channel)

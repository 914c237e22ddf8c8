"""Public signatures first; the body follows."""

from collections.abc import Callable
from typing import NamedTuple

from drivers.api import DialGuard, LinkLost, Observer
from drivers.at.command import Command
from drivers.at.dialect import Dialect


class Urc(NamedTuple):
    """One unsolicited code: ``text`` is the code line, ``pdu`` the line behind +CMT:, +CDS: or +CBM:."""

    seq: int
    mono_ns: int
    text: str
    pdu: str | None = None


class Reply(NamedTuple):
    """``lines`` without echo and final; ``final`` is the line that ended it ("OK", "SEND OK", "CONNECT ...")."""

    lines: tuple[str, ...]
    final: str
    latency_s: float


class ModuleRebooted(LinkLost):
    """The module printed a boot message while a command was pending."""


class AtChannel:
    def __init__(
        self, port: str, *, name: str, guard: DialGuard, dialect: Dialect, observer: Observer, baud: int = 115200
    ) -> None:
        raise NotImplementedError

    name: str
    dialect: Dialect
    boots: int

    @property
    def where(self) -> str:
        """Port, for messages."""
        raise NotImplementedError

    @property
    def alive(self) -> bool:
        raise NotImplementedError

    def execute(self, command: Command | str, deadline_s: float | None = None) -> Reply:
        """A str goes through Command.of(text): errors family and deadline derived from the text."""
        raise NotImplementedError

    def mark(self) -> int:
        raise NotImplementedError

    def wait_for(self, predicate: Callable[[Urc], bool], *, since: int, timeout_s: float) -> Urc | None:
        raise NotImplementedError

    def reopen(self, timeout_s: float) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> "AtChannel":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

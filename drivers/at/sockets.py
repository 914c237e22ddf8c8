"""Sockets of the module's own stack, driven by the dialogue that the vendor's dialect describes."""

import re
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from drivers.api import CommandRefused, DriverError, NotConnected, ProtocolError
from drivers.at.channel import AtChannel
from drivers.at.command import Command
from drivers.at.dialect import SocketDialogue, Step
from drivers.at.replies import fields

_HOST = re.compile(r"[A-Za-z0-9._:-]+")


class Socket:
    """One connected socket inside the module; :meth:`Modem.open_socket` opens it.

    Raises whatever the channel raises, and :class:`CommandRefused` with the vendor's result code
    (family ``"+QIOPEN"``, code 566) when a step reports a failure.
    """

    def __init__(self, channel: AtChannel, dialogue: SocketDialogue) -> None:
        self._channel = channel
        self._dialogue = dialogue
        self._values: dict[str, str | int] = {}
        self._unheard = 0  # every code before it was followed by a read
        self._ended = False
        self.open = False

    @property
    def number(self) -> int:
        """The module's number of this socket, -1 while it has none."""
        return int(self._values.get("id", -1))

    def connect(self, *, cid: int, apn: str, host: str, port: int, number: int | None, timeout_s: float) -> None:
        """Run the opening steps, the last of which is the connection request.

        ``number`` is None when the module assigns one. ``timeout_s`` covers all steps. Raises
        :class:`drivers.api.NotConnected` when the request is refused, :class:`drivers.api.CommandRefused` for what
        comes before it.
        """
        if not _HOST.fullmatch(host):
            raise ValueError(f"not a host name or address: {host!r}")
        self._values = {"cid": cid, "apn": apn, "host": host, "port": port}
        if number is not None:
            self._values["id"] = number
        self._unheard = self._channel.mark()
        end = time.monotonic() + timeout_s
        self.open = True
        *prepare, request = self._dialogue.open
        try:
            for step in prepare:
                self._run(step, max(0.0, min(step.deadline_s, end - time.monotonic())))
            try:
                self._run(request, max(0.0, min(request.deadline_s, end - time.monotonic())))
            except CommandRefused as error:
                raise NotConnected(
                    error.what, family=error.family, code=error.code, where=self._channel.where
                ) from error
        except DriverError:
            with suppress(DriverError):  # what went wrong first is what matters
                self.close()
            raise

    def send(self, data: bytes) -> None:
        """Send everything, in as many pieces as the module wants."""
        chunk = self._dialogue.chunk
        for start in range(0, len(data), chunk):
            piece = data[start : start + chunk]
            self._values |= {"length": len(piece), "hex": piece.hex().upper()}
            self._run(self._dialogue.send, payload=piece)

    def receive(self, timeout_s: float) -> bytes:
        """Return what has arrived, or ``b""`` when ``timeout_s`` seconds pass or the far end has closed."""
        arrival = _code(self._dialogue.arrival.format_map(self._values))
        closed = _code(self._dialogue.closed.format_map(self._values))
        end = time.monotonic() + timeout_s
        while not (data := self._read()) and not self._ended:
            urc = self._channel.wait_for(
                lambda urc: bool(arrival.match(urc.text) or closed.match(urc.text)),
                since=self._unheard,
                timeout_s=max(0.0, end - time.monotonic()),
            )
            if urc is None:
                break
            self._unheard = urc.seq + 1
            self._ended = closed.match(urc.text) is not None
        return data

    def close(self) -> None:
        """Run the closing steps; closing twice is harmless."""
        if self.open:
            self.open = False
            if "id" in self._values:
                for step in self._dialogue.close:
                    self._run(step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self) -> bytes:
        step = self._dialogue.receive
        self._values["length"] = self._dialogue.chunk
        lines = self._run(step)
        head = _last(lines, step.reply)
        if head is None:
            return b""
        behind = "".join(lines[head + 1 : head + 2])
        text = behind if step.data == "line" else _field(lines[head], step.data)
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            what = f"data that is no hex: {text[:40]!r}"
            raise ProtocolError(what, where=self._channel.where, fix="check data in the dialect") from error

    def _run(self, step: Step, deadline_s: float | None = None, payload: bytes | None = None) -> tuple[str, ...]:
        def fill(template: str) -> str:
            return template.format_map(self._values)

        command = Command(
            fill(step.command),
            finals=tuple(map(fill, step.finals)),
            failures=tuple(map(fill, step.failures)),
            payload=payload if step.prompt else None,
            completes=fill(step.completes) or None,
            bare=step.bare,
            deadline_s=step.deadline_s if deadline_s is None else deadline_s,
        )
        try:
            lines = self._channel.execute(command).lines
            result = _last(lines, fill(step.completes) or step.reply)
            line = "" if result is None else lines[result]
            if step.succeeds and _field(line, step.succeeds[0]) != fill(step.succeeds[1]):
                raise self._refused(command.text, line, _field(line, step.succeeds[0]))
        except CommandRefused:
            if step.optional:
                return ()
            raise
        if step.assigns is not None:
            self._values["id"] = int(_field(line, step.assigns))
        return lines

    def _refused(self, text: str, line: str, result: str) -> CommandRefused:
        family = line.partition(":")[0] or "no result"
        code = int(result) if result.isdecimal() else None
        return CommandRefused(f"{text}: {line or family}", family=family, code=code, where=self._channel.where)


def _code(prefix: str) -> re.Pattern[str]:
    """Match an unsolicited code by its prefix; a number at the end must be the whole number."""
    return re.compile(re.escape(prefix) + (r"(?!\d)" if prefix[-1].isdigit() else ""))


def _last(lines: tuple[str, ...], prefix: str) -> int | None:
    found = [index for index, line in enumerate(lines) if prefix and line.startswith(prefix)]
    return found[-1] if found else None


def _field(line: str, position: int | None) -> str:
    values = fields(line)
    return values[position] if position is not None and position < len(values) else ""

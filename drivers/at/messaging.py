"""What surrounds messages on a module: the memories they lie in and the bearer they leave on.

Errors as in :mod:`drivers.at.modem`.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from enum import IntEnum

from drivers.api import CommandRefused, ProtocolError, Unsupported
from drivers.at import replies
from drivers.at.channel import AtChannel
from drivers.at.command import Command
from drivers.at.replies import Storage, StoredSms

#: 27.005 3.1 <mem1>: the memory of the card
CARD = "SM"
_MEMORY_FIELDS = 3


class MessageService(IntEnum):
    """``<service>`` of ``+CGSMS`` (27.007 10.1.21): the bearer of outgoing messages."""

    PS = 0
    CS = 1
    PS_PREFERRED = 2
    CS_PREFERRED = 3


class Messaging:
    """Typed commands over one channel, beside :class:`drivers.at.Modem`."""

    def __init__(self, channel: AtChannel) -> None:
        self._channel = channel

    # Memories (27.005 3.2.2)

    def storages(self) -> tuple[Storage, ...]:
        """Read how full the memories are that messages may come to: the card's, and the one for deliveries.

        Messages of class 2 go to the card wherever others are stored. Empty where there is no ``+CPMS``. Makes
        the card's memory the one that is read.
        """
        with suppress(CommandRefused):
            self.read_from(CARD)
        with suppress(CommandRefused):
            values = replies.fields(self._line("AT+CPMS?", "+CPMS:"))
            groups = [values[n : n + _MEMORY_FIELDS] for n in range(0, len(values), _MEMORY_FIELDS)]
            # <mem1> and <mem3>; the one between is for writing
            return tuple(
                dict.fromkeys(replies.parse_storage(",".join(group)) for group in (groups[0], groups[-1]))
            )
        return ()

    def read_from(self, memory: str) -> None:
        """Choose the memory that the next two methods mean (``<mem1>``)."""
        self._run(f'AT+CPMS="{memory}"', "+CPMS:")

    def stored(self) -> tuple[StoredSms, ...]:
        """List the messages of the chosen memory (27.005 4.1)."""
        return replies.parse_stored_sms(self._run("AT+CMGL=4", "+CMGL:", deadline_s=30))

    def delete(self, index: int) -> None:
        """Delete one message of the chosen memory (27.005 3.5.4)."""
        self._run(f"AT+CMGD={index}")

    # Bearer (27.007 10.1.21)

    def services(self) -> tuple[MessageService, ...]:
        """Return the bearers that ``+CGSMS`` offers, none where the module does not know the command."""
        with suppress(CommandRefused):
            return tuple(_services(self._line("AT+CGSMS=?", "+CGSMS:")))
        return ()

    def service(self) -> MessageService:
        """Return the bearer in use."""
        line = self._line("AT+CGSMS?", "+CGSMS:")
        found = tuple(_services(line))
        if len(found) != 1:
            raise ProtocolError(f"not understood: {line!r}", where=self._channel.where)
        return found[0]

    def choose_service(self, service: MessageService) -> None:
        """Choose the bearer and read it back; raises :class:`drivers.api.Unsupported` when it did not take."""
        self._run(f"AT+CGSMS={service.value}")
        found = self.service()
        if found is not service:
            raise Unsupported(
                f"AT+CGSMS={service.value} was answered OK, but the module stays with {found.value}.",
                where=self._channel.where,
            )

    def _run(self, text: str, prefix: str = "", deadline_s: float | None = None) -> tuple[str, ...]:
        command = Command.of(text)
        if prefix:
            command = replace(command, replies=(prefix,))
        return self._channel.execute(command, deadline_s).lines

    def _line(self, text: str, prefix: str) -> str:
        lines = self._run(text, prefix)
        if not lines:
            raise ProtocolError(f"{text} answered OK without {prefix}", where=self._channel.where)
        return lines[-1]


def _services(line: str) -> Iterator[MessageService]:
    """Read the values of ``+CGSMS: 1``, ``(0-3)`` or ``(0,1,3)``."""
    for first, last in re.findall(r"([0-3])(?:-([0-3]))?", replies.text_of(line)):
        yield from map(MessageService, range(int(first), int(last or first) + 1))

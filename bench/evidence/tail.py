"""Follows a journal while it grows."""

from pathlib import Path
from typing import Self

from bench.evidence.journal import parse_event
from bench.model import Event


class Tail:
    """Hands out the events that came since the last look; a line still being written waits for the next one."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def news(self) -> list[Event]:
        """Return the whole lines that came since the last call; unreadable ones are left to the reader."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        return [event for line in lines if (event := parse_event(line)) is not None]

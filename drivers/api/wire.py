"""What a driver tells about the bytes it moved."""

from collections.abc import Callable
from typing import NamedTuple


class WireRecord(NamedTuple):
    """One line, message or protocol unit as it crossed a wire.

    ``wall_ns`` is nanoseconds since the epoch, ``mono_ns`` CLOCK_MONOTONIC nanoseconds (one clock for the whole
    host). ``source`` is ``protocol:name`` (``"at:meter"``); ``direction`` is ``"tx"`` (towards the device) or
    ``"rx"``; ``kind`` says what the driver made of it (``"command"``, ``"final"``, ``"urc"`` ...). ``data`` are
    the bytes themselves, without loss.
    """

    wall_ns: int
    mono_ns: int
    source: str
    direction: str
    kind: str
    data: bytes


Observer = Callable[[WireRecord], None]
"""Called in wire order; it must not block and must not raise."""

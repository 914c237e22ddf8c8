"""Byte links: serial ports, pseudo-terminals and serial ports behind a network."""

from drivers.transport.links import Link
from drivers.transport.opening import open_link

__all__ = ["Link", "open_link"]

"""Byte links: serial ports, pseudo-terminals and serial ports behind a network."""

from drivers.transport.holders import holders, processes
from drivers.transport.links import Link
from drivers.transport.opening import open_link

__all__ = ["Link", "holders", "open_link", "processes"]

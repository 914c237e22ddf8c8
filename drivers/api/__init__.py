"""Contracts that every driver keeps: links, wire records, the dial guard and the error tree (stdlib only)."""

from drivers.api.errors import (
    CommandRefused,
    CommandTimeout,
    DialRefused,
    DriverError,
    LinkBusy,
    LinkError,
    LinkLost,
    LinkMissing,
    NotConnected,
    ProtocolError,
    Unsupported,
)
from drivers.api.guard import DialGuard, Outbound
from drivers.api.links import ByteLink
from drivers.api.wire import Observer, WireRecord

__all__ = [
    "ByteLink",
    "CommandRefused",
    "CommandTimeout",
    "DialGuard",
    "DialRefused",
    "DriverError",
    "LinkBusy",
    "LinkError",
    "LinkLost",
    "LinkMissing",
    "NotConnected",
    "Observer",
    "Outbound",
    "ProtocolError",
    "Unsupported",
    "WireRecord",
]

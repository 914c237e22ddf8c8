"""Speaks AT commands (3GPP TS 27.005, 27.007, ITU-T V.250) to a cellular module."""

from drivers.at.channel import AtChannel, ModuleRebooted, Reply, Urc
from drivers.at.command import Command, Errors
from drivers.at.dialect import Dialect, DialectError, dialect_names, dialect_of, load_dialect
from drivers.at.messaging import MessageService, Messaging
from drivers.at.modem import Context, Identity, Modem, Registration, Serving
from drivers.at.release import release_cause
from drivers.at.replies import (
    CallStat,
    CallState,
    ImsState,
    NetworkStat,
    OwnNumber,
    PinState,
    RegStat,
    Storage,
    StoredSms,
)
from drivers.at.sockets import Socket
from drivers.at.voice import Forwarding, VoiceDomain, VoiceState

__all__ = [
    "AtChannel",
    "CallStat",
    "CallState",
    "Command",
    "Context",
    "Dialect",
    "DialectError",
    "Errors",
    "Forwarding",
    "Identity",
    "ImsState",
    "MessageService",
    "Messaging",
    "Modem",
    "ModuleRebooted",
    "NetworkStat",
    "OwnNumber",
    "PinState",
    "RegStat",
    "Registration",
    "Reply",
    "Serving",
    "Socket",
    "Storage",
    "StoredSms",
    "Urc",
    "VoiceDomain",
    "VoiceState",
    "dialect_names",
    "dialect_of",
    "load_dialect",
    "release_cause",
]

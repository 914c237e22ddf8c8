"""Vendor dialects as data (TOML files in ``dialects/``)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one vendor's modules differ from 3GPP.

    ``boot`` are the unsolicited lines a module prints when it starts (``"RDY"``); ``unsolicited`` the prefixes of
    vendor codes that never belong to a reply unless the command asked for them (``"+QIURC:"``).
    """

    name: str
    boot: tuple[str, ...] = ()
    unsolicited: tuple[str, ...] = ()

"""Asks every serial port of the host what is behind it, and proposes a bench file."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from bench.numbering import Guard, load_plan
from bench.runner.proposal import Card, Device, Port, devices, proposal
from bench.runner.run import UsageError
from drivers.api import DriverError, LinkMissing
from drivers.at import AtChannel, Modem, dialect_of, load_dialect
from drivers.transport import holders

_GENERIC = "generic"
T = TypeVar("T")


def find(by_id: Path) -> tuple[list[Device], list[Port]]:
    """Return the modules behind the ports of a folder of lasting names, and the ports without one.

    A port that somebody else has open is left alone. Raises LinkMissing when there is no port.
    """
    paths = sorted(by_id.iterdir()) if by_id.is_dir() else []
    if not paths:
        raise LinkMissing(
            "no serial port has a name there.",
            where=str(by_id),
            cause="no module is plugged in, or its driver is not loaded.",
            fix="plug one in, and look into `dmesg`.",
        )
    with ThreadPoolExecutor(max_workers=len(paths)) as pool:
        return devices(pool.map(_ask, paths))


def propose(found: Sequence[Device], path: Path) -> None:
    """Write a bench file for the modules, readable by its owner only; raises UsageError when it exists."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise UsageError(f"--write-bench {path}: {error.strerror}. Fix: name a new file") from error
    with os.fdopen(file, "w", encoding="utf-8") as text:
        text.write(proposal(found))


def _ask(path: Path) -> Port:
    port = str(path)
    if held_by := holders(port):
        return Port(port, why=f"held by {', '.join(held_by)}")
    try:
        maker = _answer(port, _GENERIC, Modem.identity)
        dialect = dialect_of(maker.manufacturer, maker.model) or _GENERIC
        # once more: codes that only its dialect knows may have mixed with the first answer
        identity, card = _answer(port, dialect, lambda modem: (modem.identity(), _card(modem)))
    except DriverError as error:
        return Port(port, why=error.what)
    return Port(port, identity, dialect, card)


def _answer(port: str, dialect: str, question: Callable[[Modem], T]) -> T:
    with AtChannel(
        port,
        name="discover",
        guard=Guard((), plan=load_plan()),
        dialect=load_dialect(dialect),
        observer=lambda _record: None,
    ) as channel:
        channel.synchronise()
        return question(Modem(channel))


def _card(modem: Modem) -> Card:
    """Read what the card tells; empty where it tells nothing, or is not there."""
    iccid = imsi = number = ""
    with suppress(DriverError):
        iccid = modem.iccid()
    with suppress(DriverError):
        imsi = modem.imsi()
    with suppress(DriverError):
        number = next((own.number for own in modem.own_numbers()), "")
    return Card(iccid, imsi, number)

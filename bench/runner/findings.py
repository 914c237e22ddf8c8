"""What the doctor says about facts that somebody else has gathered (pure)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bench.masking import mask, mask_text
from drivers.api import CommandRefused, DriverError
from drivers.at import Identity, PinState, Registration, Serving

#: no host that runs this program lives before it was written
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
#: bytes: room for a long run with captures, and for the journal of a short one
_ROOM, _LEAST_ROOM = 2 << 30, 100 << 20
OLDEST_PYTHON = (3, 11)


class Level(StrEnum):
    """How bad a finding is: with ``fail`` a run makes no sense."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``what`` was found, and the ``fix`` where it is not as it should be.

    ``id`` is the check, with the entry of the bench file that it is about: ``"card:meter"``.
    """

    id: str
    level: Level
    what: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the finding for machines, identities masked."""
        return {key: mask_text(str(value)) for key, value in asdict(self).items()}


def error(id_: str, raised: DriverError) -> Finding:
    """Return the finding that an error of a driver is."""
    what = f"{raised.where}: {raised.what}" if raised.where else raised.what
    cause = f" Likely cause: {raised.cause}" if raised.cause else ""
    return Finding(id_, Level.FAIL, (what + cause).removesuffix("."), raised.fix)


# The host


def clock(now: datetime, *, synchronised: bool | None) -> Finding:
    """Judge the wall clock; ``synchronised`` is None where the kernel does not tell."""
    fix = "switch NTP on: `timedatectl set-ntp true`"
    if now < _WRITTEN:
        return Finding("clock", Level.FAIL, f"the clock says {now:%Y-%m-%d %H:%M} UTC, which is past", fix)
    if synchronised is False:
        return Finding("clock", Level.WARN, "the clock is not synchronised: evidence has a doubtful time", fix)
    word = "synchronised" if synchronised else "plausible"
    return Finding("clock", Level.OK, f"{now:%Y-%m-%d %H:%M} UTC, {word}")


def disk(path: str, free_bytes: int) -> Finding:
    """Judge the room for run folders."""
    what = f"{free_bytes / (1 << 30):.1f} GiB free for {path}"
    fix = "delete old run folders, or point --runs to another disk"
    if free_bytes < _LEAST_ROOM:
        return Finding("disk", Level.FAIL, what, fix)
    return Finding("disk", Level.WARN, what, fix) if free_bytes < _ROOM else Finding("disk", Level.OK, what)


def python(version: tuple[int, int, int]) -> Finding:
    """Judge the interpreter."""
    text = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        return Finding("python", Level.FAIL, f"Python {text} is too old", f"use Python {wanted} or later")
    return Finding("python", Level.OK, f"Python {text}")


def robot(version: str | None) -> Finding:
    """Judge Robot Framework, without which no suite runs."""
    if version is None:
        fix = "install the locked environment again: `make clean`, then `make demo`"
        return Finding("robot", Level.FAIL, "Robot Framework is not installed", fix)
    return Finding("robot", Level.OK, f"Robot Framework {version}")


def git(version: str | None) -> Finding:
    """Tell about git, which is only convenient."""
    return Finding("git", Level.OK, version or "git is not installed; nothing here needs it")


def modem_manager(running: Sequence[str]) -> Finding:
    """Judge whether ModemManager may take ports that appear."""
    if not running:
        return Finding("modemmanager", Level.OK, "ModemManager is not running")
    return Finding(
        "modemmanager",
        Level.WARN,
        f"{', '.join(running)} is running and opens every modem port that appears",
        "`systemctl disable --now ModemManager`, or set ID_MM_DEVICE_IGNORE=1 for the modules in a udev rule",
    )


def no_ports(place: str) -> Finding:
    """Tell that nothing is plugged in, which only hardware needs."""
    return Finding("ports", Level.OK, f"no serial device below {place}; the virtual lab needs none")


def rights(
    id_: str, path: str, *, group: str, usable: bool, held_by: Sequence[str], needed: bool = True
) -> Finding:
    """Judge whether this user may open a serial device, and whether somebody else has it.

    ``needed`` says that a bench file names it; another one only gets a warning.
    """
    bad = Level.FAIL if needed else Level.WARN
    if not usable:
        fix = f"`sudo usermod -aG {group} $USER`, then log in again"
        return Finding(id_, bad, f"this user may not open {path} (group {group})", fix)
    if held_by:
        fix = "stop it before a run, or take another port"
        return Finding(id_, bad, f"{path} is held by {', '.join(held_by)}", fix)
    return Finding(id_, Level.OK, f"{path} may be opened and is free")


# The bench


def missing_port(id_: str, path: str) -> Finding:
    """Tell that a port of the bench file is not there."""
    fix = "check cable and power, and take the name from /dev/serial/by-id (`bench discover` lists them)"
    return Finding(id_, Level.FAIL, f"{path} does not exist", fix)


def dialect(module: str, chosen: str, fitting: str | None, identity: Identity) -> Finding:
    """Judge whether the dialect of the bench file suits what the module says of itself.

    ``fitting`` is the dialect that knows its maker; a dialect file of one's own is taken at its word.
    """
    id_ = f"dialect:{module}"
    device = f"{identity.manufacturer} {identity.model} {identity.revision}"
    if chosen.endswith(".toml") or fitting in {chosen, None}:
        return Finding(id_, Level.OK, f"{device} speaks {chosen}")
    level = Level.WARN if chosen == "generic" else Level.FAIL
    return Finding(id_, level, f"{device} is addressed in the dialect {chosen}", f'write dialect = "{fitting}"')


def card(module: str, pin: PinState) -> Finding:
    """Judge what the card waits for."""
    id_ = f"card:{module}"
    if pin is PinState.READY:
        return Finding(id_, Level.OK, "the card is ready")
    return Finding(
        id_, Level.FAIL, f"the card waits for {pin}", "switch its PIN off in a telephone; the bench enters none"
    )


def no_card(module: str, refusal: CommandRefused) -> Finding:
    """Tell what a module answers that finds no card, or none that works."""
    fix = "put a card in, or seat it again; the card may also be defective"
    return Finding(f"card:{module}", Level.FAIL, refusal.what.removesuffix("."), fix)


def registered(module: str, registration: Registration, serving: Serving) -> Finding:
    """Judge whether any domain is registered."""
    id_ = f"registered:{module}"
    if registration.registered:
        network = f"{serving.plmn or 'an unnamed network'} {serving.rat}".strip()
        return Finding(id_, Level.OK, f"registered on {network}")
    return Finding(id_, Level.FAIL, "not registered on any network", "check antenna, coverage and subscription")


def identity(module: str, name: str, wanted: str, found: str) -> Finding:
    """Judge whether an identity on the card (``name``: imsi or iccid) is the bench file's."""
    id_ = f"{name}:{module}"
    if wanted == found:
        return Finding(id_, Level.OK, f"{name} {mask(found)} as in the bench file")
    return Finding(
        id_,
        Level.FAIL,
        f"the card has {name} {mask(found)}, the bench file {mask(wanted)}",
        "put the right card in, or correct the bench file",
    )


def gateway(name: str, where: str, problem: str) -> Finding:
    """Judge a gateway by what its TCP connection said; ``problem`` is empty when it was made."""
    id_ = f"gateway:{name}"
    if problem:
        fix = "check host and port, the gateway itself, and the firewalls and tunnels between"
        return Finding(id_, Level.FAIL, f"{where} cannot be reached: {problem}", fix)
    return Finding(id_, Level.OK, f"{where} takes connections")

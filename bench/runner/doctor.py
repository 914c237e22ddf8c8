"""Looks at host and bench before a run does, and says what is wrong with the fix; changes nothing."""

import ctypes
import grp
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.inventory import Bench, BenchFileError, Busy, DataServerEntry, claim, resources_of
from bench.numbering import Guard, load_plan
from bench.runner import findings
from bench.runner.findings import Finding, Level
from drivers.api import CommandRefused, DriverError
from drivers.at import AtChannel, Modem, dialect_of, load_dialect
from drivers.packet import DataServer, RemoteDataServer
from drivers.transport import holders, processes

BY_ID = Path("/dev/serial/by-id")
_CONNECT_S = 5.0
#: adjtimex(2): the kernel knows of no synchronisation
_TIME_ERROR = 5


def examine(bench: Bench | None, runs: Path) -> list[Finding]:
    """Return what is found: the host alone, or the host and everything that the bench file names."""
    found = list(_host(runs))
    if bench is None:
        return found + list(_plugged_in(BY_ID))
    found += [finding for name, entry in bench.modules.items() for finding in _port(name, entry.port)]
    try:
        with claim(resources_of(bench, bench.modules)):
            return found + list(_bench(bench, {finding.id for finding in found if finding.level is Level.FAIL}))
    except Busy as busy:
        what = f"{busy.resource} is held by {busy.command} (pid {busy.pid})"
        return [*found, Finding("claim", Level.FAIL, what, "wait until it ends, or end it")]


# The host


def _host(runs: Path) -> Iterator[Finding]:
    yield findings.clock(datetime.now(UTC), synchronised=_synchronised())
    parent = next(path for path in (runs.absolute(), *runs.absolute().parents) if path.exists())
    yield findings.disk(str(runs), shutil.disk_usage(parent).free)
    yield findings.python(sys.version_info[:3])
    yield findings.robot(_robot_version())
    yield findings.git(_git_version())
    yield findings.modem_manager(processes("ModemManager"))


def _synchronised() -> bool | None:
    """Ask the kernel whether something disciplines its clock (adjtimex(2) with no mode set only reads)."""
    state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    return None if state < 0 else state != _TIME_ERROR


def _robot_version() -> str | None:
    try:
        return version("robotframework")
    except PackageNotFoundError:
        return None


def _git_version() -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()


def _plugged_in(by_id: Path) -> Iterator[Finding]:
    ports = sorted(port for port in by_id.iterdir() if port.exists()) if by_id.is_dir() else []
    if not ports:
        yield findings.no_ports(str(by_id))
    for port in ports:
        yield _rights(f"port:{port.name}", port, needed=False)


def _port(name: str, port: str) -> Iterator[Finding]:
    """Look at a module's port from outside; there is nothing to see of one behind a network."""
    id_, path = f"rights:{name}", Path(port)
    if "://" not in port:
        yield _rights(id_, path, needed=True) if path.exists() else findings.missing_port(id_, port)


def _rights(id_: str, path: Path, *, needed: bool) -> Finding:
    return findings.rights(
        id_,
        str(path),
        group=_group(path.stat().st_gid),
        usable=os.access(path, os.R_OK | os.W_OK),
        held_by=holders(str(path)),
        needed=needed,
    )


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


# The bench


def _bench(bench: Bench, failed: set[str]) -> Iterator[Finding]:
    """Ask modules, gateways and far ends; a port that already failed is left alone."""
    modules = [name for name in bench.modules if f"rights:{name}" not in failed]
    with ThreadPoolExecutor(max_workers=max(1, len(modules))) as pool:
        for answers in pool.map(lambda name: list(_module(bench, name)), modules):
            yield from answers
    for name in bench.gateways:
        yield from _gateway(bench, name)
    for name, far_end in bench.far_ends.items():
        if isinstance(far_end, DataServerEntry):
            yield _data_server(bench, name, far_end)


def _module(bench: Bench, name: str) -> Iterator[Finding]:
    entry = bench.modules[name]
    id_ = f"port:{name}"
    try:
        with AtChannel(
            entry.port,
            name=name,
            guard=Guard((), plan=load_plan()),
            dialect=load_dialect(entry.dialect),
            observer=lambda _record: None,
            baud=entry.baud,
        ) as channel:
            channel.synchronise()
            yield Finding(id_, Level.OK, f"{entry.port} opens and answers AT")
            yield from _answers(bench, name, Modem(channel))
    except DriverError as error:
        yield findings.error(id_, error)


def _answers(bench: Bench, name: str, modem: Modem) -> Iterator[Finding]:
    """Ask the module one thing after the other; without a card that is ready the rest is not worth asking."""
    chosen, subscription = bench.modules[name].dialect, bench.subscription_of(name)

    def speaks() -> Finding:
        device = modem.identity()
        return findings.dialect(name, chosen, dialect_of(device.manufacturer, device.model), device)

    def ready() -> Finding:
        try:
            return findings.card(name, modem.pin_state())
        except CommandRefused as refusal:
            return findings.no_card(name, refusal)

    yield _asked(f"dialect:{name}", speaks)
    card = _asked(f"card:{name}", ready)
    yield card
    if card.level is Level.OK:
        questions: dict[str, Callable[[], Finding]] = {
            "registered": lambda: findings.registered(name, modem.registration(), modem.serving()),
            "imsi": lambda: findings.identity(name, "imsi", subscription.imsi, modem.imsi()),
            "iccid": lambda: findings.identity(name, "iccid", subscription.iccid, modem.iccid()),
        }
        if bench.modules[name].stray_of is not None:
            del questions["registered"]  # the network may rightly refuse a card in the wrong device
        yield from (_asked(f"{id_}:{name}", question) for id_, question in questions.items())


def _asked(id_: str, question: Callable[[], Finding]) -> Finding:
    try:
        return question()
    except DriverError as error:
        return findings.error(id_, error)


def _gateway(bench: Bench, name: str) -> Iterator[Finding]:
    entry = bench.gateways[name]
    problem = ""
    try:
        socket.create_connection((entry.host, entry.port), timeout=_CONNECT_S).close()
    except OSError as error:
        problem = error.strerror or str(error)
    yield findings.gateway(name, f"{entry.host}:{entry.port}", problem)
    try:
        bench.gateway_password(name)
    except BenchFileError as error:
        yield Finding(f"password:{name}", Level.FAIL, error.cause, error.fix)


def _data_server(bench: Bench, name: str, entry: DataServerEntry) -> Finding:
    """Ask a remote data server for its health, or listen for a moment where this host is to serve."""
    id_ = f"far-end:{name}"
    try:
        if entry.control is not None:
            RemoteDataServer(entry.control, bench.far_end_token(name) or "").mark()
            return Finding(id_, Level.OK, f"{entry.control} answers")
        DataServer(entry.destinations).close()
        return Finding(id_, Level.OK, f"{', '.join(entry.destinations)} can be listened on")
    except BenchFileError as error:
        return Finding(id_, Level.FAIL, error.cause, error.fix)
    except DriverError as error:
        return findings.error(id_, error)

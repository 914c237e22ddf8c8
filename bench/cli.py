"""The `bench` command."""

import json
import os
import secrets
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import ParamSpec

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.evidence import JournalError, RunFolder, RunFolderError
from bench.inventory import BenchFileError, Busy, json_schema, load_bench
from bench.masking import mask, mask_text
from bench.model import Outcome
from bench.runner.coverage import load_coverage
from bench.runner.discover import find, propose
from bench.runner.doctor import BY_ID, examine
from bench.runner.exchange import exchange
from bench.runner.findings import Level
from bench.runner.lab import LabError, LabRequestError
from bench.runner.matrix import Matrix, run_matrix
from bench.runner.run import Selection, UsageError, Watch, run, run_on_lab
from drivers.api import DriverError, LinkBusy, LinkMissing
from drivers.packet import AddressError
from drivers.packet import serve as serve_data
from reports.live import LiveView, follow
from reports.summary import show

PASS, FAIL, USAGE, INCONCLUSIVE, BENCH_ERROR, BUSY, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

_CODES = {
    Outcome.NOT_APPLICABLE: PASS,
    Outcome.PASS: PASS,
    Outcome.INCONCLUSIVE: INCONCLUSIVE,
    Outcome.FAIL: FAIL,
    Outcome.ERROR: BENCH_ERROR,
    Outcome.NONE: BENCH_ERROR,
}
_FAILURES: tuple[tuple[type[Exception], int], ...] = (
    (BenchFileError, USAGE),
    (UsageError, USAGE),
    (RunFolderError, USAGE),
    (Busy, BUSY),
    (LinkBusy, BUSY),
    (AddressError, USAGE),
    (DriverError, BENCH_ERROR),
    (LabRequestError, USAGE),
    (LabError, BENCH_ERROR),
    (JournalError, BENCH_ERROR),
)
_LEVELS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}

P = ParamSpec("P")
_path = click.Path(path_type=Path)
_runs = click.option("--runs", type=_path, default=Path("runs"), show_default=True, help="Where run folders go.")


def _coded(command: Callable[P, int]) -> Callable[P, None]:
    """Turn a command's return value into the exit code, and known errors into one message and theirs."""

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except KeyboardInterrupt:
            code = INTERRUPTED
        except tuple(kind for kind, _ in _FAILURES) as error:
            click.echo(mask_text(str(error)), err=True)
            code = next(code for kind, code in _FAILURES if isinstance(error, kind))
        raise SystemExit(code)

    return wrapper


def _console(*, stderr: bool = False) -> Console:
    """Return a console that is wide enough for the tables also where there is no terminal."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=120)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="esim-iot-bench")
def main() -> None:
    """Prove what an eSIM IoT subscription can and cannot do."""


@main.command()
@click.argument("lab_file", required=False, type=_path)
@click.option("--write-bench", type=_path, help="Write the bench file here when everything is up.")
def lab(lab_file: Path | None, write_bench: Path | None) -> None:
    """Run a virtual lab in the foreground until Ctrl-C."""
    command = [sys.executable, "-m", "fixtures.lab", *([str(lab_file)] if lab_file else [])]
    command += ["--write-bench", str(write_bench)] if write_bench else []
    os.execv(sys.executable, command)  # noqa: S606  (signals go to the lab itself; no shell)


@main.command()
@click.option("--bench", "bench_file", type=_path, help="Bench file: also ask everything that it names.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_runs
@_coded
def doctor(bench_file: Path | None, as_json: bool, runs: Path) -> int:  # noqa: FBT001  (a flag)
    """Look at host and bench before a run does: what is wrong, and the fix; exit code 4 when something fails."""
    found = examine(load_bench(bench_file) if bench_file else None, runs)
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in found], indent=2, ensure_ascii=False))
    else:
        console = _console()
        for finding in found:
            word = Text(f"{finding.level:<5}", style=_LEVELS[finding.level])
            fix = f" Fix: {finding.fix}" if finding.fix else ""
            console.print(word + Text(mask_text(f"{finding.id:<20} {finding.what}.{fix}")), soft_wrap=True)
    return BENCH_ERROR if any(finding.level is Level.FAIL for finding in found) else PASS


@main.command()
@click.option("--write-bench", type=_path, help="Propose a bench file here, with full identities.")
@click.option("--by-id", type=_path, default=BY_ID, show_default=True, help="Folder of the ports' lasting names.")
@_coded
def discover(write_bench: Path | None, by_id: Path) -> int:
    """Ask every serial port which module and card are behind it; never dials."""
    if write_bench is not None and write_bench.exists():
        raise UsageError(f"--write-bench {write_bench}: is there already. Fix: name a new file, or move it away")
    devices, silent = find(by_id)
    for device in devices:
        identity, card = device.identity, device.card
        click.echo(mask_text(f"{identity.manufacturer} {identity.model} {identity.revision}"))
        click.echo(f"  port     {mask_text(device.port)}")
        for other in device.others:
            click.echo(f"  also     {mask_text(other)}")
        click.echo(f"  dialect  {device.dialect}")
        for name, value in (("IMEI", identity.imei), ("ICCID", card.iccid), ("IMSI", card.imsi)):
            click.echo(f"  {name:<8} {mask(value) if value else 'not told'}")
    for port in silent:
        click.echo(mask_text(f"{port.path}: {port.why}"))
    if not devices:
        raise LinkMissing("no port answers AT.", where=str(by_id), fix="free the ports, or power the modules.")
    if write_bench is not None:
        propose(devices, write_bench)
        click.echo(f"Proposed {write_bench}: fill in what the contract says.")
    return PASS


@main.command("run")
@click.argument("suites", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--bench", "bench_file", type=_path, help="Bench file of real hardware (default: the virtual lab).")
@click.option("--lab", "lab_file", type=_path, help="Lab file of a virtual lab.")
@click.option("--clause", "clauses", multiple=True, help="Only tests of this clause; may be repeated.")
@click.option("--module", "modules", multiple=True, help="Only this module under test; may be repeated.")
@click.option("--tag", "tags", multiple=True, help="Only tests with this tag; may be repeated.")
@_runs
@_coded
def run_command(  # noqa: PLR0917  (click passes options by name)
    suites: tuple[Path, ...],
    bench_file: Path | None,
    lab_file: Path | None,
    clauses: tuple[str, ...],
    modules: tuple[str, ...],
    tags: tuple[str, ...],
    runs: Path,
) -> int:
    """Run the suites (all by default) and print the verdicts by clause."""
    if bench_file and lab_file:
        raise UsageError("--bench and --lab exclude each other. Fix: give one of them")
    console = _console()
    selection = Selection(suites, clauses, tags, modules)
    with LiveView(console) as view:
        watch = Watch(view, view.tick)
        result = (
            run(bench_file, selection, runs, watch) if bench_file else run_on_lab(selection, runs, watch, lab_file)
        )
    if result.chose_nothing:
        raise UsageError(
            "No test was chosen. Fix: `bench clauses` lists what has a check, suites/ holds the tests"
        )
    code = _finished(result.folder, console)
    return INTERRUPTED if result.interrupted else code


def _finished(folder: RunFolder, console: Console) -> int:
    console.print()
    summary = show(folder, console)
    console.print(f"Run folder: {folder.path}", soft_wrap=True)
    return _CODES[summary.outcome]


@main.command("watch")
@click.argument("run_name", metavar="RUN", default="latest")
@_runs
@_coded
def watch_command(run_name: str, runs: Path) -> int:
    """Follow a run until it ends, from its beginning; the exit code is the run's."""
    folder = RunFolder.open(run_name, runs)
    console = _console()
    with LiveView(console) as view:
        follow(folder, view)
    return _finished(folder, console)


@main.command()
@click.argument("run_name", metavar="RUN", default="latest")
@_runs
@_coded
def judge(run_name: str, runs: Path) -> int:
    """Derive the verdicts of a run again from its journal."""
    return _CODES[show(RunFolder.open(run_name, runs), _console()).outcome]


@main.command()
@click.argument("run_name", metavar="RUN", default="latest")
@_runs
@_coded
def report(run_name: str, runs: Path) -> int:
    """Print what a run shows, also one that died."""
    show(RunFolder.open(run_name, runs), _console())
    return PASS


@main.command()
@click.option("--lab", "lab_file", type=_path, help="Lab file (default: the demo lab).")
@click.option("--all", "everywhere", is_flag=True, help="Every fault on every module (takes long).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@_runs
@_coded
def matrix(lab_file: Path | None, everywhere: bool, as_json: bool, runs: Path) -> int:  # noqa: FBT001  (flags)
    """Break the virtual lab in every way it knows and show what the suites catch."""
    talk = _console(stderr=as_json)
    table = run_matrix(
        runs, Watch(), lambda text: talk.print(text, soft_wrap=True), lab_file, everywhere=everywhere
    )
    if as_json:
        click.echo(json.dumps(table.as_json(), indent=2, ensure_ascii=False))
    else:
        _print_matrix(table, talk)
    return PASS if table.holds else FAIL


def _print_matrix(matrix_: Matrix, console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("fault", "subject", "clauses", "met as it should", "what the bench said"):
        table.add_column(column)
    for row in matrix_.rows:
        good = Text("yes", style="green") if row.good else Text("NO", style="bold red")
        table.add_row(row.fault, row.subject, " ".join(row.clauses) or row.kind, good, "\n".join(row.found))
    console.print(table)
    told = matrix_.as_json()
    console.print(
        f"{told['caught']} of {told['faults']} restriction faults caught, {told['false_alarms']} false alarms, "
        f"{told['wrong_verdicts']} wrong verdicts"
    )
    for detail in told["details"]:
        console.print(detail, style="bold red", soft_wrap=True)


@main.command()
@click.option("--family", "families", multiple=True, help="Only clauses of this family (ESIM, CC); repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_coded
def clauses(families: tuple[str, ...], as_json: bool) -> int:  # noqa: FBT001  (click passes flags so)
    """List the clauses: which tests and which faults serve each, which are evidence only."""
    coverage = load_coverage(families)
    if as_json:
        click.echo(json.dumps([row.as_json() for row in coverage], indent=2, ensure_ascii=False))
        return PASS
    table = Table(box=None, pad_edge=False)
    table.add_column("clause", no_wrap=True)
    for column in ("kind", "standing", "what it demands", "tests", "faults"):
        table.add_column(column)
    for row in coverage:
        id_, kind, demand = row.clause.id, row.clause.kind, row.clause.summary_en
        table.add_row(id_, kind, row.standing, demand, "\n".join(row.tests), "\n".join(row.faults))
    _console().print(table)
    count = Counter(row.standing for row in coverage)
    _console().print(f"{len(coverage)} clauses: {', '.join(f'{n} {standing}' for standing, n in count.items())}")
    return PASS


@main.command("at")
@click.argument("module")
@click.argument("command")
@click.option("--bench", "bench_file", type=_path, required=True, help="Bench file.")
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="Seconds to wait for the final result code.",
)
@_runs
@_coded
def at_command(module: str, command: str, bench_file: Path, deadline: float, runs: Path) -> int:
    """Send one AT command to a module; the dial guard and the journal are always there."""
    for line in exchange(bench_file, module, command, runs, deadline):
        click.echo(mask_text(line))
    return PASS


@main.command()
@click.option(
    "--listen", multiple=True, required=True, help="tcp://HOST:PORT or udp://HOST:PORT; may be repeated."
)
@click.option("--control", default="http://127.0.0.1:7100", show_default=True, help="Where the bench asks.")
@click.option(
    "--token", envvar="BENCH_SERVE_TOKEN", help="Shared secret (default: $BENCH_SERVE_TOKEN, else made)."
)
@_coded
def serve(listen: tuple[str, ...], control: str, token: str | None) -> int:
    """Be the data far end of a real bench until Ctrl-C."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    secret = token or secrets.token_urlsafe(24)

    def ready(addresses: tuple[str, ...], url: str) -> None:
        click.echo(f"listening on {', '.join(addresses)}; control {url}")
        if token is None:
            click.echo(f"token {secret}")

    serve_data(listen, control, secret, stop, ready)
    return PASS


@main.group()
def config() -> None:
    """Say what a bench file may contain."""


@config.command("schema")
@_coded
def schema() -> int:
    """Print the JSON Schema of the bench file."""
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return PASS


if __name__ == "__main__":
    main()

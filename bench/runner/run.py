"""One run: claim, robot, verdicts, release; the virtual lab beside it when there is no bench file."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.clauses import load_catalogue
from bench.evidence import (
    ClockTicker,
    Recorder,
    RunFolder,
    Tail,
    junit,
    read_journal,
    settle,
    verdicts,
)
from bench.inventory import Bench, claim, dump, load_bench, resources_of
from bench.model import Event, Kind, Verdict
from bench.runner.child import Child
from bench.runner.lab import VirtualLab
from drivers.api import LinkError
from drivers.transport import open_link

SUITES = Path(__file__).resolve().parents[2] / "suites"
_LOOK_S = 0.1


class UsageError(Exception):
    """The run was asked for something that cannot be: exit code 2."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which suites, clauses, tags and modules a run takes; empty means all."""

    suites: tuple[Path, ...] = ()
    clauses: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    def subjects(self, bench: Bench) -> tuple[str, ...]:
        """Return the modules under test; raises UsageError when one is none or there is none."""
        subjects = bench.subjects()
        for module in self.modules:
            if module not in subjects:
                raise UsageError(
                    f"--module {module}: no module under test. Fix: choose of {', '.join(subjects) or 'none'}"
                )
        if not subjects:
            raise UsageError("The bench has no module under test. Fix: give one a restricted subscription")
        return self.modules or subjects

    def robot_options(self) -> list[str]:
        """Return Robot's options for clauses and tags; raises UsageError for an unknown clause."""
        catalogue = load_catalogue()
        for clause in self.clauses:
            if clause not in catalogue:
                raise UsageError(f"--clause {clause}: no such clause. Fix: `bench clauses` lists them")
        return [option for tag in (*self.clauses, *self.tags) for option in ("--include", tag)]


@dataclass(frozen=True, slots=True)
class RunResult:
    """Where the run lies and what it showed; ``interrupted`` when somebody stopped it."""

    folder: RunFolder
    verdicts: tuple[Verdict, ...]
    interrupted: bool = False

    @property
    def chose_nothing(self) -> bool:
        """Whether suites, clauses and tags select no test: Robot ran none and had nothing to complain about."""
        return not self.verdicts and not self.interrupted and not _console(self.folder).stat().st_size


@dataclass(frozen=True, slots=True)
class Watch:
    """What the caller wants to hear while a run goes on: every event as it comes, and that time passes."""

    event: Callable[[Event], None] = field(default=lambda _event: None)
    tick: Callable[[], None] = field(default=lambda: None)


def run_on_lab(selection: Selection, root: Path, watch: Watch, lab_file: Path | None = None) -> RunResult:
    """Run the suites on a virtual lab that lives as long as the run."""
    with VirtualLab(lab_file) as lab:
        result = run(lab.bench_file, selection, root, watch)
        lab.check()
        return result


def run(bench_file: Path, selection: Selection, root: Path, watch: Watch) -> RunResult:
    """Run the suites on the bench that the file describes.

    Raises BenchFileError, UsageError, Busy or LinkError before any test begins; afterwards whatever happens ends
    up in the run folder, and everything that was started or claimed is gone on return.
    """
    bench = load_bench(bench_file)
    subjects = selection.subjects(bench)
    options = selection.robot_options()
    with ExitStack() as stack:
        strays = (stray for subject in subjects for stray in bench.strays_of(subject))
        modules = (*subjects, *bench.references(), *bench.references(abroad=True), *strays)
        stack.enter_context(claim(resources_of(bench, modules)))
        _look_at_ports(bench, modules)
        folder = RunFolder.create(root, bench.bench.name)
        folder.write(folder.bench_file, dump(bench))
        recorder = stack.enter_context(Recorder(folder.journal, "runner"))
        quarantine = [asdict(entry) for entry in bench.quarantines()]
        recorder.emit(Kind.RUN, "runner", **folder.header(bench.bench.name), quarantine=quarantine)
        stack.enter_context(ClockTicker(recorder))
        interrupted = _robot(folder, subjects, options, selection.suites or (SUITES,), watch)
        settled = _settle(folder, recorder)
    return _seal(folder, settled, interrupted=interrupted)


def _look_at_ports(bench: Bench, modules: Sequence[str]) -> None:
    """Open every port once, so that a port that cannot be had is one message instead of a run full of errors."""
    for name in modules:
        entry = bench.modules[name]
        try:
            open_link(entry.port, baud=entry.baud).close()
        except LinkError as error:
            error.where = f"[modules.{name}] port {entry.port}"
            raise


def _robot(
    folder: RunFolder, subjects: Sequence[str], options: Sequence[str], suites: Sequence[Path], watch: Watch
) -> bool:
    """Run Robot Framework to its end and pass events on; return whether it was interrupted."""
    command = [
        *(sys.executable, "-m", "bench.keywords"),
        *("--outputdir", str(folder.robot), "--console", "none", "--name", folder.name),
        *("--prerunmodifier", ":".join(["bench.keywords.subjects.Subjects", *subjects])),
        *options,
        *map(str, suites),
    ]
    environment = {**os.environ, "BENCH_RUN": str(folder.path)}
    console = _console(folder)
    folder.write(console, "")
    with (
        Tail(folder.journal) as tail,
        console.open("ab") as output,
        Child(command, output, environment) as robot,
    ):
        try:
            while not robot.ended(_LOOK_S):
                for event in tail.news():
                    watch.event(event)
                watch.tick()
        except KeyboardInterrupt:
            return True
        finally:
            robot.stop()
            for event in tail.news():
                watch.event(event)
    return False


def _console(folder: RunFolder) -> Path:
    """Return where Robot's own words go."""
    return folder.robot / "console.txt"


def _settle(folder: RunFolder, recorder: Recorder) -> tuple[Verdict, ...]:
    """Judge the whole journal once more and record every verdict that this changes or adds."""
    events = list(read_journal(folder.journal))
    said = verdicts(events)
    settled = tuple(settle(events))
    for verdict in settled:
        if said.get(verdict.check) != verdict:
            recorder.record("judge", verdict)
    return settled


def _seal(folder: RunFolder, settled: tuple[Verdict, ...], *, interrupted: bool) -> RunResult:
    """Write what is folded from the journal, the manifest last."""
    events = list(read_journal(folder.journal))
    folder.write(folder.junit, junit(events, folder.name))
    devices = {
        event.meaning["module"]: {k: v for k, v in event.meaning.items() if k not in ("step", "module")}
        for event in events
        if event.kind is Kind.STEP and event.meaning.get("step") == "module"
    }
    folder.write_manifest(devices)
    return RunResult(folder, settled, interrupted)

"""One AT command by hand: guarded and journaled like everything else."""

from pathlib import Path

from bench.evidence import Recorder, RunFolder
from bench.inventory import claim, dump, load_bench, resources_of
from bench.model import Kind
from bench.numbering import Guard, Limits, load_plan
from bench.runner.run import UsageError
from drivers.at import AtChannel, Modem, load_dialect


def exchange(bench_file: Path, module: str, command: str, root: Path, deadline_s: float) -> tuple[str, ...]:
    """Send the command to a module of the bench and return its reply lines with the final one.

    Raises UsageError for an unknown module, Busy when a run holds it, DriverError for what the module or the
    dial guard says.
    """
    bench = load_bench(bench_file)
    if module not in bench.modules:
        raise UsageError(f"{module}: no such module. Fix: choose of {', '.join(bench.modules)}")
    entry = bench.modules[module]
    guard = Guard(bench.permitted_numbers(), plan=load_plan(), limits=Limits(bench.limits.calls, bench.limits.sms))
    with claim(resources_of(bench, (module,))):
        folder = RunFolder.create(root, bench.bench.name)
        folder.write(folder.bench_file, dump(bench))
        with Recorder(folder.journal, "at") as recorder:
            recorder.emit(Kind.RUN, "at", **folder.header(bench.bench.name))
            with AtChannel(
                entry.port,
                name=module,
                guard=guard,
                dialect=load_dialect(entry.dialect),
                observer=recorder.wire,
                baud=entry.baud,
            ) as channel:
                guard.add_emergency_numbers(Modem(channel).emergency_numbers())
                reply = channel.execute(command, deadline_s)
    return (*reply.lines, reply.final)

"""CPU time of AT exchanges: this channel, a bare read loop (the limit) and python-gsmmodem-new (the peer).

All drive one pseudo-terminal whose far side is a separate process, in turn, so that only the CPU time of the
driving process is counted. The works are ``AT`` with nothing but OK, a query with echo and an information line,
and a listing of about 7 kB (20 full messages). The peer reads byte by byte: how far it falls behind grows with the
length of the answer, and for the 6 bytes of a plain OK the bare loop itself is only 5 to 10 times as cheap.
"""

import contextlib
import importlib
import json
import os
import pty
import signal
import statistics
import tempfile
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from drivers.api import Observer, Outbound, WireRecord
from drivers.at.channel import AtChannel
from drivers.at.command import Command, Errors
from drivers.at.dialect import Dialect

ROUNDS = 7

_PDU = b"0791000000000000" + b"040D91000000000000F0000052101000000000A0" + b"41" * 140
ANSWERS = {
    b"AT": b"\r\nOK\r\n",
    b"AT+COPS?": b'AT+COPS?\r\r\n+COPS: 0,0,"CHN-UNICOM",7\r\n\r\nOK\r\n',
    b"AT+CMGL=4": b"".join(b"\r\n+CMGL: %d,1,,160\r\n%s" % (i, _PDU) for i in range(20)) + b"\r\n\r\nOK\r\n",
}
COMMANDS = {
    "exchange": Command("AT"),
    "query": Command("AT+COPS?", replies=("+COPS:",)),
    "listing": Command("AT+CMGL=4", replies=("+CMGL:",), errors=Errors.CME | Errors.CMS),
}
#: how often each work is done per round, by the quick ones and by the slow peer
TIMES = {"exchange": (2000, 400), "query": (2000, 200), "listing": (50, 4)}

Work = Callable[[Command, int], None]


def _optional(module: str, name: str) -> Any:  # noqa: ANN401  whatever is installed
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError:
        return None


SerialComms = _optional("gsmmodem.serial_comms", "SerialComms")
Recorder = _optional("bench.evidence", "Recorder")


class _NobodyCalled:
    def check(self, outbound: Outbound) -> None:
        raise AssertionError(outbound)


def answer(master: int) -> None:
    """Answer commands on the master side until it closes."""
    pending = b""
    while True:
        pending += os.read(master, 4096)
        while b"\r" in pending:
            line, _, pending = pending.partition(b"\r")
            reply = ANSWERS[line]
            while reply:
                reply = reply[os.write(master, reply) :]


@contextlib.contextmanager
def module() -> Iterator[str]:
    """Give the path of a pseudo-terminal that a child process answers."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            answer(master)
        os._exit(0)
    os.close(master)
    try:
        yield os.ttyname(slave)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(slave)


@contextlib.contextmanager
def bare(port: str) -> Iterator[Work]:
    """Work as blocking os.write and os.read: no line is looked at."""
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(descriptor)

    def work(command: Command, times: int) -> None:
        line = f"{command.text}\r".encode()
        for _ in range(times):
            os.write(descriptor, line)
            reply = b""
            while not reply.endswith(b"\r\nOK\r\n"):
                reply += os.read(descriptor, 65536)

    try:
        yield work
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def channel(port: str, observer: Observer) -> Iterator[Work]:
    """Work through AtChannel."""
    with AtChannel(port, name="m", guard=_NobodyCalled(), dialect=Dialect("3gpp"), observer=observer) as at:

        def work(command: Command, times: int) -> None:
            for _ in range(times):
                at.execute(command)

        assert len(at.execute(COMMANDS["listing"]).lines) == 40
        yield work


@contextlib.contextmanager
def counting(port: str) -> Iterator[Work]:
    """Work through the channel with an observer that counts."""
    count = 0

    def observe(_: WireRecord) -> None:
        nonlocal count
        count += 1

    with channel(port, observe) as work:
        yield work
    assert count


@contextlib.contextmanager
def recording(port: str) -> Iterator[Work]:
    """Work through the channel with the journal's recorder."""
    with tempfile.TemporaryDirectory() as folder:
        recorder: Any = Recorder(Path(folder) / "journal.jsonl", "benchmark")
        try:
            with channel(port, recorder.wire) as work:
                yield work
        finally:
            recorder.close()


@contextlib.contextmanager
def peer(port: str) -> Iterator[Work]:
    """Work through python-gsmmodem-new's serial layer."""
    comms = SerialComms(port)
    comms.connect()

    def work(command: Command, times: int) -> None:
        for _ in range(times):
            comms.write(f"{command.text}\r")

    try:
        yield work
    finally:
        comms.close()


def cost_us(work: Work, command: Command, times: int) -> float:
    """Return the CPU microseconds of one piece of work."""
    work(command, max(1, times // 20))
    started = time.process_time()
    work(command, times)
    return (time.process_time() - started) / times * 1e6


def measure(port: str) -> dict[str, list[float]]:
    """Return CPU microseconds by contestant and work, one value per round."""
    contestants = [("bare", bare), ("channel", counting)]
    if Recorder is not None:
        contestants.append(("recorder", recording))
    if SerialComms is not None:
        contestants.append(("gsmmodem", peer))
    costs: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, opened in contestants:
            with opened(port) as work:
                for kind, command in COMMANDS.items():
                    spent = cost_us(work, command, TIMES[kind][name == "gsmmodem"])
                    costs.setdefault(f"{name} {kind}", []).append(spent)
    return costs


#: name of the ratio, dividend, divisor, target (None: printed only), whether less is better
RATIOS = [
    ("exchange_to_bare_loop", "channel exchange", "bare exchange", 5.0, True),
    ("query_to_bare_loop", "channel query", "bare query", None, True),
    ("listing_to_bare_loop", "channel listing", "bare listing", None, True),
    ("recorded_exchange_to_bare_loop", "recorder exchange", "bare exchange", None, True),
    ("recorded_query_to_bare_loop", "recorder query", "bare query", None, True),
    ("recorded_listing_to_bare_loop", "recorder listing", "bare listing", None, True),
    ("gsmmodem_exchange_to_bare_loop", "gsmmodem exchange", "bare exchange", None, False),
    ("gsmmodem_exchange_to_ours", "gsmmodem exchange", "channel exchange", None, False),
    ("gsmmodem_query_to_ours", "gsmmodem query", "channel query", 6.0, False),
    ("gsmmodem_listing_to_ours", "gsmmodem listing", "channel listing", 300.0, False),
]


def main() -> None:
    """Measure and print."""
    with module() as port:
        costs = measure(port)
    print(f"{'CPU time in microseconds':<40}{'median':>12}{'min':>12}{'max':>12}")
    for name, values in costs.items():
        print(f"{name:<40}{statistics.median(values):>12.1f}{min(values):>12.1f}{max(values):>12.1f}")
    print(f"\n{'ratio':<40}{'median':>12}{'min':>12}{'max':>12}{'target':>12}")
    figures = {}
    for name, dividend, divisor, target, less in RATIOS:
        if dividend not in costs:
            continue
        ratios = [a / b for a, b in zip(costs[dividend], costs[divisor], strict=True)]
        value = statistics.median(ratios)
        goal = "" if target is None else f"{'<=' if less else '>='} {target:g}"
        print(f"{name:<40}{value:>12.2f}{min(ratios):>12.2f}{max(ratios):>12.2f}{goal:>12}")
        if target is not None:
            holds = value <= target if less else value >= target
            figures[name] = {"value": round(value, 2), "target": target, "holds": holds}
    if SerialComms is None:
        print("python-gsmmodem-new is not installed: no comparison with it (pip install -e .[benchmarks])")
    if Recorder is None:
        print("bench.evidence has no Recorder: no figures with it")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

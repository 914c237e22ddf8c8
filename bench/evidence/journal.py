"""The journal: one JSON line per event, appended by every process of a run to one file.

The file is opened with O_APPEND and every event leaves in one ``write``: lines of several processes do not mix,
and what a process has written survives its SIGKILL. Bytes from a wire stand as latin-1 text in the JSON, so that
each byte is one character and nothing is lost.
"""

import errno
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.evidence.meaning import Told, kind_of, to_meaning
from bench.model import Event, Kind
from drivers.api import WireRecord

#: Seconds between two ``clock`` events; they tie CLOCK_MONOTONIC to the wall clock of packet captures.
CLOCK_PERIOD_S = 10.0

_START = b'{"wall_ns":'


class JournalError(Exception):
    """Events could not be written: what the journal lacks cannot be proved.

    ``lost`` counts what the recorder has lost so far.
    """

    def __init__(self, path: Path, lost: int, cause: OSError) -> None:
        self.path = path
        self.lost = lost
        super().__init__(f"{path}: {lost} events lost: {cause.strerror}. Fix: free the disk and run again")


class Recorder:
    """Appends the events of one process; safe to use from several threads.

    ``writer`` names the process and must be unique within the run. Events are numbered from 1; one that could not
    be written keeps its number, so that the gap shows in the journal.
    """

    def __init__(self, path: Path, writer: str) -> None:
        self.path = path
        self.writer = writer
        #: events that could not be written
        self.lost = 0
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._lock = threading.Lock()
        self._seq = 0
        self._failure: OSError | None = None
        self._writer_text = f',"writer":{json.dumps(writer)},"seq":'
        self._wire_texts: dict[tuple[str, str, str], str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def emit(
        self,
        kind: Kind,
        source: str,
        /,
        data: bytes = b"",
        *,
        wall_ns: int | None = None,
        mono_ns: int | None = None,
        **meaning: Any,  # noqa: ANN401  (anything JSON can hold)
    ) -> Event:
        """Write one event, stamped now unless told otherwise.

        Raises :class:`JournalError` when this event, or a wire record or clock event since the last call, could
        not be written.
        """
        wall_ns = time.time_ns() if wall_ns is None else wall_ns
        mono_ns = time.monotonic_ns() if mono_ns is None else mono_ns
        text = _text(source, kind, meaning) + json.dumps(data.decode("latin-1"))
        with self._lock:
            seq = self._append(wall_ns, mono_ns, text)
            self._raise_failure()
        return Event(wall_ns, mono_ns, self.writer, seq, source, kind, data, meaning)

    def record(self, source: str, thing: Told) -> Event:
        """Write a check, attempt, observation, reading, measurement or verdict; raises as :meth:`emit` does."""
        return self.emit(kind_of(thing), source, **to_meaning(thing))

    def wire(self, record: WireRecord) -> None:
        """Write a wire record: an observer for drivers. It never raises; a failure is kept for the next emit."""
        wall_ns, mono_ns, source, direction, kind, data = record
        key = (source, direction, kind)
        text = self._wire_texts.get(key)
        if text is None:
            text = _text(source, Kind.WIRE, {"direction": direction, "kind": kind})
            self._wire_texts[key] = text
        text += json.dumps(data.decode("latin-1"))
        with self._lock:
            self._append(wall_ns, mono_ns, text)

    def clock(self) -> None:
        """Write the wall clock and CLOCK_MONOTONIC of one moment; never raises, like :meth:`wire`."""
        text = _text("clock", Kind.CLOCK, {}) + '""'
        with self._lock:
            self._append(time.time_ns(), time.monotonic_ns(), text)

    def close(self) -> None:
        """Close the file; raises :class:`JournalError` when a loss was not reported yet. Twice is harmless."""
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1
            self._raise_failure()

    def _append(self, wall_ns: int, mono_ns: int, text: str) -> int:
        self._seq += 1
        line = f'{{"wall_ns":{wall_ns},"mono_ns":{mono_ns}{self._writer_text}{self._seq}{text}}}\n'.encode("ascii")
        try:
            if os.write(self._fd, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # noqa: TRY301  (a full disk cuts a write short)
        except OSError as error:
            self.lost += 1
            self._failure = error
        return self._seq

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise JournalError(self.path, self.lost, failure) from failure


class ClockTicker:
    """Writes a ``clock`` event on entering, every :data:`CLOCK_PERIOD_S` seconds, and on leaving."""

    def __init__(self, recorder: Recorder, period_s: float = CLOCK_PERIOD_S) -> None:
        self._recorder = recorder
        self._period_s = period_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal-clock", daemon=True)

    def __enter__(self) -> Self:
        self._recorder.clock()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._recorder.clock()

    def _run(self) -> None:
        while not self._stop.wait(self._period_s):
            self._recorder.clock()


class Journal:
    """The events of a journal in file order; iterate as often as needed.

    After an iteration ``torn`` counts lines that cannot be read (a full disk or a power failure cut them) and
    ``missing`` the events that the writers numbered but the journal does not hold, torn ones included.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = 0
        self.missing = 0

    def __iter__(self) -> Iterator[Event]:
        self.torn = self.missing = 0
        last: dict[str, int] = {}
        with self.path.open("rb") as file:
            for line in file:
                event = parse_event(line)
                if event is None:
                    self.torn += 1
                    # Another process may have appended its whole line to the torn one.
                    event = parse_event(line[line.rfind(_START) :])
                    if event is None:
                        continue
                self.missing += max(0, event.seq - last.get(event.writer, 0) - 1)
                last[event.writer] = event.seq
                yield event


def read_journal(path: Path) -> Journal:
    """Return the events of a journal, as far as they can be read; raises OSError without the file."""
    path.stat()
    return Journal(path)


def _text(source: str, kind: Kind, meaning: dict[str, Any]) -> str:
    return (
        f',"source":{json.dumps(source)},"kind":"{kind}","meaning":{json.dumps(meaning, allow_nan=False)},"data":'
    )


def parse_event(line: bytes) -> Event | None:
    """Return the event of one line of a journal, None when the line cannot be read."""
    try:
        fields = json.loads(line)
        fields["kind"] = Kind(fields["kind"])
        fields["data"] = fields["data"].encode("latin-1")
        return Event(**fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None

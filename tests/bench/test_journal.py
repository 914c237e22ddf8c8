"""The journal over real files and real processes."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.evidence import ClockTicker, JournalError, Recorder, read_journal
from bench.model import Kind, Outcome, Verdict
from drivers.api import WireRecord

DEADLINE_S = 30.0

WRITER = """
import sys, time
from pathlib import Path
from bench.evidence import Recorder
from drivers.api import WireRecord
path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
recorder = Recorder(path, name)
n = 0
while count < 0 or n < count:
    n += 1
    data = (name.encode() + b"\\xff\\x00\\r\\n") * (n % 50)
    recorder.wire(WireRecord(time.time_ns(), time.monotonic_ns(), "at:" + name, "rx", "line", data))
    if n == 1000:
        print("1000 written", flush=True)
recorder.close()
"""


def wire(data: bytes = b"OK") -> WireRecord:
    return WireRecord(time.time_ns(), time.monotonic_ns(), "at:meter", "rx", "line", data)


def start_writer(path: Path, name: str, count: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, str(count)], stdout=subprocess.PIPE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def full_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], None]:
    """Let the journal grow to so many bytes and no further, as a full disk does: a write is cut, the next fails.

    Not by RLIMIT_FSIZE, which would also cut what pytest itself prints.
    """
    room: list[int | None] = [None]
    write = os.write

    def limited(fd: int, data: bytes) -> int:
        if room[0] is None:
            return write(fd, data)
        left = max(0, room[0] - path.stat().st_size)
        if not left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(fd, data[:left])

    def limit(size: int | None) -> None:
        room[0] = size
        monkeypatch.setattr(os, "write", limited)

    return limit


def test_the_kernel_s_own_full_disk_is_told() -> None:
    recorder = Recorder(Path("/dev/full"), "runner")
    recorder.wire(wire())
    with pytest.raises(JournalError, match="1 events lost: No space left on device"):
        recorder.close()


def test_an_event_comes_back_whole(path: Path) -> None:
    with Recorder(path, "runner") as recorder:
        written = recorder.emit(
            Kind.STEP, "robot", b"\x00\xff\r\n\xe4", name="拨号\n", nested={"a": [1, None, 2.5]}
        )
    assert list(read_journal(path)) == [written]
    assert (written.writer, written.seq) == ("runner", 1)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_every_byte_survives(tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    with Recorder(path, "runner") as recorder:
        for chunk in chunks:
            recorder.wire(wire(chunk))
    assert [event.data for event in read_journal(path)] == chunks


def test_a_wire_record_keeps_its_stamps_and_meaning(path: Path) -> None:
    record = WireRecord(11, 22, "at:meter", "tx", "command", b"AT+CGMI\r")
    with Recorder(path, "runner") as recorder:
        recorder.wire(record)
        recorder.wire(record._replace(direction="rx", kind="final", data=b"OK"))
    first, second = read_journal(path)
    assert (first.wall_ns, first.mono_ns, first.source, first.kind) == (11, 22, "at:meter", Kind.WIRE)
    assert (first.data, first.meaning) == (b"AT+CGMI\r", {"direction": "tx", "kind": "command"})
    assert (second.seq, second.meaning) == (2, {"direction": "rx", "kind": "final"})


def test_a_meaning_may_use_the_names_of_the_arguments(path: Path) -> None:
    with Recorder(path, "runner") as recorder:
        recorder.emit(Kind.RUN, "runner", kind="full", source="lab")
    (event,) = read_journal(path)
    assert event.meaning == {"kind": "full", "source": "lab"}


def test_what_is_told_has_its_kind(path: Path) -> None:
    verdict = Verdict("c1", "ESIM-02-V1", "meter", Outcome.FAIL, ("it rang",))
    with Recorder(path, "runner") as recorder:
        event = recorder.record("judge", verdict)
    assert event.kind is Kind.VERDICT
    assert json.loads(path.read_text())["meaning"]["outcome"] == "fail"


def test_the_file_is_its_owners(path: Path) -> None:
    before = os.umask(0)
    try:
        Recorder(path, "runner").close()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600


def test_processes_share_one_journal(path: Path) -> None:
    writers = [start_writer(path, f"w{n}", 1500) for n in range(3)]
    for writer in writers:
        writer.communicate(timeout=DEADLINE_S)
        assert writer.returncode == 0
    journal = read_journal(path)
    seqs: dict[str, list[int]] = {}
    for event in journal:
        assert event.data == (event.writer.encode() + b"\xff\x00\r\n") * (event.seq % 50)
        seqs.setdefault(event.writer, []).append(event.seq)
    assert seqs == {f"w{n}": list(range(1, 1501)) for n in range(3)}
    assert (journal.torn, journal.missing) == (0, 0)


def test_threads_share_one_recorder(path: Path) -> None:
    def write() -> None:
        for _ in range(500):
            recorder.wire(wire())

    with Recorder(path, "runner") as recorder:
        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [event.seq for event in read_journal(path)] == list(range(1, 2001))


def test_sigkill_loses_nothing_written(path: Path) -> None:
    writer = start_writer(path, "doomed", -1)
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"1000 written\n"
    writer.kill()
    writer.communicate(timeout=DEADLINE_S)
    assert writer.returncode == -signal.SIGKILL
    journal = read_journal(path)
    seqs = [event.seq for event in journal]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) >= 1000
    assert journal.torn <= 1
    with Recorder(path, "after") as recorder:
        recorder.emit(Kind.STEP, "runner")
    *_, last = read_journal(path)
    assert last.writer == "after"


@given(cut=st.integers(min_value=1, max_value=400))
def test_a_journal_cut_anywhere_is_read_up_to_the_cut(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    with Recorder(path, "runner") as recorder:
        for n in range(4):
            recorder.emit(Kind.STEP, "robot", b"\xff", n=n)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    ends = [position + 1 for position, byte in enumerate(whole) if byte == 0x0A]
    kept = [end for end in ends if end - 1 <= len(whole) - cut]  # a line without its end of line is still whole
    journal = read_journal(path)
    assert [event.meaning["n"] for event in journal] == list(range(len(kept)))
    assert journal.torn == (0 if len(whole) - cut in {0, *ends, *(end - 1 for end in ends)} else 1)


def test_a_line_torn_inside_is_counted_and_its_neighbour_kept(path: Path) -> None:
    with Recorder(path, "a") as first, Recorder(path, "b") as second:
        first.emit(Kind.STEP, "robot", n=1)
        torn_from = path.stat().st_size
        first.emit(Kind.STEP, "robot", n=2)
        os.truncate(path, torn_from + 60)
        second.emit(Kind.STEP, "robot", n=3)
        first.emit(Kind.STEP, "robot", n=4)
    path.write_bytes(path.read_bytes() + b"\x00" * 100 + b"\n" + b'{"wall_ns":1}\n[1]\n')
    journal = read_journal(path)
    for _ in range(2):
        assert [event.meaning["n"] for event in journal] == [1, 3, 4]
        assert (journal.torn, journal.missing) == (4, 1)


def test_a_full_disk_is_told_at_the_next_emit_and_shows_in_the_journal(
    path: Path, full_disk: Callable[[int | None], None]
) -> None:
    with Recorder(path, "runner") as recorder:
        recorder.wire(wire(b"first"))
        full_disk(path.stat().st_size + 30)
        recorder.wire(wire(b"second"))  # cut short
        recorder.wire(wire(b"third"))  # refused
        with pytest.raises(JournalError, match="3 events lost: No space left on device") as caught:
            recorder.emit(Kind.STEP, "robot", n=4)
        assert caught.value.lost == recorder.lost == 3
        full_disk(None)
        recorder.emit(Kind.STEP, "robot", n=5)
    journal = read_journal(path)
    assert [event.seq for event in journal] == [1, 5]
    assert (journal.torn, journal.missing) == (1, 3)


def test_a_loss_that_nobody_heard_of_is_told_at_close(path: Path, full_disk: Callable[[int | None], None]) -> None:
    recorder = Recorder(path, "runner")
    full_disk(0)
    recorder.wire(wire())
    with pytest.raises(JournalError):
        recorder.close()
    recorder.close()


def test_a_wire_record_after_close_is_lost_and_harmless(path: Path) -> None:
    recorder = Recorder(path, "runner")
    recorder.close()
    recorder.wire(wire())
    assert recorder.lost == 1
    with pytest.raises(JournalError):
        recorder.emit(Kind.STEP, "robot")


def test_the_clock_ticks_until_it_is_stopped(path: Path) -> None:
    ticks = threading.Semaphore(0)

    class Ticking(Recorder):
        def clock(self) -> None:
            super().clock()
            ticks.release()

    with Ticking(path, "runner") as recorder:
        with ClockTicker(recorder, period_s=0.001):
            assert all(ticks.acquire(timeout=DEADLINE_S) for _ in range(4))
        assert not [thread for thread in threading.enumerate() if thread.name == "journal-clock"]
    events = list(read_journal(path))
    assert len(events) >= 5
    assert {event.kind for event in events} == {Kind.CLOCK}
    assert [event.mono_ns for event in events] == sorted(event.mono_ns for event in events)


def test_a_journal_that_is_not_there_is_an_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_journal(path)

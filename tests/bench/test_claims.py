"""Claims between real processes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.inventory import Busy, claim, load_bench, resources_of

EXAMPLE = Path(__file__).parents[2] / "fixtures/benches/example.toml"
DEADLINE_S = 30.0

HOLDER = """
import sys
from bench.inventory import claim
with claim(sys.argv[1:]):
    print("held", flush=True)
    sys.stdin.read()
"""

PREFIX = f"test {os.getpid()} "
METER, PHONE, SERVER = (PREFIX + name for name in ("port meter", "card 89860000000000000001", "server"))


@contextmanager
def holder(*resources: str) -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *resources], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
    finally:
        process.communicate(timeout=DEADLINE_S)


def test_a_held_resource_names_its_holder() -> None:
    with holder(METER, PHONE) as process:
        with pytest.raises(Busy) as caught, claim([SERVER, PHONE]):
            pass
        assert caught.value.pid == process.pid
        assert caught.value.command.startswith(sys.executable)
        assert "89860000000000000001" not in str(caught.value)
        assert f"(pid {process.pid}). Fix: wait until it ends, or end it" in str(caught.value)


def test_all_or_nothing() -> None:
    with holder(PHONE):
        with pytest.raises(Busy), claim([METER, PHONE]):
            pass
        with holder(METER):  # the part that was free is free again
            pass


def test_a_claim_ends_with_its_block() -> None:
    with claim([METER, PHONE]):
        pass
    with holder(METER, PHONE), claim([SERVER]):
        pass
    with claim([METER, PHONE, SERVER]):
        pass


def test_a_failing_block_frees_too() -> None:
    with pytest.raises(KeyError), claim([METER]):
        raise KeyError
    with holder(METER):
        pass


def test_sigkill_frees() -> None:
    with holder(METER) as process:
        process.kill()
        process.wait(DEADLINE_S)
        with claim([METER]):
            pass


def test_one_process_conflicts_with_itself() -> None:
    with claim([METER]):
        with pytest.raises(Busy) as caught, claim([PHONE, METER]):
            pass
        assert caught.value.pid == os.getpid()
        with claim([PHONE]):
            pass
        # Closing the inner claim must not have opened the outer one.
        assert _refused(METER)
        assert not _refused(PHONE)


def test_a_forked_child_holds_nothing_and_frees_nothing() -> None:
    with claim([METER]):
        pid = os.fork()
        if pid == 0:
            try:
                with claim([METER]):
                    os._exit(1)
            except Busy as busy:
                os._exit(0 if busy.pid == os.getppid() else 2)
            finally:
                os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert _refused(METER)


def test_nothing_but_the_registry_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.inventory.claims.registry_path", lambda: tmp_path / "registry")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with claim([METER, METER, PHONE]):
        assert (tmp_path / "registry").stat().st_mode & 0o777 == 0o666
    assert [path.name for path in tmp_path.iterdir()] == ["registry"]
    assert (tmp_path / "registry").stat().st_size == 0
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_a_run_needs(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB2"
    link = tmp_path / "by-id"
    link.symlink_to(device)
    path = tmp_path / "bench.toml"
    path.write_text(
        EXAMPLE.read_text().replace("/dev/serial/by-id/usb-Example_Module_0000000000-if02-port0", str(link))
    )
    bench = load_bench(path)
    assert resources_of(bench, ["meter", "office"]) == (
        f"port {device}",
        "card 89860000000000000001",
        "port rfc2217://lab-host.example:4001",
        "card 89860000000000000002",
        "account example at 192.0.2.20:2775",
        "account other at 192.0.2.21:2775",
        "data server http://192.0.2.10:7000",
    )


def _refused(resource: str) -> bool:
    """Whether another process cannot have the resource."""
    process = subprocess.run(
        [sys.executable, "-c", HOLDER, resource],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert process.returncode == 0 or b"Busy" in process.stderr
    return process.returncode != 0

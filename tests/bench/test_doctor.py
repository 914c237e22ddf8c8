"""The doctor and the discoverer on scripted modules, and on what is missing around them."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.inventory import BenchFileError, claim, load_bench, resources_of
from bench.runner import doctor
from drivers.at import AtChannel
from tests.drivers.scripted import Scripted

METER = {
    "AT": "OK",
    "AT+CGMI": "Quectel\nOK",
    "AT+CGMM": "EC25\nOK",
    "AT+CGMR": "EC25EFAR06A01M4G\nOK",
    "AT+CGSN": "860000000000001\nOK",
    "AT+CPIN?": "+CPIN: READY\nOK",
    "AT+CREG?": "+CREG: 0,1\nOK",
    "AT+CGREG?": "+CGREG: 0,1\nOK",
    "AT+CEREG?": "+CEREG: 0,1\nOK",
    "AT+C5GREG?": "ERROR",
    "AT+COPS=3,2": "OK",
    "AT+COPS?": '+COPS: 0,2,"46000",7\nOK',
    "AT+CIMI": "460000000000001\nOK",
    "AT+QCCID": "+QCCID: 89860000000000000001\nOK",
    "AT+CNUM": '+CNUM: ,"+861440000000001",145\nOK',
}
PHONE = METER | {
    "AT+CGSN": "860000000000002\nOK",
    "AT+CIMI": "460000000000002\nOK",
    "AT+QCCID": "+QCCID: 89860000000000000002\nOK",
}
BENCH = """\
[bench]
name = "scripted"
[modules.meter]
port = "{meter}"
dialect = "quectel"
subscription = "meter"
capabilities = ["voice"]
[modules.phone]
port = "{phone}"
dialect = "quectel"
subscription = "phone"
capabilities = ["voice"]
[subscriptions.meter]
operator = "cmcc"
msisdn = "1440000000001"
iccid = "89860000000000000001"
imsi = "460000000000001"
functions = []
[subscriptions.phone]
operator = "cmcc"
msisdn = "13800000002"
iccid = "89860000000000000002"
imsi = "460000000000002"
restricted = false
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


class Bench:
    """A bench of scripted modules; ``tables`` may be changed before it is examined."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.meter, self.phone = (stack.enter_context(Scripted(table)) for table in (METER, PHONE))
        self.file = folder / "bench.toml"
        self.file.write_text(BENCH.format(meter=self.meter.port, phone=self.phone.port))

    def examine(self) -> dict[str, dict[str, str]]:
        done = run("doctor", "--bench", str(self.file), "--json")
        found = {row["id"]: row for row in json.loads(done.stdout)}
        assert done.exit_code == (4 if any(row["level"] == "fail" for row in found.values()) else 0)
        return found


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        yield Bench(tmp_path, stack)


def test_a_good_bench_has_no_failure(bench):
    found = bench.examine()
    assert {row["level"] for id_, row in found.items() if id_ != "clock"} == {"ok"}
    for about in ("rights", "port", "dialect", "card", "registered", "imsi", "iccid"):
        assert {f"{about}:meter", f"{about}:phone"} <= found.keys()


def test_identities_are_masked(bench):
    table = run("doctor", "--bench", str(bench.file))
    assert table.exit_code == 0
    assert "imsi 460000*******01 as in the bench file" in table.stdout
    assert "460000000000001" not in table.stdout + run("doctor", "--bench", str(bench.file), "--json").stdout


@pytest.mark.parametrize(
    ("command", "answer", "failing", "what"),
    [
        ("AT+CPIN?", "+CPIN: SIM PIN\nOK", "card:meter", "the card waits for SIM PIN"),
        ("AT+CPIN?", "+CME ERROR: 10", "card:meter", "AT+CPIN? was refused: +CME ERROR: 10"),
        ("AT+CIMI", "460000000000009\nOK", "imsi:meter", "the card has imsi 460000*******09"),
        ("AT+QCCID", "+QCCID: 89860000000000000009\nOK", "iccid:meter", "the card has iccid 898600************09"),
        ("AT+CGMI", "SIMCOM INCORPORATED\nOK", "dialect:meter", "is addressed in the dialect quectel"),
    ],
)  # fmt: skip
def test_what_a_module_answers_is_compared(bench, command, answer, failing, what):
    bench.meter.table[command] = answer
    found = bench.examine()
    assert {id_ for id_, row in found.items() if row["level"] == "fail"} == {failing}
    assert what in found[failing]["what"]


def test_without_registration_it_fails(bench):
    for name in ("CREG", "CGREG", "CEREG"):
        bench.meter.table[f"AT+{name}?"] = f"+{name}: 0,2\nOK"
    assert bench.examine()["registered:meter"]["level"] == "fail"


def test_a_silent_port_is_named_and_the_others_are_asked(bench, monkeypatch):
    monkeypatch.setattr(AtChannel.synchronise, "__defaults__", (0.3,))
    bench.meter.say = lambda *lines: None
    found = bench.examine()
    assert found["port:meter"]["level"] == "fail"
    assert found["imsi:phone"]["level"] == "ok"


def test_a_missing_port_is_not_opened(bench):
    bench.file.write_text(BENCH.format(meter="/dev/serial/by-id/nothing", phone=bench.phone.port))
    found = bench.examine()
    assert found["rights:meter"]["what"] == "/dev/serial/by-id/nothing does not exist"
    assert "port:meter" not in found
    assert found["port:phone"]["level"] == "ok"


def holder_of(port: str) -> "subprocess.Popen[str]":
    """Start a process that has the port open; it ends when its input does."""
    code = f"import sys; port = open({port!r}); print('open', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "open\n"
    return holder


def test_who_holds_a_port_is_named_and_the_port_left_alone(bench):
    with holder_of(bench.meter.port) as holder:
        found = bench.examine()
        holder.stdin.close()
    assert f"(pid {holder.pid})" in found["rights:meter"]["what"]
    assert "port:meter" not in found
    assert bench.meter.heard == []


def test_a_bench_in_use_is_not_asked(bench):
    loaded = load_bench(bench.file)
    with claim(resources_of(loaded, loaded.modules)):
        found = bench.examine()
    assert f"(pid {os.getpid()})" in found["claim"]["what"]
    assert (bench.meter.heard, bench.phone.heard) == ([], [])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_gateways_and_far_ends_that_cannot_be_reached_fail(bench, monkeypatch):
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    nobody = free_port()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with bench.file.open("a") as file:
            file.write(f"""
[gateways.sp]
kind = "smpp"
host = "127.0.0.1"
port = {nobody}
system_id = "sp"
password_env = "NO_SUCH_SECRET"
[far_ends.here]
kind = "data"
destinations = ["tcp://127.0.0.1:{taken.getsockname()[1]}"]
[far_ends.there]
kind = "data"
destinations = ["tcp://192.0.2.1:7001"]
control = "http://127.0.0.1:{nobody}"
token_env = "NO_SUCH_SECRET"
""")
        found = bench.examine()
        monkeypatch.setenv("NO_SUCH_SECRET", "secret")
        with_secret = bench.examine()
    assert found["gateway:sp"]["what"] == f"127.0.0.1:{nobody} cannot be reached: Connection refused"
    assert found["password:sp"]["fix"] == "export NO_SUCH_SECRET=..."
    assert "Somebody else listens there." in found["far-end:here"]["what"]
    assert found["far-end:there"]["fix"] == "export NO_SUCH_SECRET=..."
    assert "password:sp" not in with_secret
    assert "does not answer" in with_secret["far-end:there"]["what"]


def test_the_host_alone_lists_what_is_plugged_in(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "BY_ID", tmp_path / "by-id")
    assert "no serial device below" in run("doctor").stdout
    (tmp_path / "by-id").mkdir()
    master, slave = os.openpty()
    port = tmp_path / "by-id" / "usb-Quectel_EC25-if02"
    port.symlink_to(os.ttyname(slave))
    assert f"{port} may be opened and is free" in run("doctor").stdout
    with holder_of(str(port)) as holder:
        held = run("doctor")
        holder.stdin.close()
    os.close(slave)
    os.close(master)
    assert f"(pid {holder.pid})" in held.stdout
    assert held.exit_code == 0, "nobody said that a run needs it"


# discover


@pytest.fixture
def by_id(bench, tmp_path: Path) -> Path:
    """A folder of lasting names: two modules, the first one with two ports."""
    folder = tmp_path / "by-id"
    folder.mkdir()
    (folder / "usb-Quectel_EC25_A-if02").symlink_to(bench.meter.port)
    (folder / "usb-Quectel_EC25_B-if02").symlink_to(bench.phone.port)
    return folder


def test_discover_names_modules_and_masks_identities(bench, by_id):
    done = run("discover", "--by-id", str(by_id))
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[:6] == [
        "Quectel EC25 EC25EFAR06A01M4G",
        f"  port     {by_id}/usb-Quectel_EC25_A-if02",
        "  dialect  quectel",
        "  IMEI     860000*******01",
        "  ICCID    898600************01",
        "  IMSI     460000*******01",
    ]
    assert not any(line.startswith("ATD") for line in bench.meter.heard)


def test_ports_of_one_module_are_one_device(bench, by_id):
    with Scripted(METER) as second:
        (by_id / "usb-Quectel_EC25_A-if03").symlink_to(second.port)
        done = run("discover", "--by-id", str(by_id))
    assert done.stdout.count("Quectel EC25 EC25EFAR06A01M4G") == 2
    assert f"  port     {by_id}/usb-Quectel_EC25_A-if02\n  also     {by_id}/usb-Quectel_EC25_A-if03" in done.stdout


def test_modules_whose_imei_was_never_written_stay_two(bench, by_id):
    bench.meter.table["AT+CGSN"] = bench.phone.table["AT+CGSN"] = "000000000000000\nOK"
    done = run("discover", "--by-id", str(by_id))
    assert done.stdout.count("Quectel EC25 EC25EFAR06A01M4G") == 2


def test_a_port_that_does_not_answer_is_named_with_the_reason(bench, by_id, monkeypatch):
    monkeypatch.setattr(AtChannel.synchronise, "__defaults__", (0.3,))
    bench.meter.say = lambda *lines: None
    (by_id / "usb-gone-if00").symlink_to("/dev/nothing")
    done = run("discover", "--by-id", str(by_id))
    assert done.exit_code == 0
    assert re.search(r"usb-Quectel_EC25_A-if02: AT did not end within", done.stdout)
    assert re.search(r"usb-gone-if00: no such port", done.stdout)
    bench.phone.say = lambda *lines: None
    nobody = run("discover", "--by-id", str(by_id), "--write-bench", "new.toml")
    assert nobody.exit_code == 4
    assert nobody.stderr == f"{by_id}: no port answers AT. Fix: free the ports, or power the modules.\n"
    assert not Path("new.toml").exists()


def test_discover_names_who_holds_a_port_and_leaves_it_alone(bench, by_id):
    with holder_of(bench.meter.port) as holder:
        done = run("discover", "--by-id", str(by_id))
        holder.stdin.close()
    assert f"(pid {holder.pid})" in done.stdout
    assert done.stdout.count("Quectel EC25 EC25EFAR06A01M4G") == 1
    assert bench.meter.heard == []


def test_the_proposed_bench_file_is_private_and_says_what_is_missing(bench, by_id, tmp_path):
    path = tmp_path / "proposed.toml"
    assert run("discover", "--by-id", str(by_id), "--write-bench", str(path)).exit_code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BenchFileError, match=r"\[modules.ec25\] has no capabilities. Fix: add capabilities"):
        load_bench(path)
    filled = path.read_text()
    for comment in ("capabilities", "operator", "msisdn", "functions"):
        filled = filled.replace(f"# {comment} =", f"{comment} =")
    path.write_text(
        filled.replace('"1440000000001"', '"13800000002"', 2).replace("13800000002", "1440000000001", 1)
    )
    proposed = load_bench(path)
    assert proposed.modules["ec25"].dialect == "quectel"
    assert proposed.subscriptions["ec25"].iccid == "89860000000000000001"
    assert proposed.subscriptions["ec25-2"].imsi == "460000000000002"


def test_a_card_that_tells_nothing_leaves_placeholders(bench, by_id, tmp_path):
    for command in ("AT+CIMI", "AT+QCCID", "AT+CNUM"):
        bench.meter.table[command] = "+CME ERROR: 10"
    path = tmp_path / "proposed.toml"
    done = run("discover", "--by-id", str(by_id), "--write-bench", str(path))
    assert "  IMSI     not told" in done.stdout
    assert '# imsi = "..."  # the card did not tell' in path.read_text()


def test_an_existing_bench_file_stays_as_it_is(by_id, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("mine")
    done = run("discover", "--by-id", str(by_id), "--write-bench", str(path))
    assert done.exit_code == 2
    assert done.stderr == f"--write-bench {path}: is there already. Fix: name a new file, or move it away\n"
    assert path.read_text() == "mine"

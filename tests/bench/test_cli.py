"""The small commands of the command line."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench.clauses import load_catalogue
from drivers.packet import RemoteDataServer

BENCH = Path(sys.executable).with_name("bench")


def bench(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BENCH, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def test_clauses_lists_what_has_a_check_and_what_has_none(tmp_path):
    told = {row["id"]: row for row in json.loads(bench("clauses", "--json", cwd=tmp_path).stdout)}
    assert told.keys() == load_catalogue().keys()
    assert told["ESIM-02-V1"]["check"] is True
    assert told["ESIM-02-V9"]["check"] is False
    table = bench("clauses", cwd=tmp_path).stdout
    assert all(clause in table for clause in told)


def test_every_clause_with_a_check_has_a_test_in_the_suites_and_the_reverse():
    suites = Path(__file__).parents[2] / "suites"
    tagged = {tag for path in suites.rglob("*.robot") for tag in re.findall(r"ESIM-[\w-]+", path.read_text())}
    assert tagged == {clause.id for clause in load_catalogue().values() if clause.check}


def test_config_schema_is_a_json_schema_of_the_sections(tmp_path):
    schema = json.loads(bench("config", "schema", cwd=tmp_path).stdout)
    assert {"bench", "windows", "modules", "subscriptions", "gateways", "far_ends", "limits"} <= set(
        schema["properties"]
    )


@pytest.mark.parametrize("command", ["judge", "report"])
def test_a_run_that_is_not_there_is_one_message_and_exit_code_2(tmp_path, command):
    done = bench(command, "nothing", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "nothing: no run with a journal there or below runs. Fix: name a folder of runs/\n"


def test_serve_hears_tokens_and_tells_the_bench(tmp_path):
    command = [
        BENCH,
        "serve",
        "--listen",
        "tcp://127.0.0.1:0",
        "--control",
        "http://127.0.0.1:0",
        "--token",
        "secret",
    ]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as serve:
        try:
            assert serve.stdout is not None
            said = serve.stdout.readline()
            port, control = re.search(r"tcp://127\.0\.0\.1:(\d+); control (\S+)", said).groups()
            with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as module:
                module.sendall(b"BENCH abc123\n")
                assert module.recv(100) == b"SEEN abc123\n"
            far_end = RemoteDataServer(control, "secret")
            arrival = far_end.wait_for(lambda seen: seen.token == "abc123", since=0, timeout_s=10)
            far_end.close()
        finally:
            serve.send_signal(signal.SIGINT)
            assert serve.wait(30) == 0
    assert arrival is not None
    assert arrival.protocol == "tcp"
    assert "secret" not in said

"""What a person can get wrong at the command line: one message, and the exit code that says whose fault it is."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.inventory import claim, load_bench, resources_of

EXAMPLE = Path(__file__).parents[2] / "fixtures/benches/example.toml"
NO_BENCH = "no.toml: cannot be read: No such file or directory. Fix: name an existing bench file\n"
NO_RUN = "nothing: no run with a journal there or below runs. Fix: name a folder of runs/\n"
NO_LAB = "no.toml: cannot be read (No such file or directory). Fix: name an existing lab file.\n"
NO_FOLDER = "/dev/null: cannot hold run folders: File exists. Fix: name a folder that you may write to\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def bench(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("run --bench no.toml", NO_BENCH),
        ("run --bench a.toml --lab b.toml", "--bench and --lab exclude each other. Fix: give one of them\n"),
        ("run --lab no.toml", NO_LAB),
        (
            f"run --bench {EXAMPLE} --module office",
            "--module office: no module under test. Fix: choose of meter\n",
        ),
        (
            f"run --bench {EXAMPLE} --clause ESIM-2",
            "--clause ESIM-2: no such clause. Fix: `bench clauses` lists them\n",
        ),
        (
            "run --tag telegrams",
            "No test was chosen. Fix: `bench clauses` lists what has a check, suites/ holds the tests\n",
        ),
        ("matrix --lab no.toml", NO_LAB),
        ("judge nothing", NO_RUN),
        ("report nothing", NO_RUN),
        ("watch nothing", NO_RUN),
        ("doctor --bench no.toml", NO_BENCH),
        ("at meter AT --bench no.toml", NO_BENCH),
        (
            f"at nobody AT --bench {EXAMPLE}",
            "nobody: no such module. Fix: choose of meter, office, stranger\n",
        ),
        ("at meter AT --runs /dev/null --bench good.toml", NO_FOLDER),
        (
            "serve --listen 127.0.0.1:7001",
            "127.0.0.1:7001: This is no address to use here. Fix: write tcp or udp://host:port\n",
        ),
        (
            "serve --listen tcp://127.0.0.1:0 --control 7100",
            "7100: This is no address to use here. Fix: write http://host:port\n",
        ),
        (
            "discover --by-id . --write-bench good.toml",
            "--write-bench good.toml: is there already. Fix: name a new file, or move it away\n",
        ),
    ],
)
def test_what_cannot_be_asked_is_one_message_and_exit_code_2(arguments, message):
    Path("good.toml").write_text(EXAMPLE.read_text())
    done = bench(*arguments.split())
    assert (done.exit_code, done.stderr) == (2, message)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("walk", "No such command 'walk'."),
        ("run --clauses X", "No such option '--clauses'."),
        ("run nosuite", "Invalid value for '[SUITES]...': Path 'nosuite' does not exist."),
        ("at", "Missing argument 'MODULE'."),
        ("at meter AT", "Missing option '--bench'."),
        (
            f"at meter AT --bench {EXAMPLE} --deadline soon",
            "Invalid value for '--deadline': 'soon' is not a valid float",
        ),
        (f"at meter AT --bench {EXAMPLE} --deadline -1", "-1.0 is not in the range x>0."),
        ("serve", "Missing option '--listen'."),
        ("config scheme", "No such command 'scheme'."),
        ("watch one two", "Got unexpected extra argument (two)"),
    ],
)
def test_what_the_command_line_does_not_know_is_exit_code_2_with_the_usage(arguments, complaint):
    done = bench(*arguments.split())
    assert done.exit_code == 2
    assert done.stderr.startswith("Usage: ")
    assert complaint in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "discover --by-id nowhere",
            "nowhere: no serial port has a name there. Likely cause: no module is plugged in, or its driver is "
            "not loaded. Fix: plug one in, and look into `dmesg`.\n",
        ),
        (
            "serve --listen tcp://127.0.0.1:0 --control http://127.0.0.1:0 --token §",
            "http://127.0.0.1:0: The control endpoint's token is empty or has characters that a header cannot "
            "carry. Fix: set the environment variable that holds it to a long random text of letters and digits\n",
        ),
        (
            "serve --listen tcp://192.0.2.1:7001",
            "tcp://192.0.2.1:7001: Cannot listen there: Cannot assign requested address. Likely cause: the "
            "address is not one of this host, or the port needs rights. Fix: choose an address that `ip address` "
            "shows and a port above 1023\n",
        ),
    ],
)
def test_what_the_bench_lacks_is_exit_code_4(arguments, message):
    done = bench(*arguments.split())
    assert (done.exit_code, done.stderr) == (4, message)


def test_a_port_that_is_not_there_is_exit_code_4():
    done = bench("at", "meter", "AT", "--bench", str(EXAMPLE))
    assert done.exit_code == 4
    assert re.fullmatch(
        r"/dev/serial/by-id/\S+: no such port\. Likely cause: .* Fix: check cable .*\n", done.stderr
    )


def test_an_address_in_use_is_exit_code_5():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        done = bench("serve", "--listen", address)
    assert (done.exit_code, done.stderr) == (
        5,
        f"{address}: Somebody else listens there. Likely cause: another run or `bench serve`. Fix: find it with "
        "`ss -lntup` and stop it, or choose another port\n",
    )


@pytest.mark.parametrize("command", ["run", "at meter AT"])
def test_a_bench_in_use_is_exit_code_5(command):
    loaded = load_bench(EXAMPLE)
    with claim(resources_of(loaded, loaded.modules)):
        done = bench(*command.split(), "--bench", str(EXAMPLE))
    assert done.exit_code == 5
    assert re.fullmatch(r"port \S+ is busy: held by .* Fix: wait until it ends, or end it\n", done.stderr)


def test_a_lab_that_cannot_be_is_exit_code_2():
    # the lab takes the place of the process, hence a process of its own
    command = [Path(sys.executable).with_name("bench"), "lab", "no.toml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, NO_LAB)


def test_a_bench_file_may_be_wrong_for_every_command_that_reads_one():
    Path("bad.toml").write_text(EXAMPLE.read_text().replace('dialect = "quectel"', 'dialect = "qectel"'))
    line = EXAMPLE.read_text()[: EXAMPLE.read_text().index('dialect = "quectel"')].count("\n") + 1
    message = (
        f"bad.toml:{line}: [modules.meter] dialect: no dialect is called 'qectel'. Fix: did you mean 'quectel'?\n"
    )
    for command in ("run", "doctor", "at meter AT"):
        done = bench(*command.split(), "--bench", "bad.toml")
        assert (done.exit_code, done.stderr) == (2, message)

"""Dialect files: what comes with the driver, and what a wrong file says."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from drivers.at.dialect import Dialect, DialectError, SocketDialogue, Step, dialect_names, load_dialect

PAGE = Path(__file__).parents[2] / "docs/dialects.md"
#: Rows of vendors, collected from public sources; beside the project, as the corpus of replies.
SIGNALS = Path(__file__).parents[3] / "shared" / "corpus" / "service_signals.json"

MINIMAL_SOCKETS = """
[sockets.tcp]
arrival = "+X: {id}"
closed = "+Y: {id}"
open = [{ command = "AT+OPEN={host},{port}" }]
send = { command = "AT+SEND={id},{hex}" }
receive = { command = "AT+READ={id}" }
close = []
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_names() -> None:
    names = "air72x cinterion fibocom generic huawei ml307 nordic quectel sierra simcom telit ublox"
    assert dialect_names() == tuple(names.split())


@pytest.mark.parametrize("name", dialect_names())
def test_every_dialect_is_named_after_its_file(name: str) -> None:
    assert load_dialect(name).name == name


@pytest.mark.skipif(not SIGNALS.exists(), reason="the corpus is not here")
def test_the_collected_iccid_commands_are_known() -> None:
    vendors = {
        "Quectel": "quectel",
        "SIMCom": "simcom",
        "u-blox": "ublox",
        "Telit": "telit",
        "Sierra HL/RC": "sierra",
        "Sequans/Monarch": "generic",
        "Nordic nRF91": "nordic",
        "Fibocom": "fibocom",
        "Cinterion/Thales": "cinterion",
        "Unisoc/openLuat Air724UG": "air72x",
    }
    rows = json.loads(SIGNALS.read_text(encoding="utf-8"))["dialects"]
    assert {row["vendor"] for row in rows} == set(vendors)
    for row in rows:
        assert {command.split()[0] for command in row["iccid"]} <= set(load_dialect(vendors[row["vendor"]]).iccid)


def test_generic_has_no_sockets() -> None:
    assert load_dialect("generic").sockets == {}


def test_own_file_is_named_after_itself(tmp_path: Path) -> None:
    path = write(tmp_path, 'iccid = ["AT#CCID"]\n' + MINIMAL_SOCKETS)
    for name in (path, str(path)):
        dialect = load_dialect(name)
        assert (dialect.name, dialect.iccid, set(dialect.sockets)) == ("own", ("AT#CCID",), {"tcp"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('nmae = "x"', "unknown key nmae"),
        ("iccid = 1", "iccid = 1"),
        ('iccid = "AT+CCID"', "iccid"),
        ("boot = [", "not readable as TOML"),
        ('[sockets.sctp]\narrival = ""', "sctp"),
        ('[sockets.tcp]\narrival = "+X:"', "missing key sockets.tcp.open"),
        (MINIMAL_SOCKETS.replace("close", "colse"), "sockets.tcp"),
        (MINIMAL_SOCKETS.replace("{hex}", "{hexx}"), "unknown placeholder {hexx}"),
        (MINIMAL_SOCKETS.replace('"+Y: {id}"', '"+Y: {idd}"'), "unknown placeholder {idd}"),
        (MINIMAL_SOCKETS.replace('"AT+READ={id}" }', '"AT+READ={id}", data = "here" }'), "receive.data"),
        (MINIMAL_SOCKETS.replace('"AT+READ={id}" }', '"AT+READ={id}", deadlines = 1 }'), "deadlines"),
        (MINIMAL_SOCKETS.replace("{id},{hex}", "{id"), "sockets.tcp.send"),
        ('release = ["8,(21"]', "no regular expression: '8,(21'"),
        ('release = ["8,21"]', "no group (?P<cause>...)"),
    ],
)
def test_a_wrong_file_names_itself_and_the_key(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(DialectError) as caught:
        load_dialect(path)
    assert caught.value.where == str(path)
    assert says in caught.value.what


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(DialectError) as caught:
        load_dialect("nokia")
    assert "quectel, sierra, simcom, telit, ublox" in caught.value.fix


def test_an_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(DialectError, match="not readable"):
        load_dialect(path)


def test_the_page_shows_a_dialect_that_loads(tmp_path: Path) -> None:
    examples = re.findall(r"^ *```toml\n(.*?)^ *```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    dialect = load_dialect(
        write(tmp_path, "\n".join(example for example in examples if "[modules" not in example))
    )
    assert (dialect.hang_up, dialect.sockets["tcp"].first) == ("AT$ZHUP", 5)


def test_the_page_explains_every_key() -> None:
    page = PAGE.read_text(encoding="utf-8")
    keys = {key.name for kind in (Dialect, SocketDialogue, Step) for key in fields(kind)}
    keys -= {"name", "sockets", "open", "send", "receive", "close"}  # the file's name; tables of the example
    assert not [key for key in keys if f"`{key}`" not in page]

"""Dialect files: what comes with the driver, and what a wrong file says."""

from pathlib import Path

import pytest

from drivers.at.dialect import DialectError, dialect_names, dialect_of, load_dialect

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


@pytest.mark.parametrize(
    ("manufacturer", "model", "name"),
    [
        ("Quectel", "EC25", "quectel"),
        ("QUECTEL", "BG96", "quectel"),
        ("SIMCOM INCORPORATED", "SIM7600CE", "simcom"),
        ("u-blox", "SARA-R410M-02B", "ublox"),
        ("Nobody", "X1", None),
    ],
)
def test_a_module_is_known_by_its_maker(manufacturer: str, model: str, name: str | None) -> None:
    assert dialect_of(manufacturer, model) == name

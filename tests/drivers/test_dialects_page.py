"""The page on dialects, and what was collected about vendors beside the project."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from drivers.at.dialect import Dialect, SocketDialogue, Step, load_dialect

PAGE = Path(__file__).parents[2] / "docs/dialects.md"
#: Rows of vendors, collected from public sources; beside the project, as the corpus of replies.
SIGNALS = Path(__file__).parents[3] / "shared" / "corpus" / "service_signals.json"


def test_the_page_shows_a_dialect_that_loads(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    _bench_file, *examples = re.findall(r"^ *```toml\n(.*?)^ *```", page, re.DOTALL | re.MULTILINE)
    own = tmp_path / "own.toml"
    own.write_text("\n".join(examples), encoding="utf-8")
    dialect = load_dialect(own)
    assert (dialect.hang_up, dialect.sockets["tcp"].first) == ("AT$ZHUP", 5)


def test_the_page_explains_every_key() -> None:
    page = PAGE.read_text(encoding="utf-8")
    keys = {key.name for kind in (Dialect, SocketDialogue, Step) for key in fields(kind)}
    keys -= {"name", "sockets", "open", "send", "receive", "close"}  # the file's name; tables of the example
    assert not [key for key in keys if f"`{key}`" not in page]


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

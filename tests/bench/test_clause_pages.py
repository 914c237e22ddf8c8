"""The catalogue holds what the three pages of clauses hold: the pages stand beside the working copy, if at all."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from bench.clauses import load_catalogue

PAGES = ("clauses-esim-iot.md", "clauses-gateway.md", "clauses-data.md")
REFERENCE = next(
    (found for above in Path(__file__).parents if (found := above / "shared" / "reference").is_dir()), None
)
CATALOGUE = load_catalogue()

#: Cells that name several clauses; each becomes an entry of its own.
SEVERAL = {
    "CC-6.1–6.4": [f"CC-6.{n}" for n in range(1, 5)],
    "MV-3.1–3.4": [f"MV-3.{n}" for n in range(1, 5)],
    "NP-2.1–2.3": [f"NP-2.{n}" for n in range(1, 4)],
    "TG-P5,P6": ["TG-P5", "TG-P6"],
    "DC-1,3,4": ["DC-1", "DC-3", "DC-4"],
    "AP-7,8": ["AP-7", "AP-8"],
    "AP-9,10": ["AP-9", "AP-10"],
    "Q-2.1–2.6": [f"Q-2.{n}" for n in range(1, 7)],
    "G5-5–9": [f"G5-{n}" for n in range(5, 10)],
}
#: Cells that become one entry under another name, with the reason.
ONE = {
    "TG-R1–13": "TG-R1-13",  # organisational, and the page says the same of all of them
    "TG-P8–15": "TG-P8-15",  # the same
    "Q-1.1–1.4": "Q-1.1-1.4",  # the same
    "G5-16–18": "G5-16-18",  # the same
    "CC-3.1 (1–5)": "CC-3.1",  # five cases of one clause: its observables
    "CC-5.1 (1–3)": "CC-5.1",  # three items of one clause, not told apart on the page
    "CC-5.2 (1–3)": "CC-5.2",  # the same
    "CC-J (解读)": "CC-J",  # a remark behind the id
    "NP-2.x (final)": "NP-2.x",  # the same
    "四(一)–(五)": "AP-S4",  # section 4 of the notice on applications: the page gives it no id
}
#: Clauses that the bench sees in one place more than the page says: the called phone; provisioning at a gateway.
OTHER_KIND = {"ESIM-02-V6", "CC-6.3"}
#: What reads like a clause and is none: a placeholder.
NO_CLAUSES = {"ESIM-nn"}

needs_pages = pytest.mark.skipif(REFERENCE is None, reason="the reference pages are not on this machine")


def _rows() -> list[dict[str, str]]:
    """Return the rows of all tables whose first column is headed ID, by the columns' heads in small letters."""
    assert REFERENCE is not None
    rows, head = [], []
    for page in PAGES:
        for line in (REFERENCE / page).read_text(encoding="utf-8").splitlines():
            if not line.startswith("|"):
                head = []
                continue
            cells = [cell.strip().replace("*", "") for cell in line.split("|")[1:-1]]
            if not head:
                head = [cell.lower() for cell in cells]
            elif head[0] == "id" and set(cells[0]) - set("-"):
                rows.append(dict(zip(head, cells, strict=False)))  # a bar within a cell makes one more
    return rows


def _named(cell: str) -> list[str]:
    if cell in SEVERAL:
        return SEVERAL[cell]
    # the page on the letters leaves the family away: 02-V1
    return [ONE.get(cell, f"ESIM-{cell}" if cell[0].isdigit() else cell)]


@needs_pages
def test_every_row_of_the_pages_is_in_the_catalogue_and_the_reverse():
    cells = [row["id"] for row in _rows()]
    named = [id_ for cell in cells for id_ in _named(cell)]
    assert len(named) == len(set(named))
    # the contest has a heading and no table
    assert CATALOGUE.keys() - set(named) == {"CT"}
    assert set(named) <= CATALOGUE.keys()
    assert {*SEVERAL, *ONE} <= set(cells)


@needs_pages
def test_the_kinds_are_those_of_the_pages():
    other = {
        id_
        for row in _rows()
        for id_ in _named(row["id"])
        if "kind" in row and set(CATALOGUE[id_].kind) != set(re.findall(r"[A-Z]", row["kind"]))
    }
    assert other == OTHER_KIND


@needs_pages
def test_every_id_in_the_prose_is_a_clause_or_a_group_of_them():
    assert REFERENCE is not None
    text = "".join((REFERENCE / page).read_text(encoding="utf-8") for page in PAGES)
    tokens = set(re.findall(r"\b(?:ESIM|CC|MV|NP|TG|DC|AP|Q|G5)-\w+(?:[-.]\w+)*", text, re.ASCII))
    unknown = {token for token in tokens if not any(id_.startswith(token) for id_ in CATALOGUE)}
    assert unknown == NO_CLAUSES


@needs_pages
def test_the_chinese_is_that_of_the_pages():
    assert REFERENCE is not None
    text = "".join((REFERENCE / page).read_text(encoding="utf-8") for page in PAGES)
    runs = {run for clause in CATALOGUE.values() for run in re.findall(r"[一-鿿]{2,}", clause.text_zh)}
    assert not {run for run in runs if run not in text}


def test_no_id_stands_in_two_files():
    folder = files("bench.clauses")
    entries = [
        id_
        for file in folder.iterdir()
        if file.name.endswith(".toml")
        for id_ in tomllib.loads(file.read_text(encoding="utf-8"))["clause"]
    ]
    assert len(entries) == len(set(entries)) == len(CATALOGUE)


def test_what_is_merely_organisational_has_no_check():
    assert not [id_ for id_, clause in CATALOGUE.items() if clause.kind == "O" and clause.check]

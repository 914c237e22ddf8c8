"""The clause catalogue."""

import pytest

from bench.clauses import CatalogueError, load_catalogue
from bench.clauses.catalogue import parse_catalogue

WITH_A_TEST = {
    *(f"ESIM-02-V{n}" for n in range(1, 9)),
    *(f"ESIM-02-S{n}" for n in (1, 2, 3, 4, 5, 6)),
    *(f"ESIM-02-D{n}" for n in (1, 2, 3, 4)),
    "ESIM-03-1",
    "ESIM-03-2",
    "ESIM-03-3",
    "ESIM-04-1",
    "ESIM-06-1-a",
    "ESIM-06-1-b",
    "ESIM-06-1-d",
    "ESIM-07-1",
    "ESIM-07-5",
}

ONE = """
[section.ESIM-02]
paper = "p"
text_zh = "文"
[clause.ESIM-02-V1]
summary_en = "s"
kind = "MG"
rule = "r"
observables = ["o"]
confidence = "high"
check = true
silent_drop = false
window = "voice"
"""


def test_every_clause_of_the_letters_that_is_there() -> None:
    catalogue = load_catalogue()
    rows = {
        "ESIM-02-V": range(1, 10),
        "ESIM-02-S": range(1, 8),
        "ESIM-02-D": range(1, 6),
        "ESIM-03-": range(1, 7),
        "ESIM-04-": range(1, 5),
        "ESIM-06-1-": "abcdefg",
        "ESIM-07-": range(1, 11),
    }
    assert {f"{prefix}{row}" for prefix, last in rows.items() for row in last} <= catalogue.keys()
    assert {id_ for id_, clause in catalogue.items() if clause.check} == WITH_A_TEST


def test_a_clause_takes_paper_and_wording_from_its_section_or_its_own() -> None:
    catalogue = load_catalogue()
    clause = catalogue["ESIM-02-S1"]
    assert clause.id == "ESIM-02-S1"
    assert clause.paper == "MIIT 225/224, 二"
    assert clause.text_zh == "仅限数据业务和与之相关的定向话音、定向短信"
    assert clause.kind == "MG"
    assert clause.window == "sms"
    assert catalogue["ESIM-06-1-b"].text_zh == "机卡绑定"


def test_only_what_a_network_may_drop_without_a_word_admits_silence() -> None:
    catalogue = load_catalogue()
    silent = {id_ for id_ in WITH_A_TEST if catalogue[id_].silent_drop}
    messages = {f"ESIM-02-S{n}" for n in (1, 3, 4, 5, 6)}
    assert silent == {"ESIM-02-V3", "ESIM-02-V5", "ESIM-02-D3", "ESIM-06-1-a", "ESIM-06-1-d", *messages}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('rule = "r"\n', "", "ESIM-02-V1: wrong keys ['rule']"),
        ("check = true", "check = true\nnote = 1", "ESIM-02-V1: wrong keys ['note']"),
        ("check = true", "check = 1", "ESIM-02-V1: check is 1"),
        ('kind = "MG"', 'kind = "MX"', "ESIM-02-V1: kind, confidence or window is none of the known"),
        ('"voice"', '"call"', "ESIM-02-V1: kind, confidence or window is none of the known"),
        ('["o"]', "[]", "ESIM-02-V1: summary_en, rule and observables must say something"),
        ("[clause.ESIM-02-V1]", "[clause.ESIM-022]", "ESIM-022 belongs to no section"),
    ],
)
def test_the_loader_is_strict(old: str, new: str, message: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(ONE.replace(old, new), "x.toml")
    assert str(caught.value) == f"x.toml: {message}"

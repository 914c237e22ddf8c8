"""Which tests and faults serve which clause."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.clauses import load_catalogue
from bench.runner.coverage import join, load_coverage, suite_tests
from bench.runner.run import UsageError

BENCH = Path(sys.executable).with_name("bench")
CATALOGUE = load_catalogue()
V1, V2 = CATALOGUE["ESIM-02-V1"], CATALOGUE["ESIM-02-V2"]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BENCH, *arguments], capture_output=True, text=True, timeout=60, check=False)


class TestJoin:
    TESTS = (
        {"name": "No Call", "tags": ["voice", "ESIM-02-V1"]},
        {"name": "No Other Call", "tags": ["ESIM-02-V1", "ESIM-02-V2"]},
        {"name": "Much More", "tags": ["ESIM-02-V10"]},
    )
    FAULTS = (
        {"name": "open", "subject": "meter", "clauses": ["ESIM-02-V1"], "may_change": ["ESIM-02-V2"]},
        {"name": "open", "subject": "tracker", "clauses": ["ESIM-02-V1"], "may_change": ["ESIM-02-V2"]},
        {"name": "torn", "subject": "meter", "clauses": [], "may_change": []},
    )

    def test_tests_go_by_tag_and_faults_by_their_own_clauses_once(self):
        first, second = join([V1, V2], self.TESTS, self.FAULTS)
        assert (first.tests, first.faults) == (("No Call", "No Other Call"), ("open",))
        assert (second.tests, second.faults) == (("No Other Call",), ())

    @pytest.mark.parametrize(
        ("changes", "standing"),
        [
            ({}, "checked"),
            ({"check": False}, "open"),
            ({"check": False, "kind": "E"}, "evidence only"),
            ({"check": False, "kind": "OE"}, "evidence only"),
            ({"check": False, "kind": "GE"}, "open"),
            ({"check": False, "rule": "recorded without verdict: no paper asks"}, "evidence only"),
            ({"check": False, "kind": "O"}, "organisational"),
            ({"check": True, "kind": "E"}, "checked"),
        ],
    )
    def test_standing(self, changes, standing):
        (row,) = join([replace(V1, **changes)], (), ())
        assert row.standing == standing


def test_tags_of_the_whole_suite_count_as_the_tests_own(tmp_path):
    (tmp_path / "a.robot").write_text(
        "*** Settings ***\nLibrary    NotThere\nTest Tags    ESIM-02-V1\n"
        "*** Test Cases ***\nOne\n    No Keyword\nTwo\n    [Tags]    x\n    ...    ESIM-02-V2\n    No Keyword\n"
    )
    assert suite_tests(tmp_path) == [
        {"name": "One", "tags": ["ESIM-02-V1"]},
        {"name": "Two", "tags": ["ESIM-02-V1", "ESIM-02-V2", "x"]},
    ]


def test_every_check_has_a_test_and_a_fault_and_nothing_serves_an_unchecked_clause():
    rows = load_coverage()
    assert [row.clause.id for row in rows] == list(CATALOGUE)
    assert not [row for row in rows if row.clause.check and not (row.tests and row.faults)]
    assert not [row for row in rows if not row.clause.check and (row.tests or row.faults)]


def test_a_family_alone():
    assert {row.clause.id[:3] for row in load_coverage(["CC", "NP"])} == {"CC-", "NP-"}
    with pytest.raises(UsageError, match="no such family"):
        load_coverage(["ESI"])


def test_the_command_prints_what_serves_a_clause():
    row = next(
        row
        for row in json.loads(bench("clauses", "--json", "--family", "ESIM").stdout)
        if row["id"] == "ESIM-02-V1"
    )
    assert row["tests"] == ["Unlisted Phone Cannot Be Called"]
    assert row["faults"] == ["mo-voice-open"]
    assert row["standing"] == "checked"
    assert row["text_zh"] == V1.text_zh
    table = bench("clauses", "--family", "CC").stdout
    assert "CC-3.3a" in table
    assert "ESIM-02-V1" not in table
    assert f"\n{sum(id_.startswith('CC-') for id_ in CATALOGUE)} clauses: " in table


def test_an_unknown_family_is_one_message_and_exit_code_2():
    done = bench("clauses", "--family", "XX")
    assert done.returncode == 2
    assert done.stderr == ("--family XX: no such family. Fix: choose of ESIM, CC, MV, NP, TG, DC, AP, Q, G5, CT\n")

"""What a gateway's answer and receipt prove."""

import pytest

from bench.judge import cause_of_message, cause_of_report
from bench.model import CauseClass


@pytest.mark.parametrize(
    ("word", "cls"),
    [
        ("REJECTD", CauseClass.POLICY),
        ("UNDELIV", CauseClass.AMBIGUOUS),
        ("EXPIRED", CauseClass.TRANSIENT),
        ("DELIVRD", CauseClass.FAR_END),
        ("MK:0012", CauseClass.OTHER),
        ("", CauseClass.OTHER),
    ],
)
def test_receipts_are_read_by_class(word: str, cls: CauseClass) -> None:
    cause = cause_of_report(word, "066")
    assert (cause.layer, cause.cls) == ("report", cls)
    assert cause.text.endswith("cause opaque") is (cls is CauseClass.OTHER)


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (0x0A, CauseClass.POLICY),
        (0x45, CauseClass.AMBIGUOUS),
        (0x0B, CauseClass.AMBIGUOUS),
        (0x58, CauseClass.TRANSIENT),
        (0x400, CauseClass.OTHER),
    ],
)
def test_submission_answers_are_read_by_class(status: int, cls: CauseClass) -> None:
    assert cause_of_message("SMPP", status, "refused").cls is cls

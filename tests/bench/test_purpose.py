"""Directed service without a stated purpose is a warning, never a verdict (ESIM-02-D5)."""

from types import SimpleNamespace

import pytest

from bench.judge import CaseFile, judge
from bench.keywords import Restrictions
from bench.model import Check, Expectation, Reading

CHECK = Check("c", "ESIM-02-S2", "meter", Expectation.ALLOWED)


@pytest.mark.parametrize(("purpose", "warned"), [("readings of the meter", False), ("", True), (" ", True)])
def test_a_missing_purpose_warns(purpose: str, warned: bool) -> None:
    readings: list[Reading] = []
    suite = Restrictions()
    suite._check = SimpleNamespace(  # type: ignore[assignment]
        faulty=False,
        check=CHECK,
        read=readings.append,
        subject=SimpleNamespace(subscription=SimpleNamespace(name="meter", purpose=purpose)),
    )
    suite.warn_without_purpose()
    (reading,) = readings
    assert not reading.confident
    verdict = judge(CaseFile(CHECK, readings=(reading,)))
    assert any("ESIM-02-D5" in warning for warning in verdict.warnings) is warned

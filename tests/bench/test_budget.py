"""The limit on a run's data."""

import pytest

from bench.keywords.budget import ByteBudget
from drivers.api import DriverError


def test_what_is_left_can_be_spent_and_no_more():
    budget = ByteBudget(10)
    budget.spend(4)
    with pytest.raises(DriverError) as caught:
        budget.spend(7)
    assert "6 bytes of data left and 7 are wanted" in str(caught.value)
    assert "[limits] bytes_total" in str(caught.value)
    budget.spend(6)

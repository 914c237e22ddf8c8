"""Why a call ended, out of what vendors print; causes of 3GPP TS 24.008 10.5.4.11."""

import pytest

from drivers.at import load_dialect, release_cause


@pytest.mark.parametrize(
    ("report", "code"),
    [
        # u-blox and Cinterion EHS6 AT manuals, +CEER examples
        ('"CC setup error",1,"Unassigned (unallocated) number"', 1),
        ('"CC setup error", 16, "Normal call clearing"', 16),
        ('"CC setup error",50,"Requested facility not subscribed"', 50),
        # the name alone, or behind a number of the vendor's own
        ("Operator determined barring", 8),
        ('8,"Operator determined barring"', 8),
        ('29,"Facility rejected"', 29),
        ("CALL REJECTED", 21),
        # nothing that 24.008 names
        ("No report available", None),
        ("8,21,0", None),
        ("21", None),
        ('"SM detach",0,"No cause information available"', None),
        ("", None),
    ],
)
def test_causes_are_read_by_name(report, code):
    assert release_cause(report) == code


@pytest.mark.parametrize(
    ("dialect", "report", "code"),
    [
        # TC63i and MC55 AT command sets: location 8 is call control of layer 3
        ("cinterion", "8,21,0", 21),
        ("cinterion", "8,50,0", 50),
        # another location counts other causes
        ("cinterion", "4,21,0", None),
        ("cinterion", "No report available", None),
        ("cinterion", '"CC setup error",50,"Requested facility not subscribed"', 50),
        # Fastrack M1306B user guide, table 7
        ("sierra", "Error 50", 50),
        ("sierra", "Error 252", None),
        ("sierra", "Requested facility not subscribed", 50),
        # the same text means nothing in another dialect
        ("generic", "8,21,0", None),
        ("quectel", "Error 50", None),
    ],
)
def test_numbers_count_only_in_the_form_of_the_dialect(dialect, report, code):
    assert release_cause(report, load_dialect(dialect).release) == code

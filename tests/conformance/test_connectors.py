"""Every connector keeps what the hub relies on, whatever goes wrong between it and its system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors import registry
from hub.conformance import faults, kit, matrix
from hub.conformance.matrix import CELLS
from hub.conformance.plugin import in_part
from hub.conformance.stage import Stage
from tests.conformance import another_hub, commongrants, subjects
from tests.conformance.house import HOUSE

TestAirtable = kit.suite(subjects.Airtable)
TestFluxx = kit.suite(subjects.Fluxx)
TestSalesforce = kit.suite(subjects.Salesforce)
TestSalesforceNonprofitCloud = kit.suite(subjects.SalesforceNonprofitCloud)
TestSalesforceCalls = kit.suite(subjects.SalesforceCalls)
TestSalesforceGrantSeeker = kit.suite(subjects.SalesforceGrantSeeker)
TestSubmittable = kit.suite(subjects.Submittable)
TestDataverse = kit.suite(subjects.Dataverse)
TestDataverseWithAwards = kit.suite(subjects.DataverseWithAwards)
TestAnotherHub = kit.suite(another_hub.AnotherHub)
TestGoogleSheets = kit.suite(subjects.GoogleSheets)
TestPdc = kit.suite(subjects.Pdc)
TestCommonGrants = kit.suite(commongrants.CommonGrants)
TestRest = kit.suite(subjects.Rest)
TestRestCompared = kit.suite(subjects.RestCompared)
TestCsv = kit.suite(subjects.Csv)
TestXlsx = kit.suite(subjects.Xlsx)

PART = 17
"""What `make test` gives as ``--conformance-part``."""
UNCERTAIN = [fault for fault in (*faults.LOST, *faults.NONSENSE, *faults.TROUBLE) if "create" in fault.operations]


def test_every_connector_of_the_house_is_in_the_kit() -> None:
    assert set(registry.names()) == {each.system for each in HOUSE}


def test_the_connectors_of_the_house_together_meet_every_cell_in_a_part_of_the_matrix() -> None:
    """What `make test` leaves out of one connector's matrix it tries with another's; see ``--conformance-part``."""
    over_the_wire = [each for each in HOUSE if each.wire]
    tried = [at for nth, _ in enumerate(over_the_wire) for at, cell in enumerate(CELLS) if in_part(nth, *cell, PART)]
    assert len(over_the_wire) >= PART and set(tried) == set(range(len(CELLS))) and len(tried) <= len(CELLS)
    assert all(in_part(0, *cell, 1) for cell in CELLS)


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_a_publisher_that_counts_orders_and_says_nothing_is_read_all_the_same(check: Any) -> None:
    with commongrants.CommonGrantsAtItsWorst() as subject:
        try:
            check(subject)
        except kit.DoesNotApply as why:
            pytest.skip(str(why))


@pytest.fixture(scope="module")
def keyless() -> Iterator[Stage]:
    """Records that are created plainly, for there is no column for a key: repeated, they would be there twice."""
    stage = Stage(subjects.AirtableWithoutKey)
    yield stage
    stage.end()


@pytest.mark.parametrize("fault", UNCERTAIN, ids=str)
def test_records_without_a_key_are_made_once_too(keyless: Stage, fault: faults.Fault) -> None:
    matrix.survives(keyless, matrix.operation("create"), fault)

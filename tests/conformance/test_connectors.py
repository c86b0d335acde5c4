"""Every connector keeps what the hub relies on, whatever goes wrong between it and its system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors import registry
from hub.conformance import faults, kit, matrix
from hub.conformance.stage import Stage
from tests.conformance import subjects

TestAirtable = kit.suite(subjects.Airtable)
TestFluxx = kit.suite(subjects.Fluxx)
TestSalesforce = kit.suite(subjects.Salesforce)
TestSalesforceNonprofitCloud = kit.suite(subjects.SalesforceNonprofitCloud)
TestSalesforceCalls = kit.suite(subjects.SalesforceCalls)
TestSalesforceGrantSeeker = kit.suite(subjects.SalesforceGrantSeeker)
TestSubmittable = kit.suite(subjects.Submittable)
TestDataverse = kit.suite(subjects.Dataverse)
TestDataverseWithAwards = kit.suite(subjects.DataverseWithAwards)
TestRest = kit.suite(subjects.Rest)
TestRestCompared = kit.suite(subjects.RestCompared)
TestCsv = kit.suite(subjects.Csv)
TestXlsx = kit.suite(subjects.Xlsx)

UNCERTAIN = [fault for fault in (*faults.LOST, *faults.NONSENSE, *faults.TROUBLE) if "create" in fault.operations]


def test_every_connector_of_the_house_is_in_the_kit() -> None:
    found = [each for each in vars(subjects).values() if isinstance(each, type) and issubclass(each, kit.Subject)]
    assert set(registry.names()) == {each.system for each in found if each is not kit.Subject}


@pytest.fixture(scope="module")
def keyless() -> Iterator[Stage]:
    """Records that are created plainly, for there is no column for a key: repeated, they would be there twice."""
    stage = Stage(subjects.AirtableWithoutKey)
    yield stage
    stage.end()


@pytest.mark.parametrize("fault", UNCERTAIN, ids=str)
def test_records_without_a_key_are_made_once_too(keyless: Stage, fault: faults.Fault) -> None:
    matrix.survives(keyless, matrix.operation("create"), fault)

"""Nonprofit Cloud and NPSP with the hub: an application and its award are one record, and each keeps its own to itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cloud import APPLICATION, AWARD, CALL, GRANT, Cloud, cloud

CANARY = "CANARY-of-nobodys-business"


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Cloud]:
    with cloud(tmp_path) as found:
        yield found


def shared_grant(three: Cloud, **more: Any) -> str:
    org = three.orgs["orchard"]
    grant = next(row["Id"] for row in org.rows("RecordType") if row["DeveloperName"] == "Grant")
    fields = {
        "Name": CANARY, "StageName": "Application Submitted", "CloseDate": "2026-12-31", "RecordTypeId": grant,
        "Amount": 777001, "npsp__Requested_Amount__c": 777002, "npsp__Closed_Lost_Reason__c": CANARY, "Description": CANARY,
        "Commons_Title__c": "Roofs for the orchard school", "Commons_Summary__c": "Twelve classrooms under a dry roof.",
        "Commons_Organization__c": "Orchard School", "Commons_EIN__c": "12-3456789", "Commons_Ask__c": 20000,
        "Commons_Share__c": True,
    }  # fmt: skip
    return org.write(GRANT, None, fields | more)


def test_a_project_of_a_nonprofit_becomes_an_application_with_what_salesforce_requires(three: Cloud) -> None:
    shared_grant(three)
    three.sync()
    (made,) = three.rows("alder", APPLICATION)
    assert made["ApplicationName"] == "Roofs for the orchard school"
    assert made["Category"] == "Grant Application" and made["Status"] == "Invited"
    assert made["AppliedDate"].startswith(f"{three.time.now():%Y-%m-%d}")
    assert made["Commons_Ask__c"] == 20000 and made["RequestedAmount"] is None
    officer = next(r["Id"] for r in three.rows("alder", "User") if r["Email"] == "officer@alder.example")
    assert made["OwnerId"] == officer
    (grant,) = three.rows("orchard", GRANT)
    assert grant["Commons_Id__c"] == made["Commons_Id__c"] and grant["Commons_Status__c"] == "Open"


def test_an_award_counts_for_others_when_its_foundation_says_so_and_not_before(three: Cloud) -> None:
    shared_grant(three)
    three.sync()
    (made,) = three.rows("alder", APPLICATION)
    alder = three.orgs["alder"]
    alder.write(
        AWARD,
        None,
        {
            "Name": "Award",
            "Amount": 5000,
            "IndividualApplicationId": made["Id"],
            "DecisionDate": "2026-03-01T00:00:00Z",
        },
    )
    alder.write(APPLICATION, made["Id"], {"Status": "Approved"})

    def gap() -> Any:
        three.sync()
        three.sync()
        return [(row["Commons_Gap__c"], row["Commons_Funders__c"]) for row in three.rows("orchard", GRANT)]

    before = gap()
    alder.write(APPLICATION, made["Id"], {"Commons_Show_Our_Commitment__c": True})
    (after,) = gap()
    assert "20,000" in str(before[0][0]) and "15,000" in after[0] and after[1] == "1"
    (award,) = three.rows("alder", AWARD)
    alder.write(AWARD, award["Id"], {"Amount": 8000})  # a change of the award alone
    ((more, _),) = gap()
    assert "12,000" in more
    (grant,) = three.rows("orchard", GRANT)
    assert grant["StageName"] == "Application Submitted" and grant["Amount"] == 777001


def test_a_second_round_writes_nothing(three: Cloud) -> None:
    shared_grant(three)
    for _ in range(2):
        three.sync()
    before = three.writes()
    assert before
    results = three.sync()
    assert three.writes() == before and {result.state for result in results.values()} == {"done"}
    counts = results["alder"].counts
    assert (counts["calls_allowed"], counts["calls_stop"]) == (100_000, 80_000)
    assert 0 < counts["calls_used"] <= three.orgs["alder"].api.used


def test_two_awards_of_one_application_are_put_to_a_person_and_the_rest_goes_on(three: Cloud) -> None:
    shared_grant(three)
    three.sync()
    (made,) = three.rows("alder", APPLICATION)
    awards = [
        three.orgs["alder"].write(AWARD, None, {"Name": "Award", "Amount": 5000, "IndividualApplicationId": made["Id"]})
        for _ in range(2)
    ]
    result = three.sync()["alder"]
    assert result.state == "done" and result.counts["quarantined"] == 1
    three.orgs["alder"].write(AWARD, awards[0], {"Status": "Cancelled"})
    three.time.sleep(3600)
    result = three.sync()["alder"]
    assert result.state == "done" and not result.counts["quarantined"]


def test_a_call_travels_with_its_dates_and_opens_for_nobody_elsewhere(three: Cloud) -> None:
    three.orgs["alder"].write(
        CALL, None, {
            "Name": "Small grants 2026", "Description": "For schools.", "Status": "Active", "StartDate": "2026-04-01T00:00:00Z",
            "EndDate": "2026-05-31T17:00:00Z", "MaximumFundingAmount": 9000, "Commons_Funder__c": "Alder Foundation",
            "Commons_Eligibility__c": "<p>Schools with fewer than 200 pupils.</p>", "Commons_Share__c": True,
            "ApplicationInstructions": CANARY,
        },
    )  # fmt: skip
    three.sync()
    (made,) = three.rows("birch", CALL)
    assert (made["Name"], made["Status"], made["MaximumFundingAmount"]) == ("Small grants 2026", "Planned", 9000)
    assert made["StartDate"] == "2026-04-01T12:00:00.000+0000" and made["EndDate"] == "2026-05-31T17:00:00.000+0000"
    before = three.writes()
    three.sync()
    assert three.writes() == before
    (own,) = three.rows("alder", CALL)
    three.orgs["alder"].write(CALL, own["Id"], {"EndDate": "2026-06-15T12:00:00Z"})
    three.sync()
    (made,) = three.rows("birch", CALL)
    assert made["EndDate"] == "2026-06-15T12:00:00.000+0000" and made["Status"] == "Planned"


def test_what_is_internal_is_neither_asked_for_nor_kept(three: Cloud) -> None:
    shared_grant(three)
    three.sync()
    (made,) = three.rows("alder", APPLICATION)
    alder = three.orgs["alder"]
    alder.write(
        APPLICATION,
        made["Id"],
        {"InternalStatus": "Denied", "Description": CANARY, "FundingRequestPurpose": CANARY, "RequestedAmount": 777003},
    )
    award = alder.write(
        AWARD, None, {"Name": CANARY, "Amount": 5000, "IndividualApplicationId": made["Id"], "AwardNumber": CANARY}
    )
    alder.write("ApplicationReview", None, {"IndividualApplicationId": made["Id"], "Comment": CANARY})
    alder.write("ApplicationDecision", None, {"IndividualApplicationId": made["Id"], "Comment": CANARY})
    alder.write("Account", None, {"Name": "Orchard School", "Description": CANARY})
    for _ in range(3):
        three.sync()
    assert award and three.hub.engine
    said = three.said()
    assert "Roofs for the orchard school" in said  # it does look where something would be
    for word in (CANARY, "777001", "777002", "777003", "InternalStatus", "ApplicationReview", "ApplicationDecision",
                 "Closed_Lost_Reason", "AwardNumber", "FundingRequestPurpose", "ApplicationInstructions"):  # fmt: skip
        assert word not in said, word

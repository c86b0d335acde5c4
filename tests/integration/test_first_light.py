"""What a foundation would see in its own system, with the hub in processes of its own over loopback."""

from __future__ import annotations

from typing import Any

import pytest

from hub.demo.samples import SAFFRON
from hub.demo.seeds import OFFICER, REQUEST
from tests.town import TABLE, Town

KNOWN = SAFFRON[6]  # its organisation has an account in Alder's Salesforce


def account_name(town: Town, id: str) -> str:
    return next(row["Name"] for row in town.salesforce.rows("Account") if row["Id"] == id)


def user_id(town: Town, email: str) -> str:
    return next(row["Id"] for row in town.salesforce.rows("User") if row["Email"] == email)


def totals(town: Town, key: str) -> list[Any]:
    """What every other system shows of an opportunity: status, gap, funders."""
    fields = [row["fields"] for row in (*town.saffron.rows(TABLE), *town.corrie.rows(TABLE))]
    return [
        (
            f.get("Commons status"),
            f.get("Commons gap"),
            f.get("Commons funders"),
            f.get("Stage"),
            f.get("Amount awarded"),
        )
        for f in fields
        if f.get("Commons ID") == key
    ]


def test_an_imported_record_has_the_right_account_and_owner_and_its_pipeline_stays_at_home(town: Town) -> None:
    town.sync()
    copy = town.request(KNOWN.title[:80])
    assert account_name(town, copy["outfunds__Applying_Organization__c"]) == KNOWN.organisation
    assert copy["OwnerId"] == user_id(town, OFFICER)
    assert copy["outfunds__Status__c"] == "Invited"
    key, before = copy["Commons_Id__c"], totals(town, copy["Commons_Id__c"])
    assert before

    own = {"outfunds__Status__c": "Awarded", "outfunds__Awarded_Amount__c": 5000}
    town.salesforce.write(REQUEST, copy["Id"], own)
    town.sync()
    assert totals(town, key) == before

    town.salesforce.write(REQUEST, copy["Id"], {"Commons_Show_Our_Commitment__c": True})
    town.sync()
    after = totals(town, key)
    assert after != before and all(funders == 1 for _status, _gap, funders, *_rest in after)
    assert all(stage is None and amount is None for *_rest, stage, amount in after)  # named, yet not in their pipelines


def test_a_hub_killed_around_a_create_makes_no_second_record(town: Town) -> None:
    """A process as users start it; ``tests/crash`` kills at every place."""
    crashed = town.hub("sync", code=None, HUB_CRASH_AT="push.create.called")
    assert crashed.returncode == -9
    town.let_leases_run_out()
    results = town.sync()
    assert {result["state"] for result in results.values()} == {"done"}
    for rows, key in (
        ([row["fields"] for row in town.saffron.rows(TABLE)], "Commons ID"),
        ([row["fields"] for row in town.corrie.rows(TABLE)], "Commons ID"),
        (town.salesforce.rows(REQUEST), "Commons_Id__c"),
    ):
        keys = [row[key] for row in rows if row.get(key)]
        assert len(keys) == len(set(keys)) > 10
    written = len(town.writes())
    town.sync()
    assert len(town.writes()) == written


@pytest.mark.parametrize("place", ["pull.stored:2", "push.update.called"])
def test_a_hub_killed_anywhere_else_goes_on_where_it_stood(town: Town, place: str) -> None:
    assert town.hub("sync", code=None, HUB_CRASH_AT=place).returncode == -9
    town.let_leases_run_out()
    town.sync()
    results = town.sync()
    assert {result["state"] for result in results.values()} == {"done"}
    assert len([row for row in town.saffron.rows(TABLE) if row["fields"].get("Commons ID")]) == 35
    written = len(town.writes())
    town.sync()
    assert len(town.writes()) == written

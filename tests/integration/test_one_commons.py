"""One commons of Fluxx, Salesforce, Dataverse, Submittable and Airtable: each member works in its own system only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.commons import ledger
from hub.store import opportunities
from hub.store.tables import Commitment
from tests.integration.five import FUNDING_REQUEST, IMPORTERS, NAMES, SHOWN, TITLE, Five

AWARDS = {"salesforce": 5_000, "dataverse": 7_000, "submittable": 11_000, "airtable": 13_000, "fluxx": 17_000}
OPEN = dict.fromkeys(NAMES, "Open") | {
    "dataverse": "777000001", "submittable": "Published", "airtable": "Published",
}  # fmt: skip
PARTLY = dict.fromkeys(NAMES, "Partly funded") | {"dataverse": "777000002"}
WITHDRAWN = dict.fromkeys(NAMES, "Withdrawn") | {"dataverse": "777000005"}
MOVED_BY_THE_HUB = {"SystemModstamp", "LastModifiedDate", "modifiedon", "versionnumber"}


@pytest.fixture
def five(tmp_path: Path) -> Iterator[Five]:
    with Five(tmp_path) as commons:
        commons.share()
        commons.round()
        yield commons


def everywhere(value: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, value)


def positions(five: Five) -> dict[str, Commitment]:
    """The members' positions on the one project, as the hub keeps them."""
    with five.hub.reading() as conn:
        (row,) = conn.execute(opportunities.t.select()).all()
        return opportunities.commitments(conn, [row.id])[row.id]


def known_to(five: Five, reader: str) -> set[tuple[str | None, str, str | None]]:
    """Who is in, at which stage and with how much, as one member may know it."""
    found = ledger.lines(positions(five), reader, NAMES)
    return {(line.who, line.stage, line.amount["amount"] if line.amount else None) for line in found}


def test_shared_from_fluxx_it_is_in_every_other_system_after_one_round(five: Five) -> None:
    assert five.shown("title") == everywhere(TITLE)
    assert {float(ask) for ask in five.shown("ask").values()} == {120_000}
    assert five.shown("gap", IMPORTERS) == dict.fromkeys(IMPORTERS, "USD 120,000")
    five.round()
    assert five.shown("gap") == everywhere("USD 120,000") and five.shown("status") == OPEN
    assert [len(five.records(name)) for name in NAMES] == [1] * len(NAMES)


def test_an_edit_in_fluxx_is_everywhere_after_one_round_and_the_next_one_writes_nothing(five: Five) -> None:
    five.round()
    five.edit("fluxx", project_title="Deep wells for the upper valley", commons_ask=150_000)
    five.round()
    assert five.shown("title") == everywhere("Deep wells for the upper valley")
    assert {float(ask) for ask in five.shown("ask").values()} == {150_000}
    assert five.shown("gap") == everywhere("USD 150,000")
    written = five.writes()
    assert all(written.values()), "each system was written to, so that a count of writes can tell something"
    for _ in range(2):
        five.round()
        assert five.writes() == written


def test_stage_and_amount_of_each_reach_the_others_when_it_says_so_and_only_then(five: Five) -> None:
    five.round()
    for name, amount in AWARDS.items():
        five.commit(name, amount)
    five.round()
    held = positions(five)
    assert {name: held[name].facts["commitment.amount"]["amount"] for name in NAMES} == {
        name: str(amount) for name, amount in AWARDS.items()
    }
    assert all(held[name].facts["commitment.stage"] == "committed" for name in NAMES)
    assert five.shown("gap") == everywhere("USD 120,000") and five.shown("funders") == everywhere("0")
    assert all(known_to(five, reader) == set() for reader in NAMES)

    left, told = 120_000, set[Any]()
    for count, (name, amount) in enumerate(AWARDS.items(), 1):
        five.disclose(name)
        five.round()
        left -= amount
        told.add((NAMES[name], "committed", str(amount)))
        assert five.shown("gap") == everywhere(f"USD {left:,}"), name
        assert five.shown("funders") == everywhere(str(count)), name
        assert all(known_to(five, reader) == told for reader in NAMES)
    assert five.shown("status") == PARTLY
    assert pipelines(five) == OWN_PIPELINES, "a total is told; nobody's award stands in another member's pipeline"
    written = five.writes()
    five.round()
    assert five.writes() == written


def pipelines(five: Five) -> dict[str, list[Any]]:
    """Where the project stands in each member's own process, and with how much."""
    columns = {
        "fluxx": ("state", "grant_amount_funded"),
        "salesforce": ("outfunds__Status__c", "outfunds__Awarded_Amount__c"),
        "dataverse": ("msnfp_stage", "statecode"),
        "submittable": ("submissionStatus", "Our amount"),
        "airtable": ("Stage", "Amount awarded"),
    }
    return {name: [five.record(name)[column] for column in columns[name]] for name in NAMES}


OWN_PIPELINES = {
    "fluxx": ["granted", 17_000],
    "salesforce": ["Awarded", 5_000],
    "dataverse": [844060008, 0],
    "submittable": ["accepted", "11000"],
    "airtable": ["Committed", 13_000],
}


def test_withdrawing_in_fluxx_is_said_everywhere_and_closes_nobodys_grant(five: Five) -> None:
    five.round()
    for name, amount in AWARDS.items():
        five.commit(name, amount)
        five.disclose(name)
    five.settle(2)
    before = {name: five.record(name) for name in IMPORTERS}
    five.edit("fluxx", commons_share="")
    five.round()
    assert five.shown("status") == WITHDRAWN
    for name in IMPORTERS:
        after, said = five.record(name), {SHOWN[name]["status"], *MOVED_BY_THE_HUB}
        assert {c for c in after | before[name] if after.get(c) != before[name].get(c)} <= said, name
    assert pipelines(five) == OWN_PIPELINES
    assert {member for member, held in positions(five).items() if held.facts["commitment.stage"] == "committed"} == {
        *NAMES
    }
    written = five.writes()
    five.round()
    assert five.writes() == written


def test_a_currency_that_changes_elsewhere_changes_no_amount_of_ones_own(five: Five) -> None:
    """What Alder was asked for stands in the same record, in the same currency, and no mapping names it."""
    five.round()
    five.edit("salesforce", outfunds__Requested_Amount__c=40_000)
    five.edit("fluxx", commons_currency="EUR", commons_ask=110_000)
    five.settle(2)
    own = five.record("salesforce")
    assert (own["CurrencyIsoCode"], own["outfunds__Requested_Amount__c"], own["Commons_Ask__c"]) == (
        "USD",
        40_000,
        120_000,
    )
    assert own["Commons_Gap__c"] == "EUR 110,000"
    assert (five.record("dataverse")["commons_ask"], five.record("dataverse")["commons_currency"]) == (110_000, "EUR")
    assert (five.record("airtable")["Amount requested"], five.record("airtable")["Currency"]) == (110_000, "EUR")
    five.edit("fluxx", commons_currency="USD")
    five.settle(2)
    assert (five.record("salesforce")["Commons_Ask__c"], five.record("salesforce")["CurrencyIsoCode"]) == (
        110_000,
        "USD",
    )


def test_a_new_record_is_in_the_currency_of_the_project(five: Five) -> None:
    five.share(project_title="Night school", commons_currency="KES", commons_ask=900_000)
    five.round()
    (copy,) = [row for row in five.salesforce.rows(FUNDING_REQUEST) if row["Name"] == "Night school"]
    assert (copy["CurrencyIsoCode"], copy["Commons_Ask__c"]) == ("KES", 900_000)

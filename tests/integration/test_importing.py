"""What an officer is shown before an import is what the system then receives, over real sockets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.salesforce.records import body
from hub.app import Hub, open_hub
from hub.commons.imports import Choices, Refusal, pick
from hub.config_files import load
from hub.demo.samples import SAFFRON
from hub.demo.seeds import OFFICER, REQUEST
from hub.store import opportunities
from hub.store.tables import Opportunity, ReferenceQuestion
from hub.sync import preview
from hub.sync.preview import Preview
from hub.sync.run import sync_all
from tests.town import TABLE, Town

KNOWN, UNKNOWN = SAFFRON[6], SAFFRON[0]  # one organisation has an account in Alder's Salesforce, the other has not
ACCOUNTS = "outfunds__Applying_Organization__c"
HERE = "alder-salesforce"


@dataclass
class Alder:
    """Alder's officer, who imports by hand."""

    town: Town
    hub: Hub

    def sync(self, *names: str) -> None:
        results = sync_all(self.hub, names or ("saffron-airtable", HERE))
        assert {r.state for r in results} == {"done"}, [r.message for r in results]

    def opportunity(self, title: str) -> Opportunity:
        with self.hub.reading() as conn:
            row = conn.execute(opportunities.t.select().where(opportunities.t.c.title == title)).one()
        return Opportunity(**row._mapping)

    def preview(self, title: str, connection: str = HERE) -> Preview:
        row = self.opportunity(title)
        with preview.reader(self.hub, connection) as look:
            return preview.preview(look, row, {}, self.officer)

    def pick(self, title: str, choices: Choices | None = None, connection: str = HERE) -> None:
        pick(self.hub, self.opportunity(title).id, connection, self.officer, choices or Choices())

    @property
    def officer(self) -> str:
        from hub.store import people

        with self.hub.reading() as conn:
            return next(id for id, (name, _) in people.names(conn).items() if name == "Ruth Ferris")


@pytest.fixture
def alder(town: Town) -> Iterator[Alder]:
    town.invite()
    text = town.config.read_text()
    town.config.write_text(text.replace('import = "all"\nimporter', "importer").replace('import = "all"', ""))
    hub = open_hub(load(town.config))
    found = Alder(town, hub)
    found.sync("saffron-airtable", HERE)
    yield found
    hub.engine.dispose()


def wire(town: Town, since: int) -> list[Any]:
    return [call for call in list(town.salesforce.seen)[since:] if not call.path.endswith("/token")]


def received(town: Town, since: int) -> list[dict[str, Any]]:
    """What Salesforce got to create requests with."""
    return [c.json() for c in wire(town, since) if c.method in ("POST", "PATCH") and f"/{REQUEST}/" in c.path]


LONG = "Kitchen gardens for schools, and what grows between the walls of the yards when children water it"


@pytest.mark.parametrize("title", [KNOWN.title, LONG])
def test_salesforce_receives_exactly_what_was_shown(alder: Alder, title: str) -> None:
    there = next(row for row in alder.town.saffron.rows(TABLE) if row["fields"]["Title"] == KNOWN.title)
    alder.town.saffron.write(TABLE, there["id"], {"Title": title})
    alder.sync("saffron-airtable")
    shown = alder.preview(title)
    assert shown.alike == [] and not shown.silent and shown.settled is not None
    assert [record.fields["Name"] for record in shown.settled.found.values()] == [KNOWN.organisation]
    alder.pick(title)
    since = len(alder.town.salesforce.seen)
    alder.sync(HERE)
    (sent,) = received(alder.town, since)
    expected = {c: v for c, v in body(shown.columns).items() if c != "Commons_Id__c"}  # the key is in the path
    assert {c: str(v) for c, v in sent.items()} == {c: str(v) for c, v in expected.items()}
    named = {column for line in shown.lines for column in line.columns}
    assert shown.item.columns.keys() <= named, "no column is written that was not shown"
    owner = next(r["Id"] for r in alder.town.salesforce.rows("User") if r["Email"] == OFFICER)
    assert shown.columns["OwnerId"] == {"id": owner} and shown.settled.owners == {"OwnerId": OFFICER}
    line = next(line for line in shown.lines if line.path == "title")
    assert line.value == sent["Name"] == title[:80] and bool(line.missing) == (title == LONG)


def test_airtable_receives_exactly_what_was_shown(alder: Alder) -> None:
    title = alder.town.salesforce.rows(REQUEST)[0]["Name"]
    shown = alder.preview(title, "saffron-airtable")
    alder.pick(title, connection="saffron-airtable")
    since = len(alder.town.saffron.seen)
    alder.sync("saffron-airtable")
    calls = [c for c in list(alder.town.saffron.seen)[since:] if c.method == "PATCH"]
    (sent,) = [record["fields"] for call in calls for record in call.json()["records"]]
    assert {c: str(v) for c, v in sent.items()} == {c: str(v) for c, v in shown.columns.items()}


def test_looking_writes_nothing_anywhere(alder: Alder) -> None:
    since = len(alder.town.salesforce.seen)
    alder.preview(UNKNOWN.title)
    assert {c.method for c in wire(alder.town, since)} == {"GET"}
    assert all("queryAll" not in c.path for c in wire(alder.town, since)), "no listing of a whole object"
    assert len(wire(alder.town, since)) < 10


def test_an_organisation_that_is_not_there_is_created_first_and_nobody_is_asked_afterwards(alder: Alder) -> None:
    shown = alder.preview(UNKNOWN.title)
    assert shown.settled is not None and list(shown.settled.open) == [ACCOUNTS]
    wish, candidates = shown.settled.open[ACCOUNTS]
    assert candidates == [] and wish.fields["Name"] == UNKNOWN.organisation
    alder.pick(UNKNOWN.title, Choices(organisations={ACCOUNTS: "create"}))
    alder.sync(HERE)
    copy = alder.town.request(UNKNOWN.title[:80])
    accounts = {r["Id"]: r["Name"] for r in alder.town.salesforce.rows("Account")}
    assert accounts[copy[ACCOUNTS]] == UNKNOWN.organisation
    assert questions(alder) == ["linked"]
    written = len(alder.town.writes())
    alder.sync(HERE)
    assert len(alder.town.writes()) == written


def questions(alder: Alder) -> list[str]:
    with alder.hub.reading() as conn:
        return [row.state for row in conn.execute(vars(ReferenceQuestion)["__table__"].select())]


def test_of_several_organisations_the_chosen_one_is_written_and_nobody_is_asked_afterwards(alder: Alder) -> None:
    twin = alder.town.salesforce.write("Account", None, {"Name": KNOWN.organisation})
    shown = alder.preview(KNOWN.title)
    assert shown.settled is not None and not shown.settled.found
    _wish, candidates = shown.settled.open[ACCOUNTS]
    assert len(candidates) == 2 and twin in [record.id for record in candidates]
    alder.pick(KNOWN.title, Choices(organisations={ACCOUNTS: f"link:{twin}"}))
    alder.sync(HERE)
    assert alder.town.request(KNOWN.title)[ACCOUNTS] == twin and questions(alder) == ["linked"]


def test_a_field_that_shall_stay_empty_does(alder: Alder) -> None:
    alder.pick(UNKNOWN.title, Choices(organisations={ACCOUNTS: "skip"}))
    alder.sync(HERE)
    assert not alder.town.request(UNKNOWN.title)[ACCOUNTS] and questions(alder) == ["skipped"]
    with pytest.raises(Refusal):
        alder.pick(KNOWN.title, Choices(organisations={"Nonsense__c": "create"}))
    with pytest.raises(Refusal):
        alder.pick(KNOWN.title, Choices(organisations={ACCOUNTS: "link:"}))


def test_no_organisation_is_created_for_what_was_withdrawn_before_the_sync(alder: Alder) -> None:
    alder.pick(UNKNOWN.title, Choices(organisations={ACCOUNTS: "create"}))
    there = next(row for row in alder.town.saffron.rows(TABLE) if row["fields"]["Title"] == UNKNOWN.title)
    alder.town.saffron.write(TABLE, there["id"], {"Share": False})
    accounts = len(alder.town.salesforce.rows("Account"))
    alder.sync("saffron-airtable")
    alder.sync(HERE)
    assert len(alder.town.salesforce.rows("Account")) == accounts and questions(alder) == ["create"]


def test_no_call_of_an_import_mails_anybody(alder: Alder) -> None:
    """The REST API mails through actions, messages, tasks and assignment rules only; none is called, and the rules are off."""
    since = len(alder.town.salesforce.seen)
    alder.preview(UNKNOWN.title)
    alder.pick(UNKNOWN.title, Choices(organisations={ACCOUNTS: "create"}))
    alder.sync(HERE)
    calls = wire(alder.town, since)
    for call in calls:
        assert re.search(r"/services/data/v[\d.]+/(query|queryAll|limits|sobjects/[^/]+)(/|$)", call.path), call.path
        assert not re.search("action|email|message|task|contact|case|lead", call.path, re.I), call.path
    writes = [call for call in calls if call.method != "GET"]
    assert {re.search(r"sobjects/([^/]+)", call.path)[1] for call in writes} == {"Account", REQUEST}  # type: ignore[index]
    for call in writes:
        assert call.headers["sforce-auto-assign"] == "FALSE"
        assert not any("Email" in column for column in call.json())

    mark = len(alder.town.saffron.seen)
    title = alder.town.salesforce.rows(REQUEST)[0]["Name"]
    alder.preview(title, "saffron-airtable")
    alder.pick(title, connection="saffron-airtable")
    alder.sync("saffron-airtable")
    for call in list(alder.town.saffron.seen)[mark:]:
        assert call.path.endswith((f"/{TABLE}", "/tables", "/listRecords")), call.path


def test_a_record_that_is_there_already_is_shown_and_linked_without_being_overwritten(alder: Alder) -> None:
    org = next(r["Id"] for r in alder.town.salesforce.rows("Account") if r["Name"] == KNOWN.organisation)
    ours = {"Commons_Summary__c": "Our own words.", ACCOUNTS: org, "CurrencyIsoCode": KNOWN.currency}
    there = alder.town.salesforce.write(REQUEST, None, {"Name": f"{KNOWN.title[:70]} II", **ours})
    alder.town.salesforce.write(REQUEST, None, {"Name": "Quite another thing", ACCOUNTS: org})
    alder.sync(HERE)
    shown = alder.preview(KNOWN.title)
    assert shown.alike is not None
    assert [(r.id, r.why.value, r.free) for r in shown.alike] == [(there, "same organisation, like title", True)]
    alder.pick(KNOWN.title, Choices(record=there))
    before = len(alder.town.salesforce.rows(REQUEST))
    alder.sync(HERE)
    rows = alder.town.salesforce.rows(REQUEST)
    row = next(r for r in rows if r["Id"] == there)
    assert len(rows) == before and row["Commons_Id__c"] == alder.opportunity(KNOWN.title).id
    assert row["Commons_Summary__c"] == "Our own words." and row["Name"].endswith(" II")
    assert row["Commons_Ask__c"] is not None, "what was blank is filled in"
    assert alder.preview(KNOWN.title).alike == [
        type(shown.alike[0])(there, row["Name"], shown.alike[0].why.KEY, shown.alike[0].url)
    ]


def test_a_system_that_does_not_answer_is_said_plainly_and_the_fields_are_shown_all_the_same(alder: Alder) -> None:
    row = alder.opportunity(KNOWN.title)
    alder.town.salesforce.stop()
    with preview.reader(alder.hub, HERE) as look:
        shown = preview.preview(look, row, {}, alder.officer)
    assert shown.silent and shown.settled is None and shown.alike is None
    assert any(line.path == "title" and line.value == KNOWN.title[:80] for line in shown.lines)

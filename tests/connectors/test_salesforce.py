"""The Salesforce connector against its stand-in, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    Budget,
    CursorExpired,
    Draft,
    Edit,
    Gone,
    Invalid,
    Page,
    Record,
    Reference,
    Secret,
    Settings,
    Stale,
    Unseen,
    Wanted,
)
from connectors.salesforce import connector as system
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.feed import OVERLAP
from connectors.salesforce.sandbox import CLIENT_ID, CLIENT_SECRET, SalesforceSandbox
from connectors.transport import Transport
from mappings.language import load

REQUEST = "outfunds__Funding_Request__c"
ORGANISATION = "outfunds__Applying_Organization__c"
WANTED = Wanted(
    REQUEST,
    ("Name", "Commons_Id__c", "Commons_Share__c", "Commons_Ask__c", "Commons_Themes__c", ORGANISATION, "OwnerId"),
    "Commons_Id__c",
    {ORGANISATION: Reference("Account", ("Name", "EIN__c")), "OwnerId": Reference("User", ("Email",))},
)
SEED = {
    "users": [{"Email": "noor@cedar.example", "Name": "Noor Haddad"}],
    "accounts": [{"Name": "Olive Branch Schools", "EIN__c": "12-3456789"}, {"Name": "O'Rourke \\ Sons"}],
}


@pytest.fixture
def sandbox() -> Iterator[SalesforceSandbox]:
    with SalesforceSandbox(time=ManualTime()) as server:
        server.seed(SEED)
        yield server


def opened(sandbox: SalesforceSandbox, wanted: Wanted = WANTED, **options: Any) -> Salesforce:
    settings = Settings(
        "cedar",
        {"url": sandbox.url, "client_id": CLIENT_ID, "client_secret": Secret(CLIENT_SECRET), **options},
    )
    transport = Transport(hosts=system.hosts(settings), time=sandbox.time, jitter=lambda: 0.0)
    found = system.open(settings, wanted, transport)
    assert isinstance(found, Salesforce)
    return found


def add(sandbox: SalesforceSandbox, **fields: Any) -> str:
    return sandbox.org.insert(REQUEST, {"Name": "A project", **fields})


def account(sandbox: SalesforceSandbox) -> str:
    return next(row["Id"] for row in sandbox.org.rows("Account"))


def pages(connector: Salesforce, since: str | None = None) -> list[Page]:
    return list(connector.changes(since))


def names(found: list[Page]) -> list[Any]:
    return [record.fields["Name"] for page in found for record in page.records]


def only(connector: Salesforce, id: str) -> Record:
    found = connector.get([id])[id]
    assert isinstance(found, Record)
    return found


# --- reading -----------------------------------------------------------------


def test_a_full_scan_says_that_it_is_complete_on_its_last_page_only(sandbox: SalesforceSandbox) -> None:
    sandbox.api.most_a_page = 2
    for number in range(5):
        add(sandbox, Name=f"Project {number}")
    found = pages(opened(sandbox))
    assert names(found) == [f"Project {number}" for number in range(5)]
    assert [page.complete for page in found] == [False, False, True]
    assert [page.cursor is not None for page in found] == [False, False, True]


def test_a_change_feed_is_never_a_complete_scan(sandbox: SalesforceSandbox) -> None:
    add(sandbox)
    connector = opened(sandbox)
    assert not any(page.complete for page in pages(connector, pages(connector)[-1].cursor))


def test_only_the_wanted_columns_are_asked_for_and_answered(sandbox: SalesforceSandbox) -> None:
    add(sandbox, outfunds__Closed_reason__c="CANARY")
    (page,) = pages(opened(sandbox))
    assert set(page.records[0].fields) == set(WANTED.fields)
    assert "Closed_reason" not in sandbox.calls("GET", "queryAll")[0].query


def test_a_lookup_brings_the_columns_of_what_it_points_at(sandbox: SalesforceSandbox) -> None:
    add(sandbox, **{ORGANISATION: account(sandbox)})
    fields = pages(opened(sandbox))[0].records[0].fields
    assert fields[ORGANISATION] == {
        "id": account(sandbox),
        "Name": "Olive Branch Schools",
        "EIN__c": "12-3456789",
    }
    assert fields["OwnerId"] == {"id": sandbox.org.runs_as, "Email": "hub@integration.example"}


def test_an_unset_lookup_is_none(sandbox: SalesforceSandbox) -> None:
    add(sandbox)
    assert pages(opened(sandbox))[0].records[0].fields[ORGANISATION] is None


def test_numbers_come_without_floats_and_without_exponents(sandbox: SalesforceSandbox) -> None:
    for amount in ("12000.50", "12500000", "9007199254740993.01", "0"):
        add(sandbox, Commons_Ask__c=Decimal(amount))
    found = [record.fields["Commons_Ask__c"] for record in pages(opened(sandbox))[0].records]
    assert [type(value) in (int, Decimal) and "E" not in str(value) for value in found] == [True] * 4
    assert found == [Decimal("12000.50"), 12500000, Decimal("9007199254740993.01"), 0]


def test_the_cursor_stays_behind_the_newest_change_by_the_overlap(sandbox: SalesforceSandbox) -> None:
    add(sandbox, Name="old")
    sandbox.time.sleep(OVERLAP.total_seconds() + 1)
    add(sandbox, Name="new")
    connector = opened(sandbox)
    cursor = pages(connector)[-1].cursor
    assert names(pages(connector, cursor)) == ["new"]


@pytest.mark.parametrize("seconds", [1, 300, 600])
def test_a_change_that_becomes_visible_late_is_still_seen(sandbox: SalesforceSandbox, seconds: int) -> None:
    slow = add(sandbox, Name="slow")
    row = sandbox.org.tables[REQUEST].pop(slow)  # its transaction is still open
    sandbox.time.sleep(seconds)
    add(sandbox, Name="quick")
    connector = opened(sandbox)
    cursor = pages(connector)[-1].cursor
    sandbox.org.tables[REQUEST][slow] = row
    assert "slow" in names(pages(connector, cursor))


def test_changes_within_one_second_across_a_page_boundary_are_all_seen(sandbox: SalesforceSandbox) -> None:
    sandbox.api.most_a_page = 3
    for number in range(10):
        add(sandbox, Name=str(number))
    connector = opened(sandbox)
    found = pages(connector)
    assert names(found) == [str(number) for number in range(10)]
    assert len(names(pages(connector, found[-1].cursor))) == 10


def test_a_sync_without_changes_costs_two_calls(sandbox: SalesforceSandbox) -> None:
    add(sandbox)
    connector = opened(sandbox)
    cursor = pages(connector)[-1].cursor
    before = sandbox.api.used
    pages(connector, cursor)
    assert sandbox.api.used == before + 2


def test_the_cursor_never_moves_back(sandbox: SalesforceSandbox) -> None:
    add(sandbox)
    connector = opened(sandbox)
    cursors = [pages(connector)[-1].cursor or ""]
    sandbox.org.tables[REQUEST].clear()
    for _ in range(3):
        cursors.append(pages(connector, cursors[-1])[-1].cursor or "")
    assert cursors == sorted(cursors) and cursors[0]


def test_an_empty_object_still_gives_a_cursor_to_go_on_from(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox)
    (page,) = pages(connector)
    assert page.complete and page.cursor
    add(sandbox, Name="first")
    assert names(pages(connector, page.cursor)) == ["first"]


def test_a_deleted_record_is_told_by_the_same_list(sandbox: SalesforceSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox)
    cursor = pages(connector)[-1].cursor
    sandbox.time.sleep(60)
    sandbox.org.delete(REQUEST, id)
    (page,) = pages(connector, cursor)
    assert page.gone == (Gone(id),) and page.records == ()
    assert len(sandbox.calls("GET", "queryAll")) == 2


def test_a_record_back_from_the_recycle_bin_is_a_record_again(sandbox: SalesforceSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox)
    sandbox.org.delete(REQUEST, id)
    cursor = pages(connector)[-1].cursor
    sandbox.org.undelete(REQUEST, id)
    (page,) = pages(connector, cursor)
    assert page.gone == () and [record.id for record in page.records] == [id]


def test_a_cursor_older_than_the_recycle_bin_is_expired(sandbox: SalesforceSandbox) -> None:
    add(sandbox)
    connector = opened(sandbox)
    cursor = pages(connector)[-1].cursor
    sandbox.time.sleep(timedelta(days=16).total_seconds())
    with pytest.raises(CursorExpired):
        pages(connector, cursor)


def test_a_quiet_org_does_not_expire_a_cursor_that_is_in_use(sandbox: SalesforceSandbox) -> None:
    add(sandbox)
    connector = opened(sandbox)
    cursor = pages(connector)[-1].cursor
    for _ in range(5):
        sandbox.time.sleep(timedelta(days=7).total_seconds())
        cursor = pages(connector, cursor)[-1].cursor


def test_a_foreign_cursor_is_expired_not_a_crash(sandbox: SalesforceSandbox) -> None:
    for cursor in ("", "yesterday", "2026-01-01T00:00:00Z", "' OR Id != null", "2026-01-01T00:00:00Z x"):
        with pytest.raises(CursorExpired):
            pages(opened(sandbox), cursor)


def test_get_tells_gone_from_unseen(sandbox: SalesforceSandbox) -> None:
    here, deleted, purged = (add(sandbox) for _ in range(3))
    sandbox.org.delete(REQUEST, deleted)
    sandbox.org.delete(REQUEST, purged)
    sandbox.org.purge(REQUEST, purged)
    found = opened(sandbox).get([here, deleted, purged, "not an id", "0010000000ZZZZZ"])
    assert isinstance(found[here], Record)
    assert found[deleted] == Gone(deleted)
    assert all(isinstance(found[id], Unseen) for id in (purged, "not an id", "0010000000ZZZZZ"))


def test_both_lengths_of_an_id_are_the_same_record(sandbox: SalesforceSandbox) -> None:
    id = add(sandbox)
    found = opened(sandbox).get([id[:15], id])
    assert found[id[:15]] == found[id] and only(opened(sandbox), id).id == id


def test_many_ids_are_asked_for_in_addresses_short_enough(sandbox: SalesforceSandbox) -> None:
    ids = [add(sandbox) for _ in range(450)]
    found = opened(sandbox).get(ids)
    assert len(found) == 450 and all(isinstance(one, Record) for one in found.values())
    assert max(len(call.query) for call in sandbox.calls("GET", "queryAll")) < 12_000


@pytest.mark.parametrize("key", ["plain", "it's", 'back\\slash "quoted"', "line\nbreak", "' OR Name != '", "نص", "%_"])
def test_a_record_is_found_by_its_key_whatever_characters_it_has(sandbox: SalesforceSandbox, key: str) -> None:
    add(sandbox, Commons_Id__c="another")
    id = add(sandbox, Commons_Id__c=key)
    assert [record.id for record in opened(sandbox).find(key)] == [id]
    assert opened(sandbox).find(key + "x") == []


def test_a_deleted_record_is_not_found_by_its_key(sandbox: SalesforceSandbox) -> None:
    sandbox.org.delete(REQUEST, add(sandbox, Commons_Id__c="k"))
    assert opened(sandbox).find("k") == []


def test_a_column_name_that_is_more_than_a_name_never_reaches_a_query(sandbox: SalesforceSandbox) -> None:
    for name in ("Name FROM User", "Name, Email", "", "x'y", "Name)"):
        with pytest.raises(Invalid):
            opened(sandbox, Wanted(REQUEST, (name,)))
    with pytest.raises(Invalid):
        opened(sandbox, Wanted("User WHERE Id != null", ("Name",)))


# --- writing -----------------------------------------------------------------


def draft(key: str, **fields: Any) -> Draft:
    return Draft(key, {"Commons_Id__c": key, "Name": f"Project {key}", **fields})


def test_created_records_carry_their_key_and_come_back_as_they_stand(sandbox: SalesforceSandbox) -> None:
    owner = next(row["Id"] for row in sandbox.org.rows("User") if row["Email"] == "noor@cedar.example")
    connector = opened(sandbox)
    (made,) = connector.create(
        [draft("k1", Commons_Ask__c=Decimal("12000.5"), OwnerId=owner, **{ORGANISATION: {"id": account(sandbox)}})]
    )
    assert made.error is None and made.record and made.record.id == made.id
    assert made.record.fields["Commons_Ask__c"] == Decimal("12000.5")
    assert made.record.fields["OwnerId"] == {"id": owner, "Email": "noor@cedar.example"}
    assert made.record.fields[ORGANISATION]["Name"] == "Olive Branch Schools"
    assert [record.id for record in connector.find("k1")] == [made.id]


def test_an_owner_may_be_given_as_a_reference_too(sandbox: SalesforceSandbox) -> None:
    owner = next(row["Id"] for row in sandbox.org.rows("User") if row["Email"] == "noor@cedar.example")
    (made,) = opened(sandbox).create([draft("k1", OwnerId={"id": owner})])
    assert made.record and made.record.fields["OwnerId"]["id"] == owner


def test_creating_the_same_key_twice_leaves_one_record(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox)
    first, second = (connector.create([draft("k1")])[0] for _ in range(2))
    assert first.id == second.id and len(list(sandbox.org.rows(REQUEST))) == 1


def test_a_connection_without_a_key_field_creates_by_post(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox, Wanted(REQUEST, ("Name",)))
    assert not connector.capabilities.upsert and connector.capabilities.key == "none"
    (made,) = connector.create([Draft("k", {"Name": "Unkeyed"})])
    assert made.record and made.record.fields == {"Name": "Unkeyed"}
    assert len(sandbox.calls("POST", REQUEST)) == 1


def test_one_refused_draft_leaves_the_others_alone(sandbox: SalesforceSandbox) -> None:
    good, long, late = opened(sandbox).create([draft("a"), draft("b", Name="x" * 81), draft("c")])
    assert good.id and late.id and long.id is None
    assert isinstance(long.error, Invalid) and long.error.fields == ("Name",)
    assert "max" in str(long.error)


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"Nome": "x"}, "Nome"),
        ({"Name": None}, "Name"),
        ({"CurrencyIsoCode": "XXX"}, "CurrencyIsoCode"),
        ({"SystemModstamp": "2026-01-01T00:00:00Z"}, "SystemModstamp"),
        ({ORGANISATION: {"id": "nonsense"}}, ORGANISATION),
    ],
)
def test_what_salesforce_refuses_names_the_column(
    sandbox: SalesforceSandbox, fields: dict[str, Any], column: str
) -> None:
    (outcome,) = opened(sandbox).create([draft("k", **fields)])
    assert isinstance(outcome.error, Invalid) and outcome.error.fields == (column,)


def test_amounts_go_over_the_wire_digit_by_digit(sandbox: SalesforceSandbox) -> None:
    opened(sandbox).create([draft("k", Commons_Ask__c=Decimal("9007199254740993.10"))])
    assert b'"Commons_Ask__c":9007199254740993.10' in sandbox.calls("PATCH")[0].body


def test_an_edit_changes_its_columns_and_nothing_else(sandbox: SalesforceSandbox) -> None:
    id = add(sandbox, Commons_Themes__c="Health;Water", Commons_Ask__c=5)
    connector = opened(sandbox)
    (done,) = connector.update([Edit(id, {"Name": "New", "Commons_Ask__c": None}, only(connector, id))])
    assert done.record and done.record.fields["Name"] == "New"
    assert done.record.fields["Commons_Ask__c"] is None
    assert done.record.fields["Commons_Themes__c"] == "Health;Water"


def test_a_record_changed_since_it_was_read_is_stale_and_stays(sandbox: SalesforceSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox)
    before = only(connector, id)
    sandbox.time.sleep(2)
    sandbox.org.update(REQUEST, id, {"Name": "By somebody else"})
    (outcome,) = connector.update([Edit(id, {"Name": "By the hub"}, before)])
    assert isinstance(outcome.error, Stale)
    assert only(connector, id).fields["Name"] == "By somebody else"


def test_the_read_back_of_an_edit_is_a_version_to_edit_on(sandbox: SalesforceSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox)
    held = only(connector, id)
    for number in range(3):
        sandbox.time.sleep(5)
        (done,) = connector.update([Edit(id, {"Name": str(number)}, held)])
        assert done.record
        held = done.record
    assert held.fields["Name"] == "2"


def test_editing_a_deleted_record_is_stale(sandbox: SalesforceSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox)
    before = only(connector, id)
    sandbox.org.delete(REQUEST, id)
    (outcome,) = connector.update([Edit(id, {"Name": "x"}, before)])
    assert isinstance(outcome.error, Stale)


def test_a_batch_of_edits_is_read_back_by_one_query(sandbox: SalesforceSandbox) -> None:
    ids = [add(sandbox) for _ in range(5)]
    connector = opened(sandbox)
    held = connector.get(ids)
    before = len(sandbox.calls("GET", "queryAll"))
    edits = [Edit(id, {"Name": id}, held[id]) for id in ids if isinstance(held[id], Record)]  # type: ignore[arg-type]
    assert all(outcome.record for outcome in connector.update(edits))
    assert len(sandbox.calls("GET", "queryAll")) == before + 1


def test_deleting_what_is_gone_counts_as_done(sandbox: SalesforceSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox)
    assert [outcome.id for outcome in connector.delete([id, id])] == [id, id]
    assert connector.get([id])[id] == Gone(id)


def test_several_records_with_one_key_are_for_a_person(sandbox: SalesforceSandbox) -> None:
    columns = sandbox.org.objects[REQUEST].columns
    loose = {**columns, "Commons_Id__c": replace(columns["Commons_Id__c"], unique=False)}
    sandbox.org.objects[REQUEST] = replace(sandbox.org.objects[REQUEST], columns=loose)
    add(sandbox, Commons_Id__c="k")
    add(sandbox, Commons_Id__c="k")
    connector = opened(sandbox)
    (outcome,) = connector.create([draft("k")])
    assert isinstance(outcome.error, Invalid) and "Several records" in str(outcome.error)
    assert len(connector.find("k")) == 2


# --- what a record points at -------------------------------------------------


def test_an_organisation_is_looked_up_by_its_number_or_exact_name(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox)
    (by_number,) = connector.lookup("Account", {"EIN__c": "12-3456789"}, ["Name"])
    (by_name,) = connector.lookup("Account", {"Name": "O'Rourke \\ Sons"}, ["Name", "EIN__c"])
    assert by_number.fields == {"Name": "Olive Branch Schools"} and by_number.id == account(sandbox)
    assert by_name.fields == {"Name": "O'Rourke \\ Sons", "EIN__c": None}
    assert connector.lookup("Account", {"Name": "Nobody"}, ["Name"]) == []


def test_an_inactive_user_is_not_offered_as_an_owner(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox)
    (found,) = connector.lookup("User", {"Email": "noor@cedar.example"}, ["Email"])
    sandbox.org.update("User", found.id, {"IsActive": False})
    assert connector.lookup("User", {"Email": "noor@cedar.example"}, ["Email"]) == []


def test_a_new_organisation_can_be_added(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox)
    made = connector.add("Account", {"Name": "Fig Tree Clinic"})
    assert [record.id for record in connector.lookup("Account", {"Name": "Fig Tree Clinic"}, [])] == [made.id]
    assert isinstance(connector.add("Account", {}).error, Invalid)


# --- the connection test -----------------------------------------------------


def failed(connector: Salesforce) -> list[tuple[str, str]]:
    return [(check.name, check.fix) for check in connector.check() if not check.ok]


def test_a_working_connection_passes_every_step_and_writes_nothing(sandbox: SalesforceSandbox) -> None:
    assert failed(opened(sandbox)) == []
    assert [call.path for call in sandbox.seen if call.method != "GET"] == ["/services/oauth2/token"]


def test_each_thing_that_can_be_wrong_is_named_with_its_fix(sandbox: SalesforceSandbox) -> None:
    def first(wanted: Wanted = WANTED, **options: Any) -> tuple[str, str]:
        (problem, *_) = [check for check in opened(sandbox, wanted, **options).check() if not check.ok]
        assert problem.fix
        return problem.name, f"{problem.detail} {problem.fix}"

    assert first(api_version="v99.0")[0] == "address" and "v67.0" in first(api_version="v99.0")[1]
    assert (
        first(client_secret=Secret("wrong"))[0] == "sign-in"
        and "client_secret" in first(client_secret=Secret("wrong"))[1]
    )
    assert "hunter2" not in first(client_secret=Secret("hunter2"))[1]
    assert first(client_id="wrong")[0] == "sign-in" and "client_id" in first(client_id="wrong")[1]
    assert first(Wanted("outfunds__Nothing__c", ("Name",)))[0] == "object"
    name, text = first(Wanted(REQUEST, ("Name", "Commons_Sumary__c")))
    assert name == "fields" and "closest: Commons_Summary__c" in text
    name, text = first(Wanted(REQUEST, ("Name",), key="Commons_Gap__c"))
    assert name == "key" and "External ID" in text
    assert first(replace(WANTED, references={ORGANISATION: Reference("Contact", ("Email",))}))[0].startswith(
        "reference"
    )
    assert "EIN__c" in first(replace(WANTED, references={ORGANISATION: Reference("Account", ("EIN_c",))}))[1]


def test_the_connection_test_never_raises(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox)
    sandbox.stop()
    assert failed(connector)[0][0] == "address"


def test_describe_tells_types_lengths_and_what_may_be_written(sandbox: SalesforceSandbox) -> None:
    found = {field.name: field for field in opened(sandbox).describe()}
    assert found["Name"].required and found["Name"].length == 80
    assert found["Commons_Id__c"].unique and found["Commons_Id__c"].writable
    assert not found["outfunds__Total_Remaining__c"].writable
    assert found[ORGANISATION].references == "Account"
    assert "USD" in found["CurrencyIsoCode"].choices and found["outfunds__Status__c"].choices == ()


def test_the_orgs_use_of_its_calls_is_kept(sandbox: SalesforceSandbox) -> None:
    connector = opened(sandbox)
    pages(connector)
    assert connector.budget() == Budget(used=1, allowed=100_000, seconds=86_400, stop=80_000)


def test_the_shipped_mapping_fits_the_stand_in(sandbox: SalesforceSandbox) -> None:
    language = pytest.importorskip("mappings.language")
    mapping = language.load("salesforce-outbound-funds")
    references = {column: Reference(object, tuple(columns)) for column, (object, columns) in mapping.references.items()}
    wanted = Wanted(mapping.object, tuple(mapping.columns), mapping.key, references)
    assert failed(opened(sandbox, wanted)) == []
    add(sandbox, **{ORGANISATION: account(sandbox), "Commons_Themes__c": "Water;Education"})
    (record,) = pages(opened(sandbox, wanted))[0].records
    assert set(record.fields) == set(mapping.columns)


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (Path(__file__).parents[2] / "mappings").glob("salesforce-*.toml"))
)
def test_the_readme_names_every_field_that_a_shipped_mapping_needs_added(name: str) -> None:
    readme = (Path(__file__).parents[2] / "connectors" / "salesforce" / "README.md").read_text()
    ours = name == "salesforce-inbox"
    added = [
        column for column in load(name).columns if column.endswith("__c") and (ours or column.startswith("Commons_"))
    ]
    assert len(added) > 8 and [column for column in added if f"`{column}`" not in readme] == []
    assert f"`{name}`" in readme

"""The Dataverse connector against its stand-in, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import (
    ConnectorError,
    CursorExpired,
    Draft,
    Edit,
    Forbidden,
    Gone,
    Invalid,
    Page,
    RateLimited,
    Record,
    Reference,
    Secret,
    Settings,
    SignInFailed,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.dataverse import connector as system
from connectors.dataverse.connector import Dataverse
from connectors.dataverse.sandbox import CLIENT_ID, CLIENT_SECRET, TENANT, DataverseSandbox
from connectors.sandbox import Fault
from connectors.transport import Transport

REQUEST, AWARD, ACCOUNT = "msnfp_request", "msnfp_award", "account"
CODE, AMOUNT = "transactioncurrencyid.isocurrencycode", "msnfp_award.msnfp_awardamount"
PLAIN = Wanted(REQUEST, ("msnfp_name", "commons_id", "msnfp_amountrequested", "commons_status"), "commons_id")
WHOLE = Wanted(
    REQUEST,
    ("msnfp_name", "commons_id", "msnfp_recipientid", CODE, AMOUNT, "msnfp_award.msnfp_noticeofawarddate",
     "msnfp_award.transactioncurrencyid.isocurrencycode"),
    "commons_id",
    {"msnfp_recipientid": Reference(ACCOUNT, ("name", "commons_ein"))},
)  # fmt: skip


@pytest.fixture
def sandbox() -> Iterator[DataverseSandbox]:
    with DataverseSandbox(time=ManualTime()) as server:
        server.seed({"rows": {ACCOUNT: [{"name": "Olive Branch Schools", "commons_ein": "12-3456789"}]}})
        yield server


def opened(sandbox: DataverseSandbox, wanted: Wanted = PLAIN, **options: Any) -> Dataverse:
    whom = {"tenant": TENANT, "client_id": CLIENT_ID, "client_secret": Secret(CLIENT_SECRET)}
    settings = Settings("juniper", {"url": sandbox.url, "authority": sandbox.url, **whom, **options})
    transport = Transport(hosts=system.hosts(settings), time=sandbox.time, jitter=lambda: 0.0)
    found = system.open(settings, wanted, transport)
    assert isinstance(found, Dataverse)
    return found


def add(sandbox: DataverseSandbox, **values: Any) -> str:
    return sandbox.write(REQUEST, None, {"msnfp_name": "A project", **values})


def give(sandbox: DataverseSandbox, request: str, amount: int, **values: Any) -> str:
    own = {"msnfp_name": "A grant", "msnfp_awardamount": amount, "msnfp_requestid": (REQUEST, request)}
    return sandbox.write(AWARD, None, own | values)


def pages(connector: Dataverse, since: str | None = None) -> list[Page]:
    return list(connector.changes(since))


def records(found: list[Page]) -> list[Record]:
    return [record for page in found for record in page.records]


def names(found: list[Page]) -> list[Any]:
    return [record.fields["msnfp_name"] for record in records(found)]


def only(connector: Dataverse, id: str) -> Record:
    found = connector.get([id])[id]
    assert isinstance(found, Record)
    return found


def asked(sandbox: DataverseSandbox) -> list[str]:
    """The calls but those to sign in and to learn what the tables look like."""
    calls = [call for call in sandbox.seen if "/token" not in call.path and "EntityDefinitions" not in call.path]
    return [f"{call.method} {call.path.rpartition('/')[2]}" for call in calls]


# --- reading -----------------------------------------------------------------


def test_a_full_scan_says_that_it_is_complete_on_its_last_page_only(sandbox: DataverseSandbox) -> None:
    sandbox.lists.most = 2
    for number in range(5):
        add(sandbox, msnfp_name=f"Project {number}")
    found = pages(opened(sandbox))
    assert names(found) == [f"Project {number}" for number in range(5)]
    assert [page.complete for page in found] == [False, False, True]
    assert [page.cursor is not None for page in found] == [False, False, True]


def test_a_poll_of_5000_records_without_changes_is_one_call_for_all_tables(sandbox: DataverseSandbox) -> None:
    for number in range(5000):
        give(sandbox, add(sandbox, msnfp_name=f"Project {number}", commons_id=f"key-{number}"), 100)
    found = pages(opened(sandbox, WHOLE))
    assert len(records(found)) == 5000
    sandbox.seen.clear()
    (page,) = pages(opened(sandbox, WHOLE), found[-1].cursor)
    assert page.records == () and not page.complete and page.cursor
    assert asked(sandbox) == ["POST $batch"] and len(sandbox.seen) == 2  # a connector that is opened anew signs in


def test_where_feeds_may_not_be_asked_for_together_each_table_is_a_call(sandbox: DataverseSandbox) -> None:
    give(sandbox, add(sandbox), 100)
    connector = opened(sandbox, WHOLE, feeds_together=False)
    cursor = pages(connector)[-1].cursor
    sandbox.seen.clear()
    pages(connector, cursor)
    assert asked(sandbox) == ["GET msnfp_requests", "GET msnfp_awards"]


def test_changes_come_first_and_deletions_after_them(sandbox: DataverseSandbox) -> None:
    sandbox.lists.most = 1
    first, second = add(sandbox, msnfp_name="one"), add(sandbox, msnfp_name="two")
    connector = opened(sandbox)
    cursor = pages(connector)[-1].cursor
    sandbox.write(REQUEST, first, {"msnfp_name": "changed"})
    sandbox.remove(REQUEST, second)
    add(sandbox, msnfp_name="three")
    found = pages(connector, cursor)
    assert names(found) == ["changed", "three"]
    assert [gone.id for page in found for gone in page.gone] == [second]
    assert not any(page.complete for page in found)


def test_a_position_older_than_seven_days_expires(sandbox: DataverseSandbox) -> None:
    add(sandbox)
    connector = opened(sandbox)
    cursor = pages(connector)[-1].cursor
    sandbox.time.sleep(timedelta(days=7, seconds=1).total_seconds())
    with pytest.raises(CursorExpired, match="no longer knows"):
        pages(connector, cursor)
    assert names(pages(connector)) == ["A project"]


def test_any_refusal_of_a_position_in_dataverses_own_words_counts_as_expired(sandbox: DataverseSandbox) -> None:
    """What it answers exactly is not documented."""
    cursor = pages(opened(sandbox))[-1].cursor
    body = '{"error": {"code": "0x80040203", "message": "The version token is too old."}}'
    sandbox.misbehave(Fault("status", path="msnfp_requests", status=400, body=body))
    with pytest.raises(CursorExpired, match="too old"):
        pages(opened(sandbox), cursor)
    sandbox.misbehave(Fault("status", path="msnfp_requests", status=400, body="{}"))
    with pytest.raises(Unavailable, match="not Dataverse's"):
        pages(opened(sandbox), cursor)


def test_a_position_for_other_columns_expires(sandbox: DataverseSandbox) -> None:
    cursor = pages(opened(sandbox))[-1].cursor
    with pytest.raises(CursorExpired, match="other columns"):
        pages(opened(sandbox, WHOLE), cursor)


def test_a_link_that_leads_elsewhere_is_not_followed(sandbox: DataverseSandbox) -> None:
    connector = opened(sandbox)
    cursor = json.loads(pages(connector)[-1].cursor or "")
    cursor["links"][REQUEST] = "https://elsewhere.example/api/data/v9.2/msnfp_requests"
    with pytest.raises(Unavailable, match="not its own"):
        pages(connector, json.dumps(cursor))


def test_only_wanted_columns_are_asked_for_and_answered(sandbox: DataverseSandbox) -> None:
    give(sandbox, add(sandbox, msnfp_conflictofinterestdetail="CANARY"), 5, msnfp_justification="CANARY")
    (record,) = records(pages(opened(sandbox, WHOLE)))
    assert set(record.fields) == set(WHOLE.fields)
    asked_for = " ".join(call.query + call.body.decode() for call in sandbox.seen)
    assert "CANARY" not in repr(record) and "conflict" not in asked_for and "justification" not in asked_for


@pytest.mark.parametrize(
    "column",
    [
        "msnfp_amountrecommended",
        "msnfp_conflictofinterestdetail",
        "msnfp_award.msnfp_justification",
        "msnfp_review.msnfp_name",
    ],
)
def test_a_foundations_deliberations_are_refused_whatever_a_mapping_names(
    sandbox: DataverseSandbox, column: str
) -> None:
    with pytest.raises(Invalid, match="never read"):
        opened(sandbox, Wanted(REQUEST, ("msnfp_name", column)))
    assert list(sandbox.seen) == []


def test_a_request_comes_with_its_award_and_what_its_lookups_point_at(sandbox: DataverseSandbox) -> None:
    account = sandbox.rows(ACCOUNT)[0]["accountid"]
    id = add(sandbox, msnfp_recipientid=(ACCOUNT, account))
    give(sandbox, id, 9000, transactioncurrencyid={"transactioncurrency": {"isocurrencycode": "JOD"}})
    for record in (*records(pages(opened(sandbox, WHOLE))), only(opened(sandbox, WHOLE), id)):
        assert record.fields["msnfp_recipientid"] == {
            "id": account,
            "name": "Olive Branch Schools",
            "commons_ein": "12-3456789",
        }
        assert (record.fields[CODE], record.fields[AMOUNT]) == ("USD", 9000)
        assert record.fields["msnfp_award.transactioncurrencyid.isocurrencycode"] == "JOD"


def test_several_awards_add_up_the_latest_date_counts_and_inactive_ones_do_not(sandbox: DataverseSandbox) -> None:
    id = add(sandbox)
    give(sandbox, id, 9000, msnfp_noticeofawarddate="2026-01-05T00:00:00Z")
    give(sandbox, id, 500, msnfp_noticeofawarddate="2026-02-05T00:00:00Z")
    give(sandbox, id, 70000, statecode=1)
    fields = only(opened(sandbox, WHOLE), id).fields
    assert (fields[AMOUNT], fields["msnfp_award.msnfp_noticeofawarddate"]) == (9500, "2026-02-05T00:00:00Z")


def test_awards_in_several_currencies_are_told_as_several(sandbox: DataverseSandbox) -> None:
    """A field that takes one currency says so to a person, and guesses none."""
    id = add(sandbox)
    give(sandbox, id, 9000)
    give(sandbox, id, 500, transactioncurrencyid={"transactioncurrency": {"isocurrencycode": "KES"}})
    fields = only(opened(sandbox, WHOLE), id).fields
    assert fields["msnfp_award.transactioncurrencyid.isocurrencycode"] == ["USD", "KES"]


def test_an_award_that_changes_or_goes_shows_its_request_once_more(sandbox: DataverseSandbox) -> None:
    id = add(sandbox)
    add(sandbox, msnfp_name="another")
    award = give(sandbox, id, 9000)
    connector = opened(sandbox, WHOLE)
    cursor = pages(connector)[-1].cursor
    sandbox.write(AWARD, award, {"msnfp_awardamount": 100})
    found = pages(connector, cursor)
    assert [(record.id, record.fields[AMOUNT]) for record in records(found)] == [(id, 100)]
    sandbox.remove(AWARD, award)
    found = pages(connector, found[-1].cursor)
    assert [record.fields[AMOUNT] for record in records(found) if record.id == id] == [None]
    assert found[-1].complete  # whose it was is not told, so everything was read


def test_a_lookup_whose_target_may_not_be_seen_gives_its_id_alone(sandbox: DataverseSandbox) -> None:
    contact = sandbox.write("contact", None, {"fullname": "Somebody"})
    id = add(sandbox, msnfp_recipientid=("contact", contact))
    assert only(opened(sandbox, WHOLE), id).fields["msnfp_recipientid"] == {"id": contact}


def test_amounts_come_as_exact_numbers(sandbox: DataverseSandbox) -> None:
    for amount in ("12000.50", "12500000", "0"):
        add(sandbox, msnfp_amountrequested=Decimal(amount))
    found = [record.fields["msnfp_amountrequested"] for record in records(pages(opened(sandbox)))]
    assert found == [Decimal("12000.50"), 12500000, 0]
    assert all(type(value) in (int, Decimal) and "E" not in str(value) for value in found)


# --- one by one --------------------------------------------------------------


def test_gone_needs_dataverses_own_word_and_a_hidden_record_is_unseen(sandbox: DataverseSandbox) -> None:
    id, there = add(sandbox), add(sandbox)
    sandbox.remove(REQUEST, id)
    found = opened(sandbox).get([id, there, "no guid"])
    assert found[id] == Gone(id) and isinstance(found[there], Record) and isinstance(found["no guid"], Unseen)
    body = '{"error": {"code": "0x80040220", "message": "Principal user is missing prvReadmsnfp_request privilege"}}'
    sandbox.misbehave(Fault("status", path=f"({id})", status=403, body=body))
    hidden = opened(sandbox).get([id])[id]
    assert isinstance(hidden, Unseen) and "prvReadmsnfp_request" in hidden.reason
    sandbox.misbehave(Fault("status", path=f"({id})", status=404, body="<h1>Not found</h1>"))
    with pytest.raises(Unavailable):
        opened(sandbox).get([id])


def test_many_ids_are_few_calls(sandbox: DataverseSandbox) -> None:
    ids = [add(sandbox) for _ in range(200)]
    assert all(isinstance(found, Record) for found in opened(sandbox).get(ids).values())
    assert asked(sandbox) == ["POST $batch"]


def test_a_key_with_a_quote_is_found_and_nothing_else(sandbox: DataverseSandbox) -> None:
    id = add(sandbox, commons_id="o'hara & co/7")
    add(sandbox, commons_id="other")
    connector = opened(sandbox)
    assert [record.id for record in connector.find("o'hara & co/7")] == [id]
    assert connector.find("' or 1 eq 1 or commons_id eq '") == []


# --- writing -----------------------------------------------------------------


def test_an_edit_is_one_guarded_patch_in_a_batch_and_brings_its_record(sandbox: DataverseSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox)
    record = only(connector, id)
    (outcome,) = connector.update([Edit(id, {"msnfp_name": "New"}, record)])
    assert outcome.record is not None and outcome.record.fields["msnfp_name"] == "New"
    assert outcome.record.version != record.version
    body = sandbox.calls("POST", "$batch")[-1].body.decode()
    assert f"If-Match: {record.version}" in body and "odata.continue-on-error" in sandbox.seen[-1].headers["prefer"]


def test_an_edit_of_a_record_that_moved_or_went_is_stale_and_the_others_go_through(sandbox: DataverseSandbox) -> None:
    ids = [add(sandbox) for _ in range(3)]
    connector = opened(sandbox)
    edits = [Edit(id, {"msnfp_name": "ours"}, only(connector, id)) for id in ids]
    sandbox.write(REQUEST, ids[0], {"msnfp_name": "theirs"})
    sandbox.remove(REQUEST, ids[1])
    outcomes = connector.update(edits)
    assert isinstance(outcomes[0].error, Stale) and isinstance(outcomes[1].error, Stale) and outcomes[2].id == ids[2]
    assert [row["msnfp_name"] for row in sandbox.rows(REQUEST)] == ["theirs", "ours"]


def test_an_edit_without_a_known_version_never_creates(sandbox: DataverseSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox)
    sandbox.remove(REQUEST, id)
    (outcome,) = connector.update([Edit(id, {"msnfp_name": "back again"}, Record(id, {}))])
    assert isinstance(outcome.error, Stale) and sandbox.rows(REQUEST) == []
    assert b"If-Match: *" in sandbox.seen[-1].body


def test_a_new_record_is_written_by_its_key_so_that_there_are_never_two(sandbox: DataverseSandbox) -> None:
    connector = opened(sandbox)
    draft = Draft("key-1", {"msnfp_name": "Once", "commons_id": "key-1"})
    (first,) = connector.create([draft])
    (again,) = connector.create([draft])
    assert first.id == again.id and len(sandbox.rows(REQUEST)) == 1
    assert sandbox.rows(REQUEST)[0]["commons_id"] == "key-1"


def test_lookups_are_written_by_their_navigation_names(sandbox: DataverseSandbox) -> None:
    account, user = sandbox.rows(ACCOUNT)[0]["accountid"], sandbox.env.user
    fields = {"msnfp_name": "New", "msnfp_recipientid": {"id": account}, "ownerid": {"id": user}, CODE: "EUR"}
    (outcome,) = opened(sandbox, WHOLE).create([Draft("k", fields)])
    assert outcome.error is None
    (row,) = sandbox.rows(REQUEST)
    assert row["msnfp_recipientid"] == (ACCOUNT, account) and row["ownerid"] == ("systemuser", user)
    body = sandbox.calls("POST", "$batch")[-1].body.decode()
    assert f'"msnfp_RecipientId_account@odata.bind":"/accounts({account})"' in body
    assert only(opened(sandbox, WHOLE), str(outcome.id)).fields[CODE] == "EUR"


def test_a_lookup_is_emptied_by_null(sandbox: DataverseSandbox) -> None:
    id = add(sandbox, msnfp_recipientid={ACCOUNT: {"name": "Olive Branch Schools"}})
    connector = opened(sandbox, WHOLE)
    (outcome,) = connector.update([Edit(id, {"msnfp_recipientid": None}, only(connector, id))])
    assert outcome.error is None and sandbox.rows(REQUEST)[0]["msnfp_recipientid"] is None


def test_a_currency_that_the_environment_lacks_is_said_before_and_refused(sandbox: DataverseSandbox) -> None:
    connector = opened(sandbox, WHOLE)
    told = connector.refuses(CODE, "XAU")
    assert told is not None and "XAU" in told and connector.refuses(CODE, "EUR") is None
    (outcome,) = connector.create([Draft("k", {"msnfp_name": "New", CODE: "XAU"})])
    assert isinstance(outcome.error, Invalid) and sandbox.rows(REQUEST) == []


def test_a_column_of_an_award_is_never_written(sandbox: DataverseSandbox) -> None:
    id = add(sandbox)
    connector = opened(sandbox, WHOLE)
    (outcome,) = connector.update([Edit(id, {AMOUNT: 5}, only(connector, id))])
    assert isinstance(outcome.error, Invalid) and 'way = "in"' in str(outcome.error)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("msnfp_name", "x" * 101, "100 characters"),
        ("commons_status", 5, "does not offer 5"),
        ("msnfp_amountrequested", Decimal(10) ** 15, "at most"),
    ],
)
def test_what_a_column_cannot_hold_is_known_beforehand(
    sandbox: DataverseSandbox, column: str, value: Any, words: str
) -> None:
    connector = opened(sandbox)
    told = connector.refuses(column, value)
    assert told is not None and words in told
    (outcome,) = connector.create([Draft("k", {"msnfp_name": "x", column: value})])  # and the system agrees
    assert isinstance(outcome.error, Invalid)


def test_deleting_what_is_gone_counts_as_done(sandbox: DataverseSandbox) -> None:
    id, gone = add(sandbox), add(sandbox)
    sandbox.remove(REQUEST, gone)
    assert [outcome.id for outcome in opened(sandbox).delete([id, gone])] == [id, gone]
    assert sandbox.rows(REQUEST) == []


def test_an_organisation_that_a_person_asked_for_is_added_and_found(sandbox: DataverseSandbox) -> None:
    connector = opened(sandbox)
    outcome = connector.add(ACCOUNT, {"name": "Lantern Street Learning"})
    (found,) = connector.lookup(ACCOUNT, {"name": "Lantern Street Learning"}, ("name",))
    assert found.id == outcome.id


def test_the_requests_of_an_organisation_are_found_with_a_link_for_people(sandbox: DataverseSandbox) -> None:
    account = sandbox.rows(ACCOUNT)[0]["accountid"]
    id = add(sandbox, msnfp_recipientid=(ACCOUNT, account))
    add(sandbox, msnfp_name="Another's")
    connector = opened(sandbox, WHOLE)
    (found,) = connector.lookup(REQUEST, {"msnfp_recipientid": account}, ("msnfp_name", "msnfp_recipientid"))
    assert found.id == id and found.fields == {"msnfp_name": "A project", "msnfp_recipientid": account}
    assert found.url is not None and found.url.endswith(f"pagetype=entityrecord&id={id}")
    for wrong in ({"msnfp_recipientid": "x' or 1 eq 1"}, {AMOUNT: "5"}):
        with pytest.raises(Invalid):
            connector.lookup(REQUEST, wrong, ("msnfp_name",))


def test_a_user_who_left_owns_nothing(sandbox: DataverseSandbox) -> None:
    sandbox.write("systemuser", None, {"fullname": "Gone", "internalemailaddress": "g@j.example", "isdisabled": True})
    assert opened(sandbox).lookup("systemuser", {"internalemailaddress": "g@j.example"}, ()) == []


# --- trouble -----------------------------------------------------------------


def test_a_token_is_renewed_before_it_ends_and_when_it_was_taken_away(sandbox: DataverseSandbox) -> None:
    add(sandbox)
    connector = opened(sandbox)
    for moment in (0.0, 3550.0):
        sandbox.time.sleep(moment)
        pages(connector)
    sandbox.sign_in.end_all()
    assert names(pages(connector)) == ["A project"]
    assert len(sandbox.calls("POST", "/token")) == 3
    assert all(call.status == 200 for call in sandbox.seen if "/token" in call.path)


def test_too_many_calls_wait_as_told_or_say_for_how_long(sandbox: DataverseSandbox) -> None:
    connector = opened(sandbox)
    pages(connector)
    sandbox.api.most_calls = 1
    with pytest.raises(RateLimited) as raised:
        pages(connector)
    assert raised.value.wait > 290
    sandbox.time.sleep(270)
    slept = len(sandbox.time.slept)
    pages(connector)
    assert 25 < sum(sandbox.time.slept[slept:]) < 60


def test_too_many_calls_inside_a_batch_are_said_of_their_part(sandbox: DataverseSandbox) -> None:
    connector = opened(sandbox)
    pages(connector)
    sandbox.time.sleep(400)
    sandbox.api.most_calls = 2
    drafts = [Draft(f"k{n}", {"msnfp_name": "x", "commons_id": f"k{n}"}) for n in range(2)]
    first, second = connector.create(drafts)
    assert first.error is None and isinstance(second.error, RateLimited)
    assert second.error.wait > 200 and len(sandbox.rows(REQUEST)) == 1


@pytest.mark.parametrize(
    ("status", "code", "expected", "words"),
    [
        (403, "0x80040220", Forbidden, "prvWritemsnfp_request"),
        (403, "0x80072560", Forbidden, "application user"),
        (400, "0x80040265", Invalid, "plug-in"),
        (412, "0x80040237", Invalid, "another row"),
        (412, "", Stale, "prvWritemsnfp_request"),
        (401, "0x0", SignInFailed, "app registration"),
        (413, "0x80040203", Invalid, "0x80040203"),
        (501, "0x80040203", Unavailable, "0x80040203"),
    ],
)
def test_each_refusal_says_what_to_do(
    sandbox: DataverseSandbox, status: int, code: str, expected: type[ConnectorError], words: str
) -> None:
    told = json.dumps(
        {"error": {"code": code, "message": "User is missing prvWritemsnfp_request; another row has it."}}
    )
    connector = opened(sandbox)
    sandbox.misbehave(Fault("status", method="GET", path="msnfp_requests", status=status, body=told, times=2))
    with pytest.raises(expected) as raised:
        pages(connector)
    assert words.lower() in str(raised.value).lower()


def test_nothing_shows_the_secret(sandbox: DataverseSandbox) -> None:
    with pytest.raises(SignInFailed) as raised:
        pages(opened(sandbox, client_secret=Secret("hunter2-hunter2")))
    assert "7000215" in str(raised.value) and "secret's value" in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("url", ["yourorg.crm.dynamics.com", "https://yourorg.crm.dynamics.com/api/data/v9.2/", ""])
def test_an_address_that_is_no_environment_is_refused_with_an_example(sandbox: DataverseSandbox, url: str) -> None:
    with pytest.raises(Invalid, match="yourorg"):
        opened(sandbox, url=url)

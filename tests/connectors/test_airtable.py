"""The Airtable connector against its stand-in over real sockets, and the stand-in against another client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyairtable
import pytest
import requests
from pyairtable.formulas import match

from connectors.airtable.api import BATCH, CALLS_A_BASE, PAGE, WAIT_ON_429
from connectors.airtable.connector import AirtableTable, open_table
from connectors.airtable.sandbox import AirtableSandbox
from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import ManualTime
from connectors.contract import (
    Ambiguous,
    Draft,
    Edit,
    Forbidden,
    Invalid,
    QuotaSpent,
    RateLimited,
    Record,
    Secret,
    Settings,
    SignInFailed,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.sandbox import Fault
from connectors.transport import Transport

BASE, TOKEN, ROWS = "appTestBase000001", "patTest.secret", "Projects & plans"
FIELDS = [
    {"name": "Title", "type": "singleLineText"},
    {"name": "Notes", "type": "multilineText"},
    {"name": "Commons ID", "type": "singleLineText"},
    {"name": "Amount", "type": "number", "options": {"precision": 2}},
    {"name": "Share", "type": "checkbox"},
    {"name": "Theme", "type": "multipleSelects", "options": {"choices": [{"name": "Water"}, {"name": "Health"}]}},
]
WANTED = Wanted(ROWS, ("Title", "Commons ID", "Amount", "Share", "Theme"), "Commons ID")


@pytest.fixture
def sandbox() -> Iterator[AirtableSandbox]:
    seed = {"base": BASE, "token": TOKEN, "tables": {ROWS: {"fields": FIELDS, "records": []}}}
    with serve_airtable(seed, time=ManualTime()) as server:
        yield server


def opened(sandbox: AirtableSandbox, token: str = TOKEN, wanted: Wanted = WANTED, **options: Any) -> AirtableTable:
    settings = Settings("mine", {"url": sandbox.api, "base": BASE, "token": Secret(token)} | options)
    transport = Transport(hosts=[sandbox.url.split("//")[1]], time=sandbox.time, jitter=lambda: 0.0, allow_http=True)
    return open_table(settings, wanted, transport)


def fill(sandbox: AirtableSandbox, count: int) -> list[str]:
    return [sandbox.write(ROWS, None, {"Title": f"Project {n}"}) for n in range(count)]


def read(connector: AirtableTable) -> list[Record]:
    return [record for page in connector.changes(None) for record in page.records]


def waits(sandbox: AirtableSandbox) -> float:
    """Seconds that passed on the sandbox's clock, which the connector shares."""
    return sandbox.time.now().timestamp()


def test_a_list_comes_in_pages_and_only_the_last_says_that_it_is_whole(sandbox: AirtableSandbox) -> None:
    ids = fill(sandbox, 2 * PAGE + 5)
    pages = list(opened(sandbox).changes(None))
    assert [len(page.records) for page in pages] == [PAGE, PAGE, 5]
    assert [page.complete for page in pages] == [False, False, True]
    assert {record.id for page in pages for record in page.records} == set(ids)


def test_a_column_that_is_not_wanted_is_not_asked_for(sandbox: AirtableSandbox) -> None:
    sandbox.write(ROWS, None, {"Title": "One", "Notes": "private"})
    (record,) = read(opened(sandbox))
    assert "Notes" not in record.fields
    (call,) = sandbox.calls("GET", "Projects")
    assert "Notes" not in call.query and "Title" in call.query


def test_empty_cells_are_absent(sandbox: AirtableSandbox) -> None:
    id = sandbox.write(ROWS, None, {"Title": "One", "Share": True, "Amount": 5})
    connector = opened(sandbox)
    (record,) = read(connector)
    (outcome,) = connector.update([Edit(id, {"Share": False, "Amount": None, "Theme": []}, record)])
    assert outcome.error is None
    (record,) = read(connector)
    assert {k: v for k, v in record.fields.items() if v is not None} == {"Title": "One"}


def test_writes_go_in_batches_and_a_key_makes_them_repeatable(sandbox: AirtableSandbox) -> None:
    connector = opened(sandbox)
    drafts = [Draft(f"key-{n}", {"Commons ID": f"key-{n}", "Title": f"T{n}"}) for n in range(2 * BATCH + 3)]
    first = connector.create(drafts)
    assert len(sandbox.calls("PATCH")) == 3 and all(o.error is None for o in first)
    again = connector.create(drafts)
    assert [o.id for o in again] == [o.id for o in first] and len(sandbox.rows(ROWS)) == len(drafts)


def test_five_calls_a_second_are_kept_without_being_told(sandbox: AirtableSandbox) -> None:
    fill(sandbox, 11 * PAGE)
    began = waits(sandbox)
    assert len(read(opened(sandbox))) == 11 * PAGE
    assert waits(sandbox) - began >= 2.0 > 10 / CALLS_A_BASE - 0.5
    assert all(call.status == 200 for call in sandbox.seen)


def test_after_a_429_it_waits_thirty_seconds_and_goes_on(sandbox: AirtableSandbox) -> None:
    fill(sandbox, 3)
    body = '{"errors":[{"error":"RATE_LIMIT_REACHED","message":"Rate limit exceeded."}]}'
    sandbox.misbehave(Fault("status", method="GET", path="Projects", status=429, body=body))
    began = waits(sandbox)
    assert len(read(opened(sandbox))) == 3
    assert waits(sandbox) - began >= WAIT_ON_429


def test_a_429_without_end_is_not_hammered(sandbox: AirtableSandbox) -> None:
    sandbox.misbehave(Fault("status", status=429, times=1000))
    with pytest.raises((RateLimited, Unavailable)):
        read(opened(sandbox))
    assert len(sandbox.seen) <= 6


def test_a_spent_month_is_no_reason_to_wait(sandbox: AirtableSandbox) -> None:
    body = '{"error":{"type":"PUBLIC_API_BILLING_LIMIT_EXCEEDED","message":"x"}}'
    sandbox.misbehave(Fault("status", status=429, body=body, headers={"Content-Type": "application/json"}, times=9))
    with pytest.raises(QuotaSpent, match="next month"):
        read(opened(sandbox))


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        (
            401,
            '{"error":{"type":"AUTHENTICATION_REQUIRED","message":"Authentication required"}}',
            SignInFailed,
            "make a new one",
        ),
        (
            403,
            '{"error":{"type":"INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND","message":"x"}}',
            Forbidden,
            "does not tell them apart",
        ),
        (404, '{"error":"NOT_FOUND"}', Forbidden, "NOT_FOUND"),
        (422, '{"error":{"type":"UNKNOWN_FIELD_NAME","message":"Unknown field name: \\"Titel\\""}}', Invalid, "Titel"),
        (402, '{"error":{"type":"PAYMENT_REQUIRED","message":"x"}}', QuotaSpent, "plan"),
    ],
)
def test_both_envelopes_of_refusals_are_read(
    sandbox: AirtableSandbox, status: int, body: str, error: type[Exception], says: str
) -> None:
    sandbox.misbehave(Fault("status", status=status, body=body, headers={"Content-Type": "application/json"}, times=9))
    with pytest.raises(error, match=says) as caught:
        read(opened(sandbox))
    assert TOKEN not in str(caught.value) and "Projects & plans" in str(caught.value)


def test_what_cannot_be_seen_is_never_called_gone(sandbox: AirtableSandbox) -> None:
    id, other = fill(sandbox, 2)
    sandbox.remove(ROWS, id)
    found = opened(sandbox).get([id, other])
    assert isinstance(found[id], Unseen) and isinstance(found[other], Record)
    sandbox.misbehave(Fault("status", status=403, body='{"error":"NOT_FOUND"}', times=9))
    with pytest.raises(Forbidden):
        opened(sandbox).get([other])


@pytest.mark.parametrize("what", ["html", "truncate"])
def test_a_page_that_is_no_page_is_refused_and_nothing_of_it_counts(sandbox: AirtableSandbox, what: Any) -> None:
    fill(sandbox, PAGE + 1)
    sandbox.misbehave(Fault(what, method="GET", path="Projects", times=9, skip=1))
    pages = opened(sandbox).changes(None)
    assert next(pages).complete is False
    with pytest.raises(Unavailable):
        next(pages)


def test_a_write_whose_answer_was_lost_is_ambiguous(sandbox: AirtableSandbox) -> None:
    sandbox.misbehave(Fault("drop_after", method="PATCH", times=9))
    try:
        (outcome,) = opened(sandbox).create([Draft("k", {"Commons ID": "k", "Title": "One"})])
        assert isinstance(outcome.error, Ambiguous)
    except Ambiguous:
        pass
    assert len(sandbox.rows(ROWS)) == 1


def test_one_refused_record_fails_alone_and_says_which_column(sandbox: AirtableSandbox) -> None:
    drafts = [Draft(f"k{n}", {"Commons ID": f"k{n}", "Amount": "many" if n == 1 else n}) for n in range(3)]
    outcomes = opened(sandbox).create(drafts)
    assert [o.error is None for o in outcomes] == [True, False, True]
    assert isinstance(outcomes[1].error, Invalid) and "Amount" in str(outcomes[1].error)


def test_a_missing_table_or_column_has_a_fix(sandbox: AirtableSandbox) -> None:
    steps = opened(sandbox, wanted=Wanted("Nowhere", ("Title",), None)).check()
    assert any(not s.ok and s.fix for s in steps)
    steps = opened(sandbox, wanted=Wanted(ROWS, ("Title", "Titel"), None)).check()
    assert any(not s.ok and "Titel" in s.detail + s.fix for s in steps)


def test_another_client_reads_and_writes_the_stand_in(sandbox: AirtableSandbox) -> None:
    sandbox.limit.calls = None  # it waits on a clock of its own
    api = pyairtable.Api(TOKEN, endpoint_url=sandbox.url)
    table = api.table(BASE, ROWS)
    made = table.batch_create([{"Title": f"Project {n}", "Amount": n + 0.5} for n in range(23)])
    assert len(made) == 23 == len(table.all())
    assert [r["fields"]["Title"] for r in table.all(formula=match({"Title": "Project 7"}))] == ["Project 7"]
    table.update(made[0]["id"], {"Share": True, "Theme": ["Water"]})
    assert table.get(made[0]["id"])["fields"] == {
        "Title": "Project 0",
        "Amount": 0.5,
        "Share": True,
        "Theme": ["Water"],
    }
    upserted = table.batch_upsert(
        [{"fields": {"Title": "Project 1", "Notes": "again"}}, {"fields": {"Title": "New"}}], key_fields=["Title"]
    )
    assert len(upserted["createdRecords"]) == 1 and len(upserted["updatedRecords"]) == 1
    assert table.batch_delete([made[1]["id"], made[2]["id"]])[0]["deleted"]
    assert len(table.all()) == 22
    with pytest.raises(requests.HTTPError):
        table.get(made[1]["id"])
    assert {field.name for field in table.schema().fields} == {f["name"] for f in FIELDS}

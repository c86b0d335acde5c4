"""What the connector makes of a publisher's list: columns, changes that no stamp tells of, pages that shift, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.commongrants import columns, connector
from connectors.commongrants.connector import OpenCalls
from connectors.commongrants.sandbox import CommonGrantsSandbox, serve
from connectors.contract import (
    CursorExpired,
    Draft,
    Forbidden,
    Gone,
    Invalid,
    Record,
    Secret,
    Settings,
    SignInFailed,
    Unseen,
    Wanted,
)
from connectors.sandbox import Fault
from connectors.transport import Transport
from hub.conformance.subject import read

FIELDS = ("title", "description", "status")
Open = Callable[..., Any]


@pytest.fixture
def there() -> Iterator[CommonGrantsSandbox]:
    with serve(time=ManualTime()) as sandbox:
        sandbox.lists.most = 2
        yield sandbox


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def opened(there: CommonGrantsSandbox, held: ExitStack) -> Open:
    def make(fields: tuple[str, ...] = FIELDS, **options: Any) -> Any:
        settings = Settings("state", {"url": there.url, **options})
        way = Transport(hosts=connector.hosts(settings), time=there.time, allow_http=True, jitter=lambda: 0.5)
        held.callback(way.close)
        return connector.open(settings, Wanted("opportunities", fields), way)

    return make


def calls(there: CommonGrantsSandbox, count: int, hours: float = 1) -> list[str]:
    """So many calls, one every so many hours, the oldest first."""
    ids = []
    for number in range(count):
        there.time.sleep(hours * 3600)
        ids.append(there.write(None, {"title": f"Call {number}"}))
    return ids


# --- columns

CALL: dict[str, Any] = {
    "id": "0b0e6a5c-0000-4000-8000-000000000001",
    "title": " R&D  <b>grants</b> ",
    "status": {"value": "custom", "customValue": "Rolling", "description": "Open all year"},
    "funding": {
        "totalAmountAvailable": {"amount": "1000000.", "currency": "USD"},
        "minAwardAmount": {"amount": ".50", "currency": "zzzz"},
        "maxAwardAmount": {"amount": "about 5", "currency": "USD"},
        "estimatedAwardCount": 4,
    },
    "keyDates": {
        "postDate": {"name": "Posted", "eventType": "dateRange", "startDate": "2026-02-01", "startTime": "09:00:00",
                     "endDate": "2026-02-03"},
        "closeDate": {"name": "Due", "eventType": "other", "details": "Every other Tuesday"},
        "otherDates": {"q.a": {"name": "Questions", "date": "2026-03-01", "time": "5pm"}},
    },
    "acceptedApplicantTypes": [
        {"value": "non_profit_with_501c3"}, {"value": "custom", "customValue": "Water boards"}, {"value": "martians"},
        {"value": "individual", "description": "Residents"}, {"value": "martians"}, None,
    ],
    "customFields": {
        "agency": {"name": "Agency", "fieldType": "object", "value": {"name": "Office of Rivers"}},
        "gov.grants@agency": {"name": "x", "fieldType": "object", "value": {"code": "OR"}},
        "attachments": {"name": "A", "fieldType": "array",
                        "value": [{"downloadUrl": "https://a.example/1"}, {}, {"downloadUrl": "https://a.example/2"}]},
        "nothing": {"name": "N", "fieldType": "string", "value": None},
        "bare": "not a custom field",
    },
    "source": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("title", " R&D  <b>grants</b> "),
        ("status", "custom: Rolling"),
        ("status.value", "custom"),
        ("funding.totalAmountAvailable.amount", Decimal(1000000)),
        ("funding.minAwardAmount.amount", Decimal("0.50")),
        ("funding.minAwardAmount.currency", "zzzz"),
        ("funding.maxAwardAmount.amount", "about 5"),
        ("funding.estimatedAwardCount", 4),
        ("keyDates.postDate.starts", "2026-02-01T09:00:00"),
        ("keyDates.postDate.ends", "2026-02-03"),
        ("keyDates.closeDate.ends", "Every other Tuesday"),
        ("keyDates.closeDate.date", None),
        ("keyDates.otherDates.q.a.ends", "2026-03-01"),
        ("keyDates.otherDates.q.a.time", "5pm"),
        ("keyDates.otherDates.none.ends", None),
        ("acceptedApplicantTypes", "Nonprofits with 501(c)(3) status; Water boards; martians; Residents"),
        ("customFields.agency.name", "Office of Rivers"),
        ("customFields.agency.code", None),
        ("customFields.gov.grants@agency.code", "OR"),
        ("customFields.attachments.downloadUrl", ["https://a.example/1", "https://a.example/2"]),
        ("customFields.nothing", None),
        ("customFields.bare", None),
        ("customFields.none.of.these", None),
        ("source", None),
    ],
)
def test_a_column_is_a_part_of_the_call_and_its_text_is_never_cleaned(column: str, value: Any) -> None:
    assert columns.known(column) and columns.value(CALL, column) == value


@pytest.mark.parametrize("call", [{}, {"status": "open", "keyDates": "soon", "customFields": [1], "funding": None}])
def test_a_call_without_what_is_optional_has_none_of_it(call: dict[str, Any]) -> None:
    optional = [name for name in columns.OFFERED if name != "status"] + [
        "customFields.a.b",
        "keyDates.otherDates.a.ends",
    ]
    assert {columns.value(call, name) for name in optional} == {None}


def test_what_is_offered_has_the_custom_fields_that_are_there_and_those_that_are_mapped(
    there: CommonGrantsSandbox, opened: Open
) -> None:
    there.write(None, {"title": "A", "customFields.fiscalYear": 2026})
    offered = {field.name: field for field in opened(("title", "customFields.agency.name", "budget")).describe()}
    assert offered.keys() >= {"customFields.fiscalYear", "customFields.agency.name", "keyDates.closeDate.ends"}
    assert "budget" not in offered and offered["status.value"].choices == ("forecasted", "open", "closed", "custom")
    assert not any(field.writable for field in offered.values())


# --- changes


def test_a_poll_reads_the_beginning_only(there: CommonGrantsSandbox, opened: Open) -> None:
    calls(there, 40, hours=6)
    connector = opened()
    _, cursor, complete = read(connector)
    assert complete
    there.write(None, {"title": "New"})
    before = len(there.seen)
    records, _, _ = read(connector, cursor)
    assert "New" in {record.fields["title"] for record in records.values()} and len(there.seen) - before <= 6


def test_rows_out_of_order_by_less_than_the_overlap_are_found(there: CommonGrantsSandbox, opened: Open) -> None:
    ids = calls(there, 30)
    connector = opened()
    _, cursor, _ = read(connector)
    there.write(ids[0], {"title": "Changed"})
    late = there.time.now() - timedelta(hours=20, minutes=30)  # another machine's clock, or an index that is behind
    there.publisher.calls[ids[0]]["lastModifiedAt"] = late.isoformat()
    records, _, _ = read(connector, cursor)
    assert records[ids[0]].fields["title"] == "Changed"


def test_a_list_in_no_order_is_read_to_its_end(there: CommonGrantsSandbox, opened: Open) -> None:
    ids = calls(there, 30, hours=12)
    there.lists.order = "title"
    connector = opened()
    _, cursor, _ = read(connector)
    there.write(ids[0], {"description": "Changed, at the very end of the list"})
    there.write(ids[0], {"title": "A"})
    records, _, _ = read(connector, cursor)
    assert records[ids[0]].fields["title"] == "A"


def test_a_stamp_in_the_future_hides_no_later_change(there: CommonGrantsSandbox, opened: Open) -> None:
    ids = calls(there, 14, hours=12)
    there.publisher.calls[ids[13]]["lastModifiedAt"] = "2099-01-01T00:00:00Z"
    connector = opened()
    _, cursor, _ = read(connector)
    for round in ("first", "second"):
        there.time.sleep(3600)
        for id in ids[:9]:
            there.write(id, {"title": f"Changed a {round} time"})
        records, cursor, _ = read(connector, cursor)
        assert {records[id].fields["title"] for id in ids[:9]} == {f"Changed a {round} time"}


def test_calls_without_readable_stamps_are_all_read_every_time(there: CommonGrantsSandbox, opened: Open) -> None:
    ids = calls(there, 7, hours=12)
    for id in ids:
        there.publisher.calls[id]["lastModifiedAt"] = "lately"
    connector = opened()
    _, cursor, _ = read(connector)
    assert read(connector, cursor)[0].keys() == set(ids)


def test_after_a_day_no_position_is_trusted(there: CommonGrantsSandbox, opened: Open) -> None:
    calls(there, 3)
    connector = opened()
    _, cursor, _ = read(connector)
    for hours in (12, 11):
        there.time.sleep(hours * 3600)
        _, cursor, _ = read(connector, cursor)
    there.time.sleep(2 * 3600)
    with pytest.raises(CursorExpired):
        read(connector, cursor)
    assert read(opened(everything_hours=72))[2]


def test_a_clock_that_was_set_back_makes_everything_be_read(there: CommonGrantsSandbox, opened: Open) -> None:
    calls(there, 3)
    _, cursor, _ = read(opened())
    back = ManualTime(there.time.now() - timedelta(days=400))
    settings = Settings("state", {"url": there.url})
    way = Transport(hosts=connector.hosts(settings), time=back, allow_http=True)
    with pytest.raises(CursorExpired):
        read(connector.open(settings, Wanted("opportunities", FIELDS), way), cursor)
    way.close()


# --- pages that shift


def test_a_row_on_two_pages_is_one_record(there: CommonGrantsSandbox, opened: Open) -> None:
    ids = calls(there, 7)
    there.lists.repeats = True
    shown = [record.id for page in opened().changes(None) for record in page.records]
    assert sorted(shown) == sorted(ids)


def test_of_two_copies_of_a_row_the_newer_is_the_last_word(there: CommonGrantsSandbox, opened: Open) -> None:
    ids = calls(there, 6)
    there.time.sleep(60)
    there.write(ids[3], {"title": "Newer on the first page, older on the third"})
    pages = opened().changes(None)
    shown = [*next(pages).records]
    there.write(ids[0], {"title": "Edited while the list is read"})
    there.write(None, {"title": "Pushes all others one row on"})
    there.lists.behind.add(ids[3])
    shown += [record for page in pages for record in page.records]
    last = {record.id: record.fields["title"] for record in shown}
    assert last[ids[3]] == "Newer on the first page, older on the third"
    assert last[ids[0]] == "Edited while the list is read" and last.keys() >= set(ids)


def test_a_row_that_a_shift_hid_is_found_by_going_through_the_list_again(
    there: CommonGrantsSandbox, opened: Open
) -> None:
    ids = calls(there, 8)
    pages = opened().changes(None)
    shown = [*next(pages).records]
    there.remove(ids[7])  # was on the first page: the first row of the second slips onto it
    everything = list(pages)
    shown += [record for page in everything for record in page.records]
    assert {record.id for record in shown} == set(ids)
    assert everything[-1].complete and everything[-1].cursor


def test_a_wrong_count_hides_nothing_and_makes_no_scan_complete(there: CommonGrantsSandbox, opened: Open) -> None:
    ids = calls(there, 5)
    for off in (-1, 3):
        there.lists.off = off
        records, cursor, complete = read(opened())
        assert cursor and not complete and records.keys() == set(ids)


def test_without_a_count_the_list_is_read_to_its_end_and_never_complete(
    there: CommonGrantsSandbox, opened: Open
) -> None:
    ids = calls(there, 5)
    there.lists.counts = False
    records, _, complete = read(opened())
    assert records.keys() == set(ids) and not complete


def test_rows_that_are_no_calls_are_set_aside_and_hide_no_others(there: CommonGrantsSandbox, opened: Open) -> None:
    ids = calls(there, 3)
    there.publisher.calls[ids[1]]["id"] = 5
    pages = list(opened().changes(None))
    assert {record.id for page in pages for record in page.records} == {ids[0], ids[2]}
    (refused,) = [row for page in pages for row in page.refused]
    assert "row 2 of page 1" in refused.place and not pages[-1].complete


# --- old copies


def test_an_old_copy_in_the_list_is_read_by_its_id(there: CommonGrantsSandbox, opened: Open) -> None:
    first, second = calls(there, 2)
    connector = opened()
    _, cursor, _ = read(connector)
    there.time.sleep(60)
    there.write(first, {"title": "New"})
    _, cursor, _ = read(connector, cursor)
    there.lists.behind.add(first)
    for since in (cursor, None):
        records, _, _ = read(connector, since)
        assert records[first].fields["title"] == "New"
    there.get_lags(3600)
    there.publisher._frozen[first]["lastModifiedAt"] = "2020-01-01T00:00:00Z"
    records, _, complete = read(connector)
    assert first not in records and second in records and not complete, "both are behind: what was read before stands"


def test_a_publisher_that_went_back_to_a_backup_is_believed_after_some_days(
    there: CommonGrantsSandbox, opened: Open
) -> None:
    (only,) = calls(there, 1)
    connector = opened()
    _, cursor, _ = read(connector)
    there.publisher.calls[only] |= {"title": "As in the backup", "lastModifiedAt": "2026-01-01T00:00:00Z"}
    assert only not in read(connector, cursor)[0]
    calls(there, 1, hours=48)
    _, cursor, _ = read(opened(), None)
    assert read(opened(), cursor)[0][only].fields["title"] == "As in the backup"


# --- one call


def test_only_the_protocols_own_word_makes_a_call_gone(there: CommonGrantsSandbox, opened: Open) -> None:
    (id,) = calls(there, 1)
    connector = opened()
    assert isinstance(connector.get([id.upper()])[id.upper()], Record)
    assert isinstance(connector.get(["nobody"])["nobody"], Gone)
    simpler = '{"data": {}, "message": "Not found", "status_code": 404, "errors": []}'
    there.misbehave(Fault("status", path=id, status=404, body=simpler, headers={"Content-Type": "application/json"}))
    assert isinstance(connector.get([id])[id], Gone)
    for body in ("", "<h1>404</h1>", '{"detail": "Not Found"}', '{"message": "Not found", "errors": []}'):
        there.misbehave(Fault("status", path=id, status=404, body=body))
        assert isinstance(connector.get([id])[id], Unseen), body


# --- refusals


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        (Fault("status", status=401, times=9, body='{"message": "No key"}'), SignInFailed, "No key"),
        (Fault("status", status=403, times=9, body='{"message": "Forbidden"}'), Forbidden, "this key"),
        (Fault("status", status=404, times=9), Invalid, "before /common-grants/"),
        (Fault("status", status=422, times=9, body='{"errors": [{"message": "too many"}]}'), Invalid, "too many"),
    ],
)
def test_a_refusal_says_what_to_do(
    there: CommonGrantsSandbox, opened: Open, fault: Fault, error: type[Exception], says: str
) -> None:
    there.misbehave(fault)
    with pytest.raises(error, match=says):
        read(opened())
    failed = [step for step in opened().check() if not step.ok]
    assert failed and all(step.fix for step in failed)


def test_a_busy_publisher_is_waited_for(there: CommonGrantsSandbox, opened: Open) -> None:
    ids = calls(there, 25)
    there.lists.most, there.limit.calls = 1, 20
    there.time.slept.clear()  # type: ignore[attr-defined]
    records, _, _ = read(opened())
    assert records.keys() == set(ids)
    assert 429 in {seen.status for seen in there.seen} and 30 < max(there.time.slept) < 60


def test_calls_leave_no_faster_than_they_may(there: CommonGrantsSandbox, opened: Open) -> None:
    calls(there, 12)
    there.lists.most, there.limit.calls = 1, 6
    read(opened(calls_a_minute=6))
    assert {seen.status for seen in there.seen} == {200}


@pytest.mark.parametrize(
    "options",
    [{"url": ""}, {"key_as": "cookie"}, {"page_size": 0}, {"overlap_hours": "24"}, {"everything_hours": True}],
)
def test_an_option_that_cannot_be_is_named(opened: Open, options: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=next(iter(options))):
        opened(**options)


def test_nothing_can_be_written(there: CommonGrantsSandbox, opened: Open) -> None:
    connector: OpenCalls = opened()
    (outcome,) = connector.create([Draft("k", {"title": "A"})])
    assert isinstance(outcome.error, Invalid) and not connector.capabilities.writes and not there.seen


@pytest.mark.parametrize(("key_as", "header"), [("X-API-Key", "x-api-key"), ("bearer", "authorization")])
def test_the_key_goes_where_the_publisher_takes_it(
    there: CommonGrantsSandbox, opened: Open, key_as: str, header: str
) -> None:
    there.publisher.key, there.publisher.key_as = "k3y", key_as
    ids = calls(there, 1)
    assert read(opened(key=Secret("k3y"), key_as=key_as))[0].keys() == set(ids)
    assert "k3y" in there.seen[-1].headers[header]


# --- the connection test


def test_the_check_says_what_the_publisher_cannot_tell(there: CommonGrantsSandbox, opened: Open) -> None:
    calls(there, 3)
    there.lists.counts, there.lists.order = False, ""
    steps = {step.name: step for step in opened().check()}
    assert all(step.ok for step in steps.values())
    assert "never noticed" in steps["vanished calls"].detail and "whole list" in steps["changes"].detail


def test_the_check_finds_a_field_that_the_protocol_does_not_have(there: CommonGrantsSandbox, opened: Open) -> None:
    calls(there, 1)
    (failed,) = [step for step in opened(("titel",)).check() if not step.ok]
    assert "'titel'" in failed.detail and "'title'" in failed.fix


def test_the_check_finds_that_single_calls_cannot_be_asked_for(there: CommonGrantsSandbox, opened: Open) -> None:
    (id,) = calls(there, 1)
    there.misbehave(Fault("status", path=id, status=404))
    (failed,) = [step for step in opened().check() if not step.ok]
    assert failed.name == "read one call"

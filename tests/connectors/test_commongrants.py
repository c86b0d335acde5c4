"""The CommonGrants connector against its stand-in over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.commongrants.connector import open_source
from connectors.commongrants.sandbox import CommonGrantsSandbox, serve
from connectors.contract import (
    Connector,
    CursorExpired,
    Invalid,
    Page,
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

HOUR = 3600
WANTED = Wanted("opportunities", ("title", "status.value"))


@pytest.fixture
def source() -> Iterator[CommonGrantsSandbox]:
    with serve({"api_key": "the-key"}, time=ManualTime()) as server:
        yield server


def opened(source: CommonGrantsSandbox, *columns: str, **options: Any) -> Connector:
    settings = Settings("mine", {"url": source.url, "api_key": Secret("the-key")} | options)
    way = Transport(hosts=[source.url.split("//")[1]], time=source.time, jitter=lambda: 0.0, allow_http=True)
    return open_source(settings, Wanted("opportunities", columns) if columns else WANTED, way)


def fill(source: CommonGrantsSandbox, count: int) -> list[str]:
    ids = []
    for n in range(count):
        ids.append(source.write(None, {"title": f"Call {n}"}))
        source.time.sleep(HOUR)
    return ids


def read(connector: Connector, since: str | None = None) -> tuple[dict[str, Any], Page]:
    pages = list(connector.changes(since))
    records = [record for page in pages for record in page.records]
    assert len({record.id for record in records}) == len(records), "a record is shown twice"
    return {record.id: record.fields["title"] for record in records}, pages[-1]


def lists(source: CommonGrantsSandbox) -> int:
    return len(source.calls("GET", "/common-grants/opportunities"))


def test_everything_is_read_once_and_only_the_newest_afterwards(source: CommonGrantsSandbox) -> None:
    ids, connector = fill(source, 1000), opened(source, full_every=10_000)
    records, page = read(connector)
    assert records.keys() == set(ids) and page.complete and lists(source) == 10
    source.write(ids[3], {"title": "Edited"})
    later, after = read(connector, page.cursor)
    assert later[ids[3]] == "Edited" and lists(source) == 10 + 4, "one page with news, three without"
    assert not after.complete and len(later) < 500


def test_an_edit_that_does_not_move_the_time_is_found_by_the_whole_list(source: CommonGrantsSandbox) -> None:
    ids, connector = fill(source, 600), opened(source, full_every=24)
    _, page = read(connector)
    source.stuck = True
    source.write(ids[0], {"title": "Edited in silence"})
    records, page = read(connector, page.cursor)
    assert ids[0] not in records
    source.time.sleep(24 * HOUR)
    records, page = read(connector, page.cursor)
    assert records[ids[0]] == "Edited in silence" and page.complete


def test_a_list_out_of_order_hides_no_change_for_longer_than_the_next_whole_list(source: CommonGrantsSandbox) -> None:
    ids, connector = fill(source, 250), opened(source, full_every=10_000)
    _, page = read(connector)
    source.shuffled = True
    source.write(ids[120], {"title": "Edited"})
    records, _ = read(connector, page.cursor)
    assert records[ids[120]] == "Edited", "three pages without news, not one, end a reading"


def test_pages_that_shift_while_they_are_read_lose_and_double_nothing(source: CommonGrantsSandbox) -> None:
    ids, connector = fill(source, 250), opened(source)
    answered = source.listed

    def listed() -> list[dict[str, Any]]:
        rows = answered()
        if lists(source) == 1:
            source.write(ids[0], {"title": "To the top"})
        return rows

    source.listed = listed  # type: ignore[method-assign]
    records, page = read(connector)
    assert records.keys() == set(ids) and page.complete


def test_a_list_that_shows_fewer_than_it_says_is_not_called_complete(source: CommonGrantsSandbox) -> None:
    fill(source, 5)
    item = '{"id": "a", "title": "One", "lastModifiedAt": "2026-01-01T00:00:00Z"}'
    first = f'{{"items": [{item}], "paginationInfo": {{"page": 1, "totalItems": 5, "totalPages": 1}}}}'
    source.misbehave(Fault("status", status=200, body=first, times=9))
    records, page = read(opened(source))
    assert len(records) == 1 and not page.complete and page.cursor is None and lists(source) == 3


def test_a_list_that_does_not_say_how_long_it_is_is_read_to_its_end(source: CommonGrantsSandbox) -> None:
    source.untold, source.most = True, 7
    ids = fill(source, 21)
    records, page = read(opened(source))
    assert records.keys() == set(ids) and page.complete and lists(source) == 4


def test_what_is_no_opportunity_is_set_aside(source: CommonGrantsSandbox) -> None:
    body = '{"items": [{"id": "a", "title": "One"}, null, {"title": "no id"}], "paginationInfo": {"page": 1, "totalPages": 1}}'
    source.misbehave(Fault("status", status=200, body=body, times=9))
    pages = list(opened(source).changes(None))
    assert [record.id for record in pages[0].records] == ["a"] and len(pages[0].refused) == 2 and not pages[0].complete


def test_another_page_than_was_asked_for_is_not_taken(source: CommonGrantsSandbox) -> None:
    source.misbehave(Fault("status", status=200, body='{"items": [], "paginationInfo": {"page": 2}}'))
    with pytest.raises(Unavailable, match="page 2 came where page 1"):
        read(opened(source))


def test_the_columns_of_a_call(source: CommonGrantsSandbox) -> None:
    cells = {
        "funding.maxAwardAmount": {"amount": "50000.00", "currency": "USD"},
        "funding.minAwardAmount": None,
        "keyDates.postDate": {"name": "Posted", "eventType": "singleDate", "date": "2026-01-05"},
        "keyDates.closeDate": {"name": "Window", "startDate": "2026-01-05", "endDate": "2026-03-01"},
        "customFields.agency": {
            "name": "agency",
            "fieldType": "object",
            "value": {"code": "X", "name": "Office of Wells"},
        },
        "acceptedApplicantTypes": [{"value": "custom", "customValue": "Parishes"}, {"value": "organization"}],
    }
    id = source.write(None, {"title": "Wells"} | cells)
    asked = (
        "title", "status.value", "funding.maxAwardAmount.amount", "funding.maxAwardAmount.currency", "keyDates.postDate",
        "funding.minAwardAmount.amount", "keyDates.closeDate", "customFields.agency", "acceptedApplicantTypes", "source",
    )  # fmt: skip
    found = opened(source, *asked).get([id])[id]
    assert isinstance(found, Record)
    assert list(found.fields.values()) == [
        "Wells", "open", Decimal("50000.00"), "USD", "2026-01-05", None, "2026-03-01", "Office of Wells",
        ["Parishes", "organization"], None,
    ]  # fmt: skip


def test_what_is_not_found_is_unseen_and_odd_ids_are_not_asked_for(source: CommonGrantsSandbox) -> None:
    (id,) = fill(source, 1)
    source.hide = {id}
    found = opened(source).get([id, "nothing", "../secrets"])
    assert isinstance(found[id], Record) and all(isinstance(found[x], Unseen) for x in ("nothing", "../secrets"))
    assert not any("secrets" in call.path for call in source.seen)


def test_the_key_is_sent_under_its_name_and_missed_with_a_fix(source: CommonGrantsSandbox) -> None:
    with pytest.raises(SignInFailed, match="key_header"):
        read(opened(source, key_header="Authorization"))
    (step,) = opened(source, api_key=Secret("wrong")).check()
    assert not step.ok and "api_key" in step.fix and "wrong" not in step.detail
    assert [step.ok for step in opened(source).check()] == [True]


@pytest.mark.parametrize("cursor", ["", "{}", "[2, 3, 4]", '["1", "x", "y"]', '[1, "yesterday", "today"]'])
def test_a_position_that_is_not_ours_starts_over(source: CommonGrantsSandbox, cursor: str) -> None:
    with pytest.raises(CursorExpired):
        read(opened(source), cursor)


def test_nothing_is_ever_written(source: CommonGrantsSandbox) -> None:
    connector = opened(source)
    assert isinstance(connector.delete(["a"])[0].error, Invalid) and not connector.capabilities.writes
    with pytest.raises(Invalid, match="read only"):
        open_source(Settings("mine", {"url": source.url}), Wanted("opportunities", ("title",), "title"), None)  # type: ignore[arg-type]

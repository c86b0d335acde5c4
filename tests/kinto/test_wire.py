"""What Kinto really says, and what the connector makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.clock import ManualTime
from connectors.contract import CursorExpired, Draft, Edit, Gone, Invalid, Page, Record, Stale, Unseen, Wanted
from tests.kinto.between import Between
from tests.kinto.connector import Kinto
from tests.kinto.server import Bucket, Office
from tests.kinto.world import settings, transport


@pytest.fixture
def office(bucket: Bucket) -> Office:
    return bucket.collection("rows")


@pytest.fixture
def kinto_of(bucket: Bucket, between: Between) -> Callable[..., Kinto]:
    wanted = Wanted("rows", ("title", "commons_id"), "commons_id")
    return lambda page=3: Kinto(
        settings(bucket, between.port, page=page), wanted, transport(between.port, ManualTime())
    )


def read(connector: Kinto, since: str | None = None) -> tuple[list[Page], str]:
    pages = list(connector.changes(since))
    return pages, pages[-1].cursor or since or ""


def ids(pages: list[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def test_a_scan_in_pages_is_complete_on_its_last_page_and_moves_the_cursor_there(kinto_of: Any, office: Office) -> None:
    made = [office.add(title=f"record {n}") for n in range(8)]
    pages, _ = read(kinto_of())
    assert ids(pages) == made
    assert [(len(page.records), page.complete, page.cursor is not None) for page in pages] == [
        (3, False, False), (3, False, False), (2, True, True),
    ]  # fmt: skip


def test_records_that_share_a_timestamp_are_not_lost_between_two_pages(kinto_of: Any, office: Office) -> None:
    office.add(title="the newest")
    made = {office.add(title=f"imported {n}", last_modified=1_000_000) for n in range(5)}
    pages, _ = read(kinto_of(page=2))
    assert made <= set(ids(pages)) and len(ids(pages)) == 6


def test_a_deleted_record_is_gone_in_the_feed_and_when_asked_for(kinto_of: Any, office: Office) -> None:
    id = office.add(title="short-lived")
    connector = kinto_of()
    _, cursor = read(connector)
    office.remove(id)
    pages, _ = read(connector, cursor)
    assert [(page.records, page.gone, page.complete) for page in pages] == [((), (Gone(id),), False)]
    assert connector.get([id]) == {id: Gone(id)}


def test_an_id_that_never_was_is_unseen_and_not_gone(kinto_of: Any, office: Office) -> None:
    (answer,) = kinto_of().get(["never-was"]).values()
    assert isinstance(answer, Unseen)


def test_a_live_record_that_says_deleted_of_itself_is_still_there(kinto_of: Any, office: Office) -> None:
    id = office.add(title="not deleted at all", deleted=True)
    connector = kinto_of()
    pages, _ = read(connector)
    assert ids(pages) == [id] and pages[0].gone == ()
    assert isinstance(connector.get([id])[id], Record)


def test_a_record_without_wanted_columns_that_says_deleted_of_itself_is_still_there(
    kinto_of: Any, office: Office, bucket: Bucket
) -> None:
    bucket.call("PUT", office.url.removesuffix("/records"), {"data": {}})
    id = office.add(private="all that there is", deleted=True)
    pages, _ = read(kinto_of())
    assert ids(pages) == [id] and pages[0].gone == ()


def test_the_same_key_created_twice_is_one_record_as_it_was_first_made(kinto_of: Any, office: Office) -> None:
    (first,) = kinto_of().create([Draft("k", {"title": "once", "commons_id": "k"})])
    (second,) = kinto_of().create([Draft("k", {"title": "twice", "commons_id": "k"})])
    assert first.id == second.id and [row["title"] for row in office.rows().values()] == ["once"]


def test_a_record_whose_key_somebody_took_away_is_in_the_way_and_is_left_alone(kinto_of: Any, office: Office) -> None:
    (made,) = kinto_of().create([Draft("k", {"title": "once", "commons_id": "k"})])
    office.edit(str(made.id), commons_id=None, title="mine now")
    (again,) = kinto_of().create([Draft("k", {"title": "twice", "commons_id": "k"})])
    assert isinstance(again.error, Invalid) and str(made.id) in str(again.error)
    assert [row["title"] for row in office.rows().values()] == ["mine now"]


def test_an_edit_of_a_record_that_is_gone_is_stale(kinto_of: Any, office: Office) -> None:
    id = office.add(title="short-lived")
    connector = kinto_of()
    seen = connector.get([id])[id]
    office.remove(id)
    (outcome,) = connector.update([Edit(id, {"title": "too late"}, seen)])
    assert isinstance(outcome.error, Stale) and office.rows() == {}


def test_a_key_that_looks_like_a_number_is_found_as_text(kinto_of: Any, office: Office) -> None:
    id = office.add(title="numbered", commons_id="0070")
    office.add(title="another", commons_id="70")
    assert [record.id for record in kinto_of().find("0070")] == [id]


def test_a_cursor_from_before_the_collection_was_put_back_has_expired(kinto_of: Any, office: Office) -> None:
    office.add(title="restored from last night")
    _, cursor = read(kinto_of())
    with pytest.raises(CursorExpired):
        list(kinto_of().changes(str(int(cursor) + 1000)))


def test_a_change_while_a_scan_turns_pages_comes_with_it_or_after_it(
    kinto_of: Any, office: Office, between: Between
) -> None:
    made = [office.add(title=f"record {n}") for n in range(9)]
    connector = kinto_of()
    changes = {
        2: lambda: office.edit(made[0], title="an early one moves behind"),
        3: lambda: (office.edit(made[8], title="a late one moves further"), office.add(title="a new one")),
        4: lambda: office.remove(made[1]),
    }
    between.before = lambda call: changes.get(len(between.calls), int)()
    pages, cursor = read(connector)
    between.quiet()
    later, _ = read(connector, cursor)
    last = {record.id: record.fields["title"] for page in (*pages, *later) for record in page.records}
    gone = {found.id for page in (*pages, *later) for found in page.gone}
    there = {row["id"]: row["title"] for row in office.rows().values()}
    assert {id: title for id, title in last.items() if id not in gone} == there
    assert gone == {made[1]}

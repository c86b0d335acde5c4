"""What a sync of thousands of linked records costs in calls, in each of the four grants systems."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connectors.sandbox import Seen
from hub.store import dues
from hub.store.tables import Link, Opportunity
from hub.sync.run import sync_all
from tests import submittable
from tests.connectors import fluxx_site
from tests.dataverse import REQUEST
from tests.integration.five import FUNDING_REQUEST, Five

LINKED = 5_000
CALLS = {"dataverse": 1, "salesforce": 2, "fluxx": 10, "submittable": 10}
ASIDE = re.compile(r"/token$|/describe$|EntityDefinitions|/model_attribute|/v4/(forms|projects)/")
"""Signing in, and the look at the columns once an hour."""


def another(five: Five, name: str, id: str) -> Callable[[Any], str]:
    """Adds a record like this one, with another key, where the feed knows it for long; its id."""
    if name == "fluxx":
        cells = {n: v for n, v in five.record(name).items() if n != "id" and v is not None}
        return lambda key: str(five.fluxx.site.insert(fluxx_site.REQUEST, cells | {"migrate_id": key}, seeding=True))
    if name == "salesforce":
        org = five.salesforce.org
        columns = org.object(FUNDING_REQUEST).columns
        row = {n: v for n, v in org.live(FUNDING_REQUEST, id).items() if columns[n].writable and v is not None}
        of_old = {"SystemModstamp": "2026-01-05T10:00:00.000+0000", "LastModifiedDate": "2026-01-05T10:00:00.000+0000"}

        def added(key: Any) -> str:
            new = org.insert(FUNDING_REQUEST, row | {"Commons_Id__c": key})
            org.tables[FUNDING_REQUEST][new] |= of_old
            return new

        return added
    if name == "dataverse":
        env = five.dataverse.env
        held = {
            n: v for n, v in env.row(REQUEST, id).items() if env.types[REQUEST].columns[n].writable and v is not None
        }

        def put(key: Any) -> str:
            new = env.insert(REQUEST, held | {"commons_id": key})
            env.tables[REQUEST][new]["versionnumber"] = len(env.tables[REQUEST])
            return new

        return put
    shown = {n: v for n, v in five.submittable.cells(id).items() if v and n != "submissionStatus"}
    return lambda key: five.submittable.write(submittable.OWN, None, shown | {"Commons ID": key})


def multiplied(five: Five, name: str, count: int) -> None:
    """So many copies of the one linked record, there and in the store; written one by one they would take a site of Fluxx
    an hour and a half."""
    opportunities: Any = Opportunity.__table__  # type: ignore[attr-defined]
    links: Any = Link.__table__  # type: ignore[attr-defined]
    ids, key = five.hub.ids, five.hub.mapping(name).key or ""
    with five.hub.writing() as conn:
        link = dict(conn.execute(select(links)).mappings().one())
        opportunity = dict(conn.execute(select(opportunities)).mappings().one())
        add = another(five, name, link["remote_id"])
        copies = [{"id": ids.uuid7(), "number": ids.number()} for _ in range(count)]
        conn.execute(opportunities.insert(), [opportunity | copy for copy in copies])
        held = []
        for copy in copies:
            value = copy["number"] if name == "fluxx" else copy["id"]
            base = link["base"] | {key: value}
            held.append(link | {"id": ids.uuid7(), "opportunity_id": copy["id"], "remote_id": add(value), "base": base})
        conn.execute(links.insert(), held)


def poll(five: Five, name: str) -> list[Seen]:
    """The calls of one sync in which nothing had changed."""
    before = len(five.systems[name].seen)
    (result,) = sync_all(five.hub, [name])
    assert (result.state, result.counts["read"]) == ("done", result.counts["unchanged"]), result
    return [call for call in list(five.systems[name].seen)[before:] if not ASIDE.search(call.path)]


def polled(five: Five, name: str) -> list[Seen]:
    """One poll of so many linked records of this system, when nothing has changed for a while."""
    five.share_own(name, "Wells for the upper valley")
    five.settle(2)
    multiplied(five, name, LINKED - 1)
    if name == "salesforce":
        five.salesforce.api.most_a_page = 2_000
    if name == "submittable":  # which has no feed, and has to see the copies once
        poll(five, name)
    five.time.sleep(60)
    called = poll(five, name)
    assert called and len(five.records(name)) == LINKED
    return called


@pytest.mark.parametrize("name", [name for name in CALLS if name != "salesforce"])
def test_a_poll_of_five_thousand_linked_records_without_changes_takes_so_many_calls(tmp_path: Path, name: str) -> None:
    with Five(tmp_path, names=[name]) as five:
        called = polled(five, name)
        assert len(called) <= CALLS[name], [f"{call.method} {call.path}?{call.query}" for call in called]


def test_salesforce_takes_two_and_at_most_one_writing_call_for_a_hundred_unguarded_changes(tmp_path: Path) -> None:
    with Five(tmp_path, names=["salesforce"], more={"guard": "none"}) as five:
        called = polled(five, "salesforce")
        assert len(called) <= CALLS["salesforce"], [f"{call.method} {call.path}?{call.query}" for call in called]
        before, wanted = len(five.salesforce.seen), 400
        changed_in_the_commons(five, wanted, "Clean water for five villages.")
        (result,) = sync_all(five.hub, ["salesforce"])
        assert (result.state, result.counts["pushed"]) == ("done", wanted), result
        written = [c for c in list(five.salesforce.seen)[before:] if c.method != "GET" and not ASIDE.search(c.path)]
        assert 0 < len(written) <= wanted / 100, "of a thousand at most ten; the connector's own tests write so many"
        there = [row["Commons_Summary__c"] for row in five.salesforce.rows(FUNDING_REQUEST)]
        assert there.count("Clean water for five villages.") == wanted


def changed_in_the_commons(five: Five, count: int, summary: str) -> None:
    """As if another member's system had brought it; fewer at once than a hold is for."""
    table: Any = Opportunity.__table__  # type: ignore[attr-defined]
    with five.hub.writing() as conn:
        for row in conn.execute(select(table.c.id, table.c.facts).limit(count)).all():
            conn.execute(table.update().where(table.c.id == row.id).values(facts=row.facts | {"summary": summary}))
            dues.add(conn, ["salesforce"], row.id, five.hub.time.now())

"""Hundreds of edits from both sides around every request of the hub's: at the end nothing is lost and nothing is double.

Kinto keeps a history of its own of who wrote what. It is the witness here, not the hub.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest

from hub.store.tables import Audit, Conflict, Link, Opportunity
from hub.sync.resolve import resolve
from tests.kinto.clerks import COLUMNS, Clerks
from tests.kinto.server import Row
from tests.kinto.world import World

ROUNDS = 12


@pytest.fixture(params=[1, 2])
def worked(request: pytest.FixtureRequest, world: World) -> Clerks:
    """The world after many rounds with clerks at work, and then some without."""
    clerks = Clerks(world, request.param)
    clerks.start()
    for _ in range(ROUNDS):
        for _ in range(clerks.chance.randrange(8)):
            clerks.act()
        results = world.sync()
        assert {result.state for result in results.values()} <= {"done", "incomplete"}, results
    world.between.quiet()
    for _ in range(3):
        results = world.sync()
    assert {result.state for result in results.values()} == {"done"}, results
    return clerks


Writes = dict[tuple[str, str], list[tuple[str, Row]]]
"""By collection and record: who wrote, and the record as it was then; oldest first."""


def writes(world: World) -> Writes:
    found: Writes = defaultdict(list)
    for entry in world.bucket.history():
        found[entry["collection_id"], entry["record_id"]].append((entry["user_id"], entry["target"]["data"]))
    return found


def test_after_hundreds_of_interleaved_edits_nothing_is_lost_and_nothing_is_double(worked: Clerks) -> None:
    world = worked.world
    it_was_not_an_easy_day(worked)
    what_the_hub_overwrote_is_remembered(world)
    who_overwrote_a_value_had_seen_it(world)
    there_is_one_record_of_each_on_either_side(worked)
    what_differs_is_in_a_conflict(world)
    assert [world.quiet() for _ in range(2)] == [0, 0]

    for conflict in world.conflicts():
        values = [conflict.commons, *(party["value"] for party in conflict.parties)]
        resolve(world.hub, conflict.id, conflict.rev, worked.chance.choice(values), "u1")
    world.sync()
    assert world.conflicts() == []
    what_differs_is_in_a_conflict(world)
    what_the_hub_overwrote_is_remembered(world)
    assert world.quiet() == 0 and world.deleted_by_the_hub() == []


def it_was_not_an_easy_day(worked: Clerks) -> None:
    world = worked.world
    assert worked.edits >= 90 and worked.shared > 2
    assert world.between.statuses[412] > 0, "no write of the hub's met a newer record"
    assert world.between.lost, "every answer was heard"
    assert world.table(Conflict) != [], "nobody ever edited the same field"


def what_the_hub_overwrote_is_remembered(world: World) -> None:
    remembered = world.remembered()
    for (collection, id), entries in writes(world).items():
        for (_, before), (who, after) in pairwise(entries):
            for column in COLUMNS.values():
                old = before.get(column)
                if who == "account:hub" and old != after.get(column):
                    assert old is None or repr(old) in remembered, f"{collection}/{id}: {column} {old!r} is lost"


def who_overwrote_a_value_had_seen_it(world: World) -> None:
    """What a connection changed in the commons had stood in that very record before its clerk typed over it."""
    shown = writes(world)
    for line in world.table(Audit):
        if line.action != "changed" or line.direction != "in":
            continue
        for path, (before, after) in line.values.items():
            if path in COLUMNS:
                values = [row.get(COLUMNS[path]) for _, row in shown[line.connection_id, line.remote_id]]
                assert before in values[: values.index(after)], (
                    f"{path}: {before!r} was overwritten unseen by {after!r}"
                )


def there_is_one_record_of_each_on_either_side(worked: Clerks) -> None:
    world = worked.world
    keys = sorted(opportunity.id for opportunity in world.table(Opportunity))
    assert len(keys) == worked.shared
    assert sorted(row["commons_id"] for row in world.a.rows().values()) == keys
    assert sorted(row["commons_id"] for row in world.b.rows().values()) == sorted(set(keys) - worked.removed)


def what_differs_is_in_a_conflict(world: World) -> None:
    open_ones = {(conflict.opportunity_id, conflict.path) for conflict in world.conflicts()}
    rows = {("a", id): row for id, row in world.a.rows().items()} | {
        ("b", id): row for id, row in world.b.rows().items()
    }
    facts = {opportunity.id: opportunity.facts for opportunity in world.table(Opportunity)}
    for link in world.table(Link):
        if link.state == "linked":
            for path, column in COLUMNS.items():
                if (link.opportunity_id, path) not in open_ones:
                    here, there = (
                        facts[link.opportunity_id].get(path),
                        rows[link.connection_id, link.remote_id].get(column),
                    )
                    assert here == there, f"{link.connection_id}: {path} is {there!r}, in the commons {here!r}"

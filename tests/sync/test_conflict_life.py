"""A conflict from its beginning to its end, and a changed mapping that makes none."""

from __future__ import annotations

from typing import Any

import pytest

from hub.store.tables import (
    Audit,
    Conflict,
)
from hub.sync.moved import Moved
from hub.sync.resolve import resolve
from tests.sync.conftest import Make, World, connection, share, tree


def conflicted(world: World) -> Any:
    share(world)
    world.sync()
    world.rows("a")[0]["Title"], world.rows("b")[0]["Title"] = "A's", "B's"
    world.sync()
    return world.table(Conflict)[0]


def test_a_party_that_moves_while_someone_decides_is_not_overruled(pair: World) -> None:
    conflict = conflicted(pair)
    pair.rows("b")[0]["Title"] = "B's, again"
    pair.sync()
    with pytest.raises(Moved):
        resolve(pair.hub, conflict.id, conflict.rev, "A's", "u1")
    now = pair.table(Conflict)[0]
    assert now.parties[0]["value"] == "B's, again"
    resolve(pair.hub, now.id, now.rev, "A's", "u1")
    pair.sync()
    assert pair.rows("b")[0]["Title"] == "A's" and pair.quiet() == 0


@pytest.mark.parametrize("choice", ["A's", "B's", "Wells", "Another"])
def test_every_choice_reaches_both_and_rests(pair: World, choice: str) -> None:
    conflict = conflicted(pair)
    resolve(pair.hub, conflict.id, conflict.rev, choice, "u1")
    pair.sync()
    assert pair.rows("a")[0]["Title"] == choice == pair.rows("b")[0]["Title"]
    assert pair.quiet() == 0


def test_an_edit_after_resolving_and_before_writing_reopens_with_the_choice_kept(pair: World) -> None:
    conflict = conflicted(pair)
    resolve(pair.hub, conflict.id, conflict.rev, "A's", "u1")
    pair.rows("b")[0]["Title"] = "B insists"
    pair.sync()
    again = next(c for c in pair.table(Conflict) if c.state == "open")
    assert again.choice == "A's" and pair.rows("b")[0]["Title"] == "B insists"


def test_who_says_what_the_commons_says_is_no_party(make: Make) -> None:
    """It was one for a sync, and fell out with the next: the conflict moved under whoever was deciding it."""
    world = make(
        connection("a"), connection("b", imports=(), edits="accept"), connection("c", imports=(), edits="accept")
    )
    share(world)
    world.sync()
    world.rows("a")[0]["Title"], world.rows("b")[0]["Title"] = "A's", "B's"
    world.sync()
    (before,) = world.table(Conflict)
    world.rows("c")[0]["Title"] = "A's"
    world.sync()
    (after,) = world.table(Conflict)
    assert [party["connection"] for party in after.parties] == ["b"] and after.rev == before.rev


def test_beside_a_value_that_a_system_cannot_hold_nothing_looks_like_agreement(make: Make) -> None:
    euros = tree(fields={"ask.requested": {"field": "Ask", "type": "money", "currency": "EUR"}})
    world = make(connection("a"), connection("b", imports=(), edits="accept"), trees={"b": euros})
    share(world, Currency="EUR")
    world.sync()
    world.rows("a")[0]["Currency"] = "USD"
    world.sync()
    world.rows("b")[0]["Ask"] = 77
    for _ in range(3):
        world.sync()
    (conflict,) = world.table(Conflict)
    assert conflict.path == "ask.requested" and conflict.state == "open"
    world.rows("a")[0]["Currency"] = "EUR"
    world.sync()
    assert world.rows("b")[0]["Ask"] == 77, "frozen until someone decides"


def test_when_the_systems_agree_by_themselves_the_conflict_closes(pair: World) -> None:
    conflicted(pair)
    pair.rows("b")[0]["Title"] = "A's"
    pair.sync()
    assert pair.table(Conflict)[0].state == "resolved"
    assert pair.quiet() == 0


def test_changing_a_mapping_fakes_no_edit_and_no_conflict(pair: World) -> None:
    share(pair, Themes=["Education"], Extra="x")
    pair.sync()
    count = len(pair.table(Audit))
    themes = {"field": "Themes", "type": "choices", "values": {"education": "Health", "health": "Education"}}
    for name in ("a", "b"):
        pair.hub.trees[name] = tree(fields={"themes": themes, "need": "Extra"})
    pair.sync()
    assert pair.table(Conflict) == []
    assert pair.rows("a")[0]["Themes"] == ["Education"]
    changes = [row.values for row in pair.table(Audit)[count:] if row.direction == "in"]
    assert changes == [{"need": [None, "x"]}], "the newly mapped field is new; nothing else changed"
    assert pair.quiet() == 0

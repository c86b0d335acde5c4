"""A feed that is read anew once in a while, and records that were there before the hub wanted to make them."""

from __future__ import annotations

from dataclasses import replace

from connectors.contract import Capabilities, Unavailable
from hub.commons.imports import pick
from hub.store.tables import Connection, Link, Opportunity
from hub.sync.pull import REREAD
from tests.sync.conftest import Make, World, connection, share

FEED = Capabilities(feed="token", batch=10, page=100, upsert=True, references=True, guard="none")


def followed(make: Make, edits: str = "accept") -> World:
    """A shares one, B has a copy in a system with a feed of changes."""
    world = make(connection("a"), connection("b", imports=(), edits=edits))
    world.systems["b"].can, world.systems["b"].feed = FEED, True
    share(world)
    for _ in range(3):
        world.sync()
    return world


def state(world: World, name: str) -> str:
    return next(link.state for link in world.table(Link) if link.connection_id == name)


def test_a_deletion_is_heard_of_though_everything_is_read_anew(make: Make) -> None:
    """The list of everything tells of no deletion; reading it must not replace reading what changed."""
    world = followed(make)
    system = world.systems["b"]
    (id,) = system.rows
    del system.rows[id]
    system.deleted = [id]
    world.time.sleep(REREAD.total_seconds())
    world.sync("b")
    assert state(world, "b") == "stopped"
    (row,) = [c for c in world.table(Connection) if c.id == "b"]
    assert row.cursor == "read"


def test_what_one_whole_scan_did_not_show_is_looked_for_with_the_next_run(make: Make) -> None:
    """The position in the feed was lost, and with it the word that the record was deleted."""
    world = followed(make)
    system = world.systems["b"]
    system.rows.clear()
    system.proves = True
    world.time.sleep(REREAD.total_seconds())
    world.sync("b")
    assert state(world, "b") == "linked", "one scan is no proof"
    world.sync("b")
    assert state(world, "b") == "stopped"
    before = system.calls.count("list")
    world.sync("b")
    assert system.calls.count("list") == before + 1, "and then it is the feed only again"


def test_a_copy_that_stayed_behind_is_taken_in_and_not_written_over(make: Make) -> None:
    """Its key says what it is; creating by key would have put the commons over what its member typed."""
    world = followed(make, edits="keep")
    system = world.systems["b"]
    (id,) = system.rows
    copy = system.add(**dict(system.rows[id]))
    system.rows[copy] |= {"Summary": "Typed into the copy", "Stage": "pledged"}
    world.sync()
    del system.rows[id]
    system.deleted = [id]
    world.sync()
    assert state(world, "b") == "stopped"
    system.deleted = []
    (opportunity,) = world.table(Opportunity)
    pick(world.hub, opportunity.id, "b", None)
    creates = system.calls.count("create")
    world.sync()
    (link,) = [link for link in world.table(Link) if link.connection_id == "b"]
    assert (link.state, link.remote_id, link.differs) == ("linked", copy, {"summary": "keep"})
    assert system.rows[copy]["Summary"] == "Typed into the copy" and list(system.rows) == [copy]
    assert system.calls.count("create") == creates


def test_a_column_that_went_between_reading_and_writing_clears_nothing(make: Make) -> None:
    """The record is looked at once more before it is written, and what that look does not show was there a moment ago."""
    world = followed(make)
    system = world.systems["b"]
    columns = dict.fromkeys((*next(iter(system.rows.values())), "Themes", "Stage", "Ours", "Show", "Share"), "text")
    system.columns = dict(columns)
    world.sync("b")
    world.rows("a")[0]["Summary"] = "New words"
    world.sync("a")
    del system.columns["Summary"], world.rows("b")[0]["Summary"]
    result = world.sync("b")["b"]
    assert result.state == "failed" and "no longer has “Summary”" in result.message
    assert world.table(Opportunity)[0].facts["summary"] == "New words"


def test_a_look_that_was_not_answered_is_tried_with_the_next_run(make: Make) -> None:
    """What two scans missed is asked for once; when the system stumbles just then, the scan counts as not made."""
    world = followed(make)
    system = world.systems["b"]
    system.rows.clear()
    system.proves = True
    world.time.sleep(REREAD.total_seconds())
    world.sync("b")
    system.fault["get:before"] = [Unavailable("b stumbles")]
    assert world.sync("b")["b"].state == "incomplete"
    world.time.sleep(600)
    world.sync("b")
    assert state(world, "b") == "stopped"


def test_a_change_that_cannot_be_had_by_its_id_is_read_with_the_next_run(make: Make) -> None:
    """The feed has passed it by then; only the list of everything still shows it."""
    world = followed(make)
    system = world.systems["b"]
    (id,) = system.rows
    system.can = replace(FEED, find_lag=5)
    row = system.rows.pop(id)
    system.stale[id] = row | {"Summary": "Better words"}
    system.changed = [id]
    world.sync("b")
    assert world.table(Opportunity)[0].facts["summary"] == "Clean water"
    system.rows, system.stale, system.changed = {id: system.stale[id]}, {}, []
    world.sync("b")
    assert world.table(Opportunity)[0].facts["summary"] == "Better words"
    lists = system.calls.count("list")
    world.sync("b")
    assert system.calls.count("list") == lists + 1, "and then it is the feed only again"


def test_a_page_that_comes_late_does_not_take_the_place_of_a_copy_that_is_still_to_be_made(make: Make) -> None:
    """Deleted, then taken up again: what the page shows is the copy that is gone."""
    world = followed(make)
    system = world.systems["b"]
    (id,) = system.rows
    system.stale[id] = system.rows.pop(id)
    system.deleted = [id]
    world.sync("b")
    system.deleted = []
    pick(world.hub, world.table(Opportunity)[0].id, "b", None)
    system.changed = [id]
    world.sync("b")
    (link,) = [link for link in world.table(Link) if link.connection_id == "b"]
    assert link.state == "linked" and link.remote_id in system.rows and link.remote_id != id


def test_what_a_look_before_writing_finds_gone_is_gone(make: Make) -> None:
    world = followed(make)
    system = world.systems["b"]
    world.rows("a")[0]["Summary"] = "New words"
    world.sync("a")
    system.rows.clear()
    system.proves = True
    assert world.sync("b")["b"].counts["unseen"] == 0
    world.sync("b")
    assert state(world, "b") == "stopped"

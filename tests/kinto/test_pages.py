"""More records than a page holds, and people who do not wait until all pages are read."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from hub.store.tables import Link, Opportunity
from tests.kinto.between import Call
from tests.kinto.world import PAGE, World


def at_each_list(acts: dict[int, Callable[[], object]]) -> Callable[[Call], None]:
    """What happens when the hub's first, second, third … list of records is on its way."""
    lists = itertools.count(1)

    def before(call: Call) -> None:
        if call.method == "GET" and call.path.endswith("/records"):
            acts.get(next(lists), int)()

    return before


def test_records_of_many_pages_all_arrive_once(world: World) -> None:
    for number in range(2 * PAGE + 3):
        world.share(title=f"Wells {number:02}")
    world.sync()
    titles = sorted(row["title"] for row in world.b.rows().values())
    assert titles == [f"Wells {number:02}" for number in range(2 * PAGE + 3)]
    assert world.quiet() == 0


def test_what_changes_while_pages_are_turned_is_not_missed(world: World) -> None:
    ids = [world.share(title=f"Wells {number:02}") for number in range(2 * PAGE + 3)]
    world.sync()
    for number, id in enumerate(ids):
        world.a.edit(id, summary=f"summary {number}")
    acts = {
        2: lambda: world.a.edit(ids[0], summary="changed behind the reader"),
        3: lambda: (world.a.edit(ids[-1], summary="changed before the reader"), world.share(title="New meanwhile")),
    }
    world.between.before = at_each_list(acts)
    world.sync()
    world.between.quiet()
    world.sync()
    copies = {row["title"]: row["summary"] for row in world.b.rows().values()}
    assert copies["Wells 00"] == "changed behind the reader"
    assert copies[f"Wells {2 * PAGE + 2}"] == "changed before the reader" and "New meanwhile" in copies
    assert all(copies[f"Wells {n:02}"] == f"summary {n}" for n in range(1, 2 * PAGE + 2))
    assert len(copies) == len(world.table(Opportunity)) == 2 * PAGE + 4 and world.quiet() == 0


def test_a_scan_that_breaks_off_between_two_pages_is_picked_up_and_nothing_is_thought_gone(world: World) -> None:
    ids = [world.share(title=f"Wells {number:02}") for number in range(2 * PAGE + 3)]
    listed = iter(range(1_000))
    world.between.loses = lambda call: call.path.endswith("/records") and next(listed) >= 1
    assert world.sync()["a"].state == "incomplete"
    assert len(world.table(Opportunity)) == PAGE
    world.between.quiet()
    world.sync()
    assert len(world.table(Opportunity)) == len(world.b.rows()) == len(ids)
    assert {link.state for link in world.table(Link)} == {"linked"} and world.quiet() == 0


def test_a_round_of_nothing_new_asks_each_collection_once(world: World) -> None:
    for number in range(PAGE + 3):
        world.share(title=f"Wells {number:02}")
    world.sync()
    world.sync()
    before = len(world.between.calls)
    world.sync()
    lists = [call.path.split("/")[-2] for call in world.between.calls[before:] if call.path.endswith("/records")]
    assert lists == ["a", "b"] and not any(call.writes for call in world.between.calls[before:])

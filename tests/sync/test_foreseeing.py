"""What a changed mapping would do is what the sync then does, and foreseeing it writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.store.tables import Audit, Due, Link, Opportunity, Run
from hub.sync.foresee import foresee
from mappings.finding import MappingError
from tests.sync.conftest import Make, World, connection, share, tree


@pytest.fixture
def world(make: Make, monkeypatch: pytest.MonkeyPatch) -> World:
    found = make(connection("a"), connection("b", imports=()))
    for number in range(4):
        share(found, Title=f"Wells {number}", Need="Clean water" if number else None)
    found.sync()
    cls = type(found.hub)
    plain = cls.mapping
    monkeypatch.setattr(cls, "mapping", lambda hub, name: plain(hub, hub.config.connections[name].mapping))
    return found


def stored(world: World) -> list[object]:
    return [world.table(model) for model in (Opportunity, Link, Due, Audit, Run)]


def test_a_newly_mapped_column_is_counted_as_the_sync_then_counts_it(world: World) -> None:
    world.hub.trees["wider"] = tree(fields={"need": "Need"})
    before, calls = stored(world), world.writes()
    told = foresee(world.hub, "a", "wider")
    assert stored(world) == before and world.writes() == calls
    assert (told.state, told.counts["read"], told.counts["changed"], told.taken["need"]) == ("done", 4, 3, 3)
    today = foresee(world.hub, "a")
    assert today.counts["changed"] == 0 and not today.taken and not today.written
    world.hub.trees["a"] = world.hub.trees["wider"]
    assert world.sync("a")["a"].counts["changed"] == 3


def test_what_would_be_written_there_is_counted_by_field(world: World) -> None:
    world.hub.trees["out"] = tree(fields={"steward": {"field": "From", "way": "out"}})
    told = foresee(world.hub, "b", "out")
    calls = world.writes()
    world.hub.trees["b"] = world.hub.trees["out"]
    result = world.sync("b")["b"]
    assert told.counts["to_write"] == result.counts["pushed"] and told.written["steward"] == result.counts["pushed"]
    assert (world.writes() > calls) is (result.counts["pushed"] > 0)


def test_a_file_that_is_no_mapping_is_said_before_anything_is_read(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.hub.trees["wrong"] = tree(fields={"titel": "Title"})
    with pytest.raises(MappingError, match="titel"):
        foresee(world.hub, "a", "wrong")

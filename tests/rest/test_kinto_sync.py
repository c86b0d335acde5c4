"""Two members whose systems are collections of one Kinto, spoken to by declaration, and a hub between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import registry
from connectors.contract import Connector, Settings
from hub.app import wanted
from hub.store.tables import Deletion
from tests.kinto.between import Call
from tests.kinto.conftest import between, bucket, empty_store, kinto, world
from tests.kinto.world import World, settings, transport

__all__ = ["between", "bucket", "empty_store", "kinto", "world"]

FILE = Path(__file__).with_name("kinto.toml")


@pytest.fixture
def declared(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The same world as in tests/kinto, without the connector that was written for it."""

    def connect(name: str) -> Connector:
        port = world.between.port
        options = dict(settings(world.bucket, port).options) | {
            "declaration": str(FILE),
            "url": f"http://127.0.0.1:{port}",
        }
        options["values"] = {"bucket": world.bucket.id}
        way = transport(port, world.time)
        return registry.load("rest").open(Settings("mine", options), wanted(world.hub.mapping(name)), way)

    monkeypatch.setattr(world.hub, "connect", connect)
    return world


def test_a_shared_record_arrives_is_edited_on_both_sides_and_then_nothing_more_is_written(declared: World) -> None:
    there, copy = declared.shared()
    row = declared.b.row(copy)
    assert (row["title"], row["ask"], row["currency"], row["status"]) == ("Wells", 1000, "USD", "published")
    declared.a.edit(there, title="Deeper wells")
    declared.b.edit(copy, summary="Clean water for all")
    declared.sync()
    for office, id in ((declared.a, there), (declared.b, copy)):
        assert (office.row(id)["title"], office.row(id)["summary"]) == ("Deeper wells", "Clean water for all")
    assert declared.conflicts() == [] and [declared.quiet() for _ in range(2)] == [0, 0]


def test_an_edit_between_read_and_write_is_a_conflict_and_both_values_stay(declared: World) -> None:
    there, copy = declared.shared()
    declared.a.edit(there, title="Wells of A")
    waiting = [lambda: declared.b.edit(copy, title="Wells of B")]

    def before(call: Call) -> None:
        if call.method == "PATCH" and "/collections/b/" in call.path and waiting:
            waiting.pop()()

    declared.between.before = before
    declared.sync()
    assert (declared.a.row(there)["title"], declared.b.row(copy)["title"]) == ("Wells of A", "Wells of B")
    (conflict,) = declared.conflicts()
    assert (conflict.path, conflict.commons) == ("title", "Wells of A")


def test_a_create_whose_answer_is_lost_is_found_again_and_not_repeated(declared: World) -> None:
    declared.share()
    declared.between.loses = lambda call: call.method == "PUT" and "/collections/b/records/" in call.path
    declared.sync()
    assert declared.between.lost
    declared.between.quiet()
    declared.sync()
    assert len(declared.b.rows()) == 1 and declared.quiet() == 0


def test_a_deleted_record_is_told_by_its_tombstone_and_nothing_is_deleted_elsewhere(declared: World) -> None:
    there, copy = declared.shared()
    declared.a.remove(there)
    declared.sync()
    (deletion,) = declared.table(Deletion)
    assert (deletion.state, deletion.remote_id) == ("open", there)
    assert copy in declared.b.rows() and declared.deleted_by_the_hub() == []


def test_a_live_record_that_says_deleted_of_itself_is_still_there(declared: World) -> None:
    there, _copy = declared.shared()
    declared.a.edit(there, deleted=True)
    declared.sync()
    assert declared.table(Deletion) == []

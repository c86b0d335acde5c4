"""A clerk deletes records; Kinto leaves tombstones; the hub deletes nothing."""

from __future__ import annotations

from hub.store.tables import Deletion, Link, Opportunity
from hub.sync.deletions import keep, withdraw
from tests.kinto.world import World


def test_an_importer_that_deletes_its_copy_follows_no_more_and_gets_no_new_one(world: World) -> None:
    there, copy = world.shared()
    world.b.remove(copy)
    world.a.edit(there, title="Deeper wells")
    assert world.sync()["b"].counts["gone"] == 1
    world.sync()
    assert world.b.rows() == {} and world.a.row(there)["title"] == "Deeper wells"
    assert [link.state for link in world.table(Link) if link.connection_id == "b"] == ["stopped"]
    assert [row.state for row in world.table(Deletion)] == ["followed_no_more"]
    assert world.conflicts() == [] and world.opportunity().status == "published" and world.quiet() == 0


def test_a_deleted_record_of_the_steward_is_a_question_and_the_copy_stays(world: World) -> None:
    there, copy = world.shared()
    world.a.remove(there)
    world.sync()
    (question,) = world.table(Deletion)
    assert (question.state, question.remote_id) == ("open", there)
    assert world.b.row(copy)["title"] == "Wells" and world.opportunity().status == "published"
    assert world.quiet() == 0 and world.a.rows() == {} and world.deleted_by_the_hub() == []


def test_withdrawn_by_the_answer_the_copy_is_told_and_stays(world: World) -> None:
    there, copy = world.shared()
    world.a.remove(there)
    world.sync()
    withdraw(world.hub, world.table(Deletion)[0].id, "u1")
    world.sync()
    assert world.b.row(copy)["status"] == "withdrawn" and world.a.rows() == {}
    assert world.deleted_by_the_hub() == [] and world.quiet() == 0


def test_kept_by_the_answer_edits_of_the_copy_still_count(world: World) -> None:
    there, copy = world.shared()
    world.a.remove(there)
    world.sync()
    keep(world.hub, world.table(Deletion)[0].id, "u1")
    world.b.edit(copy, summary="Clean water for all")
    world.sync()
    assert world.opportunity().facts["summary"] == "Clean water for all"
    assert world.a.rows() == {} and world.opportunity().status == "published"


def test_a_record_put_back_under_its_id_takes_its_question_away(world: World) -> None:
    there, copy = world.shared()
    seen = world.a.remove(there)
    world.sync()
    back = {column: value for column, value in seen.items() if column != "last_modified"}
    world.bucket.call("PUT", f"{world.a.url}/{there}", {"data": back | {"title": "Wells, put back"}})
    world.sync()
    assert [question.state for question in world.table(Deletion)] == ["came_back"]
    assert world.b.row(copy)["title"] == "Wells, put back" and len(world.table(Opportunity)) == 1


def test_a_record_that_goes_while_the_hub_writes_to_it_is_not_made_anew(world: World) -> None:
    there, copy = world.shared()
    world.a.edit(there, title="Deeper wells")
    waiting = [copy]
    world.between.before = lambda call: call.method == "PATCH" and waiting and world.b.remove(waiting.pop())
    results = world.sync()
    assert {result.state for result in results.values()} == {"done"}, results
    world.sync()
    assert world.b.rows() == {} and world.quiet() == 0
    assert [link.state for link in world.table(Link) if link.connection_id == "b"] == ["stopped"]


def test_deleted_while_an_expired_cursor_makes_it_all_be_read_again_is_still_noticed(world: World) -> None:
    _there, copy = world.shared()
    world.b.remove(copy)
    with world.hub.writing() as conn:
        from hub.store import connections

        row = connections.get(conn, "b")
        connections.change(conn, "b", cursor=str(int(row.cursor or 0) + 100_000))
    assert world.sync()["b"].counts["gone"] == 1
    assert [link.state for link in world.table(Link) if link.connection_id == "b"] == ["stopped"]


def test_a_collection_that_vanishes_whole_deletes_and_withdraws_nothing(world: World) -> None:
    there, _copy = world.shared()
    world.bucket.call("DELETE", world.b.url.removesuffix("/records"))
    world.a.edit(there, title="Deeper wells")
    results = world.sync()
    assert results["b"].state == "failed" and "no such bucket or collection" in results["b"].message
    assert [link.state for link in world.table(Link)] == ["linked", "linked"]
    assert world.opportunity().status == "published" and world.table(Deletion) == []

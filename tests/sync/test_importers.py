"""What a member does with what it imported changes nothing of others that they did not ask for."""

from __future__ import annotations

import pytest

from hub.commons.imports import Refusal, pick
from hub.store.tables import (
    Commitment,
    Conflict,
    Deletion,
    Link,
    Opportunity,
    Suggestion,
)
from hub.sync import deletions, suggestions
from hub.sync.moved import Moved
from tests.sync.conftest import Make, connection, importer, share, tree


def test_a_members_pipeline_changes_nothing_that_others_see(make: Make) -> None:
    world = importer(make)
    before = dict(world.rows("a")[0])
    world.rows("b")[0] |= {"Stage": "pledged", "Ours": 400}
    world.sync()
    assert world.rows("a")[0] == before
    assert world.table(Commitment)[0].facts["commitment.stage"] == "pledged"
    world.rows("b")[0]["Show"] = True
    world.sync()
    assert world.rows("a")[0]["Gap"] == "USD 600" == world.rows("b")[0]["Gap"]
    assert world.quiet() == 0


def test_a_tick_that_was_never_set_is_no_word_of_the_commons(make: Make) -> None:
    """Both ways, an unset position shows as an unticked box; ticking it was once taken for a conflict with that box."""
    both = {"commitment.visibility": {"field": "Show", "type": "yesno", "yes": "named", "no": "hidden"}}
    world = make(connection("a"), connection("b", imports=()), trees={"b": tree(fields=both)})
    share(world)
    world.sync()
    world.rows("b")[0] |= {"Show": False, "Stage": "pledged", "Ours": 400}
    world.sync()
    world.rows("b")[0]["Show"] = True
    world.sync()
    assert world.table(Conflict) == [] and world.rows("a")[0]["Gap"] == "USD 600"


def test_withdrawing_closes_nobodys_record_and_says_so(make: Make) -> None:
    world = importer(make)
    world.rows("b")[0] |= {"Stage": "pledged", "Note": "ours"}
    world.rows("a")[0]["Share"] = False
    world.sync()
    copy = world.rows("b")[0]
    assert copy["Status"] == "withdrawn" and copy["Stage"] == "pledged" and copy["Note"] == "ours"
    assert "delete" not in world.systems["b"].calls
    world.rows("a")[0]["Share"] = True
    world.sync()
    assert world.rows("b")[0]["Status"] == "published"


def test_an_edit_that_is_kept_stays_local_and_is_not_written_over(make: Make) -> None:
    world = importer(make)
    world.rows("b")[0]["Title"] = "Our words"
    world.sync()
    world.rows("a")[0]["Title"] = "New words of A"
    world.sync()
    assert world.rows("b")[0]["Title"] == "Our words" and world.table(Opportunity)[0].title == "New words of A"
    assert next(k for k in world.table(Link) if k.connection_id == "b").differs == {"title": "keep"}


def test_an_edit_that_is_reset_returns_to_the_commons_value(make: Make) -> None:
    world = importer(make, edits="reset")
    world.rows("b")[0]["Title"] = "Our words"
    world.sync()
    assert world.rows("b")[0]["Title"] == "Wells" and world.quiet() == 0


def test_a_suggestion_travels_to_the_steward_only_when_someone_sends_it(make: Make) -> None:
    world = importer(make, edits="suggest")
    world.rows("b")[0]["Title"] = "Well's"
    world.sync()
    (waiting,) = world.table(Suggestion)
    assert (waiting.state, world.rows("a")[0]["Title"]) == ("waiting", "Wells")
    world.sync()
    assert len(world.table(Suggestion)) == 1
    suggestions.send(world.hub, waiting.id, "u1", "a typo")
    suggestions.accept(world.hub, waiting.id, "u2")
    world.sync()
    assert world.rows("a")[0]["Title"] == "Well's" == world.rows("b")[0]["Title"]
    assert world.quiet() == 0
    with pytest.raises(Moved):
        suggestions.accept(world.hub, waiting.id, "u2")


def test_a_declined_suggestion_returns_the_stewards_value(make: Make) -> None:
    world = importer(make, edits="suggest")
    world.rows("b")[0]["Title"] = "Well's"
    world.sync()
    (waiting,) = world.table(Suggestion)
    suggestions.send(world.hub, waiting.id, "u1")
    suggestions.decline(world.hub, waiting.id, "u2", "it is right as it is")
    world.sync()
    assert world.rows("b")[0]["Title"] == "Wells" and world.quiet() == 0


def test_deleting_an_imported_copy_means_to_stop_following(make: Make) -> None:
    world = importer(make)
    (id,) = world.systems["b"].rows
    del world.systems["b"].rows[id]
    world.systems["b"].deleted.append(id)
    world.sync()
    world.rows("a")[0]["Title"] = "Later words"
    world.sync()
    assert world.rows("b") == [] and world.table(Conflict) == [] and world.quiet() == 0
    world.rows("a")[0]["Share"] = False
    world.sync()
    with pytest.raises(Refusal, match="published"):
        pick(world.hub, world.table(Opportunity)[0].id, "b", None)


@pytest.mark.parametrize("proves", [True, False])
def test_a_record_is_gone_after_two_whole_scans_and_the_systems_own_word(make: Make, proves: bool) -> None:
    world = importer(make)
    world.systems["b"].proves = proves
    (id,) = world.systems["b"].rows
    away = world.systems["b"].rows.pop(id)
    world.sync("b")
    assert [row.state for row in world.table(Link) if row.connection_id == "b"] == ["linked"]
    world.sync("b")
    world.sync("b")
    assert [row.state for row in world.table(Link) if row.connection_id == "b"] == ["stopped" if proves else "linked"]
    if not proves:
        for _ in range(10):
            world.sync("b")
        assert world.systems["b"].calls.count("get") == 1 + 3  # the read-back, then after 2, 4 and 8 scans
        # a view had hidden it for a while
        world.systems["b"].rows[id] = away
        world.rows("a")[0]["Title"] = "Later words"
        world.sync()
        assert world.rows("b")[0]["Title"] == "Later words" and len(world.rows("b")) == 1


def test_a_stewards_deleted_record_is_a_question_and_changes_nothing_by_itself(make: Make) -> None:
    world = importer(make)
    (id,) = world.systems["a"].rows
    away = world.systems["a"].rows.pop(id)
    world.systems["a"].deleted.append(id)
    world.sync()
    (question,) = world.table(Deletion)
    assert question.state == "open" and world.rows("b")[0]["Status"] == "published" and world.quiet() == 0

    world.systems["a"].deleted.clear()  # out of the recycle bin, and edited
    world.systems["a"].rows[id] = away | {"Title": "Back again"}
    world.sync()
    assert world.table(Deletion)[0].state == "came_back" and world.rows("b")[0]["Title"] == "Back again"

    del world.systems["a"].rows[id]
    world.systems["a"].deleted.append(id)
    world.sync()
    question = next(row for row in world.table(Deletion) if row.state == "open")
    deletions.withdraw(world.hub, question.id, "u1")
    with pytest.raises(Moved):
        deletions.keep(world.hub, question.id, "u1")
    world.sync()
    assert world.rows("b")[0]["Status"] == "withdrawn" and len(world.rows("b")) == 1
    assert "delete" not in world.systems["b"].calls


def test_what_a_changed_mapping_begins_to_read_is_read_though_nothing_changed_there(make: Make) -> None:
    world = make(connection("a"), trees={"a": tree(fields={"summary": False})})
    world.systems["a"].feed = True
    share(world, Summary="It was there all along.")
    world.sync()
    world.sync()
    assert world.table(Opportunity)[0].facts.get("summary") is None
    world.hub.trees["a"] = tree()
    world.sync()
    assert world.table(Opportunity)[0].facts["summary"] == "It was there all along."


def test_a_first_sync_with_nothing_in_it_waits_for_nobody_and_the_one_that_brings_something_does(make: Make) -> None:
    world = make(connection("a", first_sync="preview"))
    assert world.sync()["a"].state == "done"
    share(world)
    assert world.sync()["a"].state == "held"


def test_what_is_picked_by_hand_is_imported(make: Make) -> None:
    world = make(connection("a"), connection("b"))
    share(world)
    world.sync()
    assert world.rows("b") == []
    pick(world.hub, world.table(Opportunity)[0].id, "b", None)
    world.sync()
    assert world.rows("b")[0]["Title"] == "Wells"
    with pytest.raises(Refusal, match="already"):
        pick(world.hub, world.table(Opportunity)[0].id, "b", None)

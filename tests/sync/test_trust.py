"""Nothing lost, doubled, leaked or deleted by mistake: the engine over systems that fail and people who wait."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.contract import Ambiguous, Capabilities, Invalid, Record, SignInFailed, Unavailable
from hub.commons.imports import Refusal, pick
from hub.store.tables import (
    Audit,
    Commitment,
    Conflict,
    Deletion,
    Due,
    Hold,
    Intent,
    Link,
    Opportunity,
    Quarantine,
    ReferenceQuestion,
    Run,
    Suggestion,
)
from hub.sync import deletions, holds, references, suggestions
from hub.sync.moved import Moved
from hub.sync.resolve import resolve
from hub.sync.run import OneRun
from tests.sync.conftest import Make, World, connection, share, tree

# --- one record stays one record ---------------------------------------------


def test_a_create_whose_answer_was_lost_is_found_by_its_key_and_not_doubled(pair: World) -> None:
    share(pair)
    pair.systems["b"].can = Capabilities(batch=10, upsert=False)
    pair.systems["b"].fault["create:after"] = [Ambiguous("the answer was lost")]
    assert pair.sync()["b"].state == "incomplete"
    assert pair.table(Intent)[-1].state == "open"
    assert pair.sync()["b"].state == "done"
    assert len(pair.rows("b")) == 1
    assert pair.systems["b"].calls.count("create") == 1
    assert {link.state for link in pair.table(Link)} == {"linked"}
    assert pair.quiet() == 0


def test_a_create_that_never_happened_is_made_once_more(pair: World) -> None:
    share(pair)
    pair.systems["b"].fault["create:before"] = [Ambiguous("sent, and then silence")]
    pair.sync()
    pair.sync()
    assert len(pair.rows("b")) == 1 and pair.quiet() == 0


def test_an_update_whose_answer_was_lost_is_looked_at_and_not_a_conflict(pair: World) -> None:
    id = share(pair)
    pair.sync()
    pair.systems["a"].rows[id]["Title"] = "Deeper wells"
    pair.systems["b"].fault["update:after"] = [Ambiguous("the answer was lost")]
    assert pair.sync()["b"].state == "incomplete"
    assert pair.sync()["b"].state == "done"
    assert pair.table(Conflict) == [] and pair.rows("b")[0]["Title"] == "Deeper wells"
    assert pair.quiet() == 0


def test_an_edit_between_our_reading_and_our_writing_is_kept(pair: World) -> None:
    id = share(pair)
    pair.sync()
    pair.systems["a"].rows[id]["Title"] = "From A"
    get = pair.systems["b"]

    def edit_first(column: str, value: Any) -> Any:
        return value

    get.keep = edit_first
    first, second = OneRun(pair.hub, "a", "test"), OneRun(pair.hub, "b", "test")
    first.take_in()
    second.take_in()
    pair.rows("b")[0]["Title"] = "From B, just now"
    first.give_out()
    second.give_out()
    (conflict,) = pair.table(Conflict)
    assert conflict.path == "title" and pair.rows("b")[0]["Title"] == "From B, just now"


def test_a_record_that_copies_the_key_of_another_is_quarantined(pair: World) -> None:
    share(pair)
    pair.sync()
    key = pair.rows("b")[0]["Commons ID"]
    pair.systems["b"].add(Title="A copy", Commons_ID=key)
    pair.sync()
    (row,) = pair.table(Quarantine)
    assert "already has a record" in row.reason and len(pair.table(Opportunity)) == 1


def test_a_lost_database_recreates_under_the_same_ids_and_doubles_nothing(make: Make) -> None:
    first = make(connection("a"), connection("b", imports=()))
    share(first)
    first.sync()
    id = first.table(Opportunity)[0].id
    with first.hub.writing() as conn:
        for model in (Audit, Due, Link, Intent, Commitment, Opportunity):
            conn.execute(model.__table__.delete())
    first.sync()
    assert [o.id for o in first.table(Opportunity)] == [id]
    assert len(first.rows("a")) == len(first.rows("b")) == 1
    assert first.table(Conflict) == [] and first.quiet() == 0


def test_normalising_systems_come_to_rest(pair: World) -> None:
    pair.systems["b"].keep = lambda column, value: value.upper() if column == "Title" else value
    share(pair)
    pair.sync()
    assert pair.rows("b")[0]["Title"] == "WELLS" and pair.rows("a")[0]["Title"] == "Wells"
    assert [pair.quiet() for _ in range(3)] == [0, 0, 0]


# --- what another member does ------------------------------------------------


def importer(make: Make, **settings: Any) -> World:
    world = make(connection("a"), connection("b", imports=(), **settings))
    share(world)
    world.sync()
    return world


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


# --- one bad record, one bad system ------------------------------------------


def test_a_bad_record_is_quarantined_and_the_others_go_on(pair: World) -> None:
    share(pair, Title=None)
    share(pair, Title="Fine", Ask="a lot")
    pair.sync()
    found = {(row.path, row.state): row for row in pair.table(Quarantine)}
    assert {path for path, _ in found} == {"", "ask.requested"}
    assert [row["Title"] for row in pair.rows("b")] == ["Fine"]
    for row in pair.rows("a"):
        row |= {"Title": row["Title"] or "Now with a title", "Ask": 5}
    pair.sync()
    assert {row.state for row in pair.table(Quarantine)} == {"released"}
    assert len(pair.rows("b")) == 2


def test_a_refused_record_never_stops_the_others_and_says_why(pair: World) -> None:
    share(pair)
    pair.systems["b"].fault["create:before"] = [Invalid("Title is too long", ["Title"])]
    result = pair.sync()["b"]
    assert result.state == "failed" and "too long" in result.message
    assert len(pair.rows("b")) == 0
    pair.sync()
    assert len(pair.rows("b")) == 1


@pytest.mark.parametrize(("error", "state"), [(Unavailable("down"), "incomplete"), (SignInFailed("no"), "failed")])
def test_one_systems_outage_never_delays_another(pair: World, error: Exception, state: str) -> None:
    share(pair)
    share(pair, "b", Title="From B", Organisation="Other")
    pair.systems["b"].fault["list:before"] = [error]
    results = pair.sync()
    assert results["a"].state == "done" and results["b"].state == state and str(error) in results["b"].message
    assert {run.state for run in pair.table(Run)} == {"done", state}


def test_an_error_in_the_hub_itself_ends_the_run_and_not_the_hub(pair: World) -> None:
    pair.systems["a"].fault["list:before"] = [RuntimeError("a bug")]
    assert pair.sync()["a"].state == "failed"
    assert pair.sync()["a"].state == "done"


# --- a person looks first ----------------------------------------------------


def test_a_first_sync_writes_nothing_before_someone_looked(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=(), first_sync="preview"))
    share(world)
    result = world.sync()["b"]
    assert result.state == "held" and world.systems["b"].writes() == 0
    (hold,) = world.table(Hold)
    assert hold.kind == "first_sync" and [i["title"] for i in hold.items] == ["Wells"]
    assert world.sync()["b"].state == "held"
    with pytest.raises(Moved):
        holds.approve(world.hub, hold.id, "another plan", "u1")
    holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    assert world.sync()["b"].state == "done"
    assert len(world.rows("b")) == 1 and world.quiet() == 0


def test_a_first_sync_that_shares_is_seen_by_nobody_until_it_is_approved(make: Make) -> None:
    world = make(connection("a", first_sync="preview"), connection("b", imports=()))
    share(world)
    world.sync()
    world.sync()
    assert world.rows("b") == [] and world.systems["a"].writes() == 0
    (hold,) = [h for h in world.table(Hold) if h.state == "waiting"]
    assert {i["direction"] for i in hold.items} == {"in", "out"}
    holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    world.sync()
    assert [row["Title"] for row in world.rows("b")] == ["Wells"]


def test_a_rejected_first_sync_leaves_no_trace(make: Make) -> None:
    world = make(connection("a", first_sync="preview"), connection("b", imports=()))
    share(world)
    world.sync()
    holds.reject(world.hub, world.table(Hold)[0].id, "u1")
    assert world.table(Opportunity) == [] and world.table(Link) == []
    assert world.sync()["b"].state == "done" and world.rows("b") == []


def many(world: World, count: int) -> None:
    for number in range(count):
        share(world, Title=f"Project {number}")
    world.sync()


def test_a_pull_that_changes_unusually_much_is_held_and_nobody_plans_it(pair: World) -> None:
    many(pair, 40)
    for row in pair.rows("a")[:30]:
        row["Title"] += " changed"
    assert pair.sync()["a"].state == "held"
    assert not any("changed" in row["Title"] for row in pair.rows("b"))
    (hold,) = pair.table(Hold)
    assert hold.kind == "overwrites_in" and len(hold.items) == 30
    holds.approve(pair.hub, hold.id, hold.plan_hash, "u1")
    assert pair.sync()["b"].state == "held", "what it means for b's own records is for b's people to look at"
    hold = next(h for h in pair.table(Hold) if h.state == "waiting")
    holds.approve(pair.hub, hold.id, hold.plan_hash, "u2")
    pair.sync()
    assert sum("changed" in row["Title"] for row in pair.rows("b")) == 30


def test_rejecting_a_held_pull_restores_the_commons_from_history(pair: World) -> None:
    many(pair, 40)
    before = {o.id: o.title for o in pair.table(Opportunity)}
    for row in pair.rows("a")[:30]:
        row["Title"] = "garbage"
    pair.sync()
    holds.reject(pair.hub, pair.table(Hold)[0].id, "u1")
    assert {o.id: o.title for o in pair.table(Opportunity)} == before
    pair.sync()
    assert not any(row["Title"] == "garbage" for row in pair.rows("b"))
    assert sum(row["Title"] == "garbage" for row in pair.rows("a")) == 30, "their own records are theirs"


def test_un_ticking_many_at_once_is_held(pair: World) -> None:
    many(pair, 40)
    for row in pair.rows("a")[:10]:
        row["Share"] = False
    assert pair.sync()["a"].state == "held"
    assert {row["Status"] for row in pair.rows("b")} == {"published"}


def test_a_push_that_overwrites_unusually_much_is_held_and_goes_after_approval(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()), connection("c", "c", imports=()))
    many(world, 25)
    world.systems["c"].calls.clear()
    with world.hub.writing() as conn:
        from hub.store import dues, opportunities

        for o in opportunities.load(conn, [o.id for o in world.table(Opportunity)]).values():
            opportunities.change(conn, o.id, facts=o.facts | {"title": o.title + "!"}, title=o.title + "!", version=9)
            dues.add(conn, ["c"], o.id, world.time.now())
    assert world.sync("c")["c"].state == "held" and world.systems["c"].writes() == 0
    (hold,) = world.table(Hold)
    assert hold.kind == "overwrites_out" and len(hold.items) == 25
    holds.approve(world.hub, hold.id, hold.plan_hash, "u1")
    assert world.sync("c")["c"].state == "done"
    assert all(row["Title"].endswith("!") for row in world.rows("c"))


def test_a_dry_run_decides_everything_and_changes_nothing(pair: World) -> None:
    share(pair)
    results = pair.sync(dry_run=True)
    assert results["a"].counts["created"] == 1
    assert [item["title"] for item in results["b"].plan] == ["Wells"]
    assert pair.table(Opportunity) == [] and pair.table(Run) == [] and pair.writes() == 0


# --- conflicts live ----------------------------------------------------------


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


# --- mappings change ---------------------------------------------------------


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


# --- organisations -----------------------------------------------------------


REFERENCE = {
    "organization.name": False,
    "organization": {
        "field": "Account", "type": "reference", "object": "Accounts", "match": ["EIN", "Name"],
        "parts": {"name": "Name", "identifiers.US-EIN": "EIN"},
    },
}  # fmt: skip


def with_accounts(make: Make, *accounts: dict[str, Any]) -> World:
    create = {"Owner": {"user": "importer", "object": "Users", "match": "Email"}}
    world = make(
        connection("a"), connection("b", imports=(), importer="o@b.example"),
        trees={"b": tree(fields=REFERENCE, create=create)},
    )  # fmt: skip
    world.systems["b"].others["Accounts"] = [Record(f"acc{i}", a) for i, a in enumerate(accounts)]
    world.systems["b"].others["Users"] = [Record("user7", {"Email": "o@b.example"})]
    share(world)
    world.sync()
    return world


def test_an_imported_record_points_at_the_organisation_that_is_there_and_at_its_owner(make: Make) -> None:
    world = with_accounts(make, {"Name": "Upper Valley Trust", "EIN": "12"})
    (row,) = world.rows("b")
    assert row["Account"]["id"] == "acc0" and row["Owner"]["id"] == "user7"
    assert world.table(ReferenceQuestion) == [] and world.quiet() == 0


@pytest.mark.parametrize("accounts", [[], [{"Name": "Upper Valley Trust"}, {"Name": "Upper Valley Trust"}]])
def test_an_organisation_that_is_missing_or_ambiguous_is_a_question(make: Make, accounts: list[Any]) -> None:
    world = with_accounts(make, *accounts)
    (question,) = world.table(ReferenceQuestion)
    assert len(question.candidates) == len(accounts) and "Account" not in world.rows("b")[0]
    choice = "link:acc1" if accounts else "create"
    references.decide(world.hub, question.id, choice, "u1")
    world.sync()
    wanted = "acc1" if accounts else "Accounts-1"
    assert world.rows("b")[0]["Account"]["id"] == wanted
    assert world.quiet() == 0


def test_an_organisation_whose_creation_was_not_answered_is_found_again_and_not_doubled(make: Make) -> None:
    world = with_accounts(make)
    (question,) = world.table(ReferenceQuestion)
    references.decide(world.hub, question.id, "create", "u1")
    world.systems["b"].fault["add:after"] = [Ambiguous("the answer was lost")]
    assert world.sync()["b"].state == "incomplete"
    world.sync()
    assert [record.id for record in world.systems["b"].others["Accounts"]] == ["Accounts-1"]
    assert world.rows("b")[0]["Account"]["id"] == "Accounts-1" and world.quiet() == 0


# --- what broke off in the middle --------------------------------------------


def test_a_pull_that_broke_off_after_a_page_is_judged_by_the_next_run_and_everyone_hears_of_it(pair: World) -> None:
    """Its pages were stored and waited to be judged; but only runs whose process had died were taken over, so what a system had shown before it
    stopped answering stayed invisible for ever."""
    pair.systems["a"].can = Capabilities(page=1, upsert=True)
    for title in ("Wells", "Gardens"):
        share(pair, Title=title)
    pair.systems["a"].fault["list:before"] = [None, Unavailable("the second page failed")]
    assert pair.sync()["a"].state == "incomplete"
    assert pair.rows("b") == [], "not before somebody judged it"
    pair.sync()
    assert sorted(row["Title"] for row in pair.rows("b")) == ["Gardens", "Wells"]
    assert pair.quiet() == 0


def test_what_moved_between_reading_and_writing_reaches_everyone_with_the_next_sync(make: Make) -> None:
    """An edit found while writing was taken into the commons after its run had been judged. Nobody judged it later, so it
    held its opportunity back from every other member, for ever."""
    world = make(connection("a"), connection("b", imports=(), edits="accept"), connection("c", imports=()))
    share(world)
    world.sync()
    world.rows("a")[0]["Title"] = "Deeper wells"
    a, b = OneRun(world.hub, "a", "test"), OneRun(world.hub, "b", "test")
    a.take_in()
    b.take_in()
    world.rows("b")[0] |= {"Title": "Deeper wells", "Summary": "From B, just now"}
    a.give_out()
    b.give_out()
    world.sync()
    assert [row["Summary"] for row in (*world.rows("a"), *world.rows("c"))] == ["From B, just now"] * 2
    assert world.quiet() == 0


def test_a_change_that_comes_while_an_earlier_one_is_being_written_is_written_too(pair: World) -> None:
    """Two workers: while b's record got the new title, a's new summary arrived. The end of b's write removed what was due,
    the summary with it, and b never heard of it."""
    share(pair)
    pair.sync()
    pair.rows("a")[0]["Title"] = "Deeper wells"
    pair.sync("a")

    def meanwhile(column: str, value: Any) -> Any:
        if pair.rows("a")[0]["Summary"] != "Cleaner water":
            pair.rows("a")[0]["Summary"] = "Cleaner water"
            pair.sync("a")
        return value

    pair.systems["b"].keep = meanwhile
    pair.sync("b")
    pair.sync("b")
    assert pair.rows("b")[0]["Summary"] == "Cleaner water" and pair.quiet() == 0


def test_a_change_that_came_before_a_lost_answer_was_settled_is_written_too(pair: World) -> None:
    """Settling the lost write removed what was due, and with it a newer change of the same opportunity."""
    share(pair)
    pair.sync()
    pair.rows("a")[0]["Title"] = "Deeper wells"
    pair.systems["b"].fault["update:after"] = [Ambiguous("the answer was lost")]
    pair.sync()
    pair.rows("a")[0]["Summary"] = "Cleaner water"
    pair.sync("a")
    pair.sync("b")
    assert pair.rows("b")[0]["Summary"] == "Cleaner water" and pair.quiet() == 0


def test_what_a_recovered_write_replaced_is_in_the_audit(make: Make) -> None:
    """The line of a write whose answer was lost said that nothing had been there before."""
    world = importer(make, edits="reset")
    world.rows("b")[0]["Title"] = "Our words"
    world.systems["b"].fault["update:after"] = [Ambiguous("the answer was lost")]
    world.sync()
    world.sync()
    assert world.rows("b")[0]["Title"] == "Wells"
    line = next(row for row in reversed(world.table(Audit)) if row.direction == "out")
    assert line.values == {"Title": ["Our words", "Wells"]}


def test_a_value_taken_back_after_its_write_was_not_answered_reaches_the_record(pair: World) -> None:
    """The lost write was settled, but the link still held the agreement of before it. As the commons was back at just that
    value, it seemed not to have moved, and the record kept the newer one for ever."""
    share(pair)
    pair.sync()
    pair.rows("a")[0]["Title"] = "Deeper wells"
    pair.systems["b"].fault["update:after"] = [Ambiguous("the answer was lost")]
    pair.sync()
    pair.rows("a")[0]["Title"] = "Wells"
    pair.sync("a")
    pair.sync("b")
    assert pair.rows("b")[0]["Title"] == "Wells" and pair.quiet() == 0


@pytest.mark.parametrize("guard", ["none", "strong"])
def test_a_record_that_is_not_shown_any_more_is_asked_for_ever_more_seldom(make: Make, guard: Any) -> None:
    """A write to a record that its system neither shows nor calls deleted was tried again with every sync, for ever."""
    world = importer(make)
    world.systems["b"].can = Capabilities(batch=10, upsert=True, guard=guard)
    world.sync()
    world.rows("a")[0]["Title"] = "Deeper wells"
    system = world.systems["b"]
    hidden, system.rows = system.rows, {}
    for _ in range(20):
        world.sync()
    (due,) = world.table(Due)
    assert 3 <= due.tries <= 6 and "does not show" in due.error
    system.rows = hidden
    world.time.sleep(7 * 3600)
    world.sync()
    assert world.rows("b")[0]["Title"] == "Deeper wells" and world.table(Due) == []


def test_what_is_ticked_again_before_it_is_complete_stays_withdrawn_until_it_is(make: Make) -> None:
    """It went back to being a draft, out of sight of those who held it: their copies said published for ever."""
    world = importer(make)
    world.rows("a")[0]["Share"] = False
    world.sync()
    world.rows("a")[0] |= {"Share": True, "Summary": None}
    world.sync()
    world.sync()
    assert world.table(Opportunity)[0].status == "withdrawn" == world.rows("b")[0]["Status"]
    world.rows("a")[0]["Summary"] = "Complete again"
    world.sync()
    assert world.rows("b")[0]["Status"] == "published" and world.quiet() == 0


def test_a_draft_that_is_unticked_is_shown_to_nobody_as_withdrawn(make: Make) -> None:
    world = make(connection("a"), connection("b", imports=()))
    share(world, Summary=None)
    world.sync()
    world.rows("a")[0]["Share"] = False
    world.sync()
    assert world.table(Opportunity)[0].status == "draft"
    world.rows("a")[0]["Summary"] = "Complete, and not ticked"
    world.sync()
    assert world.table(Opportunity)[0].status == "draft" and world.rows("b") == []
    world.rows("a")[0]["Share"] = True
    world.sync()
    assert world.table(Opportunity)[0].status == "published" and len(world.rows("b")) == 1


def test_no_decision_leaves_an_opportunity_without_a_title(make: Make) -> None:
    world = importer(make, edits="accept")
    world.rows("a")[0]["Title"], world.rows("b")[0]["Title"] = "From A", None
    world.sync()
    (conflict,) = world.table(Conflict)
    with pytest.raises(ValueError, match="needs a title"):
        resolve(world.hub, conflict.id, conflict.rev, None, "u1")
    assert world.table(Conflict)[0].state == "open" and world.table(Opportunity)[0].title == "From A"


def test_a_cleared_title_is_no_suggestion(make: Make) -> None:
    world = importer(make, edits="suggest")
    world.rows("b")[0]["Title"] = None
    world.sync()
    assert world.table(Suggestion) == []
    assert [row.path for row in world.table(Quarantine) if row.state == "open"] == ["title"]

"""The truth table of ``hub.sync.reconcile``, and what surrounds it. Pure: no store, no clock."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.sync.reconcile import Action, Reconciled, Standing, digest, reconcile
from mappings.language import Mapping, of
from mappings.source import Source
from tests.sync.conftest import tree

STEWARD = Standing("here", steward=True, origins={"title": "there"})


def mapping(**fields: Any) -> Mapping:
    return of(Source("m", Path("m.toml"), tree(fields=fields), {}))


PLAIN = mapping()


def raw(m: Mapping = PLAIN, **cells: Any) -> dict[str, Any]:
    return m.reduce({"Title": "old", "Summary": "same"} | cells)


def run(
    theirs: dict[str, Any],
    view: dict[str, Any],
    base: dict[str, Any] | None = None,
    standing: Standing = STEWARD,
    m: Mapping = PLAIN,
    sent: dict[str, Any] | None = None,
) -> Reconciled:
    base_raw = raw(m, **(base or {}))
    return reconcile(m, raw(m, **theirs), base_raw, sent, {"title": "old", "summary": "same"} | view, standing)


def said(result: Reconciled, path: str = "title") -> Action:
    return next((d.action for d in result.decisions if d.path == path), Action.NOTHING)


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        ("old", "old", Action.NOTHING),
        ("new", "old", Action.TAKE),
        ("old", "new", Action.PUSH),
        ("new", "new", Action.AGREE),
        ("new", "other", Action.CONFLICT),
        (None, "other", Action.CONFLICT),
        (None, "old", Action.TAKE),
        ("old", None, Action.PUSH),
    ],
)
def test_the_truth_table_of_a_two_way_field(theirs: str | None, ours: str | None, expected: Action) -> None:
    assert said(run({"Title": theirs}, {"title": ours})) is expected


@pytest.mark.parametrize(
    ("edits", "changed_there", "both_changed"),
    [
        ("keep", Action.KEEP, Action.KEEP),
        ("suggest", Action.SUGGEST, Action.SUGGEST),
        ("accept", Action.TAKE, Action.CONFLICT),
        ("reset", Action.PUSH, Action.PUSH),
    ],
)
def test_what_another_members_edit_means_is_said_by_its_connection(
    edits: Any, changed_there: Action, both_changed: Action
) -> None:
    standing = Standing("there", steward=False, edits=edits)
    assert said(run({"Title": "new"}, {}, standing=standing)) is changed_there
    assert said(run({"Title": "new"}, {"title": "other"}, standing=standing)) is both_changed


@pytest.mark.parametrize(
    ("follow", "answer", "expected"),
    [
        ("yes", None, Action.PUSH),
        ("no", None, Action.LEAVE),
        ("ask", None, Action.ASK),
        ("ask", ["take", digest("new")], Action.PUSH),
        ("ask", ["leave", digest("new")], Action.LEAVE),
        ("ask", ["take", digest("of before")], Action.ASK),
        ("ask", ["leave", digest("of before")], Action.ASK),
        ("no", ["take", digest("new")], Action.LEAVE),
        ("yes", ["leave", digest("new")], Action.PUSH),
    ],
)
def test_a_changed_fact_goes_to_those_who_follow_and_to_those_who_took_this_very_value(
    follow: Any, answer: list[str] | None, expected: Action
) -> None:
    standing = Standing("there", steward=False, follow=follow, answers={"title": answer} if answer else {})
    result = run({}, {"title": "new"}, standing=standing)
    assert said(result) is expected
    assert result.columns == ({"Title": "new"} if expected is Action.PUSH else {})


@pytest.mark.parametrize("follow", ["ask", "no"])
def test_following_changes_nothing_else_of_the_table(follow: Any) -> None:
    trusted = Standing("there", steward=False, edits="accept", follow=follow, origins={"title": "elsewhere"})
    assert said(run({"Title": "new"}, {}, standing=trusted)) is Action.TAKE
    assert said(run({"Title": "new"}, {"title": "other"}, standing=trusted)) is Action.CONFLICT
    assert said(run({"Title": "new"}, {"title": "new"}, standing=trusted)) is Action.AGREE
    local = replace(trusted, edits="keep")
    assert said(run({"Title": "new"}, {"title": "other"}, standing=local)) is Action.KEEP
    assert said(run({"Stage": "exploring"}, {}, standing=local), "commitment.stage") is Action.TAKE
    assert said(run({}, {"status": "withdrawn"}, standing=local), "status") is Action.PUSH
    assert said(run({"Status": "mine"}, {"status": "published"}, standing=local), "status") is Action.PUSH
    assert said(run({"Title": "new"}, {}, standing=replace(local, edits="reset"))) is (
        Action.ASK if follow == "ask" else Action.LEAVE
    )


def test_an_amount_that_is_not_followed_keeps_its_currency() -> None:
    m = mapping(**{"ask.total_cost": {"field": "Cost", "type": "money", "currency": {"field": "Currency"}}})
    euro = {name: {"amount": "7", "currency": "EUR"} for name in ("ask.requested", "ask.total_cost")}
    cells = {"Ask": 5, "Cost": 5, "Currency": "USD"}
    took = {"ask.total_cost": ["take", digest(euro["ask.total_cost"])]}
    standing = Standing("there", steward=False, follow="ask", answers=took)
    result = run(cells, euro, cells, standing, m)
    assert (said(result, "ask.requested"), said(result, "ask.total_cost")) == (Action.ASK, Action.LEAVE)
    assert result.columns == {}
    followed = run(cells, euro, cells, replace(standing, follow="yes"), m)
    assert followed.columns == {"Ask": 7, "Cost": 7, "Currency": "EUR"}


def test_a_members_own_commitment_is_its_own_also_where_it_is_not_steward() -> None:
    standing = Standing("there", steward=False)
    assert said(run({"Stage": "exploring"}, {}, standing=standing), "commitment.stage") is Action.TAKE


def test_a_one_way_field_is_never_pushed() -> None:
    result = run({"Stage": "exploring"}, {"commitment.stage": "paid"}, {"Stage": "exploring"})
    assert said(result, "commitment.stage") is Action.NOTHING


def test_what_a_one_way_field_held_before_it_was_mapped_is_read_too() -> None:
    """Its first look used to compare the record with itself, and saw nothing new."""

    def first(theirs: str | None, ours: str | None) -> Action:
        record = raw(Stage=theirs)
        base = {column: value for column, value in record.items() if column != "Stage"}
        view = {"title": "old", "summary": "same", "commitment.stage": ours}
        return said(reconcile(PLAIN, record, base, None, view, STEWARD), "commitment.stage")

    assert first("pledged", None) is Action.TAKE
    assert first(None, "pledged") is Action.NOTHING
    assert first("pledged", "pledged") is Action.NOTHING
    assert first("pledged", "paid") is Action.CONFLICT


def test_a_foreign_edit_of_an_outgoing_field_is_overwritten() -> None:
    result = run({"Status": "mine"}, {"status": "published"}, {"Status": "published"})
    assert said(result, "status") is Action.PUSH and result.columns == {"Status": "published"}


def test_after_a_new_mapping_a_base_that_looks_like_the_commons_by_chance_proves_nothing() -> None:
    standing = replace(STEWARD, remapped=True)
    moved, still = {"title": digest("what they agreed on")}, {"title": digest("old")}

    def edited(agreed: dict[str, str]) -> Action:
        view = {"title": "old", "summary": "same"}
        return said(reconcile(PLAIN, raw(PLAIN, Title="new"), raw(PLAIN, Title="old"), None, view, standing, agreed))

    assert edited(moved) is Action.CONFLICT and edited(still) is Action.TAKE


def test_an_edit_on_a_shortened_copy_is_a_conflict() -> None:
    short = mapping(title={"field": "Title", "max": 5})
    long = "a long title"
    assert said(run({"Title": "a lon"}, {"title": long}, {"Title": "a lon"}, m=short)) is Action.NOTHING
    assert said(run({"Title": "b"}, {"title": long}, {"Title": "a lon"}, m=short)) is Action.CONFLICT


def test_two_edits_of_a_set_are_merged_and_what_the_system_cannot_show_survives() -> None:
    result = run({"Themes": ["Education", "Health"]}, {"themes": ["education", "climate"]}, {"Themes": ["Education"]})
    (decision,) = result.by(Action.TAKE)
    assert decision.value == ["climate", "education", "health"]
    gone = run({"Themes": None}, {"themes": ["education", "climate"]}, {"Themes": ["Education"]})
    assert gone.by(Action.TAKE)[0].value == ["climate"]


def test_at_first_sight_a_set_whose_items_the_system_cannot_show_is_not_blank() -> None:
    result = reconcile(PLAIN, raw(PLAIN, Themes=["Health"]), None, None, {"themes": ["climate"]}, STEWARD)
    assert said(result, "themes") is Action.CONFLICT


def test_money_of_another_currency_is_never_converted_nor_written() -> None:
    euro = mapping(**{"ask.requested": {"field": "Ask", "type": "money", "currency": "EUR"}})
    ask = {"ask.requested": {"amount": "1000", "currency": "USD"}}
    result = run({}, ask, m=euro)
    assert said(result, "ask.requested") is Action.NOTHING and result.columns == {}
    assert "ask.requested" in result.unholdable
    assert said(run({"Ask": 5}, ask, m=euro), "ask.requested") is Action.CONFLICT


def test_at_first_sight_what_stands_where_the_commons_value_cannot_is_nobodys_agreement() -> None:
    """It was taken for the base: as soon as the commons value could be held, it was written over, and nobody had seen it."""
    euro = mapping(**{"ask.requested": {"field": "Ask", "type": "money", "currency": "EUR"}})
    ask = {"title": "old", "summary": "same", "ask.requested": {"amount": "1000", "currency": "USD"}}
    importer = Standing("here", steward=False, edits="reset")

    def first(own: int | None, standing: Standing) -> Action:
        return said(reconcile(euro, raw(euro, Ask=own), None, None, ask, standing), "ask.requested")

    assert first(5, STEWARD) is Action.CONFLICT and first(5, importer) is Action.KEEP
    assert first(None, STEWARD) is first(None, importer) is Action.NOTHING


def test_an_unknown_choice_sets_its_field_aside_and_the_others_go_on() -> None:
    result = run({"Stage": "mystery", "Title": "new"}, {})
    assert said(result, "commitment.stage") is Action.UNREADABLE and said(result) is Action.TAKE


def test_a_rule_ranks_the_systems_that_values_came_from() -> None:
    ranks = {"title": ("there", "here")}
    loses = Standing("here", steward=True, ranks=ranks, origins={"title": "there"})
    wins = Standing("there", steward=True, ranks=ranks, origins={"title": "here"})
    assert said(run({"Title": "a"}, {"title": "b"}, standing=loses)) is Action.PUSH
    assert said(run({"Title": "a"}, {"title": "b"}, standing=wins)) is Action.TAKE
    stranger = Standing("there", steward=True, ranks=ranks, origins={"title": None})
    assert said(run({"Title": "a"}, {"title": "b"}, standing=stranger)) is Action.CONFLICT


def test_an_open_conflict_freezes_its_field_only() -> None:
    standing = Standing("here", steward=True, frozen=frozenset({"title"}))
    result = run({"Title": "new", "Summary": "newer"}, {}, standing=standing)
    assert said(result) is Action.FROZEN and said(result, "summary") is Action.TAKE


def test_an_edit_that_has_no_word_in_an_open_conflict_means_what_it_always_means() -> None:
    for edits, meaning in (("keep", Action.KEEP), ("suggest", Action.SUGGEST), ("accept", Action.FROZEN)):
        standing = Standing("here", steward=False, edits=edits, frozen=frozenset({"title"}))
        assert said(run({"Title": "new"}, {}, standing=standing)) is meaning
        assert said(run({}, {"title": "b"}, standing=standing)) is Action.FROZEN


def test_a_field_that_differs_here_is_not_pushed_over_until_both_agree_again() -> None:
    standing = Standing("there", steward=False, differs=frozenset({"title"}))
    assert said(run({"Title": "local"}, {"title": "new"}, {"Title": "local"}, standing)) is Action.NOTHING
    assert said(run({"Title": "new"}, {"title": "new"}, {"Title": "local"}, standing)) is Action.AGREE


def test_without_a_base_equal_agrees_blank_never_overwrites_and_else_it_is_a_conflict() -> None:
    def first(theirs: str | None, ours: str | None) -> Action:
        return said(reconcile(PLAIN, raw(Title=theirs), None, None, {"title": ours, "summary": "same"}, STEWARD))

    assert first("a", "a") is Action.AGREE
    assert first(None, "a") is Action.PUSH
    assert first("a", None) is Action.TAKE
    assert first("a", "b") is Action.CONFLICT


def test_a_systems_own_normalising_is_neither_an_edit_nor_pushed_again() -> None:
    result = run({"Title": "SHOUT"}, {"title": "shout"}, {"Title": "SHOUT"}, sent={"Title": "shout"})
    assert said(result) is Action.NOTHING
    edited = run({"Title": "WHISPER"}, {"title": "shout"}, {"Title": "SHOUT"}, sent={"Title": "shout"})
    assert said(edited) is Action.CONFLICT or said(edited) is Action.TAKE


def test_changing_a_value_map_fakes_no_edit_and_no_conflict() -> None:
    before = mapping()
    after = mapping(
        themes={"field": "Themes", "type": "choices", "values": {"climate": "Education", "health": "Health"}}
    )
    cells = {"Themes": ["Education", "Health"]}
    view = {"themes": ["education", "health"]}
    assert run(cells, view, cells, m=before).decisions == ()
    result = run(cells, view, cells, m=after)
    assert not result.by(Action.TAKE, Action.CONFLICT), result


def test_reverting_to_an_older_value_is_an_edit() -> None:
    assert said(run({"Title": "oldest"}, {"title": "newest"}, {"Title": "newest"})) is Action.TAKE


def test_where_the_commons_has_not_moved_a_changed_mapping_pushes_nothing() -> None:
    swapped = mapping(
        themes={"field": "Themes", "type": "choices", "values": {"education": "Health", "health": "Education"}}
    )
    cells = {"Themes": ["Education"]}
    view = {"themes": ["education"]}
    agreed = {"themes": digest(["education"])}

    def decide(of: dict[str, Any]) -> Reconciled:
        base = raw(swapped, **cells)
        return reconcile(swapped, base, base, None, {"title": "old", "summary": "same"} | of, STEWARD, agreed)

    assert decide(view).decisions == ()
    assert said(decide({"themes": ["education", "health"]}), "themes") is Action.PUSH

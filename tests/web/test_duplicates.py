"""Possible duplicates on the pages: in both stewards' queues, side by side, and nothing of it for anybody else."""

from __future__ import annotations

from typing import Any

import pytest

from hub.people.accounts import add_user
from hub.store import duplicates, opportunities
from tests.web.conftest import PASSWORD, Site, fill


@pytest.fixture
def filled(site: Site) -> Site:
    """Elm's opportunity and Ash's, which may be one."""
    site.ids = fill(site.hub)
    for role in ("staff", "admin"):
        add_user(site.hub, "ash", f"{role}.ash@hub.test", f"{role} of ash", [role], PASSWORD)
    return site


def question(site: Site) -> str:
    return f"/queue/duplicates/{site.ids['Duplicate']}"


def state(site: Site) -> Any:
    with site.hub.reading() as conn:
        return duplicates.get(conn, site.ids["Duplicate"])


def seen(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"')[0]


def answer(site: Site, who: str, decision: str, **form: str) -> str:
    done = site.post(site.client(who), f"{question(site)}/{decision}", **form)
    assert done.status_code == 303, done.text
    return site.client(who).get(done.location).text


def test_both_stewards_find_it_in_their_queue_and_nobody_else(filled: Site) -> None:
    for who, other in (("staff.elm", "Ash House"), ("admin.ash", "Elm Fund")):
        shown = filled.client(who).get("/queue").text
        assert "may be the same as" in shown and f"which {other} shares" in shown, who
    for who in ("officer.elm", "operator.elm", "staff.oak", "admin.oak"):
        assert "may be the same as" not in filled.client(who).get("/queue").text, who


def test_the_two_stand_side_by_side(filled: Site) -> None:
    shown = filled.client("staff.elm").get(question(filled)).text
    assert "Orchard &lt;b&gt;school&lt;/b&gt;" in shown and "Ash has it too" in shown and "Shared by Ash House" in shown
    assert "424242" not in shown and "424,242" not in shown, "Oak's hidden position"
    assert shown.count(" checked") == 1 and "the older one" in shown


def test_a_steward_without_a_name_has_none_here(filled: Site) -> None:
    with filled.hub.writing() as conn:
        row = opportunities.load(conn, [filled.ids["Twin"]])[filled.ids["Twin"]]
        opportunities.change(conn, row.id, facts=row.facts | {"named": False})
    for path in ("/queue", question(filled)):
        shown = filled.client("staff.elm").get(path).text
        assert "Ash House" not in shown and "Ash has it too" in shown, path


def test_what_is_out_of_sight_for_one_is_asked_of_neither(filled: Site) -> None:
    with filled.hub.writing() as conn:
        opportunities.change(conn, filled.ids["Twin"], audience="member:oak")
    for who in ("staff.elm", "staff.ash"):
        assert "may be the same as" not in filled.client(who).get("/queue").text, who
        assert filled.client(who).get(question(filled)).status_code == 404, who
        for decision in ("different", "merge"):
            assert filled.post(filled.client(who), f"{question(filled)}/{decision}").status_code == 404, who


def test_one_agrees_then_the_other_and_each_sees_whose_turn_it_is(filled: Site) -> None:
    page = filled.client("staff.elm").get(question(filled)).text
    form = {"survivor": filled.ids["Opportunity"], "seen": seen(page)}
    assert "when the other steward agrees to the same" in answer(filled, "staff.elm", "merge", **form)
    assert (
        "You agreed; the other steward has not answered yet." in filled.client("staff.elm").get(question(filled)).text
    )
    page = filled.client("staff.ash").get(question(filled)).text
    assert "The other steward agrees to merge them" in page
    late = answer(filled, "staff.ash", "merge", survivor=form["survivor"], seen="another")
    assert "One of the two changed while you were deciding" in late and state(filled).state == "open"
    assert "Both agree." in answer(filled, "staff.ash", "merge", **form | {"seen": seen(page)})
    assert state(filled).state == "agreed"


def test_not_the_same_settles_it_for_both(filled: Site) -> None:
    assert "nobody is asked about these two again" in answer(filled, "admin.ash", "different")
    assert "may be the same as" not in filled.client("staff.elm").get("/queue").text
    gone = filled.client("staff.elm").get(question(filled))
    assert gone.status_code == 303 and gone.location == "/queue"
    assert "Both agreed already, or" in answer(filled, "staff.elm", "merge", survivor="x", seen="x")


def test_what_is_shared_with_different_members_says_so_and_offers_no_merging(filled: Site) -> None:
    with filled.hub.writing() as conn:
        opportunities.change(conn, filled.ids["Twin"], audience="member:elm")
    page = filled.client("staff.elm").get(question(filled)).text
    assert "not shared with the same members" in page and "Merge them" not in page
    shown = answer(filled, "staff.elm", "merge", survivor=filled.ids["Opportunity"], seen=seen(page))
    assert "share both with the same members first" in shown and state(filled).agreed_by is None


# --- after a merge -----------------------------------------------------------------


@pytest.fixture
def merged(filled: Site) -> Site:
    """Ash's went into Elm's; Oak was in both, and holds another position on the one that is gone."""
    from hub.commons import duplicates as commons
    from hub.store.tables import Commitment

    said = {"commitment.stage": "pledged", "commitment.amount": {"amount": "777333", "currency": "USD"}}
    with filled.hub.writing() as conn:
        row = Commitment(id="cc", opportunity_id=filled.ids["Twin"], member_id="oak", facts=said, origins={})
        opportunities.add_commitments(conn, row)
        twin = opportunities.load(conn, [filled.ids["Twin"]])[filled.ids["Twin"]]
        opportunities.change(conn, twin.id, facts=twin.facts | {"named": False})
    for who in ("staff.elm", "staff.ash"):
        page = filled.client(who).get(question(filled)).text
        answer(filled, who, "merge", survivor=filled.ids["Opportunity"], seen=seen(page))
    assert commons.carry_out(filled.hub) == 1
    return filled


def test_the_address_of_what_went_into_another_leads_there(merged: Site) -> None:
    gone, survivor = merged.ids["Twin"], merged.ids["Opportunity"]
    for who in ("staff.oak", "staff.ash", "convener.elm"):
        answer = merged.client(who).get(f"/opportunities/{gone}")
        assert answer.status_code == 303 and answer.location == f"/opportunities/{survivor}", who
        assert "was merged into this opportunity" in merged.client(who).get(answer.location).text
        assert "Ash has it too" not in merged.client(who).get("/opportunities").text
    late = merged.post(merged.client("officer.oak"), f"/opportunities/{gone}/position", stage="paid", amount="5 USD")
    assert "Nothing of what you sent was stored" in merged.client("officer.oak").get(late.location).text


def test_who_may_not_see_the_survivor_learns_nothing_from_the_old_address(merged: Site) -> None:
    with merged.hub.writing() as conn:
        opportunities.change(conn, merged.ids["Opportunity"], audience="member:nobody")
    assert merged.client("staff.oak").get(f"/opportunities/{merged.ids['Twin']}").status_code == 404
    late = merged.post(merged.client("officer.oak"), f"/opportunities/{merged.ids['Twin']}/position", stage="paid")
    assert late.status_code == 404


def test_a_steward_without_a_name_is_not_named_by_the_merge(merged: Site) -> None:
    shown = merged.client("officer.oak").get(f"/opportunities/{merged.ids['Opportunity']}").text
    assert "Ash House" not in shown
    assert "Ash House" not in merged.client("officer.oak").get("/queue").text


def test_who_was_in_both_is_asked_which_position_counts(merged: Site) -> None:
    client = merged.client("staff.oak")
    shown = client.get("/queue").text
    assert "you were in both" in shown and "777,333 USD" in shown and "424,242 USD" in shown
    for who in ("staff.elm", "staff.ash", "operator.oak"):
        text = merged.client(who).get("/queue").text
        assert "777,333" not in text and "777333" not in text and "424,242" not in text, who
    path = shown.split('action="/queue/merged/')[1].split('/kept"')[0]
    assert merged.post(merged.client("staff.ash"), f"/queue/merged/{path}/taken").status_code == 404
    assert merged.post(client, f"/queue/merged/{path}/taken").status_code == 303
    with merged.hub.reading() as conn:
        own = opportunities.commitments(conn, [merged.ids["Opportunity"]])[merged.ids["Opportunity"]]["oak"]
    assert own.facts["commitment.amount"]["amount"] == "777333" and not own.facts.get("commitment.note")
    assert "you were in both" not in client.get("/queue").text

"""Handing an opportunity over, on the pages: offered on its own page, answered in the other member's queue."""

from __future__ import annotations

import pytest

from hub.store import handovers, opportunities
from hub.store.tables import Handover
from tests.web.conftest import Site, fill


@pytest.fixture
def filled(site: Site) -> Site:
    """Elm's opportunity, complete enough to stay published with Oak."""
    site.ids = fill(site.hub)
    with site.hub.writing() as conn:
        conn.execute(handovers.t.delete())
        row = opportunities.load(conn, [site.ids["Opportunity"]])[site.ids["Opportunity"]]
        facts = row.facts | {
            "organization.name": "Orchard Trust",
            "consent.scope": "members",
            "vetting.summary": "Seen <b>it</b>",
        }
        opportunities.change(conn, row.id, facts=facts)
    return site


def offer(site: Site, who: str = "staff.elm", member: str = "oak", word: str = "It is <b>closer</b> to you") -> str:
    answer = site.post(
        site.client(who), f"/opportunities/{site.ids['Opportunity']}/hand-over", member=member, word=word
    )
    assert answer.status_code == 303, answer.text
    return site.client(who).get(answer.location).text


def rows(site: Site) -> list[Handover]:
    with site.hub.reading() as conn:
        return list(conn.execute(handovers.t.select()))


def page(site: Site, who: str) -> str:
    return site.client(who).get(f"/opportunities/{site.ids['Opportunity']}").text


def answer(site: Site, who: str, decision: str, **form: str) -> str:
    (row,) = [row for row in rows(site) if row.state == "open"]
    done = site.post(site.client(who), f"/queue/handovers/{row.id}/{decision}", **form)
    assert done.status_code == 303, done.text
    return site.client(who).get(done.location).text


def test_the_offer_waits_in_the_queue_of_those_who_may_decide_with_its_word(filled: Site) -> None:
    shown = offer(filled)
    assert "Offered to Oak Trust." in shown and "Take the offer back" in shown
    (row,) = rows(filled)
    for who in ("staff.oak", "admin.oak"):
        assert "Elm Fund offers you to become its steward." in filled.client(who).get("/queue").text
        asked = filled.client(who).get(f"/queue/handovers/{row.id}").text
        assert "It is &lt;b&gt;closer&lt;/b&gt; to you" in asked and "Seen &lt;b&gt;it&lt;/b&gt;" in asked
    for who in ("operator.oak", "officer.oak", "staff.elm"):
        assert "offers you" not in filled.client(who).get("/queue").text, who


def test_accepting_makes_it_theirs_and_the_page_says_so_to_both(filled: Site) -> None:
    offer(filled)
    assert "You are its steward now" in answer(filled, "admin.oak", "accept", named="yes", word="Gladly")
    assert "Hand it over" in page(filled, "staff.oak") and "Hand it over" not in page(filled, "staff.elm")
    for who in ("staff.oak", "officer.elm"):
        assert "handed over" in page(filled, who) and "shared by <bdi" in page(filled, who)
        assert "Elm Fund" in page(filled, who) and "Oak Trust" in page(filled, who)


def test_a_steward_without_a_name_has_none_afterwards_either(filled: Site) -> None:
    with filled.hub.writing() as conn:
        row = opportunities.load(conn, [filled.ids["Opportunity"]])[filled.ids["Opportunity"]]
        opportunities.change(conn, row.id, facts=row.facts | {"named": False})
    offer(filled)
    (row,) = rows(filled)
    assert "a member offers you" in filled.client("staff.oak").get("/queue").text
    assert "Elm Fund" not in filled.client("staff.oak").get(f"/queue/handovers/{row.id}").text
    answer(filled, "staff.oak", "accept", named="yes")
    shown = page(filled, "staff.oak")
    assert "Oak Trust" in shown and "Elm Fund" not in shown.replace('value="elm"', "").split('<h2 id="history"')[1]
    assert "Elm Fund" in page(filled, "staff.elm")
    assert (
        "Elm Fund"
        not in filled.client("staff.oak").get(f"/opportunities/{filled.ids['Opportunity']}/as-others-see-it").text
    )


def test_declining_tells_the_steward_why(filled: Site) -> None:
    offer(filled)
    answer(filled, "staff.oak", "decline", word="We have <i>no</i> people for it")
    shown = page(filled, "admin.elm")
    assert (
        "Oak Trust declined." in shown
        and "We have &lt;i&gt;no&lt;/i&gt; people for it" in shown
        and "Offer it" in shown
    )
    assert "no&lt;" in page(filled, "officer.oak"), "its own word, in the conversation"
    assert "no&lt;" not in page(filled, "operator.oak") and "no</i>" not in page(filled, "staff.oak")


def test_an_offer_taken_back_is_gone_from_the_queue(filled: Site) -> None:
    offer(filled)
    back = filled.post(filled.client("staff.elm"), f"/opportunities/{filled.ids['Opportunity']}/hand-over/take-back")
    assert back.status_code == 303
    (row,) = rows(filled)
    assert "offers you" not in filled.client("staff.oak").get("/queue").text
    gone = filled.client("staff.oak").get(f"/queue/handovers/{row.id}")
    assert gone.status_code == 303 and gone.location == "/queue"
    late = filled.post(filled.client("staff.oak"), f"/queue/handovers/{row.id}/accept")
    assert "answered already" in filled.client("staff.oak").get(late.location).text


def test_who_it_is_not_shared_with_sees_nothing_of_the_offer(filled: Site) -> None:
    offer(filled)
    (row,) = rows(filled)
    with filled.hub.writing() as conn:
        opportunities.change(conn, filled.ids["Opportunity"], audience="member:nobody")
    client = filled.client("staff.oak")
    assert "offers you" not in client.get("/queue").text
    assert client.get(f"/queue/handovers/{row.id}").status_code == 404
    for decision in ("accept", "decline"):
        assert filled.post(client, f"/queue/handovers/{row.id}/{decision}").status_code == 404
    assert filled.client("staff.elm").get(f"/queue/handovers/{row.id}").status_code == 404, "it is not offered to Elm"


def test_why_it_cannot_be_offered_is_said_on_the_page(filled: Site) -> None:
    assert "only to another member" in offer(filled, member="elm")
    assert (
        filled.post(filled.client("staff.oak"), f"/opportunities/{filled.ids['Opportunity']}/hand-over").status_code
        == 404
    )
    with filled.hub.writing() as conn:
        row = opportunities.load(conn, [filled.ids["Opportunity"]])[filled.ids["Opportunity"]]
        opportunities.change(conn, row.id, facts={p: v for p, v in row.facts.items() if p != "consent.scope"})
    assert "Consent is missing" in offer(filled)
    assert rows(filled) == []

"""A convener's word to a member: it shows where it may, to those who decide, and widens nobody's view."""

from __future__ import annotations

import pytest

from hub.commons.imports import pick
from hub.store import opportunities, recommendations
from hub.store.tables import Recommendation
from tests.web.conftest import Site, fill


@pytest.fixture
def filled(site: Site) -> Site:
    site.ids = fill(site.hub)
    with site.hub.writing() as conn:
        conn.execute(recommendations.t.delete())
    return site


def recommend(site: Site, who: str, member: str, note: str = "Close to <b>your</b> orchards") -> str:
    id = site.ids["Opportunity"]
    answer = site.post(site.client(who), f"/opportunities/{id}/recommend", member=member, note=note)
    assert answer.status_code == 303
    return site.client(who).get(answer.location).text


def queue(site: Site, who: str) -> str:
    return site.client(who).get("/queue").text


def rows(site: Site) -> list[Recommendation]:
    with site.hub.reading() as conn:
        return list(conn.execute(recommendations.t.select()))


def test_a_recommendation_is_in_the_queue_of_the_member_with_its_word(filled: Site) -> None:
    assert "They find it" in recommend(filled, "convener.elm", "oak")
    for role in ("officer", "staff", "admin"):
        shown = queue(filled, f"{role}.oak")
        assert "is recommended to you by convener of elm, Elm Fund." in shown
        assert "Close to &lt;b&gt;your&lt;/b&gt; orchards" in shown
    for who in ("operator.oak", "officer.elm", "convener.oak"):
        client = filled.client(who).get("/queue")
        assert "recommended to you" not in client.text, who


def test_not_for_us_hides_it_until_somebody_recommends_it_anew(filled: Site) -> None:
    recommend(filled, "convener.elm", "oak")
    assert "did already" not in recommend(filled, "convener.elm", "oak") and len(rows(filled)) == 1, "said once"
    path = f"/queue/recommendations/{filled.ids['Opportunity']}/dismiss"
    assert filled.post(filled.client("officer.elm"), path).status_code == 404, "nothing of theirs"
    assert filled.post(filled.client("officer.oak"), path).status_code == 303
    assert "recommended to you" not in queue(filled, "officer.oak")
    recommend(filled, "convener.elm", "oak")
    assert "recommended to you" in queue(filled, "officer.oak")


def test_taking_it_up_answers_it(filled: Site) -> None:
    recommend(filled, "convener.elm", "oak")
    pick(filled.hub, filled.ids["Opportunity"], "oak-sheet", "u9")
    assert "recommended to you" not in queue(filled, "officer.oak")
    assert [row.state for row in rows(filled)] == ["taken_up"]


def test_nobody_is_shown_or_recommended_what_is_not_shared_with_them(filled: Site) -> None:
    id = filled.ids["Opportunity"]
    recommend(filled, "convener.elm", "oak")
    with filled.hub.writing() as conn:
        opportunities.change(conn, id, audience="member:nobody")
    assert "recommended to you" not in queue(filled, "officer.oak"), "shared with fewer since"
    assert "only to members that it is shared with" in recommend(filled, "convener.elm", "oak")
    assert len(rows(filled)) == 1
    answer = filled.post(filled.client("convener.oak"), f"/opportunities/{id}/recommend", member="elm")
    assert answer.status_code == 404, "whom it is not shared with knows nothing of it"
    assert "Recommend it" not in filled.client("officer.elm").get(f"/opportunities/{id}").text

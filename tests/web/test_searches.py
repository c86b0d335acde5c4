"""Saved searches on the pages: made, looked at and dropped by the people of one foundation, and nobody else's."""

from __future__ import annotations

import pytest

from hub.store import searches
from hub.store.tables import SavedSearch
from tests.web.conftest import Site, fill


@pytest.fixture
def filled(site: Site) -> Site:
    site.ids = fill(site.hub)
    return site


def kept(site: Site, member: str) -> list[SavedSearch]:
    with site.hub.reading() as conn:
        return searches.of_member(conn, member)


def test_a_search_is_saved_in_words_and_shows_what_it_finds(filled: Site) -> None:
    officer = filled.client("officer.oak")
    answer = filled.post(officer, "/searches", name="Schools in Kenya", text="ORCHARD", countries="", themes=[])
    assert answer.status_code == 303
    [search] = kept(filled, "oak")
    assert search.criteria == {"kind": None, "themes": [], "countries": [], "text": "ORCHARD"}
    page = officer.get(f"/searches/{search.id}").text
    assert "Orchard &lt;b&gt;school&lt;/b&gt;" in page
    assert "Schools in Kenya" in officer.get("/searches").text


def test_countries_are_typed_by_name_or_code_and_what_is_none_is_said_with_the_form_kept(filled: Site) -> None:
    officer = filled.client("officer.elm")
    form = {"name": "East", "countries": "Kenya, UG, kenya", "themes": ["water", "health"], "inbox": "elm-inbox"}
    assert filled.post(officer, "/searches", **form).status_code == 303
    search = next(s for s in kept(filled, "elm") if s.name == "East")
    assert search.criteria["countries"] == ["KE", "UG"] and search.connection_id == "elm-inbox"
    answer = filled.post(officer, "/searches", **form | {"countries": "Kenya, Atlantis"})
    assert answer.status_code == 422 and "“Atlantis” is no country" in answer.text
    assert 'value="Kenya, Atlantis"' in answer.text and 'value="water" checked' in answer.text


def test_an_inbox_of_another_foundation_cannot_be_filled(filled: Site) -> None:
    answer = filled.post(filled.client("officer.oak"), "/searches", name="East", inbox="elm-inbox")
    assert answer.status_code == 422 and "elm-inbox is no inbox of yours." in answer.text
    assert kept(filled, "oak") == []


def test_another_foundations_search_is_not_there_and_dropping_is_for_officers(filled: Site) -> None:
    [search] = kept(filled, "elm")
    assert filled.client("officer.oak").get(f"/searches/{search.id}").status_code == 404
    assert filled.post(filled.client("officer.oak"), f"/searches/{search.id}/drop").status_code == 404
    assert filled.post(filled.client("staff.elm"), f"/searches/{search.id}/drop").status_code == 403
    assert kept(filled, "elm") == [search]
    assert filled.post(filled.client("officer.elm"), f"/searches/{search.id}/drop").status_code == 303
    assert kept(filled, "elm") == []

"""The page that finds: what its address says is what is listed, saved and called the same in the API, for people with any browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub.commons import positions, searches
from hub.commons.criteria import Criteria
from hub.ids import Ids
from hub.store import opportunities
from hub.store import searches as kept
from hub.store.tables import Opportunity
from hub.sync import history
from hub.sync.history import Cause, New
from hub.web.looking import asked, pairs
from tests.web.conftest import Site, fill
from tests.web.test_api import Program

ARABIC = "بناء المَدارِس في القرى"
FILTERS = (
    "q=wells+%22upper+valley%22&kind=project&theme=water&theme=arts&population=women&country=JO&region=JO-AM&vetting=full_dd"
    "&language=ar&steward=ash&currency=JOD&amount_from=900&amount_to=1000.5&gap_from=600&needed_from=2026-05-01"
    "&needed_to=2026-05-31&organization=GB-CHC:99+88"
)


def share(site: Site, title: str = "Wells", steward: str = "ash", audience: str = "all", **facts: Any) -> str:
    """Through the one way by which every opportunity comes."""
    number = site.hub.ids.number()
    whole = {"title": title, "summary": "Water for an upper valley.", "organization.name": "Valley Trust"} | facts
    row = Opportunity(
        id=site.hub.ids.uuid7(), number=number, kind="project", status="published", steward_id=steward, audience=audience,
        title=title, facts=whole, origins={}, created_at=site.hub.time.now(), updated_at=site.hub.time.now(),
    )  # fmt: skip
    with site.hub.writing() as conn:
        history.add(conn, New(row, Cause(site.hub.time.now(), "hub", "shared")))
    return row.id


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status and answer.mimetype == "application/problem+json", answer.text
    return dict(answer.get_json())


RICH: dict[str, Any] = {
    "themes": ["water"], "populations": ["women"], "geographies": [{"country": "JO", "subdivision": "JO-AM"}],
    "vetting.level": "full_dd", "language": "Arabic", "ask.requested": {"amount": "1000.50", "currency": "JOD"},
    "ask.needed_by": {"date": "2026-05"}, "organization.identifiers.GB-CHC": "9988",
}  # fmt: skip


def titles(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]+"><bdi dir="auto">([^<]*)', page)


def test_what_nobody_else_may_know_moves_nothing_in_their_lists(site: Site) -> None:
    first, client = share(site), site.client("officer.oak")
    site.time.sleep(60)
    share(site, "Later")
    for said, order in (({"stage": "pledged"}, ["Later", "Wells"]), ({"visibility": "named"}, ["Wells", "Later"])):
        site.time.sleep(60)
        with site.hub.writing() as conn:
            row = opportunities.load(conn, [first])[first]
            own = opportunities.commitments(conn, [first]).get(first, {})
            values = {f"commitment.{name}": value for name, value in said.items()}
            cause = Cause(site.hub.time.now(), "hub", "changed", member_id="elm")
            history.change(conn, row, values, cause, own=own, member="elm", ids=site.hub.ids)
        assert titles(client.get("/opportunities?sort=newest").text) == order


def test_every_filter_stands_in_the_address_and_all_of_them_hold_together(site: Site) -> None:
    share(site, **RICH)
    share(site, "Other wells", **{**RICH, "themes": ["sport"]})
    client = site.client("officer.oak")
    page = client.get(f"/opportunities?{FILTERS}").text
    assert titles(page) == ["Wells"] and "1 opportunity" in page
    parts = FILTERS.split("&")
    misses = {"kind": "call", "population": "youth", "country": "KE", "region": "KE-30", "vetting": "known", "language": "en",
              "steward": "elm", "currency": "USD", "amount_from": "1001", "amount_to": "1000", "gap_from": "1001",
              "needed_from": "2026-06-01", "needed_to": "2026-05-30", "organization": "GB-CHC:7", "q": "rivers"}  # fmt: skip
    for name, miss in misses.items():
        address = "&".join([part for part in parts if not part.startswith(f"{name}=")] + [f"{name}={miss}"])
        assert "0 opportunities" in client.get(f"/opportunities?{address}").text, name


def test_the_form_shows_again_what_was_asked_and_every_link_keeps_it(site: Site) -> None:
    for number in range(21):
        share(site, f"Wells {number}", **RICH)
    page = site.client("officer.oak").get(f"/opportunities?{FILTERS}&sort=newest&size=20").text
    assert 'value="water" checked' in page and 'name="region" value="JO-AM"' in page and 'value="2026-05-31"' in page
    link = re.search(r'rel="next" href="([^"]+)"', page)
    assert link is not None and len(titles(page)) == 20 and "Page 1 of 2" in page
    second = site.client("officer.oak").get(link[1].replace("&amp;", "&")).text
    assert len(titles(second)) == 1 and not set(titles(second)) & set(titles(page)) and "21 opportunities" in second
    table = re.search(r'href="(/opportunities.csv[^"]+)"', page)
    assert table is not None
    assert site.client("officer.oak").get(table[1].replace("&amp;", "&")).text.count("Wells") == 21


@pytest.mark.parametrize(
    "query",
    [
        "مدارس",
        "المدارس",
        "مدرس",
        "بناء مدارس",
        '"المدارس في القري"',
        "مـدارس القرى",
        "valley TRÚST",
        '"upper valley" trust',
        "vall",
    ],
)
def test_words_are_found_in_either_script_however_they_are_written(site: Site, query: str) -> None:
    share(site, ARABIC)
    page = site.client("staff.oak").get("/opportunities", query_string={"q": query}).text
    assert ("1 opportunity" in page) is (query != "مدرس"), query


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '"wells',
        "wells AND",
        "NEAR(wells)",
        "title:wells*",
        "'; DROP TABLE finding",
        "()",
        "\\",
        "a&|!b:*",
        "%",
        "😀",
        "x" * 500,
    ],
)
def test_nothing_that_is_typed_is_an_error(site: Site, query: str) -> None:
    share(site)
    answer = site.client("staff.oak").get("/opportunities", query_string={"q": query})
    assert answer.status_code == 200 and "opportunit" in answer.text


def test_what_cannot_be_looked_for_is_said_beside_its_field_and_nothing_is_listed(site: Site) -> None:
    share(site)
    wrong = {
        "country": "Atlantis",
        "amount_from": "many",
        "needed_by": "",
        "needed_to": "soon",
        "theme": "dragons",
        "region": "Amman X",
    }
    answer = site.client("staff.oak").get("/opportunities", query_string=wrong)
    assert answer.status_code == 422 and "“Atlantis” is no country" in answer.text and titles(answer.text) == []
    assert 'value="many"' in answer.text and 'aria-describedby="wrong-amount_from"' in answer.text
    assert answer.text.count('class="reason"') == 5
    for message in problem(Program(site, "oak")("GET", "/opportunities?country=Atlantis&gap_from=x"), 400)["errors"]:
        assert message in ("country", "gap_from")


def test_an_empty_answer_says_what_to_do(site: Site) -> None:
    share(site)
    assert "Take a filter away" in site.client("staff.oak").get("/opportunities?q=zebra").text


def test_what_is_looked_for_reads_back_from_its_own_address(site: Site) -> None:
    from werkzeug.datastructures import MultiDict

    criteria = Criteria("call", ("water",), ("JO",), 'x "y z"', ("women",), ("JO-AM",), ("known",), "ar", "elm", "all", "USD",
                        1.0, 2.25, 0.0, "2026-01-01", "2026-01-02", "GB-CHC:1")  # fmt: skip
    with site.app.test_request_context():
        found = asked(MultiDict(pairs(criteria)))
    assert found.criteria == criteria and found.problems == {} and Criteria.of(criteria.as_data()) == criteria


def test_one_click_saves_what_is_looked_for_with_all_its_filters_and_the_inbox_gets_the_same(site: Site) -> None:
    officer, first = site.client("officer.elm"), share(site, **RICH)
    share(site, "Wells of others", **RICH | {"ask.requested": {"amount": "500", "currency": "JOD"}})
    page = officer.get(f"/opportunities?{FILTERS}").text
    form = page[page.index('action="/searches"') :]
    sent = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[: form.index("</form>")])
    fields: dict[str, Any] = {}
    for name, value in sent:
        if name != "csrf_token":
            fields.setdefault(name, []).append(value.replace("&#34;", '"'))
    named = re.search(r'name="name" required maxlength="80" dir="auto" value="([^"]+)"', form)
    assert named is not None and len(named[1]) > 20
    answer = site.post(officer, "/searches", **fields, name=named[1].replace("&#34;", '"'), inbox="elm-inbox")
    assert answer.status_code == 303
    with site.hub.reading() as conn:
        [search] = kept.of_member(conn, "elm")
        assert [row.id for row in searches.find(conn, site.hub, "elm", Criteria.of(search.criteria), 9)] == [first]
    assert (
        Criteria.of(search.criteria).amount_to == 1000.5 and Criteria.of(search.criteria).text == 'wells "upper valley"'
    )
    later = share(site, "Later wells", **RICH)
    with site.hub.writing() as conn:
        from hub.sync.announce import announce

        announce(conn, site.hub, opportunities.load(conn, [later])[later])
        waiting = {row.opportunity_id for row in conn.execute(_candidates().select())}
    assert waiting == {first, later}
    again = re.search(r'href="(/opportunities\?status=published[^"]+)"', officer.get(f"/searches/{search.id}").text)
    assert again is not None
    assert sorted(titles(officer.get(again[1].replace("&amp;", "&")).text)) == ["Later wells", "Wells"]


def _candidates() -> Any:
    from hub.store.tables import Candidate

    return vars(Candidate)["__table__"]


def test_the_gap_that_is_looked_for_is_what_others_disclosed(site: Site) -> None:
    id = share(site, **RICH)
    client = site.client("staff.elm")

    def found() -> bool:
        return "1 opportunity" in client.get("/opportunities?gap_from=1000&currency=JOD").text

    assert found()
    pledge = {"commitment.stage": "pledged", "commitment.amount": {"amount": "900", "currency": "JOD"}}
    positions.state(site.hub, id, "oak", pledge | {"commitment.visibility": "hidden"}, "u")
    assert found()
    positions.state(site.hub, id, "oak", {"commitment.visibility": "anonymous"}, "u")
    assert not found() and "1 opportunity" in client.get("/opportunities?gap_from=100.5&currency=JOD").text


def test_programs_find_by_the_same_names_and_turn_pages_by_cursor(site: Site) -> None:
    ids = sorted(share(site, f"Wells {number}", **RICH) for number in range(5))
    share(site, "Else", **RICH | {"themes": ["sport"]})
    oak, seen, cursor = Program(site, "oak"), [], ""
    while cursor is not None:
        page = oak("GET", f"/opportunities?{FILTERS}&limit=2&cursor={cursor}").get_json()
        seen, cursor = seen + [item["id"] for item in page["items"]], page["next"]
    assert seen == ids
    parameters = oak("GET", "/openapi.json").get_json()["paths"]["/api/v1/opportunities"]["get"]["parameters"]
    assert {part.split("=")[0] for part in FILTERS.split("&")} | {"audience", "state"} <= {
        p["name"] for p in parameters
    }


def test_a_program_saves_lists_and_drops_searches_of_its_own_member(site: Site) -> None:
    share(site, **RICH)
    elm, oak, reader = (
        Program(site, "elm", ("read", "search")),
        Program(site, "oak", ("read", "search")),
        Program(site, "elm", ("read",)),
    )
    criteria = {"q": "wells", "theme": ["water"], "amount_to": "1000.5", "language": "Arabic"}
    body = {"name": "Wells", "criteria": criteria, "inbox": "elm-inbox"}
    problem(reader("POST", "/searches", body), 403)
    made = elm("POST", "/searches", body)
    assert made.status_code == 201 and made.get_json()["criteria"] == criteria | {
        "language": "ar",
        "amount_to": "1000.50",
    }
    assert (
        reader("GET", "/searches").get_json()["items"] == [made.get_json()]
        and oak("GET", "/searches").get_json()["items"] == []
    )
    with site.hub.reading() as conn:
        assert len(list(conn.execute(_candidates().select()))) == 1
    problem(oak("POST", "/searches", body), 422)
    assert (
        "criteria.country"
        in problem(elm("POST", "/searches", body | {"criteria": {"country": ["Atlantis"]}}), 422)["errors"]
    )
    problem(elm("POST", "/searches", {"name": "x", "criteria": {"titel": "x"}}), 422)
    problem(elm("POST", "/searches", {"name": "a\ud800", "criteria": {}}), 422)
    problem(oak("DELETE", f"/searches/{made.get_json()['id']}"), 404)
    problem(reader("DELETE", f"/searches/{made.get_json()['id']}"), 403)
    assert elm("DELETE", f"/searches/{made.get_json()['id']}").status_code == 204
    assert elm("GET", "/searches").get_json()["items"] == []


def test_an_organisations_page_gathers_what_the_reader_may_see_under_all_its_numbers(site: Site) -> None:
    both = {
        "organization.identifiers.GB-CHC": "99 88",
        "organization.identifiers.US-EIN": "12-345",
        "organization.mission": "Water",
    }
    share(site, "Wells", **both)
    share(
        site,
        "Pumps",
        steward="elm",
        **{"organization.identifiers.US-EIN": "12345", "organization.name": "The Valley Trust"},
    )
    share(
        site,
        "For Oak alone",
        audience="member:oak",
        **{"organization.identifiers.GB-CHC": "9988", "organization.name": "zz-alone"},
    )
    hidden = {"organization.identifiers.GB-CHC": "555", "organization.identifiers.US-EIN": "zz777"}
    share(site, "Hidden", audience="member:oak", **hidden)
    elm, oak = site.client("staff.elm"), site.client("staff.oak")
    page = elm.get("/organisations/gb-chc/9988").text
    assert (
        sorted(titles(page)) == ["Pumps", "Wells"]
        and "zz-alone" not in page
        and "Also called" in page
        and "12345" in page
    )
    assert "For Oak alone" in oak.get("/organisations/GB-CHC/9988").text
    assert (
        elm.get("/organisations/GB-CHC/555").status_code == 404
        and oak.get("/organisations/GB-CHC/555").status_code == 200
    )
    assert elm.get("/organisations/GB-CHC/-").status_code == 404
    own = elm.get(f"/opportunities/{share(site, **RICH)}").text
    assert 'href="/organisations/GB-CHC/9988"' in own


def test_a_bookmark_is_its_persons_own_and_shows_nothing_that_may_not_be_seen(site: Site) -> None:
    ids = fill(site.hub)
    path = f"/opportunities/{ids['Opportunity']}/bookmark"
    officer, other = site.client("officer.oak"), site.client("staff.oak")
    assert site.post(officer, path).status_code == site.post(officer, path).status_code == 303
    assert "Orchard" in officer.get("/bookmarks").text and "Orchard" not in other.get("/bookmarks").text
    assert "Take the bookmark off" in officer.get(path.removesuffix("/bookmark")).text
    with site.hub.writing() as conn:
        opportunities.change(conn, ids["Opportunity"], audience="member:ash")
    assert "Orchard" not in officer.get("/bookmarks").text and site.post(officer, path).status_code == 404
    with site.hub.writing() as conn:
        opportunities.change(conn, ids["Opportunity"], audience="all")
    site.post(officer, path, marked="no")
    assert "Orchard" not in officer.get("/bookmarks").text


def test_ids_are_found_whole(site: Site) -> None:
    id = share(site, "Found by its id")
    assert titles(site.client("staff.oak").get(f"/opportunities?q={id}").text) == ["Found by its id"]
    assert titles(site.client("staff.oak").get(f"/opportunities?q={Ids(site.hub.time.now).uuid7()}").text) == []

"""What a member's program could try to learn or do beyond its token: guessed ids, filters, stamps, cursors, keys, large bodies."""

from __future__ import annotations

import time
from typing import Any

import pytest

from hub.exports import FORMATS
from hub.store import members, opportunities
from hub.store.tables import Handover
from hub.sync import history
from hub.sync.turn import Turn
from hub.tokens import SCOPES
from hub.web.commongrants.search import read
from tests.web.conftest import Site, site
from tests.web.test_api import FACTS, Program

__all__ = ["site"]
EVERY = tuple(SCOPES)


@pytest.fixture
def elm(site: Site) -> Program:
    return Program(site, "elm", EVERY)


@pytest.fixture
def oak(site: Site) -> Program:
    return Program(site, "oak", EVERY)


def exported(site: Site, who: str, format: str) -> str:
    answer = site.client(who).get(f"/export/file?format={format}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_no_file_tells_that_somebody_moved_a_hidden_position(site: Site, elm: Program, oak: Program) -> None:
    made = elm.share()
    before = [exported(site, "staff.elm", format) for format in ("csv", "json")]
    site.time.sleep(60)
    assert oak.change(made["id"], {"position": {"stage": "pledged", "note": "zz-secret"}}).status_code == 200
    assert [exported(site, "staff.elm", format) for format in ("csv", "json")] == before


@pytest.mark.parametrize("silent", [{"note": "we waver"}, {"stage": "declined"}])
def test_what_a_shown_position_keeps_to_itself_moves_nothing_either(
    site: Site, elm: Program, oak: Program, silent: dict[str, Any]
) -> None:
    """``declined`` and the note are nobody else's business, whatever the visibility says."""
    made = elm.share()
    first = {"stage": "declined", "visibility": "named", "note": "no"}
    start = elm.position()
    shown = {"stage": "pledged", "visibility": "named", "amount": {"amount": "5", "currency": "USD"}}
    assert oak.change(made["id"], {"position": shown if "note" in silent else first}).status_code == 200
    if "stage" in silent:
        assert elm.since(start)[0] == [], "that somebody declined is told to nobody"
    cursor, seen = elm.position(), elm.get(made["id"])
    files = exported(site, "staff.elm", "json")
    site.time.sleep(60)
    assert oak.change(made["id"], {"position": {"note": "we waver"}}).status_code == 200
    assert elm.since(cursor)[0] == [] and elm.get(made["id"]) == seen
    assert exported(site, "staff.elm", "json") == files
    assert [item["id"] for item in oak.since(cursor)[0]] == [made["id"]]


def test_a_draft_that_was_for_all_and_published_to_some_is_not_there_for_the_others(site: Site, elm: Program) -> None:
    ash = Program(site, "ash", EVERY)
    start = ash.position()
    made = elm.share(facts={"title": "Wells"})
    assert made["state"] == "draft" and made["audience"] == "all"
    assert elm.change(made["id"], {"audience": "member:oak"}).status_code == 200
    assert elm.change(made["id"], {"facts": FACTS}).get_json()["state"] == "published"
    assert ash("GET", f"/opportunities/{made['id']}").status_code == 404
    assert ash.since(start)[0] == []


@pytest.mark.parametrize("scope", ["share", "position"])
def test_a_token_that_may_not_read_reads_nothing_by_writing(site: Site, elm: Program, scope: str) -> None:
    made = elm.share()
    writer = Program(site, "oak", (scope,))
    path = f"/opportunities/{made['id']}"
    tries = [("PATCH", path, {}), ("PATCH", path, {"key": "k"})]
    if scope == "position":
        tries += [
            ("PUT", f"{path}/commitment", {"stage": "interested"}),
            ("PATCH", path, {"position": {"stage": "exploring"}}),
        ]
    for method, at, body in tries:
        answer = writer(method, at, body, If_Match="*")
        assert answer.status_code in (200, 204), answer.text
        assert "Wells" not in answer.text and "500.5" not in answer.text and "Elm" not in answer.text, (method, body)


def test_a_key_of_a_message_says_one_thing_to_one_partner(site: Site, elm: Program, oak: Program) -> None:
    ash = Program(site, "ash", EVERY)
    made = elm.share()
    shown = {"stage": "pledged", "visibility": "named", "amount": {"amount": "5", "currency": "USD"}}
    assert ash.change(made["id"], {"position": shown}).status_code == 200
    path = f"/opportunities/{made['id']}/messages"
    assert oak("POST", path, {"text": "Hello", "to": "steward"}, Idempotency_Key="m").status_code == 201
    assert oak("POST", path, {"text": "Hello", "to": "steward"}, Idempotency_Key="m").status_code == 200
    for sent in (201, 200):
        two = {"text": "One\r\n\r\ntwo ", "to": "steward"}
        assert oak("POST", path, two, Idempotency_Key="lines").status_code == sent, "however its lines end"
    assert oak("POST", path, {"text": "Hello", "to": "ash"}, Idempotency_Key="m").status_code == 409
    kind = {"text": "Hello", "to": "steward", "kind": "introduction"}
    assert oak("POST", path, kind, Idempotency_Key="m").status_code == 409


def grants(program: Program, body: Any) -> Any:
    return program.client.post(
        "/common-grants/opportunities/search", json=body, headers={"Authorization": f"Bearer {program.token}"}
    )


def test_a_filter_with_very_many_values_asks_each_opportunity_once(oak: Program) -> None:
    many: list[Any] = [f"v{n}" for n in range(50_000)] + [None, {}, []]
    item = {
        "status": {"value": "open"},
        "customFields": {"themes": {"value": ["water"]}, "geographies": {"value": [{"country": "KE"}, {}]}},
    }
    for name, filters in {
        "status": {"status": {"operator": "in", "value": [*many, "open"]}},
        "theme": {"customFilters": {"theme": {"operator": "notIn", "value": many}}},
        "country": {"customFilters": {"geography": {"operator": "in", "value": [*many, "KE"]}}},
    }.items():
        assert grants(oak, {"filters": filters}).status_code == 200
        search, started = read({"filters": filters}), time.process_time()
        assert all(search.fits(item) for _ in range(5_000)), name
        assert time.process_time() - started < 0.5, name


def test_words_without_end_are_looked_for_as_few(elm: Program, oak: Program) -> None:
    elm.share()
    for words in (
        " ".join(f"w{n}" for n in range(90_000)),
        '"' * 300_000,
        '"' + "a " * 300_000 + '"',
        "\u0300" * 100_000,
        '" ' * 200_000,
        "(" * 9999,
    ):
        started = time.process_time()
        answer = grants(oak, {"search": words})
        assert answer.status_code in (200, 400), answer.text[:300]
        assert time.process_time() - started < 1, words[:9]


def test_a_body_of_nothing_but_mistakes_is_answered_briefly_and_at_once(elm: Program) -> None:
    wrong = {f"x{n}": 0 for n in range(80_000)}
    for body in (wrong, {"key": "k", "facts": {"title": "x"}, "position": wrong}):
        started = time.process_time()
        answer = elm("POST", "/opportunities", body)
        assert answer.status_code == 422 and len(answer.text) < 20_000
        assert time.process_time() - started < 1.5


def test_nobody_fills_the_lists_of_all_with_one_title_or_one_name(elm: Program) -> None:
    long = "x" * 900_000
    for facts, place in (
        (FACTS | {"title": long}, "facts.title"),
        (FACTS | {f"organization.identifiers.{long}": "1"}, f"facts.organization.identifiers.{long}"[:261]),
        ({f"titl{n}{'e' * 1_800}": "x" for n in range(500)}, "facts.titl0" + "e" * 250),
    ):
        answer = elm("POST", "/opportunities", {"key": "k", "facts": facts})
        assert answer.status_code == 422 and len(answer.text) < 500_000, len(answer.text)
        assert place in answer.get_json()["errors"]
    made = elm.share(facts=FACTS | {"title": "W" * 2000})
    assert elm.change(made["id"], {"facts": {"title": "W" * 2001}}).status_code == 422


def test_numbers_of_hundreds_of_digits_break_no_page_and_no_file(site: Site, elm: Program) -> None:
    made = elm.share(
        "c",
        kind="call",
        facts={**FACTS, "ask.requested": None, "funding.expected_awards": 10**390, "extensions.a.b": 10**390},
    )
    for path in (
        "/opportunities",
        f"/opportunities/{made['id']}",
        *(f"/export/file?format={each}" for each in FORMATS),
    ):
        assert site.client("officer.oak").get(path).status_code == 200, path
    assert Program(site, "oak", EVERY).get(made["id"])["id"] == made["id"]
    assert grants(elm, {}).status_code == 200
    assert grants(elm, {"sorting": {"sortBy": "funding.estimatedAwardCount"}}).status_code == 200


def test_a_method_or_a_token_that_is_smuggled_in_counts_for_nothing(site: Site, elm: Program) -> None:
    made = elm.share()
    path, client = f"/api/v1/opportunities/{made['id']}", site.app.test_client()
    for name in ("access_token", "token", "api_key", "Authorization"):
        assert client.get(path, query_string={name: elm.token}).status_code == 401
        assert client.get(path, headers={"X-Auth-Token": elm.token, "Cookie": f"hub={elm.token}"}).status_code == 401
    assert client.get(path, headers={"X-API-Key": elm.token}).status_code == 401, "of the other protocol only"
    reader = Program(site, "elm", ("read",))
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert reader("GET", f"/opportunities/{made['id']}?_method=DELETE", **{header: "DELETE"}).status_code == 200
        assert reader("POST", f"/opportunities/{made['id']}", {}, **{header: "DELETE"}).status_code == 405
    assert elm.get(made["id"])["state"] == "published"


def test_no_filter_finds_by_what_the_reader_may_not_know(site: Site, elm: Program, oak: Program) -> None:
    ash = Program(site, "ash", EVERY)
    made = elm.share(facts={**FACTS, "named": False}, audience="member:oak,elm")
    assert (
        oak.change(
            made["id"], {"position": {"stage": "committed", "amount": {"amount": "500", "currency": "USD"}}}
        ).status_code
        == 200
    )
    for query in ("steward=elm", "audience=member", "gap_from=600", "state=draft", "q=Elm", "key=w-1"):
        assert oak("GET", f"/opportunities?{query}").get_json()["items"] == [], query
    assert len(oak("GET", "/opportunities?gap_from=500").get_json()["items"]) == 1
    for query in ("", "q=Wells", "currency=USD", "steward=elm"):
        found = ash("GET", f"/opportunities?{query}").get_json()
        assert found["items"] == [] and found["next"] is None
    assert grants(ash, {}).get_json()["paginationInfo"]["totalItems"] == 0


def test_what_is_another_members_is_answered_as_what_is_not_there(site: Site, elm: Program, oak: Program) -> None:
    ash = Program(site, "ash", EVERY)
    made = elm.share(audience="member:oak")
    search = elm("POST", "/searches", {"name": "n", "criteria": {"q": "x"}}).get_json()["id"]
    said = oak("POST", f"/opportunities/{made['id']}/messages", {"text": "Hello", "to": "steward"}).get_json()
    nobody = "00000000-0000-7000-8000-000000000000"

    def told(id: str) -> list[Any]:
        calls = [("GET", f"/opportunities/{id}", None), ("GET", f"/opportunities/{id}/commitment", None),
                 ("GET", f"/opportunities/{id}/messages", None), ("PATCH", f"/opportunities/{id}", {"key": "k"}),
                 ("DELETE", f"/opportunities/{id}", None), ("PUT", f"/opportunities/{id}/commitment", {}),
                 ("POST", f"/opportunities/{id}/messages", {"text": "x", "to": "steward"}),
                 ("POST", f"/opportunities/{id}/messages", {"text": "x", "thread": said["thread"]})]  # fmt: skip
        found = []
        for method, path, body in calls:
            answer = ash(method, path, body, If_Match="*")
            content = answer.get_json()
            content.pop("request_id")
            found.append((answer.status_code, content))
        return found

    assert told(made["id"]) == told(nobody)
    assert {status for status, _ in told(nobody)} == {404}
    assert ash("DELETE", f"/searches/{search}").status_code == ash("DELETE", f"/searches/{nobody}").status_code == 404
    other = Program(site, "oak", EVERY).share()
    stray = oak("POST", f"/opportunities/{other['id']}/messages", {"text": "x", "thread": said["thread"]})
    assert stray.status_code == 404, "a thread belongs to its opportunity"


def test_a_steward_that_is_not_named_is_not_named_as_a_funder_either(site: Site, elm: Program, oak: Program) -> None:
    """Neither for a program nor in the table that a system of another member is written."""
    shown = {"stage": "pledged", "visibility": "named", "amount": {"amount": "5", "currency": "USD"}}
    made = elm.share(facts={**FACTS, "named": False}, position=shown)
    assert "Elm" not in str(oak.get(made["id"])) and oak.get(made["id"])["funders"][0]["name"] == "a member"
    with site.hub.reading() as conn:
        names, row = members.names(conn), opportunities.load(conn, [made["id"]])[made["id"]]
        positions = opportunities.commitments(conn, [row.id])[row.id]
    assert site.hub.view(row, positions, "oak", names)["totals.table"] == "a member: pledged 5 USD"
    assert site.hub.view(row, positions, "elm", names)["totals.table"] == "Elm Fund: pledged 5 USD"


def test_who_was_a_steward_without_its_name_has_none_in_another_members_system(site: Site, elm: Program) -> None:
    shown = {"stage": "pledged", "visibility": "named", "amount": {"amount": "5", "currency": "USD"}}
    made = elm.share(facts={**FACTS, "named": False}, position=shown)
    config, mapping, nobody = site.hub.config.connections["oak-sheet"], site.hub.mapping("oak-sheet"), object()
    with site.hub.writing() as conn:
        conn.execute(vars(Handover)["__table__"].insert(), Handover(
            id=site.hub.ids.uuid7(), opportunity_id=made["id"], from_member="elm", to_member="ash", by="u", at=site.time.now(),
            state="accepted", masked=True,
        ).model_dump())  # fmt: skip
        row = opportunities.load(conn, [made["id"]])[made["id"]]
        history.change(
            conn, row, {"steward_id": "ash", "named": True}, history.Cause(site.time.now(), "u", "handed over")
        )
    with site.hub.reading() as conn:
        row = opportunities.load(conn, [made["id"]])[made["id"]]
        positions = opportunities.commitments(conn, [row.id])[row.id]
    seen = Turn(site.hub, config, mapping, nobody, "r", 1, 1).view(row, positions)
    assert seen["steward"] == "Ash House" and seen["totals.table"] == "a member: pledged 5 USD"


def test_what_stood_before_somebody_could_see_it_is_not_in_their_history_of_it(site: Site, elm: Program) -> None:
    draft = elm.share(facts={"title": "Wells", "summary": "zz-draft"})
    assert draft["state"] == "draft"
    assert elm.change(draft["id"], {"facts": {"summary": "zz-second"}}).status_code == 200
    assert elm.change(draft["id"], {"facts": FACTS, "audience": "member:ash"}).get_json()["state"] == "published"
    assert elm.change(draft["id"], {"facts": {"need": "zz-for-ash"}}).status_code == 200
    assert elm.change(draft["id"], {"facts": {"need": "Pumps"}}).status_code == 200
    assert elm.change(draft["id"], {"facts": {"need": "Wells"}, "audience": "all"}).status_code == 200
    assert elm.change(draft["id"], {"facts": {"need": "Wells and pumps"}}).status_code == 200
    page = f"/opportunities/{draft['id']}"
    own, others = site.client("staff.elm").get(page).text, site.client("staff.oak").get(page).text
    for early in ("zz-draft", "zz-second", "zz-for-ash", "Pumps"):
        assert early in own and early not in others, early
    assert "Wells and pumps" in others


def test_who_became_its_steward_has_the_whole_history(site: Site, elm: Program) -> None:
    draft = elm.share(facts={"title": "Wells", "summary": "zz-draft"})
    assert elm.change(draft["id"], {"facts": {"summary": "zz-second"}}).status_code == 200
    with site.hub.writing() as conn:
        row = opportunities.load(conn, [draft["id"]])[draft["id"]]
        history.change(conn, row, {"steward_id": "oak"}, history.Cause(site.time.now(), "u", "handed over"))
    page = site.client("staff.oak").get(f"/opportunities/{draft['id']}").text
    assert "zz-draft" in page and "zz-second" in page

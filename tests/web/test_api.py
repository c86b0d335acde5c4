"""The commons for members' programs: what they get, what they may change, and what a repeated or a late call does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub import tokens
from hub.store import opportunities
from hub.sync.history import Cause, change, disagreements
from tests.web.conftest import Site, fill

ALL = ("read", "share", "position")
FACTS = {
    "title": "Wells", "summary": "Water for a valley.", "organization.name": "Wells Trust", "consent.scope": "listing",
    "ask.requested": {"amount": "500.5", "currency": "USD"},
}  # fmt: skip


class Program:
    """A member's program: calls with its token."""

    def __init__(self, site: Site, member: str, scopes: tuple[str, ...] = ALL) -> None:
        self.site, self.member = site, member
        _row, self.token = tokens.create(site.hub, member, "test", scopes)
        self.client = site.app.test_client()

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.token}"
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=sent)

    def share(self, key: str = "w-1", **more: Any) -> dict[str, Any]:
        answer = self("POST", "/opportunities", {"key": key, "facts": FACTS} | more)
        assert answer.status_code == 201, answer.text
        return dict(answer.get_json())

    def get(self, id: str) -> dict[str, Any]:
        return dict(self("GET", f"/opportunities/{id}").get_json())

    def change(self, id: str, body: Any) -> TestResponse:
        return self("PATCH", f"/opportunities/{id}", body, If_Match=self.get(id)["etag"])

    def listed(self, limit: int = 200) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = self("GET", f"/opportunities?limit={limit}&cursor={cursor}").get_json()
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = page["next"]

    def position(self) -> str:
        return str(self("GET", "/changes").get_json()["keep"])

    def since(self, cursor: str, limit: int = 100) -> tuple[list[dict[str, Any]], str]:
        items: list[dict[str, Any]] = []
        more = True
        while more:
            page = self("GET", f"/changes?cursor={cursor}&limit={limit}").get_json()
            items, more, cursor = items + page["items"], page["more"], page["next"]
        return items, page["keep"]


@pytest.fixture
def elm(site: Site) -> Program:
    return Program(site, "elm")


@pytest.fixture
def oak(site: Site) -> Program:
    return Program(site, "oak")


def test_what_one_shares_another_reads_and_pledges_to_and_both_see_the_gap(elm: Program, oak: Program) -> None:
    made = elm.share()
    assert made["mine"] and made["key"] == "w-1" and made["state"] == "published" and made["missing"] is None
    seen = oak.get(made["id"])
    assert seen["facts"] == FACTS and not seen["mine"] and seen["key"] is None and seen["audience"] is None
    pledge = {"stage": "pledged", "amount": {"amount": "100", "currency": "USD"}, "visibility": "named", "note": "n"}
    pledge |= {"date": {"date": "2026-05-01"}}
    assert oak("PUT", f"/opportunities/{made['id']}/commitment", pledge, If_Match=seen["etag"]).status_code == 200
    after = elm.get(made["id"])
    assert after["totals"]["gap"] == [{"amount": "400.5", "currency": "USD"}] and after["status"] == "partly_funded"
    assert after["funders"] == [
        {
            "name": "Oak Trust",
            "stage": "pledged",
            "amount": pledge["amount"],
            "date": {"date": "2026-05-01"},
            "own": False,
        }
    ]
    assert after["others"]["pledged"] == [pledge["amount"]] and after["others"]["funders"] == 1
    assert after["position"] is None and oak.get(made["id"])["position"] == pledge
    assert oak.get(made["id"])["others"] is None
    with elm.site.hub.reading() as conn:
        assert disagreements(conn) == []


def test_a_hidden_position_moves_nothing_that_another_member_can_see(elm: Program, oak: Program) -> None:
    made = elm.share()
    before, etag, cursor = elm.get(made["id"]), elm.get(made["id"])["etag"], elm.position()
    for stage, amount in (("exploring", "424242"), ("pledged", "434343")):
        hidden = {"stage": stage, "amount": {"amount": amount, "currency": "USD"}, "note": "zz-secret"}
        assert oak.change(made["id"], {"position": hidden}).status_code == 200
    assert elm.get(made["id"]) == before and elm.since(cursor)[0] == []
    assert elm("GET", f"/opportunities/{made['id']}", If_None_Match=etag).status_code == 304
    assert [item["id"] for item in oak.since(cursor)[0]] == [made["id"]]
    assert oak.change(made["id"], {"position": {"visibility": "anonymous"}}).status_code == 200
    [seen] = elm.since(cursor)[0]
    assert seen["opportunity"]["funders"][0]["name"] is None and "zz-secret" not in str(seen) and "Oak" not in str(seen)
    assert oak.change(made["id"], {"position": {"visibility": "hidden"}}).status_code == 200
    assert elm.since(cursor)[0][0]["opportunity"]["funders"] == [] and elm.get(made["id"])["etag"] == etag


def test_a_create_that_is_sent_again_makes_no_second_one(elm: Program, oak: Program) -> None:
    first = elm("POST", "/opportunities", {"facts": FACTS}, Idempotency_Key="k")
    again = elm("POST", "/opportunities", {"facts": FACTS, "key": "k"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json()["id"] == again.get_json()["id"] and len(list(elm.listed())) == 1
    other = elm("POST", "/opportunities", {"facts": FACTS | {"title": "Other"}, "key": "k"})
    assert other.status_code == 409 and other.get_json()["id"] == first.get_json()["id"]
    assert oak.share("k")["id"] != first.get_json()["id"]  # another member's keys are its own
    assert elm("POST", "/opportunities", {"facts": FACTS}).status_code == 422  # without any key


def test_a_change_counts_only_for_what_its_sender_had_read(elm: Program) -> None:
    id, path = (made := elm.share())["id"], f"/opportunities/{made['id']}"
    assert elm("PATCH", path, {"facts": {"title": "A"}}).status_code == 428
    assert elm("PATCH", path, {"facts": {"title": "A"}}, If_Match=made["etag"]).status_code == 200
    late = elm("PATCH", path, {"facts": {"title": "B"}}, If_Match=made["etag"])
    assert late.status_code == 412 and elm.get(id)["facts"]["title"] == "A"
    assert elm("DELETE", path, If_Match=made["etag"]).status_code == 412
    assert elm("DELETE", path, If_Match=elm.get(id)["etag"]).status_code == 204
    assert elm.get(id)["state"] == "withdrawn"
    assert elm.change(id, {"state": "published"}).get_json()["state"] == "published"


def test_only_the_steward_changes_the_facts(elm: Program, oak: Program) -> None:
    made = elm.share()
    for body in ({"facts": {"title": "Mine"}}, {"audience": "member:oak"}, {"state": "withdrawn"}):
        answer = oak.change(made["id"], body)
        assert answer.status_code == 403 and answer.get_json()["type"].endswith("not-yours")
    assert oak.change(made["id"], {"key": "oak-1"}).get_json()["key"] == "oak-1"
    assert elm.get(made["id"])["key"] == "w-1"
    assert [item["id"] for item in oak("GET", "/opportunities?key=oak-1").get_json()["items"]] == [made["id"]]
    assert elm("GET", "/opportunities?key=oak-1").get_json()["items"] == []


def test_a_token_opens_what_its_scopes_say_and_nothing_once_it_is_revoked_or_over(site: Site, elm: Program) -> None:
    made = elm.share()
    reader, pledger = Program(site, "oak", ("read",)), Program(site, "oak", ("read", "position"))
    assert reader.change(made["id"], {"position": {"stage": "interested"}}).status_code == 403
    assert reader("POST", "/opportunities", {"key": "k", "facts": FACTS}).status_code == 403
    assert pledger.change(made["id"], {"position": {"stage": "interested"}}).status_code == 200
    refused = pledger.change(made["id"], {"facts": {"title": "x"}})
    assert refused.status_code == 403 and refused.get_json()["scope"] == "share"
    with site.hub.reading() as conn:
        assert reader.token not in str(conn.exec_driver_sql("SELECT * FROM token").all())
        [row] = [
            r
            for r in conn.exec_driver_sql("SELECT id, scopes FROM token WHERE member_id = 'oak'")
            if "position" not in r[1]
        ]
    tokens.revoke(site.hub, row[0], members=["oak"])
    gone = reader("GET", "/me")
    assert gone.status_code == 401 and gone.headers["WWW-Authenticate"].startswith("Bearer")
    _row, brief = tokens.create(site.hub, "oak", "brief", ["read"], days=1)
    pledger.token = brief
    assert pledger("GET", "/me").get_json()["scopes"] == ["read"]
    site.time.sleep(86400)
    assert pledger("GET", "/me").status_code == 401


def test_pages_show_everything_once_and_the_feed_goes_on_where_it_stood(elm: Program, oak: Program) -> None:
    start = oak.position()
    ids = [elm.share(f"k-{n}")["id"] for n in range(7)]
    assert [item["id"] for item in oak.listed(3)] == sorted(ids)
    items, cursor = oak.since(start, 2)
    assert {item["id"] for item in items} == set(ids) and oak.since(cursor)[0] == []
    elm.change(ids[3], {"facts": {"need": "Much"}})
    [item], _cursor = oak.since(cursor)
    assert item["opportunity"]["facts"]["need"] == "Much"
    unknown = oak("GET", "/changes?cursor=Yzo5OTk5OTk5")  # c:9999999
    assert unknown.status_code == 410 and oak("GET", "/changes?cursor=nonsense").status_code == 410


def test_who_is_left_out_gets_a_tombstone_and_who_never_was_in_nothing(elm: Program, oak: Program, site: Site) -> None:
    ash = Program(site, "ash")
    made, cursor = elm.share(audience="member:oak"), oak.position()
    assert ash("GET", f"/opportunities/{made['id']}").status_code == 404 and oak.get(made["id"])["facts"] == FACTS
    assert elm.change(made["id"], {"audience": "member:elm"}).status_code == 200
    assert oak.since(cursor)[0] == [{"id": made["id"], "gone": True, "into": None, "opportunity": None}]
    assert oak("GET", f"/opportunities/{made['id']}").status_code == 410
    assert ash.since(cursor)[0] == [] and ash("GET", f"/opportunities/{made['id']}").status_code == 404
    assert list(oak.listed()) == list(ash.listed()) == []


def test_what_an_unjudged_run_changed_waits_and_is_not_passed_by(elm: Program, oak: Program, site: Site) -> None:
    made, hub = elm.share(), site.hub
    cursor = oak.position()
    with hub.writing() as conn:
        row = opportunities.load(conn, [made["id"]])[made["id"]]
        change(conn, row, {"need": "held"}, Cause(hub.time.now(), "connection:elm-sheet", "changed", "in", "r"))
        conn.exec_driver_sql(f"INSERT INTO pending (run_id, opportunity_id) VALUES ('r', '{row.id}')")
    elm.share("later")
    items, kept = oak.since(cursor)
    assert [item["opportunity"]["key"] for item in items] == [None] and items[0]["id"] != made["id"]
    with hub.writing() as conn:
        conn.exec_driver_sql("DELETE FROM pending")
    assert made["id"] in [item["id"] for item in oak.since(kept)[0]]


def test_what_cannot_be_kept_is_refused_with_its_place_and_a_number(elm: Program) -> None:
    def problem(answer: TestResponse, status: int) -> dict[str, Any]:
        assert answer.status_code == status and answer.mimetype == "application/problem+json", answer.text
        body: dict[str, Any] = answer.get_json()
        assert body["request_id"] == answer.headers["X-Request-Id"] and body["status"] == status and body["detail"]
        return body

    wrong = {
        "titel": "x",
        "ask.requested": {"amount": "1.005", "currency": "USD"},
        "totals.gap": [],
        "title": "a\ud800",
    }
    wrong |= {"documents": [{"title": 5, "url": {}}], "extensions.a.b": 1.5, "period.start": 7}
    errors = problem(elm("POST", "/opportunities", {"key": "k", "facts": wrong}), 422)["errors"]
    assert errors.keys() == {f"facts.{path}" for path in wrong} and 'Closest: "title"' in errors["facts.titel"]
    assert (
        "positions"
        in problem(elm("POST", "/opportunities", {"key": "k", "facts": FACTS, "positions": 1}), 422)["errors"]
    )
    problem(elm("POST", "/opportunities", {"key": "k", "facts": FACTS, "audience": "circle:none"}), 422)
    problem(elm("POST", "/opportunities", {"key": "k", "facts": FACTS | {"need": "x" * 1_100_000}}), 413)
    problem(elm("GET", "/opportunities?limit=0"), 400)
    problem(elm("GET", "/nowhere"), 404)
    problem(elm("PUT", "/opportunities", {}), 405)
    assert list(elm.listed()) == []


def test_a_form_of_another_site_and_a_session_open_nothing(site: Site) -> None:
    signed_in = site.client("admin.elm")
    assert signed_in.get("/api/v1/opportunities").status_code == 401
    assert signed_in.post("/api/v1/opportunities", json={"key": "k", "facts": FACTS}).status_code == 401


def test_a_field_that_people_decide_about_is_left_alone(site: Site) -> None:
    ids = fill(site.hub)
    elm = Program(site, "elm")
    answer = elm.change(ids["Opportunity"], {"facts": {"title": "x"}})
    assert answer.status_code == 409 and answer.get_json()["paths"] == ["title"]
    assert elm.change(ids["Opportunity"], {"facts": {"need": "x"}}).status_code == 200


def test_the_history_says_that_a_program_did_it(site: Site, elm: Program) -> None:
    made = elm.share()
    elm.change(made["id"], {"facts": {"need": "Much"}})
    page = site.client("staff.oak").get(f"/opportunities/{made['id']}").text
    assert "a program of Elm Fund" in page


def test_the_document_describes_every_route_and_its_answers_are_so(site: Site, elm: Program) -> None:
    made = elm.share()
    document = site.app.test_client().get("/api/v1/openapi.json").get_json()
    told = {(method, path) for path, item in document["paths"].items() for method in item}
    rules = [rule for rule in site.app.url_map.iter_rules() if rule.endpoint.startswith("api.")]
    there = {
        (method.lower(), rule.rule.replace("<", "{").replace(">", "}"))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == there - {("get", "/api/v1/openapi.json")}
    shape = document["components"]["schemas"]["Opportunity"]
    assert made.keys() == shape["properties"].keys()
    facts = document["components"]["schemas"]["Facts"]["properties"]
    assert FACTS.keys() <= facts.keys() and not any(path.startswith(("totals", "commitment")) for path in facts)
    text = str(document)
    refs = {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}
    assert refs <= document["components"]["schemas"].keys()


def test_an_admin_makes_a_token_once_shown_and_revokes_it(site: Site) -> None:
    admin, other = site.client("admin.elm"), site.client("admin.oak")
    page = site.post(admin, "/tokens", name="Our <i>script</i>", scope=["read"], days="30")
    text = page.text.partition('value="hubt_')[2].partition('"')[0]
    assert len(text) == 64 and "<i>" not in page.text.partition("<table")[2]
    program = Program(site, "elm")
    program.token = f"hubt_{text}"
    assert program("GET", "/me").get_json()["member"] == "elm"
    listed = admin.get("/tokens").text
    assert text not in listed and "Our" not in other.get("/tokens").text
    with site.hub.reading() as conn:
        id = conn.exec_driver_sql("SELECT id FROM token WHERE name LIKE 'Our%'").scalar_one()
    assert site.post(other, f"/tokens/{id}/revoke").status_code == 404 and program("GET", "/me").status_code == 200
    assert site.post(admin, f"/tokens/{id}/revoke").status_code == 303 and program("GET", "/me").status_code == 401
    assert site.post(admin, "/tokens", name="x").status_code == 422

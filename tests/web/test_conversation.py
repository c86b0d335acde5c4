"""The conversation on an opportunity's page and for programs, and the links that end mails."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub.people import wishes
from hub.store import opportunities, people
from hub.tokens import create as create_token
from tests.web.conftest import Site, fill


@pytest.fixture
def filled(site: Site) -> Site:
    site.ids = fill(site.hub)
    return site


def say(site: Site, who: str, text: str = "May <i>we</i> visit?", **form: Any) -> TestResponse:
    path = f"/opportunities/{site.ids['Opportunity']}/messages"
    return site.post(site.client(who), path, **{"to": "steward", "kind": "question", "text": text} | form)


def page(site: Site, who: str) -> str:
    return site.client(who).get(f"/opportunities/{site.ids['Opportunity']}").text


def test_what_is_asked_on_a_page_is_answered_on_a_page(filled: Site) -> None:
    assert say(filled, "officer.oak").location.endswith("#conversation")
    shown = page(filled, "staff.elm")
    assert "May &lt;i&gt;we&lt;/i&gt; visit?" in shown and "officer of oak, Oak Trust" in shown
    assert "officer.oak@hub.test" not in shown
    assert "Oak Trust wrote to you at" in filled.client("staff.elm").get("/queue").text
    assert "Oak Trust wrote to you" not in filled.client("operator.elm").get("/queue").text
    for who in ("operator.elm", "operator.oak", "convener.oak", "convener.elm"):
        assert "visit?" not in page(filled, who), who
    thread = shown.split('name="thread" value="')[1].split('"')[0]
    say(filled, "staff.elm", "Do", thread=thread, contact="yes")
    answered = page(filled, "officer.oak")
    assert 'href="mailto:staff.elm%40hub.test"' in answered
    assert "wrote to you at" not in filled.client("staff.elm").get("/queue").text
    path = f"/opportunities/{filled.ids['Opportunity']}/messages/settle"
    assert filled.post(filled.client("convener.oak"), path, thread=thread).status_code == 404
    assert filled.post(filled.client("officer.oak"), path, thread=thread).status_code == 303
    assert "wrote to you at" not in filled.client("officer.oak").get("/queue").text


def test_a_convener_reads_what_it_took_part_in(filled: Site) -> None:
    say(filled, "officer.oak", "zz-of-the-officer")
    say(filled, "convener.oak", "zz-of-the-convener")
    assert "zz-of-the-convener" in page(filled, "convener.oak") and "zz-of-the-convener" in page(filled, "staff.elm")


def test_a_program_reads_and_writes_by_its_own_scope(filled: Site) -> None:
    id = filled.ids["Opportunity"]
    tokens = {
        m: {"Authorization": f"Bearer {create_token(filled.hub, m, 'x', ['messages'])[1]}"}
        for m in ("oak", "elm", "ash")
    }
    _, reading = create_token(filled.hub, "oak", "r", ["read", "share", "position"])
    path, client = f"/api/v1/opportunities/{id}/messages", filled.app.test_client()
    assert client.get(path, headers={"Authorization": f"Bearer {reading}"}).status_code == 403
    body, key = {"to": "steward", "text": "May we visit?"}, {"Idempotency-Key": "k1"}
    made = client.post(path, json=body, headers=tokens["oak"] | key)
    again = client.post(path, json=body, headers=tokens["oak"] | key)
    assert (made.status_code, again.status_code) == (201, 200) and made.json == again.json
    other = client.post(path, json=body | {"text": "Else"}, headers=tokens["oak"] | key)
    assert other.status_code == 409 and other.mimetype == "application/problem+json"
    thread = made.json["thread"] if made.json else ""
    found = client.get(path, headers=tokens["elm"]).json or {}
    assert found["to"] == [] and found["threads"][0]["with"] == "Oak Trust" and found["threads"][0]["waits"]
    assert found["threads"][0]["messages"][0]["text"] == "May we visit?"
    assert (client.get(path, headers=tokens["ash"]).json or {})["threads"] == []
    for wrong, status in (({"text": "x"}, 422), (body | {"thread": thread}, 422), ({"text": "x", "thread": "no"}, 404),
                          ({"text": " ", "to": "steward"}, 422), ({"text": "x", "to": "ash"}, 422)):  # fmt: skip
        answer = client.post(path, json=wrong, headers=tokens["oak"])
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), wrong
    assert client.post(path, json={"text": "x", "thread": thread}, headers=tokens["ash"]).status_code == 404
    for _ in range(19):
        assert client.post(path, json=body, headers=tokens["oak"]).status_code == 201
    assert client.post(path, json=body, headers=tokens["oak"]).status_code == 429
    document = client.get("/api/v1/openapi.json").json or {}
    assert set(document["paths"]["/api/v1/opportunities/{opportunity_id}/messages"]) == {"get", "post"}
    assert "with" in document["components"]["schemas"]["Thread"]["properties"]


def test_an_unnamed_steward_is_on_no_page_and_in_no_answer(filled: Site) -> None:
    id = filled.ids["Opportunity"]
    with filled.hub.writing() as conn:
        facts = opportunities.load(conn, [id])[id].facts
        opportunities.change(conn, id, facts=facts | {"named": False})
    say(filled, "officer.oak")
    thread = page(filled, "staff.elm").split('name="thread" value="')[1].split('"')[0]
    assert "They do not see who you are." in page(filled, "staff.elm")
    say(filled, "staff.elm", "Gladly", thread=thread)
    _, text = create_token(filled.hub, "oak", "x", ["messages"])
    answer = filled.app.test_client().get(
        f"/api/v1/opportunities/{id}/messages", headers={"Authorization": f"Bearer {text}"}
    )
    assert "Gladly" in answer.text and "elm" not in answer.text.lower()
    shown = page(filled, "officer.oak").split('id="conversation"')[1].split("</section>")[0]
    assert "Gladly" in shown and "elm" not in shown.lower()
    assert "a member wrote to you" in filled.client("officer.oak").get("/queue").text


def test_a_link_of_a_mail_ends_it_by_one_post_without_signing_in_and_by_no_look(filled: Site) -> None:
    with filled.hub.writing() as conn:
        user = people.by_email(conn, "officer.elm@hub.test")
        assert user is not None
        link = wishes.link(filled.hub, wishes.of(conn, filled.hub, [user.id])[user.id], wishes.DIGEST)
    path = "/unsubscribe/" + link.rpartition("/")[2]

    def digest() -> str:
        with filled.hub.writing() as conn:
            return wishes.of(conn, filled.hub, [user.id])[user.id].digest

    stranger = filled.app.test_client()
    for method in ("GET", "HEAD", "OPTIONS"):
        assert stranger.open(path, method=method).status_code == 200
    assert "<button" in stranger.get(path).text and digest() == "twice"
    wrong = path[:-1] + ("0" if path[-1] != "0" else "1")
    assert (stranger.get(wrong).status_code, stranger.post(wrong).status_code) == (404, 404) and digest() == "twice"
    done = stranger.post(path, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200 and "Set-Cookie" not in done.headers and digest() == "off"
    assert stranger.post(path).status_code == 200
    assert 'value="off" selected' in filled.client("officer.elm").get("/mail").text


def test_one_chooses_ones_mail(filled: Site) -> None:
    client = filled.client("officer.oak")
    assert 'value="twice" selected' in client.get("/mail").text
    assert filled.post(client, "/mail", digest="weekly").status_code == 303
    shown = client.get("/mail").text
    assert 'value="weekly" selected' in shown and "checked" not in shown
    assert filled.post(client, "/mail", digest="hourly").status_code == 400

"""What Oak keeps to itself (its stage, amount and note) is in nothing that leaves the hub: no mail, no log, no list, no search."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import request

from hub.commons import asking, conversation, digest, inbox, positions, searches
from hub.commons.conversation import Voice
from hub.commons.criteria import Criteria
from hub.mail import sending
from hub.mail.settings import MailConfig
from hub.store import audit, opportunities, people, wishes
from hub.store.tables import Message, SavedSearch
from hub.web.looking import asked
from tests.mailserver import mail_server
from tests.web.conftest import Site, fill
from tests.web.test_access import PEOPLE, addresses
from tests.web.test_api import Program
from tests.web.test_finding import share

CANARIES = ("zz-secret", "424242", "424,242")
OTHERS = [who for who in PEOPLE if who.endswith(".elm")]


def told(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def test_no_mail_and_no_line_of_the_log_says_anything_of_a_hidden_position(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as server, caplog.at_level(logging.DEBUG):
        mail = MailConfig("127.0.0.1", server.port, "none", "hub@commons.test")
        site.hub.config = replace(site.hub.config, mail=mail)
        walk = addresses(site)
        for who in ("staff.elm", "admin.elm", "operator.elm", "officer.oak"):
            for _, method, path in walk:
                if method == "GET":
                    site.client(who).get(path)
        site.post(
            site.client("officer.oak"),
            f"/opportunities/{opportunity(walk)}/position",
            stage="pledged",
            amount="424242 USD",
            note="zz-secret",
        )
        found = opportunity(walk)
        with site.hub.reading() as conn:
            oak = people.by_email(conn, "officer.oak@hub.test")
            elm = people.by_email(conn, "officer.elm@hub.test")
        assert oak is not None and elm is not None
        searches.save(site.hub, "oak", "Orchards", Criteria(text="orchard"), None, oak.id)
        digest.look(site.hub)
        site.time.sleep(1)
        post = conversation.say(site.hub, found, Voice("oak", oak.id), "Who answers?", to="steward", contact=True)
        conversation.say(site.hub, found, Voice("elm", elm.id), "We do.", thread_id=post.thread_id)
        assert sending.send_waiting(site.hub) > 1
        with site.hub.writing() as conn:  # something to tell of beside what is hidden
            audit.write(conn, at=site.time.now(), actor="u", action="changed", moves=True, opportunity_id=found, member_id="elm",
                        values={"summary": ["Short", "Longer"]})  # fmt: skip
        site.time.sleep(timedelta(days=200).total_seconds())
        asking.look(site.hub)
        with site.hub.writing() as conn:
            wishes.change(conn, oak.id, since=site.time.now() - timedelta(days=201), due_at=site.time.now())
        site.time.sleep(digest.LOOK.total_seconds())
        monkeypatch.setattr(digest, "LONGEST", timedelta(days=400))
        assert digest.look(site.hub) == 1
        site.clients.clear()
        site.post(site.client("admin.elm"), "/people/invite", email="ada@elm.test", name="Ada", role="staff")
        while sending.send_waiting(site.hub):
            pass
        subjects = " ".join(str(letter["Subject"]) for letter in server.mails)
        assert all(kind in subjects for kind in ("A question", "An answer", "From the commons")) and caplog.records
        for number, letter in enumerate(server.mails):
            assert told(str(list(letter.items())) + server.text(number) + page_of(letter)) == []
    table: Any = vars(Message)["__table__"]
    with site.hub.reading() as conn:
        assert told(str(list(conn.execute(table.select())))) == []
    lines = [record.getMessage() + str(record.args) for record in caplog.records if record.name != "aiosmtpd"]
    assert [line for line in lines if told(line)] == []


def page_of(letter: EmailMessage) -> str:
    page = letter.get_body(("html",))
    return "" if page is None else str(page.get_content())


def opportunity(walk: list[tuple[str, str, str]]) -> str:
    return next(path for _, _, path in walk if path.startswith("/opportunities/")).split("/")[2]


def test_nobody_finds_an_opportunity_by_what_another_member_keeps_to_itself(site: Site) -> None:
    fill(site.hub)
    for who in OTHERS:
        for words in ("zz-secret", "424242", "exploring"):
            shown = site.client(who).get(f"/opportunities?text={words}").text
            assert "Orchard" not in shown, (who, words)
        assert told(site.client(who).get("/opportunities.csv").text) == []
    with site.hub.reading() as conn:
        for member in ("elm", "ash"):
            assert searches.find(conn, site.hub, member, Criteria(text="zz-secret"), 10) == []
            assert len(searches.find(conn, site.hub, member, Criteria(text="orchard"), 10)) == 1


def test_nobody_finds_by_search_what_is_not_for_them_on_the_page_in_the_api_or_by_a_saved_search(site: Site) -> None:
    """A steward without its name, an audience, a draft, and what is shared with others only: each is looked for in every
    way, by everyone but its own people, and each is found by its own, so that this test would see it."""
    unnamed = share(site, "Unnamed", "ash", named=False, **{"organization.identifiers.GB-CHC": "9988"})
    alone = share(site, "zz-alone", "elm", "member:elm", **{"organization.identifiers.GB-CHC": "zz7"})
    named = share(site, "Named", "elm", "member:elm,oak,ash")
    ways = {
        ("steward=ash", unnamed): "ash", ("q=zz-alone", alone): "elm", ("organization=GB-CHC:zz7", alone): "elm",
        (f"q={alone}", alone): "elm", ("audience=all", unnamed): "ash", ("audience=member", named): "elm",
        ("audience=member", alone): "elm",
    }  # fmt: skip
    for (query, id), own in ways.items():
        for member in ("elm", "oak", "ash"):
            found = {
                "api": id
                in {item["id"] for item in Program(site, member)("GET", f"/opportunities?{query}").get_json()["items"]},
                "saved": id in saved(site, member, query),
                "inbox": member == own or id in wanted(site, member, query, id),
            }
            if member != "ash":  # nobody signs in for Ash
                found |= {
                    who: f'"/opportunities/{id}"' in site.client(who).get(f"/opportunities?{query}").text
                    for who in PEOPLE
                    if who.endswith(member)
                }
                found["csv"] = id in site.client(f"staff.{member}").get(f"/opportunities.csv?{query}").text
            assert set(found.values()) == {member == own}, (query, member, found)
    assert site.client("staff.oak").get("/organisations/GB-CHC/zz7").status_code == 404
    page = site.client("staff.oak").get("/organisations/GB-CHC/9988").text
    assert "Unnamed" in page and "Ash House" not in page


def criteria_of(site: Site, query: str) -> Criteria:
    with site.app.test_request_context(f"/?{query}"):
        return asked(request.args).criteria


def saved(site: Site, member: str, query: str) -> set[str]:
    with site.hub.reading() as conn:
        return {row.id for row in searches.find(conn, site.hub, member, criteria_of(site, query), 50)}


def wanted(site: Site, member: str, query: str, id: str) -> set[str]:
    """What a saved search would put into an inbox."""
    looks = SavedSearch(id="s", member_id=member, name="s", criteria=criteria_of(site, query).as_data(), created_by="u")
    with site.hub.reading() as conn:
        return {row.id for row in opportunities.peek(conn, [id]).values() if inbox.finds(site.hub, looks, row)}


def test_what_is_disclosed_is_told_so_that_this_test_would_see_it(site: Site) -> None:
    ids = fill(site.hub)
    page = f"/opportunities/{ids['Opportunity']}"
    assert told(site.client("staff.elm").get(page).text) == []
    said = {"commitment.stage": "pledged", "commitment.amount": {"amount": "424242", "currency": "USD"}}
    positions.state(site.hub, ids["Opportunity"], "oak", said | {"commitment.visibility": "named"}, "u")
    assert told(site.client("staff.elm").get(page).text) == ["424242", "424,242"]

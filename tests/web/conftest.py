"""A hub in this process with three foundations, an opportunity of two of them that may be one, and people of every role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.clock import ManualTime
from hub.app import Hub, open_hub
from hub.commons.criteria import Criteria
from hub.config_files import load
from hub.people import accounts, wishes
from hub.people.accounts import add_user, digest
from hub.store import admission, audit, finding, opportunities
from hub.store import people as stored_people
from hub.store.tables import (
    Commitment,
    Conflict,
    Deletion,
    Duplicate,
    Handover,
    Hold,
    Invitation,
    Leftover,
    Link,
    MatchQuestion,
    Opportunity,
    Quarantine,
    Recommendation,
    ReferenceQuestion,
    Rule,
    Run,
    SavedSearch,
    Suggestion,
    Token,
    UpdateQuestion,
    Upload,
)
from hub.sync import guards
from hub.web.app import create_app
from schemas.said import phrase

CONFIG = """
[hub]
database = "sqlite:///hub.db"
[members.elm]
name = "Elm Fund"
[members.oak]
name = "Oak Trust"
[members.ash]
name = "Ash House"
[connections.elm-sheet]
member = "elm"
system = "spreadsheet"
mapping = "spreadsheet-generic"
shares = true
[connections.elm-sheet.options]
path = "elm"
writable = true
[connections.elm-inbox]
member = "elm"
system = "spreadsheet"
mapping = "spreadsheet-inbox"
inbox_for = "elm-sheet"
[connections.elm-inbox.options]
path = "elm-inbox"
[connections.elm-files]
member = "elm"
system = "spreadsheet"
mapping = "spreadsheet-generic"
shares = true
[connections.elm-files.options]
path = "elm-files"
door = true
[connections.oak-sheet]
member = "oak"
system = "spreadsheet"
mapping = "spreadsheet-generic"
[connections.oak-sheet.options]
path = "oak"
id = "No."
writable = true
"""
PASSWORD = "a long enough one"
TOKEN = "a0" * 32
ROLES = ("staff", "officer", "admin", "operator", "convener")


class Site:
    """``ask`` as anyone; ids of the rows that ``fill`` made are in ``ids`` by the name of a route's part."""

    def __init__(self, hub: Hub, time: ManualTime) -> None:
        self.hub, self.time = hub, time
        self.app = create_app(hub)
        self.clients: dict[str, FlaskClient] = {}

    def client(self, who: str) -> FlaskClient:
        """Signed in once, kept."""
        if who not in self.clients:
            client = self.app.test_client()
            answer = self.post(client, "/sign-in", email=f"{who}@hub.test", password=PASSWORD)
            assert answer.status_code == 303, answer.text
            self.clients[who] = client
        return self.clients[who]

    def post(self, client: FlaskClient, path: str, **form: Any) -> TestResponse:
        """A form of the hub's own, with its token."""
        page = client.get("/sign-in").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        return client.post(path, data=form | {"csrf_token": token[1]})


def fill(hub: Hub) -> dict[str, str]:
    """One of everything, of Elm's; Oak's copy of the opportunity and its own hidden commitment."""
    now = hub.time.now()
    row = Opportunity(
        id=hub.ids.uuid7(), number=7, kind="project", status="published", steward_id="elm", title="Orchard <b>school</b>",
        facts={"title": "Orchard <b>school</b>", "summary": "Line\u202egnp.exe", "ask.requested": {"amount": "1000", "currency": "USD"},
               "organization.identifiers.GB-CHC": "1234567"},
        origins={"title": {"connection": "elm-sheet", "at": now.isoformat()}}, created_at=now, updated_at=now,
    )  # fmt: skip
    twin = Opportunity(
        id=hub.ids.uuid7(), number=8, kind="project", status="published", steward_id="ash", title="Ash has it too",
        facts={"title": "Ash has it too"}, origins={}, created_at=now, updated_at=now,
    )  # fmt: skip
    link = Link(
        id=hub.ids.uuid7(), connection_id="elm-sheet", opportunity_id=row.id, remote_id="1", created_at=now,
        base={"Title": "Orchard <b>school</b>"}, differs={"summary": "keep"},
    )  # fmt: skip
    party = {"connection": "elm-sheet", "link": link.id, "value": "Orchard three", "raw": {"Title": "Orchard three"}}
    secret = Commitment(
        id=hub.ids.uuid7(), opportunity_id=row.id, member_id="oak", updated_at=now, origins={},
        facts={"commitment.stage": "exploring", "commitment.amount": {"amount": "424242", "currency": "USD"}, "commitment.note": "zz-secret"},
    )  # fmt: skip
    report = {"file": "zz.csv", "notes": [], "columns": {"Title": "A"}, "absent": [], "others": [], "passed": [],
              "rows": [{"row": 2, "outcome": "new", "title": "zz-elm-sheet"}]}  # fmt: skip
    first, untitled = guards.reason("first_sync", 0, 0, "elm-sheet"), phrase("It has no title. Give it one.")
    waiting: list[Any] = [
        Upload(id=hub.ids.uuid7(), connection_id="elm-files", by="u", name="zz.csv", report=report, at=now),
        Conflict(id=hub.ids.uuid7(), opportunity_id=row.id, path="title", base="Orchard one", commons="Orchard two", parties=[party], opened_at=now),
        Hold(id=hub.ids.uuid7(), run_id="r", connection_id="elm-sheet", kind="first_sync", reason=first, items=[], plan_hash="h", at=now),
        Quarantine(id=hub.ids.uuid7(), connection_id="elm-sheet", remote_id="9", reason=untitled, fields={"Title": ""}, first_seen_at=now,
                   last_seen_at=now),
        ReferenceQuestion(id=hub.ids.uuid7(), connection_id="elm-sheet", link_id=link.id, opportunity_id=row.id, column="Org",
                          wish={"fields": {"Name": "Pip"}}, candidates=[], opened_at=now),
        Deletion(id=hub.ids.uuid7(), connection_id="elm-sheet", link_id=link.id, opportunity_id=row.id, remote_id="1", seen_at=now),
        MatchQuestion(id=hub.ids.uuid7(), connection_id="elm-sheet", link_id=link.id, opportunity_id=row.id, opened_at=now,
                      candidates=[{"id": "7", "url": None, "fields": {"Title": "Orchard"}}]),
        Rule(id=hub.ids.uuid7(), member_id="elm", path="title", connection_id="elm-sheet", created_at=now),
        Suggestion(id=hub.ids.uuid7(), opportunity_id=row.id, connection_id="elm-sheet", path="summary", value="new", commons="old", at=now),
        UpdateQuestion(id=hub.ids.uuid7(), connection_id="elm-sheet", link_id=link.id, opportunity_id=row.id, at=now,
                       values={"summary": ["dry <b>wells</b>", "wet wells"]}),
        Recommendation(id=hub.ids.uuid7(), opportunity_id=row.id, member_id="elm", note="Look <i>here</i>", by="u", at=now),
        SavedSearch(id=hub.ids.uuid7(), member_id="elm", name="Orchards", criteria=Criteria(text="orchard").as_data(), created_at=now, created_by="u"),
        Handover(id=hub.ids.uuid7(), opportunity_id=row.id, from_member="oak", to_member="elm", word="Take <i>it</i>", by="u", at=now),
        Duplicate(id=hub.ids.uuid7(), first_id=row.id, second_id=twin.id, survivor_id=row.id, title=1, number=True, at=now),
        Leftover(id=hub.ids.uuid7(), member_id="elm", survivor_id=row.id, gone_id=twin.id, connection_id="elm-sheet", remote_id="77", at=now),
        Token(id=hub.ids.uuid7(), member_id="elm", name="Elm <b>script</b>", scopes=["read"], token_hash=digest("hubt_elm"), created_at=now),
        Run(id=hub.ids.uuid7(), connection_id="elm-sheet", state="done", started_at=now, ended_at=now, counts={"read": 3}),
    ]  # fmt: skip
    with hub.reading() as conn:
        inviter = stored_people.by_email(conn, "admin.elm@hub.test")
    assert inviter is not None
    waiting.append(Invitation(id=hub.ids.uuid7(), member_id="elm", email="new@hub.test", name="New", roles=["staff"], by=inviter.id,
                              token_hash=digest(TOKEN), at=now, expires_at=now + timedelta(days=7)))  # fmt: skip
    with hub.writing() as conn:
        for found in (row, twin, link, *waiting):
            conn.execute(vars(type(found))["__table__"].insert(), found.model_dump())
        opportunities.add_commitments(conn, secret)
        finding.keep(conn, row, {"oak": secret})
        finding.keep(conn, twin, {})
        audit.write(conn, at=now, actor="connection:elm-sheet", action="changed", direction="in", moves=True, member_id="elm",
                    opportunity_id=row.id, connection_id="elm-sheet", values={"title": ["Orchard none", "Orchard <b>school</b>"]})  # fmt: skip
    ids = {type(found).__name__: found.id for found in waiting}
    gone = add_user(hub, "elm", "gone.elm@hub.test", "Gone", ["staff"], PASSWORD)
    with hub.writing() as conn:
        wish = wishes.of(conn, hub, [gone.id])[gone.id]
        accounts.open_session(conn, hub, gone.id, accounts.Visit())
        [session] = admission.sessions(conn, [gone.id], now - timedelta(1), now - timedelta(1))
        ids["Session"] = session.id
    ids["wish"] = wishes.link(hub, wish, wishes.DIGEST).rpartition("/")[2]
    return ids | {"Opportunity": row.id, "Link": link.id, "User": gone.id, "Twin": twin.id}


def built(folder: Path) -> Site:
    """With everybody in it, and nothing else; ``site.hub.engine`` is the caller's to dispose of."""
    (folder / "config.toml").write_text(CONFIG)
    time = ManualTime(datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    hub = open_hub(load(folder / "config.toml"), time=time)
    for member in ("elm", "oak"):
        for role in ROLES:
            add_user(hub, member, f"{role}.{member}@hub.test", f"{role} of {member}", [role], PASSWORD)
    add_user(hub, "elm", "everything.elm@hub.test", "Everything", ROLES, PASSWORD)
    return Site(hub, time)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = built(tmp_path)
    yield site
    site.hub.engine.dispose()

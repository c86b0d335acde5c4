"""Every form works without scripts: what its page renders, sent as a browser without them would send it, is carried out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from hub import access
from hub.store import finding, runs
from hub.store.tables import Opportunity, Run
from tests.web.conftest import PASSWORD, Site, built
from tests.web.test_access import addresses

PEOPLE = ("everything.elm", "staff.elm", "officer.oak", "admin.oak", "convener.elm")
TYPED = {"email": "somebody@hub.test", "date": "2026-03-31", "password": PASSWORD, "number": "1"}
SHEET = b"Commons ID,Title,Summary\n,Wells,Two wells\n"
FIRST = ("queue.dismiss_recommendation", "conversation.", "handover.offer", "handover.take_back")
"""Before the opportunity that they are about is withdrawn or merged."""
LAST = ("people.invite", "people.join", "publish.", "people.end_session", "people.", "sessions.", "sign_in.leave")
"""What shuts somebody out comes when everything else was tried."""
OPEN = {"people.join", "unsubscribe.end", "sign_in.enter"}
"""Forms on pages for who is not signed in."""
NO_FORM = {"sign_in.go", "hooks.take"}
"""Only where a provider is configured (tests/people); sent by systems."""
NOT_REACHED = {"conversation.settle", "handover.take_back"}
"""Not brought about here: tests/web/test_conversation.py and test_handover.py post to these, without their pages' forms."""


@dataclass
class Form:
    """As a page has it: where it goes, and what a browser would send with it when its first button is pressed."""

    action: str
    method: str = "get"
    kind: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, value and the address that a button leads to instead."""

    def sent(self, button: tuple[str, str, str]) -> dict[str, Any]:
        return self.values | ({button[0]: button[1]} if button[0] else {})


class Forms(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.found, self.form = path, list[Form](), None
        self.select = self.text = ""

    form: Form | None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(a.get("action") or self.path, a.get("method", "get"), a.get("enctype", ""))
            self.found.append(self.form)
        if self.form is None:
            return
        name, values = a.get("name", ""), self.form.values
        if tag == "button" and a.get("type", "submit") == "submit":
            self.form.buttons.append((name, a.get("value", ""), a.get("formaction", "")))
        elif tag == "textarea" and name:
            values[name], self.text = "", name
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in a or not values.get(self.select)):
            values[self.select] = a.get("value", "")
        elif tag == "input" and name:
            self._input(a, name, values)

    def _input(self, a: dict[str, str], name: str, values: dict[str, Any]) -> None:
        kind = a.get("type", "text")
        if kind == "file":
            values[name] = (io.BytesIO(SHEET), "wells.csv")
        elif kind == "checkbox":
            if "checked" in a or not values.get(name):
                values[name] = [*values.get(name, []), a.get("value", "on")]
        elif kind == "radio":
            if "checked" in a or name not in values:
                values[name] = a.get("value", "on")
        else:
            values[name] = a.get("value") or (TYPED.get(kind, "Words") if "required" in a else "")

    def handle_data(self, data: str) -> None:
        if self.form is not None and self.text:
            self.form.values[self.text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.text = ""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = built(tmp_path)
    yield made
    made.hub.engine.dispose()


def endpoint(site: Site, path: str) -> str:
    found, _parts = site.app.url_map.bind("localhost").match(urlsplit(path).path, method="POST")
    return str(found)


def posted(site: Site) -> set[str]:
    """Every route that a browser posts to."""
    rules = (rule for rule in site.app.url_map.iter_rules() if "POST" in (rule.methods or ()))
    return {rule.endpoint for rule in rules if access.scopes_of(rule.endpoint) is None} - NO_FORM


def more(site: Site) -> list[str]:
    """What pages besides the examples of ``addresses`` have forms: a run under way and one that left something, an opportunity
    that nobody spoke of for a year, one that can be imported."""
    now = site.time.now()
    old = Opportunity(id=site.hub.ids.uuid7(), number=31, kind="project", status="published", steward_id="elm", title="Old well", version=1,
                      facts={"title": "Old well"}, origins={}, created_at=now - timedelta(days=400), updated_at=now - timedelta(days=400),
                      asked_at=now - timedelta(days=1))  # fmt: skip
    new = Opportunity(id=site.hub.ids.uuid7(), number=32, kind="project", status="published", steward_id="elm", title="New well", version=1,
                      facts={"title": "New well"}, origins={}, created_at=now, updated_at=now)  # fmt: skip
    with site.hub.writing() as conn:
        for row in (old, new):
            conn.execute(vars(Opportunity)["__table__"].insert(), row.model_dump())
            finding.keep(conn, row, {})
        runs.start(conn, Run(id="going", connection_id="elm-sheet", started_at=now, phase="pull"))
        runs.start(conn, Run(id="ended", connection_id="elm-sheet", started_at=now, state="done"))
    for who in PEOPLE:  # who is signed in elsewhere as well has something to end
        site.post(site.app.test_client(), "/sign-in", email=f"{who}@hub.test", password=PASSWORD)
    several = f"/opportunities/import?pick={new.id}&pick={old.id}&connection=oak-sheet"
    return [
        "/runs/going",
        "/runs/ended?show=rejected",
        f"/opportunities/{new.id}/import/oak-sheet",
        several,
        f"/opportunities/{new.id}",
    ]


def forms_at(client: FlaskClient, path: str) -> list[Form]:
    answer = client.get(path, follow_redirects=True)
    forms = Forms(path)
    if answer.mimetype == "text/html" and answer.status_code == 200:
        forms.feed(answer.text)
    return [form for form in forms.found if form.method == "post"]


Way = tuple[str, str, str]
"""A route, who has a form for it, and on which page."""


def ways(site: Site, paths: list[str], done: set[str], begin: str | tuple[str, ...]) -> Iterator[Way]:
    """One for every route that begins so and is not ``done``. Nobody ("") is not signed in."""
    for who in (*PEOPLE, ""):
        client = site.client(who) if who else site.app.test_client()
        for path in paths:
            for name in sorted({name for name, _form, _button in buttons(site, client, path)} - done):
                if (name in OPEN) == (not who) and name.startswith(begin):
                    done.add(name)
                    yield name, who, path


def buttons(site: Site, client: FlaskClient, path: str) -> Iterator[tuple[str, Form, tuple[str, str, str]]]:
    for form in forms_at(client, path):
        for button in form.buttons or [("", "", "")]:
            yield endpoint(site, button[2] or form.action), form, button


def carried_out(site: Site, way: Way, paths: list[str]) -> list[str]:
    """What went wrong, by a browser that has just come in; the page that an answer leads to is looked at later."""
    name, who, path = way
    client = site.app.test_client()
    if who:
        site.post(client, "/sign-in", email=f"{who}@hub.test", password=PASSWORD)
    found = next(((form, button) for at, form, button in buttons(site, client, path) if at == name), None)
    if found is None:
        return [f"{name}, {who}: {path} has no form for it any more"]
    form, button = found
    answer = client.post(button[2] or form.action, data=form.sent(button), content_type=form.kind or None)
    if answer.status_code == 303 and answer.location not in paths:
        paths.append(answer.location)
    fine = answer.status_code in (200, 302, 303) or (name == "sign_in.enter" and answer.status_code == 401)
    return [] if fine else [f"{name}, {who}: {answer.status_code} to {form.action} with {form.sent(button)}"]


def test_every_form_of_every_page_carries_the_token_and_leads_to_a_route(site: Site) -> None:
    """Those too whose route another form was tried for: a second button, the same decision elsewhere."""
    paths = [path for _endpoint, method, path in addresses(site) if method == "GET"] + more(site)
    faults, seen = set[str](), 0
    for who in (*PEOPLE, ""):
        client = site.client(who) if who else site.app.test_client()
        for path in paths:
            for name, form, _button in buttons(site, client, path):
                seen += 1
                # A link in a mail is signed, and is opened where nobody is signed in.
                if not name.startswith("unsubscribe.") and not form.values.get("csrf_token"):
                    faults.add(f"{path}: the form that posts to {form.action} has no token")
    assert seen > 500 and not faults, "\n".join(sorted(faults))


def test_every_form_is_carried_out_as_its_page_has_it(site: Site) -> None:
    """Round after round, for what one form does brings others: an offer its taking back, a message its end."""
    examples = [path for _endpoint, method, path in addresses(site) if method == "GET"]
    besides = more(site)
    # What is withdrawn at the end is what nothing else merges or hands over before.
    paths = [besides[-1].replace("/opportunities/", "/publish/"), *examples, *besides]
    done: set[str] = set()
    faults: list[str] = []
    last: list[Way] = []
    for begin in (FIRST, FIRST, "", "", ""):
        for way in list(ways(site, paths, done, begin)):
            if way[0].startswith(LAST):
                last.append(way)
            else:
                faults += carried_out(site, way, paths)
    for way in sorted(
        last, key=lambda way: (way[0] != LAST[0], way[0] != LAST[1], [not way[0].startswith(begin) for begin in LAST])
    ):
        faults += carried_out(site, way, paths)
    missing = posted(site) - done - NOT_REACHED
    assert not faults and not missing, "\n".join([*faults, f"no page has a form for {sorted(missing)}"])

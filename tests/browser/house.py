"""A hub as it is after some weeks, in this process, behind a real socket: what every page needs to have something on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from hub.app import Hub
from hub.languages import FOLDER, Catalogues
from hub.people.accounts import add_user
from hub.store import audit, finding, opportunities, processes
from hub.store.tables import Commitment, Conflict, Link, Opportunity, Quarantine, Run, RunCalls
from hub.web.app import create_app
from schemas.said import phrase
from tests.web.conftest import PASSWORD, Site, built
from tests.web.test_access import addresses

PEOPLE = ("staff.elm", "officer.elm", "admin.elm", "operator.elm", "convener.elm", "everything.elm")
NEW = "newcomer.ash"
"""Whose foundation has nothing set up yet."""
PROJECTS = (
    ("Rain gardens for the lower town", "climate", "64000", "Twelve streets get planted hollows that take up what the drains cannot."),
    ("Night school for harbour workers", "education", "120000", "Evening classes in three languages, with a crèche."),
    ("مياه نظيفة لقرى الوادي", "water", "88000", "آبار ومضخات لثماني قرى، مع تدريب لمن يعتني بها."),
    ("A mobile clinic for the islands, its boat, its crew of four and the medicines of its first three years", "health",
     "1250000.50", "The boat calls at each island once a fortnight.\nIt carries a nurse, a dentist and a refrigerator."),
)  # fmt: skip
COUNTS: dict[str, dict[str, int]] = {
    "done": {"read": 412, "changed": 9, "pushed": 4, "unchanged": 399, "not_shared": 31, "calls_used": 5200, "calls_allowed": 15000,
             "calls_stop": 12000},
    "failed": {"read": 100},
    "incomplete": {"read": 250, "changed": 3, "quarantined": 1, "conflicts": 1, "rejected": 2},
}  # fmt: skip


class House(Site):
    """``pages``: the addresses of every endpoint that is asked with GET, by the url map and its examples. ``ids``: of what
    ``_weeks`` made."""

    pages: dict[str, list[str]]
    ids: dict[str, str]


def furnished(folder: Path) -> House:
    site = built(folder)
    house = House(site.hub, site.time)
    catalogue = folder / "words" / "ar" / "LC_MESSAGES" / "messages.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
    house.app = create_app(
        house.hub, Catalogues((FOLDER, folder / "words"))
    )  # Arabic's direction, where it has no words yet
    house.pages = {}
    for endpoint, method, path in addresses(house):
        if method == "GET":
            house.pages.setdefault(endpoint, []).append(path)
    add_user(house.hub, "ash", f"{NEW}@hub.test", "New Comer", ["staff", "officer", "admin"], PASSWORD)
    house.ids = _weeks(house.hub)
    house.pages["importing.preview"].append(f"/opportunities/{house.ids['arabic']}/import/oak-sheet")
    (folder / "oak").mkdir()
    (folder / "oak" / "grants.csv").write_text("No.,Commons ID,Title,Summary,Organisation,Amount requested,Currency\n")
    return house


def _weeks(hub: Hub) -> dict[str, str]:
    """Runs that went well and not, projects in two scripts with positions of others, and things that wait."""
    now = hub.time.now()
    rows: list[Any] = []
    shared = []
    for number, (title, theme, amount, summary) in enumerate(PROJECTS, start=20):
        facts = {"title": title, "summary": summary, "themes": [theme], "ask.requested": {"amount": amount, "currency": "USD"},
                 "ask.secured_elsewhere.amount": {"amount": "9000", "currency": "USD"}, "language": "ar" if number == 22 else "en",
                 "organization.name": "Lantern House", "organization.identifiers.GB-CHC": "7654321",
                 "organization.website": "https://lantern-house.example/a/rather/long/address/that/has/to/break/somewhere"}  # fmt: skip
        at = now - timedelta(days=number - 19, hours=3)
        shared.append(Opportunity(id=hub.ids.uuid7(), number=number, kind="project", status="published", steward_id="elm", title=title,
                                  facts=facts, origins={"title": {"connection": "elm-sheet", "at": at.isoformat()}}, created_at=at,
                                  updated_at=at))  # fmt: skip
    for number in range(9):
        state = "failed" if number == 5 else "incomplete" if number == 2 else "done"
        began = now - timedelta(hours=3 * number + 1)
        asked = phrase("Listing table %(table)s", table="'Grants'")
        words = phrase(
            "%(place)s: Airtable answered %(status)s %(type)s", place=asked, status=401, type="AUTHENTICATION_REQUIRED"
        )
        error = {"failed": phrase("%(words)s. The token is wrong, expired or revoked: make a new one and put it in place.", words=words),
                 "incomplete": phrase("%(place)s: its records move while they are read. The next run tries again.", place=asked)}.get(state)  # fmt: skip
        rows.append(Run(id=f"run-{number}", connection_id="elm-sheet", state=state, started_at=began, error=error, counts=COUNTS[state],
                        ended_at=began + timedelta(seconds=40 + number), cursor_before="1027", cursor_after="1031"))  # fmt: skip
    rows.append(
        Run(
            id="run-moving",
            connection_id="oak-sheet",
            state="running",
            phase="pull",
            started_at=now,
            counts={"read": 120},
        )
    )
    asked = [
        ["GET", "https://grants.elm-fund.example/api/a/rather/long/address/of/records", 200, 340, 1],
        ["GET", "https://x.example", "hung up", 12, 2],
    ]
    rows.append(RunCalls(run_id="run-0", at=now, number=130, calls=asked))
    link = Link(id=hub.ids.uuid7(), connection_id="elm-sheet", opportunity_id=shared[3].id, remote_id="44", created_at=now,
                base={"Summary": PROJECTS[3][3]})  # fmt: skip
    party = {
        "connection": "elm-sheet",
        "link": link.id,
        "value": PROJECTS[3][3] + "\nAnd a doctor, once a month.",
        "raw": {},
    }
    rows += [link, Conflict(id="long-words", opportunity_id=shared[3].id, path="summary", base=PROJECTS[3][3], parties=[party],
                            commons=PROJECTS[3][3].replace("a dentist", "two dentists"), opened_at=now - timedelta(days=2))]  # fmt: skip
    odd = phrase("%(value)s is no amount. Write digits, like 12000.50.", value="'about 5000'")
    rows += [Quarantine(id=f"q-{n}", connection_id="elm-sheet", remote_id=f"1{n}", reason=odd,
                        fields={"Title": f"Row {n}", "Amount": "about 5000"}, first_seen_at=now, last_seen_at=now) for n in range(4)]  # fmt: skip
    stages = [(member, {"commitment.stage": stage, "commitment.amount": {"amount": amount, "currency": "USD"}, "commitment.visibility": "named"})
              for member, stage, amount in (("oak", "committed", "20000"), ("elm", "pledged", "15000"))]  # fmt: skip
    with hub.writing() as conn:
        processes.begin(conn, hub.ids.uuid7(), "web", hub.config.digest, now)
        for row in (*shared, *rows):
            conn.execute(vars(type(row))["__table__"].insert(), row.model_dump())
        for row in shared:
            made = {
                member: Commitment(id=hub.ids.uuid7(), opportunity_id=row.id, member_id=member, facts=facts, origins={}, updated_at=now)
                for member, facts in stages
            }  # fmt: skip
            opportunities.add_commitments(conn, *made.values())
            finding.keep(conn, row, made)
            audit.write(conn, at=row.updated_at, actor="connection:elm-sheet", action="changed", direction="in", moves=True, member_id="elm",
                        opportunity_id=row.id, connection_id="elm-sheet", run_id="run-0", values={"title": ["Rain", row.title]})  # fmt: skip
    return {"conflict": "long-words", "opportunity": shared[3].id, "arabic": shared[2].id, "moving": "run-moving"}


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """A test that fails is not to be buried under what was asked."""


@contextmanager
def serving(site: Site) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()

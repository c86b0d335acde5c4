"""The page of one run: its parts by plain links, who may open them, ending it, and trying again what has one cause."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from hub.jobs import lease
from hub.store import audit, connections, runs
from hub.store.tables import Due, Quarantine, Run, RunCalls
from schemas.said import pack, phrase
from tests.web.conftest import Site, fill


@pytest.fixture
def run(site: Site) -> str:
    """One of Elm's that is under way, with its lease and its calls."""
    ids, now = fill(site.hub), site.time.now()
    with site.hub.writing() as conn:
        fence = lease.claim(conn, "elm-sheet", "somewhere:1", now).fence
        runs.start(
            conn,
            Run(id="going", connection_id="elm-sheet", started_at=now, fence=fence, phase="pull", counts={"read": 5}),
        )
        call = ["GET", "https://elm.test/rows", 503, 12, 2]
        runs.keep_calls(conn, RunCalls(run_id="going", at=now, number=7, calls=[call]))
        rows = {"opportunity_id": ids["Opportunity"], "connection_id": "elm-sheet", "since": now, "tries": 3}
        conn.execute(
            vars(Due)["__table__"].insert(), rows | {"error": "No such fund.", "not_before": now + timedelta(hours=2)}
        )
    return "going"


def change(site: Site, **values: object) -> None:
    with site.hub.writing() as conn:
        conn.execute(runs.t.update().where(runs.t.c.id == "going").values(**values))


def show(site: Site, who: str, part: str) -> str:
    answer = site.client(who).get(f"/runs/going?show={part}")
    assert answer.status_code == 200
    return str(answer.text)


def test_each_part_has_its_link_and_requests_are_for_the_foundations_own_admins(site: Site, run: str) -> None:
    assert ">Requests<" in show(site, "admin.elm", "") and "https://elm.test/rows" in show(
        site, "admin.elm", "requests"
    )
    assert "The last 1 of 7." in show(site, "admin.elm", "requests")
    for who in ("staff.elm", "officer.elm", "operator.elm"):
        page = show(site, who, "requests")
        assert ">Requests<" not in page and "https://elm.test/rows" not in page, who
    assert ">Rejected<" not in show(site, "operator.elm", ""), "why a record was refused tells what it says"


def test_ending_it_is_asked_once_and_said_until_it_is_over(site: Site, run: str) -> None:
    assert "Cancel this run" in show(site, "admin.elm", "") and "Cancel this run" not in show(site, "staff.elm", "")
    assert site.post(site.client("admin.elm"), "/runs/going/cancel").status_code == 303
    with site.hub.reading() as conn:
        row = connections.get(conn, "elm-sheet")
    assert row.cancel_fence == row.fence
    page = show(site, "staff.elm", "")
    assert "admin of elm asked it to end" in page and "Cancel this run" not in show(site, "admin.elm", "")
    change(site, fence=row.fence + 1)
    page = show(site, "admin.elm", "")
    assert "asked it to end" not in page and "Cancel this run" in page, (
        "what was asked of one run is not said of the next"
    )
    change(site, fence=row.fence)
    change(site, state="cancelled", ended_at=site.time.now())
    page = show(site, "staff.elm", "")
    assert "admin of elm ended this run" in page and "no record was taken for deleted" in page
    answer = site.post(site.client("admin.elm"), "/runs/going/cancel")
    assert "over already" in site.client("admin.elm").get(answer.location).text


@pytest.mark.parametrize(
    ("phase", "said"),
    [("pull", "no record was taken for deleted, and nothing was written to elm-sheet"), ("between", "nothing was written to elm-sheet"),
     ("push", "not everything was written to elm-sheet")],
)  # fmt: skip
def test_what_a_run_that_was_cut_short_did_not_come_to_is_said(site: Site, run: str, phase: str, said: str) -> None:
    change(site, state="incomplete", phase=phase, ended_at=site.time.now())
    assert said in show(site, "staff.elm", "")
    change(site, state="done")
    assert said not in show(site, "staff.elm", "")


def test_causes_say_when_they_are_tried_again_and_all_of_one_are_tried_at_once(site: Site, run: str) -> None:
    change(site, state="done", counts={"read": 5, "rejected": 1}, ended_at=site.time.now())
    page = show(site, "staff.elm", "rejected")
    assert "It has no title." in page and "No such fund." in page and "in 2 hours" in page
    with site.hub.writing() as conn:
        connections.change(conn, "elm-sheet", due_at=site.time.now() + timedelta(hours=1), reread_at=site.time.now())
    site.post(site.client("staff.elm"), "/runs/going/retry", cause="No such fund.")
    with site.hub.reading() as conn:
        row = connections.get(conn, "elm-sheet")
        [waits] = conn.execute(vars(Due)["__table__"].select()).all()
    assert row.due_at == site.time.now() and waits.not_before is None and row.reread_at is not None
    site.post(site.client("staff.elm"), "/runs/going/retry", cause=pack(phrase("It has no title. Give it one.")))
    with site.hub.reading() as conn:
        assert connections.get(conn, "elm-sheet").reread_at is None, "what was set aside is found by reading all"
        assert conn.execute(vars(Quarantine)["__table__"].select()).first().state == "open"
    answer = site.post(site.client("staff.elm"), "/runs/going/retry", cause="Something else")
    assert "Nothing of it is left" in site.client("staff.elm").get(answer.location).text


def test_the_form_of_a_cause_names_a_sentence_that_knows_its_parts(site: Site, run: str) -> None:
    due, aside = vars(Due)["__table__"], vars(Quarantine)["__table__"]
    change(site, state="done", counts={"read": 5, "rejected": 1}, ended_at=site.time.now())
    with site.hub.writing() as conn:
        conn.execute(due.update().values(error=phrase("No fund is called %(name)s.", name='"Wells"')))
        conn.execute(aside.update().values(reason=phrase("%(column)s is empty.", column="Title")))
        connections.change(conn, "elm-sheet", reread_at=site.time.now())
    causes = re.findall(r'name="cause" value="([^"]+)"', show(site, "staff.elm", "rejected"))
    assert len(causes) == 2
    for cause in causes:
        site.post(site.client("staff.elm"), "/runs/going/retry", cause=unescape(cause))
    with site.hub.reading() as conn:
        assert conn.execute(due.select()).one().not_before is None
        assert connections.get(conn, "elm-sheet").reread_at is None
        notes = conn.scalars(select(audit.t.c.note).where(audit.t.c.action == "tried again")).all()
    assert sorted(notes) == ['No fund is called "Wells".', "Title is empty."]


def test_nobody_else_ends_or_retries(site: Site, run: str) -> None:
    assert site.post(site.client("admin.oak"), "/runs/going/cancel").status_code == 404
    assert site.post(site.client("staff.oak"), "/runs/going/retry", cause="x").status_code == 404
    assert site.post(site.client("staff.elm"), "/runs/going/cancel").status_code == 403
    with site.hub.writing() as conn:
        runs.start(conn, Run(id="theirs", connection_id="oak-sheet", started_at=site.time.now(), state="done"))
    runs_the_hub = site.client(
        "everything.elm"
    )  # and shares for Elm: sees that Oak's run is there, and nothing of what it says
    assert runs_the_hub.get("/runs/theirs").status_code == 200
    assert site.post(runs_the_hub, "/runs/theirs/retry", cause="x").status_code == 404
    page = runs_the_hub.get("/runs/theirs?show=rejected").text
    assert ">Rejected<" not in page and ">Requests<" not in page

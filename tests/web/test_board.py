"""The dashboard of a large house: what needs a hand comes first, a page at a time, by as many queries as for a small one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import event, select

from hub.store import lists
from hub.store.tables import Connection, Hold, Run
from hub.web import drawn, standing
from tests.web.conftest import Site, fill

STATES = ("done", "failed", "incomplete", "running", "done", "cancelled")


def house(site: Site, number: int) -> list[str]:
    """So many connections more, of Elm's, each with runs of every kind, and some of them held, paused or late."""
    now, names = site.time.now(), [f"more-{n:03}" for n in range(number)]
    config = site.hub.config.connections["elm-sheet"]
    there: Any = site.hub.config.connections
    there.update({name: replace(config, name=name) for name in names})
    rows: list[Any] = []
    for n, name in enumerate(names):
        at = now - timedelta(hours=3) if n % 7 == 3 else now
        rows.append(Connection(id=name, member_id="elm", system="spreadsheet", state="paused" if n % 11 == 5 else "active", due_at=at,
                               lease_until=now + timedelta(minutes=1)))  # fmt: skip
        for each in range(n % 20):
            began = now - timedelta(minutes=20 - each)
            rows.append(Run(id=f"{name}-{each:02}", connection_id=name, state=STATES[(n + each) % len(STATES)], started_at=began,
                            ended_at=began, error="It broke."))  # fmt: skip
        if n % 13 == 4:
            rows.append(Hold(id=f"h-{n}", run_id="r", connection_id=name, kind="closings", reason="Many.", items=[], plan_hash="h", at=now))  # fmt: skip
    with site.hub.writing() as conn:
        for row in rows:
            conn.execute(vars(type(row))["__table__"].insert(), row.model_dump())
    return names


def asked(site: Site, deed: Any) -> int:
    """How many statements the database is asked."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(site.hub.engine, "before_cursor_execute", note)
    try:
        deed()
    finally:
        event.remove(site.hub.engine, "before_cursor_execute", note)
    return len(seen)


def test_what_tells_how_each_stands_is_the_same_by_little_as_by_all_of_it(site: Site) -> None:
    names, now = house(site, 60), site.time.now()
    with site.app.test_request_context(), site.hub.reading() as conn:
        brief, whole = lists.stands(conn, names), lists.standings(conn, names)
        words = [standing.of_connection(each, site.hub.config.connections[each.row.id], now) for each in whole]
        assert [standing.of_connection(each, site.hub.config.connections[each.row.id], now) for each in brief] == words
        assert {word.name for word in words} == set(standing.WORST), "every word is tried"
        for each in whole:
            ran = conn.execute(select(lists.run.c.id).where(lists.run.c.connection_id == each.row.id)).scalars()
            assert [run.id for run in each.runs] == sorted(ran, reverse=True)[:14], each.row.id


def test_a_thousand_connections_cost_no_more_queries_than_one(site: Site) -> None:
    names = house(site, 60)

    def standings(some: list[str]) -> None:
        with site.hub.reading() as conn:
            lists.standings(conn, some)
            lists.stands(conn, some)

    assert asked(site, lambda: standings(names[:1])) == asked(site, lambda: standings(names))
    client = site.client("admin.elm")
    client.get("/")
    many = asked(site, lambda: client.get("/?size=100"))
    for name in names[3:]:
        del site.hub.config.connections[name]  # type: ignore[attr-defined]
    assert many == asked(site, lambda: client.get("/?size=100"))


def test_the_dashboard_shows_a_page_of_connections_the_worst_first(site: Site) -> None:
    house(site, 60)
    client = site.client("admin.elm")
    shown: list[str] = []
    for number in range(1, 7):
        page = client.get(f"/?page={number}").text
        shown += re.findall(r'<h3><a href="/connections/([^"]+)"', page)
        assert ("Page 6 of 6" in page) == (number == 6)
    with site.app.test_request_context(), site.hub.reading() as conn:
        known = {each.row.id: each for each in lists.standings(conn, shown)}
        names = [standing.name_of(known[name], site.hub.config.connections[name], site.time.now()) for name in shown]
    assert len(set(shown)) == len(shown) == 63 and names == sorted(names, key=standing.WORST.index)
    assert names[0] == "failed" and "63 connections" in page


def test_a_hold_is_never_read_whole_to_tell_that_there_is_one(site: Site) -> None:
    fill(site.hub)
    seen: list[str] = []
    event.listen(site.hub.engine, "before_cursor_execute", lambda _c, _k, statement, *_r: seen.append(statement))
    with site.hub.reading() as conn:
        assert lists.holding(conn, ["elm-sheet", "oak-sheet"]) == {"elm-sheet"}
    assert site.client("admin.elm").get("/opportunities").status_code == 200
    assert seen and not any("hold.items" in statement or "hold.id, hold.run_id" in statement for statement in seen)


def test_runs_that_went_well_one_after_another_are_one_stretch_and_trouble_stands_alone(site: Site) -> None:
    now = site.time.now()
    runs = [
        Run(id=f"{n}", connection_id="a", state="failed" if n == 5 else "done", started_at=now - timedelta(minutes=10 * (20 - n)),
            ended_at=now - timedelta(minutes=10 * (20 - n) - 1))
        for n in range(20)
    ]  # fmt: skip
    with site.app.test_request_context():
        picture = str(drawn.day(["a"], runs[::-1], [], now))
    marks = re.findall(r'<rect class="(\w+)".*?<title>(.*?)</title>', picture)
    assert [name for name, _text in marks] == ["fine", "failed", "fine"]
    assert "5 runs went well" in marks[0][1] and "14 runs went well" in marks[2][1] and "Failed" in marks[1][1]

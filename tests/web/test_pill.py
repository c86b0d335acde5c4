"""One word about the connections on every page, and the tab's sign that goes with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from hub.store import lists
from tests.web.conftest import Site, fill


def change(site: Site, **values: object) -> None:
    with site.hub.writing() as conn:
        conn.execute(lists.connection.update().where(lists.connection.c.id == "elm-sheet"), values)


def test_it_shows_the_worst_on_every_page(site: Site) -> None:
    client = site.client("admin.elm")
    page = client.get("/people").text
    assert "All on time" in page and "hub.svg" in page
    fill(site.hub)
    page = client.get("/people").text
    assert "1 run held for approval" in page and "hub-attention.svg" in page
    change(site, due_at=site.time.now() - timedelta(days=9))
    page = client.get("/opportunities").text
    assert "1 connection is delayed" in page and "hub-attention.svg" in page
    change(site, failures=2)
    page = client.get("/opportunities").text
    assert "1 connection failed" in page and "hub-bad.svg" in page
    assert "connection failed" not in site.client("admin.oak").get("/opportunities").text
    assert 'id="pill"' not in site.client("convener.elm").get("/opportunities").text


def test_it_is_never_green_when_the_store_cannot_be_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    client = site.client("admin.elm")
    monkeypatch.setattr(lists, "states", unreadable)
    page = client.get("/people").text
    assert "Status unknown since 09:00:00 UTC" in page and "hub-bad.svg" in page and "All on time" not in page


def test_a_refusal_tells_the_number_of_its_request(site: Site) -> None:
    client = site.client("staff.elm")
    for path, code in (("/tokens", 403), ("/nothing", 404)):
        answer = client.get(path)
        assert answer.status_code == code and "Number of this request:" in answer.text

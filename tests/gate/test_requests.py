"""What every request meets before a page sees it, and every answer carries: for each route that there is."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import SQLModel

from hub import access
from hub.log import formatter
from hub.web.app import create_app
from hub.web.rationing import KNOWN, Ration
from tests.web.conftest import Site, site
from tests.web.test_access import addresses
from tests.web.test_safety import SIGNED

__all__ = ["site"]
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
CROSS = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://localhost:99"},
]


def test_no_unsafe_route_works_without_its_token_or_from_another_site(site: Site) -> None:
    """Programs and systems sign on purpose, and no browser does that for another site; every other route is a form's."""
    walk = [row for row in addresses(site) if row[1] in UNSAFE]
    assert len(walk) > 50
    client = site.client("everything.elm")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)
    assert token is not None
    for endpoint, method, path in walk:
        if access.scopes_of(endpoint) is not None:
            assert client.open(path, method=method).status_code == 401, path
            continue
        if endpoint in SIGNED:
            continue
        before = digest(site)
        assert client.open(path, method=method).status_code == 400, f"{path} without a token"
        assert client.open(path, method=method, data={"csrf_token": token[1][:-1]}).status_code == 400, path
        for headers in CROSS:
            answer = client.open(path, method=method, data={"csrf_token": token[1]}, headers=headers)
            assert answer.status_code == 400, f"{path} from {headers}"
        assert digest(site) == before, path


def digest(site: Site) -> dict[str, str]:
    """Of each table's rows."""
    with site.hub.reading() as conn:
        return {
            name: hashlib.sha256(repr(sorted(map(repr, conn.execute(table.select()))), ).encode()).hexdigest()
            for name, table in SQLModel.metadata.tables.items()
        }  # fmt: skip


MAY_CHANGE = {
    "importing.preview": {"opened"}, "opportunities.one": {"opened"}, "opportunities.as_others": {"opened"},
    "api.one": {"opened"}, "commongrants.one": {"opened"}, "mail.page": {"mail_wish"},
    "files.take": {"download"}, "exports.file": set[str](),
}  # fmt: skip
"""GETs that leave a trace, and which: that an opportunity was opened, a person's row of wishes with what everybody starts with,
what a sheet that was taken away told. ``sign_in.back``, which makes a session once, is tried in test_provider."""


@pytest.mark.parametrize("who", ["everything.elm", "officer.oak"])
def test_looking_changes_nothing(site: Site, who: str) -> None:
    walk = [row for row in addresses(site) if row[1] == "GET" and access.scopes_of(row[0]) is None]
    client = site.client(who)
    before = digest(site)
    for endpoint, _method, path in walk:
        for ask in (client.get, client.head):
            ask(path)
            now = digest(site)
            changed = {name for name in now if now[name] != before[name]}
            assert changed <= MAY_CHANGE.get(endpoint, set()), path
            before = now


ANSWERS = [
    ("GET", "/", 200), ("GET", "/sign-in", 200), ("GET", "/nowhere", 404), ("DELETE", "/", 405), ("POST", "/sign-out", 400),
    ("GET", "/opportunities.csv", 200), ("GET", "/static/hub.css", 200), ("GET", "/readyz", 200), ("GET", "/static/../x", 404),
    ("GET", "/api/v1/opportunities", 401), ("GET", "/api/v1/openapi.json", 200), ("POST", "/api/v1/nowhere", 404),
    ("GET", "/api/v1/nowhere", 404), ("GET", "/common-grants/opportunities", 401), ("POST", "/hooks/nowhere", 404),
    ("GET", "/opportunities/%00", 400), ("OPTIONS", "/", 200), ("TRACE", "/", 405), ("GET", "/connections/no-such", 404),
    ("HEAD", "/", 200), ("GET", "/sign-in/back", 303), ("GET", "/does-it-work", 200), ("GET", "/broken", 500),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS, ids=lambda part: str(part))
def test_every_kind_of_answer_carries_the_headers_and_its_number(
    site: Site, monkeypatch: pytest.MonkeyPatch, method: str, path: str, status: int
) -> None:
    site.hub.config = replace(site.hub.config, public_url="https://hub.test")
    site.app = create_app(site.hub)
    site.app.add_url_rule("/broken", "broken", lambda: 1 / 0)
    monkeypatch.setitem(access.POLICY, "broken", access.PUBLIC)  # type: ignore[arg-type]
    client = site.app.test_client()
    page = client.get("/sign-in", base_url="https://hub.test").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    form = {"email": "everything.elm@hub.test", "password": "a long enough one", "csrf_token": token[1]}
    signed = client.post("/sign-in", data=form, base_url="https://hub.test", headers={"Referer": "https://hub.test/"})
    assert signed.status_code == 303 and "__Host-hub=" in str(signed.headers.getlist("Set-Cookie"))
    cookies = [cookie for cookie in signed.headers.getlist("Set-Cookie") if "expires" not in cookie.lower()]
    assert all("Secure" in c and "HttpOnly" in c and "SameSite=Lax" in c and "Domain" not in c for c in cookies)
    answer = client.open(path, method=method, base_url="https://hub.test")
    assert answer.status_code == status, answer.text
    headers = answer.headers
    assert (
        headers["Content-Security-Policy"].startswith("default-src 'none';")
        and "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    )
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert path.startswith("/static/hub") or headers["Cache-Control"] == "no-store"
    assert re.fullmatch("[0-9a-f]{16}", headers["X-Request-Id"])
    if status >= 400 and method not in ("HEAD", "TRACE"):
        programs = path.startswith(("/api/", "/common-grants/"))
        assert headers["Content-Type"].startswith("application/" if programs else "text/html")
        assert headers["X-Request-Id"] in answer.text, "the number stands in the answer"
        for inner in ("Traceback", "werkzeug", "ZeroDivision", "site-packages", "sqlalchemy"):
            assert inner not in answer.text


def test_the_number_of_a_request_stands_in_each_line_that_it_wrote_to_the_log(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[dict[str, Any]] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(self.format(record)))

    handler = Kept()
    handler.setFormatter(formatter())
    log = logging.getLogger("hub")
    log.addHandler(handler)
    try:
        monkeypatch.setattr("hub.web.board.lists.standings", lambda *a: 1 / 0)
        answer = site.client("admin.elm").get("/")
        logging.getLogger("hub.jobs").warning("between requests")
    finally:
        log.removeHandler(handler)
    [failed, between] = [line for line in lines if line["level"] in ("error", "warning")]
    assert failed["request_id"] == answer.headers["X-Request-Id"] and "ZeroDivision" in json.dumps(failed)
    assert "request_id" not in between


def test_debugging_is_off_whatever_the_environment_says(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FLASK_DEBUG", "FLASK_ENV", "FLASK_TESTING"):
        monkeypatch.setenv(name, "1")
    app = create_app(site.hub)
    assert not app.debug and not app.testing and not app.config["PROPAGATE_EXCEPTIONS"]


@pytest.mark.parametrize(
    "query",
    ["page=99999999999999999999999", "page=-1", "page=1e9", "page=٣", "page=", "limit=99999999999999999999", "sort=x", "amount_from=1e999",
     "amount_from=NaN", "needed_from=9999-99-99", "country=" + "x" * 5000, "&".join(["theme=x"] * 900)],
)  # fmt: skip
def test_no_query_breaks_a_list(site: Site, query: str) -> None:
    client = site.client("everything.elm")
    for path in (
        "/opportunities",
        "/opportunities.csv",
        "/connections",
        "/queue",
        "/does-it-work",
        "/people",
        "/bookmarks",
        "/export",
    ):
        assert client.get(f"{path}?{query}").status_code < 500, path


def test_what_is_too_much_is_refused_before_it_is_read(site: Site) -> None:
    client = site.client("everything.elm")
    for path in ("/sign-in", "/people/invite", "/mail"):
        assert client.post(path, data={"text": "x" * 300_000}).status_code == 413, path
    many = {f"n{n}": "x" for n in range(3000)}
    assert client.post("/people/invite", data=many, content_type="multipart/form-data").status_code == 413


def test_a_flood_of_pages_is_told_to_wait_and_nobody_else_is(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.web.guard.PAGES", 30)
    site.app = create_app(site.hub)
    flood, neighbour = site.client("staff.elm"), site.client("admin.elm")
    assert {flood.get("/sessions").status_code for _ in range(25)} == {200}
    answers = [flood.get("/sessions") for _ in range(10)]
    assert answers[-1].status_code == 429 and "Wait a minute" in answers[-1].text
    assert neighbour.get("/sessions").status_code == 200
    assert flood.get("/static/hub.css").status_code == 200
    stranger = site.app.test_client()
    assert [stranger.get("/sign-in").status_code for _ in range(40)][-1] == 429
    assert neighbour.get("/sessions").status_code == 200
    site.time.sleep(60)
    assert flood.get("/sessions").status_code == stranger.get("/sign-in").status_code == 200


def test_who_was_counted_long_ago_is_forgotten_when_many_are_known() -> None:
    ration = Ration(60)
    for number in range(KNOWN):
        ration.wait(str(number), 0)
    ration.wait("new", 61)
    assert set(ration._left) == {"new"}

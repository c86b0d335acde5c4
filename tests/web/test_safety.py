"""Forms, sessions, headers and hostile values."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from hub import access
from hub.people import accounts
from tests.web.conftest import PASSWORD, Site, fill

SIGNED = ("hooks.take", "unsubscribe.end")
"""What is signed on purpose, by a system or in a link, wants no token of a form."""
TEMPLATES = Path(__file__).parents[2] / "hub" / "web"


def test_no_form_works_without_its_token(site: Site) -> None:
    ids = fill(site.hub)
    client = site.client("everything.elm")
    for rule in site.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()):
            continue
        path = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule.rule)
        path = re.sub(r"<int:[^>]*>", "1", path)
        path = re.sub(r"<[^>]*>", ids["Hold"], path)
        signed = 401 if access.scopes_of(rule.endpoint) else 404 if rule.endpoint in SIGNED else 400
        assert client.post(path).status_code == signed, path


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
    ],
)
def test_a_form_from_another_site_is_refused_even_with_a_token(site: Site, headers: dict[str, str]) -> None:
    client = site.client("admin.elm")
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)
    assert token is not None
    answer = client.post("/connections/elm-sheet/run", data={"csrf_token": token[1]}, headers=headers)
    assert answer.status_code == 400
    assert client.post("/connections/elm-sheet/run", data={"csrf_token": token[1]}).status_code == 303


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(site: Site) -> None:
    client = site.app.test_client()
    wrong = site.post(client, "/sign-in", email="admin.elm@hub.test", password="something else")
    unknown = site.post(client, "/sign-in", email="admin.elm@nowhere.test", password="something else")
    assert wrong.status_code == unknown.status_code == 401
    strip = lambda text: re.sub(r'(value|content)="[^"]*"', "", text)  # noqa: E731
    assert strip(wrong.text) == strip(unknown.text) and "do not belong together" in wrong.text


def test_guessing_is_braked_for_all_processes_and_ends_by_itself(site: Site) -> None:
    for _ in range(accounts.TRIES):
        assert accounts.sign_in(site.hub, "admin.elm@hub.test", "wrong wrong wrong", "10.0.0.1") is None
    with pytest.raises(accounts.TooManyTries):
        accounts.sign_in(site.hub, "admin.elm@hub.test", PASSWORD, "10.0.0.1")
    answer = accounts.sign_in(site.hub, "admin.elm@hub.test", PASSWORD, "10.0.0.2")
    assert answer is not None  # a stranger's guesses do not lock the owner out
    site.time.sleep(accounts.BRAKE.total_seconds() + 1)
    assert accounts.sign_in(site.hub, "admin.elm@hub.test", PASSWORD, "10.0.0.1")


def test_a_session_ends_with_signing_out_with_idling_and_after_twelve_hours(site: Site) -> None:
    def fresh() -> str:
        token = accounts.sign_in(site.hub, "admin.elm@hub.test", PASSWORD, "10.0.0.1")
        assert token is not None
        return token

    token = fresh()
    assert accounts.who(site.hub, token) is not None
    accounts.sign_out(site.hub, token)
    assert accounts.who(site.hub, token) is None
    token = fresh()
    site.time.sleep(accounts.IDLE.total_seconds() + 1)
    assert accounts.who(site.hub, token) is None
    token = fresh()
    for _ in range(int(accounts.WHOLE / timedelta(minutes=20)) - 1):
        site.time.sleep(1200)
        assert accounts.who(site.hub, token) is not None
    site.time.sleep(1201)
    assert accounts.who(site.hub, token) is None


def test_only_a_digest_of_the_session_is_kept(site: Site) -> None:
    token = accounts.sign_in(site.hub, "admin.elm@hub.test", PASSWORD, "10.0.0.1")
    with site.hub.reading() as conn:
        kept = [tuple(row) for row in conn.execute(text("SELECT * FROM session"))]
    assert kept and token not in str(kept)


@pytest.mark.usefixtures("slow_hash")
def test_a_password_is_kept_as_a_slow_hash(site: Site) -> None:
    accounts.add_user(site.hub, "elm", "new@hub.test", "New", ("staff",), PASSWORD)
    with site.hub.reading() as conn:
        hashed = conn.scalar(text("SELECT password_hash FROM user WHERE email = 'new@hub.test'"))
    assert str(hashed).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_after_signing_in_one_goes_to_a_page_of_this_site_only(site: Site) -> None:
    for target, place in (
        ("/queue", "/queue"),
        ("//evil.test", "/"),
        ("https://evil.test/", "/"),
        ("/\\evil.test", "/"),
    ):
        client = site.app.test_client()
        answer = site.post(client, "/sign-in", email="admin.elm@hub.test", password=PASSWORD, next=target)
        assert answer.location == place


def test_every_answer_carries_the_headers(site: Site) -> None:
    for path in ("/", "/sign-in", "/nowhere"):
        headers = site.client("admin.elm").get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"


def test_what_a_record_holds_never_becomes_part_of_the_page(site: Site) -> None:
    ids = fill(site.hub)
    text = site.client("staff.oak").get(f"/opportunities/{ids['Opportunity']}").text
    assert "<b>school" not in text and "&lt;b&gt;school" in text
    assert "\u202e" not in text and "U+202E" in text


def test_the_csv_cannot_run_in_a_spreadsheet_program(site: Site) -> None:
    from sqlalchemy import update

    from hub.store.opportunities import t

    ids = fill(site.hub)
    with site.hub.writing() as conn:
        conn.execute(update(t).where(t.c.id == ids["Opportunity"]).values(facts={"title": "=1+1"}, title="=1+1"))
    text = site.client("staff.oak").get("/opportunities.csv").text
    assert "'=1+1" in text and "\n=1" not in text


def test_templates_keep_to_the_rules_of_the_house() -> None:
    for template in sorted((TEMPLATES / "templates").glob("*.html")):
        text = template.read_text()
        for forbidden in ("|safe", "style=", "<style", "onclick", "onsubmit", "javascript:", "<script>"):
            assert forbidden not in text, f"{template.name} has {forbidden}"
        for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.S):
            if any(f"url_for('{endpoint}'" in form for endpoint in SIGNED):
                continue
            assert "csrf_token" in form or "parts.token()" in form or "{{ token() }}" in form, template.name
    css = (TEMPLATES / "static" / "hub.css").read_text()
    physical = re.findall(
        r"(?:margin|padding|border|inset)?-?(?:left|right)\s*:|text-align:\s*(?:left|right)|float:", css
    )
    assert physical == []


def test_a_page_that_breaks_says_so_with_a_number_and_without_a_trace(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.board.lists.standings", lambda *a: 1 / 0)
    answer = site.client("admin.elm").get("/")
    assert answer.status_code == 500 and "tell the operator this number" in answer.text
    assert "ZeroDivision" not in answer.text and "Traceback" not in answer.text

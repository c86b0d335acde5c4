"""Sessions and guessing: who ends which, what a new one replaces, and how many may try at once."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.people import accounts
from hub.store import people
from hub.web.visits import browser
from tests.web.conftest import PASSWORD, Site, site

__all__ = ["site"]
ADMIN, STAFF = "admin.elm@hub.test", "staff.elm@hub.test"


def count(site: Site, email: str) -> int:
    with site.hub.reading() as conn:
        found = people.by_email(conn, email)
        assert found is not None
        return len(accounts.of_people(site.hub, conn, [found.id]))


def id_of(site: Site, email: str) -> str:
    with site.hub.reading() as conn:
        found = people.by_email(conn, email)
    assert found is not None
    return found.id


def test_one_sees_where_one_is_signed_in_and_ends_it(site: Site) -> None:
    here = site.client("staff.elm")
    away = site.app.test_client()
    agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    token = re.search(r'name="csrf_token" value="([^"]+)"', away.get("/sign-in").text)
    assert token is not None
    form = {"email": STAFF, "password": PASSWORD, "csrf_token": token[1]}
    assert away.post("/sign-in", data=form, headers=agent).status_code == 303
    page = here.get("/sessions").text
    assert page.count("(this one)") == 1 and "Firefox, Windows" in page and "127.0.0.1" in page
    ids = re.findall(r"/sessions/([0-9a-f-]{36})/end", page)
    assert len(ids) == 2
    assert site.post(site.client("admin.elm"), f"/sessions/{ids[0]}/end").status_code == 404, "not one's own"
    assert site.post(here, "/sessions/end-others").status_code == 303
    assert away.get("/").status_code == 302 and here.get("/").status_code == 200
    [own] = re.findall(r"/sessions/([0-9a-f-]{36})/end", here.get("/sessions").text)
    site.post(here, f"/sessions/{own}/end")
    assert here.get("/").status_code == 302


def test_an_admin_ends_the_sessions_of_its_own_people_only(site: Site) -> None:
    staff = site.client("staff.elm")
    path = f"/people/{id_of(site, STAFF)}/sign-out"
    assert site.post(site.client("admin.oak"), path).status_code == 404 and staff.get("/").status_code == 200
    assert site.post(staff, path).status_code == 403
    assert "End 1 session" in site.client("admin.elm").get("/people").text
    assert site.post(site.client("admin.elm"), path).status_code == 303
    assert staff.get("/").status_code == 302


def test_a_change_of_roles_ends_every_session_and_gives_who_changed_their_own_a_new_one(site: Site) -> None:
    staff, admin = site.client("staff.elm"), site.client("admin.elm")
    site.post(admin, f"/people/{id_of(site, STAFF)}/roles", role=["staff", "officer"])
    assert staff.get("/").status_code == 302
    away = accounts.sign_in(site.hub, ADMIN, PASSWORD, "10.0.0.1")
    before = admin.get_cookie("hub")
    assert site.post(admin, f"/people/{id_of(site, ADMIN)}/roles", role=["admin", "staff"]).status_code == 303
    after = admin.get_cookie("hub")
    assert before is not None and after is not None and before.value != after.value
    assert admin.get("/people").status_code == 200
    assert accounts.who(site.hub, before.value) is None and accounts.who(site.hub, str(away)) is None


def test_a_session_has_the_roles_of_this_moment_whoever_changed_them(site: Site) -> None:
    """Another process, or a person at the database: nothing of what a session began with is kept in it."""
    staff = site.client("staff.elm")
    assert staff.get("/people").status_code == 403
    for given, status in ((["admin"], 200), (["officer"], 403), ([], 403)):
        with site.hub.writing() as conn:
            people.change(conn, id_of(site, STAFF), roles=given)
        assert staff.get("/people").status_code == status, given
    assert site.post(staff, f"/people/{id_of(site, ADMIN)}/roles", role=["officer"]).status_code == 403


def test_a_session_is_over_when_its_member_left_the_commons_and_an_operators_goes_on(site: Site) -> None:
    site.client("admin.oak"), site.client("operator.oak"), site.client("admin.elm")
    config = site.hub.config
    members = {name: member for name, member in config.members.items() if name != "oak"}
    connections = {name: one for name, one in config.connections.items() if one.member != "oak"}
    site.hub.config = replace(config, members=members, connections=connections)
    assert site.client("admin.oak").get("/opportunities").status_code == 302
    assert accounts.sign_in(site.hub, "admin.oak@hub.test", PASSWORD, "10.0.0.1") is None
    assert site.client("operator.oak").get("/connections").status_code == 200
    assert site.client("admin.elm").get("/").status_code == 200
    site.hub.config = config
    assert accounts.sign_in(site.hub, "admin.oak@hub.test", PASSWORD, "10.0.0.1")


def test_who_changes_their_own_roles_wins_no_hour_by_it(site: Site) -> None:
    admin = site.client("admin.elm")
    for hour in range(24):
        site.time.sleep(accounts.WHOLE.total_seconds() / 24 - 1)
        given = ["admin", ("staff", "officer")[hour % 2]]
        assert site.post(admin, f"/people/{id_of(site, ADMIN)}/roles", role=given).location == "/people", hour
    site.time.sleep(60)
    assert admin.get("/people").status_code == 302 and count(site, ADMIN) == 0


def test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in(site: Site) -> None:
    client = site.app.test_client()
    for planted in ("0" * 64, str(accounts.sign_in(site.hub, STAFF, PASSWORD, "10.0.0.1"))):
        client.set_cookie("hub", planted)
        assert site.post(client, "/sign-in", email=ADMIN, password=PASSWORD).status_code == 303
        cookie = client.get_cookie("hub")
        assert cookie is not None and cookie.value != planted and accounts.who(site.hub, planted) is None
        assert cookie.http_only and cookie.same_site == "Lax"


def test_an_old_cookie_opens_nothing_after_signing_out_or_being_deactivated(site: Site) -> None:
    for ends in ("/sign-out", "deactivate"):
        client = site.app.test_client()
        site.post(client, "/sign-in", email=STAFF, password=PASSWORD)
        kept = client.get_cookie("hub")
        assert kept is not None
        if ends == "/sign-out":
            site.post(client, ends)
        else:
            site.post(site.client("admin.elm"), f"/people/{id_of(site, STAFF)}/deactivate")
        thief = site.app.test_client()
        thief.set_cookie("hub", kept.value)
        assert thief.get("/").status_code == 302, ends


def test_a_form_of_one_session_does_not_work_in_another(site: Site) -> None:
    first, second = site.client("admin.elm"), site.client("staff.elm")
    token = re.search(r'name="csrf_token" value="([^"]+)"', first.get("/").text)
    assert token is not None
    assert second.post("/sessions/end-others", data={"csrf_token": token[1]}).status_code == 400
    assert first.post("/sessions/end-others", data={"csrf_token": token[1]}).status_code == 303


def test_sessions_that_are_over_are_not_kept(site: Site) -> None:
    accounts.sign_in(site.hub, STAFF, PASSWORD, "10.0.0.1")
    site.time.sleep(accounts.IDLE.total_seconds() + 1)
    accounts.sign_in(site.hub, ADMIN, PASSWORD, "10.0.0.1")
    with site.hub.reading() as conn:
        assert conn.scalar(text("SELECT count(*) FROM session")) == 1


# --- guessing -------------------------------------------------------------------


def wrong(site: Site, email: str, address: str) -> str:
    try:
        return "in" if accounts.sign_in(site.hub, email, "wrong wrong wrong", address) else "wrong"
    except accounts.TooManyTries:
        return "too many"


def test_many_strangers_neither_guess_on_nor_lock_out_who_comes_from_where_they_always_come(site: Site) -> None:
    assert accounts.sign_in(site.hub, ADMIN, PASSWORD, "192.0.2.7")
    site.time.sleep(timedelta(days=20).total_seconds())
    said = [wrong(site, ADMIN, f"10.0.{n // 200}.{n % 200}") for n in range(accounts.TRIES_OF_STRANGERS + 3)]
    assert said == ["wrong"] * accounts.TRIES_OF_STRANGERS + ["too many"] * 3
    with pytest.raises(accounts.TooManyTries):
        accounts.sign_in(site.hub, ADMIN, PASSWORD, "10.9.9.9")
    assert accounts.sign_in(site.hub, ADMIN, PASSWORD, "192.0.2.7")
    site.time.sleep(accounts.BRAKE.total_seconds() + 1)
    assert accounts.sign_in(site.hub, ADMIN, PASSWORD, "10.9.9.9")


def test_one_address_may_not_try_all_accounts(site: Site) -> None:
    said = [wrong(site, f"somebody{n}@hub.test", "10.0.0.1") for n in range(accounts.TRIES_OF_ADDRESS + 2)]
    assert said == ["wrong"] * accounts.TRIES_OF_ADDRESS + ["too many"] * 2


def test_of_many_guesses_at_the_same_moment_no_more_are_tried_than_one_after_the_other(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, all_at_once = [], threading.Barrier(24, timeout=20)
    right = accounts._right
    monkeypatch.setattr(accounts, "_right", lambda *a: (tried.append(1), right(*a))[1])

    def guess() -> None:
        all_at_once.wait()
        wrong(site, ADMIN, "10.0.0.1")

    threads = [threading.Thread(target=guess) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < len(tried) <= accounts.TRIES


@pytest.mark.parametrize("email", [ADMIN, "nobody@hub.test", "bound@hub.test", "gone@hub.test"])
def test_everybody_whom_a_password_does_not_open_costs_the_same_work(
    site: Site, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    """Known, unknown, without a password, deactivated: one slow hash each, so that time tells nothing."""
    accounts.add_user(site.hub, "elm", "bound@hub.test", "Bound", ["staff"], None)
    gone = accounts.add_user(site.hub, "elm", "gone@hub.test", "Gone", ["staff"], PASSWORD)
    with site.hub.writing() as conn:
        people.change(conn, gone.id, active=False)
    hashed = []
    right = accounts._right
    monkeypatch.setattr(accounts, "_right", lambda *a: (hashed.append(a[0]), right(*a))[1])
    for password in ("wrong wrong wrong", "nobody's password", ""):
        assert accounts.sign_in(site.hub, email, password, "10.0.0.1") is None
    assert len(hashed) == 3 and all(one.startswith("$argon2id$") for one in hashed)


def test_a_browser_is_called_by_its_name_and_system_and_nothing_more() -> None:
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
    assert browser(chrome) == "Chrome, Linux" and browser(chrome + " Edg/140.0") == "Edge, Linux"
    assert browser("<script>alert(1)</script>" * 100) == "" and browser("") == ""

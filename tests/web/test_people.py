"""A member's people: who may invite whom with which roles, and what an invitation is worth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.mail.sending import send_waiting
from hub.mail.settings import MailConfig
from hub.people import accounts
from hub.people.invitations import withdraw
from hub.people.roles import ROLES, check_given, givable
from hub.store import audit, invitations, outbox
from hub.store import people as stored
from hub.store.tables import User
from tests.mailserver import Taken, mail_server
from tests.web.conftest import PASSWORD, Site

VOID = "This invitation is not valid"


@pytest.fixture
def post_office(site: Site) -> Iterator[Taken]:
    with mail_server() as taken:
        site.hub.config = replace(site.hub.config, mail=MailConfig("127.0.0.1", taken.port, "none", "hub@commons.test"))
        yield taken


def user(site: Site, who: str) -> User:
    with site.hub.reading() as conn:
        found = stored.by_email(conn, f"{who}@hub.test")
    assert found is not None
    return found


def do(site: Site, who: str, path: str, **form: object) -> TestResponse:
    return site.post(site.client(who), path, **form)


def said(site: Site, who: str, answer: TestResponse) -> str:
    """The page that a form led to."""
    assert answer.status_code == 303, answer.text
    return site.client(who).get(answer.location).text


def invite(site: Site, who: str, email: str, *roles: str, member: str = "") -> TestResponse:
    return do(
        site, who, "/people/invite", email=email, name="Ada", role=list(roles), **({"member": member} if member else {})
    )


def link(answer: TestResponse) -> str:
    """The path of the link that the page shows."""
    found = re.search(r'value="http://127\.0\.0\.1:8000(/welcome/[0-9a-f]{64})"', answer.text)
    assert answer.status_code == 200 and found is not None, answer.text
    return found[1]


def join(
    site: Site,
    path: str,
    client: FlaskClient | None = None,
    name: str = "Ada",
    password: str = PASSWORD,
    again: str = "",
) -> TestResponse:
    return site.post(client or site.app.test_client(), path, name=name, password=password, again=again or password)


def test_an_admin_invites_somebody_who_joins_with_a_name_and_a_password_of_their_own(site: Site) -> None:
    path = link(invite(site, "admin.elm", " Ada@Elm.test ", "staff", "officer"))
    client = site.app.test_client()
    page = client.get(path).text
    assert "join the people of Elm Fund" in page and "ada@elm.test" in page
    answer = join(site, path, client, name="Ada of Elm")
    assert answer.status_code == 303 and answer.location == "/"
    assert "Ada of Elm" in client.get("/").text, "signed in at once"
    with site.hub.reading() as conn:
        ada = stored.by_email(conn, "ada@elm.test")
    assert ada is not None and (ada.member_id, ada.roles, ada.name) == ("elm", ["staff", "officer"], "Ada of Elm")
    assert accounts.sign_in(site.hub, "ada@elm.test", PASSWORD, "10.0.0.9")
    assert client.get("/people").status_code == 403


def test_looking_at_the_page_uses_nothing_up(site: Site) -> None:
    path = link(invite(site, "admin.elm", "ada@elm.test", "staff"))
    for _ in range(3):
        assert site.app.test_client().get(path).status_code == 200
    assert join(site, path).status_code == 303


def test_only_a_digest_of_the_token_is_kept_and_it_is_shown_once(site: Site) -> None:
    answer = invite(site, "admin.elm", "ada@elm.test", "staff")
    token = link(answer).removeprefix("/welcome/")
    assert token not in site.client("admin.elm").get("/people").text
    with site.hub.engine.connect() as conn:
        kept = [
            str(row)
            for table in ("invitation", "audit", "message")
            for row in conn.exec_driver_sql(f"SELECT * FROM {table}")
        ]
    assert len(kept) == 2 and not any(token in row for row in kept)


def test_every_token_that_opens_nothing_gets_the_same_answer(site: Site) -> None:
    used = link(invite(site, "admin.elm", "used@elm.test", "staff"))
    assert join(site, used).status_code == 303
    over = link(invite(site, "admin.elm", "over@elm.test", "staff"))
    site.time.sleep(timedelta(days=7).total_seconds())
    site.clients.clear()
    replaced = link(invite(site, "admin.elm", "twice@elm.test", "staff"))
    link(invite(site, "admin.elm", "twice@elm.test", "staff"))
    answers = set()
    for path in (used, over, replaced, "/welcome/" + "b" * 64, "/welcome/x", "/welcome/%C3%BC"):
        client = site.app.test_client()
        for answer in (client.get(path), join(site, path, client)):
            assert answer.status_code == 404 and VOID in answer.text, path
            answers.add(answer.text)
    assert len(answers) == 1


def test_a_link_works_until_its_week_is_over_and_not_a_moment_longer(site: Site) -> None:
    path = link(invite(site, "admin.elm", "ada@elm.test", "staff"))
    site.time.sleep(timedelta(days=7).total_seconds() - 1)
    assert site.app.test_client().get(path).status_code == 200
    site.time.sleep(1)
    assert site.app.test_client().get(path).status_code == 404 and join(site, path).status_code == 404


def test_inviting_again_makes_the_old_link_void_and_withdrawing_both(site: Site) -> None:
    first = link(invite(site, "admin.elm", "ada@elm.test", "officer"))
    page = site.client("admin.elm").get("/people").text
    found = re.search(r"/people/invitations/([0-9a-f-]+)/again", page)
    assert found is not None
    second = link(do(site, "admin.elm", f"/people/invitations/{found[1]}/again"))
    assert first != second and site.app.test_client().get(first).status_code == 404
    assert do(site, "admin.elm", f"/people/invitations/{found[1]}/withdraw").status_code == 404, "replaced already"
    now = re.search(r"/people/invitations/([0-9a-f-]+)/withdraw", site.client("admin.elm").get("/people").text)
    assert now is not None
    assert "opens nothing any more" in said(
        site, "admin.elm", do(site, "admin.elm", f"/people/invitations/{now[1]}/withdraw")
    )
    assert join(site, second).status_code == 404


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"password": "too short"}, "at least 10 characters"),
        ({"again": "another one entirely"}, "not the same"),
        ({"name": " \u2028 "}, "Write your name"),
    ],
)
def test_what_is_wrong_with_a_form_is_said_and_the_invitation_stays(
    site: Site, change: dict[str, str], says: str
) -> None:
    path = link(invite(site, "admin.elm", "ada@elm.test", "staff"))
    answer = join(site, path, **change)  # type: ignore[arg-type]
    assert answer.status_code == 422 and says in answer.text
    assert join(site, path).status_code == 303


def test_an_address_signs_in_once_and_only_its_owner_learns_that_it_does_elsewhere(site: Site) -> None:
    again = invite(site, "admin.elm", "officer.elm@hub.test", "staff")
    assert again.status_code == 422 and "can sign in already" in again.text
    path = link(invite(site, "admin.elm", "officer.oak@hub.test", "staff"))
    answer = join(site, path)
    assert answer.status_code == 422 and "officer.oak@hub.test can sign in already" in answer.text
    assert user(site, "officer.oak").member_id == "oak"


# --- whose people, which roles -------------------------------------------------


def test_the_rules_of_who_may_give_what() -> None:
    def one(member: str, *roles: str, active: bool = True) -> User:
        return User(id="u", member_id=member, email="e", name="n", password_hash="", roles=list(roles), active=active)

    assert givable(one("elm", "admin"), "elm") == {"staff", "officer", "admin"}
    assert givable(one("elm", "operator"), "oak") == set(ROLES)
    for user, member in [(one("elm", "admin"), "oak"), (one("elm", "staff", "officer", "convener"), "elm"),
                         (one("elm", "admin", active=False), "elm"), (one("elm", "operator", active=False), "elm")]:  # fmt: skip
        assert givable(user, member) == set(), user


@pytest.mark.parametrize(
    ("roles", "before", "after", "right"),
    [
        (["admin"], ["staff"], ["officer", "admin"], True),
        (["admin"], ["staff", "convener"], ["officer", "convener"], True),
        (["admin"], ["staff"], ["staff", "convener"], False),
        (["admin"], ["staff", "convener"], ["staff"], False),
        (["operator"], ["staff", "operator"], ["convener"], True),
        (["staff", "officer", "convener"], ["staff"], ["officer"], False),
    ],
)
def test_giving_and_taking_are_the_same_authority(
    roles: list[str], before: list[str], after: list[str], right: bool
) -> None:
    giver = User(id="u", member_id="elm", email="e", name="n", password_hash="", roles=roles)
    if right:
        check_given(giver, "elm", before, after)
    else:
        with pytest.raises(ValueError, match="is not yours to give or to take"):
            check_given(giver, "elm", before, after)


def test_an_invitation_that_is_withdrawn_while_somebody_joins_admits_nobody(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = link(invite(site, "admin.elm", "ada@elm.test", "staff"))
    admin, make = user(site, "admin.elm").id, accounts.new_user
    with site.hub.reading() as conn:
        (found,) = invitations.open_ones(conn, "elm")

    def slowly(*given: Any) -> User:
        withdraw(site.hub, admin, found.id)
        return make(*given)

    monkeypatch.setattr(accounts, "new_user", slowly)
    assert join(site, path).status_code == 404
    with site.hub.reading() as conn:
        assert stored.by_email(conn, "ada@elm.test") is None


def test_another_members_people_are_not_there_for_an_admin(site: Site) -> None:
    oak = user(site, "staff.oak").id
    assert site.client("admin.elm").get("/people?member=oak").status_code == 404
    assert site.client("admin.elm").get("/people?member=nobody").status_code == 404
    for path, form in [("/people/invite", {"member": "oak", "email": "a@oak.test", "role": "staff"}),
                       (f"/people/{oak}/roles", {"role": "staff"}), (f"/people/{oak}/deactivate", {}),
                       (f"/people/{oak}/reactivate", {}), ("/people/no-such/roles", {"role": "staff"})]:  # fmt: skip
        assert do(site, "admin.elm", path, **form).status_code == 404, path
    assert user(site, "staff.oak").active
    page = site.client("admin.elm").get("/people").text
    assert "staff.elm@hub.test" in page and "oak" not in page.lower()


@pytest.mark.parametrize("who", ["staff.elm", "officer.elm", "convener.elm"])
def test_without_the_role_nothing_of_it_is_to_be_had(site: Site, who: str) -> None:
    mine = user(site, who).id
    assert site.client(who).get("/people").status_code == 403 and "/people" not in site.client(who).get("/").text
    for path, form in [("/people/invite", {"email": "a@elm.test", "role": "staff"}), (f"/people/{mine}/roles", {"role": "admin"}),
                       (f"/people/{mine}/deactivate", {})]:  # fmt: skip
        assert do(site, who, path, **form).status_code == 403, path
    assert user(site, who).roles == [who.partition(".")[0]]


@pytest.mark.parametrize("role", ["operator", "convener", "emperor"])
def test_an_admin_gives_no_role_that_reaches_beyond_its_member(site: Site, role: str) -> None:
    answer = invite(site, "admin.elm", "ada@elm.test", "staff", role)
    assert answer.status_code == 422 and role in answer.text
    for who in ("staff.elm", "admin.elm"):
        before = user(site, who).roles
        do(site, "admin.elm", f"/people/{user(site, who).id}/roles", role=[*before, role])
        assert user(site, who).roles == before, "not even to themselves"


def test_an_admin_takes_no_role_that_it_could_not_give(site: Site) -> None:
    person = user(site, "everything.elm")
    said(site, "admin.elm", do(site, "admin.elm", f"/people/{person.id}/roles", role=["staff"]))
    assert user(site, "everything.elm").roles == ["staff", "operator", "convener"]
    answer = do(site, "admin.elm", f"/people/{person.id}/deactivate")
    assert "only another operator" in said(site, "admin.elm", answer) and user(site, "everything.elm").active


def test_an_admin_cannot_wake_somebody_to_roles_beyond_its_own(site: Site) -> None:
    person = user(site, "operator.elm")
    said(site, "operator.oak", do(site, "operator.oak", f"/people/{person.id}/deactivate"))
    assert "not yours to give" in said(site, "admin.elm", do(site, "admin.elm", f"/people/{person.id}/reactivate"))
    assert not user(site, "operator.elm").active


def test_somebody_without_any_role_is_not_made(site: Site) -> None:
    assert "at least one role" in invite(site, "admin.elm", "ada@elm.test").text
    answer = do(site, "admin.elm", f"/people/{user(site, 'staff.elm').id}/roles")
    assert "at least one role" in said(site, "admin.elm", answer) and user(site, "staff.elm").roles == ["staff"]


def test_roles_count_at_once_and_in_a_new_session(site: Site) -> None:
    staff = site.client("staff.elm")
    assert staff.get("/people").status_code == 403
    said(
        site, "admin.elm", do(site, "admin.elm", f"/people/{user(site, 'staff.elm').id}/roles", role=["staff", "admin"])
    )
    assert staff.get("/people").status_code == 302, "signed out"
    site.clients.pop("staff.elm")
    assert site.client("staff.elm").get("/people").status_code == 200
    do(site, "admin.elm", f"/people/{user(site, 'staff.elm').id}/roles", role=["officer"])
    site.clients.pop("staff.elm")
    assert site.client("staff.elm").get("/people").status_code == 403


def test_the_last_admin_stays_whatever_it_does_itself(site: Site) -> None:
    me = user(site, "admin.oak").id
    answer = do(site, "admin.oak", f"/people/{me}/roles", role=["staff"])
    assert "the last admin" in said(site, "admin.oak", answer)
    assert "cannot deactivate yourself" in said(site, "admin.oak", do(site, "admin.oak", f"/people/{me}/deactivate"))
    assert user(site, "admin.oak").roles == ["admin"] and user(site, "admin.oak").active
    said(site, "admin.oak", do(site, "admin.oak", f"/people/{user(site, 'staff.oak').id}/roles", role=["admin"]))
    assert do(site, "admin.oak", f"/people/{me}/roles", role=["staff"]).location == "/"
    assert user(site, "admin.oak").roles == ["staff"]


def test_the_hub_keeps_an_operator(site: Site) -> None:
    for who in ("operator.elm", "everything.elm"):
        said(site, "operator.oak", do(site, "operator.oak", f"/people/{user(site, who).id}/roles", role=["staff"]))
    me = user(site, "operator.oak").id
    assert "the last operator" in said(
        site, "operator.oak", do(site, "operator.oak", f"/people/{me}/roles", role=["staff"])
    )
    assert user(site, "operator.oak").roles == ["operator"]


def test_who_is_deactivated_is_signed_out_everywhere_and_stays_out(site: Site) -> None:
    first, second = site.client("officer.elm"), site.app.test_client()
    site.post(second, "/sign-in", email="officer.elm@hub.test", password=PASSWORD)
    other = site.client("staff.elm")
    person = user(site, "officer.elm").id
    assert "signed out everywhere" in said(site, "admin.elm", do(site, "admin.elm", f"/people/{person}/deactivate"))
    for client in (first, second):
        assert client.get("/").status_code == 302
    assert other.get("/").status_code == 200
    assert accounts.sign_in(site.hub, "officer.elm@hub.test", PASSWORD, "10.0.0.9") is None
    said(site, "admin.elm", do(site, "admin.elm", f"/people/{person}/reactivate"))
    assert first.get("/").status_code == 302, "a session of before does not wake up"
    assert accounts.sign_in(site.hub, "officer.elm@hub.test", PASSWORD, "10.0.0.9")


def test_whoever_had_to_go_takes_their_invitations_along(site: Site) -> None:
    gone, lower, stays = (link(invite(site, who, f"{n}@elm.test", *given)) for n, (who, given) in enumerate(
        [("everything.elm", ["staff"]), ("operator.elm", ["convener"]), ("admin.elm", ["staff"])]))  # fmt: skip
    said(site, "operator.oak", do(site, "operator.oak", f"/people/{user(site, 'everything.elm').id}/deactivate"))
    said(
        site, "operator.oak", do(site, "operator.oak", f"/people/{user(site, 'operator.elm').id}/roles", role=["admin"])
    )
    assert join(site, gone).status_code == 404 and join(site, lower).status_code == 404
    assert join(site, stays).status_code == 303


def test_an_operator_invites_a_members_first_admin(site: Site) -> None:
    with site.hub.writing() as conn:
        stored.change(conn, user(site, "admin.oak").id, active=False)
    page = site.client("operator.elm").get("/people").text
    assert "Oak Trust" in page and "Ash House" in page and page.count("No admin yet") == 2
    path = link(invite(site, "operator.elm", "first@oak.test", "admin", member="oak"))
    client = site.app.test_client()
    assert "Oak Trust" in client.get(path).text and join(site, path, client).status_code == 303
    assert client.get("/people").status_code == 200 and client.get("/people?member=elm").status_code == 404
    assert site.client("operator.elm").get("/people").text.count("No admin yet") == 1


# --- mail, traces, limits --------------------------------------------------------


def test_with_a_mail_server_the_link_goes_to_the_person_and_to_nobody_else(site: Site, post_office: Taken) -> None:
    answer = invite(site, "admin.elm", "ada@elm.test", "staff")
    assert "on its way to ada@elm.test" in said(site, "admin.elm", answer) and "/welcome/" not in answer.text
    send_waiting(site.hub)
    assert post_office.recipients == ["ada@elm.test"]
    found = re.search(r"http://127\.0\.0\.1:8000(/welcome/[0-9a-f]{64})\n", post_office.text())
    assert found is not None and "admin of elm invites you to join the people of Elm Fund" in post_office.text()
    with site.hub.reading() as conn:
        assert [row.body for row in conn.execute(outbox.t.select())] == [""]
    assert join(site, found[1]).status_code == 303


def test_a_mail_that_cannot_be_delivered_is_said_beside_its_invitation(site: Site, post_office: Taken) -> None:
    invite(site, "admin.elm", "nobody@elm.test", "staff")
    send_waiting(site.hub)
    page = site.client("admin.elm").get("/people").text
    assert "could not be delivered" in page and "There is no such mailbox" in page


def test_a_members_admins_are_told_what_an_operator_does_among_their_people(site: Site, post_office: Taken) -> None:
    invite(site, "admin.oak", "ada@oak.test", "staff")
    do(site, "operator.elm", f"/people/{user(site, 'staff.oak').id}/roles", role=["staff", "officer"])
    do(site, "operator.elm", f"/people/{user(site, 'staff.oak').id}/deactivate")
    do(site, "operator.oak", f"/people/{user(site, 'operator.oak').id}/roles", role=["staff", "operator"])
    send_waiting(site.hub)
    told = sorted(
        post_office.text(n).partition("\n")[0]
        for n, to in enumerate(post_office.recipients)
        if to == "admin.oak@hub.test"
    )
    assert len(post_office.mails) == 4 and told == [
        "operator of elm of Elm Fund, who runs the hub, deactivated staff.oak@hub.test.",
        "operator of elm of Elm Fund, who runs the hub, made staff.oak@hub.test staff, officer.",
        "operator of oak of Oak Trust, who runs the hub, made operator.oak@hub.test staff, operator.",
    ]


def test_all_of_it_leaves_its_trace_without_a_persons_name(site: Site) -> None:
    path = link(invite(site, "admin.elm", "ada@elm.test", "staff"))
    join(site, path)
    with site.hub.reading() as conn:
        ada = stored.by_email(conn, "ada@elm.test")
    assert ada is not None
    admin = user(site, "admin.elm").id
    do(site, "admin.elm", f"/people/{ada.id}/roles", role=["officer"])
    do(site, "admin.elm", f"/people/{ada.id}/deactivate")
    do(site, "admin.elm", f"/people/{ada.id}/reactivate")
    with site.hub.reading() as conn:
        lines = list(conn.execute(audit.t.select().order_by(audit.t.c.id)))
    assert [(line.actor, line.action, line.values, line.member_id) for line in lines] == [
        (f"user:{admin}", "invited", {"roles": [None, ["staff"]]}, "elm"),
        (f"user:{ada.id}", "joined", {"roles": [None, ["staff"]]}, "elm"),
        (f"user:{admin}", "roles changed", {"roles": [["staff"], ["officer"]]}, "elm"),
        (f"user:{admin}", "deactivated", {"active": [True, False]}, "elm"),
        (f"user:{admin}", "reactivated", {"active": [False, True]}, "elm"),
    ]
    assert not any("ada" in f"{line.note}{line.values}" for line in lines)


def test_the_hub_is_nobodys_means_to_mail_strangers(site: Site) -> None:
    for n in range(50):
        assert invite(site, "admin.elm", f"a{n}@elm.test", "staff").status_code == 200
    assert "Go on tomorrow" in invite(site, "admin.elm", "one@elm.test", "staff").text
    for wrong in ("no address", "a@b.test\nBcc: c@d.test", "a@b.test,c@d.test", ""):
        assert invite(site, "admin.oak", wrong, "staff").status_code == 422, wrong


def test_people_are_shown_with_when_they_were_last_seen(site: Site) -> None:
    page = site.client("admin.elm").get("/people").text
    row = lambda who: page.partition(f"{who}.elm@hub.test")[2].partition("</tr>")[0]  # noqa: E731
    assert "never" in row("officer") and "never" not in row("admin")
    assert "checked" in row("staff") and "may sign in" in row("staff")


def test_an_admin_sees_where_somebody_is_signed_in_and_ends_one_of_them(site: Site) -> None:
    staff, oak = user(site, "staff.elm"), user(site, "staff.oak")
    for browser in ("Firefox", "Chrome"):
        client = site.app.test_client()
        client.environ_base["HTTP_USER_AGENT"] = f"Mozilla/5.0 {browser}/120.0"
        site.post(client, "/sign-in", email="staff.elm@hub.test", password=PASSWORD)
        site.clients[browser] = client
    admin = site.client("admin.elm")
    assert f'href="/people/{staff.id}/sessions"' in admin.get("/people").text
    page = admin.get(f"/people/{staff.id}/sessions").text
    ends = re.findall(rf'action="(/people/{staff.id}/sessions/[^"]+/end)"', page)
    assert len(ends) == 2 and "Sessions of staff of elm" in page
    mine = admin.get("/sessions").text
    own = re.findall(r'action="/sessions/([^"]+)/end"', mine)
    assert site.post(admin, f"/people/{staff.id}/sessions/{own[0]}/end").status_code == 404, (
        "not a session of this person's"
    )
    assert site.post(admin, ends[0]).status_code == 303
    left = [site.clients[browser].get("/").status_code for browser in ("Firefox", "Chrome")]
    assert sorted(left) == [200, 302], "that browser has to sign in again, and no other"
    with site.hub.reading() as conn:
        [line] = [line for line in audit.listed(conn, None, [], limit=10) if line.action == "signed out"]
    assert line.values == {"sessions": [1, 0]} and line.note == f"user {staff.id}"
    assert admin.get(f"/people/{oak.id}/sessions").status_code == 404
    assert site.client("operator.elm").get(f"/people/{oak.id}/sessions").status_code == 200

"""Signing in through an identity provider: who gets in, and everything that must not."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.people import invitations, through_provider
from hub.people.accounts import by_password
from hub.store import admission, audit, people
from hub.store.tables import User
from tests.gate.conftest import Door
from tests.gate.idp import CLIENT, OTHER_KEY, Claims, Idp, by_public_key, by_secret, sign, unsigned
from tests.web.conftest import PASSWORD, Site

Make = Callable[..., Door]


def user(door: Door, email: str) -> User:
    with door.hub.reading() as conn:
        found = people.by_email(conn, email)
    assert found is not None
    return found


def test_somebody_with_an_account_comes_in_and_is_known_by_subject_from_then_on(door: Make, idp: Idp) -> None:
    at = door()
    client = at.client()
    url = at.leave(client, next="/queue")
    assert url.startswith(f"{idp.issuer}/authorize?")
    answer = at.back(client, idp.authorize(url))
    assert (answer.status_code, answer.location) == (303, "/queue")
    assert "admin of elm" in client.get("/").text
    assert idp.asked[0]["authorization"].startswith("Basic ") and idp.asked[0]["code_verifier"]
    idp.person = {"sub": "ada-1", "email": "somebody.else@hub.test", "email_verified": False}
    other = at.client()
    assert at.back(other, idp.authorize(at.leave(other))).status_code == 303, "the address does not matter any more"
    assert "admin of elm" in other.get("/").text


def signed_in(at: Door, idp: Idp) -> FlaskClient:
    client = at.client()
    assert at.back(client, idp.authorize(at.leave(client))).status_code == 303
    return client


def sent_to(answer: TestResponse) -> str:
    found = re.search(r'content="0;url=([^"]+)"', answer.text)
    return html.unescape(found[1]) if found else ""


def test_signing_out_ends_the_session_at_the_provider_where_that_is_wanted(door: Make, idp: Idp) -> None:
    idp.document = {"end_session_endpoint": f"{idp.issuer}/bye?tenant=grove"}
    at = door(ends_there=True)
    client = signed_in(at, idp)
    before = client.get_cookie("hub")
    answer = at.site.post(client, "/sign-out")
    to = urlsplit(sent_to(answer))
    assert f"{to.scheme}://{to.netloc}{to.path}" == f"{idp.issuer}/bye"
    back = at.hub.config.public_url.rstrip("/") + "/sign-in"
    assert parse_qs(to.query) == {"tenant": ["grove"], "client_id": [CLIENT], "post_logout_redirect_uri": [back]}
    assert before is not None and client.get_cookie("hub") is None
    client.set_cookie("hub", before.value)
    assert client.get("/").status_code == 302, "the session here is over, whatever the provider does"


@pytest.mark.parametrize(
    ("wanted", "document"),
    [
        (False, {"end_session_endpoint": "https://idp.test/bye"}),
        (True, {}),
        (True, {"end_session_endpoint": 7}),
        (True, {"end_session_endpoint": "http://idp.test/bye"}),
        (True, {"end_session_endpoint": "javascript:alert(1)"}),
    ],
)
def test_without_a_proper_address_for_it_signing_out_ends_the_session_here_alone(
    door: Make, idp: Idp, wanted: bool, document: Claims
) -> None:
    idp.document = document
    at = door(ends_there=wanted)
    client = signed_in(at, idp)
    answer = at.site.post(client, "/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in") and client.get("/").status_code == 302


def test_who_came_in_by_a_password_is_not_sent_to_the_provider(door: Make, idp: Idp) -> None:
    idp.document = {"end_session_endpoint": f"{idp.issuer}/bye"}
    at = door(local="on", ends_there=True)
    client = at.client()
    at.site.post(client, "/sign-in", email="admin.elm@hub.test", password=PASSWORD)
    assert client.get("/").status_code == 200
    assert at.site.post(client, "/sign-out").location == "/sign-in"


def test_who_came_by_the_provider_has_the_roles_of_now_and_after_a_change_a_session_of_the_provider_still(
    door: Make, idp: Idp
) -> None:
    idp.document = {"end_session_endpoint": f"{idp.issuer}/bye"}
    at = door(ends_there=True)
    admin, id = signed_in(at, idp), user(at, "admin.elm@hub.test").id
    assert at.site.post(admin, f"/people/{id}/roles", role=["admin", "staff"]).location == "/people"
    assert sent_to(at.site.post(admin, "/sign-out")).startswith(f"{idp.issuer}/bye"), "it began at the provider"
    admin = signed_in(at, idp)
    kept = admin.get_cookie("hub")
    idp.person = {"sub": "op-1", "email": "operator.elm@hub.test", "email_verified": True}
    operator = signed_in(at, idp)
    assert at.site.post(operator, f"/people/{id}/roles", role=["officer"]).status_code == 303
    assert kept is not None and admin.get("/people").status_code == 302, "signed out"
    claims: Claims = {"sub": "ada-1", "email": "admin.elm@hub.test", "email_verified": True}
    idp.person = claims | {"roles": ["admin", "operator"], "groups": ["admin"], "member": "oak"}
    again = signed_in(at, idp)
    assert again.get("/people").status_code == 403, "what the provider says of roles counts for nothing here"
    assert again.get("/").status_code == 200 and "of elm" in again.get("/").text


def test_who_comes_by_the_provider_of_a_member_that_left_is_not_let_in(door: Make, idp: Idp) -> None:
    at = door()
    client = signed_in(at, idp)
    config = at.hub.config
    rest = {name: member for name, member in config.members.items() if name != "elm"}
    at.hub.config = replace(config, members=rest, connections={})
    assert client.get("/").status_code == 302
    late = at.client()
    assert at.back(late, idp.authorize(at.leave(late))).status_code == 403


HOSTILE: dict[str, Callable[[Claims], Claims]] = {
    "another nonce": lambda claims: claims | {"nonce": "x" * 64},
    "no nonce": lambda claims: {k: v for k, v in claims.items() if k != "nonce"},
    "another audience": lambda claims: claims | {"aud": "another-client"},
    "another audience, though we are the authorized party": lambda claims: claims | {"aud": "another", "azp": CLIENT},
    "no audience": lambda claims: {k: v for k, v in claims.items() if k != "aud"},
    "several audiences and no authorized party": lambda claims: claims | {"aud": [CLIENT, "another"]},
    "another authorized party": lambda claims: claims | {"aud": [CLIENT, "another"], "azp": "another"},
    "another issuer": lambda claims: claims | {"iss": "https://evil.test"},
    "the issuer with a slash": lambda claims: claims | {"iss": claims["iss"] + "/"},
    "no issuer": lambda claims: {k: v for k, v in claims.items() if k != "iss"},
    "over": lambda claims: claims | {"exp": claims["iat"] - 100},
    "without an end": lambda claims: {k: v for k, v in claims.items() if k != "exp"},
    "of tomorrow": lambda claims: claims | {"iat": claims["iat"] + 86_400, "nbf": claims["iat"] + 86_400},
    "an end in words": lambda claims: claims | {"exp": "tomorrow"},
    "nobody": lambda claims: {k: v for k, v in claims.items() if k != "sub"},
    "a person that is a list": lambda claims: claims | {"sub": ["ada-1"]},
    "of another access token": lambda claims: claims | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}
FORGED: dict[str, Callable[[Claims], str]] = {
    "not signed": unsigned,
    "signed with the client's secret": by_secret,
    "signed with the public key as a secret": by_public_key,
    "by another key under the right name": lambda claims: sign(claims, OTHER_KEY, kid="one"),
    "by a key that nobody knows": lambda claims: sign(claims, OTHER_KEY),
    "by a key that it brings along": lambda claims: sign(claims, OTHER_KEY, jwk=OTHER_KEY.as_dict(private=False)),
    "changed after signing": lambda claims: ".".join(
        [sign(claims).split(".")[0], sign(claims | {"sub": "eve"}).split(".")[1], sign(claims).split(".")[2]]
    ),
    "no token": lambda claims: "x.y.z",
}


@pytest.mark.parametrize("how", [*HOSTILE, *FORGED])
def test_a_token_that_does_not_hold_lets_nobody_in(door: Make, idp: Idp, how: str) -> None:
    if how in HOSTILE:
        idp.spoil = HOSTILE[how]
    else:
        idp.sign = FORGED[how]
    at = door()
    client = at.client()
    answer = at.back(client, idp.authorize(at.leave(client)))
    assert answer.status_code == 401 and "did not let you in" in answer.text, how
    assert client.get("/").status_code == 302
    with at.hub.reading() as conn:
        assert admission.known_as(conn, idp.issuer, "ada-1") is None


def test_what_comes_back_works_once_in_the_browser_that_left_and_for_ten_minutes(door: Make, idp: Idp) -> None:
    at = door()
    client, thief = at.client(), at.client()
    given = idp.authorize(at.leave(client))
    at.leave(thief)
    assert at.back(thief, given).status_code == 401, "a state that another browser left with"
    assert at.back(client, given | {"state": "0" * 64}).status_code == 401
    assert at.back(client, {"code": given["code"]}).status_code == 401
    assert idp.asked == [], "no code was spent on any of it"
    assert at.back(client, given).status_code == 303
    client.set_cookie("hub-way", "0" * 64)
    assert at.back(client, given).status_code == 401 and len(idp.asked) == 1, "a second time"
    late = at.client()
    given = idp.authorize(at.leave(late))
    at.site.time.sleep(through_provider.PATIENCE.total_seconds() + 1)
    assert at.back(late, given).status_code == 401


def test_a_code_that_was_spent_or_is_of_another_sign_in_is_not_taken(door: Make, idp: Idp) -> None:
    at = door()
    first, second = at.client(), at.client()
    one, two = idp.authorize(at.leave(first)), idp.authorize(at.leave(second))
    assert at.back(second, two | {"code": one["code"]}).status_code == 401, "PKCE: the code is of another verifier"
    assert at.back(first, one).status_code == 401, "and is spent"


@pytest.mark.parametrize(("says", "iss"), [(False, "https://evil.test"), (True, "https://evil.test"), (True, None)])
def test_an_answer_of_another_provider_is_not_mixed_up_with_ours(
    door: Make, idp: Idp, says: bool, iss: str | None
) -> None:
    """RFC 9207: where the provider says that it names itself in its answers, one without its name is not its own."""
    idp.document = {"authorization_response_iss_parameter_supported": says}
    at = door()
    client = at.client()
    more = {} if iss is None else {"iss": iss}
    assert at.back(client, idp.authorize(at.leave(client), **more)).status_code == 401 and idp.asked == []
    good = idp.authorize(at.leave(client), iss=idp.issuer)
    assert at.back(client, good).status_code == 303


def test_what_the_provider_refuses_is_refused(door: Make, idp: Idp) -> None:
    at = door()
    client = at.client()
    state = idp.authorize(at.leave(client))["state"]
    answer = at.back(
        client, {"state": state, "error": "access_denied", "error_description": "<script>alert(1)</script>"}
    )
    assert answer.status_code == 401 and "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ({"email": "stranger@hub.test"}, "has no account here"),
        ({"email_verified": False}, "was verified"),
        ({"email_verified": "true"}, "was verified"),
        ({"email": "not an address"}, "does not say what your e-mail address is"),
        ({"email": None}, "does not say what your e-mail address is"),
    ],
)
def test_nobody_is_let_in_for_having_an_address(door: Make, idp: Idp, person: Claims, says: str) -> None:
    idp.person |= person
    at = door()
    client = at.client()
    answer = at.back(client, idp.authorize(at.leave(client)))
    assert answer.status_code == 403 and says in answer.text, answer.text
    with at.hub.reading() as conn:
        assert people.by_email(conn, "stranger@hub.test") is None


def test_an_address_that_moved_to_somebody_else_opens_nothing(door: Make, idp: Idp) -> None:
    at = door()
    client = at.client()
    assert at.back(client, idp.authorize(at.leave(client))).status_code == 303
    idp.person["sub"] = "eve-2"
    thief = at.client()
    answer = at.back(thief, idp.authorize(at.leave(thief)))
    assert answer.status_code == 403 and "somebody else at your provider" in answer.text
    with at.hub.writing() as conn:
        assert admission.unbind(conn, user(at, "admin.elm@hub.test").id) == 1
    assert at.back(thief, idp.authorize(at.leave(thief))).status_code == 303


def test_who_was_deactivated_stays_out(door: Make, idp: Idp) -> None:
    at = door()
    with at.hub.writing() as conn:
        people.change(conn, user(at, "admin.elm@hub.test").id, active=False)
    client = at.client()
    assert at.back(client, idp.authorize(at.leave(client))).status_code == 403
    assert client.get("/").status_code == 302


def test_somebody_invited_joins_without_a_password_and_only_with_that_address(door: Make, idp: Idp, site: Site) -> None:
    at = door(local="off")
    admin = user(at, "admin.elm@hub.test")
    made = invitations.invite(at.hub, admin.id, "elm", "ada@elm.test", "Ada", ["staff"])
    assert made.link is not None
    token = made.link.rpartition("/")[2]
    client = at.client()
    page = client.get(f"/welcome/{token}").text
    assert "Join with Grove Login" in page and 'name="password"' not in page
    answer = site.post(client, f"/welcome/{token}", name="Ada", password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 422 and "takes no passwords" in answer.text
    idp.person = {"sub": "ada-9", "email": "other@elm.test", "email_verified": True}
    assert at.back(client, idp.authorize(at.leave(client, invitation=token))).status_code == 403
    idp.person = {"sub": "ada-9", "email": "Ada@Elm.test", "email_verified": True}
    assert at.back(client, idp.authorize(at.leave(client, invitation=token))).status_code == 303
    ada = user(at, "ada@elm.test")
    assert (ada.member_id, ada.roles, ada.password_hash) == ("elm", ["staff"], "")
    assert client.get(f"/welcome/{token}").status_code == 404, "it is used"
    answer = site.post(at.client(), "/sign-in", email="ada@elm.test", password="")
    assert answer.status_code == 401


def test_who_was_invited_twice_says_which_by_its_link(door: Make, idp: Idp) -> None:
    at = door()
    links = []
    for member in ("elm", "oak"):
        made = invitations.invite(
            at.hub, user(at, f"admin.{member}@hub.test").id, member, "ada@x.test", "Ada", ["staff"]
        )
        links.append(str(made.link).rpartition("/")[2])
    idp.person = {"sub": "ada-9", "email": "ada@x.test", "email_verified": True}
    client = at.client()
    assert at.back(client, idp.authorize(at.leave(client))).status_code == 403
    assert at.back(client, idp.authorize(at.leave(client, invitation=links[1]))).status_code == 303
    assert user(at, "ada@x.test").member_id == "oak"


@pytest.mark.parametrize(
    ("demanded", "said", "let"),
    [
        ({"acr": ("mfa",)}, {"acr": "mfa"}, True), ({"acr": ("mfa",)}, {"acr": "pwd"}, False), ({"acr": ("mfa",)}, {}, False),
        ({"amr": ("otp", "hwk")}, {"amr": ["pwd", "otp"]}, True), ({"amr": ("otp",)}, {"amr": ["pwd"]}, False),
        ({"amr": ("otp",)}, {"amr": "otp"}, False), ({"amr": ("otp",)}, {}, False),
    ],
)  # fmt: skip
def test_a_second_factor_can_be_demanded_of_the_provider(
    door: Make, idp: Idp, demanded: Claims, said: Claims, let: bool
) -> None:
    idp.person |= said
    at = door(**demanded)
    client = at.client()
    url = at.leave(client)
    assert ("acr_values=mfa" in url) is ("acr" in demanded)
    assert at.back(client, idp.authorize(url)).status_code == (303 if let else 401)


def test_the_address_may_stand_in_the_user_info_of_the_same_person_only(door: Make, idp: Idp) -> None:
    idp.person = {"sub": "ada-1"}
    at = door()
    client = at.client()
    idp.user_info = {"sub": "eve", "email": "admin.elm@hub.test", "email_verified": True}
    assert at.back(client, idp.authorize(at.leave(client))).status_code == 401
    idp.user_info = {"sub": "ada-1", "email": "admin.elm@hub.test", "email_verified": True, "iss": "x", "nonce": "x"}
    assert at.back(client, idp.authorize(at.leave(client))).status_code == 303


def test_a_new_key_is_looked_for_and_an_unknown_one_not_over_and_over(door: Make, idp: Idp) -> None:
    at = door()
    client = at.client()
    assert at.back(client, idp.authorize(at.leave(client))).status_code == 303
    idp.sign, idp.keys = (lambda claims: sign(claims, OTHER_KEY)), [OTHER_KEY]
    asked = [seen.path for seen in idp.sandbox.seen].count("/keys")
    for _ in range(3):
        assert at.back(client, idp.authorize(at.leave(client))).status_code == 401
    assert [seen.path for seen in idp.sandbox.seen].count("/keys") == asked
    at.site.time.sleep(61)
    assert at.back(client, idp.authorize(at.leave(client))).status_code == 303


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.test"},
        {"token_endpoint": "https://169.254.169.254/latest/meta-data"},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
        {"token_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=lambda document: next(iter(document)) + " " + str(next(iter(document.values()))),
)
def test_a_provider_that_says_what_it_should_not_lets_nobody_in(door: Make, idp: Idp, document: Claims) -> None:
    idp.document = document
    at = door()
    client = at.client()
    page = at.site.post(client, "/sign-in/provider")
    if page.status_code == 200:
        page = at.back(client, idp.authorize(at.leave(client)))
    assert page.status_code == 503 and "does not answer as it should" in page.text
    assert client.get("/").status_code == 302


# --- passwords beside it -------------------------------------------------------


LOCAL = [
    ("on", "staff", True),
    ("break-glass", "staff", False),
    ("break-glass", "operator", True),
    ("off", "operator", False),
]


@pytest.mark.parametrize(("local", "who", "let"), LOCAL)
def test_passwords_open_the_hub_to_those_that_the_configuration_says(
    door: Make, idp: Idp, local: Any, who: str, let: bool, caplog: pytest.LogCaptureFixture
) -> None:
    at = door(local=local)
    client = at.client()
    answer = at.site.post(client, "/sign-in", email=f"{who}.elm@hub.test", password=PASSWORD)
    assert answer.status_code == (303 if let else 401)
    if not let:
        assert "do not belong together" in answer.text
    with at.hub.reading() as conn:
        lines = [row.action for row in conn.execute(audit.t.select())]
    assert ("signed in by break-glass" in lines) is (local == "break-glass" and let)
    assert by_password(at.hub, [who]) is let
    page = at.client().get("/sign-in").text
    assert ('name="password"' in page) is (local == "on")
    assert ('name="password"' in at.client().get("/sign-in?password=1").text) is (local != "off")

"""A provider that others wrote (oidc-provider-mock, on Authlib's server side), over real sockets, as a browser goes through it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from oidc_provider_mock import User, run_server_in_thread
from werkzeug.test import TestResponse

from connectors.clock import SystemTime
from connectors.contract import Secret
from hub.people.settings import ProviderConfig
from tests.gate.conftest import Door
from tests.web.conftest import Site


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    people = [
        User(sub="ada", claims={"email": "admin.elm@hub.test", "email_verified": True}),
        User(sub="eve", claims={"email": "admin.elm@hub.test", "email_verified": False}),
    ]
    with run_server_in_thread(user_claims=people, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


def at_mock(site: Site, issuer: str, **more: bool) -> Door:
    provider = ProviderConfig(
        issuer, "commons-hub", Secret("any"), "Mock", hosts=(issuer.partition("//")[2],), allow_private=True, **more
    )
    site.hub.time = SystemTime()  # the provider has no other
    return Door(site, provider, "off", None)


def arrive(at: Door, client: FlaskClient, who: str) -> TestResponse:
    answer = requests.post(at.leave(client), data={"sub": who}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/sign-in/back"
    return at.back(client, dict(parse_qsl(back.query)))


@pytest.mark.parametrize(("who", "status"), [("ada", 303), ("eve", 403)])
def test_a_person_signs_in_at_a_provider_that_others_wrote(site: Site, issuer: str, who: str, status: int) -> None:
    at = at_mock(site, issuer)
    client = at.client()
    assert arrive(at, client, who).status_code == status
    assert ("admin of elm" in client.get("/").text) is (status == 303)


def test_signing_out_goes_through_the_provider_and_back(site: Site, issuer: str) -> None:
    at = at_mock(site, issuer, ends_there=True)
    client = at.client()
    arrive(at, client, "ada")
    to = re.search(r'content="0;url=([^"]+)"', at.site.post(client, "/sign-out").text)
    assert to is not None
    form = requests.get(html.unescape(to[1]), timeout=10)
    fields = {
        name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form.text)
    }
    assert form.status_code == 200 and fields["redirect_uri"] == f"{at.hub.config.public_url.rstrip('/')}/sign-in", (
        form.text
    )
    confirmed = requests.post(f"{issuer}/oauth2/end_session/confirm", data=fields, allow_redirects=False, timeout=10)
    assert confirmed.headers["Location"] == fields["redirect_uri"]
    assert client.get(urlsplit(confirmed.headers["Location"]).path).status_code == 200

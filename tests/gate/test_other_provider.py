"""A provider that others wrote (oidc-provider-mock, on Authlib's server side), over real sockets, as a browser goes through it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from oidc_provider_mock import User, run_server_in_thread

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


@pytest.mark.parametrize(("who", "status"), [("ada", 303), ("eve", 403)])
def test_a_person_signs_in_at_a_provider_that_others_wrote(site: Site, issuer: str, who: str, status: int) -> None:
    provider = ProviderConfig(
        issuer, "commons-hub", Secret("any"), "Mock", hosts=(issuer.partition("//")[2],), allow_private=True
    )
    site.hub.time = SystemTime()  # the provider has no other
    at = Door(site, provider, "off", None)
    client = at.client()
    answer = requests.post(at.leave(client), data={"sub": who}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["Location"])
    assert back.path == "/sign-in/back"
    assert at.back(client, dict(parse_qsl(back.query))).status_code == status
    assert ("admin of elm" in client.get("/").text) is (status == 303)

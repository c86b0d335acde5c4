"""A hub whose people sign in through a provider."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.contract import Secret
from connectors.transport import Transport
from hub.app import Hub
from hub.people.settings import Local, ProviderConfig, SignInConfig
from hub.web.app import create_app
from tests.gate.idp import CLIENT, KEY, SECRET, Idp, sign
from tests.web.conftest import Site, site

__all__ = ["site"]


class Door:
    """A hub's way in through a provider, as a browser goes it."""

    def __init__(self, site: Site, provider: ProviderConfig, local: Local, ca_file: str | None) -> None:
        site.hub.config = replace(site.hub.config, sign_in=SignInConfig(provider, local, True))
        site.hub._transport = partial(Transport, ca_file=ca_file)
        site.app = create_app(site.hub)
        self.site = site

    @property
    def hub(self) -> Hub:
        return self.site.hub

    def client(self) -> FlaskClient:
        return self.site.app.test_client()

    def leave(self, client: FlaskClient, **form: Any) -> str:
        """Where the hub sends the browser."""
        page = self.site.post(client, "/sign-in/provider", **form)
        found = re.search(r'content="0;url=([^"]+)"', page.text)
        assert page.status_code == 200 and found is not None, page.text
        return html.unescape(found[1])

    def back(self, client: FlaskClient, given: dict[str, str]) -> TestResponse:
        return client.get("/sign-in/back", query_string=given)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    with Idp(tmp_path_factory.mktemp("idp"), lambda: 0.0) as idp:
        yield idp


@pytest.fixture
def idp(keys: Idp, site: Site) -> Idp:
    keys.person = {"sub": "ada-1", "email": "admin.elm@hub.test", "email_verified": True}
    keys.spoil = lambda claims: claims
    keys.sign, keys.document, keys.keys, keys.user_info = sign, {}, [KEY], None
    keys.asked, keys.codes = [], {}
    keys.now = lambda: site.time.now().timestamp()
    return keys


@pytest.fixture
def door(site: Site, idp: Idp) -> Callable[..., Door]:
    def make(local: Local = "break-glass", **more: Any) -> Door:
        usual = ProviderConfig(
            idp.issuer,
            CLIENT,
            Secret(SECRET),
            "Grove Login",
            hosts=(idp.issuer.partition("//")[2],),
            allow_private=True,
        )
        return Door(site, replace(usual, **more), local, idp.ca_file)

    return make

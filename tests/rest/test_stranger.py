"""A declaration from a stranger runs no code, reads no file, holds no secret and reaches no other host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request

from connectors.clock import ManualTime
from connectors.contract import Connector, ConnectorError, Draft, Invalid, Secret, Settings, Unavailable, Wanted
from connectors.rest import connector as rest
from connectors.rest import fill
from connectors.rest.declaration import DeclarationError, read
from connectors.sandbox import Sandbox
from connectors.transport import Transport
from hub.config import ConfigError
from hub.config_files import load
from tests.rest import shapes

WANTED = Wanted("records", ("title", "commons_id"), "commons_id")
MINIMAL = 'title = "T"\nauth = { kind = "bearer" }\n'

ELSEWHERE = [
    "//evil.example/x", "https://evil.example/x", "/a//evil.example", "/../x", "/a/../../x", "/./x", "/%2e%2e/x", "/%2E./x",
    "@evil.example/x", "/\\evil.example", "\\\\evil.example\\x", "/x?next=1", "/x#y", "/x y", "/x\ny", "/x\0", "", "x",
    "file:///etc/passwd", "javascript:x",
]  # fmt: skip


@pytest.mark.parametrize("path", ELSEWHERE)
def test_a_path_that_could_lead_elsewhere_is_refused(path: str) -> None:
    text = f"{MINIMAL}list = {{ path = {fill.json.dumps(path)} }}\n"
    with pytest.raises(DeclarationError):
        read(text.encode(), "x.toml")
    with pytest.raises(DeclarationError):
        read(f'{MINIMAL}base = {fill.json.dumps(path)}\nlist = {{ path = "/x" }}\n'.encode(), "x.toml")


@pytest.mark.parametrize(
    "text",
    [
        "{id.__class__}",
        "{id!r}",
        "{id:>9999999999}",
        "{0}",
        "{}",
        "{{id}}",
        "{% x %}",
        "${id}{",
        "{id[0]}",
        "{self}",
        "{token}",
    ],
)
def test_a_place_is_a_name_from_the_list_and_nothing_that_computes(text: str) -> None:
    body = f'{MINIMAL}list = {{ path = "/x" }}\nget = {{ path = "/x/{{id}}", params = {{ a = {fill.json.dumps(text)} }} }}\n'
    with pytest.raises(DeclarationError):
        read(body.encode(), "x.toml")


def test_what_is_put_into_a_place_is_not_looked_at_again() -> None:
    assert fill.plain("{id}", {"id": "{key}", "key": "x"}) == "{key}"
    assert fill.path("/a/{id}", {"id": "../b?c#d//e@f"}) == "/a/..%2Fb%3Fc%23d%2F%2Fe%40f"
    for id in ("", ".", ".."):
        with pytest.raises(Invalid):
            fill.path("/a/{id}", {"id": id})


@pytest.mark.parametrize("name", ["token", "password", "client_secret", "secret", "url", "include", "command"])
def test_a_declaration_has_no_place_for_secrets_addresses_files_or_commands(name: str) -> None:
    for text in (
        f'{name} = "env:PATH"\n{MINIMAL}list = {{ path = "/x" }}',
        f'title = "T"\nauth = {{ kind = "bearer", {name} = "file:/etc/passwd" }}\nlist = {{ path = "/x" }}',
    ):
        with pytest.raises(DeclarationError, match="no such key"):
            read(text.encode(), "x.toml")


HEADERS = [
    "Host", "authorization", "Cookie", "Content-Length", "Transfer-Encoding", "X-HTTP-Method-Override", "If-Match", "a b",
    "x\r\ny", "X-Forwarded-Host",
]  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_a_declaration_sets_no_header_that_says_where_to_or_as_whom(name: str) -> None:
    quoted = fill.json.dumps(name)
    for text in (
        f'{MINIMAL}list = {{ path = "/x" }}\n[headers]\n{quoted} = "x"',
        f'{MINIMAL}list = {{ path = "/x", headers = {{ {quoted} = "x" }} }}',
    ):
        with pytest.raises(DeclarationError):
            read(text.encode(), "x.toml")


class Hostile:
    """A system whose answers lead away; ``caught`` is another host, and what reached it."""

    def __init__(self) -> None:
        self.caught: list[dict[str, str]] = []
        self.next = ""
        self.redirect = ""
        self.system = Sandbox("system", self._system())
        self.other = Sandbox("other", self._other())

    def _system(self) -> Flask:
        app = Flask("system")

        @app.route("/<path:path>", methods=["GET", "POST", "PATCH"])
        def any(path: str) -> Any:
            if self.redirect:
                return "", 307, {"Location": self.redirect}
            row = {"id": "1", "title": "x", "commons_id": None, "version": 1, "changed": "2026-01-01T00:00:00Z"}
            return (
                jsonify(records=[row, row | {"id": "2"}], total=9, next=self.next),
                200,
                {"Link": f'<{self.next}>; rel="next"'},
            )

        return app

    def _other(self) -> Flask:
        app = Flask("other")

        @app.route("/", defaults={"path": ""}, methods=["GET", "POST", "PATCH"])
        @app.route("/<path:path>", methods=["GET", "POST", "PATCH"])
        def any(path: str) -> Any:
            self.caught.append(dict(request.headers))
            return jsonify(records=[])

        return app


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    found = Hostile()
    with found.system, found.other:
        yield found


def opened(hostile: Hostile, folder: Path, paging: str, **more: Any) -> Connector:
    old = 'kind = "cursor", next = "next", param = "cursor"'
    text = shapes.FOLLOWED.replace(old, paging)
    assert paging in text
    options = {"declaration": shapes.written(folder, text), "url": hostile.system.url, "token": Secret("secret"), "values": {"style": "x"}}  # fmt: skip
    settings = Settings("mine", options | more)
    return rest.open(settings, WANTED, Transport(hosts=rest.hosts(settings), time=ManualTime(), allow_http=True))


LINKS = [
    "{other}/x", "//{host}/x", "http://{host}\\@127.0.0.1/x", "http://user:pw@{system}/x", "http://{system}@{host}/x",
    "file:///etc/passwd", "http://[::1", "HTTP://{host}/",
]  # fmt: skip


@pytest.mark.parametrize("paging", ['kind = "link", next = "next"', 'kind = "link", header = "Link"'])
@pytest.mark.parametrize("shape", LINKS)
def test_a_next_page_on_another_host_is_not_called(hostile: Hostile, tmp_path: Path, paging: str, shape: str) -> None:
    host, system = (url.removeprefix("http://") for url in (hostile.other.url, hostile.system.url))
    hostile.next = shape.format(other=hostile.other.url, host=host, system=system)
    with pytest.raises(Unavailable):
        list(opened(hostile, tmp_path, paging).changes(None))
    assert hostile.caught == []


def test_a_next_page_where_tokens_are_given_out_is_not_called_either(hostile: Hostile, tmp_path: Path) -> None:
    """That host may be called, for a token, and is not the one that the credentials of a list are for."""
    hostile.next = f"{hostile.other.url}/x"
    with pytest.raises(Unavailable, match="on another host"):
        list(
            opened(hostile, tmp_path, 'kind = "link", next = "next"', token_url=f"{hostile.other.url}/t").changes(None)
        )
    assert hostile.caught == []


def test_a_redirect_to_another_host_is_not_followed_by_any_call(hostile: Hostile, tmp_path: Path) -> None:
    connector = opened(hostile, tmp_path, 'kind = "cursor", next = "next", param = "cursor"')
    hostile.redirect = f"{hostile.other.url}/x"
    for call in (lambda: list(connector.changes(None)), lambda: connector.get(["1"]), lambda: connector.find("k"), connector.describe):  # fmt: skip
        with pytest.raises(ConnectorError):
            call()
    (made,) = connector.create([Draft("k", {"title": "x", "commons_id": "k"})])
    assert made.error is not None and all(not step.ok for step in connector.check())
    assert hostile.caught == []


def test_the_cursor_of_an_answer_is_a_parameter_and_never_an_address(hostile: Hostile, tmp_path: Path) -> None:
    hostile.next = f"{hostile.other.url}/x"
    with pytest.raises(Unavailable, match="circle"):
        list(opened(hostile, tmp_path, 'kind = "cursor", next = "next", param = "cursor"').changes(None))
    assert hostile.caught == [] and "cursor=http" in hostile.system.calls("GET")[1].query


def test_the_hosts_of_a_connection_are_its_own_options(tmp_path: Path) -> None:
    options = {"declaration": "x", "url": "https://a.example/api", "token_url": "https://b.example/token", "page": "https://c.example/{id}"}  # fmt: skip
    assert rest.hosts(Settings("mine", options)) == ("a.example:443", "b.example:443")


def test_a_value_of_the_connection_cannot_split_a_header_or_climb_out_of_its_path(
    hostile: Hostile, tmp_path: Path
) -> None:
    text = shapes.COMPARED + '[headers]\nX-Style = "{style}"\n'
    for value in ("a\r\nHost: b", "..", "é"):
        options = {"declaration": shapes.written(tmp_path, text), "url": hostile.system.url, "token": Secret("s"), "values": {"style": value}}  # fmt: skip
        settings = Settings("mine", options)
        with pytest.raises(Invalid):
            rest.open(settings, WANTED, Transport(hosts=rest.hosts(settings), time=ManualTime(), allow_http=True))


def test_a_secret_in_the_configuration_is_refused_unless_it_is_a_reference(tmp_path: Path) -> None:
    config = """[members.a]
name = "A"
[connections.c]
member = "a"
system = "rest"
mapping = "x"
[connections.c.options]
declaration = "d.toml"
url = "https://a.example"
token = "plain"
"""
    (tmp_path / "config.toml").write_text(config)
    with pytest.raises(ConfigError, match=r"config\.toml:10: .*must not stand in this file"):
        load(tmp_path / "config.toml", {})

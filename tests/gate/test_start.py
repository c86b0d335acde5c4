"""A hub that is not fit to be reached from elsewhere does not start; what a member's own file may reach."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.app import Hub, open_hub
from hub.cli import main
from hub.config import Config, ConfigError
from hub.config_files import load
from hub.exposed import unfit
from hub.web.app import create_app

GOOD = """
[web]
public_url = "https://hub.example.org"
secret = "env:HUB_SECRET"
[sign_in]
issuer = "https://login.example.org/"
client_id = "hub"
[members.elm]
name = "Elm"
[members.elm-park]
name = "Elm Park"
"""
SECRET = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ENV = {"HUB_SECRET": SECRET}


def config(folder: Path, text: str = GOOD, environ: dict[str, str] = ENV, **files: str) -> Config:
    (folder / "config.toml").write_text(text)
    (folder / "members").mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / "members" / f"{name.replace('_', '-')}.toml").write_text(content)
    return load(folder / "config.toml", environ)


def problems(folder: Path, text: str = GOOD, environ: dict[str, str] = ENV, **files: str) -> str:
    with pytest.raises(ConfigError) as found:
        config(folder, text, environ, **files)
    return "\n".join(found.value.problems)


UNFIT: list[tuple[str, str, dict[str, str], str]] = [
    ("https://hub", "http://hub", ENV, "https://"),
    ('public_url = "https://hub.example.org"', 'host = "0.0.0.0"', ENV, "unprotected"),
    ('secret = "env:HUB_SECRET"\n', "", ENV, "openssl rand"),
    ("", "", {"HUB_SECRET": "change-me-change-me-change-me-change-me"}, "can be guessed"),
    ("", "", {"HUB_SECRET": "short"}, "can be guessed"),
    ("", "", {"HUB_SECRET": "0" * 64}, "can be guessed"),
    ('issuer = "https://login.example.org/"\nclient_id = "hub"\n', "", ENV, 'local = "on"'),
]


@pytest.mark.parametrize(("old", "new", "environ", "says"), UNFIT)
def test_a_hub_that_is_not_fit_to_be_reached_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, environ: dict[str, str], says: str
) -> None:
    assert unfit(config(tmp_path)) == []
    monkeypatch.setenv("HUB_SECRET", environ["HUB_SECRET"])
    config(tmp_path, GOOD.replace(old, new) if old else GOOD, environ)
    done = CliRunner().invoke(main, ["serve", "--port", "0", "--config", str(tmp_path / "config.toml")])
    assert done.exit_code == 2 and says in done.output and "does not start" in done.output, done.output
    assert not (tmp_path / "hub.db").exists() and SECRET not in done.output


def test_on_its_own_machine_nothing_is_asked_for_and_passwords_alone_are_fine_when_they_are_meant(
    tmp_path: Path,
) -> None:
    assert unfit(config(tmp_path, '[members.elm]\nname = "Elm"\n')) == []
    meant = GOOD.replace('issuer = "https://login.example.org/"\nclient_id = "hub"', 'local = "on"')
    assert unfit(config(tmp_path, meant)) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("https://login", "http://login", "begins with https"),
        ("https://login.example.org/", "http://localhost:9", "allow_private = true"),
        ('client_id = "hub"', "", "client_id"),
        ('client_id = "hub"', 'client_id = "hub"\nclient_secret = "inline"', "must not stand in this file"),
        ('issuer = "https://login.example.org/"\nclient_id = "hub"', 'local = "off"', "Nobody could sign in"),
        ('client_id = "hub"', 'client_id = "hub"\nlocal = "no"', "one of on, break-glass, off"),
        ('client_id = "hub"', 'client_id = "hub"\nisuer = "x"', 'Closest: "issuer"'),
    ],
)
def test_a_provider_that_is_set_up_wrong_is_said_to_be(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD and says in problems(tmp_path, GOOD.replace(old, new))


# --- what a member's own file may reach ------------------------------------------

OWN = """
[connections.{name}]
member = "elm"
system = "airtable"
mapping = "airtable"
{more}
[connections.{name}.options]
base = "appElm00000000001"
token = "{token}"
url = "{url}"
"""


def own(
    token: str = "env:HUB_ELM_TOKEN", url: str = "https://api.airtable.com", more: str = "", name: str = "elm-at"
) -> str:
    return OWN.format(token=token, url=url, more=more, name=name)


ENVIRON = ENV | {"HUB_ELM_TOKEN": "a", "HUB_ELM_PARK_TOKEN": "canary", "HUB_OAK_TOKEN": "canary", "PATH": "canary"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (own("env:HUB_ELM_PARK_TOKEN"), "another member"),
        (own("env:HUB_OAK_TOKEN"), "HUB_ELM_ only"),
        (own("env:HUB_SECRET"), "HUB_ELM_ only"),
        (own("env:PATH"), "HUB_ELM_ only"),
        (own("file:../secret"), "below members/elm/"),
        (own("file:/etc/passwd"), "below members/elm/"),
        (own("file:elm/../../secret"), "below members/elm/"),
        (own("file:elm-park/secret"), "below members/elm/"),
        (own("file:elm/link"), "below members/elm/"),
        (own(more="allow_http = true"), "for the operator"),
        (own(more="allow_private = true"), "for the operator"),
        (own(more='speaks_for = "elm-park"'), "speaks for elm only"),
        (own(more='mapping = "elm-park/own.toml"').replace('mapping = "airtable"\n', ""), "below members/elm/"),
        ('[members.elm]\nlawful_basis = "because"\n', "for the operator"),
        ('[members.elm]\nhosts = ["10.0.0.1"]\n', "for the operator"),
        ('[sign_in]\nissuer = "https://evil.test"\nclient_id = "x"\n', "no part of this file"),
        ('[connections.elm-s]\nmember = "elm"\nsystem = "spreadsheet"\nmapping = "spreadsheet-generic"\n[connections.elm-s.options]\npath = "../../oak"\n',
         "below members/elm/"),
        (own(name="shared"), "another file"),
    ],
)  # fmt: skip
def test_a_members_own_file_names_nothing_of_others(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "secret").write_text("canary")
    for folder in ("elm", "elm-park"):
        (tmp_path / "members" / folder).mkdir(parents=True)
    (tmp_path / "members" / "elm-park" / "secret").write_text("canary")
    (tmp_path / "members" / "elm-park" / "own.toml").write_text("canary")
    os.symlink(tmp_path / "secret", tmp_path / "members" / "elm" / "link")
    main_file = GOOD + own(name="shared").replace('member = "elm"', 'member = "elm-park"')
    said = problems(tmp_path, main_file, ENVIRON, elm=text)
    assert says in said and "canary" not in said, said


def test_a_members_own_file_may_name_its_own(tmp_path: Path) -> None:
    (tmp_path / "members" / "elm").mkdir(parents=True)
    (tmp_path / "members" / "elm" / "token").write_text("mine\n")
    found = config(tmp_path, environ=ENVIRON, elm=own("file:elm/token")).connections["elm-at"]
    assert found.options["token"].reveal() == "mine" and not found.allow_private


@pytest.mark.parametrize(
    ("hosts", "url", "says"),
    [
        (["api.airtable.com"], "https://api.airtable.com", ""),
        (["*.airtable.com"], "https://api.airtable.com", ""),
        (["*.airtable.com"], "https://airtable.com.evil.test", "may not reach airtable.com.evil.test:443"),
        (["*.airtable.com"], "https://evilairtable.com", "may not reach"),
        (["api.airtable.com"], "https://api.airtable.com:8443", "may not reach"),
        ([], "https://api.airtable.com", "may not reach"),
    ],
)
def test_the_operator_says_which_hosts_a_members_own_file_may_reach(
    tmp_path: Path, hosts: list[str], url: str, says: str
) -> None:
    text = GOOD.replace('name = "Elm"\n', f'name = "Elm"\nhosts = {hosts}\n'.replace("'", '"'))
    if says:
        assert says in problems(tmp_path, text, ENVIRON, elm=own(url=url))
    else:
        assert config(tmp_path, text, ENVIRON, elm=own(url=url)).connections["elm-at"]


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights otherwise.")
def test_a_secret_that_everyone_may_read_is_refused_with_the_fix(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("canary")
    text = GOOD.replace("env:HUB_SECRET", "file:key")
    for mode in (0o644, 0o604, 0o602, 0o601):
        secret.chmod(mode)
        said = problems(tmp_path, text)
        assert f"chmod 600 {secret}" in said and "canary" not in said
    for mode in (0o600, 0o640, 0o400):
        secret.chmod(mode)
        assert config(tmp_path, text).secret is not None
    secret.write_bytes(b"\xff\xfe")
    assert "no text in UTF-8" in problems(tmp_path, text)


# --- this machine and inner networks, over real sockets ---------------------------


def hub_for(folder: Path, text: str, **files: str) -> Hub:
    return open_hub(config(folder, text, ENVIRON, **files))


@pytest.mark.parametrize(
    ("where", "reached"),
    [
        ("operator", False), ("operator allow_private", True), ("operator allow_http", True),
        ("member", False), ("member hosts", True), ("member star", False),
    ],
)  # fmt: skip
def test_this_machine_is_called_only_where_the_operator_says_so(tmp_path: Path, where: str, reached: bool) -> None:
    """A listening socket on loopback stands for every service that trusts its own machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        who, _, how = where.partition(" ")
        names = {"hosts": [host], "star": ["*.0.1"]}.get(how)
        text = GOOD.replace(
            'name = "Elm"\n', f'name = "Elm"\nhosts = {names}\n'.replace("'", '"') if names else 'name = "Elm"\n'
        )
        table = own(url=f"http://{host}", more=f"{how} = true" if how.startswith("allow") else "")
        if how == "star":
            assert "may not reach" in problems(tmp_path, text, ENVIRON, elm=table)
            return
        hub = hub_for(
            tmp_path, text + (table if who == "operator" else ""), **({"elm": table} if who == "member" else {})
        )
        connector = hub.connect("elm-at", patience=0.3)
        said = str([(check.ok, check.detail, check.fix) for check in connector.check()])
        try:
            listening.accept()[0].close()
            called = True
        except TimeoutError:
            called = False
        assert called is reached and ("not a public address" in said) is (not reached), said
        hub.engine.dispose()


ONLY = {"connectors/wire.py", "connectors/addresses.py", "hub/mail/sending.py", "hub/doctor/outside.py"}
"""Where sockets are opened: the one way out and the addresses behind it, and the way to the mail server, which the operator names
and the doctor tries."""


def test_nothing_else_opens_a_socket() -> None:
    root = Path(__file__).parents[2]
    opens = re.compile(
        r"^\s*(?:import|from) (?:requests(?!\.utils)|urllib3|urllib\.request|http\.client|httpx|aiohttp|socket|ssl|smtplib|ftplib)\b",
        re.M,
    )
    kinds: Callable[[Path], Any] = lambda path: path.relative_to(root).as_posix()  # noqa: E731
    found = {
        kinds(path) for room in ("hub", "connectors", "mappings", "schemas") for path in (root / room).rglob("*.py")
        if opens.search(path.read_text()) and "sandbox" not in path.name
    }  # fmt: skip
    names_only = {"hub/sync/run.py"}  # it asks what this machine is called
    stand_ins = {name for name in found if name.startswith(("hub/conformance/", "hub/demo/"))}
    assert found - names_only - stand_ins == ONLY


def test_the_pages_do_not_follow_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_SECRET_KEY", "canary")
    hub = hub_for(tmp_path, GOOD)
    assert create_app(hub).config["SECRET_KEY"] == SECRET
    hub.engine.dispose()

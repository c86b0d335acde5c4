"""``hub doctor`` finds what is wrong, says what to do, shows no secret and changes nothing."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.airtable.sandbox import serve as serve_airtable
from connectors.clock import SystemTime
from hub.cli import main
from hub.demo import seeds
from hub.demo.samples import SAFFRON
from hub.doctor import Found, examine
from hub.store import migrate
from tests.mailserver import mail_server

CONFIG = """
[hub]
database = "sqlite:///hub.db"
[web]
public_url = "https://hub.test"
secret = "env:HUB_SECRET"
[members.elm]
name = "Elm Fund"
[connections.elm-airtable]
member = "elm"
system = "airtable"
mapping = "airtable"
first_sync = "go"
allow_http = true
[connections.elm-airtable.options]
url = "{url}"
base = "appSaffronTide001"
token = "file:secret"
"""
NEWEST = max(path.name[:4] for path in (Path(migrate.__file__).parent / "migrations" / "versions").glob("0*.py"))
ENVIRON = {"HUB_SECRET": "zz-web-secret", "HUB_MAIL": "zz-mail-password"}


@pytest.fixture(scope="module")
def url() -> Any:
    sandbox = serve_airtable(seeds.airtable("appSaffronTide001", SAFFRON), calls=None)
    yield sandbox.api
    sandbox.stop()


@pytest.fixture
def config(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(url=url))
    (tmp_path / "secret").write_text(seeds.SECRET)
    for file in (path, tmp_path / "secret"):
        os.chmod(file, 0o600)
    return path


def run(config: Path, *words: str) -> Any:
    return CliRunner().invoke(main, ["doctor", "--config", str(config), *words])


def found(config: Path, **more: Any) -> dict[str, Found]:
    return {f"{one.part}/{one.looked}": one for one in examine(config, **more)}


def wrong(config: Path, **more: Any) -> list[str]:
    return [name for name, one in found(config, **more).items() if one.state == "fail"]


def synced(config: Path) -> None:
    assert CliRunner().invoke(main, ["sync", "--config", str(config)]).exit_code == 0
    os.chmod(config.parent / "hub.db", 0o600)


def test_of_a_hub_that_works_only_the_clock_is_missing_and_nothing_is_changed(config: Path) -> None:
    synced(config)
    before = stored(config)
    done = run(config)
    assert done.exit_code == 1 and done.output.count("FAIL") == 1 and "FAIL last tick" in done.output, done.output
    assert "2 worth" not in done.output and "zz-web-secret" not in done.output and seeds.SECRET not in done.output
    for said in (
        "env:HUB_SECRET, file:secret are set",
        f"revision: {NEWEST}",
        "integrity: whole",
        "this clock: as 127.0.0.1",
        "elm-airtable: ",
    ):
        assert said in done.output, said
    assert stored(config) == before
    beat(config, SystemTime())
    assert run(config).exit_code == 0


def stored(config: Path) -> list[str]:
    """What the database holds, wherever SQLite keeps it just now."""
    with closing(sqlite3.connect(config.parent / "hub.db")) as store:
        return list(store.iterdump())


def beat(config: Path, time: SystemTime) -> None:
    with sqlite3.connect(config.parent / "hub.db") as store:
        now = f"{time.now():%Y-%m-%d %H:%M:%S.%f}"
        store.execute("INSERT INTO process VALUES ('p', 'serve', 'd', ?, ?)", (now, now))


def test_each_line_that_is_not_ok_has_a_fix(config: Path) -> None:
    for one in found(config, offline=True).values():
        assert one.state == "ok" or one.fix, one


def test_a_database_that_is_not_there_yet_is_not_made(config: Path) -> None:
    assert found(config, offline=True)["database/revision"].detail == "It is empty."


@pytest.mark.parametrize(
    ("file", "mode", "name"),
    [("secret", 0o640, "secrets/file:secret"), ("config.toml", 0o666, "files/config.toml")],
)
def test_a_file_that_others_may_read_or_change_is_found(config: Path, file: str, mode: int, name: str) -> None:
    os.chmod(config.parent / file, mode)
    one = found(config, offline=True)[name]
    assert one.state == "fail" and one.fix.startswith("chmod") and file in one.fix


def test_every_problem_of_the_configuration_has_its_line_and_nothing_more_is_tried(config: Path) -> None:
    config.write_text(
        config.read_text().replace('member = "elm"', 'member = "elmo"').replace("env:HUB_SECRET", "env:HUB_GONE")
    )
    lines = [one for one in examine(config) if one.state == "fail"]
    assert len(lines) == 2 and all("config.toml:" in one.detail for one in lines)
    assert "database" not in {one.part for one in examine(config)}


def test_a_database_of_another_version_is_told_apart(config: Path) -> None:
    synced(config)
    for revision, state in (("0001", "look"), ("9999", "fail")):
        with sqlite3.connect(config.parent / "hub.db") as store:
            store.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        assert found(config, offline=True)["database/revision"].state == state


def test_a_broken_database_is_found(config: Path) -> None:
    synced(config)
    with sqlite3.connect(config.parent / "hub.db") as store:
        store.execute("INSERT INTO due (connection_id, opportunity_id, tries) VALUES ('elm-airtable', 'nowhere', 0)")
    assert found(config, offline=True)["database/integrity"].state == "fail"


def test_a_clock_that_is_wrong_is_found_by_what_systems_say(config: Path) -> None:
    class Late(SystemTime):
        def now(self) -> Any:
            return super().now() - timedelta(seconds=400)

    synced(config)
    one = found(config, time=Late())["time/this clock"]
    assert one.state == "fail" and any(f"{n} s behind 127.0.0.1" in one.detail for n in range(399, 403))


def test_a_connection_that_does_not_let_the_hub_in_is_found_with_its_fix_unless_nobody_is_to_be_called(
    config: Path,
) -> None:
    synced(config)
    (config.parent / "secret").write_text("wrong")
    beat(config, SystemTime())
    assert [name for name in wrong(config) if name.startswith("connections/elm-airtable: ")] != []
    assert wrong(config, offline=True) == []


def test_a_mail_server_is_tried_without_a_mail(config: Path) -> None:
    synced(config)
    with mail_server() as server:
        config.write_text(
            config.read_text()
            + f'[mail]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\nfrom = "hub@hub.test"\n'
        )
        assert found(config)["mail/127.0.0.1"].state == "ok" and server.sessions == 1 and server.mails == []
    one = found(config)["mail/127.0.0.1"]
    assert one.state == "fail" and "firewall" in one.fix


def test_as_json_it_says_the_same(config: Path) -> None:
    import json

    done = run(config, "--json", "--offline")
    lines = json.loads(done.output)
    fields = [field.name for field in dataclasses.fields(Found)]
    assert lines and all(list(line) == fields for line in lines) and done.exit_code == 0

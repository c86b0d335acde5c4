"""``hub web`` and ``hub worker`` say what they need; a process that does not fit in with the others starts nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.clock import SystemTime
from hub.app import Hub, open_hub
from hub.cli import main
from hub.config_files import load
from hub.jobs import presence
from hub.jobs.presence import Presence
from hub.store import processes

CONFIG = """[hub]
database = "DATABASE"
[members.elm]
name = "Elm Fund"
"""


@pytest.fixture
def hub(new_postgres: Callable[..., str], tmp_path: Path) -> Iterator[Hub]:
    (tmp_path / "config.toml").write_text(CONFIG.replace("DATABASE", new_postgres()))
    hub = open_hub(load(tmp_path / "config.toml"))
    yield hub
    hub.engine.dispose()


@pytest.mark.parametrize("command", ["web", "worker"])
def test_on_sqlite_they_say_what_to_do(command: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG.replace("DATABASE", "sqlite:///hub.db"))
    said = CliRunner().invoke(main, [command, "--config", str(tmp_path / "config.toml")])
    assert said.exit_code == 2 and not (tmp_path / "hub.db").exists()
    assert "postgresql+psycopg://USER@HOST/NAME" in said.output and "hub migrate sqlite-to-postgres" in said.output


def test_pages_of_several_processes_need_one_secret(hub: Hub) -> None:
    said = CliRunner().invoke(main, ["web", "--config", str(hub.config.path)])
    assert said.exit_code == 2 and "[web] secret" in said.output


def test_a_package_that_is_missing_is_named(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "procrastinate", None)
    said = CliRunner().invoke(main, ["worker", "--config", str(hub.config.path)])
    assert said.exit_code == 2 and "pip install 'commons-hub[cluster]'" in said.output


def test_of_two_configurations_the_one_that_was_there_first_starts_nothing_and_says_so(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    old, same, new = Presence(hub, "worker"), Presence(hub, "worker"), Presence(hub, "web")
    old.begin()
    same.begin()
    assert old.unfit() is None and same.unfit() is None
    hub.config = replace(hub.config, digest="another")
    new = Presence(hub, "web")
    new.begin()
    assert new.unfit() is None
    assert "another configuration" in (old.unfit() or "") and same.unfit()
    assert [
        r.message for r in caplog.records if "another configuration" in r.message and "starts no syncs" in r.message
    ]
    old.show()  # it has taken up the new one meanwhile
    assert old.unfit() is None and same.hub.config.digest == "another"
    new.end()


def test_whoever_takes_up_another_configuration_later_counts_as_the_newer(hub: Hub) -> None:
    early = Presence(hub, "worker")
    early.begin()
    late = Presence(hub, "worker")
    late.begin()
    hub.config = replace(hub.config, digest="another")
    early.show()
    assert early.unfit() is None and "another configuration" in (late.unfit() or "")


def test_a_process_that_was_silent_too_long_registers_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Presence(hub, "worker"), Presence(hub, "worker")
    one.begin()
    monkeypatch.setattr(processes, "ALIVE", timedelta(0))
    other.begin()
    monkeypatch.undo()
    assert presence.digests(hub) == {hub.config.digest}
    one.show()
    with hub.reading() as conn:
        assert len(conn.execute(processes.t.select()).all()) == 2


def test_a_machine_whose_clock_is_wrong_starts_nothing(hub: Hub) -> None:
    class Early(SystemTime):
        def now(self):  # type: ignore[no-untyped-def]
            return super().now() + timedelta(seconds=45)

    one = Presence(hub, "worker")
    one.begin()
    assert one.unfit() is None
    hub.time = Early()
    one.show()
    assert "clock is 45 s before the database's" in (one.unfit() or "")

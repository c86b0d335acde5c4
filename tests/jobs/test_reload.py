"""A configuration that changes while the hub runs: what is valid is taken up, what is not is refused and said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.clock import ManualTime
from hub.app import Hub, open_hub
from hub.configured import configured
from hub.jobs.clock import Clock
from hub.reload import Files
from hub.store import connections
from hub.store.tables import Connection

CONFIG = """# kept by hand
[hub]
database = "sqlite:///hub.db"
[members.elm]
name = "Elm Fund"
[connections.elm-sheet]
member = "elm"
system = "spreadsheet"
mapping = "own.toml"
every = "5m"
[connections.elm-sheet.options]
path = "elm"
"""
SECOND = (
    CONFIG[CONFIG.index("[connections.elm-sheet]") :]
    .replace("elm-sheet", "elm-second")
    .replace('"elm"\n', '"elm2"\n', 1)
)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    (tmp_path / "own.toml").write_text('extends = "spreadsheet-generic"\n')
    (tmp_path / "elm").mkdir()
    (tmp_path / "config.toml").write_text(CONFIG)
    hub = open_hub(configured(tmp_path / "config.toml"), time=ManualTime(datetime(2026, 3, 1, 9, tzinfo=UTC)))
    yield hub
    hub.engine.dispose()


def save(hub: Hub, text: str, file: str = "config.toml") -> None:
    """As an editor does, with a time of its own: two saves within one tick of the file system's clock are two."""
    assert hub.config.path is not None
    path = hub.config.path.parent / file
    path.write_text(text)
    os.utime(path, ns=(hash(text) % 10**15, hash(text) % 10**15))


def row(hub: Hub, name: str) -> Connection:
    with hub.reading() as conn:
        return connections.get(conn, name)


def deeds(hub: Hub) -> list[tuple[str, str]]:
    with hub.reading() as conn:
        return [
            (r.action, r.connection_id)
            for r in conn.exec_driver_sql("SELECT action, connection_id FROM audit ORDER BY id")
        ]


def test_how_it_logs_waits_for_a_restart_and_whom_it_tells_does_not(hub: Hub) -> None:
    watch = Files(hub)
    save(hub, '[log]\nlevel = "debug"\n[alerts]\nmail = false\n' + CONFIG)
    watch.look()
    watch.look()
    assert hub.at_restart == ("log",) and hub.config.operating.log.level == "INFO"
    assert hub.config.operating.alerts.mail is False


def test_a_valid_change_is_in_force_after_two_looks_and_its_line_says_what_changed(hub: Hub) -> None:
    watch = Files(hub)
    save(hub, CONFIG.replace('"5m"', '"10m"'))
    watch.look()
    assert hub.config.connections["elm-sheet"].every == 300, "somebody may be in the middle of saving it"
    watch.look()
    assert hub.config.connections["elm-sheet"].every == 600
    assert deeds(hub) == [("settings changed", "elm-sheet")]
    watch.look()
    assert deeds(hub) == [("settings changed", "elm-sheet")]


def test_a_new_connection_comes_and_one_that_is_taken_out_is_kept_and_rests(hub: Hub) -> None:
    watch = Files(hub)
    save(hub, CONFIG + SECOND.replace('member = "elm2"', 'member = "elm"'))
    watch.look()
    watch.look()
    assert row(hub, "elm-second").state == "active" and not row(hub, "elm-second").approved
    save(hub, CONFIG)
    watch.look()
    watch.look()
    assert row(hub, "elm-second").state == "removed" and list(hub.config.connections) == ["elm-sheet"]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("config.toml", CONFIG.replace('"spreadsheet"', '"spreadshet"'), "spreadshet"),
        ("config.toml", CONFIG + "[connections", "no TOML"),
        ("config.toml", "\udcff", "config.toml"),
        ("own.toml", 'extends = "spreadsheet-generic"\n[fields]\ntitel = "Title"\n', "titel"),
    ],
)
def test_what_cannot_be_used_is_refused_and_the_old_stays_in_force(
    hub: Hub, caplog, file: str, text: str, said: str
) -> None:  # type: ignore[no-untyped-def]
    watch, old, mapping = Files(hub), hub.config, hub.mapping("elm-sheet").digest
    assert hub.config.path is not None
    (hub.config.path.parent / file).write_bytes(text.encode("utf-8", "surrogateescape"))
    watch.look()
    watch.look()
    assert hub.config is old and hub.mapping("elm-sheet").digest == mapping
    assert said in " ".join(hub.refused) and "stays in force" in caplog.text
    save(hub, CONFIG.replace('"5m"', '"7m"'))
    save(hub, 'extends = "spreadsheet-generic"\n', "own.toml")
    watch.look()
    watch.look()
    assert hub.refused == () and hub.config.connections["elm-sheet"].every == 420


def test_a_changed_mapping_file_is_taken_up_as_well(hub: Hub) -> None:
    watch, before = Files(hub), hub.mapping("elm-sheet").digest
    save(hub, 'extends = "spreadsheet-generic"\n[fields]\nneed = false\n', "own.toml")
    watch.look()
    watch.look()
    assert hub.mapping("elm-sheet").digest != before


def test_what_a_running_process_cannot_change_waits_for_its_next_start(hub: Hub) -> None:
    watch, old = Files(hub), hub.config
    save(hub, CONFIG.replace("hub.db", "other.db") + "[web]\nport = 9999\n")
    watch.look()
    watch.look()
    assert (hub.config.database, hub.config.port) == (old.database, 8000)
    assert {"database", "port"} <= set(hub.at_restart) and hub.refused == ()


def test_the_clock_looks_and_tells_other_processes_by_what_it_runs_now(hub: Hub) -> None:
    clock = Clock(hub)
    clock._presence.begin()
    save(
        hub,
        CONFIG.replace('"5m"', '"10m"').replace("[connections.elm-sheet]", "[connections.elm-sheet]\npaused = true"),
    )
    for _ in range(2):
        clock.tick()
    clock._pool.shutdown(wait=True)
    clock._aside.shutdown(wait=True)
    assert hub.config.connections["elm-sheet"].every == 600 and row(hub, "elm-sheet").state == "paused"
    with hub.reading() as conn:
        assert [r.config_digest for r in conn.exec_driver_sql("SELECT config_digest FROM process")] == [
            hub.config.digest
        ]

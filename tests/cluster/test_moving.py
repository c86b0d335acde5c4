"""A hub that has grown on SQLite moves to PostgreSQL, and the systems notice nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, Table, select, text

from hub.app import open_hub
from hub.cli import main
from hub.commons.criteria import Criteria
from hub.config_files import load
from hub.store import finding, moving
from hub.store.engine import open_engine, reading, writing
from hub.store.tables import Connection as Row
from hub.sync.history import disagreements
from hub.sync.run import sync_all
from tests.town import Town


@pytest.fixture(scope="module")
def grown() -> Iterator[Town]:
    with Town() as town:
        town.invite()
        hub = open_hub(load(town.config))
        sync_all(hub)
        hub.engine.dispose()
        yield town


@pytest.fixture
def target(new_postgres: Callable[..., str]) -> str:
    return new_postgres()


@pytest.fixture
def copy(grown: Town, tmp_path: Path) -> Path:
    """The grown hub's configuration, on a copy of its file: each test may do with it what it likes."""
    (tmp_path / "hub.db").write_bytes((grown.folder / "hub.db").read_bytes())
    for name in ("secret", "web-secret"):
        (tmp_path / name).write_text((grown.folder / name).read_text())
    file = tmp_path / "config.toml"
    file.write_text(grown.config.read_text().replace('path = "sheets"', f'path = "{grown.folder / "sheets"}"'))
    return file


def move(config: Path, target: str) -> Result:
    return CliRunner().invoke(main, ["migrate", "sqlite-to-postgres", target, "--config", str(config)])


def rows(url: str, table: str) -> int:
    engine = open_engine(url)
    with reading(engine) as conn:
        count = int(conn.scalar(text(f'SELECT count(*) FROM "{table}"')) or 0)
    engine.dispose()
    return count


def test_everything_comes_along_and_the_next_sync_writes_nothing(grown: Town, copy: Path, target: str) -> None:
    said = move(copy, target)
    assert said.exit_code == 0 and "are the same in both" in said.output, said.output
    old = f"sqlite:///{copy.parent / 'hub.db'}"
    assert rows(target, "audit") == rows(old, "audit") > 50 and rows(target, "link") == rows(old, "link") > 50
    copy.write_text(copy.read_text().replace("sqlite:///hub.db", target))
    hub, before = open_hub(load(copy)), len(grown.writes())
    results = sync_all(hub)
    assert {r.state for r in results} == {"done"} and len(grown.writes()) == before
    assert all(not r.counts["created"] and not r.counts["pushed_new"] and not r.counts["pushed"] for r in results)
    with hub.writing() as conn:
        # Numbers go on where they were, and what is found is found.
        conn.execute(
            text("INSERT INTO audit (at, actor, action, direction, moves) VALUES (now(), 'hub', 'x', 'here', false)")
        )
        assert disagreements(conn) == []
        looking = finding.Looking(Criteria(text="wells"), status="published")
        assert finding.page(conn, "saffron", hub.config.circles, looking, 0, 9)[1] == 1
    hub.engine.dispose()


def test_the_old_file_writes_nothing_any_more_and_says_why(grown: Town, copy: Path, target: str) -> None:
    assert move(copy, target).exit_code == 0
    before = len(grown.writes())
    hub = open_hub(load(copy))
    assert sync_all(hub) == [] and len(grown.writes()) == before
    with hub.reading() as conn:
        assert set(conn.scalars(select(vars(Row)["__table__"].c.reason))) == {moving.MOVED}
    hub.engine.dispose()


def test_a_move_that_broke_off_left_nothing_and_is_begun_again(
    copy: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = moving._copy

    def breaks(old: Connection, new: Connection, table: Table) -> None:
        if table.name == "link":
            raise moving.NotMoved("the cable was pulled")
        usual(old, new, table)

    monkeypatch.setattr(moving, "_copy", breaks)
    assert "the cable was pulled" in move(copy, target).output
    assert rows(target, "member") == 0
    monkeypatch.undo()
    assert move(copy, target).exit_code == 0 and rows(target, "member") == 3


def test_a_second_time_it_copies_nothing_and_compares(copy: Path, target: str) -> None:
    first, again = move(copy, target), move(copy, target)
    assert again.exit_code == 0 and again.output.splitlines()[-3:] == first.output.splitlines()[-3:]
    engine = open_engine(target)
    with writing(engine) as conn:
        conn.execute(text("UPDATE opportunity SET title = title || '.' WHERE id = (SELECT min(id) FROM opportunity)"))
    engine.dispose()
    refused = move(copy, target)
    assert refused.exit_code == 2 and "is not empty and differs from the file (opportunity" in refused.output


def test_a_row_that_came_out_differently_undoes_the_move(
    copy: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = moving._copy

    def loses(old: Connection, new: Connection, table: Table) -> None:
        usual(old, new, table)
        if table.name == "opportunity":
            new.execute(text("UPDATE opportunity SET title = 'other' WHERE id = (SELECT min(id) FROM opportunity)"))

    monkeypatch.setattr(moving, "_copy", loses)
    said = move(copy, target)
    assert said.exit_code == 2 and "opportunity came out differently" in said.output
    assert rows(target, "opportunity") == 0


def test_while_a_hub_or_a_sync_is_at_work_nothing_is_moved(copy: Path, target: str) -> None:
    engine = open_engine(f"sqlite:///{copy.parent / 'hub.db'}")
    with writing(engine) as conn:
        conn.execute(text("UPDATE connection SET lease_until = '2999-01-01 00:00:00.000000' WHERE id = 'corrie-sheet'"))
    assert "A sync of corrie-sheet is running" in move(copy, target).output
    with writing(engine) as conn:
        conn.execute(text("UPDATE connection SET lease_until = NULL"))
        conn.execute(
            text("INSERT INTO process VALUES ('p', 'serve', 'd', '2026-01-01 00:00:00', '2999-01-01 00:00:00.000000')")
        )
    said = move(copy, target)
    engine.dispose()
    assert said.exit_code == 2 and "`hub serve` is running on this file" in said.output and rows(target, "member") == 0


def test_what_is_no_address_of_postgresql_is_refused(copy: Path) -> None:
    assert "postgresql+psycopg://USER@HOST/NAME" in move(copy, "mysql://x").output
    assert "HUB_NOT_SET" in move(copy, "env:HUB_NOT_SET").output
    assert move(copy, "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2").exit_code == 2

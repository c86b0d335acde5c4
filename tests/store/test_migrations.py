"""A hub that has been running keeps everything when its tables change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

import hub.store.tables  # noqa: F401  fills the metadata
from hub.store.engine import open_engine, reading, writing
from hub.store.migrate import migrate, newest, revisions, script
from hub.store.sealing import verify
from hub.sync.history import disagreements, replay

pytestmark = pytest.mark.usefixtures("by_migrations")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    sqlite = f"sqlite:///{tmp_path / 'hub.db'}"
    return sqlite if request.param == "sqlite" else str(request.getfixturevalue("new_postgres")("template0"))


def test_a_database_of_the_first_revision_gets_a_history_that_tells_how_it_stands(url: str) -> None:
    engine = open_engine(url)
    config = script()
    with writing(engine) as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        at = "2026-03-01 09:00:00"
        conn.exec_driver_sql(f"INSERT INTO member (id, name, created_at) VALUES ('elm', 'Elm Fund', '{at}')")
        facts = json.dumps({"title": "Orchard", "ask.requested": {"amount": "1000.50", "currency": "USD"}})
        conn.exec_driver_sql(
            "INSERT INTO opportunity (id, number, kind, status, steward_id, audience, title, facts, origins, version,"
            f" created_at, updated_at) VALUES ('o', 7, 'project', 'published', 'elm', 'all', 'Orchard', '{facts}', '{{}}',"
            f" 3, '{at}', '{at}')"
        )
        own = json.dumps({"commitment.stage": "pledged"})
        conn.exec_driver_sql(
            "INSERT INTO commitment (id, opportunity_id, member_id, facts, origins, updated_at)"
            f" VALUES ('c', 'o', 'elm', '{own}', '{{}}', '{at}')"
        )
    migrate(engine)
    with reading(engine) as conn:
        assert disagreements(conn) == []
        assert (verdict := verify(conn)).wrong == [] and verdict.lines == 2  # older lines have digests too
        told = replay(conn)["o"]
    assert told["facts"]["ask.requested"]["amount"] == "1000.50" and told["status"] == "published"
    assert told["commitments"] == {"elm": {"commitment.stage": "pledged"}}
    engine.dispose()


def test_the_migrations_make_the_tables_that_the_code_has(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    with reading(engine) as conn:
        # The full text is each database's own: SQLAlchemy knows no such tables.
        tables = {"include_name": lambda name, kind, _parents: kind != "table" or not name.startswith("finding_text")}
        context = MigrationContext.configure(conn, opts=tables)
        assert [str(step) for step in compare_metadata(context, SQLModel.metadata)] == []
    engine.dispose()


def test_the_files_tell_the_same_revisions_as_alembic() -> None:
    """A start reads them off the names, without Alembic."""
    chain = [each.revision for each in ScriptDirectory.from_config(script()).walk_revisions()]
    assert list(revisions()) == chain[::-1] and newest() == ScriptDirectory.from_config(script()).get_current_head()

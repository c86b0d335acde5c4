"""Bringing a database to the shape this version needs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from hub.store import alone
from hub.store.engine import writing

FOLDER = Path(__file__).parent / "migrations"


def script() -> Config:
    """Alembic's own configuration; its ``connection`` attribute is where it works."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def knows(revision: str) -> bool:
    """Whether this version can read, or bring up to date, a database of that revision."""
    return any(known.revision == revision for known in ScriptDirectory.from_config(script()).walk_revisions())


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction. Nothing to do is cheap."""
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest():
            return
    upgrade(engine)


@cache
def newest() -> str | None:
    """The revision that this version of the program needs."""
    return ScriptDirectory.from_config(script()).get_current_head()


def upgrade(engine: Engine) -> None:
    """Run them, whatever is there. Of several processes that start together one does, and the others find it done."""
    config = script()
    with writing(engine) as connection:
        alone.wait_for(connection, "migrating")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

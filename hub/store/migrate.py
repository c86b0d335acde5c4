"""Bringing a database to the shape this version needs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from hub.store.engine import writing

FOLDER = Path(__file__).parent / "migrations"


def script() -> Config:
    """Alembic's own configuration; its ``connection`` attribute is where it works."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


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
    """Run them, whatever is there."""
    config = script()
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

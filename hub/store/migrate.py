"""Bringing a database to the shape this version needs."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from hub.store import alone, identity
from hub.store.engine import reading, writing

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger("hub.store")

# Alembic is imported where there is something for it to do: at nearly every start there is not, and it brings Mako along.
FOLDER = Path(__file__).parent / "migrations"


def script() -> Config:
    """Alembic's own configuration; its ``connection`` attribute is where it works."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def knows(revision: str) -> bool:
    """Whether this version can read, or bring up to date, a database of that revision."""
    return revision in revisions()


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction. Nothing to do is cheap."""
    with reading(engine) as connection:
        there = identity.version(connection)
    if there != newest():
        # On a slow disk this is where a first start takes its time, before anything answers.
        log.info("the database is brought to this version", extra={"from": there or "nothing", "to": newest()})
        upgrade(engine)


def newest() -> str:
    """The revision that this version of the program needs."""
    return revisions()[-1]


@cache
def revisions() -> tuple[str, ...]:
    """All that this version knows, in order: a file's name begins with its revision."""
    return tuple(sorted(file.name.partition("_")[0] for file in FOLDER.glob("versions/[0-9]*.py")))


def upgrade(engine: Engine) -> None:
    """Run them, whatever is there. Of several processes that start together one does, and the others find it done."""
    from alembic import command

    config = script()
    with writing(engine) as connection:
        alone.wait_for(connection, "migrating")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

"""``hub migrate``: a hub that has grown moves to another database."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hub.cli.opening import config_option, fail, load_config


@click.group("migrate")
def command() -> None:
    """Move the hub to another database."""


@command.command("sqlite-to-postgres")
@click.argument("target")
@config_option
def sqlite_to_postgres(target: str, config_path: Path) -> None:
    """Move everything from the configured SQLite file to TARGET, an empty PostgreSQL database:
    postgresql+psycopg://USER@HOST/NAME, or env:NAME of a variable that says so. Stop the hub first. It copies in one transaction,
    compares every table by count and digest, and pauses the connections in the file. What broke off is simply begun again."""
    from sqlalchemy.exc import OperationalError

    from connectors.clock import SystemTime
    from hub.commons import reindex
    from hub.store import moving
    from hub.store.engine import open_engine
    from hub.store.migrate import migrate

    config = load_config(config_path)
    if not config.database.startswith("sqlite"):
        fail(f"The configuration says {config.database.split('@')[-1]}; what is moved is an SQLite file.")
    url = _url(target)
    file = Path(config.database.removeprefix("sqlite:///"))
    if not file.is_file():
        fail(
            f"There is no file {file}, so there is nothing to move. Set [hub] database to the PostgreSQL address and begin there."
        )
    source, new = open_engine(config.database), open_engine(url)
    try:
        migrate(source)
        migrate(new)
        moved = moving.move(source, new, SystemTime().now(), reindex.rebuild, _say)
    except moving.NotMoved as why:
        fail(str(why))
    except OperationalError as error:
        fail(f"{str(error.orig).strip()} Nothing was moved.")
    finally:
        source.dispose()
        new.dispose()
    click.echo(f"\n{sum(one.rows for one in moved):,} rows in {len(moved)} tables are the same in both.")
    click.echo(
        "Now set [hub] database to the PostgreSQL address, and start `hub serve`, or `hub web` and `hub worker`."
    )
    click.echo(
        f"Connections are paused in {file.name}, so that it writes nothing any more. Keep it until you are content."
    )


def _url(target: str) -> str:
    name = target.removeprefix("env:")
    url = os.environ.get(name, "") if target.startswith("env:") else target
    if not url.startswith("postgresql"):
        what = f"The environment variable {name}" if target.startswith("env:") else "TARGET"
        fail(f"{what} is no PostgreSQL address. Write postgresql+psycopg://USER@HOST/NAME.")
    return url


def _say(one: object) -> None:
    from hub.store.moving import Moved

    assert isinstance(one, Moved)
    if one.rows:
        click.echo(f"{one.table:<22} {one.rows:>9,}  {one.digest[:12]}")

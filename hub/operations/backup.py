"""Backups while the hub runs, and restoring one: SQLite by its own backup, PostgreSQL by pg_dump and pg_restore."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from hub.store import restored
from hub.store.engine import open_engine, writing
from hub.store.migrate import migrate


class BackupError(Exception):
    """It was not made, or not restored; what was there before is as it was. The text says why."""


def backup(database: str, target: Path) -> None:
    """Write the whole database to ``target``, readable by its owner only. A half-written one never has that name."""
    if target.exists():
        raise BackupError(f"{target} is there already. Choose another name.")
    part = target.with_name(target.name + ".part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        if database.startswith("sqlite"):
            _copy(_file(database), part)
        else:
            _tool(database, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{target} could not be written: {error}.") from None
    finally:
        part.unlink(missing_ok=True)
        for tail in ("-journal", "-wal", "-shm"):
            part.with_name(part.name + tail).unlink(missing_ok=True)


def restore(database: str, source: Path, now: datetime) -> dict[str, int]:
    """Put a backup in the database's place, bring it to this version, and mark it; see ``store.restored``. No hub may be
    running. A SQLite database that was there is kept beside it. Returns what ``mark`` does."""
    if not source.is_file():
        raise BackupError(f"{source} is not there.")
    if database.startswith("sqlite"):
        _restore_file(_file(database), source, now)
    else:
        _tool(database, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
              "--exit-on-error", "--dbname={database}", str(source))  # fmt: skip
    engine = open_engine(database)
    try:
        migrate(engine)
        with writing(engine) as conn:
            return restored.mark(conn, now)
    finally:
        engine.dispose()


def _restore_file(there: Path, source: Path, now: datetime) -> None:
    fresh = there.with_name(there.name + ".restoring")
    try:
        _copy(source, fresh)
    except (OSError, sqlite3.Error) as error:
        fresh.unlink(missing_ok=True)
        raise BackupError(f"{source} cannot be restored: {error}.") from None
    kept = there.with_name(f"{there.name}.before-{now:%Y%m%dT%H%M%S}")
    for tail in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            there.with_name(there.name + tail).rename(kept.with_name(kept.name + tail))
    fresh.rename(there)


def _copy(source: Path, target: Path) -> None:
    """A consistent copy, made page by page while others write; checked before it counts."""
    if not source.is_file():
        raise OSError(f"{source} is not there")
    target.touch(0o600)
    with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        found = new.execute("PRAGMA integrity_check").fetchone()[0]
        tables = {name for (name,) in new.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if found != "ok" or "alembic_version" not in tables:
        raise OSError(f"{source} is not a whole database of a hub ({found})")


def _file(database: str) -> Path:
    name = make_url(database).database
    if not name or name == ":memory:":
        raise BackupError("A database in memory has no backup.")
    return Path(name)


def _tool(database: str, name: str, *arguments: str) -> None:
    """One of PostgreSQL's programs, with the password in its environment only."""
    program = shutil.which(name)
    if program is None:
        raise BackupError(f"{name} is not installed. It comes with PostgreSQL's client programs.")
    url = make_url(database)
    said = {"PGHOST": url.host or url.query.get("host"), "PGPORT": url.port, "PGUSER": url.username,
            "PGPASSWORD": url.password, "PGDATABASE": url.database, "PGSSLMODE": url.query.get("sslmode")}  # fmt: skip
    env = os.environ | {key: str(value) for key, value in said.items() if value}
    command = [program, *(argument.replace("{database}", url.database or "") for argument in arguments)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BackupError(f"{name} failed: {done.stderr.strip()[-500:]}")

"""Backups while the hub runs, and restoring one: SQLite by its own backup, PostgreSQL by pg_dump and pg_restore."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DatabaseError

from hub.store import chores, identity, restored
from hub.store.engine import open_engine, reading, writing
from hub.store.migrate import knows, migrate

TAILS = ("-journal", "-wal", "-shm")


class BackupError(Exception):
    """It was not made, or not restored; what was there before is as it was. The text says why."""


def backup(database: str, target: Path) -> None:
    """Write the whole database to ``target``, readable by its owner only. A half-written one never has that name."""
    if target.exists():
        raise BackupError(f"{target} is there already. Choose another name.")
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
        if database.startswith("sqlite"):
            _copy(_file(database), part)
        else:
            _tool(database, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        _on_disk(part)
        _link(part, target)  # never over a file that came meanwhile
        _on_disk(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{target} could not be written: {error}.") from None
    finally:
        _remove(part)


def note(database: str, now: datetime) -> None:
    """That one was made, for who asks how the hub runs. What takes no note (an older version's database, one without room) has its
    backup all the same."""
    with suppress(DatabaseError), _opened(database) as engine, writing(engine) as conn:
        chores.done(conn, chores.BACKUP, now)


def restore(database: str, source: Path, now: datetime) -> dict[str, int]:
    """Put a backup in the database's place, bring it to this version, and mark it; see ``store.restored``. No hub may be
    running. A SQLite database that was there is kept beside it. Returns what ``mark`` does.

    Whenever it is interrupted, the database is the one that was there, or the restored one, marked.
    """
    if not source.is_file():
        raise BackupError(f"{source} is not there.")
    _nobody_runs(database, now)
    if database.startswith("sqlite"):
        return _restore_file(database, _file(database), source, now)
    _fits(
        database,
        source,
        _in_archive(database, source, "alembic_version"),
        _in_archive(database, source, "hub_identity"),
    )
    with _opened(database) as engine, writing(engine) as conn:
        restored.begin(conn)
    _tool(database, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
          "--exit-on-error", "--dbname={database}", str(source))  # fmt: skip
    with _opened(database) as engine:
        migrate(engine)
        with writing(engine) as conn:
            return restored.mark(conn, now)


def _restore_file(database: str, there: Path, source: Path, now: datetime) -> dict[str, int]:
    fresh = there.with_name(there.name + ".restoring")
    try:
        _remove(fresh)
        _copy(source, fresh)
        url = f"sqlite:///{fresh}"
        with _opened(url) as engine:
            with reading(engine) as conn:
                _fits(database, source, identity.version(conn), identity.of(conn))
            migrate(engine)
            with writing(engine) as conn:
                done = restored.mark(conn, now)
        _on_disk(fresh)
        _keep(there, now)
        fresh.replace(there)
        _on_disk(there.parent)
    except (OSError, sqlite3.Error, DatabaseError, CommandError) as error:
        raise BackupError(f"{source} cannot be restored: {error}.") from None
    finally:
        _remove(fresh)
    return done


def _keep(there: Path, now: datetime) -> None:
    """What was there stays beside, as it is: it may be damaged, and somebody may want to look."""
    if not there.exists():
        return
    with suppress(sqlite3.Error), closing(sqlite3.connect(there, timeout=5)) as old:
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = there.with_name(f"{there.name}.before-{now:%Y%m%dT%H%M%S}")
    while kept.exists():
        kept = kept.with_name(kept.name + "+")
    for tail in TAILS:
        with suppress(FileNotFoundError):  # else it would be taken for the new one's
            there.with_name(there.name + tail).rename(kept.with_name(kept.name + tail))
    _link(there, kept)


def _link(file: Path, also: Path) -> None:
    """The second name, only where there is none yet."""
    try:
        os.link(file, also)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        if also.exists():
            raise
        shutil.copy2(file, also)


def _fits(database: str, source: Path, version: str | None, whose: str | None) -> None:
    """Refuse what this version cannot read, and what is another hub's."""
    if version is None:
        raise BackupError(f"{source} is not a backup of a hub.")
    if not knows(version):
        raise BackupError(f"{source} was made by a newer version of the hub ({version}). Install that one first.")
    if database.startswith("sqlite") and not _file(database).exists():
        return
    with suppress(DatabaseError), _opened(database) as engine, reading(engine) as conn:
        here = identity.of(conn)
        if here and whose and here != whose:
            raise BackupError(
                f"{source} is a backup of another hub than the one whose database is here. Restore it where it belongs, or "
                "move this database away first."
            )


def _nobody_runs(database: str, now: datetime) -> None:
    if database.startswith("sqlite") and not _file(database).exists():
        return
    with suppress(DatabaseError), _opened(database) as engine, reading(engine) as conn:
        if identity.alive(conn, now):
            raise BackupError(
                "A process of this hub runs still, or ended less than a minute ago. Stop it, and try again."
            )


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    """An engine of which no connection stays open."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _copy(source: Path, target: Path) -> None:
    """A consistent copy, made page by page while others write; checked before it counts."""
    if not source.is_file():
        raise OSError(f"{source} is not there")
    target.touch(0o600)
    with (
        closing(sqlite3.connect(source, timeout=30)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # one file, whoever looks into it
        found = new.execute("PRAGMA integrity_check").fetchone()[0]
        tables = {name for (name,) in new.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if found != "ok" or "alembic_version" not in tables:
        raise OSError(f"{source} is not a whole database of a hub ({found})")


def _file(database: str) -> Path:
    name = make_url(database).database
    if not name or name == ":memory:":
        raise BackupError("A database in memory has no backup.")
    return Path(name)


def _on_disk(path: Path) -> None:
    """What was written there outlives a power cut."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _remove(path: Path) -> None:
    for tail in ("", *TAILS):
        path.with_name(path.name + tail).unlink(missing_ok=True)


def _in_archive(database: str, source: Path, table: str) -> str | None:
    """The one value that this table holds in an archive of pg_dump; None where it has no such table."""
    said = _tool(database, "pg_restore", "--data-only", f"--table={table}", "--file=-", str(source))
    lines = said.splitlines()
    at = next((at for at, line in enumerate(lines) if line.startswith("COPY ")), None)
    return None if at is None or lines[at + 1] == "\\." else lines[at + 1].split("\t")[0]


def _tool(database: str, name: str, *arguments: str) -> str:
    """One of PostgreSQL's programs, with the password in its environment only. Returns what it printed."""
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
        why = done.stderr.strip()[-500:] or f"it ended with {done.returncode}"
        raise BackupError(f"{name} failed: {why}")
    return done.stdout

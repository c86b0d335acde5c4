"""The hub's database of one town, kept and put back as a whole: a SQLite file, or a database in a PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, select, text, update

from hub.store.engine import open_engine, reading, writing
from hub.store.tables import Connection

CONNECTIONS: Any = vars(Connection)["__table__"]


def scopes(url: str) -> dict[str, str]:
    """How each connection looks at its system: the hub's own fingerprint of address and credential."""
    engine = open_engine(url)
    with reading(engine) as conn:
        found = {row.id: row.scope for row in conn.execute(select(CONNECTIONS.c.id, CONNECTIONS.c.scope))}
    engine.dispose()
    return found


def pretend(url: str, known: Mapping[str, str]) -> None:
    """A database from another town has counted absences at that town's addresses; here they count as well."""
    engine = open_engine(url)
    with writing(engine) as conn:
        for name, scope in known.items():
            there = (CONNECTIONS.c.id == name) & CONNECTIONS.c.scope.is_not(None)
            conn.execute(update(CONNECTIONS).where(there).values(scope=scope))
    engine.dispose()


class SqliteStore:
    """A file. Nobody has it open between two attempts; what a killed worker left beside it is kept with it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "hub.db"
        self.url = f"sqlite:///{self._file}"

    def keep(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self._files()}

    def put_back(self, kept: dict[str, bytes]) -> None:
        for path in self._files():
            path.unlink()
        for name, content in kept.items():
            self._file.with_name(name).write_bytes(content)

    def close(self) -> None:
        shutil.rmtree(self._file.parent, ignore_errors=True)

    def _files(self) -> list[Path]:
        return sorted(self._file.parent.glob("hub.db*"))


class PostgresStore:
    """A database copied from the one that ``url`` names, in the same server. Copies go when it is closed."""

    def __init__(self, url: str, name: str) -> None:
        model = make_url(url)
        self._admin = create_engine(model.set(database="postgres"), isolation_level="AUTOCOMMIT")
        self._name = f"{model.database}_{name}"
        self._kept = (f"{self._name}_{number}" for number in itertools.count(1))
        self._made = {self._name}
        self._copy(str(model.database), self._name)
        self.url = model.set(database=self._name).render_as_string(hide_password=False)

    def keep(self) -> str:
        name = next(self._kept)
        self._made.add(name)
        self._copy(self._name, name)
        return name

    def put_back(self, kept: str) -> None:
        self._copy(kept, self._name)

    def close(self) -> None:
        with self._admin.connect() as conn:
            for name in self._made:
                conn.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        self._admin.dispose()

    def _copy(self, model: str, name: str) -> None:
        """A killed worker's session may take the server a moment to notice."""
        with self._admin.connect() as conn:
            conn.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            conn.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": model}
            )
            conn.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{model}"'))

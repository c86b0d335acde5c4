"""A real Datasette for tests: its process, and the people who work in its tables with SQL."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

SECRET = "for tests only"
TABLE = """
CREATE TABLE {name} (
  id integer PRIMARY KEY, title text NOT NULL, summary text, organisation text, ask numeric, currency text, share integer,
  commons_id text, private text, changed text DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
);
CREATE TRIGGER {name}_changed
AFTER UPDATE OF title, summary, organisation, ask, currency, share, commons_id, private ON {name} BEGIN
  UPDATE {name} SET changed = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = NEW.id;
END;
"""


@dataclass(frozen=True)
class Datasette:
    """``token`` may do everything; nobody else sees anything."""

    url: str
    token: str
    file: Path

    def sql(self, words: str, *values: Any) -> list[dict[str, Any]]:
        with sqlite3.connect(self.file, timeout=10) as db:
            db.row_factory = sqlite3.Row
            rows = [dict(row) for row in db.execute(words, values)]
        db.close()
        return rows

    def table(self, name: str) -> Office:
        with sqlite3.connect(self.file, timeout=10) as db:
            db.executescript(f"DROP TABLE IF EXISTS {name};" + TABLE.format(name=name))
        db.close()
        return Office(self, name)


@dataclass(frozen=True)
class Office:
    """A clerk at one table, whose client is no part of the hub."""

    datasette: Datasette
    name: str

    def rows(self) -> list[dict[str, Any]]:
        return self.datasette.sql(f"SELECT * FROM {self.name} ORDER BY id")

    def add(self, **cells: Any) -> str:
        columns = ", ".join(cells)
        marks = ", ".join("?" * len(cells))
        (row,) = self.datasette.sql(
            f"INSERT INTO {self.name} ({columns}) VALUES ({marks}) RETURNING id", *cells.values()
        )
        return str(row["id"])

    def edit(self, id: str, **cells: Any) -> None:
        columns = ", ".join(f"{name} = ?" for name in cells)
        self.datasette.sql(f"UPDATE {self.name} SET {columns} WHERE id = ?", *cells.values(), id)

    def remove(self, id: str) -> None:
        self.datasette.sql(f"DELETE FROM {self.name} WHERE id = ?", id)


@contextmanager
def running(folder: Path) -> Iterator[Datasette]:
    if find_spec("datasette") is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no Datasette; it is in requirements-dev.lock.")
        pytest.skip("Datasette is not installed; `make test` installs it from requirements-dev.lock.")
    file = folder / "office.db"
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA journal_mode=WAL")
    db.close()
    base = [sys.executable, "-P", "-m", "datasette"]
    env = os.environ | {"DATASETTE_SECRET": SECRET}
    made = subprocess.run(
        [*base, "create-token", "root"], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    serve = [*base, "serve", str(file), "-p", "0", "--root", "-s", "allow.id", "root"]
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen(serve, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        try:
            yield Datasette(_address(process.stderr, said), made.stdout.strip(), file)
        finally:
            process.kill()
            process.wait(10)
            process.stderr.close()


def _address(lines: Any, said: Any) -> str:
    """What it says that it listens on."""
    for line in lines:
        said.write(line)
        if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
            return found[1]
    raise AssertionError("Datasette did not start; see said.txt")

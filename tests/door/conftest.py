"""A hub with two foundations that have only files, and another whose records go to them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import ManualTime
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.door import bring, report
from hub.door.report import Report
from hub.store import opportunities
from hub.store.carried import Upload
from hub.store.tables import Opportunity

CONFIG = """
[members.elm]
name = "Elm Fund"
lawful_basis = "published"
[members.oak]
name = "Oak Trust"
lawful_basis = "published"
[connections.elm-files]
member = "elm"
system = "spreadsheet"
mapping = "spreadsheet-generic"
shares = true
options = { path = "elm", door = true }
[connections.elm-grants]
member = "elm"
system = "spreadsheet"
mapping = "360giving"
shares = true
options = { path = "elm-grants", door = true }
[connections.oak-files]
member = "oak"
system = "spreadsheet"
mapping = "spreadsheet-generic"
shares = true
options = { path = "oak", door = true }
"""
HEADER = ("Title", "Summary", "Organisation", "Amount requested", "Currency")


def sheet(rows: Sequence[Sequence[Any]], header: Sequence[str] = HEADER) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def project(name: str, ask: str = "1000") -> list[str]:
    return [name, f"What {name} is about", f"{name} Trust", ask, "USD"]


class Doors:
    """``bring`` gives what a person would see; ``apply`` presses the button under it."""

    def __init__(self, hub: Hub, time: ManualTime, folder: Path) -> None:
        self.hub, self.time, self.folder = hub, time, folder

    def bring(self, content: bytes, door: str = "elm-files", name: str = "sheet.csv", say: str = "") -> Upload:
        return bring.take(self.hub, door, name, content, "somebody", say)

    def apply(self, upload: Upload) -> Upload:
        return bring.apply(self.hub, upload.id, upload.look, "somebody")

    def now(self, content: bytes, door: str = "elm-files", say: str = "") -> Report:
        """Brought and applied."""
        return report.from_data(self.apply(self.bring(content, door, say=say)).report or {})

    def commons(self) -> dict[str, Opportunity]:
        ids = self.commons_ids()
        with self.hub.reading() as conn:
            return {row.title: row for row in opportunities.peek(conn, ids).values()}

    def commons_ids(self) -> list[str]:
        with self.hub.reading() as conn:
            return [row.id for row in conn.execute(opportunities.t.select())]


def seen(upload: Upload) -> Report:
    return report.from_data(upload.report or {})


def words(made: Report) -> dict[str, int]:
    return {word: number for word, number in made.counts.items() if number}


@contextmanager
def opened(folder: Path, config: str) -> Iterator[Doors]:
    (folder / "config.toml").write_text(config)
    time = ManualTime(datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    hub = open_hub(load(folder / "config.toml"), time=time)
    yield Doors(hub, time, folder)
    hub.engine.dispose()


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    with opened(tmp_path, CONFIG) as found:
        yield found

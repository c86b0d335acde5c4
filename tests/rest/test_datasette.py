"""The README's declaration keeps what the hub relies on, with a real Datasette at the other end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.contract import Raw, Secret, Wanted
from hub.conformance import kit
from tests.rest import shapes
from tests.rest.datasette import Datasette
from tests.rest.test_readme import FILES


class DatasetteDeclared(kit.Subject):
    system = "rest"
    wanted = Wanted("kit", ("title", "commons_id", "ask"), "commons_id")
    text, unwanted = "title", "private"

    def __init__(self, datasette: Datasette, folder: Path) -> None:
        super().__init__()
        self.datasette, self.office, self.folder = datasette, datasette.table("kit"), folder
        self.token = Secret(datasette.token)

    @contextmanager
    def running(self) -> Iterator[str]:
        self.file = shapes.written(self.folder, FILES["grants.toml"].replace("size = 100", "size = 2"))
        yield self.datasette.url

    def options(self, url: str) -> Raw:
        return {"declaration": self.file, "url": url, "token": self.token}

    def plant(self, cells: Raw) -> str:
        return self.office.add(**cells)

    def plant_as(self, id: str, cells: Raw) -> None:
        self.office.add(id=int(id), **cells)

    def alter(self, id: str, cells: Raw) -> None:
        self.office.edit(id, **cells)

    def remove(self, id: str) -> None:
        self.office.remove(id)

    def lock_out(self) -> None:
        self.token = Secret("wrong")


@pytest.mark.parametrize("check", kit.CHECKS, ids=lambda check: check.__name__)
def test_datasette(check: Callable[[kit.Subject], None], datasette: Datasette, tmp_path: Path) -> None:
    with DatasetteDeclared(datasette, tmp_path) as subject:
        try:
            check(subject)
        except kit.DoesNotApply as reason:
            pytest.skip(f"datasette: {reason}")

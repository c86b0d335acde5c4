"""The stand-in of the connector ``rest`` as the kit wants it, once for each shape of declaration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from connectors.contract import Raw, Secret, Wanted
from connectors.rest.sandbox import TOKEN, serve
from hub.conformance import kit
from tests.rest import shapes


class Rest(kit.Subject):
    """Followed by a time of change, with cursors, tombstones and ETags."""

    system = "rest"
    shape: ClassVar[str] = shapes.FOLLOWED
    style: ClassVar[str] = "cursor"
    wanted = Wanted("records", ("title", "commons_id", "amount"), "commons_id")
    text, unwanted = "title", "notes"
    spoil = {"amount": "not a number"}
    token = Secret(TOKEN)

    @classmethod
    def title(cls) -> str:
        return f"rest, {cls.style}"

    @contextmanager
    def running(self) -> Iterator[str]:
        with TemporaryDirectory() as folder, serve(time=self.time) as self.sandbox:
            self.file = shapes.written(Path(folder), self.shape)
            yield self.sandbox.url

    def options(self, url: str) -> Raw:
        return {"declaration": self.file, "url": url, "token": self.token, "values": {"style": self.style}}

    def plant(self, cells: Raw) -> str:
        return self.sandbox.write(None, cells)

    def alter(self, id: str, cells: Raw) -> None:
        self.sandbox.write(id, cells)

    def remove(self, id: str) -> None:
        self.sandbox.remove(id)

    def erase(self, id: str) -> None:
        del self.sandbox.table.rows[id]

    def lock_out(self) -> None:
        self.token = Secret("wrong")

    def plant_as(self, id: str, cells: Raw) -> None:
        self.sandbox.write(id, cells)

    def twin(self, id: str) -> str:
        return id.swapcase()


class RestCompared(Rest):
    """Read in whole by offset, without versions and proofs of deletion."""

    shape, style = shapes.COMPARED, "offset"

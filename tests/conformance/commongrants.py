"""A publisher of open calls and its connector, as the kit wants them. It only reads: what is about writing does not apply."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connectors.commongrants.sandbox import serve
from connectors.contract import Raw, Secret, Wanted
from hub.conformance import kit


class CommonGrants(kit.Subject):
    system = "commongrants"
    wanted = Wanted("opportunities", ("title", "status", "keyDates.closeDate.ends", "customFields.agency.name"))
    text, unwanted = "title", "description"
    key_of_publisher = Secret("a-key-of-the-kit")

    @contextmanager
    def running(self) -> Iterator[str]:
        with serve({"key": self.key_of_publisher.reveal()}, time=self.time) as self.sandbox:
            self.sandbox.lists.most = 2
            yield self.sandbox.url

    def options(self, url: str) -> Raw:
        return {"url": url, "key": self.key_of_publisher}

    def plant(self, cells: Raw) -> str:
        self.time.sleep(1)
        return self.sandbox.write(None, cells)

    def alter(self, id: str, cells: Raw) -> None:
        self.time.sleep(1)
        self.sandbox.write(id, cells)

    def remove(self, id: str) -> None:
        self.sandbox.remove(id)

    def lock_out(self) -> None:
        self.key_of_publisher = Secret("wrong")

    def plant_as(self, id: str, cells: Raw) -> None:
        self.time.sleep(1)
        self.sandbox.write(None, {"id": id, **cells})


class CommonGrantsAtItsWorst(CommonGrants):
    """No counts, rows twice, no order, nulls, and a framework's own 404."""

    @classmethod
    def title(cls) -> str:
        return "commongrants, at its worst"

    @contextmanager
    def running(self) -> Iterator[str]:
        with super().running() as url:
            lists = self.sandbox.lists
            lists.counts, lists.repeats, lists.order = False, True, ""
            self.sandbox.nulls = True
            yield url

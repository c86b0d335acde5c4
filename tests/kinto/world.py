"""Two members whose systems are collections of one Kinto, and a hub between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from connectors.clock import ManualTime
from connectors.contract import Connector, Secret, Settings
from connectors.transport import Transport
from hub.app import Hub, wanted
from hub.config import ConnectionConfig
from hub.store.tables import Audit, Conflict, Opportunity
from hub.sync.run import RunResult, sync_all
from mappings.language import Mapping, of
from mappings.source import Source
from tests.kinto.between import Between
from tests.kinto.connector import Kinto
from tests.kinto.server import HUB, Bucket, Office, Row

FIELDS: dict[str, Any] = {
    "title": "title",
    "summary": "summary",
    "need": "need",
    "organization.name": "organisation",
    "ask.requested": {"field": "ask", "type": "money", "currency": {"field": "currency"}},
    "status": {"field": "status", "way": "out", "type": "text"},
}
PAGE = 4

CONNECTIONS = {
    "a": ConnectionConfig("a", "a", "kinto", "a", shares=True, first_sync="go"),
    "b": ConnectionConfig("b", "b", "kinto", "b", imports=(), edits="accept", first_sync="go"),
}
"""a shares what it ticks; b imports everything, and its edits are accepted."""


def settings(bucket: Bucket, port: int, **options: Any) -> Settings:
    user, password = HUB
    usual = {"url": f"http://127.0.0.1:{port}/v1", "bucket": bucket.id, "user": user, "password": Secret(password)}
    return Settings("mine", usual | {"page": PAGE} | options)


def transport(port: int, time: ManualTime) -> Transport:
    return Transport(hosts=(f"127.0.0.1:{port}",), time=time, jitter=lambda: 0.0)


@cache
def mapping(connection: str) -> Mapping:
    share = {"field": "share", "equals": True}
    tree = {"system": "kinto", "object": connection, "key": "commons_id", "share": share, "fields": FIELDS}
    return of(Source(connection, Path(f"{connection}.toml"), tree, {}))


class KintoHub(Hub):
    """A hub whose connections lead to collections of the same name, each over the wire of ``between``."""

    bucket: Bucket
    between: Between

    def mapping(self, connection: str) -> Mapping:
        return mapping(connection)

    def connect(self, connection: str) -> Connector:
        port = self.between.port
        return Kinto(settings(self.bucket, port), wanted(self.mapping(connection)), transport(port, self.time))  # type: ignore[arg-type]


@dataclass
class World:
    hub: KintoHub
    time: ManualTime
    a: Office
    b: Office

    @property
    def between(self) -> Between:
        return self.hub.between

    @property
    def bucket(self) -> Bucket:
        return self.hub.bucket

    def sync(self) -> dict[str, RunResult]:
        """One round of all: pulls, then pushes."""
        self.time.sleep(60)
        results = {result.connection: result for result in sync_all(self.hub)}
        assert self.between.failed == []
        return results

    def quiet(self) -> int:
        """Requests that write, made by one more round."""
        before = self.between.writes()
        self.sync()
        return self.between.writes() - before

    def table(self, model: Any) -> list[Any]:
        with self.hub.reading() as conn:
            return list(conn.execute(select(model.__table__)))

    def share(self, **columns: Any) -> str:
        """A shared record in the steward's collection; its id there."""
        usual = {"title": "Wells", "summary": "Clean water", "organisation": "Upper Valley Trust", "share": True}
        return self.a.add(**(usual | {"ask": 1000, "currency": "USD"} | columns))

    def shared(self, **columns: Any) -> tuple[str, str]:
        """A record that both sides have by now: its id with the steward, its id with the importer."""
        there = self.share(**columns)
        results = self.sync()
        assert {result.state for result in results.values()} == {"done"}, results
        (copy,) = self.b.by_key(self.a.row(there)["commons_id"])
        return there, copy["id"]

    def opportunity(self) -> Any:
        (one,) = self.table(Opportunity)
        return one

    def conflicts(self) -> list[Any]:
        return [conflict for conflict in self.table(Conflict) if conflict.state == "open"]

    def remembered(self) -> str:
        """All that audit rows and conflicts hold, as one text to look for a value in."""
        rows = [row.values for row in self.table(Audit)]
        return repr(rows + [(c.base, c.commons, c.parties, c.choice) for c in self.table(Conflict)])

    def deleted_by_the_hub(self) -> list[Row]:
        return [e for e in self.bucket.history() if e["user_id"] == "account:hub" and e["action"] == "delete"]

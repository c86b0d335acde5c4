"""The connector of the benchmark's system: through the hub's own transport and strict JSON, as every other one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from connectors.contract import (
    Capabilities,
    Check,
    Connector,
    Draft,
    Edit,
    Field,
    Invalid,
    Outcome,
    Page,
    Record,
    Unseen,
    Wanted,
)
from connectors.transport import Transport
from tests.benchmarks.records import BEGAN, COLUMNS, PAGE

BATCH = 200


class Paged(Connector):
    """One table of the system. ``feed``: timestamp, by its ``updated``, or full_scan."""

    def __init__(
        self,
        url: str,
        wanted: Wanted,
        transport: Transport,
        feed: Literal["timestamp", "full_scan"] = "timestamp",
        writes: bool = True,
    ) -> None:
        self._url, self._wanted, self._transport = url, wanted, transport
        self._columns = wanted.fields
        self.capabilities = Capabilities(writes=writes, feed=feed, guard="strong", page=PAGE, batch=BATCH)

    def check(self) -> list[Check]:
        return []

    def describe(self) -> list[Field]:
        return [Field(name, "text") for name in COLUMNS]

    def changes(self, since: str | None) -> Iterator[Page]:
        asked: dict[str, Any] = {"page": 1} | ({"updated_since": since} if since else {})
        newest = since or BEGAN
        while True:
            answer = self._call("GET", params=asked)
            rows, following = answer["records"], answer["next"]
            newest = max([newest, *(row["updated"] for row in rows)])
            last = following is None
            yield Page(
                tuple(map(self._record, rows)),
                cursor=newest if last and self.capabilities.feed == "timestamp" else None,
                complete=last and since is None,
            )
            if last:
                return
            asked["page"] = following

    def get(self, ids: Sequence[str]) -> dict[str, Any]:
        rows = self._call("GET", params={"ids": ",".join(ids)})["records"] if ids else []
        found = {row["id"]: self._record(row) for row in rows}
        return {id: found.get(id) or Unseen(id, "It was not shown.") for id in ids}

    def find(self, key: str) -> list[Record]:
        return [self._record(row) for row in self._call("GET", params={"key": key})["records"]]

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        rows = self._call("POST", {"records": [draft.fields for draft in drafts]})["records"]
        return [Outcome(row["id"], self._record(row)) for row in rows]

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        rows = self._call("PATCH", {"records": [edit.fields | {"id": edit.id} for edit in edits]})["records"]
        return [
            Outcome(row["id"], self._record(row)) if row else Outcome(error=Invalid("There is none.")) for row in rows
        ]

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        raise Invalid("Nothing is deleted here.")

    def close(self) -> None:
        self._transport.close()

    def _record(self, row: dict[str, Any]) -> Record:
        return Record(row["id"], {c: row.get(c) for c in self._columns}, row["version"])

    def _call(self, method: str, json: Any = None, params: dict[str, Any] | None = None) -> Any:
        return self._transport.call(method, f"{self._url}/records", json=json, params=params).json()

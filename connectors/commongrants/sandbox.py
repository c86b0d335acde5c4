"""A stand-in for an API that speaks CommonGrants 0.4 on this machine, with what such APIs are seen to do wrong.

A seed is ``{"api_key": "…", "opportunities": [{"title", …}]}``.
"""

from __future__ import annotations

import copy
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, jsonify, request

from connectors.clock import SystemTime, Time
from connectors.sandbox import Column, Sandbox, run

PATH = "/common-grants/opportunities"
Body = dict[str, Any]


class CommonGrantsSandbox(Sandbox):
    """``stuck``: edits leave ``lastModifiedAt`` as it is. ``shuffled``: the list is in the order of ids. ``untold``: it does
    not say how many there are. ``most`` caps a page; ``hide`` are ids that one record by itself shows and the list does not."""

    def __init__(self, seed: Mapping[str, Any], time: Time) -> None:
        self.rows: dict[str, Body] = {}
        self.key: str | None = seed.get("api_key")
        self.stuck = self.shuffled = self.untold = False
        self.most: int | None = None
        self.hide: set[str] = set()
        super().__init__("CommonGrants", _app(self), Tables(self), time=time)
        for each in seed.get("opportunities") or ():
            self.write(None, each)

    def write(self, id: str | None, cells: Mapping[str, Any]) -> str:
        """A call, new or edited; dotted names lead below (``keyDates.closeDate``)."""
        with self.lock:
            now = self.time.now().isoformat().replace("+00:00", "Z")
            if id is None:
                id = str(uuid.UUID(int=0x40008000000000000000 | len(self.rows) << 96 | 7 << 90))
                status = {"value": "open"}
                self.rows[id] = {"id": id, "title": "A call", "status": status, "description": "", "createdAt": now}
            row = copy.deepcopy(self.rows[id])
            for name, value in cells.items():
                *path, last = name.split(".")
                below = row
                for step in path:
                    below = below.setdefault(step, {})
                below[last] = value
            if not self.stuck or "lastModifiedAt" not in row:
                row["lastModifiedAt"] = now
            self.rows[id] = row
            return id

    def listed(self) -> list[Body]:
        shown = [row for id, row in self.rows.items() if id not in self.hide]
        if self.shuffled:
            return sorted(shown, key=lambda row: str(row["id"])[::-1])
        return sorted(shown, key=lambda row: str(row["lastModifiedAt"]), reverse=True)


def serve(seed: Mapping[str, Any] | None = None, *, port: int = 0, time: Time | None = None) -> CommonGrantsSandbox:
    """A started sandbox."""
    sandbox = CommonGrantsSandbox(seed or {}, time or SystemTime())
    sandbox.start(port)
    return sandbox


def _app(sandbox: CommonGrantsSandbox) -> Flask:
    app = Flask("commongrants_sandbox", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]

    @app.before_request
    def admit() -> Any:
        if request.path.startswith(PATH) and sandbox.key not in (None, request.headers.get("X-API-Key")):
            return _refusal(401, "Unauthorized")
        return None

    @app.get(PATH)
    def listed() -> Any:
        page, size = request.args.get("page", 1, int), request.args.get("pageSize", 100, int)
        if page < 1 or size < 1:
            return _refusal(400, "page and pageSize are 1 or more")
        size = min(size, sandbox.most or size)
        rows = sandbox.listed()
        info: Body = {"page": page, "pageSize": size}
        if not sandbox.untold:
            info |= {"totalItems": len(rows), "totalPages": -(-len(rows) // size)}
        items = rows[(page - 1) * size : page * size]
        return {"status": 200, "message": "Success", "items": items, "paginationInfo": info}

    @app.get(f"{PATH}/<id>")
    def alone(id: str) -> Any:
        if id not in sandbox.rows:
            return _refusal(404, "The server cannot find the requested resource")
        return {"status": 200, "message": "Success", "data": sandbox.rows[id] | {"competitions": []}}

    return app


def _refusal(status: int, message: str) -> Any:
    return jsonify({"status": status, "message": message, "errors": []}), status


class Tables:
    """``sandbox.Rows``."""

    def __init__(self, sandbox: CommonGrantsSandbox) -> None:
        self._sandbox = sandbox

    def tables(self) -> Sequence[str]:
        return ["Opportunities"]

    def columns(self, table: str) -> Sequence[Column]:
        return [
            Column("title"),
            Column("description", long=True),
            Column("source"),
            Column("lastModifiedAt", editable=False),
        ]

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        names = [column.name for column in self.columns(table)]
        return [(id, {name: str(row.get(name) or "") for name in names}) for id, row in self._sandbox.rows.items()]

    def write(self, table: str, id: str | None, typed: Mapping[str, str]) -> str:
        return self._sandbox.write(id, {name: text for name, text in typed.items() if name != "lastModifiedAt"})

    def remove(self, table: str, id: str) -> None:
        self._sandbox.rows.pop(id, None)


def main(arguments: Sequence[str] | None = None) -> int:
    build: Callable[[Mapping[str, Any], Time], Sandbox] = CommonGrantsSandbox
    return run(build, arguments)


if __name__ == "__main__":
    sys.exit(main())

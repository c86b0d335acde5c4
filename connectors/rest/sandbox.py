"""A stand-in REST system on this machine, with every way of turning pages, signing in and guarding that a declaration knows.

One table of records under several addresses, each with paging of its own: ``/cursor/records``, ``/offset/records``,
``/page/records``, ``/next/records`` (an address in the body), ``/link/records`` (RFC 8288) and ``/header/records``. A seed is
``{"token": "…", "columns": […], "records": [{…}]}``. Deleted records stay as tombstones, shown to who asks with ``deleted=1``.
"""

from __future__ import annotations

import base64
import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, request

from connectors.clock import SystemTime, Time
from connectors.sandbox import Column, Sandbox, run

COLUMNS = ("title", "commons_id", "amount", "notes")
TOKEN = "a-token-of-the-stand-in"
STYLES = ("cursor", "offset", "page", "next", "link", "header")


@dataclass
class Row:
    number: int
    cells: dict[str, Any]
    version: int
    changed: datetime
    deleted: bool = False


@dataclass
class Table:
    """``most`` is the largest page; ``lent`` are the OAuth2 tokens given out."""

    time: Time
    token: str
    columns: tuple[str, ...]
    most: int = 100
    rows: dict[str, Row] = field(default_factory=dict)
    lent: set[str] = field(default_factory=set)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def put(self, id: str | None, cells: Mapping[str, Any], whole: bool = False) -> str:
        """Add or change; ValueError with a sentence for what does not fit."""
        strange = [name for name in cells if name not in self.columns]
        if strange:
            raise ValueError(f"There is no column {strange[0]}.")
        if cells.get("amount") is not None and not isinstance(cells["amount"], int | float):
            raise ValueError("amount takes numbers.")
        number = next(self.numbers)
        id = id or f"r{number}"
        before = self.rows.get(id)
        kept = {} if whole or before is None or before.deleted else before.cells
        at = before.number if before else number
        blank = dict.fromkeys(self.columns)
        self.rows[id] = Row(at, blank | kept | dict(cells), number, self.time.now())
        return id

    def drop(self, id: str) -> None:
        row = self.rows[id]
        self.rows[id] = Row(row.number, {}, next(self.numbers), self.time.now(), deleted=True)

    def shown(self, id: str) -> dict[str, Any]:
        row = self.rows[id]
        own = {"id": id, "version": row.version, "changed": row.changed.isoformat(), "deleted": row.deleted}
        return own | row.cells


class RestSandbox(Sandbox):
    """The frame with the table at hand."""

    def __init__(self, seed: Mapping[str, Any], time: Time) -> None:
        self.table = Table(time, seed.get("token", TOKEN), tuple(seed.get("columns", COLUMNS)))
        for cells in seed.get("records", ()):
            self.table.put(None, cells)
        super().__init__("REST", _app(self.table), _Shown(self.table), time=time)

    def write(self, id: str | None, cells: Mapping[str, Any]) -> str:
        """What a person at the foundation does: change a record, or add one; its id."""
        with self.lock:
            return self.table.put(id, cells)

    def remove(self, id: str) -> None:
        with self.lock:
            self.table.drop(id)

    def records(self) -> dict[str, dict[str, Any]]:
        with self.lock:
            return {id: dict(row.cells) for id, row in self.table.rows.items() if not row.deleted}


def serve(seed: Mapping[str, Any] | None = None, *, time: Time | None = None) -> RestSandbox:
    """An unstarted sandbox: ``with serve(seed) as sandbox: sandbox.url``."""
    return RestSandbox(seed or {}, time or SystemTime())


def _app(table: Table) -> Flask:
    app = Flask(__name__)

    @app.before_request
    def sign_in() -> Any:
        if request.path.startswith("/_sandbox") or request.path == "/token":
            return None
        basic = "Basic " + base64.b64encode(f"hub:{table.token}".encode()).decode()
        known = {f"Bearer {table.token}", basic, *(f"Bearer {lent}" for lent in table.lent)}
        if request.headers.get("Authorization") in known or request.headers.get("X-Api-Key") == table.token:
            return None
        return _wrong(401, "Who are you?")

    @app.post("/token")
    def token() -> Any:
        basic = request.authorization
        secret = basic.password if basic else request.form.get("client_secret")
        if secret != table.token or request.form.get("grant_type") != "client_credentials":
            return _wrong(401, "invalid_client")
        lent = f"lent-{next(table.numbers)}"
        table.lent.add(lent)
        return jsonify(access_token=lent, token_type="Bearer", expires_in=3600)

    @app.get("/<style>/columns")
    def columns(style: str) -> Any:
        return jsonify(columns=list(table.columns))

    @app.get("/<any(cursor, offset, page, next, link, header):style>/records")
    def listed(style: str) -> Any:
        rows = _asked_for(table)
        return _page(table, style, rows)

    @app.post("/<style>/records")
    def add(style: str) -> Any:
        return _put(table, None)

    @app.route("/<style>/records/<id>", methods=["GET", "PATCH", "PUT", "DELETE"])
    def one(style: str, id: str) -> Any:
        row = table.rows.get(id)
        if request.method == "PUT" and row is None and request.headers.get("If-None-Match") == "*":
            return _put(table, id)
        if row is None or (row.deleted and not request.args.get("deleted")):
            return _wrong(404, "There is no such record.")
        if request.method == "GET":
            return _one(table, id)
        if request.headers.get("If-None-Match") == "*":
            return _wrong(412, "There is one already.")
        if request.headers.get("If-Match", f'"{row.version}"') != f'"{row.version}"':
            return _wrong(412, "It changed.")
        if request.method == "DELETE":
            table.drop(id)
            return "", 204
        return _put(table, id)

    return app


def _put(table: Table, id: str | None) -> Any:
    cells = request.get_json(silent=True)
    if not isinstance(cells, dict):
        return _wrong(400, "A record is an object.")
    given = {name: value for name, value in cells.items() if name not in ("id", "changed", "deleted", "version")}
    if "version" in cells and id is not None and cells["version"] != table.rows[id].version:
        return _wrong(409, "It changed.")
    new = id is None or id not in table.rows
    try:
        return _one(table, table.put(id, given, request.method == "PUT"), 201 if new else 200)
    except ValueError as error:
        return _wrong(422, str(error))


def _one(table: Table, id: str, status: int = 200) -> Response:
    answer = jsonify(record=table.shown(id))
    answer.status_code = status
    answer.headers["ETag"] = f'"{table.rows[id].version}"'
    if status == 201:
        answer.headers["Location"] = f"{request.path}/{id}"
    return answer


def _asked_for(table: Table) -> list[str]:
    """Ids in the order of their making; ``changed_since`` and each column filter."""
    since, wanted = request.args.get("changed_since"), {n: v for n, v in request.args.items() if n in table.columns}
    found = []
    for id, row in sorted(table.rows.items(), key=lambda pair: pair[1].number):
        late = since is None or row.changed >= datetime.fromisoformat(since)
        if late and not (row.deleted and not request.args.get("deleted")):
            fits = all(str(row.cells.get(name)) == value for name, value in wanted.items())
            found += [id] if fits else []
    return found


def _page(table: Table, style: str, ids: Sequence[str]) -> Response:
    size = min(int(request.args.get("limit", table.most)), table.most)
    body: dict[str, Any] = {"total": len(ids)}
    headers: dict[str, str] = {}
    if style in ("offset", "page"):
        start = (
            int(request.args.get("offset", 0)) if style == "offset" else (int(request.args.get("page", 1)) - 1) * size
        )
        shown = ids[start : start + size]
        body["more"] = start + size < len(ids)
    else:
        given = request.headers.get("X-Cursor") if style == "header" else request.args.get("cursor")
        after = int(given or 0)
        later = [id for id in ids if table.rows[id].number > after]
        shown = later[:size]
        following = str(table.rows[shown[-1]].number) if len(later) > size else None
        _lead(style, following, body, headers)
    answer = jsonify(body | {"records": [table.shown(id) for id in shown]})
    answer.headers.update(headers)
    return answer


def _lead(style: str, following: str | None, body: dict[str, Any], headers: dict[str, str]) -> None:
    address = f"{request.path}?{urlencode({**request.args, 'cursor': following})}" if following else None
    if style == "cursor":
        body["next"] = following
    elif style == "next":
        body["next"] = address
    elif style == "link" and address:
        headers["Link"] = f'<{address}>; rel="next"'
    elif style == "header" and following:
        headers["X-Next"] = following


def _wrong(status: int, said: str) -> Any:
    return jsonify(error={"message": said}), status


class _Shown:
    """``sandbox.Rows``: the table as the page shows it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def tables(self) -> Sequence[str]:
        return ["records"]

    def columns(self, table: str) -> Sequence[Column]:
        return [Column(name) for name in self._table.columns]

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        there = [(id, row) for id, row in self._table.rows.items() if not row.deleted]
        return [(id, {n: "" if v is None else str(v) for n, v in row.cells.items()}) for id, row in there]

    def write(self, table: str, id: str | None, cells: Mapping[str, str]) -> str:
        typed: dict[str, Any] = {name: text or None for name, text in cells.items()}
        if typed.get("amount"):
            typed["amount"] = float(typed["amount"])
        return self._table.put(id, typed)

    def remove(self, table: str, id: str) -> None:
        self._table.drop(id)


if __name__ == "__main__":
    sys.exit(run(RestSandbox))

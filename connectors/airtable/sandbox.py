"""A stand-in for Airtable on this machine: the Web API's records and metadata, kept in memory.

A seed is ``{"base": "app…", "token": "…", "tables": {name: {"fields": [{"name", "type", "options"?}],
"records": [{"fields": {…}}]}}}``; ``name``, ``scopes`` and ``permission`` of the base may be given too.
A link column names its target as ``"options": {"table": "Organisations"}``, and its seeded cells are
lists of the target's first column.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, Response, jsonify, request

from connectors.airtable.sandbox_errors import WireError, forbidden, invalid, not_found
from connectors.airtable.sandbox_limits import Limit
from connectors.airtable.sandbox_list import Lister, from_query, show
from connectors.airtable.sandbox_rows import Tables
from connectors.airtable.sandbox_state import Base, Row, Table
from connectors.clock import SystemTime, Time
from connectors.sandbox import Sandbox, run

BATCH = 10
CALLS = 5


class AirtableSandbox(Sandbox):
    """The frame with Airtable's state at hand: ``base`` (tables, scopes, permission), ``limit``, ``lists``."""

    def __init__(self, seed: Mapping[str, Any], time: Time, calls: int | None = CALLS) -> None:
        self.base = Base(seed, time)
        self.limit = Limit(time, calls)
        self.lists = Lister(time, self.base.new_id)
        super().__init__("Airtable", _app(self), Tables(self.base), time=time)

    @property
    def api(self) -> str:
        """What a connection's ``url`` is set to."""
        return f"{self.url}/v0"

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All records of a table as the API shows them."""
        found = self.base.table(table)
        with self.lock:
            return [show(found, row, {}) for row in found.rows.values()]

    def write(self, table: str, id: str | None, fields: Mapping[str, Any]) -> str:
        """What a person at the foundation does: change a record, or add one; its id."""
        found = self.base.table(table)
        with self.lock, self.base.whole():
            return (self.base.change(found, id, fields) if id else self.base.create(found, fields)).id

    def remove(self, table: str, id: str) -> None:
        with self.lock:
            self.base.table(table).rows.pop(id, None)


def serve(
    seed: Mapping[str, Any] | None = None, *, port: int = 0, time: Time | None = None, calls: int | None = CALLS
) -> AirtableSandbox:
    """A started sandbox; ``calls`` a second a base, ``None`` without a limit."""
    sandbox = AirtableSandbox(seed or {}, time or SystemTime(), calls)
    sandbox.start(port)
    return sandbox


def _app(sandbox: AirtableSandbox) -> Flask:
    app = Flask("airtable_sandbox", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    base = sandbox.base

    @app.errorhandler(WireError)
    def refused(error: WireError) -> tuple[Response, int]:
        return jsonify(error.body()), error.status

    @app.errorhandler(404)
    @app.errorhandler(405)
    def nowhere(error: Exception) -> tuple[Response, int]:
        return jsonify(not_found().body()), 404

    @app.before_request
    def admit() -> None:
        if not request.path.startswith("/_sandbox"):
            _sign_in(base)

    @app.get("/v0/meta/whoami")
    def whoami() -> Any:
        return {"id": base.user}

    @app.get("/v0/meta/bases")
    def bases() -> Any:
        _scope(base, "schema.bases:read")
        return {"bases": [{"id": base.id, "name": base.name, "permissionLevel": base.permission}]}

    @app.get("/v0/meta/bases/<id>/tables")
    def tables(id: str) -> Any:
        _enter(sandbox, id, "schema.bases:read")
        return {"tables": [_described(table) for table in base.tables]}

    @app.get("/v0/<id>/<name>")
    def listing(id: str, name: str) -> Any:
        _enter(sandbox, id, "data.records:read")
        return sandbox.lists.page(base.table(name), from_query(request.args))

    @app.post("/v0/<id>/<name>/listRecords")
    def listing_by_post(id: str, name: str) -> Any:
        _enter(sandbox, id, "data.records:read")
        return sandbox.lists.page(base.table(name), _body())

    @app.get("/v0/<id>/<name>/<record>")
    def one(id: str, name: str, record: str) -> Any:
        _enter(sandbox, id, "data.records:read")
        table = base.table(name)
        if (row := base.anywhere(record)) is None:
            raise forbidden()
        owner = next(each for each in base.tables if record in each.rows)
        return show(owner if owner is not table else table, row, from_query(request.args))

    @app.post("/v0/<id>/<name>")
    def create(id: str, name: str) -> Any:
        _may_write(sandbox, id)
        table, body = base.table(name), _body()
        with base.whole():
            if "records" not in body:
                return show(table, base.create(table, body.get("fields"), _typecast(body)), _how(body))
            rows = [base.create(table, each.get("fields"), _typecast(body)) for each in _batch(body)]
        return {"records": [show(table, row, _how(body)) for row in rows]}

    @app.route("/v0/<id>/<name>", methods=["PATCH", "PUT"])
    def change(id: str, name: str) -> Any:
        _may_write(sandbox, id)
        table, body = base.table(name), _body()
        with base.whole():
            if "performUpsert" in body:
                return _upsert(base, table, body)
            rows = [_changed(base, table, each, body) for each in _batch(body)]
        return {"records": [show(table, row, _how(body)) for row in rows]}

    @app.route("/v0/<id>/<name>/<record>", methods=["PATCH", "PUT"])
    def change_one(id: str, name: str, record: str) -> Any:
        _may_write(sandbox, id)
        table, body = base.table(name), _body()
        if record not in table.rows:
            raise forbidden()
        with base.whole():
            return show(table, _changed(base, table, {**body, "id": record}, body), _how(body))

    @app.delete("/v0/<id>/<name>/<record>")
    def delete_one(id: str, name: str, record: str) -> Any:
        _may_write(sandbox, id)
        if base.table(name).rows.pop(record, None) is None:
            raise forbidden()
        return {"id": record, "deleted": True}

    @app.delete("/v0/<id>/<name>")
    def delete(id: str, name: str) -> Any:
        _may_write(sandbox, id)
        table, ids = base.table(name), request.args.getlist("records[]") or request.args.getlist("records")
        if not 0 < len(ids) <= BATCH:
            raise invalid(f"Between 1 and {BATCH} records can be deleted at once")
        if any(each not in table.rows for each in ids):
            raise WireError(404, "NOT_FOUND", "Record not found")
        for each in ids:
            table.rows.pop(each, None)
        return {"records": [{"id": each, "deleted": True} for each in ids]}

    return app


# --- the parts of a request


def _sign_in(base: Base) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        raise WireError(401, "AUTHENTICATION_REQUIRED", "Authentication required")
    if token != base.token:
        raise WireError(401, "UNAUTHORIZED", "Invalid token")


def _enter(sandbox: AirtableSandbox, id: str, scope: str) -> None:
    sandbox.limit.count()
    if id != sandbox.base.id:
        raise not_found()
    _scope(sandbox.base, scope)


def _may_write(sandbox: AirtableSandbox, id: str) -> None:
    _enter(sandbox, id, "data.records:write")
    if sandbox.base.permission not in ("create", "edit"):
        raise forbidden()


def _scope(base: Base, scope: str) -> None:
    if scope not in base.scopes:
        raise forbidden()


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise WireError(
            422, "INVALID_REQUEST_UNKNOWN", "Invalid request: parameter validation failed. Check your request data."
        )
    return body


def _batch(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise invalid("Could not find what field(s) to update", "INVALID_REQUEST_MISSING_FIELDS")
    if not 0 < len(records) <= BATCH:
        raise invalid(f"Between 1 and {BATCH} records can be written at once")
    return records


def _typecast(body: Mapping[str, Any]) -> bool:
    return body.get("typecast") is True


def _how(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"returnFieldsByFieldId": body.get("returnFieldsByFieldId", request.args.get("returnFieldsByFieldId", ""))}


def _changed(base: Base, table: Table, each: Mapping[str, Any], body: Mapping[str, Any]) -> Row:
    replace = request.method == "PUT"
    return base.change(table, each.get("id"), each.get("fields"), _typecast(body), replace=replace)


def _upsert(base: Base, table: Table, body: Mapping[str, Any]) -> dict[str, Any]:
    how = body["performUpsert"]
    names = how.get("fieldsToMergeOn") if isinstance(how, dict) else None
    if not isinstance(names, list) or not 1 <= len(names) <= 3:
        raise invalid("fieldsToMergeOn must have between 1 and 3 fields")
    columns = [table.column(name) for name in names]
    if any(column.computed for column in columns):
        raise invalid("fieldsToMergeOn must not have computed fields")
    rows: list[Row] = []
    created: list[str] = []
    for each in _batch(body):
        if "id" in each:
            rows.append(_changed(base, table, each, body))
            continue
        row, new = base.upsert(table, each.get("fields"), columns, _typecast(body))
        rows.append(row)
        created += [row.id] if new else []
    return {
        "records": [show(table, row, _how(body)) for row in rows],
        "createdRecords": created,
        "updatedRecords": [row.id for row in rows if row.id not in created],
    }


def _described(table: Table) -> dict[str, Any]:
    return {
        "id": table.id,
        "name": table.name,
        "primaryFieldId": table.columns[0].id if table.columns else "",
        "fields": [column.schema() for column in table.columns],
        "views": [{"id": "viw" + table.id[3:], "name": "Grid view", "type": "grid"}],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    build: Callable[[Mapping[str, Any], Time], Sandbox] = AirtableSandbox
    return run(build, arguments)


if __name__ == "__main__":
    sys.exit(main())

"""A stand-in Dataverse environment with the Common Data Model for Nonprofits, for the demo, tests and a developer's desk.

Speaks the Web API as far as a hub needs it (README: what it does and does not). The seed, and what ``build`` takes::

    {"tenant": "…", "client_id": "…", "client_secret": "…",
     "rows": {"account": [{"name": "…", "commons_ein": "…"}],
              "msnfp_request": [{"msnfp_name": "…", "msnfp_recipientid": {"account": {"name": "…"}}}]}}

A lookup in a row names its target by table and the target's columns, as ``msnfp_recipientid`` does above. Tables are
filled in the order of the seed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Flask, Response, request

from connectors.clock import SystemTime, Time
from connectors.dataverse.sandbox_api import Api
from connectors.dataverse.sandbox_batch import Asked
from connectors.dataverse.sandbox_cells import Cells
from connectors.dataverse.sandbox_changes import Lists
from connectors.dataverse.sandbox_errors import WireError
from connectors.dataverse.sandbox_rows import Environment
from connectors.dataverse.sandbox_sign_in import SignIn
from connectors.sandbox import Sandbox, run
from connectors.transport import dump

TENANT = "8c9f3f4e-5d5b-4b9a-9f57-3b4a7d1f2c10"
CLIENT_ID = "0b1f6a52-40f3-4f0e-8a55-5f1f3f0f7a21"
CLIENT_SECRET = "sandbox-secret"
METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


class DataverseSandbox(Sandbox):
    """One environment on loopback, and the place to sign in. ``env`` holds its rows, ``api`` its rights and limits,
    ``lists`` its pages, ``sign_in`` its tokens."""

    def __init__(
        self,
        *,
        time: Time | None = None,
        tenant: str = TENANT,
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        **more: Any,
    ) -> None:
        time = time or SystemTime()
        self.env = Environment(time.now)
        self.lists = Lists(self.env)
        self.api = Api(self.env, self.lists)
        self.sign_in = SignIn(time.now, tenant, client_id, client_secret)
        super().__init__("dataverse", _app(self), Cells(self.env), time=time, **more)

    def seed(self, seed: Mapping[str, Any]) -> dict[str, list[str]]:
        """Adds the seed's rows; the new ids by table."""
        seed = json.loads(json.dumps(seed, default=str), parse_float=Decimal)
        made: dict[str, list[str]] = {}
        with self.lock:
            for table, rows in seed.get("rows", {}).items():
                made[table] = [self.env.insert(table, self._resolved(row)) for row in rows]
        return made

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, with every column; lookups as pairs of table and id."""
        with self.lock:
            return [dict(row) for row in self.env.rows(table)]

    def write(self, table: str, id: str | None, values: Mapping[str, Any]) -> str:
        """What a person at the foundation does: change a row, or add one; its id."""
        with self.lock:
            if id is None:
                return self.env.insert(table, self._resolved(values))
            self.env.update(table, id, self._resolved(values))
            return id

    def remove(self, table: str, id: str) -> None:
        with self.lock:
            self.env.delete(table, id)

    def _resolved(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._named(value) if isinstance(value, dict) else value for name, value in row.items()}

    def _named(self, value: Mapping[str, Any]) -> tuple[str, str]:
        ((table, equals),) = value.items()
        for row in self.env.rows(table):
            if all(row.get(name) == wanted for name, wanted in equals.items()):
                return table, str(row[self.env.types[table].id])
        raise ValueError(f"The seed names a {table} that it does not have: {dict(equals)}.")


def _app(sandbox: DataverseSandbox) -> Flask:
    app = Flask("connectors.dataverse.sandbox", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False

    @app.post("/<tenant>/oauth2/v2.0/token")
    def token(tenant: str) -> Response:
        status, body = sandbox.sign_in.token(tenant, request.form, request.content_type or "")
        return Response(dump(body), status, content_type="application/json; charset=utf-8")

    @app.route("/api/data/<path:path>", methods=METHODS)
    def api(path: str) -> Response:
        try:
            sandbox.sign_in.need(request.headers.get("Authorization", ""))
        except WireError as error:
            return Response(b"", error.status, error.headers)
        raw = request.environ.get("RAW_URI") or request.full_path
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, raw, headers, request.get_data(), request.host_url.rstrip("/"))
        reply = sandbox.api.handle(asked)
        answer = Response(reply.body, reply.status, reply.headers)
        if not reply.body:
            answer.headers.pop("Content-Type", None)
        return answer

    return app


def build(seed: Mapping[str, Any], time: Time) -> DataverseSandbox:
    """A sandbox of a seed, not yet listening."""
    sandbox = DataverseSandbox(
        time=time,
        tenant=seed.get("tenant", TENANT),
        client_id=seed.get("client_id", CLIENT_ID),
        client_secret=seed.get("client_secret", CLIENT_SECRET),
    )
    sandbox.seed(seed)
    return sandbox


def serve(seed: Mapping[str, Any] | None = None, *, port: int = 0, time: Time | None = None) -> DataverseSandbox:
    """A started sandbox."""
    sandbox = build(seed or {}, time or SystemTime())
    sandbox.start(port)
    return sandbox


if __name__ == "__main__":
    raise SystemExit(run(build))

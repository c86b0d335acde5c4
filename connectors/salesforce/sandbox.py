"""A stand-in Salesforce org with three modules for grants, for the demo, the tests and a developer's desk.

Speaks the REST API as far as a hub needs it (README: what it does and does not). The
seed, and what ``build`` takes::

    {"client_id": "…", "client_secret": "…", "certificate": "public key in PEM, for the JWT bearer flow",
     "users": [{"Email": "…", "Name": "…"}],
     "accounts": [{"Name": "…", "EIN__c": "…"}],
     "records": {"outfunds__Funding_Request__c": [{"Name": "…", "OwnerId": {"Email": "…"}}]}}

A lookup in a record may name its target by the target's columns, as ``OwnerId`` does above.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from connectors.clock import SystemTime, Time
from connectors.salesforce.sandbox_api import VERSIONS, Api, Reply
from connectors.salesforce.sandbox_batches import Batches
from connectors.salesforce.sandbox_cells import Cells
from connectors.salesforce.sandbox_errors import WireError
from connectors.salesforce.sandbox_json import dumps, loads
from connectors.salesforce.sandbox_rows import Org
from connectors.salesforce.sandbox_sign_in import SignIn
from connectors.sandbox import Sandbox, run

CLIENT_ID = "commons-hub-sandbox"
CLIENT_SECRET = "sandbox-secret"
SESSION = timedelta(hours=2)


class SalesforceSandbox(Sandbox):
    """One org on loopback. ``org`` holds its rows, ``api`` its limits, ``sign_in`` its tokens.

    ``instance_url`` is what the token endpoint names as the place to talk to; without it, the
    address that was called. ``certificate`` is the public key (PEM) of the app, for the JWT bearer flow.
    """

    def __init__(
        self,
        *,
        time: Time | None = None,
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        instance_url: str | None = None,
        session: timedelta = SESSION,
        certificate: str | None = None,
        **more: Any,
    ) -> None:
        time = time or SystemTime()
        self.org = Org(time.now)
        self.api = Api(self.org)
        self.batches = Batches(self.api, lambda: self.app)
        self.sign_in = SignIn(time.now, client_id, client_secret, session)
        self.sign_in.certificate, self.sign_in.user = certificate, self.org.active_user
        self.instance_url = instance_url
        super().__init__("salesforce", _app(self), Cells(self.org), time=time, **more)

    def seed(self, seed: Mapping[str, Any]) -> dict[str, list[str]]:
        """Adds the seed's rows; the new ids by object."""
        seed = json.loads(json.dumps(seed, default=str), parse_float=Decimal)
        made: dict[str, list[str]] = {}
        with self.lock:
            for user in seed.get("users", ()):
                made.setdefault("User", []).append(self.org.seed("User", _user(user)))
            for account in seed.get("accounts", ()):
                made.setdefault("Account", []).append(self.org.seed("Account", account))
            for object, rows in seed.get("records", {}).items():
                for row in rows:
                    made.setdefault(object, []).append(self.org.seed(object, self._resolved(object, row)))
        return made

    def rows(self, object: str) -> list[dict[str, Any]]:
        """All rows of an object that are not deleted, with every column."""
        with self.lock:
            return [dict(row) for row in self.org.rows(object)]

    def write(self, object: str, id: str | None, fields: Mapping[str, Any]) -> str:
        """What a person at the foundation does: change a row, or add one; its id."""
        with self.lock:
            if id is None:
                return self.org.insert(object, fields)
            self.org.update(object, id, fields)
            return id

    def remove(self, object: str, id: str) -> None:
        with self.lock:
            self.org.delete(object, id)

    def _resolved(self, object: str, row: Mapping[str, Any]) -> dict[str, Any]:
        columns = self.org.object(object).columns
        return {
            name: self._named(columns[name].refers[0], value) if isinstance(value, dict) and name in columns else value
            for name, value in row.items()
        }

    def _named(self, object: str, equals: Mapping[str, Any]) -> str:
        for row in self.org.rows(object):
            if all(row.get(name) == value for name, value in equals.items()):
                return str(row["Id"])
        raise ValueError(f"The seed names a {object} that it does not have: {dict(equals)}.")


def _user(given: Mapping[str, Any]) -> dict[str, Any]:
    name = str(given.get("Name") or given["Email"])
    return {"Username": given["Email"], "LastName": name.rpartition(" ")[2], "Name": name, **given}


def _app(sandbox: SalesforceSandbox) -> Flask:
    app = Flask("connectors.salesforce.sandbox", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False

    @app.errorhandler(WireError)
    def refuse(error: WireError) -> Response:
        return _answer(sandbox, Reply(error.status, error.body()))

    @app.errorhandler(HTTPException)
    def unknown(error: HTTPException) -> Response:
        code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.code or 500, "UNKNOWN_EXCEPTION")
        body = [
            {
                "errorCode": code,
                "message": "The requested resource does not exist" if code == "NOT_FOUND" else str(error),
            }
        ]
        return _answer(sandbox, Reply(error.code or 500, body))

    @app.post("/services/oauth2/token")
    def token() -> Response:
        status, body = sandbox.sign_in.token(
            request.form,
            request.headers.get("Authorization", ""),
            sandbox.instance_url or request.host_url.rstrip("/"),
            sandbox.org.runs_as,
            request.content_type or "",
        )
        return _plain(status, body)

    @app.get("/services/data")
    def versions() -> Response:
        return _plain(200, sandbox.api.versions().body)

    _data_routes(app, sandbox)
    return app


def _data_routes(app: Flask, sandbox: SalesforceSandbox) -> None:
    api = sandbox.api

    def route(path: str, *methods: str) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
        """A resource of the data API: counted, behind a token, of a known version."""

        def register(handler: Callable[..., Reply]) -> Callable[..., Reply]:
            def view(version: str, **parts: str) -> Response:
                sandbox.sign_in.need(request.headers.get("Authorization", ""))
                api.count_call()
                if version not in VERSIONS:
                    raise WireError(404, "NOT_FOUND", "The requested resource does not exist")
                return _answer(sandbox, handler(version, **parts))

            endpoint = f"{handler.__name__}-{'-'.join(methods)}"
            app.add_url_rule(f"/services/data/<version>/{path}", endpoint, view, methods=methods)
            return handler

        return register

    @route("query", "GET")
    def query(version: str) -> Reply:
        return api.query(version, request.args.get("q"), request.headers.get("Sforce-Query-Options", ""), False)

    @route("queryAll", "GET")
    def query_all(version: str) -> Reply:
        return api.query(version, request.args.get("q"), request.headers.get("Sforce-Query-Options", ""), True)

    @route("query/<locator>", "GET")
    def more(version: str, locator: str) -> Reply:
        return api.more(version, locator)

    @route("limits", "GET")
    def limits(version: str) -> Reply:
        return api.limits()

    @route("sobjects", "GET")
    def objects(version: str) -> Reply:
        return api.objects()

    @route("sobjects/<object>", "GET")
    def basics(version: str, object: str) -> Reply:
        return api.basics(object)

    @route("sobjects/<object>", "POST")
    def create(version: str, object: str) -> Reply:
        return api.create(object, _body())

    @route("sobjects/<object>/describe", "GET")
    def describe(version: str, object: str) -> Reply:
        return api.describe(object)

    @route("sobjects/<object>/deleted", "GET")
    def deleted(version: str, object: str) -> Reply:
        return api.deleted(object, request.args.get("start", ""), request.args.get("end", ""))

    @route("sobjects/<object>/<id>", "GET")
    def read(version: str, object: str, id: str) -> Reply:
        return api.read(version, object, id, request.args.get("fields"))

    @route("sobjects/<object>/<id>", "PATCH")
    def update(version: str, object: str, id: str) -> Reply:
        return api.update(object, id, _body(), request.headers.get("If-Unmodified-Since"))

    @route("sobjects/<object>/<id>", "DELETE")
    def delete(version: str, object: str, id: str) -> Reply:
        return api.delete(object, id)

    @route("sobjects/<object>/<column>/<path:value>", "GET")
    def read_by(version: str, object: str, column: str, value: str) -> Reply:
        return api.read_by(version, object, column, value, request.args.get("fields"))

    @route("sobjects/<object>/<column>/<path:value>", "PATCH")
    def upsert(version: str, object: str, column: str, value: str) -> Reply:
        return api.upsert(version, object, column, value, _body(), request.args.get("updateOnly") == "true")

    @route("composite", "POST")
    def composite(version: str) -> Reply:
        return sandbox.batches.composite(_body(), request.headers.get("Authorization", ""))

    @route("composite/sobjects", "POST")
    def create_many(version: str) -> Reply:
        return sandbox.batches.create(_body())

    @route("composite/sobjects", "PATCH")
    def update_many(version: str) -> Reply:
        return sandbox.batches.update(_body())

    @route("composite/sobjects/<object>/<column>", "PATCH")
    def upsert_many(version: str, object: str, column: str) -> Reply:
        return sandbox.batches.upsert(object, column, _body())


def _body() -> Any:
    if request.mimetype != "application/json":
        raise WireError(
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            f"Content-Type header specified in HTTP request is not supported: {request.mimetype}",
        )
    try:
        return loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise WireError(400, "JSON_PARSER_ERROR", f"The HTTP entity body is not JSON: {error}") from None


def _plain(status: int, body: Any) -> Response:
    return Response(dumps(body), status, content_type="application/json;charset=UTF-8")


def _answer(sandbox: SalesforceSandbox, reply: Reply) -> Response:
    answer = Response(status=reply.status) if reply.body is None else _plain(reply.status, reply.body)
    if reply.body is None:
        answer.headers.pop("Content-Type", None)
    answer.headers["Sforce-Limit-Info"] = f"api-usage={sandbox.api.used}/{sandbox.api.allowed}"
    return answer


def build(seed: Mapping[str, Any], time: Time) -> SalesforceSandbox:
    """A sandbox of a seed, not yet listening."""
    sandbox = SalesforceSandbox(
        time=time,
        client_id=seed.get("client_id", CLIENT_ID),
        client_secret=seed.get("client_secret", CLIENT_SECRET),
        certificate=seed.get("certificate"),
    )
    sandbox.seed(seed)
    return sandbox


def serve(seed: Mapping[str, Any] | None = None, *, port: int = 0, time: Time | None = None) -> SalesforceSandbox:
    """A started sandbox."""
    sandbox = build(seed or {}, time or SystemTime())
    sandbox.start(port)
    return sandbox


if __name__ == "__main__":
    raise SystemExit(run(build))

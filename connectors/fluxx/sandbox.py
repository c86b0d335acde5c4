"""A stand-in Fluxx site, for the demo, the tests and a developer's desk: REST API v2, kept in memory.

The seed, and what ``serve`` takes::

    {"client_id": "…", "client_secret": "…", "lag": 300,
     "fields": [{"name": "project_title"}, {"name": "commons_share", "attribute_type": "boolean"}],
     "records": {"model_theme": [{"id": 7, "name": "Project grants", "model_type": "GrantRequest"}],
                 "organization": [{"name": "…", "tax_id": "…"}],
                 "grant_request": [{"project_title": "…", "program_organization_id": {"name": "…"}}]}}

``fields`` are the dynamic ones of grant requests, none by default; a relation may name its target by the target's
columns. Sites differ: the attributes of ``site`` say how this one does.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Flask, Response, request

from connectors.clock import SystemTime, Time
from connectors.fluxx.sandbox_alerts import Alerts
from connectors.fluxx.sandbox_errors import WireError
from connectors.fluxx.sandbox_limits import Limits, TooMany
from connectors.fluxx.sandbox_list import Lists, decoded
from connectors.fluxx.sandbox_rows import Tables
from connectors.fluxx.sandbox_sign_in import SignIn
from connectors.fluxx.sandbox_site import LAG, Site
from connectors.sandbox import Sandbox, run

CLIENT_ID = "commons-hub-sandbox"
CLIENT_SECRET = "sandbox-secret"


class FluxxSandbox(Sandbox):
    """One site on loopback. ``site`` holds its rows and habits, ``lists`` the index, ``limits``, ``alerts``, ``sign_in``."""

    def __init__(self, seed: Mapping[str, Any], time: Time, limited: bool = True) -> None:
        self.site = Site(time, float(seed.get("lag", LAG)))
        self.lists = Lists(self.site, time)
        self.limits = Limits(time, limited)
        self.alerts = Alerts(self.site)
        self.sign_in = SignIn(time, seed.get("client_id", CLIENT_ID), seed.get("client_secret", CLIENT_SECRET))
        for field in seed.get("fields", ()):
            self.site.add_field(field)
        super().__init__("Fluxx", _app(self), Tables(self.site), time=time)
        self.seed(seed.get("records", {}))

    def seed(self, records: Mapping[str, Any]) -> dict[str, list[str]]:
        """Adds rows, read-only columns too; the new ids by model."""
        made: dict[str, list[str]] = {}
        with self.lock:
            for model, rows in records.items():
                for row in rows:
                    id = self.site.insert(model, self._resolved(model, row), seeding=True)
                    made.setdefault(model, []).append(str(id))
        return made

    def rows(self, model: str) -> list[dict[str, Any]]:
        """All rows that are not deleted, as the database has them."""
        with self.lock:
            return [dict(row.cells) for row in self.site.rows[model].values() if not row.cells.get("deleted_at")]

    def write(self, model: str, id: str | None, fields: Mapping[str, Any]) -> str:
        """What a person at the foundation does: change a row, or add one; its id. Lists show a change when the
        index has it."""
        with self.lock:
            if id is None:
                return str(self.site.insert(model, fields, seeding=True))
            self.site.update(model, int(id), fields)
            return id

    def remove(self, model: str, id: str) -> None:
        with self.lock:
            self.site.remove(model, int(id))

    def _resolved(self, model: str, row: Mapping[str, Any]) -> dict[str, Any]:
        columns = self.site.model(model).columns
        return {
            name: self._named(columns[name].target, value) if isinstance(value, Mapping) and name in columns else value
            for name, value in row.items()
        }

    def _named(self, model: str, equals: Mapping[str, Any]) -> int:
        for id, row in self.site.rows[model].items():
            if all(row.cells.get(name) == value for name, value in equals.items()):
                return id
        raise ValueError(f"The seed names a {model} that it does not have: {dict(equals)}.")


def _app(sandbox: FluxxSandbox) -> Flask:
    app = Flask("connectors.fluxx.sandbox", static_folder=None)

    @app.errorhandler(TooMany)
    def slow_down(error: TooMany) -> Response:
        answer = _json(error.body(), 429)
        if sandbox.limits.tells:
            answer.headers["Retry-After"] = str(math.ceil(error.wait))
        return answer

    @app.errorhandler(WireError)
    def refuse(error: WireError) -> Response:
        hidden = sandbox.site.errors_in_200 and not error.certain
        return _json(error.body(), 200 if hidden else error.status)

    @app.errorhandler(404)
    @app.errorhandler(405)
    def nowhere(error: Exception) -> Response:
        page = "<!doctype html><title>Not found</title><h1>The page you were looking for does not exist.</h1>"
        return Response(page, 404, content_type="text/html")

    @app.post("/oauth/token")
    def token() -> Response:
        status, body = sandbox.sign_in.token(_params())
        return _json(body, status)

    @app.get("/poll/client/1/uuid/queue/<queue>")
    def alerts(queue: str) -> Response:
        return _json(sandbox.alerts.batch(queue))

    @app.get("/poll/client/1/uuid/queue_finished/<queue>/<job>")
    def finished(queue: str, job: str) -> Response:
        return _json(sandbox.alerts.finish(queue, job))

    _rest(app, sandbox)
    return app


def _rest(app: Flask, sandbox: FluxxSandbox) -> None:
    site, lists = sandbox.site, sandbox.lists
    base = "/api/rest/v2/<model>"

    def enter(kind: str, right: str, model: str) -> Mapping[str, Any]:
        sandbox.sign_in.need(request.headers.get("Authorization", ""))
        sandbox.limits.count(kind)
        site.need(right, model)
        return _params()

    def one(model: str, id: int, params: Mapping[str, Any]) -> Response:
        cells = site.live(model, id)
        if cells is None:
            if site.unknown == "404":
                raise WireError(f"Couldn't find {model} with id={id}", status=404, code=404, certain=True)
            return _json({model: {"id": id}})
        known = site.model(model)
        return _json({model: lists.show(known, cells, lists.cols(known, params), params)})

    @app.get(base, endpoint="list")
    @app.post(f"{base}/list", endpoint="list_by_post")
    def listing(model: str) -> Response:
        return _json(lists.page(model, enter("list", "read", model)))

    @app.get(f"{base}/<int:id>")
    def get(model: str, id: int) -> Response:
        params = enter("get", "read", model)
        lists.cols(site.model(model), params)
        return one(model, id, params)

    @app.post(base)
    def create(model: str) -> Response:
        params = enter("write", "create", model)
        lists.cols(site.model(model), params)
        return one(model, site.insert(model, _data(params)), params)

    @app.put(f"{base}/<int:id>")
    def change(model: str, id: int) -> Response:
        params = enter("write", "update", model)
        lists.cols(site.model(model), params)
        site.update(model, id, _data(params), at_once=str(params.get("priority_index", "")).lower() == "true")
        return one(model, id, params)

    @app.delete(f"{base}/<int:id>")
    def delete(model: str, id: int) -> Response:
        enter("write", "delete", model)
        site.remove(model, id)
        return _json({model: {"id": id}})


def _params() -> Mapping[str, Any]:
    """From the query, a form of either kind, or a JSON body."""
    if request.mimetype == "application/json":
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise WireError("the body is no JSON object")
        return {**request.args.to_dict(), **body}
    return {**request.args.to_dict(), **request.form.to_dict()}


def _data(params: Mapping[str, Any]) -> Mapping[str, Any]:
    data = decoded(params, "data")
    if not isinstance(data, dict):
        raise WireError("data must be an object")
    return data


def _json(body: Any, status: int = 200) -> Response:
    text = json.dumps(
        body, ensure_ascii=False, default=lambda value: float(value) if isinstance(value, Decimal) else str(value)
    )
    return Response(text, status, content_type="application/json; charset=utf-8")


def build(seed: Mapping[str, Any], time: Time) -> FluxxSandbox:
    """A sandbox of a seed, not yet listening."""
    return FluxxSandbox(seed, time)


def serve(
    seed: Mapping[str, Any] | None = None, *, port: int = 0, time: Time | None = None, limited: bool = True
) -> FluxxSandbox:
    """A started sandbox; ``limited``: within the budgets of a shared site."""
    sandbox = FluxxSandbox(seed or {}, time or SystemTime(), limited)
    sandbox.start(port)
    return sandbox


if __name__ == "__main__":
    raise SystemExit(run(build))

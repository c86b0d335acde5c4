"""A stand-in for the Philanthropy Data Commons on this machine, with its quirks as version 0.41 shows them.

Lists give 10 entries unless told otherwise, newest first; ``externalId`` is not unique and cannot be searched; a bad
value is kept and marked; nothing can be changed or deleted; malformed JSON is a 500 and an unknown address a page.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, Response, g, jsonify, request

from connectors.clock import SystemTime, Time
from connectors.pdc import sandbox_rows, sandbox_sign_in
from connectors.pdc.sandbox_errors import WireError, missing, wrong
from connectors.pdc.sandbox_state import Body, Client, Commons, commons, one
from connectors.sandbox import Sandbox, run

TOKEN = "/realms/pdc/protocol/openid-connect/token"


class PdcSandbox(Sandbox):
    """The frame with the commons at hand; service and identity provider share one address. ``most`` caps a page of proposals."""

    def __init__(self, seed: Mapping[str, Any], time: Time) -> None:
        self.commons = commons(seed, time)
        self.most: int | None = None
        self._between: list[tuple[str, str, Callable[[], object]]] = []
        super().__init__("Philanthropy Data Commons", _app(self), sandbox_rows.Tables(self.commons), time=time)

    @property
    def token_url(self) -> str:
        return self.url + TOKEN

    def write(self, opportunity: int, id: int | None, cells: Mapping[str, Any], by: str = sandbox_rows.STAFF) -> int:
        """What somebody's system does: a proposal, or another version of one; its number."""
        with self.lock:
            return sandbox_rows.write(self.commons, opportunity, id, cells, by)

    def values(self, id: int) -> dict[str, str]:
        """What the newest version of a proposal says."""
        with self.lock:
            return sandbox_rows.values(one(self.commons.proposals, id))

    def before(self, method: str, path: str, act: Callable[[], object]) -> None:
        """Let somebody do this just before the next such request is carried out."""
        self._between.append((method, path, act))

    def interrupt(self) -> None:
        for each in self._between:
            if each[0] == request.method and each[1] in request.path:
                self._between.remove(each)
                each[2]()
                return


def serve(seed: Mapping[str, Any] | None = None, *, port: int = 0, time: Time | None = None) -> PdcSandbox:
    """A started sandbox."""
    sandbox = PdcSandbox(seed or {}, time or SystemTime())
    sandbox.start(port)
    return sandbox


def _app(sandbox: PdcSandbox) -> Flask:
    app = Flask("pdc_sandbox", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    there = sandbox.commons

    @app.errorhandler(WireError)
    def refused(error: WireError) -> Any:
        return jsonify(error.body()), error.status

    @app.errorhandler(404)
    @app.errorhandler(405)
    def nowhere(error: Exception) -> Response:
        page = f"<!DOCTYPE html><title>Error</title><pre>Cannot {request.method} {request.path}</pre>"
        return Response(page, 404, content_type="text/html; charset=utf-8")

    @app.before_request
    def admit() -> None:
        if request.path.startswith("/_sandbox") or request.path == TOKEN:
            return
        sandbox.interrupt()
        if request.path != "/baseFields":
            g.client = sandbox_sign_in.bearer(there, request.headers.get("Authorization", ""), sandbox.time)

    @app.post(TOKEN)
    def token() -> Any:
        status, body = sandbox_sign_in.token(there, request.form)
        return jsonify(body), status

    _add_catalogue(app, there)
    _add_proposals(app, sandbox, there)
    return app


def _add_catalogue(app: Flask, there: Commons) -> None:
    @app.get("/baseFields")
    def base_fields() -> Any:
        return _page([there.base_field(code) for code in there.types])

    @app.put("/baseFields/<code>")
    def put_base_field(code: str) -> Any:
        raise WireError(401, "UnauthorizedError", "Your account must be an administrator.")

    @app.get("/opportunities")
    def opportunities() -> Any:
        return _page([each for each in there.opportunities if _sees(each["id"])])

    @app.get("/opportunities/<int:id>")
    def opportunity(id: int) -> Any:
        if not _sees(id):
            raise missing()
        return one(there.opportunities, id)

    @app.post("/opportunities")
    def add_opportunity() -> Any:
        return there.add_opportunity(str(_body().get("title")), str(_body().get("funderShortCode"))), 201

    @app.get("/applicationForms")
    def forms() -> Any:
        return _page([each for each in there.forms if _sees(each["opportunityId"])])

    @app.get("/applicationForms/<int:id>")
    def form(id: int) -> Any:
        found = one(there.forms, id)
        if not _sees(found["opportunityId"]):
            raise missing()
        return found

    @app.get("/sources")
    def sources() -> Any:
        return _page(there.sources)


def _add_proposals(app: Flask, sandbox: PdcSandbox, there: Commons) -> None:
    @app.get("/proposals")
    def proposals() -> Any:
        funders = {each["id"]: each["funderShortCode"] for each in there.opportunities}
        funder, mine = request.args.get("funder"), request.args.get("createdBy") == "me"
        return _page(
            [
                each
                for each in there.proposals
                if _sees(each["opportunityId"])
                and funder in (None, funders[each["opportunityId"]])
                and (not mine or each["createdBy"] == _client().sub)
            ],
            sandbox.most,
        )

    @app.get("/proposals/<int:id>")
    def proposal(id: int) -> Any:
        found = one(there.proposals, id)
        if not _sees(found["opportunityId"]):
            raise missing()
        return found

    @app.post("/proposals")
    def add_proposal() -> Any:
        return there.add_proposal(_body(), _client().sub), 201

    @app.post("/proposalVersions")
    def add_version() -> Any:
        said, client = _body(), _client()
        if client.refers is not None and said.get("sourceId") not in client.refers:
            raise WireError(403, "ForbiddenError", "You do not have permission to reference this source.")
        return there.add_version(said, client.sub), 201


def _client() -> Client:
    client: Client = g.client
    return client


def _sees(opportunity: int) -> bool:
    sees = _client().sees
    return sees is None or opportunity in sees


def _page(rows: Sequence[Body], most: int | None = None) -> Body:
    """Newest first, by LIMIT and OFFSET. ``externalId`` and whatever else is asked for is ignored."""
    page, count = _number("_page", 1), _number("_count", 10)
    count = min(count, most or count)
    newest = list(reversed(rows))
    return {"entries": newest[(page - 1) * count : page * count], "total": len(rows)}


def _number(name: str, default: int) -> int:
    given = request.args.get(name, str(default))
    if not given.isdecimal() or int(given) < 1:
        raise wrong(f"{name} must be a positive integer")
    return int(given)


def _body() -> Body:
    said = request.get_json(silent=True)
    if said is None:
        raise WireError(500, "SyntaxError", "Unexpected token in JSON")
    if not isinstance(said, dict):
        raise wrong("The body must be an object")
    return said


def main(arguments: Sequence[str] | None = None) -> int:
    build: Callable[[Mapping[str, Any], Time], Sandbox] = PdcSandbox
    return run(build, arguments)


if __name__ == "__main__":
    sys.exit(main())

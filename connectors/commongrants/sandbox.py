"""A stand-in for a publisher of open calls on this machine: the opportunity routes of CommonGrants 0.4, kept in memory.

A seed is ``{"key": "…", "key_as": "X-API-Key", "opportunities": [{…}]}``, opportunities as the protocol has them; what it
requires and the seed leaves out (id, status, description, stamps) is filled in. Without a key anyone may read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, jsonify, request

from connectors.clock import SystemTime, Time
from connectors.commongrants import sandbox_search
from connectors.commongrants.sandbox_limits import Limit
from connectors.commongrants.sandbox_list import Lists, WireError, page_of
from connectors.commongrants.sandbox_rows import Tables
from connectors.commongrants.sandbox_state import Publisher
from connectors.sandbox import Sandbox, run

PREFIX = "/common-grants"


class CommonGrantsSandbox(Sandbox):
    """The frame with the publisher at hand. ``calls`` a minute, ``None`` without a limit.

    ``own_404``: an unknown id is answered in the protocol's envelope, else as a framework does. ``nulls``: optional
    parts without a value are sent as null, as many publishers do, though the schema says to leave them out.
    """

    def __init__(self, seed: Mapping[str, Any], time: Time, calls: int | None = None) -> None:
        self.publisher = Publisher(seed, time)
        self.lists = Lists(self.publisher)
        self.limit = Limit(time, calls)
        self.own_404, self.nulls = True, False
        super().__init__("CommonGrants", _app(self), Tables(self.publisher), time=time)

    def write(self, id: str | None, cells: Mapping[str, Any], *, stamped: bool = True) -> str:
        """What the publisher's staff does: change parts of a call by their paths, or add one; its id. Not ``stamped``:
        ``lastModifiedAt`` stays where it was."""
        with self.lock:
            return self.publisher.write(id, cells, stamped=stamped)

    def remove(self, id: str) -> None:
        with self.lock:
            self.publisher.calls.pop(id, None)

    def lag(self, seconds: float) -> None:
        """For so long the lists show everything as it is at this moment, and single calls as they are."""
        with self.lock:
            self.lists.lag(seconds)

    def get_lags(self, seconds: float) -> None:
        """For so long single calls are shown as they are at this moment, and lists as they are."""
        with self.lock:
            self.publisher.freeze(seconds)


def serve(
    seed: Mapping[str, Any] | None = None, *, port: int = 0, time: Time | None = None, calls: int | None = None
) -> CommonGrantsSandbox:
    """A started sandbox."""
    sandbox = CommonGrantsSandbox(seed or {}, time or SystemTime(), calls)
    sandbox.start(port)
    return sandbox


def _app(sandbox: CommonGrantsSandbox) -> Flask:
    app = Flask("commongrants_sandbox", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    publisher = sandbox.publisher

    @app.errorhandler(WireError)
    def refused(error: WireError) -> Any:
        return jsonify(error.body()), error.status, error.headers

    @app.errorhandler(404)
    @app.errorhandler(405)
    def nowhere(error: Any) -> Any:
        return jsonify(WireError(error.code, error.name).body()), error.code

    @app.before_request
    def admit() -> None:
        if not request.path.startswith("/_sandbox"):
            sandbox.limit.count()
            publisher.admit(request.headers)

    @app.get(f"{PREFIX}/opportunities")
    def listed() -> Any:
        items, info = sandbox.lists.page(sandbox.lists.newest_first(), *page_of(request.args))
        shown = [_shown(item) for item in items]
        return {"status": 200, "message": "Opportunities fetched", "items": shown, "paginationInfo": info}

    @app.get(f"{PREFIX}/opportunities/<id>")
    def one(id: str) -> Any:
        there = publisher.single(id)
        if there is None:
            if not sandbox.own_404:
                return jsonify(detail="Not Found"), 404
            raise WireError(404, "Opportunity not found")
        return {"status": 200, "message": "Opportunity fetched", "data": _shown(there)}

    @app.post(f"{PREFIX}/opportunities/search")
    def search() -> Any:
        said = request.get_json(silent=True)
        said = said if isinstance(said, dict) else {}
        found, sorting, filters = sandbox_search.search(sandbox.lists.newest_first(), said)
        # The protocol has the page in the body; the SDK's client says it in the query.
        where = request.args if "page" in request.args else said.get("pagination") or {}
        items, info = sandbox.lists.page(found, *page_of(where))
        return {
            "status": 200,
            "message": "Opportunities searched",
            "items": [_shown(item) for item in items],
            "paginationInfo": info,
            "sortInfo": sorting,
            "filterInfo": filters,
        }

    def _shown(call: Mapping[str, Any]) -> dict[str, Any]:
        if not sandbox.nulls:
            return dict(call)
        optional = ("funding", "keyDates", "acceptedApplicantTypes", "source", "customFields")
        return {**dict.fromkeys(optional), **call}

    return app


def main(arguments: Sequence[str] | None = None) -> int:
    build: Callable[[Mapping[str, Any], Time], Sandbox] = CommonGrantsSandbox
    return run(build, arguments)


if __name__ == "__main__":
    sys.exit(main())

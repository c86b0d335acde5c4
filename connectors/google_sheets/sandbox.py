"""A stand-in for Google Sheets on this machine: the values part of the Sheets API, sign-in by service account, quotas.

A seed is ``{"spreadsheets": {id: {"title", "role": "writer", "tabs": {title: [[cell, …], …]}}}}``; see ``sandbox_book``.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask, jsonify, request

from connectors.clock import SystemTime, Time
from connectors.google_sheets import sandbox_requests, sandbox_rows, sandbox_values
from connectors.google_sheets.sandbox_book import Book, Tab, book
from connectors.google_sheets.sandbox_errors import WireError, invalid
from connectors.google_sheets.sandbox_sign_in import EMAIL, Accounts, secret
from connectors.sandbox import Sandbox, run

V4 = "/v4/spreadsheets"
READS = WRITES = 60
"""In one minute, for one user."""


class GoogleSheetsSandbox(Sandbox):
    """The frame with the books at hand. ``limit`` is of reads and of writes a minute, ``None`` for none."""

    def __init__(self, seed: Mapping[str, Any], time: Time, limit: int | None = READS) -> None:
        self.accounts = Accounts(time)
        self.books = {id: book(id, each, EMAIL) for id, each in (seed.get("spreadsheets") or {}).items()}
        self.limit = limit
        self._between: list[tuple[str, str, Callable[[], None]]] = []
        super().__init__("Google Sheets", _app(self), sandbox_rows.Tables(self.books), time=time)

    @property
    def api(self) -> str:
        """For the option url."""
        return f"{self.url}{V4}"

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def key(self) -> str:
        """The key file of the stand-in's service account."""
        return secret(self.token_url)

    def tab(self, title: str, id: str = "") -> Tab:
        """Of the first spreadsheet, unless another one is named."""
        found: Book = self.books[id] if id else next(iter(self.books.values()))
        return found.tab(title)

    def write(self, title: str, row: int | None, cells: Mapping[str, Any], header: int = 1) -> int:
        """What a person types; the number of the row."""
        with self.lock:
            return sandbox_rows.write(self.tab(title), row, cells, header)

    def rows(self, title: str, header: int = 1) -> list[dict[str, Any]]:
        """The filled rows below the header, by its names."""
        with self.lock:
            return [cells for _, cells in sandbox_rows.read(self.tab(title), header)]

    def before(self, method: str, path: str, act: Callable[[], None]) -> None:
        """Let somebody do this just before the next such request is carried out."""
        self._between.append((method, path, act))

    def interrupt(self) -> None:
        for each in self._between:
            if each[0] == request.method and each[1] in request.path:
                self._between.remove(each)
                each[2]()
                return


def serve(
    seed: Mapping[str, Any] | None = None, *, port: int = 0, time: Time | None = None, limit: int | None = READS
) -> GoogleSheetsSandbox:
    """A started sandbox."""
    sandbox = GoogleSheetsSandbox(seed or {}, time or SystemTime(), limit)
    sandbox.start(port)
    return sandbox


def _app(sandbox: GoogleSheetsSandbox) -> Flask:
    app = Flask("google_sheets_sandbox", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    recent: dict[str, deque[float]] = {"Read": deque(), "Write": deque()}

    @app.errorhandler(WireError)
    def refused(error: WireError) -> Any:
        return jsonify(error.body()), error.status

    @app.post("/token")
    def token() -> Any:
        form = request.form
        status, body = sandbox.accounts.token(form.get("grant_type", ""), form.get("assertion", ""), request.base_url)
        return jsonify(body), status

    @app.before_request
    def admit() -> None:
        if request.path.startswith(V4):
            sandbox.accounts.who(request.headers.get("Authorization", ""), writes=_writes())
            _count(recent["Write" if _writes() else "Read"], "Write" if _writes() else "Read")
            sandbox.interrupt()

    def _count(calls: deque[float], kind: str) -> None:
        now = sandbox.time.monotonic()
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if sandbox.limit is not None and len(calls) >= sandbox.limit:
            raise WireError(
                429,
                f"Quota exceeded for quota metric '{kind} requests' and limit '{kind} requests per minute per user' of "
                "service 'sheets.googleapis.com' for consumer 'project_number:100000000001'.",
            )
        calls.append(now)

    _add_values(app, sandbox)
    return app


def _add_values(app: Flask, sandbox: GoogleSheetsSandbox) -> None:
    @app.get(f"{V4}/<id>")
    def metadata(id: str) -> Any:
        return jsonify(sandbox_requests.metadata(_book(sandbox, id)))

    @app.post(f"{V4}/<id>:batchUpdate")
    def change(id: str) -> Any:
        with _whole(_book(sandbox, id)) as found:
            return jsonify(sandbox_requests.batch(found, _body()))

    @app.get(f"{V4}/<id>/values/<path:area>")
    def get(id: str, area: str) -> Any:
        return jsonify(sandbox_values.get(_book(sandbox, id), area, request.args))

    @app.get(f"{V4}/<id>/values:batchGet")
    def batch_get(id: str) -> Any:
        found = _book(sandbox, id)
        given = [sandbox_values.get(found, area, request.args) for area in request.args.getlist("ranges")]
        return jsonify({"spreadsheetId": id, "valueRanges": given})

    @app.put(f"{V4}/<id>/values/<path:area>")
    def put(id: str, area: str) -> Any:
        with _whole(_book(sandbox, id)) as found:
            return jsonify(sandbox_values.put(found, area, _body(), request.args.get("valueInputOption", "")))

    @app.post(f"{V4}/<id>/values:batchUpdate")
    def batch_put(id: str) -> Any:
        with _whole(_book(sandbox, id)) as found:
            return jsonify(sandbox_values.batch_put(found, _body()))

    @app.post(f"{V4}/<id>/values:batchClear")
    def batch_clear(id: str) -> Any:
        with _whole(_book(sandbox, id)) as found:
            cleared = [sandbox_values.clear(found, str(each)) for each in _body().get("ranges") or ()]
            return jsonify({"spreadsheetId": id, "clearedRanges": cleared})

    @app.post(f"{V4}/<id>/values/<path:area>")
    def post(id: str, area: str) -> Any:
        area, _, verb = area.rpartition(":")
        with _whole(_book(sandbox, id)) as found:
            if verb == "append":
                return jsonify(sandbox_values.append(found, area, _body(), request.args))
            if verb == "clear":
                return jsonify({"spreadsheetId": id, "clearedRange": sandbox_values.clear(found, area)})
        raise WireError(404, "Requested entity was not found.")


def _writes() -> bool:
    return request.method != "GET"


def _book(sandbox: GoogleSheetsSandbox, id: str) -> Book:
    found = sandbox.books.get(id)
    if found is None:
        raise WireError(404, "Requested entity was not found.")
    role = found.roles.get(EMAIL)
    if role is None or (role != "writer" and _writes()):
        raise WireError(403, "The caller does not have permission")
    return found


@contextmanager
def _whole(found: Book) -> Iterator[Book]:
    before = found.snapshot()
    try:
        yield found
    except WireError:
        for tab, old in zip(found.tabs, before, strict=True):
            tab.cells, tab.height, tab.width = old.cells, old.height, old.width
        raise


def _body() -> dict[str, Any]:
    said = request.get_json(silent=True)
    if not isinstance(said, dict):
        raise invalid("Invalid JSON payload received.")
    return said


def main(arguments: Sequence[str] | None = None) -> int:
    build: Callable[[Mapping[str, Any], Time], Sandbox] = GoogleSheetsSandbox
    return run(build, arguments)


if __name__ == "__main__":
    sys.exit(main())

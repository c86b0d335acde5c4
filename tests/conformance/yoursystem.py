"""A connector such as somebody else would write, and a stand-in for its system: rows over plain REST."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from connectors.addresses import host_of
from connectors.contract import (
    Ambiguous,
    Capabilities,
    Check,
    Connector,
    ConnectorError,
    Cursor,
    Draft,
    Edit,
    Field,
    Forbidden,
    Gone,
    Invalid,
    Option,
    Outcome,
    Page,
    Record,
    Settings,
    SignInFailed,
    Stale,
    System,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.transport import Answer, Transport


class Rows(Connector):
    capabilities = Capabilities(guard="strong")

    def __init__(self, settings: Settings, wanted: Wanted, transport: Transport) -> None:
        self.url, self.token = settings.options["url"], settings.options["token"]
        self.wanted, self.transport = wanted, transport

    def check(self) -> list[Check]:
        try:
            return [Check("read", True, f"{len(self.describe())} columns")]
        except ConnectorError as error:
            return [Check("read", False, str(error), "See to the address and the token.")]

    def describe(self) -> list[Field]:
        columns = self.one("GET", "columns").get("columns")
        if not isinstance(columns, list):
            raise Unavailable("The answer of columns holds none.")
        return [Field(str(name), "text") for name in columns]

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        after, seen = 0, set[int]()
        while True:
            records, after = self.page(after=after)
            if after in seen:
                raise Unavailable("The pages of rows go round in a circle.")
            seen.add(after)
            yield Page(records, complete=not after)
            if not after:
                return

    def page(self, **params: Any) -> tuple[tuple[Record, ...], int]:
        told = self.one("GET", "rows", params=params)
        rows, following = told.get("rows"), told.get("next")
        if not isinstance(rows, list) or not isinstance(following, int):
            raise Unavailable("The answer of rows holds none.")
        return tuple(self.record(row) for row in rows), following

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        return {id: self.look(id) for id in ids}

    def look(self, id: str) -> Record | Gone | Unseen:
        answer = self.call("GET", f"rows/{id}")
        if answer.status == 404:
            return Unseen(id, "no such row")
        record = self.record(self.told(answer))
        if record.id != id:
            raise Unavailable(f"Rows answered about {record.id} when asked for {id}.")
        return record

    def find(self, key: str) -> list[Record]:
        return [record for record in self.page(key=key)[0] if record.fields[self.wanted.key or ""] == key]

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return [self.outcome(lambda: self.one("POST", "rows", json=drafts[0].fields))]

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        (edit,) = edits
        guard = {"If-Match": edit.expected.version or ""}
        return [self.outcome(lambda: self.one("PATCH", f"rows/{edit.id}", json=edit.fields, headers=guard), edit.id)]

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return [Outcome(error=Invalid("Rows are not deleted through this connector.")) for _ in ids]

    def outcome(self, write: Callable[[], Any], id: str | None = None) -> Outcome:
        try:
            record = self.record(write())
            if id not in (None, record.id):
                raise Unavailable("It answers about another row.")
            return Outcome(record.id, record)
        except Unavailable as error:
            # Raised by the transport: nothing was done. By what came of a good answer: it was.
            return Outcome(error=error if isinstance(error, Unsent) else Ambiguous(f"{error} It may have happened."))
        except ConnectorError as error:
            return Outcome(error=error)

    def one(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        return self.told(self.call(method, path, **how))

    def call(self, method: str, path: str, headers: dict[str, str] | None = None, **how: Any) -> Answer:
        sent = {"Authorization": f"Bearer {self.token.reveal()}"} | (headers or {})
        try:
            return self.transport.call(method, f"{self.url}/{path}", headers=sent, **how)
        except Unavailable as error:
            raise Unsent(str(error)) from None

    def told(self, answer: Answer) -> dict[str, Any]:
        if answer.status in (401, 403, 412):
            kind = {401: SignInFailed, 403: Forbidden, 412: Stale}[answer.status]
            raise kind(f"Rows answered {answer.status}. See to the token, or read again.")
        if not answer.ok:
            raise Invalid(f"Rows answered {answer.status}, which says that it will not take this.")
        body = answer.json()
        if not isinstance(body, dict):
            raise Unavailable("Rows answered something that is no object.")
        return body

    def record(self, row: Any) -> Record:
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            raise Unavailable("Rows answered a row without an id.")
        return Record(row["id"], {name: row.get(name) for name in self.wanted.fields}, str(row.get("version")))


class Unsent(Unavailable):
    """The transport's word: whatever was asked for was not done."""


connector = System(
    name="yoursystem",
    title="Your system",
    summary="Rows over plain REST.",
    options=(Option("url", "Its address", required=True), Option("token", "Its token", required=True, secret=True)),
    open=Rows,
    hosts=lambda settings: (host_of(settings.options["url"]),),
)


class StandIn:
    """``pages_of`` rows a page. Rows have the columns ``title``, ``commons_id`` and ``notes``."""

    def __init__(self, pages_of: int, token: str = "a-token-of-yours") -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.pages_of, self.token = pages_of, token
        self.lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"here": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, cells: dict[str, Any]) -> str:
        with self.lock:
            number = next(self._numbers)
            self.rows[f"row{number}"] = {"id": f"row{number}", "number": number, "version": f"v{number}"} | cells
            return f"row{number}"

    def change(self, id: str, cells: dict[str, Any]) -> None:
        with self.lock:
            self.rows[id] = self.rows[id] | cells | {"version": f"v{next(self._numbers)}"}

    def delete(self, id: str) -> None:
        with self.lock:
            del self.rows[id]

    def answer(self, method: str, path: str, query: dict[str, str], match: str, body: Any) -> tuple[int, Any]:
        id = path.removeprefix("/rows").strip("/")
        if path == "/columns":
            return 200, {"columns": ["title", "commons_id", "notes"]}
        if id and id not in self.rows:
            return 404, {"error": "no such row"}
        if method == "POST":
            return 201, self.rows[self.add(body)]
        if method == "PATCH":
            if match != self.rows[id]["version"]:
                return 412, {"error": "it changed"}
            self.change(id, body)
        if id:
            return 200, self.rows[id]
        if "key" in query:
            return 200, {
                "rows": [row for row in self.rows.values() if row.get("commons_id") == query["key"]],
                "next": 0,
            }
        later = [row for row in self.rows.values() if row["number"] > int(query.get("after", 0))]
        shown = later[: self.pages_of]
        return 200, {"rows": shown, "next": shown[-1]["number"] if len(later) > len(shown) else 0}


class _Handler(BaseHTTPRequestHandler):
    here: StandIn

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, told = 401, {"error": "who are you?"}
        if self.headers.get("Authorization") == f"Bearer {self.here.token}":
            with self.here.lock:
                match = self.headers.get("If-Match", "")
                status, told = self.here.answer(self.command, parts.path, query, match, body)
        sent = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_POST = do_PATCH = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to standard error."""

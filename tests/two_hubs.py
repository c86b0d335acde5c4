"""A foundation with a hub of its own, and the commons that it takes part in: two hubs, real sockets between them.

Maple keeps its projects in an Airtable base behind its own hub. Oak's base is connected to the commons hub. What both stand-ins
and the commons were asked for is counted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import request
from werkzeug.serving import WSGIRequestHandler, make_server

from connectors.airtable.sandbox import serve
from connectors.clock import ManualTime
from connectors.sandbox import Sandbox
from hub import tokens
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.demo import seeds
from hub.demo.samples import Sample
from hub.sync.run import RunResult, sync_all
from hub.web.app import create_app

TABLE = "Opportunities"
AIRTABLE = """
[connections.{name}]
member     = "{member}"
system     = "airtable"
mapping    = "airtable"
shares     = true
import     = "all"
edits      = "keep"
first_sync = "go"
allow_http = true
[connections.{name}.options]
url   = "{url}/v0"
base  = "{base}"
token = "env:AIRTABLE"
"""
COMMONS = """
[hub]
database = "sqlite:///hub.db"
[members.maple]
name = "Maple Foundation"
lawful_basis = "agreement"
[members.oak]
name = "Oak Trust"
lawful_basis = "agreement"
"""
HOUSE = """
[hub]
database = "sqlite:///hub.db"
[circles]
house = ["maple"]
[members.maple]
name = "Maple Foundation"
lawful_basis = "agreement"
[members.commons]
name = "The commons"
lawful_basis = "Shared in the commons by its members"
[connections.commons]
member     = "commons"
system     = "hub"
mapping    = "hub"
shares     = true
import     = "all"
edits      = "accept"
deletes    = "withdraw"
speaks_for = "maple"
first_sync = "go"
allow_http = true
[connections.commons.options]
url   = "{url}"
token = "env:COMMONS"
"""


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are counted, not printed."""

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """What is lost is lost at once: whoever asked need not wait until it gives up."""
        self.close_connection = True


class Served:
    """A hub's pages and API on a real socket. ``seen``: method and path of each call; ``lose``: how many of the next answers to a
    write are lost after the write was done."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self.seen, self.lose = hub, list[tuple[str, str]](), 0
        self.bodies: list[str] = []
        app = self.app = create_app(hub)

        @app.before_request
        def note() -> None:
            self.seen.append((request.method, request.path))
            self.bodies.append(request.get_data(as_text=True))

        app.before_request_funcs[None].reverse()  # the count first, whatever is refused
        self._app = app.wsgi_app
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if not self.lose or environ["REQUEST_METHOD"] not in ("POST", "PATCH"):
            return self._app(environ, start)
        self.lose -= 1
        list(self._app(environ, lambda *_: None))  # it is done, and nobody hears of it
        raise ConnectionAbortedError("lost on its way")

    def __enter__(self) -> Served:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def writes(self) -> int:
        return sum(method != "GET" for method, _path in self.seen)


class Towns:
    """``maple`` and ``oak`` are the bases, ``house`` and ``commons`` the hubs, ``api`` the commons' socket."""

    def __init__(self, maple: Sandbox, oak: Sandbox, house: Hub, commons: Hub, api: Served, time: ManualTime) -> None:
        self.maple, self.oak, self.house, self.commons, self.api, self.time = maple, oak, house, commons, api, time

    def sync(self, *hubs: Hub) -> dict[str, RunResult]:
        """One round of each hub, the house first: nothing knows when the other syncs."""
        results = {}
        for hub in hubs or (self.house, self.commons):
            self.time.sleep(60)
            results |= {result.connection: result for result in sync_all(hub)}
        return results

    def settle(self) -> None:
        """As many rounds as a change needs from one end to the other and back, up to one that writes nothing."""
        for _ in range(4):
            before = self.writes()
            for result in self.sync().values():
                assert result.state == "done", (result.connection, result.state, result.message)
            if self.writes() == before:
                return
        raise AssertionError("They write and write.")

    def writes(self) -> int:
        bases = sum(
            call.method not in ("GET",) and "listRecords" not in call.path
            for base in (self.maple, self.oak)
            for call in base.seen
        )
        return bases + self.api.writes()


def rows(base: Any) -> dict[str, dict[str, Any]]:
    """A base's rows by title."""
    return {row["fields"]["Title"]: row["fields"] | {"id": row["id"]} for row in base.rows(TABLE)}


@contextmanager
def two_hubs(folder: Path, maple: list[Sample], oak: list[Sample]) -> Iterator[Towns]:
    time = ManualTime(datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    env = {"AIRTABLE": seeds.SECRET}
    with ExitStack() as held:
        bases = [
            held.enter_context(serve(seeds.airtable(base, samples), time=time, calls=None))
            for base, samples in (("appMaple000000001", maple), ("appOak00000000001", oak))
        ]
        for name in ("commons", "house"):
            (folder / name).mkdir()
        config = COMMONS + AIRTABLE.format(
            name="oak-airtable", member="oak", url=bases[1].url, base="appOak00000000001"
        )
        (folder / "commons" / "config.toml").write_text(config)
        commons = open_hub(load(folder / "commons" / "config.toml", env), time=time)
        held.callback(commons.engine.dispose)
        api = held.enter_context(Served(commons))
        _token, text = tokens.create(commons, "maple", "Maple's hub", ["read", "share", "position"])
        config = HOUSE.format(url=api.url)
        config += AIRTABLE.format(name="maple-airtable", member="maple", url=bases[0].url, base="appMaple000000001")
        (folder / "house" / "config.toml").write_text(config)
        house = open_hub(load(folder / "house" / "config.toml", env | {"COMMONS": text}), time=time)
        held.callback(house.engine.dispose)
        yield Towns(bases[0], bases[1], house, commons, api, time)

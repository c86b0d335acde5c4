"""Another hub as the kit wants it: a real one, with its database, its API and a socket; no stand-in could be closer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.contract import Raw, Secret, Wanted
from connectors.hub.items import body
from connectors.sandbox import Sandbox
from hub import tokens
from hub.app import open_hub
from hub.commons import programs
from hub.commons.programs import Wish
from hub.config_files import load
from hub.conformance import kit
from hub.store import opportunities
from hub.store import tokens as stored
from hub.sync.history import Cause, change
from hub.web.api import routes
from hub.web.app import create_app

CONFIG = """
[members.elm]
name = "Elm Fund"
lawful_basis = "agreement"
[members.oak]
name = "Oak Trust"
"""


class AnotherHub(kit.Subject):
    """Elm's view of a commons. A record goes when its stewardship and its audience become Oak's."""

    system = "hub"
    wanted = Wanted("project", ("title", "summary", "key"), "key")
    text, unwanted = "title", "need"
    fields = {"summary": "s", "organization.name": "o"}
    unique_keys = True

    @contextmanager
    def running(self) -> Iterator[str]:
        most, routes.MOST = routes.MOST, 3
        with TemporaryDirectory() as folder:
            (Path(folder) / "config.toml").write_text(CONFIG)
            self.hub = open_hub(load(Path(folder) / "config.toml"), time=self.time)
            try:
                self.mine, text = tokens.create(self.hub, "elm", "kit", ["read", "share", "position"])
                self.token = Secret(text)
                with Sandbox("hub", create_app(self.hub), time=self.time) as sandbox:
                    yield sandbox.url
            finally:
                self.hub.engine.dispose()
                routes.MOST = most

    def options(self, url: str) -> Raw:
        return {"url": url, "token": self.token}

    def plant(self, cells: Raw) -> str:
        sent = body(cells)
        id, _new = programs.create(self.hub, self.mine, Wish(key=sent.get("key") or "none", facts=sent["facts"]))
        if not sent.get("key"):
            self._change(id, Wish(key=""))
        return id

    def alter(self, id: str, cells: Raw) -> None:
        self._change(id, Wish(facts=body(cells)["facts"]))

    def remove(self, id: str) -> None:
        with self.hub.writing() as conn:
            row = opportunities.load(conn, [id])[id]
            away = {"steward_id": "oak", "audience": "member:oak"}
            change(conn, row, away, Cause(self.time.now(), "hub", "handed over"))
            stored.set_key(conn, "elm", id, None)

    def lock_out(self) -> None:
        self.token = Secret("hubt_wrong")

    def _change(self, id: str, wish: Wish) -> None:
        programs.change(self.hub, self.mine, id, lambda etag: True, wish)

"""``hub web``: one of several processes that serve pages, over PostgreSQL."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub import garbage
from hub.cli.opening import config_option, fail
from hub.cli.worker import open_for_many

if TYPE_CHECKING:
    from hub.app import Hub

log = logging.getLogger("hub.web")


@click.command("web")
@click.option("--port", type=int, help="Another port than the configuration's; 0 takes a free one.")
@config_option
def command(port: int | None, config_path: Path) -> None:
    """Pages only, one process of several, over PostgreSQL; `hub worker` syncs. A proxy of yours spreads people over them. Ctrl-C
    ends it."""
    from hub.cli.serve import SERVING, Serving

    garbage.bring_in("hub.app", *SERVING)
    hub = open_for_many(config_path, "web")
    if hub.config.secret is None:
        fail(
            "Several processes serve the pages, so they need one [web] secret: a form that one of them showed is sent to another.",
            'Write secret = "env:HUB_WEB_SECRET" under [web], and give every process the same long random value.',
        )
    from hub.jobs import queue

    queue.prepare(hub.engine)
    hub.nudge = queue.nudger(hub)
    serving = Serving(hub, port if port is not None else hub.config.port, Looking(hub))
    click.echo(f"Commons Hub pages: {serving.url}  (Ctrl-C ends it)")
    serving.run_until_told()


class Looking:
    """What a process with pages only does beside: it shows itself to the others, and takes up a changed configuration."""

    def __init__(self, hub: Hub) -> None:
        from hub.jobs.presence import Presence
        from hub.reload import Files

        self._presence, self._files = Presence(hub, "web"), Files(hub)
        self._told = threading.Event()
        self._thread = threading.Thread(target=self._look, name="looking", daemon=True)

    def start(self) -> None:
        self._presence.begin()
        self._thread.start()

    def stop(self) -> None:
        self._told.set()
        self._thread.join(5)
        self._presence.end()

    def _look(self) -> None:
        while not self._told.wait(1):
            try:
                self._files.look()
                self._presence.show()
                self._presence.unfit()
            except Exception as error:
                log.warning("The database cannot be reached (%s); trying again.", type(error).__name__)

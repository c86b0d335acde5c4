"""Beside everything else, a process ends what another one left behind that says nothing more, so that nobody waits for it."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from hub.store import abandoned
from hub.store.engine import open_engine, writing

if TYPE_CHECKING:
    from hub.app import Hub

log = logging.getLogger("hub.jobs")
EVERY = 5.0


class Freeing:
    """A thread with a connection of its own: all others may be waiting for the very session that is to be ended. On SQLite,
    where there is one process, none."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._told = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None and self._hub.engine.dialect.name == "postgresql":
            self._thread = threading.Thread(target=self._work, name="freeing", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._told.set()
        if self._thread is not None:
            self._thread.join(EVERY)

    def _work(self) -> None:
        engine = open_engine(self._hub.engine.url.render_as_string(hide_password=False))
        try:
            while True:
                try:
                    with writing(engine) as conn:
                        ended = abandoned.end(conn, self._hub.time.now())
                except Exception as error:
                    log.warning(
                        "Sessions that dead processes left could not be looked for (%s); trying again.",
                        type(error).__name__,
                    )
                else:
                    for one in ended:
                        log.warning(
                            "A process of the hub at %s said nothing for %.0f s in the middle of its work (session %d of "
                            "PostgreSQL). The session was ended so that nobody waits for it; the next run looks what came of it.",
                            one.whose, one.silent, one.pid,
                        )  # fmt: skip
                if self._told.wait(EVERY):
                    return
        finally:
            engine.dispose()

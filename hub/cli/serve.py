"""``hub serve``: everything in one process."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from hub import garbage
from hub.cli.opening import config_option, fail, load_config, open_configured

if TYPE_CHECKING:
    from hub.app import Hub

log = logging.getLogger("hub.serve")

SERVING = ("waitress.server", "hub.jobs.clock", "hub.metrics.standing", "hub.web.app")
"""What ``Serving`` is made of."""
BOUNDS = {
    "max_request_header_size": 64 * 1024,
    "max_request_body_size": 12 * 1024 * 1024,
    "channel_timeout": 60,
    "connection_limit": 400,
}
"""Of a request and of those that wait, before anything of the hub looks at them: bytes, seconds, connections. The largest
sheet fits; what the pages themselves take is less."""


@click.command("serve")
@click.option("--port", type=int, help="Another port than the configuration's; 0 takes a free one.")
@config_option
def command(port: int | None, config_path: Path) -> None:
    """The whole hub in one process: pages, clock and syncs. Ctrl-C ends it at a safe point."""
    garbage.bring_in("hub.app", *SERVING)
    from connectors.clock import StoppableTime
    from hub.exposed import unfit

    if found := unfit(load_config(config_path)):
        fail(*found, "The hub does not start like this where others reach it.")
    hub = open_configured(config_path, time=StoppableTime(), least=None)
    serving = Serving(hub, port if port is not None else hub.config.port)
    click.echo(f"Commons Hub: {serving.url}  (Ctrl-C ends it)")
    serving.run_until_told()


class Beside(Protocol):
    """What goes on beside the pages."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Serving:
    """Pages and what goes on beside them in one process (a clock, unless it is said), started and stopped together."""

    def __init__(self, hub: Hub, port: int, beside: Beside | None = None) -> None:
        from waitress.server import create_server

        from hub.jobs.clock import Clock
        from hub.metrics import standing as metrics
        from hub.web.app import create_app

        proxies: dict[str, Any] = {}
        if hub.config.proxies:
            headers = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
            proxies = {
                "trusted_proxy": "*", "trusted_proxy_count": hub.config.proxies, "trusted_proxy_headers": headers
            }  # fmt: skip
        try:
            self._server: Any = create_server(
                create_app(hub), host=hub.config.host, port=port, threads=8, ident=None, **BOUNDS, **proxies
            )
        except OSError as error:
            fail(f"Port {port} on {hub.config.host} cannot be used: {error.strerror}. Choose another with --port.")
        self._hub = hub
        self.url = f"http://{hub.config.host}:{self._server.effective_port}"
        try:
            self._metrics = metrics.serve(hub, hub.config.operating.metrics)
        except OSError as error:
            listen = hub.config.operating.metrics
            fail(
                f"Port {listen.port} on {listen.host} cannot be used for metrics: {error.strerror}. Change [metrics] listen."
            )
        self._clock = beside or Clock(hub)
        self._thread = threading.Thread(target=self._server.run, name="pages", daemon=True)

    def start(self) -> None:
        """Pages first, then what is due."""
        self._thread.start()
        self._clock.start()

    def stop(self) -> None:
        """Once every run is at a safe place: seconds, or as long as a call under way takes (its deadline is a minute)."""
        self._hub.stopping.set()
        self._clock.stop()
        self._server.close()
        if self._metrics is not None:
            self._metrics[1]()

    def run_until_told(self) -> None:
        """Until SIGINT or SIGTERM, which lets each run finish the page or the writes in hand; a second one ends at once."""
        told: list[int] = []  # an event has a lock, which a signal can find taken

        def tell(number: int, _frame: object) -> None:
            if told:
                log.warning(
                    "told to stop a second time: it ends at once, and the next start looks what came of open writes"
                )
                logging.shutdown()
                os._exit(128 + number)
            told.append(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, tell)
        self.start()
        log.info("started", extra={"url": self.url, "metrics_port": self._metrics[0] if self._metrics else None})
        # In short pauses: what a signal calls runs in this thread, and a wait without end does not hear of one that came to
        # another thread, or a moment before it began.
        while not told:
            time.sleep(0.3)
        log.info("told to stop: what is in hand is finished, a second signal ends it at once")
        self.stop()
        log.info("stopped")

"""``hub serve``: everything in one process."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from hub.cli.opening import config_option, fail, load_config, open_configured

if TYPE_CHECKING:
    from hub.app import Hub


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
    from hub.exposed import unfit
    from hub.log import set_up

    set_up()
    if found := unfit(load_config(config_path)):
        fail(*found, "The hub does not start like this where others reach it.")
    hub = open_configured(config_path)
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
        self.url = f"http://{hub.config.host}:{self._server.effective_port}"
        self._clock = beside or Clock(hub)
        self._thread = threading.Thread(target=self._server.run, name="pages", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._clock.start()

    def stop(self) -> None:
        self._clock.stop()
        self._server.close()

    def run_until_told(self) -> None:
        """Until SIGINT or SIGTERM."""
        told = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: told.set())
        self.start()
        told.wait()
        self.stop()

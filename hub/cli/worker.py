"""``hub worker``: one of several processes that sync, over PostgreSQL."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub import garbage
from hub.cli.opening import config_option, fail, load_config, open_configured

if TYPE_CHECKING:
    from hub.app import Hub


@click.command("worker")
@click.option(
    "--places", default=8, show_default=True, type=click.IntRange(1, 100), help="Connections at the same time."
)
@config_option
def command(places: int, config_path: Path) -> None:
    """One worker of several, over PostgreSQL: syncs what is due. Start as many as you like, on any machines; any may be killed
    at any time. Ctrl-C ends it when the runs under way are done."""
    hub = open_for_many(config_path, "worker")
    garbage.bring_in("hub.jobs.worker")
    from hub.jobs.worker import Worker

    worker = Worker(hub, places)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
    click.echo(f"Commons Hub worker: {places} places, {len(hub.config.connections)} connections  (Ctrl-C ends it)")
    worker.run()


def open_for_many(path: Path, command: str) -> Hub:
    """The hub, where several processes may have it; ends saying what to do where they may not."""
    config = load_config(path)
    if not config.database.startswith("postgresql"):
        fail(
            f"`hub {command}` is one of several processes, which share a PostgreSQL database; this configuration says "
            f"{config.database}.",
            "On one machine `hub serve` does it all. To run several: set [hub] database to postgresql+psycopg://USER@HOST/NAME, "
            "and move what is there with `hub migrate sqlite-to-postgres`.",
        )
    try:
        import procrastinate  # noqa: F401
    except ImportError:
        fail(f"`hub {command}` needs a package more. Install it with: pip install 'commons-hub[cluster]'")
    from connectors.clock import StoppableTime

    return open_configured(path, time=StoppableTime(), least=None)

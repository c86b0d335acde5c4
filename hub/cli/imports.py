"""``hub import``: one opportunity into a connection, by hand."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import config_option, fail, open_configured


@click.command("import")
@click.argument("opportunity")
@click.argument("connection")
@config_option
def command(opportunity: str, connection: str, config_path: Path) -> None:
    """Import OPPORTUNITY (its id) into CONNECTION with the next sync."""
    from hub.commons.imports import Refusal, pick

    hub = open_configured(config_path)
    try:
        pick(hub, opportunity, connection, None)
    except Refusal as refusal:
        fail(str(refusal))
    click.echo(f"Picked. `hub sync {connection}` creates the record, or the running hub does within moments.")

"""``hub check``: does every connection work, and what to do where it does not."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hub.cli.opening import config_option, fail, open_configured


@click.command("check")
@click.argument("connection", required=False)
@config_option
def command(connection: str | None, config_path: Path) -> None:
    """Test every connection, or only CONNECTION, without writing anything."""
    from hub.checks import checks

    hub = open_configured(config_path)
    if connection is not None and connection not in hub.config.connections:
        fail(f"There is no connection {connection!r}. Known: {', '.join(hub.config.connections)}.")
    failed = 0
    for name in [connection] if connection else hub.config.connections:
        click.echo(f"{name} ({hub.config.connections[name].system})")
        for check in checks(hub, name):
            click.echo(f"  {'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}")
            if not check.ok and check.fix:
                click.echo(f"       {check.fix}")
            failed += not check.ok
    click.echo(f"{failed} of these failed." if failed else "All good.")
    sys.exit(1 if failed else 0)

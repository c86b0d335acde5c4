"""``hub backup``: the whole database in one file, while the hub runs."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import config_option, fail, load_config


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@config_option
def command(target: Path, config_path: Path) -> None:
    """Write the database to TARGET. The hub may run meanwhile. It holds what members shared: keep it as safe as the hub."""
    from connectors.clock import SystemTime
    from hub.operations.backup import BackupError, backup, note

    config = load_config(config_path)
    try:
        backup(config.database, target)
    except BackupError as error:
        fail(str(error))
    note(config.database, SystemTime().now())
    click.echo(f"{target}: {target.stat().st_size:,} bytes. Secrets and configuration are not in it.")

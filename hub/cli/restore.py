"""``hub restore``: a backup in the database's place, and what has to be looked at then."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import config_option, fail, load_config


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask. The hub must be stopped.")
@config_option
def command(source: Path, yes: bool, config_path: Path) -> None:
    """Restore SOURCE, made by hub backup. Stop the hub first. Every connection then reads everything, writes nothing before
    someone has looked at the list (hub plan show), and looks for a record before it creates one."""
    from connectors.transport import SystemTime
    from hub.operations.backup import BackupError, restore

    config = load_config(config_path)
    if not yes:
        click.confirm("Is every process of the hub stopped, and may the database be replaced?", abort=True)
    try:
        done = restore(config.database, source, SystemTime().now())
    except BackupError as error:
        fail(str(error))
    click.echo(f"Restored. {done['connections']} connections read everything with their next sync and wait for a look.")
    click.echo(f"{done['sessions']} people have to sign in again; {done['mails']} waiting mails are not sent.")
    click.echo("As they were at the backup: people, roles and tokens. Withdraw again what was withdrawn since.")
    click.echo("Lost: what people decided or pledged on the hub's own pages since the backup.")

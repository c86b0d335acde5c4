"""``hub audit``: whether the history tells what is stored."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hub.cli.opening import config_option, open_configured


@click.group("audit")
def command() -> None:
    """Look after the history of what changed."""


@command.command("replay")
@config_option
def replay(config_path: Path) -> None:
    """Rebuild the commons from its history alone, and compare it with what is stored."""
    from hub.sync import history

    hub = open_configured(config_path)
    with hub.reading() as conn:
        count, wrong = len(history.stored(conn)), history.disagreements(conn)
    for sentence in wrong:
        click.echo(sentence)
    if wrong:
        click.echo(f"{len(wrong)} differences. Keep a copy of the database before anything else, and report this.")
        sys.exit(1)
    click.echo(f"{count} opportunities: the history tells exactly what is stored.")

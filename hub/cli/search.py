"""``hub search``: the index by which opportunities are found."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import config_option, open_configured


@click.group("search")
def command() -> None:
    """Look after the index by which opportunities are found."""


@command.command("rebuild")
@config_option
def rebuild(config_path: Path) -> None:
    """Make the index anew from what is stored. Nothing else changes; until it is done, writers wait."""
    from hub.commons import reindex

    hub = open_configured(config_path)
    with hub.writing() as conn:
        count = reindex.rebuild(conn)
    click.echo(f"{count} opportunities can be found again.")

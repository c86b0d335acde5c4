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


@command.command("verify")
@click.option(
    "--expect", metavar="DIGEST", help="The digest of a seal that you noted elsewhere; it has to be among them."
)
@config_option
def verify(expect: str | None, config_path: Path) -> None:
    """Check that no line of the history was changed, left out or slipped in."""
    from hub.store import sealing

    hub = open_configured(config_path)
    sealing.seal(hub.engine, hub.time.now())
    with hub.reading() as conn:
        verdict = sealing.verify(conn, expect)
    for sentence in verdict.wrong:
        click.echo(sentence)
    if verdict.wrong:
        click.echo(
            "Someone changed the history past the hub. Copy the database away before anything else (hub backup), find out who "
            "can write to it, and run this on your backups (hub restore into an empty place): the newest that is whole shows "
            "what the line said."
        )
        sys.exit(1)
    erased = f", values erased from {verdict.erased}" if verdict.erased else ""
    click.echo(f"{verdict.lines} lines under {verdict.seals} seals are as they were written{erased}.")
    if verdict.last:
        click.echo(f"Note this elsewhere; whoever can rewrite the whole database could make new seals: {verdict.last}")

"""``hub rates``: exchange rates, to say what pledges in other currencies leave open."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import config_option, fail, open_configured


@click.group("rates")
def command() -> None:
    """Exchange rates of a day; they only ever show on pages, and nothing is written because of them."""


@command.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--base", default="EUR", show_default=True, help="The currency whose one unit the rates are for.")
@config_option
def load(file: Path, base: str, config_path: Path) -> None:
    """Take the days of FILE, a CSV like the reference rates of the European Central Bank: Date,USD,JPY,…"""
    from hub.commons import rates
    from hub.store import rates as store

    hub = open_configured(config_path)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            days = rates.parse(lines, base.upper())
    except (ValueError, UnicodeDecodeError) as error:
        fail(f"{file.name}: {error}")
    with hub.writing() as conn:
        store.load(conn, days)
    newest = max(days)
    click.echo(f"{len(days)} days, the newest {newest} with {len(days[newest])} currencies.")

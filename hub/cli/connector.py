"""``hub connector``: check and draft declarations of the connector ``rest``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from hub.cli.opening import fail


@click.group("connector")
def command() -> None:
    """Check and draft declarations of the connector `rest`."""


@command.command("check")
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Say what is wrong with FILE, what is missing in it, and what it can and cannot promise. Nothing is called."""
    from connectors.rest.api import NEEDS
    from connectors.rest.declaration import DeclarationError, load
    from connectors.rest.promises import missing, promises

    try:
        declaration = load(file)
    except DeclarationError as error:
        for problem in error.problems:
            click.echo(problem)
        click.echo(f"{len(error.problems)} errors.")
        sys.exit(1)
    click.echo(f"{file.name}: {declaration.title}")
    for name in NEEDS[declaration.auth.kind]:
        click.echo(f"  needs   the option {name}, to sign in ({declaration.auth.kind})")
    for name, what in declaration.values.items():
        click.echo(f"  needs   the option values.{name}: {what}")
    for sentence in missing(declaration):
        click.echo(f"  lacks   {sentence}")
    for sentence in promises(declaration):
        click.echo(f"  says    {sentence}")
    click.echo("No errors. `hub check` tries it against the system itself.")


@command.command("new")
@click.option(
    "--list", "listed", required=True, type=click.Path(path_type=Path), help="A JSON file: what a list answered."
)
@click.option("--record", type=click.Path(path_type=Path), help="A JSON file: what one record answered.")
@click.option("--title", default="Your system", show_default=True, help="What the system is called.")
def new(listed: Path, record: Path | None, title: str) -> None:
    """Draft a declaration from sample answers, marking every guess. Names go into it, values never."""
    from connectors.rest.draft import draft

    try:
        click.echo(draft(_sample(listed), _sample(record) if record else None, title), nl=False)
    except ValueError as error:
        fail(f"{listed}: {error}")


def _sample(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        fail(f"{file}: it cannot be read ({error.strerror}).")
    except (ValueError, RecursionError) as error:
        fail(f"{file}: this is no JSON: {error}.")

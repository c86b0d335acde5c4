"""``hub mapping``: check, show and draft mapping files, and say what a changed one would do."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

import click

from hub.cli.opening import config_option, fail, open_configured


@click.group("mapping")
def command() -> None:
    """Check, show and draft mapping files, and say what a changed one would do."""


@command.command("check")
@click.argument("file")
@click.option("--sample", type=click.Path(exists=True, path_type=Path), help="Raw records, a JSON list, to try it on.")
def check(file: str, sample: Path | None) -> None:
    """Report what is wrong with FILE (a path, or a shipped name), and what it would lose."""
    from mappings.check import check as check_mapping
    from mappings.finding import MappingError

    records = None
    if sample is not None:
        try:
            records = json.loads(sample.read_text(encoding="utf-8"), parse_float=Decimal)
        except ValueError as error:
            fail(f"{sample}: this is no JSON: {error}.")
        if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
            fail(f"{sample}: a sample is a JSON list of records, each an object of columns.")
    try:
        findings = check_mapping(file, None, records)
    except MappingError as error:
        fail(str(error))
    for finding in findings:
        click.echo(str(finding))
    errors = sum(finding.severity == "error" for finding in findings)
    click.echo(f"{errors} errors, {len(findings) - errors} remarks.")
    sys.exit(1 if errors else 0)


@command.command("show")
@click.argument("file")
def show(file: str) -> None:
    """FILE as it is understood: what it inherits resolved, with direction, authority and class of each field."""
    from mappings.check import show as show_mapping
    from mappings.finding import MappingError
    from mappings.language import load

    try:
        click.echo(show_mapping(load(file)))
    except MappingError as error:
        fail(str(error))


@command.command("new")
@click.argument("sheet", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="The file to write; without it, the draft is printed.")
def new(sheet: Path, out: Path | None) -> None:
    """Draft a mapping from the column names of SHEET (.xlsx, .xls, .csv). Guesses are marked."""
    from connectors.contract import ConnectorError
    from connectors.spreadsheet.grid import grids
    from connectors.spreadsheet.table import names_of
    from mappings.draft import draft, known_names

    try:
        _worksheet, header, names, below = names_of(sheet, grids(sheet), known_names())
    except ConnectorError as error:
        fail(str(error))
    text = draft(sheet.name, header, names, below)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        fail(f"{out} is there already. Choose another name.")
    guesses = text.count("GUESS")
    click.echo(f"{out}: {guesses} guesses to look at. Then: hub mapping check {out}")


SHOWN = {
    "read": "records read",
    "created": "shared anew",
    "changed": "changed in the commons",
    "conflicts": "conflicts opened",
    "quarantined": "set aside",
    "to_create": "created there",
    "to_write": "changed there",
}


@command.command("preview")
@click.argument("file")
@click.argument("connection")
@config_option
def preview(file: str, connection: str, config_path: Path) -> None:
    """Say what CONNECTION's next sync would do with FILE as its mapping, beside what it would do anyway. Nothing is written."""
    from hub.sync.foresee import foresee
    from mappings.finding import MappingError

    hub = open_configured(config_path)
    if connection not in hub.config.connections:
        fail(f"There is no connection {connection!r}. Known: {', '.join(hub.config.connections)}.")
    try:
        new = foresee(hub, connection, str(Path(file).absolute()) if file.endswith(".toml") else file)
    except MappingError as error:
        fail(str(error))
    today = foresee(hub, connection)
    if {"held", "busy"} & {today.state}:
        fail(today.message)
    click.echo(f"{'':24}{'today':>10}{'with ' + Path(file).name:>32}")
    for name, words in SHOWN.items():
        click.echo(f"{words:24}{today.counts[name]:>10}{new.counts[name]:>32}")
    for path in sorted(new.taken.keys() | new.written.keys()):
        here, there = new.taken[path], new.written[path]
        if (here, there) != (today.taken[path], today.written[path]):
            click.echo(f"  {path}: {here} in the commons, {there} there")
    if new.state == "held":
        click.echo(f"It would stop and wait for someone to look: {new.message}")
    elif new.state != "done":
        click.echo(f"It would not get through: {new.message}")
    click.echo("Nothing was written.")
    sys.exit(0 if new.state in ("done", "held") else 1)

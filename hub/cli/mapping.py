"""``hub mapping``: check, show and draft mapping files."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

import click

from hub.cli.opening import fail


@click.group("mapping")
def command() -> None:
    """Check, show and draft mapping files."""


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

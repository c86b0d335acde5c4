"""``hub mapping``: check and show mapping files."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

import click

from hub.cli.opening import fail


@click.group("mapping")
def command() -> None:
    """Check and show mapping files."""


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

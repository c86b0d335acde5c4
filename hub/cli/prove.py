"""``hub prove``: a connection's whole life on one marked record of a test tenant."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hub.cli.opening import config_option, fail, load_config


@click.command("prove")
@click.argument("connection")
@click.option("--test-tenant", is_flag=True, help="Yes, this connection leads to a test tenant that may be written to.")
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="Write the report to this file as well."
)
@config_option
def command(connection: str, test_tenant: bool, report: Path | None, config_path: Path) -> None:
    """Make one marked record through CONNECTION, edit it from both sides, lose answers, withdraw and remove it."""
    from hub.proving import proving
    from hub.proving import report as shown

    config = load_config(config_path)
    if connection not in config.connections:
        fail(f"There is no connection {connection!r}. Known: {', '.join(config.connections)}.")
    if not test_tenant:
        fail(
            f"This writes to {connection}: one record, marked, and removed at the end. Use it on a test tenant only, and "
            "say so with --test-tenant."
        )
    proof, said = proving.prove(config, connection, say=click.echo)
    tail = said.split("\n\n", 2)[2]
    click.echo(f"\n{tail}", nl=False)
    if report is not None:
        report.write_text(said, encoding="utf-8")
    sys.exit(0 if shown.green(proof) else 1)

"""``hub prove``: does this connection do all that the hub will ask of it? Tried on a test tenant, with one marked record."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from hub.cli.opening import config_option, fail, load_config


@click.command("prove")
@click.argument("connection")
@click.option(
    "--test-tenant", is_flag=True, help="It is a test tenant: writing and deleting one marked record there is fine."
)
@click.option(
    "--report", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the report into this file too."
)
@config_option
@click.pass_context
def command(ctx: click.Context, connection: str, test_tenant: bool, file: Path | None, config_path: Path) -> None:
    """Try everything on CONNECTION with one marked record: create, edits from both sides, a conflict, lost answers,
    withdrawal, removal. The hub's own store is not touched. Ends with 0 only if all went well."""
    from connectors.clock import SystemTime
    from connectors.contract import ConnectorError
    from hub.proving import report
    from hub.proving.proof import prove

    config = load_config(config_path)
    chosen = config.connections.get(connection)
    if chosen is None:
        fail(f"There is no connection {connection!r}. Known: {', '.join(config.connections)}.")
    if chosen.inbox_for:
        fail(f"{connection} is an inbox. Prove the connection that it belongs to: hub prove {chosen.inbox_for}.")
    if not test_tenant:
        fail(
            f"`hub prove` makes a record in the system of {connection}, edits it, withdraws it and deletes it. Nothing was done.",
            "Only on a test tenant (a sandbox org, a preproduction site, a copy of the base): say so with --test-tenant.",
        )
    redact = report.Redactor(chosen.options)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: the record is removed or named
    try:
        proof = prove(config, connection, ctx.obj or SystemTime(), lambda step: click.echo(report.line(step, redact)))
    except ConnectorError as error:
        fail(redact(str(error)), "Nothing was done. Change the connection's options.")
    own = report.Redactor(chosen.options, *proof.remains, proof.record)
    click.echo(report.tail(proof, own))
    if file is not None:
        file.write_text(report.text(proof, own), encoding="utf-8")
    sys.exit(0 if proof.green else 1)

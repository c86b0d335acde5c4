"""``hub doctor``: everything that whoever helps would ask, each line with its fix."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from hub.cli.opening import config_option

MARKS = {"ok": "ok  ", "look": "look", "fail": "FAIL"}


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Call no other system: no connection, no mail server.")
@click.option("--json", "as_json", is_flag=True, help="The lines as JSON.")
@config_option
def command(offline: bool, as_json: bool, config_path: Path) -> None:
    """Look at the program, its configuration, files, database, clock, mail and connections. Changes nothing, shows no secret;
    ends with 1 where something does not work."""
    from hub import redact
    from hub.doctor import examine

    lines, part = [], ""
    for found in examine(config_path, offline=offline):
        lines.append(found)
        if as_json:
            continue
        if found.part != part:
            part = found.part
            click.echo(part)
        click.echo(f"  {MARKS[found.state]} {found.looked}: {redact.known(found.detail)}")
        if found.fix:
            click.echo(f"       {found.fix}")
    wrong, seen = (sum(found.state == state for found in lines) for state in ("fail", "look"))
    if as_json:
        click.echo(
            json.dumps(
                [one.as_data() | {"detail": redact.known(one.detail)} for one in lines], ensure_ascii=False, indent=2
            )
        )
    else:
        click.echo(f"{wrong} of these do not work, {seen} are worth a look." if wrong or seen else "All good.")
    sys.exit(1 if wrong else 0)

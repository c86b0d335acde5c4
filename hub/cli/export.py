"""``hub export``: the commons as a file, and first what that file will not hold."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import config_option, fail, open_configured


@click.command("export")
@click.option("--member", required=True, help="What this member may see is in the file, its own hidden positions too.")
@click.option("--format", "format_", required=True, type=click.Choice(["360giving", "csv", "xlsx", "json"]))
@click.option(
    "--to", "target", type=click.Path(path_type=Path, dir_okay=False), help="The file; without it nothing is written."
)
@click.option("--prefix", default="360G-unregistered", show_default=True, help="Your publisher prefix at 360Giving.")
@config_option
def command(member: str, format_: str, target: Path | None, prefix: str, config_path: Path) -> None:
    """Say what a file of this format will leave out, field by field, and write it where you say --to."""
    from hub import exports

    hub = open_configured(config_path)
    if member not in hub.config.members:
        fail(f"There is no member {member!r}. Known: {', '.join(hub.config.members)}.")
    reader = exports.Reader(member, member, prefix=prefix)
    told = exports.losses(hub, reader, format_)
    click.echo(f"{told.rows} rows.", err=True)
    for path, count in told.fields.most_common():
        click.echo(f"Left out: {path} of {count}.", err=True)
    for reason, count in told.refused.most_common():
        click.echo(f"Not in it: {count}. {reason}", err=True)
    if target is None:
        click.echo("Nothing is written. Say --to FILE for the file.", err=True)
        return
    with target.open("wb") as file:
        for piece in exports.export(hub, reader, format_):
            file.write(piece)
    click.echo(f"Written to {target}.", err=True)

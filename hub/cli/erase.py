"""``hub erase``: take a person out of accounts, mail and history."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import config_option, fail, open_configured


@click.command("erase")
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask. What is erased cannot be brought back but from a backup.")
@config_option
def command(person: str, yes: bool, config_path: Path) -> None:
    """Erase PERSON (an e-mail address, or a name as records have it), and say what remains and where.

    The history keeps its lines and stays verifiable. Backups that were made before keep what they hold.
    """
    from hub.people.erasing import erase

    hub = open_configured(config_path)
    if not yes:
        click.confirm("This cannot be undone. Erase?", abort=True)
    try:
        done = erase(hub, person, "command line")
    except ValueError as error:
        fail(str(error))
    click.echo(f"Erased: {done.values} values in {done.lines} lines of the history, {done.other} other rows"
               f"{', and the account' if done.account else ''}.")  # fmt: skip
    for sentence in done.remains:
        click.echo(f"Remains: {sentence}")
    if not done.remains:
        click.echo("Nothing of this person remains in the database. Backups made before still hold it.")

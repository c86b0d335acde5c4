"""``hub digest``: what the mail about new and changed opportunities would say."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import config_option, fail, open_configured


@click.command("digest")
@click.option("--preview", "email", required=True, metavar="USER", help="E-mail of the person whose digest to show.")
@click.option("--html", is_flag=True, help="Print the HTML instead of the plain text.")
@config_option
def command(email: str, html: bool, config_path: Path) -> None:
    """Print what USER would be sent now. Nothing is sent, and their next digest begins where it would."""
    from hub.commons import digest
    from hub.mail.addresses import plain

    hub = open_configured(config_path)
    try:
        said = digest.preview(hub, plain(email))
    except LookupError:
        fail(f"Nobody signs in as {email!r}. See `hub user list`.")
    if said is None:
        click.echo(
            "Nothing is new or changed among what their saved searches find, so nothing would be sent.", err=True
        )
        return
    click.echo(said.html if html else f"Subject: {said.subject}\n\n{said.text}", nl=False)

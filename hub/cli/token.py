"""``hub token``: what members' programs sign in with."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import config_option, fail, open_configured

SCOPES = ("read", "share", "position", "search", "messages")


@click.group("token")
def command() -> None:
    """What members' programs sign in with at /api/v1/."""


@command.command("create")
@click.option("--member", required=True, help="The member that the program acts for.")
@click.option("--name", required=True, help="What the program is, so that you know later which token to revoke.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=("read",), show_default=True)
@click.option("--days", type=int, help="Valid for so many days; without it, until it is revoked.")
@config_option
def create(member: str, name: str, scopes: tuple[str, ...], days: int | None, config_path: Path) -> None:
    """Make a token, and print it: the only time that it can be seen."""
    from hub import tokens

    hub = open_configured(config_path)
    try:
        token, text = tokens.create(hub, member, name, scopes, days=days)
    except ValueError as error:
        fail(str(error))
    click.echo(
        f"Token {token.id} of {hub.config.members[member].name} for {token.name}. Keep it; it is shown once.", err=True
    )
    click.echo(text)


@command.command("list")
@click.option("--member", help="Only this member's.")
@config_option
def list_(member: str | None, config_path: Path) -> None:
    """Every token, newest first: whose, for what, what it opens, when it was last used."""
    from hub import tokens
    from hub.store import tokens as stored

    hub = open_configured(config_path)
    if member is not None and member not in hub.config.members:
        fail(f"There is no member {member!r}. Known: {', '.join(hub.config.members)}.")
    with hub.reading() as conn:
        rows = stored.of(conn, [member] if member else hub.config.members)
    for row in rows:
        used = f"used {row.used_at:%Y-%m-%d}" if row.used_at else "never used"
        click.echo(f"{row.id}  {row.member_id}  {row.name}  {','.join(row.scopes)}  {tokens.state(hub, row)}  {used}")


@command.command("revoke")
@click.argument("token_id")
@config_option
def revoke(token_id: str, config_path: Path) -> None:
    """From now on TOKEN_ID opens nothing."""
    from hub import tokens

    hub = open_configured(config_path)
    try:
        token = tokens.revoke(hub, token_id, members=hub.config.members)
    except LookupError:
        fail(f"There is no token {token_id!r}. See `hub token list`.")
    click.echo(f"Revoked: {token.name} of {token.member_id}.")

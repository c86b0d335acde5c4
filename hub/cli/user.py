"""``hub user``: who may sign in."""

from __future__ import annotations

from pathlib import Path

import click

from hub.cli.opening import config_option, fail, open_configured
from hub.people.roles import ROLES


@click.group("user")
def command() -> None:
    """The people who may sign in."""


@command.command("add")
@click.argument("email")
@click.option("--member", required=True, help="The member that the person belongs to.")
@click.option("--name", required=True, help="The name that others see.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), default=("staff",), show_default=True)
@click.password_option(help="Asked for when left out.")
@config_option
def add(email: str, member: str, name: str, roles: tuple[str, ...], password: str, config_path: Path) -> None:
    """Let EMAIL sign in as one of a member's people."""
    from hub.people.accounts import add_user

    hub = open_configured(config_path)
    if member not in hub.config.members:
        fail(f"There is no member {member!r}. Known: {', '.join(hub.config.members)}.")
    try:
        add_user(hub, member, email, name, roles, password)
    except ValueError as error:
        fail(str(error))
    click.echo(f"{name} can sign in with {email}.")

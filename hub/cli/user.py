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
@click.option("--password", help="Asked for when left out.")
@click.option("--provider", is_flag=True, help="By the identity provider only, without a password.")
@config_option
def add(
    email: str, member: str, name: str, roles: tuple[str, ...], password: str | None, provider: bool, config_path: Path
) -> None:
    """Let EMAIL sign in as one of a member's people."""
    from hub.people.accounts import add_user

    hub = open_configured(config_path)
    if provider and password is not None:
        fail("--provider means that there is no password. Leave one of the two out.")
    if not provider and password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if member not in hub.config.members:
        fail(f"There is no member {member!r}. Known: {', '.join(hub.config.members)}.")
    try:
        add_user(hub, member, email, name, roles, password)
    except ValueError as error:
        fail(str(error))
    click.echo(f"{name} can sign in with {email}.")


@command.command("unbind")
@click.argument("email")
@config_option
def unbind(email: str, config_path: Path) -> None:
    """Forget who EMAIL is at the identity provider, and sign them out: the next one who signs in there with this verified
    address is them."""
    from hub.mail.addresses import plain
    from hub.store import admission, audit, people

    hub = open_configured(config_path)
    with hub.writing() as conn:
        user = people.by_email(conn, plain(email))
        if user is None or not admission.unbind(conn, user.id):
            fail(f"{email} was never known to the provider. Nothing to forget.")
        admission.close_sessions(conn, user.id)
        audit.write(
            conn, at=hub.time.now(), actor="operator", action="forgotten at the provider", member_id=user.member_id,
            note=f"user {user.id}",
        )  # fmt: skip
    click.echo(f"{email} is found by the address once more.")

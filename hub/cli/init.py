"""``hub init``: a commented configuration from answers or flags."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from hub.cli.opening import fail

HEAD = """# Commons Hub. Every setting is explained in config.example.toml; `hub check` tests what stands here.
# Secrets never stand in this file: "env:NAME" names an environment variable, "file:PATH" a file.

[hub]
database = "sqlite:///hub.db"

[web]
host = "127.0.0.1"
port = 8000

[members.{member}]
name = {name}
# Why its projects may be listed without a consent each. Without one they stay drafts until they have it.
# lawful_basis = "agreement with every nonprofit that it shares"

[connections.{member}-{system}]
member  = "{member}"
system  = "{system}"
mapping = "{mapping}"
# Records ticked for sharing there become opportunities.
shares = true
# Import what others share: "all", or rules as in config.example.toml. Without it: only what someone picks.
# import = "all"
# The first sync waits until someone has looked at what it would do.
first_sync = "preview"
every = "5m"

[connections.{member}-{system}.options]
"""
MAPPINGS = {"salesforce": "salesforce-outbound-funds", "airtable": "airtable", "spreadsheet": "spreadsheet-generic"}


@click.command("init")
@click.option("--member", help="A short id for your foundation, like riverside.")
@click.option("--name", help="Your foundation as others see it.")
@click.option("--system", help="The system to connect; `hub connectors` lists them.")
@click.option("--mapping", help="The mapping to use; by default the shipped one of the system.")
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the connector; repeatable."
)
@click.option("--config", "path", type=click.Path(path_type=Path), default=Path("config.toml"), show_default=True)
def command(
    member: str | None, name: str | None, system: str | None, mapping: str | None, options: tuple[str, ...], path: Path
) -> None:
    """Write a commented configuration. What no flag says is asked. Never overwrites."""
    from connectors import registry

    if path.exists():
        fail(f"{path} is there already, and is left as it is. Edit it, or name another file with --config.")
    name = name or click.prompt("Your foundation, as others see it")
    member = member or click.prompt("A short id for it", default=_short(name))
    if _short(member) != member:
        fail(f"{member!r} is no id. Use small letters, digits and hyphens, like {_short(member)!r}.")
    system = system or click.prompt("The system to connect", type=click.Choice(list(registry.names())))
    try:
        connector = registry.load(system)
    except LookupError as error:
        fail(str(error))
    given = _given(options, {option.name for option in connector.options}, connector.title)
    lines = [
        HEAD.format(member=member, name=_toml(name), system=system, mapping=mapping or MAPPINGS.get(system, system))
    ]
    for option in connector.options:
        value: Any = given.get(option.name)
        if value is None and option.required:
            value = (
                f"env:HUB_{member}_{option.name}".upper().replace("ENV:", "env:").replace("-", "_")
                if option.secret
                else None
            )
            value = value or click.prompt(f"{connector.title}: {option.help}")
        lines.append(f"# {option.help}\n")
        shown = option.default if option.default is not None else ""
        lines.append(
            f"{option.name} = {_toml(value)}\n" if value is not None else f"# {option.name} = {_toml(shown)}\n"
        )
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(lines)
    click.echo(f"Wrote {path}. Next: set the environment variables that it names, then `hub check`.")


def _given(options: tuple[str, ...], known: set[str], title: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or key not in known:
            fail(f"--option {option}: write NAME=VALUE; {title} has {', '.join(sorted(known))}.")
        given[key] = {"true": True, "false": False}.get(
            value, int(value) if value.isdigit() and key != "client_id" else value
        )
    return given


def _short(name: str) -> str:
    words = "".join(c.lower() if c.isascii() and c.isalnum() else " " for c in name).split()
    return "-".join(words[:2]) or "member"


def _toml(value: Any) -> str:
    """A TOML value; JSON's quoting of text is TOML's too."""
    import json

    return json.dumps(value, ensure_ascii=False)

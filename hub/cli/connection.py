"""``hub connection``: set a further connection up in a configuration that is there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hub.cli.opening import config_option, fail

if TYPE_CHECKING:
    from connectors.contract import Check, Option, System
    from hub.config import Config


@click.group("connection")
def command() -> None:
    """Set a further connection up in a configuration that is there."""


@command.command("add")
@click.option("--member", help="The member that it belongs to.")
@click.option("--system", help="The system to connect; `hub connectors` lists them.")
@click.option("--name", help="What the connection is called, like riverside-airtable.")
@click.option(
    "--mapping",
    help="A shipped mapping's name, or a file; without it one is chosen, and drafted where it does not fit.",
)
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the connector; repeatable."
)
@click.option("--shares/--imports-only", default=None, help="Whether records ticked there are shared.")
@click.option("--allow-http", is_flag=True, help="Talk to it without TLS. Only for a system on a network of your own.")
@click.option("--no-check", is_flag=True, help="Write it without trying it.")
@config_option
def add(
    member: str | None, system: str | None, name: str | None, mapping: str | None, options: tuple[str, ...],
    shares: bool | None, allow_http: bool, no_check: bool, config_path: Path,
) -> None:  # fmt: skip
    """Ask for what the connector needs, try it, draft the mapping, and write it into the configuration.

    What flags say is not asked. Everything else in the file stays as it is, comments too. Secrets never get into it: say where
    they come from, env:NAME or file:PATH.
    """
    from connectors import registry
    from hub.cli.opening import load_config
    from hub.set_up.adding import Wish

    config = load_config(config_path)
    member = member or _choose("The member that it belongs to", list(config.members))
    if member not in config.members:
        fail(f"There is no member {member!r}. Known: {', '.join(config.members)}.")
    system = system or _choose("The system", list(registry.names()))
    try:
        connector = registry.load(system)
    except LookupError as error:
        fail(str(error))
    name = name or click.prompt("What to call it", default=f"{member}-{system}")
    if name in config.connections:
        fail(f"There is a connection {name!r} already. Choose another name with --name.")
    given, asked = _options(connector, options, member), shares
    if asked is None:
        asked = click.confirm("Are records ticked there to be shared?", default=True)
    wish = Wish(name, member, system, mapping, given, asked, allow_http)
    _write(config, wish, no_check)


def _write(config: Config, wish: Any, no_check: bool) -> None:
    from hub.config import ConfigError
    from hub.set_up import adding

    assert config.path is not None
    missing = [variable for variable in adding.variables(wish) if not os.environ.get(variable)]
    borrowed = {v: _secret(v) for v in missing} if missing and not no_check else dict.fromkeys(missing, "not set yet")
    try:
        draft = adding.drafted(config.path, wish, os.environ | borrowed, tried=not no_check)
    except ConfigError as error:
        fail(*error.problems)
    for check in draft.checks:
        _say(check)
    if not all(check.ok for check in draft.checks):
        if not sys.stdin.isatty():
            fail("Nothing was written. Mend what fails, or write it untried with --no-check.")
        click.confirm("Write it all the same?", abort=True)
    for file in adding.write(draft):
        click.echo(f"Wrote {file}.")
    for variable in missing:
        click.echo(f"Set the environment variable {variable} where the hub runs, before it can take this up.")
    click.echo(
        "A hub that runs takes it up by itself. Its first sync waits for someone to look: `hub sync`, then `hub plan show`."
    )


def _say(check: Check) -> None:
    click.echo(f"  {'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}")
    if check.fix and not check.ok:
        click.echo(f"       {check.fix}")


def _secret(variable: str) -> str:
    """For the trial only; it is written nowhere."""
    return str(click.prompt(f"{variable} is not set here. Its value, to try it with now", hide_input=True))


def _choose(question: str, names: list[str]) -> str:
    return names[0] if len(names) == 1 else str(click.prompt(question, type=click.Choice(names)))


def _options(system: System, given: tuple[str, ...], member: str) -> dict[str, Any]:
    """What each option is to be; those left out keep their default, and are not written."""
    from hub.set_up.answers import read

    said = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        known = {option.name: option for option in system.options}
        if not equals or key not in known:
            fail(f"--option {pair}: write NAME=VALUE; {system.title} has {', '.join(sorted(known))}.")
        said[key] = _read(read, known[key], value)
    for option in system.options:
        if option.name not in said and (option.required or not given):
            value = _ask(option, member, system)
            if value is not None:
                said[option.name] = value
    return said


def _read(read: Any, option: Option, text: str) -> Any:
    try:
        return read(option, text)
    except ValueError as error:
        fail(str(error))


def _ask(option: Option, member: str, system: System) -> Any:
    """Until the answer is one that the option can have. Enter leaves an option out that is not needed."""
    from hub.set_up.answers import read, usual

    while True:
        shown = usual(option, member, system.name)
        text = str(click.prompt(f"{option.name}: {option.help}", default=shown, show_default=shown != ""))
        if not text and not option.required:
            return None
        try:
            value = read(option, text)
        except ValueError as error:
            click.echo(str(error))
            continue
        return None if value == option.default and not option.required else value

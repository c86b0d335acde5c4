"""What every command that needs a hub begins with: the configuration, said plainly when it cannot be used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from connectors.clock import Time
    from hub.app import Hub
    from hub.config import Config

config_option: Callable[[Any], Any] = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("config.toml"),
    envvar="HUB_CONFIG",
    show_default=True,
    help="The configuration file.",
)


def fail(*lines: str) -> NoReturn:
    """Say what is wrong on stderr and end with 2: nothing was done."""
    for line in lines:
        click.echo(line, err=True)
    sys.exit(2)


def load_config(path: Path) -> Config:
    """The configuration, and the mappings that it names; ends with every problem if there are any."""
    from hub.config import ConfigError
    from hub.configured import configured

    try:
        return configured(path)
    except ConfigError as error:
        fail(*error.problems)


def open_configured(path: Path, time: Time | None = None, least: str | None = "WARNING") -> Hub:
    """The hub that the configuration describes, its database brought to this version. ``least``: what goes to standard error
    of the log, where the configuration names no file for it; None for what the configuration says."""
    from sqlalchemy.exc import OperationalError

    from hub import garbage, log, redact
    from hub.app import open_hub

    config = load_config(path)
    redact.hide(config)
    try:
        log.set_up(config.operating.log, least)
    except OSError as error:
        fail(
            f"The log {config.operating.log.file} cannot be written: {error.strerror}. Change [log] file, or its folder's owner."
        )
    try:
        hub = open_hub(config, time=time)
    except OperationalError as error:
        fail(f"The database {config.database.split('@')[-1]} cannot be opened: {error.orig}.")
    garbage.search_seldom()
    return hub

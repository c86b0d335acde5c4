"""A whole configuration as it can be used: the file, the members' parts beside it, and the mappings that they name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hub.config import Config, ConfigError
from hub.config_files import load
from mappings.language import MappingError
from mappings.language import load as load_mapping
from schemas.said import phrase


def configured(path: Path, environ: Mapping[str, str] = os.environ, texts: Mapping[Path, str] | None = None) -> Config:
    """Raises ``ConfigError`` with every problem. ``texts``: files by path that are taken to say something else."""
    config = load(path, environ, texts)
    problems: list[str] = []
    for connection in config.connections.values():
        try:
            load_mapping(connection.mapping, config.mapping_folders)
        except MappingError as error:
            problems.append(phrase("[connections.%(name)s] %(fault)s", name=connection.name, fault=str(error)))
    if problems:
        raise ConfigError(problems)
    return config


def files(config: Config) -> list[Path]:
    """What it is made of, as far as a person would edit it. Empty where it came from no file."""
    if config.path is None:
        return []
    named = {Path(c.mapping) for c in config.connections.values() if c.mapping.endswith(".toml")}
    inside = [file for folder in config.mapping_folders for file in folder.glob("*.toml")]
    return [config.path, *sorted({*(config.path.parent / "members").glob("*.toml"), *named, *inside})]

"""A further connection in a configuration that is there: drafted, tried, and written without touching the rest of the file."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit

from connectors.contract import Check, ConnectorError
from connectors.transport import SystemTime
from hub.app import Hub
from hub.checks import checks
from hub.config import Config
from hub.configured import configured
from hub.ids import Ids
from hub.set_up import mapping as mappings
from hub.store.engine import open_engine

PATIENCE = 20.0
"""Seconds that one call of the trial may take."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The connection as it is wanted. ``mapping`` None: the usual one, drafted anew where the system's columns differ."""

    name: str
    member: str
    system: str
    mapping: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    shares: bool = True
    allow_http: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """``texts``: what each file is to say. ``checks``: how the trial went, empty where there was none."""

    texts: Mapping[Path, str]
    checks: list[Check]


def variables(wish: Wish) -> list[str]:
    """Environment variables that it names."""
    found = [re.fullmatch(r"env:(\w+)", str(value)) for value in wish.options.values()]
    return [match[1] for match in found if match]


def drafted(path: Path, wish: Wish, environ: Mapping[str, str], tried: bool = True) -> Draft:
    """What would be written, and how the connection does. Raises ``ConfigError`` where it could not be used."""
    own = path.parent / "members" / f"{wish.member}.toml"
    file = own if own.is_file() else path
    text = file.read_text(encoding="utf-8")
    texts = {file: added(text, wish, wish.mapping or mappings.usual(wish.system))}
    config = configured(path, environ, texts)
    if not tried:
        return Draft(texts, [])
    hub = _hub(config)
    words = _fitting(hub, wish) if wish.mapping is None else None
    if words is None:
        return Draft(texts, checks(hub, wish.name, PATIENCE))
    place = (path.parent if file == path else own.with_suffix("")) / f"{wish.name}.toml"
    told = f"The usual one does not fit. A draft goes into {place.name}; look at its lines that say so."
    found = [*_checked(hub, wish, words), Check("mapping", True, told)]
    return Draft({file: added(text, wish, str(place.relative_to(file.parent))), place: words}, found)


def added(text: str, wish: Wish, mapping: str) -> str:
    """The file with the connection at its end; what was there stays as it was, letter by letter."""
    table = tomlkit.table()
    table.add("member", wish.member)
    table.add("system", wish.system)
    table.add("mapping", mapping)
    table.add("shares", wish.shares)
    table.add(tomlkit.comment("The first sync waits until someone has looked at what it would do."))
    table.add("first_sync", "preview")
    table.add("every", "5m")
    if wish.allow_http:
        table.add("allow_http", True)
    options = tomlkit.table()
    for name, value in wish.options.items():
        options.add(name, value)
    table.add("options", options)
    new, inner = tomlkit.document(), tomlkit.table(is_super_table=True)
    inner.add(wish.name, table)
    new.add("connections", inner)
    return text.rstrip("\n") + "\n\n" + tomlkit.dumps(new)


def write(draft: Draft) -> list[Path]:
    """Each file at once or not at all, with the rights that it had; what the configuration names before the configuration."""
    written = []
    for file, text in sorted(draft.texts.items(), key=lambda item: item[0].exists()):
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
        file.parent.mkdir(mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        os.chmod(name, mode)
        os.replace(name, file)
        written.append(file)
    return written


def _hub(config: Config) -> Hub:
    """A hub without a store: it only opens connections."""
    time = SystemTime()
    return Hub(config, open_engine("sqlite://"), time=time, ids=Ids(time.now))


def _fitting(hub: Hub, wish: Wish) -> str | None:
    """A mapping for the columns that the system has; None where the usual one fits, or nobody can say."""
    try:
        with closing(hub.connect(wish.name, PATIENCE)) as connector:
            return mappings.drafted(hub.mapping(wish.name), connector.describe())
    except ConnectorError:
        return None


def _checked(hub: Hub, wish: Wish, words: str) -> list[Check]:
    """The trial with a mapping that is not written yet."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / f"{wish.name}.toml"
        place.write_text(words, encoding="utf-8")
        return checks(hub.with_mapping(wish.name, str(place)), wish.name, PATIENCE)

"""``config.toml``: what is set up. Reviewable; secrets by reference, never inline.

Every problem is found in one go and said with its line, the closest name and the way out.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from connectors.contract import Secret, System
from hub import circles, retention, signing
from hub.commons.criteria import Criteria
from hub.mail.settings import MailConfig, mail_config
from hub.retention import Retention
from hub.settings import CONNECTION, HUB, IMPORT, MAIL, MEMBER, RETENTION, WEB, Setting
from hub.wording import closest
from mappings.positions import positions

Edits = Literal["keep", "suggest", "accept", "reset"]
Follow = Literal["yes", "ask", "no"]
PARTS = frozenset({"hub", "web", "mail", "retention", "members", "circles", "connections", "rules"})


class ConfigError(ValueError):
    """The configuration cannot be used. ``problems``: sentences, each with file and line."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class MemberConfig:
    id: str
    name: str
    lawful_basis: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """``imports``: standing rules; None imports by hand only, an empty tuple everything. ``every`` in seconds.
    ``inbox_for``: the connection that a candidate is imported into; None where this is no inbox. ``speaks_for``: the member
    whose disclosed position is written there, where the system is another commons."""

    name: str
    member: str
    system: str
    mapping: str
    options: Mapping[str, Any] = field(default_factory=dict)
    shares: bool = False
    imports: tuple[Criteria, ...] | None = None
    inbox_for: str | None = None
    edits: Edits = "keep"
    follow: Follow = "yes"
    deletes: Literal["ask", "withdraw", "keep"] = "ask"
    first_sync: Literal["preview", "go"] = "preview"
    every: float = 300
    importer: str | None = None
    paused: bool = False
    allow_http: bool = False
    hook_secret: Secret | None = None
    speaks_for: str | None = None

    @property
    def door(self) -> bool:
        """Its records come in sheets that people bring; there is no system to call."""
        return bool(self.options.get("door"))


@dataclass(frozen=True, slots=True)
class Config:
    """``rules``: for a path, the connections whose word counts, best first. ``circles``: members by the name of the circle
    that one may share with. ``digest`` tells two configurations apart."""

    database: str
    members: Mapping[str, MemberConfig]
    connections: Mapping[str, ConnectionConfig]
    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    circles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    mapping_folders: tuple[Path, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    proxies: int = 0
    calls_a_minute: int = 600
    secret: Secret | None = None
    mail: MailConfig | None = None
    retention: Retention = field(default_factory=Retention)
    path: Path | None = None
    digest: str = ""


def load(path: Path | str, environ: Mapping[str, str] = os.environ, texts: Mapping[Path, str] | None = None) -> Config:
    """Read a configuration and the ``members/*.toml`` beside it. Raises ``ConfigError`` with every problem. ``texts``: files
    by path that are taken to say something else than they do."""
    path = Path(path)
    reader = _Reader(path, environ, texts or {})
    trees: list[tuple[dict[str, Any], str | None]] = [(reader.parse(path), None)] if path.is_file() else []
    if not trees:
        raise ConfigError([f"There is no file {path}. Make one with `hub init`."])
    trees += [(reader.parse(file), file.stem) for file in sorted((path.parent / "members").glob("*.toml"))]
    config = reader.config(trees)
    if reader.problems:
        raise ConfigError(reader.problems)
    return config


class _Reader:
    """Goes through the parsed files and collects problems instead of stopping at the first."""

    def __init__(self, path: Path, environ: Mapping[str, str], texts: Mapping[Path, str]) -> None:
        self.path = path
        self.environ = environ
        self.texts = texts
        self.problems: list[str] = []
        self._lines: dict[Path, dict[tuple[str, ...], int]] = {}
        self._file = path

    def parse(self, file: Path) -> dict[str, Any]:
        text = self.texts[file] if file in self.texts else file.read_text(encoding="utf-8")
        try:
            self._lines[file] = positions(text)
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{file.name}: this is no TOML: {error}.")
            raise ConfigError(self.problems) from None

    def say(self, where: tuple[str, ...], message: str) -> None:
        lines = self._lines[self._file]
        line = next((lines[where[:n]] for n in range(len(where), 0, -1) if where[:n] in lines), 1)
        self.problems.append(f"{self._file.name}:{line}: {message}")
        self.problems.sort(key=lambda problem: (problem.partition(":")[0], int(problem.split(":")[1])))

    def config(self, trees: list[tuple[dict[str, Any], str | None]]) -> Config:
        main = trees[0][0]
        members: dict[str, MemberConfig] = {}
        connections: dict[str, ConnectionConfig] = {}
        files = [self.path, *sorted((self.path.parent / "members").glob("*.toml"))]
        for (tree, owner), file in zip(trees, files, strict=True):
            self._file = file
            known = PARTS if owner is None else {"members", "connections"}
            for key in tree.keys() - known:
                self.say((key,), f'"{key}" is no part of this file.{closest(key, known)}')
            for name, table in self._tables(tree, "members").items():
                members |= self._member(name, table, owner)
        for (tree, owner), file in zip(trees, files, strict=True):
            self._file = file
            for name, table in self._tables(tree, "connections").items():
                connections |= self._connection(name, table, members, owner)
        for (tree, _), file in zip(trees, files, strict=True):
            self._file = file
            for name in self._tables(tree, "connections").keys() & connections.keys():
                self._inbox(connections[name], connections)
        self._file = self.path
        hub = self._settings(("hub",), main.get("hub", {}), HUB)
        web = self._settings(("web",), main.get("web", {}), WEB)
        host, port = web["host"], web["port"]
        digest = hashlib.sha256(json.dumps([tree for tree, _ in trees], sort_keys=True, default=str).encode())
        folders = (self.path.parent / hub["mappings"],) if hub["mappings"] else ()
        return Config(
            database=self._beside(hub["database"]),
            members=members,
            connections=connections,
            rules=self._rules(main.get("rules", {}), connections),
            circles=circles.read(main.get("circles", {}), members, lambda name, why: self.say(("circles", name), why)),
            mapping_folders=folders,
            host=host,
            port=port,
            public_url=web["public_url"] or f"http://{host}:{port}",
            proxies=web["proxies"],
            calls_a_minute=max(0, web["calls_a_minute"]),
            secret=self._secret(("web", "secret"), web["secret"], None) if web["secret"] else None,
            mail=self._mail(main["mail"]) if "mail" in main else None,
            retention=retention.read(self._settings(("retention",), main.get("retention", {}), RETENTION), self.say),
            path=self.path,
            digest=digest.hexdigest(),
        )

    def _mail(self, table: Any) -> MailConfig | None:
        values = self._settings(("mail",), table if isinstance(table, dict) else {}, MAIL)
        secret = self._secret(("mail", "password"), values["password"], None) if values["password"] else None
        return mail_config(values, secret, lambda name, problem: self.say(("mail", name), problem))

    def _beside(self, url: str) -> str:
        """A relative SQLite file stands beside the configuration, not wherever the command was called."""
        match = re.fullmatch(r"sqlite:///(?!/)(?!:memory:)(.+)", url)
        return f"sqlite:///{(self.path.parent / match[1]).absolute()}" if match else url

    def _tables(self, tree: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
        tables = tree.get(name, {})
        if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
            self.say((name,), f"[{name}.NAME] are tables, one each.")
            return {}
        return tables

    def _settings(self, where: tuple[str, ...], table: dict[str, Any], known: tuple[Setting, ...]) -> dict[str, Any]:
        """The table's values with defaults, each of its type."""
        names = {setting.name: setting for setting in known}
        for key in table.keys() - names.keys():
            self.say((*where, key), f'[{".".join(where)}] has no setting "{key}".{closest(key, names)}')
        values: dict[str, Any] = {}
        for name, setting in names.items():
            value = table.get(name, setting.default)
            if value is None:
                if setting.required:
                    self.say(where, f'[{".".join(where)}] needs "{name}": {setting.help}')
            elif name == "import" and value == "all":
                pass
            elif not isinstance(value, setting.type) or (isinstance(value, bool) and setting.type is int):
                kind = getattr(setting.type, "__name__", "value")
                self.say((*where, name), f'"{name}" is {value!r}; it wants a {_WORDS.get(kind, kind)}.')
                value = setting.default
            elif setting.choices and value not in setting.choices:
                hint = closest(str(value), setting.choices)
                self.say((*where, name), f'"{name}" is one of {", ".join(setting.choices)}, not "{value}".{hint}')
                value = setting.default
            values[name] = value
        return values

    def _member(self, name: str, table: dict[str, Any], owner: str | None) -> dict[str, MemberConfig]:
        if owner is not None and name != owner:
            self.say(("members", name), f"members/{owner}.toml speaks for {owner} only, not for {name}.")
            return {}
        values = self._settings(("members", name), table, MEMBER)
        return {name: MemberConfig(name, values["name"] or name, values["lawful_basis"])}

    def _connection(
        self, name: str, table: dict[str, Any], members: dict[str, MemberConfig], owner: str | None
    ) -> dict[str, ConnectionConfig]:
        where = ("connections", name)
        values = self._settings(where, table, CONNECTION)
        member, system = values["member"], self._system(where, values["system"])
        self._known_member((*where, "member"), member, members)
        if owner is not None and member != owner:
            self.say((*where, "member"), f"members/{owner}.toml speaks for {owner} only, not for {member}.")
        if system is None or None in (member, values["mapping"]):
            return {}
        mapping = values["mapping"]
        if mapping.endswith(".toml"):
            mapping = str(self._file.parent / mapping)
        return {
            name: ConnectionConfig(
                name=name,
                member=member,
                system=values["system"],
                mapping=mapping,
                options=self._options(where, values["options"] or {}, system, owner),
                shares=values["shares"],
                imports=self._imports(where, values["import"]),
                inbox_for=values["inbox_for"],
                edits=values["edits"],
                follow=values["follow"],
                deletes=values["deletes"],
                first_sync=values["first_sync"],
                every=self._seconds((*where, "every"), values["every"]),
                importer=values["importer"],
                paused=values["paused"],
                allow_http=values["allow_http"],
                hook_secret=self._hook((*where, "hook_secret"), values["hook_secret"], owner),
                speaks_for=self._known_member((*where, "speaks_for"), values["speaks_for"], members),
            )
        }

    def _hook(self, where: tuple[str, ...], reference: str | None, owner: str | None) -> Secret | None:
        secret = self._secret(where, reference, owner) if reference else None
        if secret is not None and (why := signing.unusable(secret.reveal())):
            self.say(where, f'"hook_secret" {why}')
        return secret

    def _known_member(
        self, where: tuple[str, ...], name: str | None, members: Mapping[str, MemberConfig]
    ) -> str | None:
        if name is not None and name not in members:
            self.say(where, f'There is no member "{name}".{closest(name, members)}')
        return name

    def _inbox(self, inbox: ConnectionConfig, connections: dict[str, ConnectionConfig]) -> None:
        """What an inbox is for belongs to the same member; the inbox itself neither shares nor imports."""
        if inbox.inbox_for is None:
            return
        where = ("connections", inbox.name, "inbox_for")
        own = {c.name for c in connections.values() if c.member == inbox.member and c.inbox_for is None}
        if inbox.inbox_for not in own:
            self.say(where, f'{inbox.member} has no connection "{inbox.inbox_for}" to import into.'
                     f"{closest(inbox.inbox_for, own)}")  # fmt: skip
        if inbox.shares or inbox.imports is not None:
            self.say(where, "An inbox shows what saved searches find. Remove shares and import here; they belong to "
                     f'"{inbox.inbox_for}".')  # fmt: skip

    def _system(self, where: tuple[str, ...], name: str | None) -> System | None:
        from connectors import registry

        if name is None:
            return None
        try:
            return registry.load(name)
        except LookupError as error:
            self.say((*where, "system"), str(error))
            return None

    def _options(
        self, where: tuple[str, ...], table: dict[str, Any], system: System, owner: str | None
    ) -> dict[str, Any]:
        names = {option.name: option for option in system.options}
        values: dict[str, Any] = {}
        for key, value in table.items():
            place = (*where, "options", key)
            option = names.get(key)
            if option is None:
                self.say(place, f'{system.title} has no option "{key}".{closest(key, names)}')
            elif option.secret:
                secret = self._secret(place, value, owner)
                if secret is not None:
                    values[key] = secret
            elif option.choices and value not in option.choices:
                self.say(place, f'"{key}" is one of {", ".join(option.choices)}, not "{value}".')
            else:
                beside = key in ("path", "declaration") and isinstance(value, str)
                values[key] = str(self._file.parent / value) if beside else value
        for option in names.values():
            if option.required and option.name not in table:
                self.say((*where, "options"), f'{system.title} needs the option "{option.name}": {option.help}')
            elif option.default is not None:
                values.setdefault(option.name, option.default)
        return values

    def _secret(self, where: tuple[str, ...], value: Any, owner: str | None) -> Secret | None:
        """``env:NAME`` or ``file:PATH``; the secret itself is refused here, where others could read it."""
        kind, _, name = str(value).partition(":")
        if kind not in ("env", "file") or not name:
            named = owner or (where[1] if len(where) > 2 else where[0])
            variable = f"HUB_{named.upper().replace('-', '_')}_{where[-1].upper()}"
            self.say(where, f'"{where[-1]}" is a secret and must not stand in this file. Put it into an environment '
                     f'variable and write "env:{variable}", or into a file and write "file:PATH".')  # fmt: skip
            return None
        if kind == "file":
            try:
                return Secret((self._file.parent / name).read_text(encoding="utf-8").strip(), str(value))
            except OSError as error:
                self.say(where, f'"{where[-1]}": the file {name} cannot be read ({error.strerror}).')
                return None
        prefix = f"HUB_{owner.upper().replace('-', '_')}_" if owner else ""
        if not name.startswith(prefix):
            self.say(where, f'"{where[-1]}": {owner} may use environment variables that start with {prefix} only.')
            return None
        if not self.environ.get(name):
            self.say(
                where, f'"{where[-1]}": the environment variable {name} is not set. Set it before starting the hub.'
            )
            return None
        return Secret(self.environ[name], str(value))

    def _imports(self, where: tuple[str, ...], given: Any) -> tuple[Criteria, ...] | None:
        if given is None:
            return None
        if given == "all":
            return ()
        rules = []
        for rule in given:
            values = self._settings((*where, "import"), rule if isinstance(rule, dict) else {}, IMPORT)
            themes, countries = tuple(values["themes"] or ()), tuple(values["countries"] or ())
            self._known_codes((*where, "import"), themes)
            rules.append(Criteria(values["kind"], themes, countries))
        return tuple(rules)

    def _known_codes(self, where: tuple[str, ...], themes: tuple[str, ...]) -> None:
        from schemas.themes import THEMES

        for theme in themes:
            if theme not in THEMES:
                self.say((*where, "themes"), f'There is no theme "{theme}".{closest(theme, THEMES)}')

    def _seconds(self, where: tuple[str, ...], text: str) -> float:
        match = re.fullmatch(r"(\d+)\s*([smhd])", text)
        if not match or int(match[1]) == 0:
            self.say(where, f'"every" is "{text}"; write a number and s, m, h or d, like 5m.')
            return 300
        return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]

    def _rules(self, table: dict[str, Any], connections: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        from schemas.fields import UnknownPath, spec

        rules: dict[str, tuple[str, ...]] = {}
        for path, order in table.items():
            try:
                spec(path)
            except UnknownPath as error:
                self.say(("rules", path), str(error))
                continue
            strangers = [name for name in order if name not in connections] if isinstance(order, list) else [order]
            if strangers:
                self.say(
                    ("rules", path),
                    f'There is no connection "{strangers[0]}".{closest(str(strangers[0]), connections)}',
                )
            else:
                rules[path] = tuple(order)
        return rules


_WORDS = {"str": "text in quotes", "int": "whole number", "bool": "true or false", "list": "list", "dict": "table"}

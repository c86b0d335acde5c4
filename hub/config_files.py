"""``config.toml`` and ``members/*.toml``: what is set up. Reviewable; secrets by reference, never inline.

Every problem is found in one go and said with its line, the closest name and the way out.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from connectors.contract import ConnectorError, Secret, Settings, System
from hub import circles, inboxes, operating, precedence, reaches, retention, signing
from hub.commons.criteria import Criteria
from hub.config import Config, ConfigError, ConnectionConfig, MemberConfig
from hub.mail.settings import MailConfig, mail_config
from hub.people.settings import SignInConfig, sign_in_config
from hub.references import Reach, prefix
from hub.settings import CONNECTION, HUB, IMPORT, MAIL, MEMBER, PARTS, RETENTION, SIGN_IN, WEB, WORDS, Setting
from hub.wording import closest
from mappings.positions import positions


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
        self._reach = Reach(path.parent)
        self._reading = operating.Reading(self._settings, self._secret, self.say)

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
                members |= self._member(name, table, owner, members)
        for (tree, owner), file in zip(trees, files, strict=True):
            self._file, self._reach = file, Reach(file.parent, owner, members)
            for name, table in self._tables(tree, "connections").items():
                if name in connections:
                    self.say(("connections", name), f'"{name}" is set up in another file already. Choose another name.')
                    continue
                connections |= self._connection(name, table, members, owner)
        for (tree, _), file in zip(trees, files, strict=True):
            self._file = file
            for name in self._tables(tree, "connections").keys() & connections.keys():
                for problem in inboxes.unfit(connections[name], connections):
                    self.say(("connections", name, "inbox_for"), problem)
        self._file, self._reach = self.path, Reach(self.path.parent)
        hub, web = (
            self._settings(("hub",), main.get("hub", {}), HUB),
            self._settings(("web",), main.get("web", {}), WEB),
        )
        host, port = web["host"], web["port"]
        digest = hashlib.sha256(json.dumps([tree for tree, _ in trees], sort_keys=True, default=str).encode())
        folders = (self.path.parent / hub["mappings"],) if hub["mappings"] else ()
        return Config(
            database=self._beside(hub["database"]),
            members=members,
            connections=connections,
            rules=precedence.read(main.get("rules", {}), connections, lambda path, why: self.say(("rules", path), why)),
            circles=circles.read(main.get("circles", {}), members, lambda name, why: self.say(("circles", name), why)),
            mapping_folders=folders,
            host=host,
            port=port,
            public_url=web["public_url"] or f"http://{host}:{port}",
            proxies=web["proxies"],
            calls_a_minute=max(0, web["calls_a_minute"]),
            secret=self._secret(("web", "secret"), web["secret"]) if web["secret"] else None,
            mail=self._mail(main["mail"]) if "mail" in main else None,
            sign_in=self._sign_in(main.get("sign_in", {})),
            operating=operating.read(main, self.path.parent, self._reading),
            retention=retention.read(self._settings(("retention",), main.get("retention", {}), RETENTION), self.say),
            path=self.path,
            digest=digest.hexdigest(),
        )

    def _mail(self, table: Any) -> MailConfig | None:
        values = self._settings(("mail",), table if isinstance(table, dict) else {}, MAIL)
        secret = self._secret(("mail", "password"), values["password"]) if values["password"] else None
        return mail_config(values, secret, lambda name, problem: self.say(("mail", name), problem))

    def _sign_in(self, table: Any) -> SignInConfig:
        values = self._settings(("sign_in",), table if isinstance(table, dict) else {}, SIGN_IN)
        secret = self._secret(("sign_in", "client_secret"), given) if (given := values["client_secret"]) else None
        return sign_in_config(values, secret, lambda name, problem: self.say(("sign_in", name), problem))

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
                self.say((*where, name), f'"{name}" is {value!r}; it wants a {WORDS.get(kind, kind)}.')
                value = setting.default
            elif setting.choices and value not in setting.choices:
                hint = closest(str(value), setting.choices)
                self.say((*where, name), f'"{name}" is one of {", ".join(setting.choices)}, not "{value}".{hint}')
                value = setting.default
            values[name] = value
        return values

    def _member(
        self, name: str, table: dict[str, Any], owner: str | None, members: Mapping[str, MemberConfig]
    ) -> dict[str, MemberConfig]:
        if owner is not None and name != owner:
            self.say(("members", name), f"members/{owner}.toml speaks for {owner} only, not for {name}.")
            return {}
        if owner is not None:
            self._operators_only(("members", name), table, ("lawful_basis", "hosts"), owner)
        before = members.get(name) or MemberConfig(name, name)
        values = self._settings(("members", name), {"name": before.name} | table, MEMBER)
        basis, hosts = values["lawful_basis"] or before.lawful_basis, values["hosts"]
        self._reach = Reach(self._file.parent, owner, members)
        alerts = operating.alerts(("members", name, "alerts"), values["alerts"], owner, self._reading)
        return {
            name: MemberConfig(
                name, values["name"], basis, before.hosts if hosts is None else tuple(map(str, hosts)),
                alerts if values["alerts"] else before.alerts,
            )
        }  # fmt: skip

    def _operators_only(
        self, where: tuple[str, ...], table: dict[str, Any], names: tuple[str, ...], owner: str
    ) -> None:
        for name in table.keys() & set(names):
            self.say((*where, name), f'"{name}" is for the operator to say, in {self.path.name}, not in members/{owner}.toml.')  # fmt: skip
            del table[name]

    def _connection(
        self, name: str, table: dict[str, Any], members: dict[str, MemberConfig], owner: str | None
    ) -> dict[str, ConnectionConfig]:
        where = ("connections", name)
        if owner is not None:
            self._operators_only(where, table, ("allow_http", "allow_private"), owner)
        values = self._settings(where, table, CONNECTION)
        member, system = values["member"], self._system(where, values["system"])
        self._known_member((*where, "member"), member, members)
        if owner is not None and member != owner:
            self.say((*where, "member"), f"members/{owner}.toml speaks for {owner} only, not for {member}.")
        if owner is not None and values["speaks_for"] not in (None, owner):
            self.say((*where, "speaks_for"), f"members/{owner}.toml speaks for {owner} only.")
        if system is None or None in (member, values["mapping"]):
            return {}
        mapping = values["mapping"]
        if mapping.endswith(".toml"):
            mapping = self._named((*where, "mapping"), mapping, self._reach.shared)
        options = self._options(where, values["options"] or {}, system)
        inner = values["allow_private"]
        if owner is not None and member in members:
            inner = self._reaches(where, system, Settings(name, options), members[member])
        return {
            name: ConnectionConfig(
                name=name,
                member=member,
                system=values["system"],
                mapping=mapping,
                options=options,
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
                allow_private=inner,
                hook_secret=self._hook((*where, "hook_secret"), values["hook_secret"]),
                speaks_for=self._known_member((*where, "speaks_for"), values["speaks_for"], members),
            )
        }

    def _reaches(self, where: tuple[str, ...], system: System, settings: Settings, member: MemberConfig) -> bool:
        """Whether a connection of a member's own file may call into an inner network; said when it may not call at all."""
        try:
            hosts = system.hosts(settings)
        except (KeyError, TypeError, ValueError, ConnectorError):
            return False  # said already, or when it is opened
        for host in reaches.beyond(hosts, member.hosts):
            self.say((*where, "options"), f"{member.id} may not reach {host}. The operator can add it to hosts under "
                     f"[members.{member.id}] in {self.path.name}.")  # fmt: skip
        return reaches.named(hosts, member.hosts)

    def _named(self, where: tuple[str, ...], name: str, found: Callable[[str], Path]) -> str:
        try:
            return str(found(name))
        except ValueError as error:
            self.say(where, f'"{where[-1]}": {error}')
            return ""

    def _hook(self, where: tuple[str, ...], reference: str | None) -> Secret | None:
        secret = self._secret(where, reference) if reference else None
        if secret is not None and (why := signing.unusable(secret.reveal())):
            self.say(where, f'"hook_secret" {why}')
        return secret

    def _known_member(
        self, where: tuple[str, ...], name: str | None, members: Mapping[str, MemberConfig]
    ) -> str | None:
        if name is not None and name not in members:
            self.say(where, f'There is no member "{name}".{closest(name, members)}')
        return name

    def _system(self, where: tuple[str, ...], name: str | None) -> System | None:
        from connectors import registry

        if name is None:
            return None
        try:
            return registry.load(name)
        except LookupError as error:
            self.say((*where, "system"), str(error))
            return None

    def _options(self, where: tuple[str, ...], table: dict[str, Any], system: System) -> dict[str, Any]:
        names = {option.name: option for option in system.options}
        values: dict[str, Any] = {}
        for key, value in table.items():
            place = (*where, "options", key)
            option = names.get(key)
            if option is None:
                self.say(place, f'{system.title} has no option "{key}".{closest(key, names)}')
            elif option.secret:
                secret = self._secret(place, value)
                if secret is not None:
                    values[key] = secret
            elif option.choices and value not in option.choices:
                self.say(place, f'"{key}" is one of {", ".join(option.choices)}, not "{value}".')
            else:
                found = {"path": self._reach.path, "declaration": self._reach.shared}.get(key)
                values[key] = self._named(place, value, found) if found and isinstance(value, str) else value
        for option in names.values():
            if option.required and option.name not in table:
                self.say((*where, "options"), f'{system.title} needs the option "{option.name}": {option.help}')
            elif option.default is not None:
                values.setdefault(option.name, option.default)
        return values

    def _secret(self, where: tuple[str, ...], value: Any) -> Secret | None:
        """``env:NAME`` or ``file:PATH``; the secret itself is refused here, where others could read it."""
        named = self._reach.owner or (where[1] if len(where) > 2 else where[0])
        try:
            return self._reach.secret(where[-1], str(value), self.environ, prefix(named) + where[-1].upper())
        except ValueError as error:
            self.say(where, str(error))
            return None

    def _imports(self, where: tuple[str, ...], given: Any) -> tuple[Criteria, ...] | None:
        if given is None:
            return None
        rules = [] if given == "all" else [rule if isinstance(rule, dict) else {} for rule in given]
        return tuple(self._import((*where, "import"), rule) for rule in rules)

    def _import(self, where: tuple[str, ...], rule: dict[str, Any]) -> Criteria:
        from schemas.themes import THEMES

        values = self._settings(where, rule, IMPORT)
        themes = tuple(values["themes"] or ())
        for theme in themes:
            if theme not in THEMES:
                self.say((*where, "themes"), f'There is no theme "{theme}".{closest(theme, THEMES)}')
        return Criteria(values["kind"], themes, tuple(values["countries"] or ()))

    def _seconds(self, where: tuple[str, ...], text: str) -> float:
        match = re.fullmatch(r"(\d+)\s*([smhd])", text)
        if not match or int(match[1]) == 0:
            self.say(where, f'"every" is "{text}"; write a number and s, m, h or d, like 5m.')
            return 300
        return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]

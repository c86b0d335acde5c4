"""A mapping file as found on disk: its tables, what it inherits, and where each key stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mappings.finding import Finding, MappingError, Severity, nearest
from mappings.positions import positions
from schemas.said import phrase, together

SHIPPED = Path(__file__).parent
KEYS = (
    "extends",
    "system",
    "object",
    "kind",
    "key",
    "id",
    "share",
    "withdrawn",
    "closed",
    "take_up",
    "not_for_us",
    "suggest",
    "create",
    "fields",
)

Where = tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """``table`` is the resolved content; ``places`` knows the file and line of each key in it."""

    name: str
    path: Path
    table: Mapping[str, Any]
    places: Mapping[Where, tuple[str, int]]
    findings: list[Finding] = field(default_factory=list)

    def say(self, where: Where, message: str, severity: Severity = "error") -> None:
        """Note something about the key at ``where``, or about the nearest key that holds it."""
        self.findings.append(self.finding(where, message, severity))

    def finding(self, where: Where, message: str, severity: Severity = "error") -> Finding:
        for depth in range(len(where), 0, -1):
            if where[:depth] in self.places:
                file, line = self.places[where[:depth]]
                return Finding(line, severity, message, file)
        return Finding(1, severity, message, shown(self.path))


def find(name_or_path: str | Path, folders: Sequence[Path] = ()) -> Path:
    """A file by its path, or by its name in ``folders`` and then among the shipped ones."""
    given = Path(name_or_path)
    if given.suffix == ".toml" and given.is_file():
        return given
    name = given.name.removesuffix(".toml")
    for folder in (*folders, SHIPPED):
        candidate = Path(folder) / f"{name}.toml"
        if candidate.is_file() and str(given) in (name, f"{name}.toml"):
            return candidate
    known = {path.stem for folder in (*folders, SHIPPED) for path in Path(folder).glob("*.toml")}
    lacks = phrase('There is no mapping "%(name)s".', name=given)
    there = phrase("Known: %(known)s.", known=", ".join(sorted(known))) if known else phrase("Known: none.")
    raise MappingError([Finding(1, "error", together([lacks, nearest(name, known), there]), str(given))])


def read(name_or_path: str | Path, folders: Sequence[Path] = ()) -> Source:
    """Read a file and lay it over the one it extends (one level). MappingError where it is no TOML."""
    path = find(name_or_path, folders)
    table, places = _parse(path)
    findings: list[Finding] = []
    if "extends" in table:
        below, base, base_places = _below(path, table, folders, places)
        findings += below
        table, places = _over(base, table), base_places | places
    source = Source(path.stem, path, table, places, findings)
    for key in table:
        if key not in KEYS:
            none = phrase('"%(key)s" is no key of a mapping.', key=key)
            source.say((key,), together([none, nearest(key, KEYS)]))
    return source


def shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _parse(path: Path) -> tuple[dict[str, Any], dict[Where, tuple[str, int]]]:
    file = shown(path)
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        message = phrase("Byte %(number)s is not UTF-8. Save the file as UTF-8.", number=error.start)
        raise MappingError([Finding(1, "error", message, file)]) from error
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        number = int(line[1]) if line else text.count("\n") + 1
        message = phrase("This is no TOML: %(error)s.", error=error)
        raise MappingError([Finding(number, "error", message, file)]) from error
    return table, {where: (file, number) for where, number in positions(text).items()}


def _below(
    path: Path, table: Mapping[str, Any], folders: Sequence[Path], places: Mapping[Where, tuple[str, int]]
) -> tuple[list[Finding], dict[str, Any], dict[Where, tuple[str, int]]]:
    file, line = places.get(("extends",), (shown(path), 1))
    name = table["extends"]
    if not isinstance(name, str):
        message = phrase('"extends" is the name of another mapping.')
        raise MappingError([Finding(line, "error", message, file)])
    try:
        below = find(name, (*folders, path.parent))
    except MappingError as error:
        raise MappingError([Finding(line, "error", error.findings[0].message, file)]) from error
    base, base_places = _parse(below)
    findings = []
    if "extends" in base:
        message = phrase(
            '"%(name)s" extends "%(other)s" itself. Extend that one, or copy what you need: one level only.',
            name=name,
            other=base["extends"],
        )
        findings.append(Finding(line, "error", message, file))
    return findings, base, base_places


def _over(base: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """Fields and constants are replaced one by one, everything else whole. ``path = false`` takes a field away."""
    merged = {**base, **table}
    for part in ("fields", "create"):
        one, two = base.get(part, {}), table.get(part, {})
        if isinstance(one, dict) and isinstance(two, dict) and (one or two):
            merged[part] = {
                key: value for key, value in {**one, **two}.items() if value is not False or part != "fields"
            }
    merged.pop("extends", None)
    return merged

"""A mapping as it is understood: inheritance resolved, and what each field is."""

from __future__ import annotations

from typing import Any

from mappings.fieldmap import FieldMap
from mappings.language import Mapping
from schemas.fields import spec

_HEADS = ("system", "object", "kind", "key", "share", "withdrawn", "closed", "take_up", "not_for_us", "suggest")


def show(mapping: Mapping) -> str:
    """TOML that says the same, each field followed by its direction, authority and class."""
    table = {**mapping.source.table, "kind": mapping.kind}
    lines = [f"# {mapping.name}, digest {mapping.digest[:12]}"]
    lines += [f"{head} = {_toml(table[head])}" for head in _HEADS if table.get(head) is not None]
    if mapping.create:
        lines += ["", "[create]", *(f"{_key(column)} = {_toml(value)}" for column, value in mapping.create.items())]
    shown = [(f"{_key(path)} = {_toml(options)}", notes) for path, options, notes in _fields(mapping)]
    width = min(max((len(line) for line, _ in shown), default=0), 100)
    lines += ["", "[fields]", *(f"{line:{width}}  # {notes}" for line, notes in shown)]
    return "\n".join(lines)


def _fields(mapping: Mapping) -> list[tuple[str, Any, str]]:
    """``(path, options, notes)``; a reference once, though it fills several paths."""
    rows: dict[tuple[str, ...], tuple[str, Any, str]] = {}
    for part in mapping.fields:
        where = part.entry.where
        if where in rows:
            path, options, notes = rows[where]
            rows[where] = (path, options, f"{notes}; {_notes(part)}")
        elif part.entry.type == "reference":
            path = ".".join(where[1:])
            rows[where] = (path, dict(part.entry.options), _notes(part))
        else:
            options = {"field": part.columns[0]} if not part.entry.options else dict(part.entry.options)
            if part.columns:
                options = {**options, "type": part.entry.type, "way": part.entry.way}
            rows[where] = (part.path, options, _notes(part))
    return list(rows.values())


def _notes(part: FieldMap) -> str:
    what = spec(part.path)
    name = f"{part.path}: " if part.entry.type == "reference" else ""
    loses = f", loses {part.lens.loses}" if part.lens.loses and (part.writes or part.seeds) else ""
    return f"{name}{_direction(part)}, {what.authority}'s, {what.cls}{loses}"


def _direction(part: FieldMap) -> str:
    if part.reads:
        return "both ways" if part.writes else "in, and once out" if part.seeds else "in"
    return "out" if part.writes else "once out"


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _toml(name)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04X}" for c in escaped) + '"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value)

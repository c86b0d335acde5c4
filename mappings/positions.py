"""The line of a key in a TOML text. ``tomllib`` gives no positions; keys are few, so a scan finds them."""

from __future__ import annotations

import re
import tomllib
from typing import Any

Path = tuple[str, ...]

_HEADER = re.compile(r"\s*\[{1,2}(?P<key>[^\]]+)\]")
_KEY = re.compile(
    r"""\s*(?P<key>(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+))*)\s*="""
)


def positions(text: str) -> dict[Path, int]:
    """``{("fields", "title"): 12, …}``. Keys inside an inline table have the line of the key that holds it."""
    found: dict[Path, int] = {}
    table: Path = ()
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        if quote:
            if quote in line:
                quote = ""
            continue
        if header := _HEADER.match(line):
            table = _parts(header["key"])
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            path = table + _parts(key["key"])
            for depth in range(len(table) + 1, len(path) + 1):
                found.setdefault(path[:depth], number)
            rest = line[key.end() :].lstrip()
            quote = next((q for q in ('"' * 3, "'" * 3) if rest.startswith(q) and rest.count(q) == 1), "")
    return found


def _parts(key: str) -> Path:
    """A dotted, perhaps quoted key, read by the parser that decides what keys are."""
    try:
        node: Any = tomllib.loads(key + " = 0")
    except tomllib.TOMLDecodeError:
        return (key,)
    parts: list[str] = []
    while isinstance(node, dict):
        name, node = next(iter(node.items()))
        parts.append(name)
    return tuple(parts)

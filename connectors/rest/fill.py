"""Text with places in it, like ``/grants/{id}``: the only kind of template that a declaration has.

A place is a name from a short list and is replaced once, by text. There are no expressions, attributes, formats or
nested places, so that a declaration from a stranger can say nothing more with it than where a value goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connectors.contract import Invalid
from schemas.said import phrase

PLACE = re.compile(r"\{([a-z][a-z0-9_]*)(:json)?\}")
FORBIDDEN_IN_A_PATH = re.compile(r"[\\?#\s\x00-\x1f\x7f]")


def places(text: str) -> set[str]:
    return {found[1] for found in PLACE.finditer(text)}


def unreadable(text: str) -> bool:
    """Whether there are braces that are no place."""
    return bool(re.search(r"[{}]", PLACE.sub("", text)))


def wrong_with_path(path: str) -> str | None:
    """Why this cannot be a path below a connection's address; ``None`` when it can."""
    if not path.startswith("/") or path.startswith("//"):
        return phrase(
            '"%(path)s" must start with one "/": the address itself is the connection\'s, not the declaration\'s.',
            path=path,
        )
    if FORBIDDEN_IN_A_PATH.search(path):
        return phrase(
            '"%(path)s" must not contain spaces, backslashes, "?" or "#"; what follows a "?" goes under params.',
            path=path,
        )
    if "//" in path or any(part in (".", "..") for part in path.replace("%2e", ".").replace("%2E", ".").split("/")):
        return phrase('"%(path)s" must not contain "//", "/./" or "/../".', path=path)
    return None


def path(text: str, names: Mapping[str, str]) -> str:
    """Each value is one segment, encoded; ``Invalid`` for one that would lead elsewhere."""

    def put(found: re.Match[str]) -> str:
        value = names[found[1]]
        if value in ("", ".", ".."):
            raise Invalid(phrase("%(value)s cannot be a part of an address.", value=repr(value)))
        return quote(json.dumps(value) if found[2] else value, safe="")

    return PLACE.sub(put, text)


def plain(text: str, names: Mapping[str, str]) -> str:
    """``{key:json}`` puts the value in as JSON text, with its quotes."""
    return PLACE.sub(lambda found: json.dumps(names[found[1]]) if found[2] else names[found[1]], text)


def deep(value: Any, names: Mapping[str, str]) -> Any:
    """Every text in a body."""
    if isinstance(value, str):
        return plain(value, names)
    if isinstance(value, dict):
        return {plain(name, names): deep(item, names) for name, item in value.items()}
    return [deep(item, names) for item in value] if isinstance(value, list) else value

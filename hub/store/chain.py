"""Digests of audit lines, and the seals that chain them.

A line's digest is made when it is written. It covers what happened as text, and each value only by a digest of its own,
salted from the line's ``salt``: so a value can be erased and its digest kept in its place, and the line's digest stays what
it was. A seal covers the lines since the one before it and carries that one's digest, so that nobody can change, leave out
or slip in a line without breaking every seal since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any

from hub.store.engine import dumps

ERASED = "$erased"
HEAD = ("run_id", "actor", "action", "direction", "opportunity_id", "connection_id", "remote_id", "member_id", "moves")
NOTE = "note"
GENESIS = "0" * 64


def line_digest(row: Any, salt: str | None) -> str:
    """SHA-256 (hex) of a line; ``row`` maps column names to values. ``salt`` is hex, or after an erasure the JSON of
    what is left of it, see ``salts``."""
    kept = salts(salt)
    parts: list[Any] = [_moment(row.get("at")), *(row.get(name) for name in HEAD), _leaf(kept, NOTE, row.get("note"))]
    for path, pair in sorted((row.get("values") or {}).items()):
        parts += [path, *_leaves(kept, path, pair)]
    parts.append(row.get("values") is None)
    return _sha(dumps(parts))


def erase(values: dict[str, Any] | None, note: str | None, salt: str | None, named: Any) -> tuple[Any, Any, str, int]:
    """``values``, ``note`` and ``salt`` without the values that ``named(value)`` is true of, and how many those were. The
    digest of the line stays; what is gone can no longer be guessed from its digest, for its salt is gone too."""
    kept, count = salts(salt), 0
    left: dict[str, str] = {}
    told: dict[str, Any] = {}
    for path, pair in (values or {}).items():
        sides = pair if isinstance(pair, list) else [pair]
        new = []
        for side, value in enumerate(sides):
            name = f"{path}#{side}"
            if not is_erased(value) and value is not None and named(value):
                new.append({ERASED: _leaf(kept, name, value)})
                count += 1
            else:
                new.append(value)
                left[name] = kept(name)
        told[path] = new if isinstance(pair, list) else new[0]
    if note and not note.startswith(ERASED) and named(note):
        note, count = f"{ERASED} {_leaf(kept, NOTE, note)}", count + 1
    else:
        left[NOTE] = kept(NOTE)
    return (None if values is None else told), note, dumps(left), count


def is_erased(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and ERASED in value


def seal_digest(before: str, lines: Iterable[tuple[int, str | None]]) -> str:
    """SHA-256 (hex) over the seal before and the number and digest of each line, in order."""
    made = hashlib.sha256(before.encode())
    for id, digest in lines:
        made.update(f"\n{id}:{digest}".encode())
    return made.hexdigest()


def salts(salt: str | None) -> Any:
    """The salt of each value by its name: derived from the line's, or what an erasure left of them."""
    if salt and salt.startswith("{"):
        from hub.store.engine import loads

        left = loads(salt)
        return lambda name: left.get(name, "")
    return lambda name: _sha(f"{salt}|{name}")[:32]


def _leaves(kept: Any, path: str, pair: Any) -> list[str | None]:
    if isinstance(pair, list):
        return [_leaf(kept, f"{path}#{side}", value) for side, value in enumerate(pair)]
    return [_leaf(kept, f"{path}#0", pair)]


def _leaf(kept: Any, name: str, value: Any) -> str | None:
    if value is None:
        return None
    if is_erased(value):
        return str(value[ERASED])
    if name == NOTE and str(value).startswith(ERASED + " "):
        return str(value).partition(" ")[2]
    # Most values are plain text, and putting an encoder together for each would be most of what a digest costs.
    plain = isinstance(value, str) and value.isascii()
    return _sha(f"{kept(name)}|{encode_basestring(value) if plain else dumps(value)}")


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

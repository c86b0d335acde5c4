"""Digests of audit lines, and of the seals that chain them.

A line's digest covers what happened as text, and each value only by a digest of its own, salted from the line's ``salt``:
so a value can be erased and its digest kept in its place, and the line's digest stays what it was. A seal covers the lines
since the one before it and carries that one's digest, so that nobody can change, leave out or slip in a line without
breaking every seal since.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from hub.store.engine import dumps, loads

ERASED = "$erased"
HEAD = ("run_id", "actor", "action", "direction", "opportunity_id", "connection_id", "remote_id", "member_id", "moves")
GENESIS = "0" * 64
SALT = 16
"""Bytes of salt of one value."""
MARK = struct.Struct(">Q8s")
"""What a seal remembers of each line, to tell which one is wrong: its number, and the beginning of its digest."""


def line_digest(row: Mapping[Any, Any]) -> bytes:
    """SHA-256 of a line; ``row`` maps the names of the audit's columns to values."""
    values = row["values"]
    leaves = _leaves(values, row["note"])
    kept = salts(row["salt"], len(leaves))
    at: datetime | None = row["at"]
    parts = [at and at.isoformat(timespec="microseconds"), *(row[name] for name in HEAD), values is None]
    parts += [[name, _leaf(salt, value)] for (name, value), salt in zip(leaves, kept, strict=True)]
    return hashlib.sha256(dumps(parts).encode("utf-8", "surrogatepass")).digest()


def seal_digest(before: str, lines: Iterable[tuple[int, bytes]]) -> str:
    """SHA-256 (hex) over the seal before and the number and digest of each line, in order."""
    made = hashlib.sha256(before.encode())
    for number, digest in lines:
        made.update(struct.pack(">Q", number) + digest)
    return made.hexdigest()


def marks(lines: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(MARK.pack(number, digest[:8]) for number, digest in lines)


def marked(marks: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and beginning of the digest of each line that a seal was made over."""
    return MARK.iter_unpack(marks)


def erase(
    values: dict[str, Any] | None, note: str | None, salt: str | None, goes: Callable[[Any], bool]
) -> tuple[dict[str, Any] | None, str | None, str, int]:
    """``values``, ``note`` and ``salt`` without the values that ``goes(value)`` is true of, and how many those were. The
    digest of the line stays; what is gone cannot be guessed from its digest, for its salt is gone too."""
    leaves = _leaves(values, note)
    left = salts(salt, len(leaves))
    gone: dict[int, str] = {}
    for at, (_, value) in enumerate(leaves):
        if value is not None and not is_erased(value) and goes(value):
            gone[at] = str(_leaf(left[at], value))
            left[at] = b""
    told = iter([{ERASED: gone[at]} if at in gone else value for at, (_, value) in enumerate(leaves)])
    first: Any = next(told)
    kept_note: str | None = f"{ERASED} {first[ERASED]}" if is_erased(first) else first
    kept = {
        path: [next(told) for _ in pair] if isinstance(pair, list) else next(told) for path, pair in _sorted(values)
    }
    return (None if values is None else kept), kept_note, dumps([salt.hex() for salt in left]), len(gone)


def is_erased(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and ERASED in value


def salts(salt: str | None, count: int) -> list[bytes]:
    """The salt of each value: drawn from the line's, or what an erasure left of them."""
    if salt and salt.startswith("["):
        return [bytes.fromhex(one) for one in loads(salt)]
    drawn = hashlib.shake_256((salt or "").encode()).digest(SALT * count)
    return [drawn[at : at + SALT] for at in range(0, len(drawn), SALT)]


def _sorted(values: dict[str, Any] | None) -> list[tuple[str, Any]]:
    return sorted((values or {}).items())


def _leaves(values: dict[str, Any] | None, note: str | None) -> list[tuple[str, Any]]:
    """Every value of a line with its name, always in the same order."""
    whole = {ERASED: note.partition(" ")[2]} if note and note.startswith(ERASED + " ") else note
    found: list[tuple[str, Any]] = [("", whole)]
    for path, pair in _sorted(values):
        if isinstance(pair, list):
            found += [(path, value) for value in pair]
        else:
            found.append((path, pair))
    return found


def _leaf(salt: bytes, value: Any) -> str | None:
    if value is None:
        return None
    if is_erased(value):
        return str(value[ERASED])
    # Most values are plain text, and putting an encoder together for each would be most of what a digest costs.
    text = f'"{value}' if isinstance(value, str) else dumps(value)
    return hashlib.sha256(salt + text.encode("utf-8", "surrogatepass")).hexdigest()

"""A system whose fields are no longer what the mapping was written for (I17).

A column that is gone would read as blank in every record, and blank everywhere looks like a wish to clear. So it is
asked for before anything is read: at the first run, then once an hour, after every failed run, and whenever records
that had something in it show nothing of it any more, all of them.
"""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from connectors.contract import ABSENT, ConnectorError, Page
from hub.store import connections, links
from hub.store.tables import Connection
from hub.sync.reconcile import BLANK
from hub.sync.turn import Turn
from schemas.said import listed, phrase

EVERY = timedelta(hours=1)


class Drifted(ConnectorError):
    """The object lacks a mapped column, or holds another type in it. Nothing was read."""


def check(turn: Turn, row: Connection) -> None:
    """Ask again when it is time; ``row`` is the connection as it was when the run began. Raises ``Drifted``."""
    fresh = row.described_at is not None and turn.now() - row.described_at < EVERY
    if not (fresh and not row.failures and row.mapping_digest == turn.mapping.digest):
        look(turn)


def watch(turn: Turn, page: Page, moved: dict[str, dict[str, Any]]) -> None:
    """A column of which no record shows anything may be gone: look before that is taken for a wish to clear it. ``moved``: those
    of the page's records that are not as they were last read back; where such a one is blank, so it was then."""
    blank = set(turn.mapping.columns) - {
        c for record in page.records for c, v in record.fields.items() if v not in BLANK
    }
    if not page.records or not blank:
        return
    with turn.hub.reading() as conn:
        there = links.standing(conn, turn.name, list(moved))
    if any((link.base or {}).get(column) not in BLANK for link in there.values() for column in blank):
        look(turn)


def look(turn: Turn) -> None:
    """Compare what the object offers now with what is mapped. Raises ``Drifted``."""
    offered = {field.name: field.type for field in turn.connector.describe()}
    if not offered:
        return  # it cannot say
    with turn.hub.reading() as conn:
        row = connections.get(conn, turn.name)
    before = (row.shape or {}) if row.mapping_digest == turn.mapping.digest else {}
    now = {column: offered.get(column, ABSENT) for column in turn.mapping.columns}
    gone = [c for c, type in now.items() if c not in offered or (type == ABSENT and before.get(c, ABSENT) != ABSENT)]
    if gone:
        raise Drifted(_gone(turn, gone, [name for name, type in offered.items() if type != ABSENT]))
    other = {c: (before[c], type) for c, type in now.items() if before.get(c, ABSENT) not in (ABSENT, type)}
    with turn.noting() as conn:
        if not other:
            connections.change(conn, turn.name, shape=now, described_at=turn.now())
            return
        reason = _retyped(turn, other)
        connections.change(conn, turn.name, state="paused", reason=reason)
    raise Drifted(reason)


def _gone(turn: Turn, gone: list[str], offered: list[str]) -> str:
    words = []
    for column in gone:
        paths = ", ".join(part.path for part in turn.mapping.fields if column in part.columns) or "share or key"
        close = get_close_matches(column, offered, 1, 0.6)
        named = {"column": column, "paths": paths}
        words.append(
            phrase("“%(column)s” (%(paths)s), perhaps renamed to “%(close)s”", close=close[0], **named)
            if close
            else phrase("“%(column)s” (%(paths)s)", **named)
        )
    return phrase(
        "%(object)s no longer has %(names)s. Nothing was read, and nothing counts as cleared. Put "
        "the field back, or change the mapping %(name)s.",
        object=turn.mapping.object,
        names=listed(words),
        name=turn.mapping.name,
    )


def _retyped(turn: Turn, other: dict[str, tuple[str, str]]) -> str:
    words = listed(
        phrase("“%(column)s” was %(before)s and is %(now)s now", column=column, before=before, now=now)
        for column, (before, now) in other.items()
    )
    return phrase(
        "The fields of %(object)s changed: %(words)s. Nothing was read. Check the mapping, then "
        "resume the connection to go on with the fields as they are.",
        object=turn.mapping.object,
        words=words,
    )

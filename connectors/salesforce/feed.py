"""The change feed: everything whose ``SystemModstamp`` is at or after a point, deletions included.

``SystemModstamp`` moves on every change, automated ones too, and is indexed; ``queryAll`` shows
rows in the recycle bin, so one list gives changes and deletions in one call a page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.contract import CursorExpired
from schemas.said import phrase

OVERLAP = timedelta(minutes=10)
"""How far the cursor stays behind the newest stamp seen. A row becomes visible when its transaction
ends but bears the time of its change, and a request may run ten minutes (REST API Developer Guide,
"Status Codes", "API request limits"); stamps have whole seconds, so equal ones may still follow."""

QUIET = timedelta(hours=1)
"""After so long without a change the cursor moves on with the org's own clock. Else whatever was changed last, thousands of
rows loaded at once, would be listed by every poll until something else changes."""

BIN = timedelta(days=14)
"""Deleted rows stay in the recycle bin for 15 days. After a longer pause deletions are no longer
told, so the cursor counts as expired one day before."""


@dataclass(frozen=True, slots=True)
class Position:
    """``at``: everything before is known, by Salesforce's clock. ``read``: when, by ours; only for ``BIN``.

    ``deleted``: up to when the log of deletions is known. ``part``: as ``at``, for the object whose rows are part of the
    records. ``seen``: digest of all rows that the two lists showed, for a poll that shows the very same to stop there.
    """

    at: datetime
    read: datetime
    deleted: datetime | None = None
    part: datetime | None = None
    seen: str = ""

    def __str__(self) -> str:
        more = {
            "deleted": self.deleted and literal(self.deleted),
            "part": self.part and literal(self.part),
            "seen": self.seen,
        }
        return " ".join(
            [literal(self.at), f"{self.read:%Y-%m-%d}", *(f"{name}={text}" for name, text in more.items() if text)]
        )


def literal(moment: datetime) -> str:
    """A moment as SOQL writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def position(cursor: str, now: datetime) -> Position:
    """Reads a cursor; ``CursorExpired`` if it is none or too old to be told all deletions since."""
    try:
        at, read, *rest = cursor.split(" ")
        more = dict(part.split("=", 1) for part in rest)
        moments = {name: _moment(more.pop(name)) for name in ("deleted", "part") if name in more}
        found = Position(_moment(at), _moment(f"{read}T00:00:00Z"), seen=more.pop("seen", ""), **moments)
        if more:
            raise ValueError(cursor)
    except ValueError:
        raise CursorExpired(
            phrase("%(cursor)s is not a position in Salesforce's change feed.", cursor=repr(cursor))
        ) from None
    if now - found.read > BIN:
        raise CursorExpired(
            phrase(
                "The last read was on %(read)s; Salesforce tells deletions of the last %(days)s days only.",
                read=f"{found.read:%Y-%m-%d}",
                days=BIN.days,
            )
        )
    return found


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


def stamped(text: str) -> datetime:
    """The moment of a record's ``SystemModstamp``, ``2021-11-06T17:38:40.000+0000``; ``ValueError`` otherwise."""
    return _moment(text)

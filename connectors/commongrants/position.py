"""The cursor: where the next reading starts, which stamps were seen since then, and when everything is read again."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors.contract import Cursor, CursorExpired
from schemas.said import phrase

FORM = 1
MOST = 20_000
"""Stamps that a position remembers at most, the newest ones: a bulk republication may touch everything at once."""
LARGEST = 16 * 1024 * 1024


def moment(stamp: object) -> datetime | None:
    """``lastModifiedAt`` in UTC; None where it is no moment. One without a zone is taken for UTC, as the protocol has it."""
    if not isinstance(stamp, str) or len(stamp) < 19:
        return None
    try:
        found = datetime.fromisoformat(stamp)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class Position:
    """``stamps``: id to the newest ``lastModifiedAt`` that was seen of it, for what changed since ``since``, so that an
    older copy of it is known as one. ``again``: from then on the position is not trusted any more. ``ordered``: the list had the newest
    first when all of it was read, so that its beginning shows what changed."""

    since: datetime
    again: datetime
    ordered: bool = True
    stamps: Mapping[str, datetime] = field(default_factory=dict)

    def cursor(self) -> Cursor:
        newest = sorted(self.stamps.items(), key=lambda pair: pair[1])[-MOST:]
        stamps = {id: stamp.isoformat() for id, stamp in newest if stamp >= self.since}
        said = json.dumps(
            [FORM, self.since.isoformat(), self.again.isoformat(), self.ordered, stamps], separators=(",", ":")
        )
        return base64.b85encode(zlib.compress(said.encode(), 6)).decode()


def position(cursor: Cursor) -> Position:
    """``CursorExpired`` where it is none."""
    try:
        form, since, again, ordered, stamps = json.loads(
            zlib.decompressobj().decompress(base64.b85decode(cursor), LARGEST)
        )
        found = Position(
            datetime.fromisoformat(since),
            datetime.fromisoformat(again),
            bool(ordered),
            {id: datetime.fromisoformat(stamp) for id, stamp in stamps.items()},
        )
    except (ValueError, TypeError, AttributeError, zlib.error, binascii.Error):
        raise CursorExpired(
            phrase("This is not a position that the connector gave out; everything is read anew.")
        ) from None
    if form != FORM:
        raise CursorExpired(phrase("This position is of another version of the connector; everything is read anew."))
    return found

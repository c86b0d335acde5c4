"""The cursor: what every list showed last time, as short keyed hashes, and whose turn it is.

Nothing in the API says "changed since", so a poll reads whole lists and compares. A list is the submissions or the
completed entries of one form. Where all of them together are more than ``MOST`` calls, they take turns.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.contract import Cursor, CursorExpired
from schemas.said import phrase

MOST = 10
"""Calls that a poll without changes spends on lists, unless one list alone takes more."""

FORM = 1
LARGEST = 64 * 1024 * 1024


@dataclass
class State:
    """``of`` says for which columns and key it was made. ``seen``: submission id to a hash a list, "" where the list does
    not show it. ``open``: submission ids with answers that no list shows, and when they were read, in minutes.
    ``order``: numbers of lists, the longest unread first; ``pages``: calls that each took."""

    of: str
    order: list[int]
    pages: list[int]
    seen: dict[str, list[str]] = field(default_factory=dict)
    open: dict[str, int] = field(default_factory=dict)

    def cursor(self) -> Cursor:
        said = json.dumps([FORM, self.of, self.order, self.pages, self.seen, self.open], separators=(",", ":"))
        return base64.b85encode(zlib.compress(said.encode(), 6)).decode()

    def due(self) -> list[int]:
        """The lists to read now."""
        chosen = self.order[:1]
        for number in self.order[1:]:
            if sum(self.pages[each] for each in [*chosen, number]) <= MOST:
                chosen.append(number)
        return chosen

    def read(self, pages: Mapping[int, int]) -> None:
        """These lists were read, in so many calls each."""
        self.order = [*(each for each in self.order if each not in pages), *pages]
        for number, calls in pages.items():
            self.pages[number] = calls


def state(cursor: Cursor, of: str, lists: int) -> State:
    """``CursorExpired`` where it is none, or one for other columns, another form or another key."""
    try:
        unpacked = zlib.decompressobj().decompress(base64.b85decode(cursor), LARGEST)
        form, made_for, order, pages, seen, opened = json.loads(unpacked)
        known = State(made_for, order, pages, seen, opened)
    except (ValueError, TypeError, zlib.error, binascii.Error):
        raise CursorExpired(
            phrase("This is not a position that the connector gave out; everything is read anew.")
        ) from None
    if form != FORM or made_for != of or sorted(order) != list(range(lists)):
        raise CursorExpired(
            phrase("The columns, the forms or the API key are others than last time; everything is read anew.")
        )
    return known

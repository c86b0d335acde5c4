"""Lists: ``{entries, total}`` with ``_page`` and ``_count``, newest first by OFFSET.

Whatever is added between two pages shows a row twice, and whatever goes would hide one. So rows are told apart by id and
counted against ``total``; a list that does not add up is walked again, and believed only when it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.contract import Unavailable
from connectors.pdc.session import Session
from schemas.said import phrase

COUNT = 100
"""Entries on a page; without a word the service gives 10."""
WALKS = 3
PAGES = 10_000
NO_FILTER: Mapping[str, str] = {}


def whole(session: Session, path: str, place: str, only: Mapping[str, str] = NO_FILTER) -> list[dict[str, Any]]:
    """Every entry, each once. ``Unavailable`` where the list never adds up."""
    for _ in range(WALKS):
        found, total = _walk(session, path, place, only)
        if len(found) == total:
            return list(found.values())
    raise Unavailable(
        phrase(
            "%(place)s: the list has %(total)s entries and showed %(count)s, %(walks)s times over. Too much "
            "goes on there; the next sync tries again.",
            place=place,
            total=total,
            count=len(found),
            walks=WALKS,
        )
    )


def _walk(session: Session, path: str, place: str, only: Mapping[str, str]) -> tuple[dict[Any, dict[str, Any]], int]:
    found: dict[Any, dict[str, Any]] = {}
    for page in range(1, PAGES):
        body = session.get(path, place, **only, _page=page, _count=COUNT)
        entries, total = body.get("entries"), body.get("total")
        if not isinstance(entries, list) or not isinstance(total, int) or isinstance(total, bool):
            raise Unavailable(phrase("%(place)s: the service's answer is no list.", place=place))
        for each in entries:
            if not isinstance(each, dict) or ("id" not in each and "shortCode" not in each):
                raise Unavailable(phrase("%(place)s: the service's answer lists something without an id.", place=place))
            found[each.get("id", each.get("shortCode"))] = each
        if not entries or len(found) >= total:
            return found, total
    raise Unavailable(phrase("%(place)s: the list does not come to an end.", place=place))

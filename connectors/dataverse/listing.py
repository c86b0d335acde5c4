"""Lists and change feeds, a page after the other, believing no page more than it proves.

A list that is asked for with ``odata.track-changes`` ends with a link that later gives what changed since: changed
rows first, then the ids of deleted ones (Web API, "Use change tracking to synchronize data").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.answer import Answer
from connectors.contract import Raw, Unavailable
from connectors.dataverse.batch import MOST, Operation
from connectors.dataverse.session import FRESH, Session
from schemas.said import phrase

PAGE = 5000
"""The most rows that a page may have."""

SIZED = {"Prefer": f"odata.maxpagesize={PAGE}"}
TRACKED = {"Prefer": f"odata.track-changes,odata.maxpagesize={PAGE}"}
VALUES_A_FILTER = 40
"""So many ids in one address: it may have 32 KB, and an id with its column takes some 60 bytes."""

_DELETED = "/$deletedEntity"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page. ``link`` leads to later changes; only the last page of a tracked list has it."""

    rows: list[Raw]
    removed: list[str]
    last: bool
    link: str | None


def pages(session: Session, body: Mapping[str, Any], doing: str, headers: Mapping[str, str]) -> Iterator[Listing]:
    """The page of ``body`` and those that follow. A list that runs in circles raises ``Unavailable`` after what it did
    show."""
    followed: set[str] = set()
    while True:
        page = _page(session, body, doing)
        yield page
        if page.last:
            return
        path = session.follow(body["@odata.nextLink"], doing)
        if path in followed:
            raise Unavailable(
                phrase(
                    "%(doing)s: the list runs in circles at %(path)s. The next run reads again.",
                    doing=doing,
                    path=repr(path[:80]),
                )
            )
        followed.add(path)
        body = session.get(path, doing, headers)


def feed(session: Session, body: Mapping[str, Any], doing: str, headers: Mapping[str, str]) -> Iterator[Listing]:
    """As ``pages``; the last one has to say where changes go on."""
    for page in pages(session, body, doing, headers):
        if page.last and page.link is None:
            raise Unavailable(phrase("%(doing)s: the list ended without saying where its changes go on.", doing=doing))
        yield page


def tracked(session: Session, path: str, doing: str) -> Iterator[Listing]:
    """Every row there is, and in the end the link to what changes later."""
    return feed(session, session.get(path, doing, TRACKED), doing, TRACKED)


def answers(session: Session, paths: Sequence[str], doing: str, headers: Mapping[str, str]) -> list[Answer]:
    """What these addresses answer, in as few calls as can be."""
    if len(paths) == 1:
        return [session.call("GET", paths[0], headers=headers)]
    found: list[Answer] = []
    for start in range(0, len(paths), MOST):
        asked = [Operation("GET", path, headers={**FRESH, **headers}) for path in paths[start : start + MOST]]
        found += session.batch(asked, doing)
    return found


def every(session: Session, paths: Sequence[str], doing: str) -> list[Raw]:
    """All rows of these lists."""
    found = [session.object(answer, doing) for answer in answers(session, paths, doing, SIZED)] if paths else []
    return [row for body in found for page in pages(session, body, doing, SIZED) for row in page.rows]


def holding(session: Session, set: str, select: str, property: str, ids: Sequence[str], doing: str) -> list[Raw]:
    """The rows of a table whose ``property`` is one of these ids."""
    paths = []
    for start in range(0, len(ids), VALUES_A_FILTER):
        any_of = "%20or%20".join(f"{property}%20eq%20{id}" for id in ids[start : start + VALUES_A_FILTER])
        paths.append(f"{set}?{select}&$filter={any_of}")
    return every(session, paths, doing)


def _page(session: Session, body: Mapping[str, Any], doing: str) -> Listing:
    rows = body.get("value")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unavailable(phrase("%(doing)s: the answer has no list of rows.", doing=doing))
    kept, removed = [], []
    for row in rows:
        if str(row.get("@odata.context") or "").endswith(_DELETED):
            removed.append(str(row.get("id")).lower())
        else:
            kept.append(row)
    told = body.get("@odata.deltaLink")
    last = body.get("@odata.nextLink") is None
    return Listing(kept, removed, last, session.follow(told, doing) if told is not None and last else None)

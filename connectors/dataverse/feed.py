"""The change feed of a table and of the tables whose rows belong to its records, and the cursor between two readings.

The feed of a table does not tell of its records' awards. So each table has a link of its own, and an award that changed
shows the request that it belongs to once more. Of a deleted award only its own id is told: everything is read anew then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from connectors.answer import Answer
from connectors.contract import CursorExpired, Gone, Page, Raw, Record, Unseen, Wanted
from connectors.dataverse.errors import said
from connectors.dataverse.listing import SIZED, Listing, answers, feed, tracked
from connectors.dataverse.reading import Reader, columns, grouped, selected
from connectors.dataverse.session import Session
from schemas.said import phrase

Links = dict[str, str]
"""Where the changes of each table go on."""

Look = Callable[[Sequence[str]], Mapping[str, Record | Gone | Unseen]]


def position(links: Links, wanted: Wanted) -> str:
    """The cursor. It is good for the columns that were asked for, since the links go on with these."""
    return json.dumps({"of": _digest(wanted), "links": links}, separators=(",", ":"), sort_keys=True)


def links_of(cursor: str, wanted: Wanted) -> Links:
    """Reads a cursor; ``CursorExpired`` if it is none, or one for other columns."""
    try:
        found = json.loads(cursor)
        links = {str(table): str(link) for table, link in found["links"].items()}
        if found["of"] == _digest(wanted) and wanted.object in links:
            return links
    except (ValueError, TypeError, KeyError, AttributeError):
        raise CursorExpired(
            phrase("%(cursor)s is not a position in Dataverse's change feed.", cursor=repr(cursor[:80]))
        ) from None
    raise CursorExpired(phrase("The change feed was begun with other columns than are mapped now."))


def everything(reader: Reader) -> Iterator[Page]:
    """Every record. What belongs to them is read before: what changes meanwhile is told by its own link later."""
    session, shape = reader.session, reader.shape
    links: Links = {}
    children: dict[str, dict[str, list[Raw]]] = {}
    for name, part in shape.parts.items():
        rows: list[Raw] = []
        for listing in tracked(
            session, f"{part.shape.table.set}?{selected(part)}", phrase("Reading %(name)s", name=name)
        ):
            rows += listing.rows
            links[name] = listing.link or ""
        children[name] = grouped(part, rows)
    table = shape.table
    for listing in tracked(session, f"{table.set}?{shape.select()}", phrase("Reading %(name)s", name=table.name)):
        records = tuple(reader.records(listing.rows, children))
        gone = tuple(map(Gone, listing.removed))
        cursor = None
        if listing.last:
            cursor = position(links | {table.name: listing.link or ""}, reader.wanted)
        yield Page(records, gone, cursor=cursor, complete=listing.last)


def changed(
    session: Session, wanted: Wanted, links: Links, together: bool, reader: Callable[[], Reader], look: Look
) -> Iterator[Page]:
    """What changed since; ``reader`` is asked for when there is something to read. ``together``: all feeds in one call."""
    others = [name for name in links if name != wanted.object]
    own, *parts = _begun(session, links, [wanted.object, *others], together)
    shown: set[str] = set()
    after: Links = {}
    for listing in own:
        if listing.link is not None:
            after[wanted.object] = listing.link
        if listing.rows or listing.removed:
            records = reader().records(listing.rows)
            shown |= {record.id for record in records}
            yield _page(records, listing.removed, shown, look)
    parents: set[str] = set()
    lost = False
    for name, listings in zip(others, parts, strict=True):
        for listing in listings:
            after[name] = listing.link or ""
            lost = lost or bool(listing.removed)
            parents |= _parents(reader, name, listing.rows)
    if lost:
        yield from everything(reader())
        return
    missing = sorted(parents - shown)
    records = reader().with_ids(missing) if missing else []
    yield Page(tuple(records), cursor=position(after, wanted))


def _begun(session: Session, links: Links, names: Sequence[str], together: bool) -> list[Iterator[Listing]]:
    paths = [session.follow(links[name], phrase("Reading changes")) for name in names]
    groups = [paths] if together else [[path] for path in paths]
    first = [answer for group in groups for answer in answers(session, group, phrase("Reading changes"), SIZED)]
    return [
        _from(session, answer, phrase("Reading changes of %(name)s", name=name))
        for answer, name in zip(first, names, strict=True)
    ]


def _from(session: Session, answer: Answer, doing: str) -> Iterator[Listing]:
    problem = said(answer)
    if answer.status == 410 or (answer.status in (400, 404, 412) and problem.code):
        told = f"{problem.message} ({problem.code})" if problem.code else f"HTTP {answer.status}"
        raise CursorExpired(
            phrase("%(doing)s: Dataverse no longer knows this position: %(told)s", doing=doing, told=told)
        )
    return feed(session, session.object(answer, doing), doing, SIZED)


def _page(records: list[Record], removed: Sequence[str], shown: set[str], look: Look) -> Page:
    """Deletions come last, also of an id that is in use again: where both are told, the record itself counts."""
    doubtful = [id for id in removed if id in shown]
    now = look(doubtful) if doubtful else {}
    back = [found for found in now.values() if isinstance(found, Record)]
    gone = [Gone(id) for id in removed if id not in doubtful or isinstance(now.get(id), Gone)]
    standing = [record for record in records if record.id not in {found.id for found in back}]
    return Page((*standing, *back), tuple(gone))


def _parents(reader: Callable[[], Reader], name: str, rows: Sequence[Raw]) -> set[str]:
    if not rows:
        return set()
    back = reader().shape.parts[name].back.property
    return {str(row[back]).lower() for row in rows if row.get(back)}


def _digest(wanted: Wanted) -> str:
    said = [
        wanted.object,
        columns(wanted),
        sorted((name, r.object, r.columns) for name, r in wanted.references.items()),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]

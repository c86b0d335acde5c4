"""What would be written to a member's system: data, so that it can be printed, held, hashed and approved."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from hub.commons.sharing import imports, left_out, may_see
from hub.store import dues, links, waiting
from hub.store.tables import Link, Opportunity
from hub.sync import following
from hub.sync.apply import decide, view_for
from hub.sync.known import Known, opportunity_context
from hub.sync.reconcile import Action, digest, shortened
from hub.sync.turn import Turn, agreement
from mappings.language import ReferenceWish
from schemas.fields import spec

Raw = dict[str, Any]
PAGE = 200
"""Due rows planned together; what bounds the memory of a push."""


@dataclass(frozen=True, slots=True)
class Item:
    """One record to create or update. ``agreed`` holds the digests of the values it brings; ``values``: ``{path: [before, after]}`` for people; ``columns``
    what goes over the wire; ``references`` columns whose target must be found first; ``overwrites``
    whether a value that someone may have typed is replaced; ``since`` when it became due; ``missing`` what the
    record will not hold, with reasons; ``asked`` and ``left`` what its member does not follow by itself, ``{path: [there,
    commons]}``."""

    action: str
    opportunity_id: str
    title: str
    link: Link | None
    columns: Raw
    values: dict[str, list[Any]]
    agreed: Raw = field(default_factory=dict)
    references: dict[str, ReferenceWish] = field(default_factory=dict)
    overwrites: bool = False
    since: datetime | None = None
    missing: dict[str, str] = field(default_factory=dict)
    asked: dict[str, list[Any]] = field(default_factory=dict)
    left: dict[str, list[Any]] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return {
            "direction": "out",
            "action": self.action,
            "opportunity_id": self.opportunity_id,
            "title": self.title,
            "remote_id": self.link.remote_id if self.link else None,
            "values": self.values,
        }


def plan(turn: Turn) -> Iterator[list[Item]]:
    """Items a page at a time; due rows with nothing to do are removed on the way."""
    for since in dues.pages(turn.hub.reading, turn.name, PAGE, turn.now(), turn.run_id):
        items, idle, updates = plan_page(turn, since)
        if idle or any(map(_tells, updates)):
            with turn.writing() as conn:
                dues.planned(conn, turn.name, {id: since[id] for id in idle})
                for item in updates:
                    _note(conn, turn, item)
        if items:
            yield items


def _tells(item: Item) -> bool:
    """Whether there is something to be said of a record that is not written, or not in all."""
    link = item.link
    return link is not None and bool(item.asked or following.marks(link, {}, item.left) != (link.differs or {}))


def _note(conn: Connection, turn: Turn, item: Item) -> None:
    if item.link is None:
        return
    if not item.columns and item.missing != (item.link.unholdable or {}):
        links.change(conn, item.link.id, unholdable=item.missing)
    if _tells(item):
        following.note(conn, turn, item.link, item.asked, item.left)


def plan_page(turn: Turn, since: Mapping[str, datetime]) -> tuple[list[Item], list[str], list[Item]]:
    """Items for these opportunities (``since`` when each is due), the ids that need no write, and what was found out about
    records that are there, written or not."""
    ids = list(since)
    with turn.hub.reading() as conn:
        known = Known()
        opportunity_context(conn, turn, known, ids)
        decided = _decided_references(conn, known)
        remote_ids = [link.remote_id for link in known.by_opportunity.values() if link.remote_id]
        aside = waiting.fields_aside(conn, turn.name, remote_ids)
    items, idle, updates = [], [], []
    for id in ids:
        link = known.by_opportunity.get(id)
        if link is not None and link.state == "creating":
            continue  # whether it was made is still to be seen; it stays due
        unread = aside.get(link.remote_id or "", set()) if link is not None else set()
        item = _item(turn, known, known.opportunities[id], link, decided, unread)
        if item is not None and item.action == "update":
            updates.append(item)
        if item is not None and item.columns:
            items.append(replace(item, since=since[id]))
        else:
            idle.append(id)
    return items, idle, updates


def _item(
    turn: Turn,
    known: Known,
    opportunity: Opportunity,
    link: Link | None,
    decided: dict[str, dict[str, str]],
    unread: Container[str],
) -> Item | None:
    circles = turn.hub.config.circles
    if not turn.can.writes or not (
        may_see(opportunity, turn.member, circles) or left_out(opportunity, turn.member, circles)
    ):
        return None
    if link is None or link.state == "wanted":
        wanted = link is not None or imports(turn.config, opportunity, circles)
        wanted = wanted and opportunity.status == "published" and may_see(opportunity, turn.member, circles)
        return creation(turn, known, opportunity, link) if wanted else None
    if link.state != "linked" or link.base is None:
        return None
    return _update(turn, known, opportunity, link, link.base, decided.get(link.id, {}), unread)


def creation(turn: Turn, known: Known, opportunity: Opportunity, link: Link | None) -> Item:
    """The new record, but for what it points at."""
    view = turn.view(opportunity, known.commitments.get(opportunity.id, {}))
    writing = turn.mapping.write(view, None, creating=True, refuses=turn.connector.refuses)
    columns = {c: v for c, v in writing.columns.items() if v is not None and c not in writing.references}
    if turn.mapping.key:
        columns[turn.mapping.key] = turn.key_of(opportunity)
    values = {
        part.path: [None, view[part.path]]
        for part in turn.mapping.fields
        if part.seeds and view.get(part.path) is not None and part.path not in writing.unholdable
    }
    agreed = agreement(turn.mapping, view, {}, writing.unholdable)
    missing = shortened(turn.mapping, view, turn.mapping.read(turn.mapping.reduce(columns)).values)
    return Item(
        "create", opportunity.id, opportunity.title, link, columns, values, agreed, dict(writing.references),
        missing=missing | writing.unholdable,
    )  # fmt: skip


def _update(
    turn: Turn,
    known: Known,
    opportunity: Opportunity,
    link: Link,
    base: Raw,
    chosen: dict[str, str],
    unread: Container[str],
) -> Item | None:
    """``unread``: paths whose value there nobody could read. It is not written over before it is settled."""
    result = decide(turn, known, link, base)
    closed = {c for part in turn.mapping.fields if part.path in unread for c in part.columns}
    pushes = [
        d
        for d in result.by(Action.PUSH)
        if d.path not in unread and not closed & result.columns.keys() & set(turn.mapping.way(d.path).columns)
    ]
    pushed = {c for d in pushes for c in turn.mapping.way(d.path).columns}
    columns = {c: v for c, v in result.columns.items() if c in pushed}
    values = {d.path: [d.theirs, d.ours] for d in pushes}
    key = turn.mapping.key
    if key and key in base and base[key] != turn.key_of(opportunity):
        columns[key] = turn.key_of(opportunity)
    view = view_for(turn, known, link)
    if view["status"] == "withdrawn":
        columns |= {c: v for c, v in turn.mapping.withdrawn_columns().items() if base.get(c) != v}
    columns |= {column: {"id": target} for column, target in chosen.items() if not base.get(column)}
    overwrites = any(d.theirs not in (None, "", []) and spec(d.path).authority == "steward" for d in pushes)
    agreed = {d.path: digest(view.get(d.path)) for d in pushes if turn.mapping.way(d.path).reads}
    return Item(
        "update",
        opportunity.id,
        opportunity.title,
        link,
        columns,
        values,
        agreed,
        overwrites=overwrites,
        missing=result.missing,
        asked={d.path: [d.theirs, view.get(d.path)] for d in result.by(Action.ASK)},
        left={d.path: [d.theirs, view.get(d.path)] for d in result.by(Action.LEAVE)},
    )


def _decided_references(conn: Connection, known: Known) -> dict[str, dict[str, str]]:
    """``{link id: {column: target id}}`` for organisations that a person chose."""
    found = waiting.questions(conn, [link.id for link in known.by_opportunity.values()])
    chosen: dict[str, dict[str, str]] = {}
    for (link_id, column), question in found.items():
        if question.state == "linked" and question.choice:
            chosen.setdefault(link_id, {})[column] = question.choice
    return chosen


def totals(turn: Turn) -> tuple[int, int, int]:
    """How many items, how many of them overwrite, and how many records are linked."""
    count = overwrites = 0
    for items in plan(turn):
        count += len(items)
        overwrites += sum(item.overwrites for item in items)
    with turn.hub.reading() as conn:
        return count, overwrites, links.count(conn, turn.name)

"""Write planned items: intent committed, then the call, then the read-back, then base and audit in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from connectors.contract import (
    Ambiguous,
    ConnectorError,
    Draft,
    Edit,
    Gone,
    Invalid,
    Outcome,
    Page,
    Record,
    Stale,
)
from connectors.transport import writing_until
from hub import crash
from hub.commons import inbox
from hub.store import audit, dues, links, runs
from hub.store import waiting as matches
from hub.store.tables import Intent, Link
from hub.sync import deletions, lookalikes, references
from hub.sync.plan import Item
from hub.sync.pull import apply_page
from hub.sync.turn import Turn
from hub.sync.written import Written, book
from schemas.said import phrase, together

Raw = dict[str, Any]
PATIENCE = (timedelta(minutes=1), timedelta(hours=6))
"""A record that was refused, or is not shown, is tried again after a minute, then after twice as long each time, at most this."""


def push(turn: Turn, items: Sequence[Item]) -> None:
    """Write these items. One refused record never stops the others; raises ``ConnectorError`` where
    the system stops answering, with the rest left due."""
    for batch in _batches([i for i in items if i.action == "update"], turn.can.batch_edits or turn.can.batch):
        turn.may_stop()
        _update(turn, batch)
    for batch in _batches([i for i in items if i.action == "create"], turn.can.batch):
        turn.may_stop()
        _create(turn, batch)


def _batches(items: list[Item], size: int) -> Iterator[list[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


# --- updates -----------------------------------------------------------------


def _update(turn: Turn, batch: list[Item]) -> None:
    batch = _as_expected(turn, batch)
    if not batch:
        return
    with turn.writing() as conn:
        intents = {item.opportunity_id: _intent(turn, item, _link(item), item.columns) for item in batch}
        runs.intend(conn, list(intents.values()))
    crash.point("push.update.intended")
    edits = [Edit(_link(i).remote_id or "", i.columns, _expected(turn, i)) for i in batch]
    outcomes = _call(turn, intents, lambda: turn.connector.update(edits))
    crash.point("push.update.called")
    _finish(turn, batch, intents, outcomes)
    crash.point("push.update.stored")


def _as_expected(turn: Turn, batch: list[Item]) -> list[Item]:
    """Where the system has no guard of its own: read, compare, and leave out what moved meanwhile.

    What moved is reconciled like any other change; its due row brings it back into the next plan.
    """
    if turn.can.guard != "none" and all(_link(item).remote_version for item in batch):
        return batch
    current = turn.connector.get([_link(item).remote_id or "" for item in batch])
    same, moved, unseen = [], [], []
    gone = [answer.id for answer in current.values() if isinstance(answer, Gone)]
    if gone:
        with turn.writing() as conn:
            deletions.note(conn, turn, gone)
    for item in batch:
        record = current.get(_link(item).remote_id or "")
        if isinstance(record, Gone):
            continue
        if not isinstance(record, Record):
            unseen.append(item)
        elif _stands(turn, item, record):
            _link(item).remote_version = record.version
            same.append(item)
        else:
            moved.append(record)
    _take_in(turn, moved)
    _not_shown(turn, unseen)
    return same


def _stands(turn: Turn, item: Item, record: Record) -> bool:
    """Nobody touched what is about to be overwritten. Other columns may have moved: the next pull sees them."""
    return all(record.fields.get(c) == v for c, v in _expected(turn, item).fields.items())


def _take_in(turn: Turn, moved: Sequence[Record]) -> None:
    if moved:
        turn.counts["moved_meanwhile"] += len(moved)
        apply_page(turn, Page(records=tuple(moved)))


def _expected(turn: Turn, item: Item) -> Record:
    """The base of every field that is written, whole: an amount stands in its currency."""
    link = _link(item)
    columns = {c for part in turn.mapping.fields if item.columns.keys() & set(part.columns) for c in part.columns}
    base = link.base or {}
    fields = {c: base.get(c) for c in columns | item.columns.keys()}
    return Record(link.remote_id or "", fields, link.remote_version)


def _link(item: Item) -> Link:
    assert item.link is not None
    return item.link


# --- creates -----------------------------------------------------------------


def _create(turn: Turn, batch: list[Item]) -> None:
    batch = [item for item in batch if not _there_already(turn, item)]
    if turn.restored and turn.mapping.key is None:
        batch = _like_none(turn, batch)
    if not batch:
        return
    found = {item.opportunity_id: references.settle(turn, item) for item in batch}
    ready: list[tuple[Item, Link, Raw]] = []
    intents: dict[str, Intent] = {}
    with turn.writing() as conn:
        waiting = _waiting_links(conn, turn, batch)
        for item in batch:
            link = waiting[item.opportunity_id]
            columns = item.columns | found[item.opportunity_id].columns
            references.ask(conn, turn, item, link, found[item.opportunity_id].open)
            intents[item.opportunity_id] = _intent(turn, item, link, columns)
            ready.append((item, link, columns))
        runs.intend(conn, list(intents.values()))
    crash.point("push.create.intended")
    drafts = [Draft(str(i.columns.get(turn.mapping.key or "", i.opportunity_id)), columns) for i, _, columns in ready]
    outcomes = _call(turn, intents, lambda: turn.connector.create(drafts))
    crash.point("push.create.called")
    items = [replace(item, link=link, columns=columns) for item, link, columns in ready]
    _finish(turn, items, intents, outcomes)
    crash.point("push.create.stored")


def _there_already(turn: Turn, item: Item) -> bool:
    """Creating by key would write over a record that has this key already: a copy that stayed behind when its original
    was deleted. Where the link is not new there may be one; it becomes the record, at first sight (I19). So does one that was
    created after the backup from which the hub was restored."""
    key = item.columns.get(turn.mapping.key or "")
    if key is None or not (turn.restored or (turn.can.upsert and item.link is not None)):
        return False
    found = turn.connector.find(str(key))
    if turn.restored and len(found) > 1:
        with turn.writing() as conn:
            _later(
                conn,
                turn,
                item,
                phrase("Several records carry its key. Delete those that are copies, or clear their key."),
            )
        return True
    if len(found) == 1:
        apply_page(turn, Page((found[0],)))
    return len(found) == 1


def _like_none(turn: Turn, batch: Sequence[Item]) -> list[Item]:
    """Where no key is kept, what the hub created after the backup is found by what it says, as after a lost answer; what
    only looks like it is a question to a person. Returns those that nothing there is like, and those of which a person said so."""
    with turn.writing() as conn:
        waiting = _waiting_links(conn, turn, batch)
        answered = {question.link_id for question in matches.matches(conn, turn.name, ("done",))}
        looked = [
            _intent(turn, item, link, item.columns)
            for item in batch
            if (link := waiting[item.opportunity_id]).id not in answered
        ]
        runs.intend(conn, looked)
    lookalikes.settle(turn, looked)
    with turn.hub.reading() as conn:
        after = {id: links.get(conn, link.id) for id, link in waiting.items()}
        asked = {question.link_id for question in matches.matches(conn, turn.name, ("open",))}
    return [
        replace(item, link=now)
        for item in batch
        if (now := after[item.opportunity_id]) and now.remote_id is None and now.id not in asked
    ]


def _waiting_links(conn: Connection, turn: Turn, batch: Sequence[Item]) -> dict[str, Link]:
    """The links that are to get a record, by opportunity."""
    known = {item.opportunity_id: item.link for item in batch if item.link is not None}
    links.creating(conn, [link.id for link in known.values()])
    new = {
        item.opportunity_id: Link(
            id=turn.hub.ids.uuid7(),
            connection_id=turn.name,
            opportunity_id=item.opportunity_id,
            state="creating",
            follow=turn.config.follow,
            created_at=turn.now(),
        )
        for item in batch
        if item.link is None
    }
    links.add(conn, *new.values())
    inbox.taken_up(conn, turn.hub, list(new), turn.name)
    return known | new


# --- both --------------------------------------------------------------------


def _intent(turn: Turn, item: Item, link: Link, columns: Raw) -> Intent:
    return Intent(
        id=turn.hub.ids.uuid7(),
        run_id=turn.run_id,
        connection_id=turn.name,
        opportunity_id=item.opportunity_id,
        link_id=link.id,
        action=item.action,
        fields=columns,
        opened_at=turn.now(),
        fence=turn.fence,
    )


def _call(turn: Turn, intents: dict[str, Intent], call: Any) -> list[Outcome]:
    """Raised means nothing was sent, but for ``Ambiguous``: those intents stay open until someone looked."""
    try:
        with writing_until(turn.writes_until()):
            outcomes: list[Outcome] = call()
    except Ambiguous:
        raise
    except ConnectorError:
        _forget(turn, list(intents.values()))
        raise
    return outcomes


def _forget(turn: Turn, intents: list[Intent]) -> None:
    """Nothing was sent: the intents end, links that waited for a record wait as before."""
    with turn.writing() as conn:
        runs.settle(conn, [i.id for i in intents], "not sent")
        for intent in intents:
            if intent.action == "create":
                links.change(conn, intent.link_id, state="wanted")


def _finish(turn: Turn, batch: list[Item], intents: dict[str, Intent], outcomes: list[Outcome]) -> None:
    back = _read_back(turn, outcomes)
    crash.point("push.read_back")
    stop: ConnectorError | None = None
    stale: list[Item] = []
    done: list[Written] = []
    with turn.writing() as conn:
        for item, outcome in zip(batch, outcomes, strict=True):
            intent, error = intents[item.opportunity_id], outcome.error
            if error is None:
                record = back.get(outcome.id or "") or Record(outcome.id or "", item.columns)
                done.append(Written(_link(item), intent, record, item))
                continue
            if isinstance(error, Ambiguous):
                stop = error
                continue
            if isinstance(error, Stale) and item.action == "update":
                stale.append(item)
                continue
            runs.settle(conn, [intent.id], "refused")
            if item.action == "create":
                links.change(conn, _link(item).id, state="wanted")
            if isinstance(error, Invalid):
                where = phrase("(%(columns)s)", columns=", ".join(error.fields)) if error.fields else ""
                _later(conn, turn, item, together([str(error), where]))
                turn.counts["rejected"] += 1
            else:
                stop = error
        book(conn, turn, done)
        runs.progress(conn, turn, "push")
        crash.point("push.settled")
    if stale:
        _look_at_stale(turn, stale, intents)
    if stop is not None:
        raise stop


def _look_at_stale(turn: Turn, stale: Sequence[Item], intents: dict[str, Intent]) -> None:
    """The record moved under the write: by somebody's edit, or by this very write, which the network delivered twice."""
    now = turn.connector.get([_link(item).remote_id or "" for item in stale])
    moved, hidden = [], []
    with turn.writing() as conn:
        for item in stale:
            intent, record = intents[item.opportunity_id], now.get(_link(item).remote_id or "")
            if isinstance(record, Record) and as_sent(turn, intent, record):
                book(conn, turn, [Written(_link(item), intent, record, item)])
                continue
            runs.settle(conn, [intent.id], "refused")
            if isinstance(record, Gone):
                deletions.note(conn, turn, [record.id])
                continue
            perhaps_written(conn, turn, _link(item), intent, record if isinstance(record, Record) else None)
            if isinstance(record, Record):
                moved.append(record)
            else:
                hidden.append(item)
    _take_in(turn, moved)
    _not_shown(turn, hidden)


def as_sent(turn: Turn, intent: Intent, record: Record) -> bool:
    """The record says all that the write said."""
    raw = turn.mapping.reduce(record.fields)
    return all(raw.get(c) == v for c, v in intent.fields.items() if c in raw)


def perhaps_written(conn: Connection, turn: Turn, link: Link, intent: Intent, record: Record | None) -> None:
    """The record is neither as it was nor as it was sent (the system put the write into its own form, or somebody
    edited since), or is not shown now. What stood there before the write is told here, or nowhere (I1)."""
    raw, base = turn.mapping.reduce(record.fields) if record else dict(intent.fields), link.base or {}
    moved = {c: [base.get(c), v] for c, v in intent.fields.items() if c in raw and raw[c] != base.get(c)}
    if moved:
        audit.write(
            conn, at=turn.now(), run_id=turn.run_id, actor="hub", action="perhaps written there", direction="out",
            opportunity_id=intent.opportunity_id, connection_id=turn.name, remote_id=link.remote_id,
            member_id=turn.member, values=moved,
        )  # fmt: skip


def _read_back(turn: Turn, outcomes: list[Outcome]) -> dict[str, Record]:
    back = {o.record.id: o.record for o in outcomes if o.record is not None}
    missing = [o.id for o in outcomes if o.id is not None and o.record is None]
    if missing:
        back |= {i: r for i, r in turn.connector.get(missing).items() if isinstance(r, Record)}
    return back


def _not_shown(turn: Turn, items: Sequence[Item]) -> None:
    """Records that the system neither shows nor calls deleted: trying each time again would never end."""
    if items:
        turn.counts["unseen"] += len(items)
        with turn.writing() as conn:
            for item in items:
                _later(conn, turn, item, phrase("The system does not show this record, so nothing was written to it."))


def _later(conn: Connection, turn: Turn, item: Item, why: str) -> None:
    """This one is tried again after a while that grows; why is shown."""
    first, most = PATIENCE
    tries = dues.tries(conn, turn.name, item.opportunity_id)
    dues.failed(conn, turn.name, item.opportunity_id, why, turn.now() + min(first * 2 ** min(tries, 12), most))

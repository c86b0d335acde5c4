"""Organisations (and owners) that a new record points at: found, or asked about, never guessed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, update

from connectors.contract import Record
from hub import crash
from hub.store import audit, dues, waiting
from hub.store.members import email_of
from hub.store.tables import Link, ReferenceQuestion
from hub.sync.plan import Item
from hub.sync.turn import Turn
from mappings.language import ReferenceWish

Raw = dict[str, Any]


@dataclass(slots=True)
class Settled:
    """``columns`` whose target is known; ``open``: column to its wish and the records that might be meant."""

    columns: Raw = field(default_factory=dict)
    open: dict[str, tuple[ReferenceWish, list[Record]]] = field(default_factory=dict)


def settle(turn: Turn, item: Item) -> Settled:
    """Look for the target of every reference of a new record, by registry id, else by unique exact name."""
    settled = Settled()
    for column, wish in item.references.items():
        candidates = _candidates(turn, wish)
        if len(candidates) == 1:
            settled.columns[column] = {"id": candidates[0].id}
        else:
            settled.open[column] = (wish, candidates)
    for column, person in turn.mapping.create.items():
        owner = _owner(turn, item, person) if isinstance(person, dict) else None
        if owner is not None:
            settled.columns[column] = {"id": owner}
    return settled


def _candidates(turn: Turn, wish: ReferenceWish) -> list[Record]:
    """The records that the first telling column finds; several are for a person to choose from."""
    columns = list(dict.fromkeys([*wish.fields, *(column for column, _ in wish.match)]))
    for column, value in wish.match:
        if value in (None, ""):
            continue
        found = turn.connector.lookup(wish.object, {column: str(value)}, columns)
        if found:
            return found
    return []


def _owner(turn: Turn, item: Item, person: Raw) -> str | None:
    """The importing officer's own user in that system: who picked it, else the connection's importer."""
    email = turn.config.importer
    if item.link is not None and item.link.picked_by:
        with turn.hub.reading() as conn:
            email = email_of(conn, item.link.picked_by) or email
    if not email:
        return None
    found = turn.connector.lookup(person["object"], {person["match"]: email}, [person["match"]])
    return found[0].id if len(found) == 1 else None


def ask(
    conn: Connection, turn: Turn, item: Item, link: Link, open_: dict[str, tuple[ReferenceWish, list[Record]]]
) -> None:
    """Put what could not be found into the queue. The record is created without it meanwhile."""
    for column, (wish, candidates) in open_.items():
        waiting.ask_reference(
            conn,
            ReferenceQuestion(
                id=turn.hub.ids.uuid7(),
                connection_id=turn.name,
                link_id=link.id,
                opportunity_id=item.opportunity_id,
                column=column,
                wish={"object": wish.object, "match": [list(m) for m in wish.match], "fields": dict(wish.fields)},
                candidates=[{"id": r.id, "fields": dict(r.fields)} for r in candidates],
                opened_at=turn.now(),
            ),
        )
        turn.counts["questions"] += 1


def add_chosen(turn: Turn) -> None:
    """Create the organisations that a person said to create; the links follow with this run's plan."""
    with turn.hub.reading() as conn:
        open_ = waiting.questions_to_create(conn, turn.name)
    for question in open_:
        target = _come_since(turn, question) or _add(turn, question)
        crash.point("references.added")
        with turn.writing() as conn:
            waiting.answer(conn, question.id, "linked", target)
            dues.add(conn, [turn.name], question.opportunity_id, turn.now())


def _come_since(turn: Turn, question: ReferenceQuestion) -> str | None:
    """The one organisation that fits and that nobody was offered: a run that broke had just created it, or
    a person had meanwhile. Creating it again would make two."""
    wish = ReferenceWish(question.wish["object"], tuple(map(tuple, question.wish["match"])), question.wish["fields"])
    offered = {candidate["id"] for candidate in question.candidates}
    found = [record.id for record in _candidates(turn, wish) if record.id not in offered]
    return found[0] if len(found) == 1 else None


def _add(turn: Turn, question: ReferenceQuestion) -> str | None:
    outcome = turn.connector.add(question.wish["object"], question.wish["fields"])
    if outcome.error is not None:
        raise outcome.error
    return outcome.id


def decide(hub: Any, question_id: str, choice: str, user_id: str) -> None:
    """``link:<record id>``, ``create`` or ``skip``. ValueError for anything else, or what is decided already."""
    state, _, target = choice.partition(":")
    states = {"link": "linked", "create": "create", "skip": "skipped"}
    if state not in states or (state == "link") != bool(target):
        raise ValueError(f"{choice!r} is no answer. Choose one of the organisations, a new one, or none.")
    table: Any = waiting.question
    with hub.writing() as conn:
        row = conn.execute(table.select().where(table.c.id == question_id)).first()
        if row is None or row.state != "open":
            raise ValueError("This question is settled already.")
        values = {"state": states[state], "choice": target or None, "decided_by": user_id}
        conn.execute(update(table).where(table.c.id == question_id).values(**values))
        dues.add(conn, [row.connection_id], row.opportunity_id, hub.time.now())
        dues.wake(conn, [row.connection_id], hub.time.now())
        audit.write(
            conn, at=hub.time.now(), actor=f"user:{user_id}", action="organisation " + states[state],
            opportunity_id=row.opportunity_id, connection_id=row.connection_id, values={row.column: [None, target]},
        )  # fmt: skip

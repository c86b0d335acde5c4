"""Organisations (and owners) that a new record points at: found, or asked about, never guessed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection, update

from connectors.contract import Record
from connectors.transport import writing_until
from hub import crash
from hub.store import audit, dues, links, opportunities, waiting
from hub.store.members import email_of
from hub.store.tables import Link, ReferenceQuestion
from hub.sync.plan import Item
from hub.sync.turn import Turn
from mappings.language import ReferenceWish

Raw = dict[str, Any]


@dataclass(slots=True)
class Settled:
    """``columns`` whose target is known, ``found`` the organisations among them that were looked for; ``open``: column to its
    wish and the records that might be meant; ``owners``: the address that the owner was looked for by, if there is one."""

    columns: Raw = field(default_factory=dict)
    found: dict[str, Record] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    open: dict[str, tuple[ReferenceWish, list[Record]]] = field(default_factory=dict)


def settle(turn: Turn, item: Item) -> Settled:
    """Look for the target of every reference of a new record, and for its owner."""
    settled = organisations(turn, item)
    for column, wish in turn.mapping.create.items():
        if isinstance(wish, dict) and "now" in wish:
            settled.columns[column] = _now(turn, wish["now"])
            continue
        email = _importer(turn, item) if isinstance(wish, dict) else None
        if email is None:
            continue
        settled.owners[column] = email
        owner = _owner(turn, email, wish)
        if owner is not None:
            settled.columns[column] = {"id": owner}
    return settled


def organisations(turn: Turn, item: Item) -> Settled:
    """Found by registry id, else by unique exact name. What its people said before they imported it counts, and is not
    asked again."""
    settled = Settled()
    if not item.references:
        return settled
    with turn.hub.reading() as conn:
        said = waiting.questions(conn, [item.link.id]) if item.link else {}
    answered = {column: question for (_link, column), question in said.items() if question.state != "open"}
    for column, wish in item.references.items():
        if column in answered:
            if answered[column].choice:
                settled.columns[column] = {"id": answered[column].choice}
            continue
        candidates = _candidates(turn, wish)
        if len(candidates) == 1:
            settled.found[column] = candidates[0]
            settled.columns[column] = {"id": candidates[0].id}
        else:
            settled.open[column] = (wish, candidates)
    return settled


def _now(turn: Turn, form: str) -> str:
    """The day or the moment of creation (UTC), as ISO 8601 has it."""
    now = turn.now().astimezone(UTC)
    return now.date().isoformat() if form == "date" else now.strftime("%Y-%m-%dT%H:%M:%SZ")


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


def _importer(turn: Turn, item: Item) -> str | None:
    """The address of who picked it, else of the connection's importer."""
    email = turn.config.importer
    if item.link is not None and item.link.picked_by:
        with turn.hub.reading() as conn:
            email = email_of(conn, item.link.picked_by) or email
    return email or None


def _owner(turn: Turn, email: str, person: Raw) -> str | None:
    """That person's own user in the system."""
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
        open_ = [row for row in waiting.questions_to_create(conn, turn.name) if _still_comes(conn, row)]
    for question in open_:
        target = _come_since(turn, question) or _add(turn, question)
        crash.point("references.added")
        with turn.writing() as conn:
            waiting.answer(conn, question.id, "linked", target)
            dues.add(conn, [turn.name], question.opportunity_id, turn.now())


def _still_comes(conn: Connection, question: ReferenceQuestion) -> bool:
    """Not for a record that was picked and will not be made, because its opportunity was withdrawn before the sync."""
    link = links.get(conn, question.link_id)
    if link is None or link.state != "wanted":
        return True
    return opportunities.load(conn, [link.opportunity_id])[link.opportunity_id].status == "published"


def _come_since(turn: Turn, question: ReferenceQuestion) -> str | None:
    """The one organisation that fits and that nobody was offered: a run that broke had just created it, or
    a person had meanwhile. Creating it again would make two."""
    wish = ReferenceWish(question.wish["object"], tuple(map(tuple, question.wish["match"])), question.wish["fields"])
    offered = {candidate["id"] for candidate in question.candidates}
    found = [record.id for record in _candidates(turn, wish) if record.id not in offered]
    return found[0] if len(found) == 1 else None


def _add(turn: Turn, question: ReferenceQuestion) -> str | None:
    with turn.writing():
        pass  # the lease is prolonged, so that what leaves now is done before it ends
    with writing_until(turn.writes_until()):
        outcome = turn.connector.add(question.wish["object"], question.wish["fields"])
    if outcome.error is not None:
        raise outcome.error
    return outcome.id


def decide(hub: Any, question_id: str, choice: str, user_id: str) -> None:
    """``link:<record id>``, ``create`` or ``skip``. ValueError for anything else, or what is decided already."""
    state, _colon, target = choice.partition(":")
    states = {"link": "linked", "create": "create", "skip": "skipped"}
    if state not in states or (state == "link") != bool(target):
        raise ValueError(
            _("%(choice)s is no answer. Choose one of the organisations, a new one, or none.", choice=repr(choice))
        )
    table: Any = waiting.question
    with hub.writing() as conn:
        row = conn.execute(table.select().where(table.c.id == question_id)).first()
        if row is None or row.state != "open":
            raise ValueError(_("This question is settled already."))
        values = {"state": states[state], "choice": target or None, "decided_by": user_id}
        conn.execute(update(table).where(table.c.id == question_id).values(**values))
        dues.add(conn, [row.connection_id], row.opportunity_id, hub.time.now())
        dues.wake(conn, [row.connection_id], hub.time.now())
        audit.write(
            conn, at=hub.time.now(), actor=f"user:{user_id}", action="organisation " + states[state],
            opportunity_id=row.opportunity_id, connection_id=row.connection_id, values={row.column: [None, target]},
        )  # fmt: skip

"""Writes on their way: several in one batch, and what became of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.answer import Answer
from connectors.contract import Ambiguous, ConnectorError, Outcome, Raw, Stale, Unavailable
from connectors.dataverse.batch import Operation
from connectors.dataverse.errors import is_not_there, refusal
from connectors.dataverse.metadata import Table
from connectors.dataverse.reading import row_id
from connectors.dataverse.session import Session
from schemas.said import phrase

BATCH = 50
"""Writes in one call; far below what a batch may have, for an answer that is lost leaves all of them in doubt."""

WHOLE = {"Prefer": "return=representation"}
_ENTITY = re.compile(r"\(([0-9a-fA-F-]{36})\)\s*$")


@dataclass(frozen=True, slots=True)
class Write:
    """``operation`` as it goes out. ``id``: the row that must be there already; ``key``: (column, value) of a new one."""

    operation: Operation
    id: str | None = None
    key: tuple[str, str] | None = None


@dataclass(slots=True)
class Sent:
    """``outcomes`` in the order asked; ``rows`` by their place, where the answer shows them."""

    outcomes: list[Outcome]
    rows: dict[int, Raw] = field(default_factory=dict)


def send(session: Session, table: Table, writes: Sequence[Write | ConnectorError]) -> Sent:
    """One outcome a write; what could not even be made into one keeps its error. What concerns the whole environment
    stops the rest unsent, and is raised if it came first."""
    sent = Sent([Outcome(error=each) if isinstance(each, ConnectorError) else Outcome() for each in writes])
    todo = {at: each for at, each in enumerate(writes) if isinstance(each, Write)}
    places = list(todo)
    for start in range(0, len(places), BATCH):
        batch = places[start : start + BATCH]
        doing = phrase("Writing to %(name)s", name=table.name)
        try:
            answers = session.batch([todo[at].operation for at in batch], doing)
        except ConnectorError as error:
            if not start and not isinstance(error, Ambiguous):
                raise
            rest = Unavailable(phrase("Not sent, because of what came before: %(error)s", error=error))
            for at in places[start:]:
                sent.outcomes[at] = Outcome(error=error if at in batch else rest)
            return sent
        for at, answer in zip(batch, answers, strict=True):
            try:
                id, row = told(session, table, todo[at], answer)
            except ConnectorError as error:
                sent.outcomes[at] = Outcome(error=error)
                continue
            sent.outcomes[at] = Outcome(id=id)
            sent.rows |= {at: row} if row is not None else {}
    return sent


def told(session: Session, table: Table, write: Write, answer: Answer) -> tuple[str, Raw | None]:
    """The id of what was written, and the row where the answer shows it; raises what the answer means else."""
    doing = phrase("Writing to %(name)s", name=table.name)
    if write.id is not None and is_not_there(answer):
        if write.operation.method == "DELETE":
            return write.id, None
        raise Stale(phrase("%(name)s %(id)s is deleted.", name=table.name, id=write.id))
    if answer.status not in (200, 201, 204):
        raise refusal(answer, doing, session.transport.time)
    id, row = _written(answer, table, doing, write.id)
    if not _is_of(write, id, row):
        raise Ambiguous(phrase("%(doing)s: Dataverse named %(id)s, which is another row.", doing=doing, id=id))
    return id, row


def _written(answer: Answer, table: Table, doing: str, known: str | None) -> tuple[str, Raw | None]:
    """It was written: whatever is wrong with the answer is no refusal."""
    if answer.status == 204:
        found = _ENTITY.search(answer.headers.get("odata-entityid", ""))
        if not found and known is None:
            raise Ambiguous(phrase("%(doing)s: it was done, but Dataverse does not say which row it is.", doing=doing))
        return (found[1].lower() if found else str(known).lower()), None
    try:
        row = answer.json()
        return row_id(row, table), row
    except (ConnectorError, AttributeError):
        raise Ambiguous(
            phrase("%(doing)s: it was done, but the answer is no row of %(name)s.", doing=doing, name=table.name)
        ) from None


def _is_of(write: Write, id: str, row: Mapping[str, object] | None) -> bool:
    """An answer that got mixed up on its way names another row, or one with another key."""
    if write.id is not None:
        return id == write.id.lower()
    if write.key is None or row is None:
        return True
    column, value = write.key
    return str(row.get(column)).casefold() == value.casefold()  # case is not heeded, as in Dataverse's keys

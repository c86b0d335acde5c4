"""What waits for a person: conflicts, suggestions, quarantine, reference questions, holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Text, bindparam, case, func, select, type_coerce, update

from hub.store.among import is_one_of
from hub.store.tables import Conflict, Hold, MatchQuestion, Quarantine, ReferenceQuestion, Suggestion
from hub.store.writes import insert_for

conflict: Any = Conflict.__table__  # type: ignore[attr-defined]
suggestion: Any = Suggestion.__table__  # type: ignore[attr-defined]
quarantine: Any = Quarantine.__table__  # type: ignore[attr-defined]
question: Any = ReferenceQuestion.__table__  # type: ignore[attr-defined]
hold: Any = Hold.__table__  # type: ignore[attr-defined]
match: Any = MatchQuestion.__table__  # type: ignore[attr-defined]


def open_conflicts(conn: Connection, opportunity_ids: Iterable[str]) -> Iterator[Conflict]:
    """Asked by opportunity alone: given the state too, SQLite walks along all that is open in the commons."""
    where = is_one_of(conn, conflict.c.opportunity_id, opportunity_ids)
    for row in conn.execute(select(conflict).where(where).order_by(conflict.c.id)):
        if row.state == "open":
            yield Conflict(**row._mapping)


def last_conflict(conn: Connection, opportunity_id: str, path: str) -> Conflict | None:
    """The newest resolved conflict of a field, for the choice to be kept when it reopens."""
    row = conn.execute(
        select(conflict)
        .where((conflict.c.opportunity_id == opportunity_id) & (conflict.c.path == path))
        .order_by(conflict.c.opened_at.desc(), conflict.c.id.desc())
        .limit(1)
    ).first()
    return Conflict(**row._mapping) if row else None


def add_conflict(conn: Connection, row: Conflict) -> None:
    conn.execute(conflict.insert(), row.model_dump())


def change_conflict(conn: Connection, conflict_id: str, **values: Any) -> None:
    conn.execute(update(conflict).where(conflict.c.id == conflict_id).values(**values))


def get_conflict(conn: Connection, conflict_id: str) -> Conflict | None:
    row = conn.execute(select(conflict).where(conflict.c.id == conflict_id).with_for_update()).first()
    return Conflict(**row._mapping) if row else None


def suggest(conn: Connection, row: Suggestion) -> None:
    """One waiting suggestion a field of a connection: a newer edit replaces the one not yet sent."""
    same = (
        (suggestion.c.opportunity_id == row.opportunity_id)
        & (suggestion.c.connection_id == row.connection_id)
        & (suggestion.c.path == row.path)
        & (suggestion.c.state == "waiting")
    )
    changed = conn.execute(update(suggestion).where(same).values(value=row.value, commons=row.commons, at=row.at))
    if not changed.rowcount:
        conn.execute(suggestion.insert(), row.model_dump())


def set_aside(conn: Connection, row: Quarantine) -> None:
    """Quarantine a record or a field. Seen again it keeps its first date; an ignored one stays ignored
    while its reason is the same."""
    values = row.model_dump()
    statement = insert_for(conn)(quarantine).values(**values)
    new = statement.excluded
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["connection_id", "remote_id", "path"],
            set_={
                "reason": new.reason,
                "place": new.place,
                "fields": new.fields,
                "last_seen_at": new.last_seen_at,
                "opportunity_id": new.opportunity_id,
                "state": _stays_ignored(new),
            },
        )
    )


def _stays_ignored(new: Any) -> Any:
    ignored = (quarantine.c.state == "ignored") & (quarantine.c.reason == new.reason)
    return case((ignored, "ignored"), else_="open")


def release(conn: Connection, connection: str, remote_id: str, keep: Iterable[str] = ()) -> None:
    """This record (all but these of its fields) can be translated after all."""
    conn.execute(
        update(quarantine)
        .where(
            (quarantine.c.connection_id == connection)
            & (quarantine.c.remote_id == remote_id)
            & (quarantine.c.state != "released")
            & quarantine.c.path.not_in(list(keep))
        )
        .values(state="released")
    )


def outdated(conn: Connection, connection: str, place: str, before: datetime) -> None:
    """What was set aside at a place that begins so is not there any more where it was not seen since ``before``."""
    conn.execute(
        update(quarantine)
        .where(
            (quarantine.c.connection_id == connection)
            & quarantine.c.place.startswith(place, autoescape=True)
            & (quarantine.c.place != "")
            & (quarantine.c.last_seen_at < before)
            & (quarantine.c.state != "released")
        )
        .values(state="released")
    )


def set_aside_since(conn: Connection, connection: str, since: datetime) -> list[Quarantine]:
    """What was set aside, or again, and is not released; by path."""
    t = quarantine
    where = (t.c.connection_id == connection) & (t.c.last_seen_at >= since) & (t.c.state != "released")
    return [Quarantine(**row._mapping) for row in conn.execute(select(t).where(where).order_by(t.c.path))]


def count_aside(conn: Connection, connection: str, kept: str) -> int:
    """How many records and fields are set aside for this reason, as the database keeps it (``schemas.said.pack``)."""
    t = quarantine
    where = (t.c.connection_id == connection) & (type_coerce(t.c.reason, Text) == kept) & (t.c.state == "open")
    return int(conn.scalar(select(func.count()).select_from(t).where(where)) or 0)


def whole_and_due(now: Any) -> Any:
    """Whole records that are set aside and whose time has come: those of which a feed of changes would show nothing more."""
    t = quarantine
    return (t.c.path == "") & (t.c.place == "") & (t.c.state == "open") & (t.c.not_before <= now)


def to_look_at_again(
    conn: Connection, connection: str, now: datetime, first: timedelta, most: timedelta, limit: int
) -> list[str]:
    """Record ids of whole records whose time has come; the next time is set at once, twice as far away."""
    where = (quarantine.c.connection_id == connection) & whole_and_due(now)
    rows = conn.execute(select(quarantine).where(where).order_by(quarantine.c.not_before, quarantine.c.id).limit(limit))
    found = [(row.id, row.remote_id, row.tries) for row in rows]
    for id, _remote_id, tries in found:
        later = now + min(first * 2 ** min(tries + 1, 12), most)
        conn.execute(update(quarantine).where(quarantine.c.id == id).values(tries=tries + 1, not_before=later))
    return [remote_id for _, remote_id, _ in found]


_ANY_ASIDE = (
    select(quarantine.c.id)
    .where((quarantine.c.connection_id == bindparam("connection")) & (quarantine.c.state != "released"))
    .limit(1)
)


def quarantined(conn: Connection, connection: str, remote_ids: Iterable[str]) -> set[str]:
    """Which of these are set aside, or have a field that is."""
    if conn.execute(_ANY_ASIDE, {"connection": connection}).first() is None:
        return set()
    where = (quarantine.c.connection_id == connection) & is_one_of(conn, quarantine.c.remote_id, remote_ids)
    rows = conn.execute(select(quarantine.c.remote_id).where(where & (quarantine.c.state != "released")))
    return {row.remote_id for row in rows}


def fields_aside(conn: Connection, connection: str, remote_ids: Iterable[str]) -> dict[str, set[str]]:
    """The paths of fields that are set aside, by record id."""
    where = (quarantine.c.connection_id == connection) & is_one_of(conn, quarantine.c.remote_id, remote_ids)
    found: dict[str, set[str]] = {}
    for row in conn.execute(
        select(quarantine.c.remote_id, quarantine.c.path).where(where & (quarantine.c.state != "released"))
    ):
        found.setdefault(row.remote_id, set()).add(row.path)
    return found


def waiting_hold(conn: Connection, connection: str, states: Iterable[str] = ("waiting",)) -> Hold | None:
    row = conn.execute(
        select(hold)
        .where((hold.c.connection_id == connection) & hold.c.state.in_(list(states)))
        .order_by(hold.c.at.desc())
        .limit(1)
    ).first()
    return Hold(**row._mapping) if row else None


def get_hold(conn: Connection, hold_id: str) -> Hold | None:
    row = conn.execute(select(hold).where((hold.c.id == hold_id) | (hold.c.run_id == hold_id))).first()
    return Hold(**row._mapping) if row else None


def add_hold(conn: Connection, row: Hold) -> None:
    """One waiting hold a connection: an older one that nobody decided gives way to what is true now."""
    stale = (hold.c.connection_id == row.connection_id) & (hold.c.state == "waiting")
    conn.execute(update(hold).where(stale).values(state="replaced"))
    conn.execute(hold.insert(), row.model_dump())


def change_hold(conn: Connection, hold_id: str, **values: Any) -> None:
    conn.execute(update(hold).where(hold.c.id == hold_id).values(**values))


def ask_reference(conn: Connection, row: ReferenceQuestion) -> None:
    values = row.model_dump()
    statement = insert_for(conn)(question).values(**values)
    new = statement.excluded
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["link_id", "column"],
            set_={"wish": new.wish, "candidates": new.candidates},
        )
    )


def answer_reference(conn: Connection, row: ReferenceQuestion) -> None:
    """What a person said before anybody asked; an older question about the same column gives way."""
    conn.execute(question.delete().where((question.c.link_id == row.link_id) & (question.c.column == row.column)))
    conn.execute(question.insert(), row.model_dump())


def questions(conn: Connection, link_ids: Iterable[str]) -> dict[tuple[str, str], ReferenceQuestion]:
    rows = conn.execute(select(question).where(is_one_of(conn, question.c.link_id, link_ids)))
    return {(row.link_id, row.column): ReferenceQuestion(**row._mapping) for row in rows}


def questions_to_create(conn: Connection, connection: str) -> list[ReferenceQuestion]:
    where = (question.c.connection_id == connection) & (question.c.state == "create")
    return [ReferenceQuestion(**row._mapping) for row in conn.execute(select(question).where(where))]


def answer(conn: Connection, question_id: str, state: str, choice: str | None) -> None:
    conn.execute(update(question).where(question.c.id == question_id).values(state=state, choice=choice))


# --- which record a lost create made ------------------------------------------


def ask_match(conn: Connection, row: MatchQuestion) -> None:
    conn.execute(match.insert(), row.model_dump())


def get_match(conn: Connection, question_id: str) -> MatchQuestion | None:
    row = conn.execute(select(match).where(match.c.id == question_id).with_for_update()).first()
    return MatchQuestion(**row._mapping) if row else None


def matches(conn: Connection, connection: str, states: Iterable[str]) -> list[MatchQuestion]:
    """Questions of one connection in these states, oldest first."""
    where = (match.c.connection_id == connection) & match.c.state.in_(list(states))
    rows = conn.execute(select(match).where(where).order_by(match.c.opened_at, match.c.id))
    return [MatchQuestion(**row._mapping) for row in rows]


def change_match(conn: Connection, question_id: str, **values: Any) -> None:
    conn.execute(update(match).where(match.c.id == question_id).values(**values))

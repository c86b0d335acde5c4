"""Where in the database somebody may be written of, what of it can go, and what remains.

Every row of every table is looked through, in Python: databases differ in which letters they take for the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, text, tuple_, update

from hub.store import tables

Named = Callable[[Any], bool]
GONE = "(erased)"


def _t(model: Any) -> Any:
    return model.__table__


def _over(*states: str) -> Callable[[Any], bool]:
    return lambda row: row.state not in states


def _any(row: Any) -> bool:
    return True


WHOLE = (tables.SignInAttempt, tables.Message, tables.Invitation)
"""Rows that go when they name somebody."""
BLANK: tuple[tuple[Any, dict[str, Any], Callable[[Any], bool]], ...] = (
    (tables.Post, {"text": GONE}, _any),
    (tables.Recommendation, {"note": None}, _any),
    (tables.Handover, {"word": None, "answer": None}, _any),
    (tables.Candidate, {"word": None}, _any),
    (tables.SavedSearch, {"name": GONE}, _any),
    (tables.Token, {"name": GONE}, _any),
    (tables.Download, {"by": GONE}, _any),
    (tables.Run, {"error": None}, _any),
    (tables.Due, {"error": None}, _any),
    (tables.Quarantine, {"fields": None, "reason": GONE}, _any),
    (tables.Upload, {"name": GONE, "report": {}, "content": None, "error": None}, _over("looked", "applying", "held")),
    (tables.Suggestion, {"value": None, "commons": None, "word": None}, _over("waiting", "sent")),
    (tables.Intent, {"fields": {}}, _over("open")),
    (tables.Hold, {"items": [], "reason": GONE, "diagnosis": ""}, _over("waiting", "approved")),
    (tables.Conflict, {"base": None, "commons": None, "parties": [], "choice": None, "reason": ""}, _over("open")),
    (tables.ReferenceQuestion, {"wish": {}, "candidates": [], "choice": None}, _over("open")),
    (tables.MatchQuestion, {"candidates": []}, _over("open", "linked", "create")),
    (tables.UpdateQuestion, {"values": {}}, _over("open")),
)
"""What somebody wrote or was decided, and what stands there once it names nobody. What still waits is not touched."""

PLACES = {
    "link": "records as their own systems show them",
    "commitment": "positions",
    "audit": "history of values that still stand",
    "conflict": "open conflicts; resolve them",
    "suggestion": "suggestions that wait; decide them",
    "hold": "holds that wait; decide them",
    "upload": "sheets that wait; apply or drop them",
    "member": "the configuration",
    "connection": "the configuration",
}


def erase(conn: Connection, named: Named) -> int:
    """Take out what may go; how many rows that were."""
    count = 0
    for model in WHOLE:
        t = _t(model)
        ids = [key for key, row in _rows(conn, t) if _says(row, named)]
        for id in ids:
            conn.execute(delete(t).where(_key(t) == id))
        count += len(ids)
    for model, blank, may in BLANK:
        t = _t(model)
        for key, row in list(_rows(conn, t)):
            values = {name: value for name, value in blank.items() if named(getattr(row, name))} if may(row) else {}
            if values:
                conn.execute(update(t).where(_key(t) == key).values(values))
                count += 1
    return count


def remains(conn: Connection, named: Named) -> list[str]:
    """Sentences: where somebody is still named, and what takes it out there."""
    said = []
    opportunity, link = _t(tables.Opportunity), _t(tables.Link)
    for row in conn.execute(select(opportunity)):
        paths = sorted(path for path, value in (row.facts or {}).items() if named(value))
        if paths:
            where = conn.scalars(select(link.c.connection_id).where(link.c.opportunity_id == row.id)).all()
            said.append(
                f"Opportunity {row.id} ({row.steward_id}): {', '.join(paths)}. Take it out there, or in the records of "
                f"{', '.join(sorted(where)) or 'no connection'}; sync, and erase once more."
            )
    for name, t in sorted(tables.SQLModel.metadata.tables.items()):
        count = 0 if name == "opportunity" else sum(_says(row, named) for _, row in _rows(conn, t))
        if count:
            said.append(f"{count} rows of {name} ({PLACES.get(name, 'waiting, or in use')}).")
    return said


def settle(engine: Engine) -> None:
    """SQLite keeps old pages in its log, and the index of words what was taken out, until they are told to forget."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as conn:
        for name in conn.scalars(
            text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'")
        ).all():
            conn.execute(text(f"INSERT INTO {name}({name}) VALUES ('optimize')"))  # noqa: S608  # nosec B608
        conn.commit()
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()


def _key(t: Any) -> Any:
    return tuple_(*t.primary_key.columns)


def _rows(conn: Connection, t: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for row in conn.execute(select(t), execution_options={"yield_per": 1000}):
        yield tuple(row._mapping[column.name] for column in t.primary_key.columns), row


def _says(row: Any, named: Named) -> bool:
    return named([value for value in row if isinstance(value, str | dict | list)])

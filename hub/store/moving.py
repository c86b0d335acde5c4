"""Moving a hub that has grown from SQLite to PostgreSQL: every row of every table, compared when it is over.

All of it is one transaction there, and the file lets nobody write meanwhile: what broke off left nothing, and is begun again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select, text, update
from sqlmodel import SQLModel

import hub.store.tables  # noqa: F401  fills the metadata
from hub.store.engine import dumps, writing
from hub.store.identity import ALIVE
from hub.store.tables import Connection as ConnectionRow
from hub.store.tables import HubIdentity, Process
from schemas.said import phrase

BATCH = 1000
OWN = frozenset({"process", "pace", "pace_place", "finding", "finding_made", "finding_tag", "search_term"})
"""Tables that each database makes for itself: its processes, their pace, and what opportunities are found by."""
MOVED = phrase("This hub was moved to PostgreSQL. Nothing is synced from this file any more.")

t: Any = ConnectionRow.__table__  # type: ignore[attr-defined]
process: Any = Process.__table__  # type: ignore[attr-defined]
identity: Any = HubIdentity.__table__  # type: ignore[attr-defined]


class NotMoved(Exception):
    """Why nothing was moved, and what to do."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One table: how many rows, and the digest that both databases have of them."""

    table: str
    rows: int
    digest: str


def tables() -> list[Table]:
    """Those that are moved, each after what it points at."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name not in OWN]


def move(
    source: Engine, target: Engine, now: datetime, rebuild: Callable[[Connection], object], say: Callable[[Moved], None]
) -> list[Moved]:
    """Copy, compare, and pause the connections in the file. Both have the tables of this version. ``rebuild`` makes the
    index of finding anew. Raises ``NotMoved`` where something is in the way; then neither side was changed. A second time it
    copies nothing, and says whether both still agree."""
    with writing(source) as old:
        _nobody_works(old, now)
        # It compares for as long as it takes and says nothing meanwhile; nobody else is there yet.
        with writing(target, silent=math.inf) as new:
            filled = [
                table.name for table in tables()
                if table.name != identity.name and new.scalar(select(func.count()).select_from(table))
            ]  # fmt: skip
            if not filled:
                new.execute(identity.delete())  # an empty database has one of its own; it becomes this hub's
                for table in tables():
                    _copy(old, new, table)
                _count_on(new)
            moved = _compared(old, new, filled)
            if not filled:
                rebuild(new)
        for one in moved:
            say(one)
        # Only now: whoever starts the old file by mistake must not write to the systems by what it knew then.
        old.execute(update(t).where(t.c.state == "active").values(state="paused", reason=MOVED))
    return moved


def _nobody_works(old: Connection, now: datetime) -> None:
    alive = [row.kind for row in old.execute(select(process)) if row.seen_at and now - row.seen_at < ALIVE]
    if alive:
        raise NotMoved(f"`hub {alive[0]}` is running on this file. Stop it, wait a minute, and try again.")
    busy = old.scalar(select(t.c.id).where(t.c.lease_until > now).limit(1))
    if busy is not None:
        raise NotMoved(
            f"A sync of {busy} is running, or broke off less than two minutes ago. Try again when it is over."
        )


def _copy(old: Connection, new: Connection, table: Table) -> None:
    for rows in _in_batches(old, table):
        new.execute(table.insert(), rows)


def _in_batches(conn: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    every = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)
    found = conn.execute(every)
    for part in found.mappings().partitions(BATCH):
        yield [dict(row) for row in part]


def _count_on(new: Connection) -> None:
    """Numbers that PostgreSQL gives itself go on after the last one that came along."""
    for table in tables():
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = new.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": f'"{table.name}"', "column": column.name})  # fmt: skip
        if sequence is not None:
            last = new.scalar(select(func.max(column)))
            new.execute(
                text("SELECT setval(:sequence, :next, false)"), {"sequence": sequence, "next": int(last or 0) + 1}
            )


def _compared(old: Connection, new: Connection, filled: list[str]) -> list[Moved]:
    moved = []
    # An older version stored the sentence without its parts.
    paused = set(old.scalars(select(t.c.id).where(t.c.reason.in_([MOVED, "".join(MOVED)]))))
    for table in tables():
        there, here = _digest(old, table, paused), _digest(new, table, paused)
        if there != here:
            why = (
                f"the PostgreSQL database is not empty and differs from the file ({table.name}: {here[0]} rows there, "
                f"{there[0]} in the file). Give an empty one: `createdb NAME`. If the hub was moved before and went on there, "
                "all is well and nothing is to be done."
                if filled
                else f"{table.name} came out differently ({there[0]} rows in the file, {here[0]} there). Please report this."
            )
            raise NotMoved(f"Nothing was moved: {why}")
        moved.append(Moved(table.name, *here))
    return moved


def _digest(conn: Connection, table: Table, paused: set[str]) -> tuple[int, str]:
    """Rows, and SHA-256 over them in an order that both databases have, as the hub reads them. ``paused``: connections whose
    state in the file says no more than that they were moved."""
    lines = []
    for rows in _in_batches(conn, table):
        for row in rows:
            if table.name == t.name and row["id"] in paused:
                row |= {"state": None, "reason": None}
            lines.append(hashlib.sha256(dumps({k: _plain(v) for k, v in row.items()}).encode()).digest())
    lines.sort()  # the databases do not sort text alike
    return len(lines), hashlib.sha256(b"".join(lines)).hexdigest()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value.hex() if isinstance(value, bytes) else value

"""Opportunities and the members' commitments to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select, update

from hub.store import finding
from hub.store.among import is_one_of
from hub.store.tables import Bookmark, Commitment, Due, LikenessDue, LikenessKey, Opportunity, Pending
from hub.store.writes import insert_all, update_all

t: Any = Opportunity.__table__  # type: ignore[attr-defined]
ledger: Any = Commitment.__table__  # type: ignore[attr-defined]


def load(conn: Connection, ids: Iterable[str]) -> dict[str, Opportunity]:
    """These opportunities by id. On PostgreSQL their rows are locked, in id order, until the transaction ends."""
    rows = conn.execute(select(t).where(is_one_of(conn, t.c.id, sorted(set(ids)))).order_by(t.c.id).with_for_update())
    return {row.id: Opportunity(**row._mapping) for row in rows}


def peek(conn: Connection, ids: Iterable[str]) -> dict[str, Opportunity]:
    """The same to look at only: nothing is locked, and nothing may be written by what they say."""
    rows = conn.execute(select(t).where(is_one_of(conn, t.c.id, sorted(set(ids)))))
    return {row.id: Opportunity(**row._mapping) for row in rows}


def all_after(conn: Connection, after: str, limit: int) -> list[Opportunity]:
    """Whoever may see them, in the order of their ids."""
    rows = conn.execute(select(t).where(t.c.id > after).order_by(t.c.id).limit(limit))
    return [Opportunity(**row._mapping) for row in rows]


def by_number(conn: Connection, numbers: Iterable[int]) -> dict[int, Opportunity]:
    """Opportunities by the 53-bit number that stands for the id where a system takes integers only."""
    rows = conn.execute(
        select(t).where(is_one_of(conn, t.c.number, sorted(set(numbers)))).order_by(t.c.id).with_for_update()
    )
    return {row.number: Opportunity(**row._mapping) for row in rows}


def add(conn: Connection, *new: Opportunity, own: Mapping[str, Mapping[str, Commitment]] | None = None) -> None:
    """``own``: what their stewards say of their own positions, by opportunity and member."""
    if new:
        insert_all(conn, t, [row.columns() for row in new])
        finding.add(conn, new, own or {})


def change(conn: Connection, opportunity_id: str, **values: Any) -> None:
    """Columns of it; what it is found by is kept up beside them, but for its facts."""
    save(conn, opportunity_id, **values)
    finding.copy(conn, opportunity_id, values)


def save(conn: Connection, opportunity_id: str, **values: Any) -> None:
    """Columns of it alone: the caller keeps up what it is found by."""
    update_all(conn, t, [{"id": opportunity_id, **values}])


def commitments(conn: Connection, ids: Iterable[str]) -> dict[str, dict[str, Commitment]]:
    """``{opportunity id: {member id: commitment}}``."""
    found: dict[str, dict[str, Commitment]] = {}
    for row in conn.execute(select(ledger).where(is_one_of(conn, ledger.c.opportunity_id, ids))):
        found.setdefault(row.opportunity_id, {})[row.member_id] = Commitment(**row._mapping)
    return found


def add_commitments(conn: Connection, *new: Commitment) -> None:
    insert_all(conn, ledger, [row.columns() for row in new])


def save_commitment(conn: Connection, commitment: Commitment) -> None:
    update_all(conn, ledger, [commitment.columns()])


def arrived(conn: Connection, run_id: str) -> None:
    """The run that brought these was judged: they are there for everyone who may see them."""
    finding.arriving(conn, run_id, None)
    conn.execute(update(t).where(t.c.arriving == run_id).values(arriving=None))


def arriving_moves(conn: Connection, old_run: str, new_run: str) -> bool:
    """Whether there were any."""
    finding.arriving(conn, old_run, new_run)
    return bool(conn.execute(update(t).where(t.c.arriving == old_run).values(arriving=new_run)).rowcount)


def still_arriving(conn: Connection, run_id: str) -> list[str]:
    return list(conn.scalars(select(t.c.id).where(t.c.arriving == run_id).order_by(t.c.id)))


def titles(conn: Connection, ids: Iterable[str]) -> dict[str, str]:
    return {row.id: row.title for row in conn.execute(select(t.c.id, t.c.title).where(t.c.id.in_(list(ids))))}


def forget(conn: Connection, ids: Iterable[str]) -> None:
    """Opportunities that a rejected first sync had brought, and all that hangs on them."""
    gone = list(ids)
    finding.forget(conn, gone)
    for table in (Due, Pending, Commitment, LikenessKey, LikenessDue, Bookmark):
        rows: Any = vars(table)["__table__"]
        conn.execute(delete(rows).where(rows.c.opportunity_id.in_(gone)))
    conn.execute(delete(t).where(t.c.id.in_(gone)))

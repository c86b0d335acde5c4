"""Rules that people made from a conflict, and what they would have decided before."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from hub.store.tables import Conflict, Opportunity, Rule
from hub.store.writes import insert_for

t: Any = Rule.__table__  # type: ignore[attr-defined]
conflict: Any = Conflict.__table__  # type: ignore[attr-defined]
opportunity: Any = Opportunity.__table__  # type: ignore[attr-defined]


def all_of(conn: Connection, members: Collection[str] | None = None) -> list[Rule]:
    """Oldest first; of these members, or of all."""
    query = select(t).order_by(t.c.created_at, t.c.id)
    if members is not None:
        query = query.where(t.c.member_id.in_(list(members)))
    return [Rule(**row._mapping) for row in conn.execute(query)]


def put(conn: Connection, rule: Rule) -> None:
    """A member has one rule for a field; a newer one takes its place."""
    values = rule.model_dump()
    statement = insert_for(conn)(t).values(**values)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id", "path"],
            set_={k: v for k, v in values.items() if k not in ("member_id", "path")},
        )
    )


def remove(conn: Connection, rule_id: str) -> None:
    conn.execute(t.delete().where(t.c.id == rule_id))


def get(conn: Connection, rule_id: str) -> Rule | None:
    row = conn.execute(select(t).where(t.c.id == rule_id)).first()
    return Rule(**row._mapping) if row else None


def made_from(conn: Connection, conflicts: Collection[str]) -> dict[str, Opportunity]:
    """Over which opportunity each of these conflicts was, by the conflict's id."""
    query = select(conflict.c.id.label("conflict"), opportunity)
    query = query.join(opportunity, opportunity.c.id == conflict.c.opportunity_id).where(conflict.c.id.in_(conflicts))
    return {row.pop("conflict"): Opportunity(**row) for row in map(dict, conn.execute(query).mappings())}


def decided(conn: Connection, path: str, limit: int, steward: str | None) -> list[Conflict]:
    """The last conflicts over a field that a person resolved, newest first; of one steward's opportunities or of all."""
    query = (
        select(conflict)
        .join(opportunity, opportunity.c.id == conflict.c.opportunity_id)
        .where((conflict.c.path == path) & (conflict.c.state == "resolved") & (conflict.c.resolved_by != "hub"))
        .order_by(conflict.c.resolved_at.desc(), conflict.c.id.desc())
        .limit(limit)
    )
    if steward is not None:
        query = query.where(opportunity.c.steward_id == steward)
    return [Conflict(**row._mapping) for row in conn.execute(query)]

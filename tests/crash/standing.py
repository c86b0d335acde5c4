"""What the hub believes, as plain data without keys, ids and times: two towns can be compared by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import select

from connectors.contract import Record
from hub.app import Hub
from hub.store.tables import (
    Audit,
    Commitment,
    Conflict,
    Connection,
    Deletion,
    Due,
    Hold,
    Intent,
    Link,
    Opportunity,
    Pending,
    Quarantine,
    ReferenceQuestion,
    Run,
    Suggestion,
)

Standing = dict[str, Any]


def names(conn: Db) -> dict[str, str]:
    """Opportunity id to the nonprofit that it is about."""
    return {row.id: row.facts["organization.name"] for row in _rows(conn, Opportunity)}


def believed(hub: Hub) -> Standing:
    """Every table that two towns with the same story must agree on; lists are sorted."""
    with hub.reading() as conn:
        of = names(conn)
        links = _rows(conn, Link)
        return {
            "opportunities": sorted(
                (r.facts["organization.name"], r.status, r.steward_id, r.audience, r.arriving is not None, _plain(r.facts))
                for r in _rows(conn, Opportunity)
            ),
            "commitments": sorted((of[r.opportunity_id], r.member_id, _plain(r.facts)) for r in _rows(conn, Commitment)),
            "links": sorted(
                (of[r.opportunity_id], r.connection_id, r.state, _plain(r.differs or {}), _plain(r.unholdable or {}))
                for r in links
            ),
            "conflicts": sorted(
                (of[r.opportunity_id], r.path, r.state, str(r.choice), len(r.parties)) for r in _rows(conn, Conflict)
            ),
            "deletions": sorted((of[r.opportunity_id], r.state) for r in _rows(conn, Deletion)),
            "holds": sorted((r.connection_id, r.kind, r.state) for r in _rows(conn, Hold) if r.state != "replaced"),
            "quarantine": sorted((r.connection_id, r.path, r.reason, r.state) for r in _rows(conn, Quarantine)),
            "questions": sorted((of[r.opportunity_id], r.column, r.state) for r in _rows(conn, ReferenceQuestion)),
            "suggestions": sorted((of[r.opportunity_id], r.path, r.state) for r in _rows(conn, Suggestion)),
            # Whether it was tried in vain already depends on when an edit came, not on whether a worker died.
            "due": sorted((of[r.opportunity_id], r.connection_id) for r in _rows(conn, Due)),
            "to be judged": sorted(of[r.opportunity_id] for r in _rows(conn, Pending)),
            "connections": sorted((r.id, r.state, r.approved, r.reason) for r in _rows(conn, Connection)),
            "arrivals there": sorted(
                (of[r.opportunity_id], r.connection_id) for r in _rows(conn, Audit) if r.action == "linked"
            ),
        }  # fmt: skip


def left_over(hub: Hub) -> list[str]:
    """What no worker at rest leaves behind: open intents, runs without an end, leases."""
    with hub.reading() as conn:
        return [
            *(f"an open intent: {r.action} in {r.connection_id}" for r in _rows(conn, Intent) if r.state == "open"),
            *(f"a run of {r.connection_id} never ended" for r in _rows(conn, Run) if r.state == "running"),
            *(f"{r.id} is still leased" for r in _rows(conn, Connection) if r.owner or r.lease_until),
        ]


def untruthful(hub: Hub) -> list[str]:
    """Bases that do not show what the system shows, where nothing says that they differ."""
    with hub.reading() as conn:
        of = names(conn)
        links = [Link(**r._mapping) for r in _rows(conn, Link) if r.state == "linked"]
        frozen = {(r.opportunity_id, r.path) for r in _rows(conn, Conflict) if r.state == "open"}
        due = {(r.opportunity_id, r.connection_id) for r in _rows(conn, Due)}
    found = []
    for name in hub.config.connections:
        mapping = hub.mapping(name)
        mine = [link for link in links if link.connection_id == name]
        connector = hub.connect(name)
        there = connector.get([link.remote_id or "" for link in mine])
        connector.close()
        for link in mine:
            record = there[link.remote_id or ""]
            where = f"{of[link.opportunity_id]} in {name}"
            if not isinstance(record, Record):
                if not link.missed_scans:
                    found.append(f"{where}: linked to a record that is not there")
                continue
            raw, base = mapping.reduce(record.fields), link.base or {}
            if (link.opportunity_id, name) in due:
                continue  # what differs is known, and on its way
            if raw.get(mapping.key) != link.opportunity_id:
                found.append(f"{where}: carries the key {raw.get(mapping.key)!r}")
            known = {c for p in mapping.fields if (link.opportunity_id, p.path) in frozen for c in p.columns}
            for column in raw.keys() - known:
                if raw[column] != base.get(column):
                    found.append(f"{where}: {column} is {raw[column]!r}, the base says {base.get(column)!r}")
    return found


def _rows(conn: Db, model: Any) -> list[Any]:
    return list(conn.execute(select(model.__table__)))


def _plain(values: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((path, str(value)) for path, value in values.items() if value not in (None, "", []))


def differences(expected: Standing, found: Standing) -> Iterable[str]:
    """Sentences, one for each table that is not as expected."""
    for name in expected:
        if expected[name] != found[name]:
            missing = [row for row in expected[name] if row not in found[name]]
            surplus = [row for row in found[name] if row not in expected[name]]
            said = [f"missing {missing}"] * bool(missing) + [f"surplus {surplus}"] * bool(surplus)
            yield f"the hub's {name}: {'; '.join(said) or 'rows are doubled'}"

"""Standing answers to conflicts: “always prefer this system for this field”, made by people, audited, taken back at will.

A rule belongs to the member that decides about the field: the steward for an opportunity's facts, each
member for its own commitments. The rankings of the configuration win over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import Connection

from hub.store import audit
from hub.store import rules as kept
from hub.store.tables import Conflict, Rule
from hub.sync.history import is_own
from hub.sync.moved import Moved
from schemas.values import same

if TYPE_CHECKING:
    from hub.app import Hub

SAMPLE = 9
"""How many past decisions a rule is tried on before it is made."""

Prefers = Mapping[str, Mapping[str, str]]


def of_all(conn: Connection) -> dict[str, dict[str, str]]:
    """``{member: {path: connection}}``."""
    found: dict[str, dict[str, str]] = {}
    for rule in kept.all_of(conn):
        found.setdefault(rule.member_id, {})[rule.path] = rule.connection_id
    return found


def preferred(prefers: Prefers, member: str, steward: str) -> dict[str, str]:
    """``{path: connection}`` that holds for one opportunity as seen by one member."""
    own = {path: name for path, name in prefers.get(member, {}).items() if is_own(path)}
    return own | {path: name for path, name in prefers.get(steward, {}).items() if not is_own(path)}


def candidates(conflict: Conflict) -> list[str]:
    """Connections that a rule made from this conflict could prefer."""
    names = [party["connection"] for party in conflict.parties]
    if conflict.commons_from:
        names.append(conflict.commons_from)
    return list(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class Trial:
    """Of the last ``of`` decisions over this field in which the connection had a word, ``like`` were for its value."""

    connection: str
    like: int
    of: int


def tried(conn: Connection, conflict: Conflict, steward: str) -> list[Trial]:
    """What a rule for each candidate would have decided before, for the person who is about to make one."""
    past = kept.decided(conn, conflict.path, SAMPLE, None if is_own(conflict.path) else steward)
    return [_trial(name, past) for name in candidates(conflict)]


def _trial(connection: str, past: list[Conflict]) -> Trial:
    mine = [(c, c.commons) for c in past if c.commons_from == connection]
    mine += [(c, party["value"]) for c in past for party in c.parties if party["connection"] == connection]
    return Trial(connection, sum(same(c.path, c.choice, value) for c, value in mine), len(mine))


def make(conn: Connection, hub: Hub, conflict: Conflict, member: str, connection: str, user_id: str) -> None:
    """Prefer this connection for this field from now on. ValueError for one that the conflict is not about."""
    if connection not in candidates(conflict):
        raise ValueError(
            _(
                "%(connection)s has no part in this conflict; a rule prefers a system that has.",
                connection=repr(connection),
            )
        )
    now = hub.time.now()
    rule = Rule(
        id=hub.ids.uuid7(), member_id=member, path=conflict.path, connection_id=connection, conflict_id=conflict.id,
        created_at=now, created_by=user_id,
    )  # fmt: skip
    kept.put(conn, rule)
    audit.write(
        conn, at=now, actor=f"user:{user_id}", action="rule made", member_id=member, connection_id=connection,
        note=f"{conflict.path}: {connection} first.",
    )  # fmt: skip


def drop(hub: Hub, rule_id: str, user_id: str) -> None:
    """From now on this field is asked about again."""
    with hub.writing() as conn:
        rule = kept.get(conn, rule_id)
        if rule is None:
            raise Moved(_("This rule is gone already."))
        kept.remove(conn, rule_id)
        audit.write(
            conn, at=hub.time.now(), actor=f"user:{user_id}", action="rule dropped", member_id=rule.member_id,
            connection_id=rule.connection_id, note=f"{rule.path}: {rule.connection_id} first.",
        )  # fmt: skip

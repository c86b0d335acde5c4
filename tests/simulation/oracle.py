"""What must hold when everything is quiet, each as a sentence with the invariant's number."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from hub.store.tables import Audit, Conflict, Hold, Link, Opportunity, Quarantine, Suggestion
from tests.simulation import tokens
from tests.simulation.people import People
from tests.simulation.system import KEY
from tests.simulation.world import World


def look(world: World, people: People) -> list[str]:
    return [*lost(world, people), *doubled(world, people)]


def lost(world: World, people: People) -> list[str]:
    """I1: what a person typed is live, was replaced by someone who saw it, or is kept for someone to decide."""
    linked = {(k.connection_id, k.remote_id) for k in world.table(Link)}
    live: dict[str, set[int]] = {}
    own: set[tuple[str, str, str, int]] = set()
    for name, system in world.systems.items():
        for id, fields in system.live().items():
            for column, value in fields.items():
                there = tokens.found(value) if value is not None else set()
                own |= {(name, id, column, token) for token in there}
                if (name, id) in linked:
                    live.setdefault(column, set()).update(there)
    kept = tokens.found(" ".join(_kept(world)))
    return [
        f"I1 what was typed is never lost; T{t.token:05} of {t.system} {t.row}.{t.column} is nowhere"
        for t in people.typed.values()
        if not t.superseded
        and t.token not in live.get(t.column, ())
        and (t.system, t.row, t.column, t.token) not in own
        and t.token not in kept
    ]


def _kept(world: World) -> list[str]:
    """Where the hub keeps what did not win: conflicts, suggestions, quarantine, holds, and what people decided."""
    rows: list[Any] = []
    for model in (Conflict, Suggestion, Quarantine, Hold, Opportunity):
        rows += world.table(model)
    reset = {name for name, config in world.config.connections.items() if config.edits == "reset"}
    for row in world.table(Audit):
        decided = row.actor.startswith("user:")
        if decided or (row.direction == "out" and row.connection_id in reset):
            rows.append(row)
    return [json.dumps(row._asdict(), default=str, ensure_ascii=False) for row in rows]


def doubled(world: World, people: People) -> list[str]:
    """I8: an opportunity has one record in a connection, however often its creation was tried."""
    found = []
    for name, system in world.systems.items():
        made: dict[str, list[str]] = {}
        for id, fields in system.live().items():
            if system.rows[id].by == "hub" and fields.get(KEY):
                made.setdefault(str(fields[KEY]), []).append(id)
        found += [
            f"I8 one opportunity has one record in a connection; {key} has {ids} in {name}"
            for key, ids in made.items()
            if len(ids) > 1
        ]
    return found


__all__ = ["look", "select"]

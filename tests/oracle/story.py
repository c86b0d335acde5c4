"""A story in progress: three systems, the commons between them, and what people did so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.oracle.executor import Commons
from tests.oracle.oracle import Oracle
from tests.oracle.state import Edits
from tests.oracle.systems import MEMBERS, PATHS, UNKNOWN, Raw, Row, System, Variant
from tests.oracle.writes import Ledger, Write

FACTS = ("summary", "need", "themes", "relationship")
ROUNDS = 3
"""A change may go in, meet another, and go out again; then everything is said."""


@dataclass(slots=True)
class Story:
    """``written``: connection, record, path and write of every edit in a system."""

    ledger: Ledger
    systems: dict[str, System]
    commons: Commons
    oracle: Oracle
    written: list[tuple[str, str, str, Write]] = field(default_factory=list)

    @property
    def moves(self) -> tuple[int, int]:
        """Writes made and decisions taken; while they stay, nothing happens."""
        return self.commons.writes, self.commons.decided

    def settle(self) -> None:
        """I3, I4, I5: everyone syncs until nothing moves, which is soon."""
        self.ledger.tell("settle")
        for _ in range(ROUNDS + 1):
            before = self.moves
            self.rounds(1)
            if self.moves == before:
                self.oracle.at_rest(self.written)
                return
        raise self.ledger.broken("I3, I5: not at rest after three rounds")

    def rounds(self, rounds: int) -> None:
        for _ in range(rounds):
            for name in self.systems:
                self.commons.pull(name)
            for name in self.systems:
                self.commons.push(name)

    def rows(self) -> list[tuple[System, str]]:
        """Records that matter: the linked ones, while there are any."""
        every = [(system, id) for system in self.systems.values() for id in system.rows]
        return [(s, i) for s, i in every if self.tied(s, i)] or every

    def any(self, chance: Random) -> System:
        return self.systems[chance.choice(sorted(self.systems))]

    def foreign(self, edits: str) -> list[tuple[System, str]]:
        """Linked records of members that are not the steward, in systems whose edits mean this."""
        mine = [(s, i) for s, i in self.rows() if self.tied(s, i) and self.commons.edits[s.name] == edits]
        shared = {key: self.commons.shared[tie.opportunity] for key, tie in self.commons.ties.items()}
        return [(s, i) for s, i in mine if shared[s.name, i].steward_id != s.member]

    def tied(self, system: System, id: str) -> bool:
        tie = self.commons.ties.get((system.name, id))
        return tie is not None and tie.state == "linked"

    def new(self, chance: Random, system: System, fields: Raw) -> str:
        id = system.add(fields)
        self.ledger.tell(system.name, id, "new", fields)
        system.rows[id].says = {path: Write(0, None) for path in PATHS}
        for path in [p for p in FACTS if system.column(p) and chance.randint(0, 3)]:
            self.type(system, id, path, another(chance, self.ledger, system, id, path))
        return id

    def copy(self, system: System, row: Row) -> None:
        id = system.add(dict(row.fields))
        self.ledger.tell(system.name, id, "copied", row.fields)
        system.rows[id].says = dict(row.says)

    def type(self, system: System, id: str, path: str, value: Any, by: str = "user") -> None:
        """Somebody puts a value into a cell, seeing what it shows."""
        column, row = system.column(path), system.rows[id]
        assert column is not None
        before = row.fields.get(column)
        system.save(id, {column: system.cell(path, value, before)})
        if row.fields[column] == before:
            return  # typed the same again: no edit
        shown = system.shows(path, row.fields) if path != "language" else value
        row.says[path] = self.ledger.write(shown, row.says.get(path), by=by)
        self.ledger.tell(system.name, id, path, ":=", row.says[path], by)
        self.written.append((system.name, id, path, row.says[path]))

    def read_anew(self, system: System, id: str, row: Row, path: str) -> None:
        """Under another mapping the same cell says something else, and nobody wrote it."""
        row.says[path] = self.ledger.write(system.shows(path, row.fields), row.says.get(path), by="mapping")
        row.older = []


def begun(
    edits: dict[str, Edits], importing: frozenset[str], ranks: Mapping[str, tuple[str, ...]], mapped: bool
) -> Story:
    """``importing``: systems that get every opportunity; ``mapped``: whether ``c`` maps the need from the start."""
    ledger = Ledger()
    ledger.tell("edits", edits, "importing", sorted(importing), "rules", ranks)
    systems = {n: System(n, Variant(None if n == "c" and not mapped else "Need")) for n in MEMBERS}
    oracle = Oracle(ledger)
    commons = Commons(systems, edits, importing, ledger, oracle, dict(ranks))
    oracle.commons = commons
    return Story(ledger, systems, commons, oracle)


def fresh(chance: Random, ledger: Ledger, path: str) -> Any:
    if path == "themes":
        return sorted(chance.sample(["arts", "education", "health"], chance.randint(1, 3)))
    if path == "relationship":
        return chance.choice(["current_grantee", "past_grantee", "peer"])
    return chance.choice(["{}", " {} Words ", "{} and much more"]).format(ledger.token()).lstrip()


def another(chance: Random, ledger: Ledger, system: System, id: str, path: str) -> Any:
    """Something that this system can say, and does not say yet."""
    there = system.shows(path, system.rows[id].fields) if path != "language" else None
    if path == "themes":
        code = chance.choice(sorted(system.themes))
        return sorted({code} ^ set(there or ())) or None
    if path == "relationship":
        return chance.choice([UNKNOWN, *sorted(system.roles)])
    return fresh(chance, ledger, path)


def sayable(system: System, path: str, value: Any) -> Any:
    """As much of a value as this system can say."""
    shown = system.view(path, value) if path in FACTS else value
    return None if shown is UNKNOWN and value is not UNKNOWN else shown

"""What people do while the hub syncs: in their own systems, and on the hub's pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.store.tables import Link
from tests.simulation import tokens
from tests.simulation.system import KEY, GrantsSystem
from tests.simulation.world import World

WORDS = ("wells by the river", "a school garden", "night shelters", "seed banks of the valley")
TEXTS = ("Title", "Summary")


@dataclass(slots=True)
class Typed:
    """One token that a person typed into a cell. ``superseded``: someone who could see it put something else there."""

    token: int
    system: str
    row: str
    column: str
    superseded: bool = False


@dataclass
class People:
    """``typed`` by token. ``canaries``: tokens that must stay in the system where they were typed."""

    world: World
    typed: dict[int, Typed] = field(default_factory=dict)
    canaries: set[int] = field(default_factory=set)
    copies: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = self.world.chance("people")
        self._next = 0

    def token(self) -> int:
        self._next += 1
        return self._next

    # --- a steward's records ---

    def add(self, name: str, shared: bool = True) -> str:
        """A new record; what is not shared, and the private notes of every record, are canaries."""
        system = self.world.systems[name]
        typed = {column: self.token() for column in ("Title", "Summary", "Organisation", "Ask", "Private notes")}
        word = self.chance.choice(WORDS)
        fields = {column: tokens.text(number, word) for column, number in typed.items()}
        fields |= {"Ask": tokens.amount(typed["Ask"]), "Currency": "USD", "Share": shared}
        id = system.add(fields)
        for column, number in typed.items():
            if shared and column != "Private notes":
                self.typed[number] = Typed(number, name, id, column)
            else:
                self.canaries.add(number)
        self.world.note(name, f"someone adds {id}{'' if shared else ', not shared'}")
        return id

    # --- anybody's records ---

    def write(self, name: str, id: str, column: str, value: Any) -> None:
        """A person puts a value into a cell that they see."""
        system = self.world.systems[name]
        before = (system.rows[id].now.fields or {}).get(column)
        for number in tokens.found(before) if before is not None else ():
            if number in self.typed and self.typed[number].column == column:
                self.typed[number].superseded = True
        system.change(id, {column: value})
        for number in tokens.found(value) if value is not None else ():
            known = self.typed.setdefault(number, Typed(number, name, id, column))
            # Put back after it had gone: it counts again, and where it was put.
            known.superseded, known.system, known.row = False, name, id
        self.world.note(name, f"someone writes {id}.{column} = {value!r}")

    def act(self) -> None:
        """Something that somebody does, mostly an edit."""
        self.edit()

    def edit(self, but: str | None = None) -> None:
        """Someone types something new; in any system ``but`` this one."""
        found = self._row(but)
        if found is None:
            return
        system, id = found
        column = self.chance.choice((*TEXTS, "Ask"))
        number = self.token()
        value = tokens.amount(number) if column == "Ask" else tokens.text(number, self.chance.choice(WORDS))
        self.write(system.name, id, column, value)

    def _row(self, but: str | None = None) -> tuple[GrantsSystem, str] | None:
        """A record that is linked, or is shared and will be."""
        linked = {(link.connection_id, link.remote_id) for link in self.world.table(Link) if link.state == "linked"}
        rows = [
            (system, id)
            for name, system in self.world.systems.items()
            if name != but
            for id, fields in system.live().items()
            if (name, id) in linked or (name[0] == "a" and fields.get("Share") and not fields.get(KEY))
        ]
        return self.chance.choice(rows) if rows else None

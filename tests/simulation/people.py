"""What people do in their own systems while the hub syncs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from hub.store.tables import Link
from tests.simulation import tokens
from tests.simulation.system import KEY, GrantsSystem
from tests.simulation.world import World

WORDS = ("wells by the river", "a school garden", "night shelters", "seed banks of the valley")
SHARED = ("Title", "Summary", "Need", "Ask")
STAGES = ("interested", "exploring", "pledged", "committed")


@dataclass(slots=True)
class Typed:
    """One token that a person typed into a cell. ``superseded``: someone who could see it put something else there,
    in the systems ``by``."""

    token: int
    system: str
    row: str
    column: str
    superseded: bool = False
    by: set[str] = field(default_factory=set)


@dataclass
class People:
    """``typed`` by token; ``canaries`` are tokens that must stay in the system where they were typed."""

    world: World
    typed: dict[int, Typed] = field(default_factory=dict)
    canaries: set[int] = field(default_factory=set)
    _last: int = 0

    def __post_init__(self) -> None:
        self.chance = self.world.chance("people")

    def act(self) -> None:
        """Something that somebody does, mostly an edit."""
        acts: list[tuple[int, Callable[[], None]]] = [
            (45, self.edit), (5, self.edit_many), (4, self.clear), (7, self.revert), (4, self.touch), (8, self.tick), (8, self.pledge),
            (9, self.delete), (3, self.undelete), (3, self.copy), (3, lambda: self.add("a", self.chance.random() < 0.7)),
        ]  # fmt: skip
        (chosen,) = self.chance.choices([act for _, act in acts], [weight for weight, _ in acts])
        chosen()

    def add(self, name: str, shared: bool = True) -> None:
        """A new record. All of one that is not shared, and the private notes of every record, are canaries."""
        system = self.world.systems[name]
        if len(system.live()) > 6:
            return
        typed = {column: self._token() for column in ("Title", "Summary", "Organisation", "Ask", "Private notes")}
        word = self.chance.choice(WORDS)
        fields: dict[str, Any] = {column: tokens.text(number, word) for column, number in typed.items()}
        fields |= {"Ask": tokens.amount(typed["Ask"]), "Currency": "USD", "Share": shared}
        id = system.add(fields)
        for column, number in typed.items():
            if shared and column != "Private notes":
                self.typed[number] = Typed(number, name, id, column)
            else:
                self.canaries.add(number)
        self.world.note(name, f"someone adds {id}{'' if shared else ', not shared'}")

    def edit(self, but: Collection[str] = ()) -> None:
        """Someone types something new into a record of the commons; in any system ``but`` these."""
        found = self._row(but)
        if found is not None:
            self._type(*found, self.chance.choice(SHARED))

    def edit_many(self, name: str = "", pause: float | None = None) -> None:
        """Several records of one system, all at the same moment, as from a list with ticks, or one after the other."""
        found = self._row(self.world.systems.keys() - {name} if name else ())
        if found is not None:
            system, column = found[0], self.chance.choice(["Need", "Summary"])
            linked = {k.remote_id for k in self.world.table(Link) if k.connection_id == system.name}
            pause = self.chance.choice([0.0, 2.0]) if pause is None else pause
            for id in sorted(linked & system.live().keys()):
                self.world.time.sleep(pause)
                self._write(system, id, column, tokens.text(self._token(), self.chance.choice(WORDS)))

    def type_over(self, name: str) -> None:
        """Somebody has the record open that was just written, and saves something else in its place."""
        system = self.world.systems[name]
        id, column = system.written[-1]
        if column in SHARED and id in system.live():
            self._type(system, id, column)

    def pledge(self) -> None:
        """A member's own position, which is nobody else's business unless it says so."""
        found = self._row()
        if found is not None:
            system, id = found
            change = self.chance.choice(["Ours", "Stage", "Show"])
            value: Any = {"Stage": self.chance.choice(STAGES), "Show": self.chance.random() < 0.5}.get(change)
            self._write(system, id, change, tokens.amount(self._token()) if change == "Ours" else value)

    def clear(self) -> None:
        found = self._row()
        if found is not None:
            self._write(*found, self.chance.choice(["Summary", "Ask", "Need", "Title"]), None)

    def revert(self) -> None:
        """Back to a value that stood there before."""
        found = self._row()
        if found is not None:
            system, id = found
            column = self.chance.choice(SHARED)
            states = [state.fields[column] for state in system.rows[id].states if (state.fields or {}).get(column)]
            older = [value for value in states if value != states[-1]]
            if older:
                self._write(system, id, column, self.chance.choice(older))

    def touch(self) -> None:
        """Saved again without a change: its version and its stamp move."""
        found = self._row()
        if found is not None:
            found[0].change(found[1], {})
            self.world.note(found[0].name, f"someone saves {found[1]} as it is")

    def tick(self) -> None:
        """The share box of one of the steward's own records is ticked, or no longer."""
        owned = [
            (system, id)
            for name, system in self.world.systems.items()
            if self.world.config.connections[name].shares
            for id, fields in system.live().items()
            if fields.get(KEY) and system.rows[id].by == "person"
        ]
        if owned:
            system, id = self.chance.choice(owned)
            self._write(system, id, "Share", not system.live()[id].get("Share"))

    def delete(self) -> None:
        """Mostly an importer's copy; whoever deletes a record has seen what it says, and may have corrected it just before."""
        found = self._row()
        if found is None or (found[0].name[0] == "a" and self.chance.random() < 0.7):
            return
        system, id = found
        if self.chance.random() < 0.5:
            self._type(system, id, self.chance.choice(SHARED))
        for number in tokens.found(list(system.live()[id].values())):
            typed = self.typed.get(number)
            if typed is not None and (typed.system, typed.row) == (system.name, id):
                typed.superseded = True
        system.delete(id)
        self.world.note(system.name, f"someone deletes {id}")

    def undelete(self) -> None:
        bins = [(s, id) for s in self.world.systems.values() for id in s.deleted_by_people if id not in s.live()]
        if bins:
            system, id = self.chance.choice(bins)
            system.undelete(id)
            self.world.note(system.name, f"someone takes {id} out of the recycle bin")

    def copy(self) -> None:
        """A record is copied with everything in it, its key as well."""
        found = self._row()
        if found is not None:
            system, id = found
            copied = system.add(system.live()[id])
            self.world.note(system.name, f"someone copies {id} to {copied}")

    def _type(self, system: GrantsSystem, id: str, column: str) -> None:
        number = self._token()
        text = tokens.text(number, self.chance.choice(WORDS))
        self._write(system, id, column, tokens.amount(number) if column == "Ask" else text)

    def _write(self, system: GrantsSystem, id: str, column: str, value: Any) -> None:
        """A person puts a value into a cell that they see; not into a column that was removed."""
        if column in system.removed:
            return
        before = (system.rows[id].now.fields or {}).get(column)
        for number in tokens.found(before):
            if number in self.typed and self.typed[number].column == column:
                self.typed[number].superseded = True
                self.typed[number].by.add(system.name)
        system.change(id, {column: value})
        for number in tokens.found(value):
            known = self.typed.setdefault(number, Typed(number, system.name, id, column))
            # Put back after it had gone, it counts again, where it was put; but for what the hub believes to stand there
            # all along, which nobody can tell from a save without a change, and for what somebody elsewhere had seen
            # and replaced already.
            elsewhere = known.superseded and bool(known.by - {system.name})
            known.superseded = elsewhere or value == self._believed(system, id, column)
            known.system, known.row = system.name, id
        self.world.note(system.name, f"someone writes {id}.{column} = {value!r}")

    def _believed(self, system: GrantsSystem, id: str, column: str) -> Any:
        """What the hub last read in this cell."""
        bases = [k.base for k in self.world.table(Link) if (k.connection_id, k.remote_id) == (system.name, id)]
        return (bases[0] or {}).get(column) if bases else None

    def _row(self, but: Collection[str] = ()) -> tuple[GrantsSystem, str] | None:
        """A record that is linked, or is shared and will be."""
        linked = {(link.connection_id, link.remote_id) for link in self.world.table(Link) if link.state == "linked"}
        rows = [
            (system, id)
            for name, system in self.world.systems.items()
            if name not in but
            for id, fields in system.live().items()
            if (name, id) in linked or (name[0] == "a" and fields.get("Share") and not fields.get(KEY))
        ]
        return self.chance.choice(rows) if rows else None

    def _token(self) -> int:
        self._last += 1
        return self._last

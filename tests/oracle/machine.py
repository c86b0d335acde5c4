"""People edit three systems and the hub, in any order; the oracle watches every decision."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.oracle.executor import Commons
from tests.oracle.oracle import Oracle
from tests.oracle.situations import met
from tests.oracle.systems import MEMBERS, PATHS, UNKNOWN, Raw, Row, System, Variant
from tests.oracle.writes import Ledger, Write, blank, said

NAMES = st.sampled_from(sorted(MEMBERS))
FACTS = ("summary", "need", "themes", "relationship")
RANKS = (("a", "b", "c"), ("c", "a"), ("b", "c", "a"), ("a",), ())
ENDS = ("moves", "round", "party", "commons", "new", "again")
"""Of a conflict: a party moves, all come round, it is resolved in one of three ways, or resolved while a party moves."""
ROUNDS = 3
"""A change may go in, meet another, and go out again; then everything is said."""

CHANCE = st.integers(0, 2**31).map(Random)
"""What people happen to do within a step. A number of Hypothesis, so that a story can be told again, and varied more
evenly than single draws would be."""


class Machine(RuleBasedStateMachine):
    @initialize(chance=CHANCE)
    def begin(self, chance: Random) -> None:
        edits: Any = {
            name: chance.choice(["keep", "suggest", "suggest", "accept", "accept", "reset"]) for name in MEMBERS
        }
        importing = chance.choice(["abc", "abc", "bc", "b"])
        ranks = {path: ranks for path in FACTS if (ranks := chance.choice([(), *RANKS]))}
        mapped, us, shares = chance.random() < 0.4, chance.random() < 0.4, chance.choice(["a", "ab", "aa", "ac"])
        self.ledger = Ledger()
        self.ledger.tell("edits", edits, "importing", importing, "rules", ranks)
        self.systems = {n: System(n, Variant(None if n == "c" and not mapped else "Need")) for n in MEMBERS}
        oracle = Oracle(self.ledger)
        self.commons = Commons(self.systems, edits, frozenset(importing), self.ledger, oracle, ranks)
        oracle.commons = self.commons
        self.written: list[tuple[str, str, str, Write]] = []
        for number, name in enumerate(shares):
            self._new(chance, self.systems[name], {"Share": "Us" if us and number else "Everyone"})
        self.settle()

    # --- what people do in their systems ---

    @precondition(
        lambda self: (
            sum(row.fields.get("Share") is not None for s in self.systems.values() for row in s.rows.values()) < 3
        )
    )
    @rule(chance=CHANCE)
    def put(self, chance: Random) -> None:
        self._new(chance, self._any(chance), {"Share": chance.choice(["Everyone", "Everyone", "Us", None])})

    @precondition(lambda self: self._rows())
    @rule(chance=CHANCE)
    def edit(self, chance: Random) -> None:
        for _ in range(chance.randint(1, 2)):
            system, id = chance.choice(self._rows())
            path = chance.choice([p for p in PATHS if system.column(p)])
            self._type(system, id, path, self._value(chance, system, id, path))

    @precondition(lambda self: self._held())
    @rule(chance=CHANCE)
    def edit_on_several_sides(self, chance: Random) -> None:
        """The same field of one opportunity, in several of its records before anyone reads them."""
        same, asked = chance.randint(0, 4), chance.choice(["", "abc", "bca", "cab", "cba"])
        id = chance.choice(self._held())
        path = chance.choice([*FACTS, "commitment.note"])
        value: Any = None
        first = True
        for tie in [t for t in self.commons.ties.values() if t.opportunity == id and t.state == "linked"]:
            system = self.systems[tie.connection]
            if tie.remote_id in system.rows and system.column(path) and chance.choice((True, False)):
                if first or same:
                    first = False
                    value = None if same == 1 else self._value(chance, system, tie.remote_id, path)
                self._type(system, tie.remote_id, path, self._sayable(system, path, value))
        for name in asked:
            self.commons.pull(name)

    @precondition(lambda self: self._held())
    @rule(chance=CHANCE)
    def quarrel(self, chance: Random) -> None:
        """Everyone who may changes the same fields, each in another way; then people do something about it."""
        id, paths = chance.choice(self._held()), chance.sample(FACTS, 2)
        for path in paths:
            if chance.random() < 0.5 and (id, (path, "")) not in self.commons.open:
                self._edit_in_the_hub(chance, id, path)
            for tie in [t for t in self.commons.ties.values() if t.opportunity == id and t.state == "linked"]:
                system = self.systems[tie.connection]
                standing = self.commons.standing(system, tie, self.commons.shared[id])
                if tie.remote_id in system.rows and system.column(path) and self.commons.may_change(standing, path):
                    self._type(system, tie.remote_id, path, self._value(chance, system, tie.remote_id, path))
        for name in chance.sample("abc", 3):
            self.commons.pull(name)
        for at in [(id, (path, "")) for path in paths]:
            if at in self.commons.open:
                self._about(chance, at, chance.choice(ENDS))

    def _about(self, chance: Random, at: tuple[str, tuple[str, str]], then: str) -> None:
        if then in ("moves", "again"):
            self._move_a_party(chance, at)
        if then == "moves":
            for name in self.systems:
                self.commons.pull(name)
        elif then == "round":
            self._come_round(at)
            self.settle()
        else:
            self._resolve(chance, at, "party" if then == "again" else then)

    @precondition(lambda self: self._rows())
    @rule(chance=CHANCE)
    def clear(self, chance: Random) -> None:
        system, id = chance.choice(self._rows())
        path = chance.choice([p for p in FACTS if system.column(p)])
        self._type(system, id, path, None)

    @precondition(lambda self: self._rows())
    @rule(chance=CHANCE)
    def revert(self, chance: Random) -> None:
        system, id = chance.choice(self._rows())
        row = system.rows[id]
        past = [(p, says[p].value) for _, says, _ in row.older for p in FACTS if p in says and system.column(p)]
        found = [(p, v) for p, v in past if said(v) != said(row.says[p].value) and not blank(v) and v is not UNKNOWN]
        if found:
            path, value = chance.choice(found)
            self._type(system, id, path, self._sayable(system, path, value), by="revert")

    @precondition(lambda self: self._rows())
    @rule(chance=CHANCE)
    def copy_what_the_commons_says(self, chance: Random) -> None:
        system, id = chance.choice(self._rows())
        tie = self.commons.ties.get((system.name, id))
        path = chance.choice([p for p in FACTS if system.column(p)])
        if tie is not None:
            value = self.commons.view(self.commons.shared[tie.opportunity], system.member).get(path)
            self._type(system, id, path, self._sayable(system, path, value))

    @precondition(lambda self: self._rows())
    @rule(chance=CHANCE)
    def touch(self, chance: Random) -> None:
        """Saved again as it is: no write, no conflict, no decision may come of it."""
        system, id = chance.choice(self._rows())
        self.settle()
        if id not in system.rows:
            return
        system.save(id, {})
        self.ledger.tell(system.name, id, "touched")
        before = (self.commons.writes, self.commons.decided)
        self._rounds(1)
        if not ((self.commons.writes, self.commons.decided) == before):
            raise self.ledger.broken("I2: a touch was taken for a change")
        met("touch")

    @precondition(lambda self: self._rows())
    @rule(chance=CHANCE)
    def delete(self, chance: Random) -> None:
        system, id = chance.choice(self._rows())
        system.bin[id] = system.rows.pop(id)
        system.tombstones.append(id)
        self.ledger.tell(system.name, id, "deleted")
        if chance.random() < 0.5:
            self.commons.pull(system.name)

    @precondition(lambda self: any(s.bin for s in self.systems.values()))
    @rule(chance=CHANCE)
    def recreate(self, chance: Random) -> None:
        """Out of the bin under its id, or as a new record with the old key."""
        every = [(s, id) for s in self.systems.values() for id in s.bin]
        asked = [
            (s, id) for s, id in every if (s.name, id) in self.commons.ties and self.commons.ties[s.name, id].asked
        ]
        system, id = chance.choice(asked or every)
        row = system.bin.pop(id)
        self.ledger.tell(system.name, id, "recreated")
        if chance.randint(0, 2):
            system.rows[id] = row
        else:
            self._copy(system, row)

    @precondition(
        lambda self: len(self.commons.aside) < 4 and any(s.rows[i].fields.get("Key") for s, i in self._rows())
    )
    @rule(chance=CHANCE)
    def copy_a_record(self, chance: Random) -> None:
        system, id = chance.choice([(s, i) for s, i in self._rows() if s.rows[i].fields.get("Key")])
        self._copy(system, system.rows[id])

    @precondition(lambda self: self.commons.shared and len(self.commons.aside) < 4)
    @rule(chance=CHANCE)
    def type_a_key(self, chance: Random) -> None:
        """A record made by hand with a key in it, perhaps with the values that the commons has."""
        system = self._any(chance)
        hidden = [o.id for o in self.commons.shared.values() if o.audience != "all" and o.steward_id != system.member]
        key = chance.choice(sorted(hidden or self.commons.shared))
        id = self._new(chance, system, {"Key": key})
        if chance.random() < 0.5:
            view = self.commons.view(self.commons.shared[key], system.member)
            for path in [p for p in FACTS if system.column(p)]:
                self._type(system, id, path, self._sayable(system, path, view.get(path)))

    @precondition(lambda self: self._rows())
    @rule(chance=CHANCE)
    def an_item_that_no_mapping_knows(self, chance: Random) -> None:
        system, id = chance.choice(self._rows())
        there = system.rows[id].fields.get("Themes")
        system.save(
            id,
            {
                "Themes": f"{there};Local"
                if system.name == "c" and there
                else "Local"
                if system.name == "c"
                else [*(there or ()), "Local"]
            },
        )

    @precondition(lambda self: any(s.rows[i].fields.get("Key") for s, i in self._rows()))
    @rule(chance=CHANCE)
    def share_or_not(self, chance: Random) -> None:
        share = chance.choice([None, "Everyone"])
        system, id = chance.choice([(s, i) for s, i in self._rows() if s.rows[i].fields.get("Key")])
        system.save(id, {"Share": share})
        self.ledger.tell(system.name, id, "Share :=", share)

    @precondition(lambda self: self._foreign("suggest"))
    @rule(chance=CHANCE)
    def suggest(self, chance: Random) -> None:
        """Another member's people write something, and the steward's say what becomes of it."""
        system, id = chance.choice(self._foreign("suggest"))
        for path in chance.sample([p for p in FACTS if system.column(p)], 2):
            self._type(system, id, path, self._value(chance, system, id, path))
            self.commons.pull(system.name)
            if (system.name, id, path) in self.commons.wishes and id in system.rows:
                self._answer((system.name, id, path), chance.choice(["accept", "decline", "differ"]))

    @precondition(lambda self: self._held())
    @rule(chance=CHANCE)
    def edit_what_shows_a_part_only(self, chance: Random) -> None:
        """The commons gets a value that b cannot show in full, and then b's people edit what they see."""
        id, path = chance.choice(self._held()), chance.choice(["need", "themes", "relationship"])
        tie = self.commons.tie_of("b", id)
        system = self.systems["b"]
        free = (id, (path, "")) not in self.commons.open
        if free and tie is not None and tie.state == "linked" and tie.remote_id in system.rows and system.column(path):
            value = {"themes": ["arts", "education"], "relationship": "peer"}.get(path) or self._fresh(chance, path)
            self.ledger.tell("hub", id[-1], path, ":=", repr(value))
            self.commons.edit(self.commons.shared[id], path, value)
            self.run("b")
            if tie.remote_id in system.rows:
                self._type(system, tie.remote_id, path, self._value(chance, system, tie.remote_id, path))
                self.commons.pull("b")

    # --- what administrators do ---

    @rule(chance=CHANCE)
    def change_a_mapping(self, chance: Random) -> None:
        unread = [s for s in self.systems.values() if s.variant.need is None]
        system = chance.choice([*unread, *unread, self._any(chance)])
        name, unmapped = system.name, system.variant.need is None
        change = chance.choice(["map"] if unmapped else ["swap", "rename"])
        self.ledger.tell(name, "mapping:", change)
        linked = any(t.connection == name and t.state == "linked" for t in self.commons.ties.values())
        if change == "swap":
            system.variant = replace(system.variant, swapped=not system.variant.swapped)
            system.swaps += 1
            for id, row in system.rows.items():
                self._read_anew(system, id, row, "relationship")
        elif change == "rename":
            old, new = system.variant.need, "Requirement" if system.variant.need == "Need" else "Need"
            for row in system.rows.values():
                row.fields[new] = row.fields.pop(old, None)
            for row in [*system.rows.values(), *system.bin.values()]:
                row.older = []
            system.bin = {}
            system.variant = replace(system.variant, need=new)
        else:
            system.variant = replace(system.variant, need="Need")
        if linked:
            met({"swap": "value map changed", "rename": "column renamed", "map": "newly mapped field"}[change])

    @rule(chance=CHANCE)
    def rule_made_or_dropped(self, chance: Random) -> None:
        path, ranks = chance.choice(FACTS), chance.choice(RANKS)
        self.ledger.tell("rule", path, ranks)
        self.commons.ranks[path] = ranks
        if not ranks:
            del self.commons.ranks[path]

    # --- what people do in the hub ---

    @precondition(lambda self: self._held())
    @rule(chance=CHANCE)
    def edit_in_the_hub(self, chance: Random) -> None:
        id, path = chance.choice(self._held()), chance.choice([*FACTS, "language"])
        if (id, (path, "")) not in self.commons.open:
            self._edit_in_the_hub(chance, id, path)

    def _edit_in_the_hub(self, chance: Random, id: str, path: str) -> None:
        value = self._fresh(chance, path) if chance.randint(0, 4) else None
        self.ledger.tell("hub", id[-1], path, ":=", repr(value))
        self.commons.edit(self.commons.shared[id], path, value)
        met("edit in the hub")

    @precondition(lambda self: self.commons.open)
    @rule(chance=CHANCE)
    def about_a_conflict(self, chance: Random) -> None:
        self._about(chance, chance.choice(list(self.commons.open)), chance.choice(ENDS))

    def _resolve(self, chance: Random, at: tuple[str, tuple[str, str]], choice: str) -> None:
        self.ledger.tell("resolve", at, choice)
        conflict = self.commons.open[at]
        party = chance.choice(list(conflict.parties.values()))
        new = {"party": party.write.value, "commons": conflict.commons.value}
        self.commons.resolve(at, new[choice] if choice in new else self._fresh(chance, at[1][0]))
        words = {"party": "conflict resolved for a party", "commons": "conflict resolved for the commons"}
        met(words.get(choice, "conflict resolved with a new value"))

    def _move_a_party(self, chance: Random, at: tuple[str, tuple[str, str]]) -> None:
        """Nobody has read this yet when people decide."""
        party = chance.choice(list(self.commons.open[at].parties.values()))
        system, id, path = self.systems[party.tie.connection], party.tie.remote_id, at[1][0]
        if id in system.rows and system.column(path):
            self._type(system, id, path, self._value(chance, system, id, path))

    def _come_round(self, at: tuple[str, tuple[str, str]]) -> None:
        """Every party types what the commons says."""
        value = self.commons.shared[at[0]].held[at[1]].write.value
        for party in self.commons.open[at].parties.values():
            system = self.systems[party.tie.connection]
            if party.tie.remote_id in system.rows and system.column(at[1][0]):
                self._type(system, party.tie.remote_id, at[1][0], self._sayable(system, at[1][0], value))

    @precondition(lambda self: self.commons.wishes)
    @rule(chance=CHANCE)
    def answer(self, chance: Random) -> None:
        self._answer(chance.choice(list(self.commons.wishes)), chance.choice(["accept", "decline", "differ"]))

    def _answer(self, at: tuple[str, str, str], answer: Any) -> None:
        if (self.commons.ties[at[:2]].opportunity, self.commons.scope(at[2], "")) in self.commons.open:
            return
        self.commons.answer(at, answer)
        self.ledger.tell("suggestion", at, answer)
        if answer != "differ":
            met({"accept": "suggestion accepted", "decline": "suggestion declined"}[answer])

    @rule(chance=CHANCE)
    def the_hub_forgets(self, chance: Random) -> None:
        if chance.random() < 0.25:
            self.settle()
            self.commons.forget()
            self.ledger.tell("the hub forgets")
            self.written = [(s.name, i, p, w) for s, i in self._rows() for p, w in s.rows[i].says.items() if w.by]

    # --- what the hub does ---

    @rule(name=NAMES)
    def poll(self, name: str) -> None:
        self.ledger.tell("poll", name)
        self.commons.pull(name)

    @rule(name=NAMES)
    def run(self, name: str) -> None:
        self.ledger.tell("run", name)
        self.commons.pull(name)
        self.commons.push(name)

    @rule(name=NAMES)
    def push(self, name: str) -> None:
        """Out without a look first: what moved meanwhile must be noticed."""
        self.ledger.tell("push", name)
        self.commons.push(name)

    @precondition(
        lambda self: any(row.older for s in self.systems.values() for row in [*s.rows.values(), *s.bin.values()])
    )
    @rule(chance=CHANCE)
    def late_page(self, chance: Random) -> None:
        """A record as it was. To the hub that is an edit, and what it shows next is an edit back."""
        every = [(s, i, row) for s in self.systems.values() for i, row in s.bin.items() if row.older]
        every = every or [(s, i, row) for s in self.systems.values() for i, row in s.rows.items() if row.older]
        system, id, row = chance.choice(every)
        fields, says, version = chance.choice(row.older)
        before = self.commons.tie_of(system.name, fields.get("Key") or "")
        gone = id in system.bin and id not in system.tombstones
        if id in system.rows:
            says = dict(row.says)
            for path in [
                p for p in PATHS if system.column(p) and system.shows(p, fields) != system.shows(p, row.fields)
            ]:
                says[path] = self.ledger.write(system.shows(path, fields), row.says.get(path), by="late")
                row.says[path] = self.ledger.write(system.shows(path, row.fields), says[path], by="late")
        elif not gone or (system.name, id) not in self.commons.ties:
            return
        self.ledger.tell(system.name, id, "late page", fields)
        self.commons.read(system, id, fields, says, version)
        met("late page after a tombstone" if gone else "late page")
        if gone and before is not None and before.remote_id == id and before.state != "stopped":
            raise self.ledger.broken("I10: a late page brought a deleted record back")

    @rule()
    def settle(self) -> None:
        """I3, I4, I5: everyone syncs until nothing moves; then nothing moves."""
        self.ledger.tell("settle")
        quiet = False
        for _ in range(ROUNDS + 1):
            before = (self.commons.writes, self.commons.decided)
            self._rounds(1)
            quiet = (self.commons.writes, self.commons.decided) == before
            if quiet:
                break
        if not quiet:
            raise self.ledger.broken("I3, I5: not at rest after three rounds")
        self.commons.judge.at_rest(self.written)

    def teardown(self) -> None:
        if hasattr(self, "commons"):
            self.settle()
            before = (self.commons.writes, self.commons.decided)
            self._rounds(2)
            if (self.commons.writes, self.commons.decided) != before:
                raise self.ledger.broken("I3: it writes again after it had come to rest")

    # --- pieces ---

    def _rounds(self, rounds: int) -> None:
        for _ in range(rounds):
            for name in self.systems:
                self.commons.pull(name)
            for name in self.systems:
                self.commons.push(name)

    def _rows(self) -> list[tuple[System, str]]:
        """Records that matter: the linked ones, while there are any."""
        every = [(system, id) for system in self.systems.values() for id in system.rows]
        return [(s, i) for s, i in every if self._tied(s, i)] or every

    def _any(self, chance: Random) -> System:
        return self.systems[chance.choice(sorted(self.systems))]

    def _foreign(self, edits: str) -> list[tuple[System, str]]:
        """Linked records of members that are not the steward, in systems whose edits mean this."""
        mine = [(s, i) for s, i in self._rows() if self._tied(s, i) and self.commons.edits[s.name] == edits]
        shared = {key: self.commons.shared[tie.opportunity] for key, tie in self.commons.ties.items()}
        return [(s, i) for s, i in mine if shared[s.name, i].steward_id != s.member]

    def _tied(self, system: System, id: str) -> bool:
        tie = self.commons.ties.get((system.name, id))
        return tie is not None and tie.state == "linked"

    def _held(self) -> list[str]:
        return sorted(self.commons.shared)

    def _new(self, chance: Random, system: System, fields: Raw) -> str:
        id = system.add(fields)
        self.ledger.tell(system.name, id, "new", fields)
        system.rows[id].says = {path: Write(0, None) for path in PATHS}
        for path in [p for p in FACTS if system.column(p) and chance.randint(0, 3)]:
            self._type(system, id, path, self._value(chance, system, id, path))
        return id

    def _copy(self, system: System, row: Row) -> None:
        id = system.add(dict(row.fields))
        self.ledger.tell(system.name, id, "copied", row.fields)
        system.rows[id].says = dict(row.says)

    def _type(self, system: System, id: str, path: str, value: Any, by: str = "user") -> None:
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

    def _read_anew(self, system: System, id: str, row: Row, path: str) -> None:
        """Under another mapping the same cell says something else, and nobody wrote it."""
        row.says[path] = self.ledger.write(system.shows(path, row.fields), row.says.get(path), by="mapping")
        row.older = []

    def _fresh(self, chance: Random, path: str) -> Any:
        if path == "themes":
            return chance.choice(
                [
                    ["arts"],
                    ["education"],
                    ["arts", "education"],
                    ["education", "health"],
                    ["arts", "education", "health"],
                ]
            )
        if path == "relationship":
            return chance.choice(["current_grantee", "past_grantee", "peer"])
        return chance.choice(["{}", " {} Words ", "{} and much more"]).format(self.ledger.token()).lstrip()

    def _value(self, chance: Random, system: System, id: str, path: str) -> Any:
        """Something that this system can say, and does not say yet."""
        there = system.shows(path, system.rows[id].fields) if path != "language" else None
        if path == "themes":
            code = chance.choice(sorted(system.themes))
            return sorted({code} ^ set(there or ())) or None
        if path == "relationship":
            return chance.choice([UNKNOWN, *sorted(system.roles)])
        return self._fresh(chance, path)

    @staticmethod
    def _sayable(system: System, path: str, value: Any) -> Any:
        """As much of a value as this system can say."""
        shown = system.view(path, value) if path in FACTS else value
        return None if shown is UNKNOWN and value is not UNKNOWN else shown

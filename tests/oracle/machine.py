"""People edit three systems and the hub, in any order; the oracle watches every decision."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.oracle.situations import met
from tests.oracle.story import FACTS, another, begun, fresh, sayable
from tests.oracle.systems import MEMBERS, PATHS, UNKNOWN
from tests.oracle.writes import blank, said

NAMES = st.sampled_from(sorted(MEMBERS))
RANKS = (("a", "b", "c"), ("c", "a"), ("b", "c", "a"), ("a",), ())
ENDS = ("moves", "round", "party", "commons", "new", "again")
"""Of a conflict: a party moves, all come round, it is resolved in one of three ways, or resolved while a party moves."""
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
        self.story = begun(edits, frozenset(importing), ranks, mapped)
        for number, name in enumerate(shares):
            self.story.new(chance, self.story.systems[name], {"Share": "Us" if us and number else "Everyone"})
        self.story.settle()

    # --- what people do in their systems ---

    @precondition(
        lambda self: (
            sum(row.fields.get("Share") is not None for s in self.story.systems.values() for row in s.rows.values()) < 3
        )
    )
    @rule(chance=CHANCE)
    def put(self, chance: Random) -> None:
        self.story.new(chance, self.story.any(chance), {"Share": chance.choice(["Everyone", "Everyone", "Us", None])})

    @precondition(lambda self: self.story.rows())
    @rule(chance=CHANCE)
    def edit(self, chance: Random) -> None:
        for _ in range(chance.randint(1, 2)):
            system, id = chance.choice(self.story.rows())
            path = chance.choice([p for p in PATHS if system.column(p)])
            self.story.type(system, id, path, another(chance, self.story.ledger, system, id, path))

    @precondition(lambda self: sorted(self.story.commons.shared))
    @rule(chance=CHANCE)
    def edit_on_several_sides(self, chance: Random) -> None:
        """The same field of one opportunity, in several of its records before anyone reads them."""
        same, asked = chance.randint(0, 4), chance.choice(["", "abc", "bca", "cab", "cba"])
        id = chance.choice(sorted(self.story.commons.shared))
        path = chance.choice([*FACTS, "commitment.note"])
        value: Any = None
        first = True
        for tie in [t for t in self.story.commons.ties.values() if t.opportunity == id and t.state == "linked"]:
            system = self.story.systems[tie.connection]
            if tie.remote_id in system.rows and system.column(path) and chance.choice((True, False)):
                if first or same:
                    first = False
                    value = None if same == 1 else another(chance, self.story.ledger, system, tie.remote_id, path)
                self.story.type(system, tie.remote_id, path, sayable(system, path, value))
        for name in asked:
            self.story.commons.pull(name)

    @precondition(lambda self: sorted(self.story.commons.shared))
    @rule(chance=CHANCE)
    def quarrel(self, chance: Random) -> None:
        """Everyone who may changes the same fields, each in another way; then people do something about it."""
        id, paths = chance.choice(sorted(self.story.commons.shared)), chance.sample(FACTS, 2)
        for path in paths:
            if chance.random() < 0.5 and (id, (path, "")) not in self.story.commons.open:
                self._edit_in_the_hub(chance, id, path)
            for tie in [t for t in self.story.commons.ties.values() if t.opportunity == id and t.state == "linked"]:
                system = self.story.systems[tie.connection]
                standing = self.story.commons.standing(system, tie, self.story.commons.shared[id])
                if (
                    tie.remote_id in system.rows
                    and system.column(path)
                    and self.story.commons.may_change(standing, path)
                ):
                    self.story.type(
                        system, tie.remote_id, path, another(chance, self.story.ledger, system, tie.remote_id, path)
                    )
        for name in chance.sample("abc", 3):
            self.story.commons.pull(name)
        for at in [(id, (path, "")) for path in paths]:
            if at in self.story.commons.open:
                self._about(chance, at, chance.choice(ENDS))

    def _about(self, chance: Random, at: tuple[str, tuple[str, str]], then: str) -> None:
        if then in ("moves", "again"):
            self._move_a_party(chance, at)
        if then == "moves":
            for name in self.story.systems:
                self.story.commons.pull(name)
        elif then == "round":
            self._come_round(at)
            self.story.settle()
        else:
            self._resolve(chance, at, "party" if then == "again" else then)

    @precondition(lambda self: self.story.rows())
    @rule(chance=CHANCE)
    def clear(self, chance: Random) -> None:
        system, id = chance.choice(self.story.rows())
        path = chance.choice([p for p in FACTS if system.column(p)])
        self.story.type(system, id, path, None)

    @precondition(lambda self: self.story.rows())
    @rule(chance=CHANCE)
    def revert(self, chance: Random) -> None:
        system, id = chance.choice(self.story.rows())
        row = system.rows[id]
        past = [(p, says[p].value) for _, says, _ in row.older for p in FACTS if p in says and system.column(p)]
        found = [(p, v) for p, v in past if said(v) != said(row.says[p].value) and not blank(v) and v is not UNKNOWN]
        if found:
            path, value = chance.choice(found)
            self.story.type(system, id, path, sayable(system, path, value), by="revert")

    @precondition(lambda self: self.story.rows())
    @rule(chance=CHANCE)
    def copy_what_the_commons_says(self, chance: Random) -> None:
        system, id = chance.choice(self.story.rows())
        tie = self.story.commons.ties.get((system.name, id))
        path = chance.choice([p for p in FACTS if system.column(p)])
        if tie is not None:
            value = self.story.commons.view(self.story.commons.shared[tie.opportunity], system.member).get(path)
            self.story.type(system, id, path, sayable(system, path, value))

    @precondition(lambda self: self.story.rows())
    @rule(chance=CHANCE)
    def touch(self, chance: Random) -> None:
        """Saved again as it is: no write, no conflict, no decision may come of it."""
        system, id = chance.choice(self.story.rows())
        self.story.settle()
        if id not in system.rows:
            return
        system.save(id, {})
        self.story.ledger.tell(system.name, id, "touched")
        before = self.story.moves
        self.story.rounds(1)
        if not (self.story.moves == before):
            raise self.story.ledger.broken("I2: a touch was taken for a change")
        met("touch")

    @precondition(lambda self: self.story.rows())
    @rule(chance=CHANCE)
    def delete(self, chance: Random) -> None:
        system, id = chance.choice(self.story.rows())
        system.bin[id] = system.rows.pop(id)
        system.tombstones.append(id)
        self.story.ledger.tell(system.name, id, "deleted")
        if chance.random() < 0.5:
            self.story.commons.pull(system.name)

    @precondition(lambda self: any(s.bin for s in self.story.systems.values()))
    @rule(chance=CHANCE)
    def recreate(self, chance: Random) -> None:
        """Out of the bin under its id, or as a new record with the old key."""
        every = [(s, id) for s in self.story.systems.values() for id in s.bin]
        asked = [
            (s, id)
            for s, id in every
            if (s.name, id) in self.story.commons.ties and self.story.commons.ties[s.name, id].asked
        ]
        system, id = chance.choice(asked or every)
        row = system.bin.pop(id)
        self.story.ledger.tell(system.name, id, "recreated")
        if chance.randint(0, 2):
            system.rows[id] = row
        else:
            self.story.copy(system, row)

    @precondition(
        lambda self: (
            len(self.story.commons.aside) < 4 and any(s.rows[i].fields.get("Key") for s, i in self.story.rows())
        )
    )
    @rule(chance=CHANCE)
    def copy_a_record(self, chance: Random) -> None:
        system, id = chance.choice([(s, i) for s, i in self.story.rows() if s.rows[i].fields.get("Key")])
        self.story.copy(system, system.rows[id])

    @precondition(lambda self: self.story.commons.shared and len(self.story.commons.aside) < 4)
    @rule(chance=CHANCE)
    def type_a_key(self, chance: Random) -> None:
        """A record made by hand with a key in it, perhaps with the values that the commons has."""
        system = self.story.any(chance)
        hidden = [
            o.id for o in self.story.commons.shared.values() if o.audience != "all" and o.steward_id != system.member
        ]
        key = chance.choice(sorted(hidden or self.story.commons.shared))
        id = self.story.new(chance, system, {"Key": key})
        if chance.random() < 0.5:
            view = self.story.commons.view(self.story.commons.shared[key], system.member)
            for path in [p for p in FACTS if system.column(p)]:
                self.story.type(system, id, path, sayable(system, path, view.get(path)))

    @precondition(lambda self: self.story.rows())
    @rule(chance=CHANCE)
    def an_item_that_no_mapping_knows(self, chance: Random) -> None:
        system, id = chance.choice(self.story.rows())
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

    @precondition(lambda self: any(s.rows[i].fields.get("Key") for s, i in self.story.rows()))
    @rule(chance=CHANCE)
    def share_or_not(self, chance: Random) -> None:
        share = chance.choice([None, "Everyone"])
        system, id = chance.choice([(s, i) for s, i in self.story.rows() if s.rows[i].fields.get("Key")])
        system.save(id, {"Share": share})
        self.story.ledger.tell(system.name, id, "Share :=", share)

    @precondition(lambda self: self.story.foreign("suggest"))
    @rule(chance=CHANCE)
    def suggest(self, chance: Random) -> None:
        """Another member's people write something, and the steward's say what becomes of it."""
        system, id = chance.choice(self.story.foreign("suggest"))
        for path in chance.sample([p for p in FACTS if system.column(p)], 2):
            self.story.type(system, id, path, another(chance, self.story.ledger, system, id, path))
            self.story.commons.pull(system.name)
            if (system.name, id, path) in self.story.commons.wishes and id in system.rows:
                self._answer((system.name, id, path), chance.choice(["accept", "decline", "differ"]))

    @precondition(lambda self: sorted(self.story.commons.shared))
    @rule(chance=CHANCE)
    def edit_what_shows_a_part_only(self, chance: Random) -> None:
        """The commons gets a value that b cannot show in full, and then b's people edit what they see."""
        id, path = chance.choice(sorted(self.story.commons.shared)), chance.choice(["need", "themes", "relationship"])
        tie = self.story.commons.tie_of("b", id)
        system = self.story.systems["b"]
        free = (id, (path, "")) not in self.story.commons.open
        if free and tie is not None and tie.state == "linked" and tie.remote_id in system.rows and system.column(path):
            value = {"themes": ["arts", "education"], "relationship": "peer"}.get(path) or fresh(
                chance, self.story.ledger, path
            )
            self.story.ledger.tell("hub", id[-1], path, ":=", repr(value))
            self.story.commons.edit(self.story.commons.shared[id], path, value)
            self.run("b")
            if tie.remote_id in system.rows:
                self.story.type(
                    system, tie.remote_id, path, another(chance, self.story.ledger, system, tie.remote_id, path)
                )
                self.story.commons.pull("b")

    # --- what administrators do ---

    @rule(chance=CHANCE)
    def change_a_mapping(self, chance: Random) -> None:
        unread = [s for s in self.story.systems.values() if s.variant.need is None]
        system = chance.choice([*unread, *unread, self.story.any(chance)])
        name, unmapped = system.name, system.variant.need is None
        change = chance.choice(["map"] if unmapped else ["swap", "rename"])
        self.story.ledger.tell(name, "mapping:", change)
        linked = any(t.connection == name and t.state == "linked" for t in self.story.commons.ties.values())
        if change == "swap":
            system.variant = replace(system.variant, swapped=not system.variant.swapped)
            system.swaps += 1
            for id, row in system.rows.items():
                self.story.read_anew(system, id, row, "relationship")
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
        self.story.ledger.tell("rule", path, ranks)
        self.story.commons.ranks[path] = ranks
        if not ranks:
            del self.story.commons.ranks[path]

    # --- what people do in the hub ---

    @precondition(lambda self: sorted(self.story.commons.shared))
    @rule(chance=CHANCE)
    def edit_in_the_hub(self, chance: Random) -> None:
        id, path = chance.choice(sorted(self.story.commons.shared)), chance.choice([*FACTS, "language"])
        if (id, (path, "")) not in self.story.commons.open:
            self._edit_in_the_hub(chance, id, path)

    def _edit_in_the_hub(self, chance: Random, id: str, path: str) -> None:
        value = fresh(chance, self.story.ledger, path) if chance.randint(0, 4) else None
        self.story.ledger.tell("hub", id[-1], path, ":=", repr(value))
        self.story.commons.edit(self.story.commons.shared[id], path, value)
        met("edit in the hub")

    @precondition(lambda self: self.story.commons.open)
    @rule(chance=CHANCE)
    def about_a_conflict(self, chance: Random) -> None:
        self._about(chance, chance.choice(list(self.story.commons.open)), chance.choice(ENDS))

    def _resolve(self, chance: Random, at: tuple[str, tuple[str, str]], choice: str) -> None:
        self.story.ledger.tell("resolve", at, choice)
        conflict = self.story.commons.open[at]
        party = chance.choice(list(conflict.parties.values()))
        new = {"party": party.write.value, "commons": conflict.commons.value}
        self.story.commons.resolve(at, new[choice] if choice in new else fresh(chance, self.story.ledger, at[1][0]))
        words = {"party": "conflict resolved for a party", "commons": "conflict resolved for the commons"}
        met(words.get(choice, "conflict resolved with a new value"))

    def _move_a_party(self, chance: Random, at: tuple[str, tuple[str, str]]) -> None:
        """Nobody has read this yet when people decide."""
        party = chance.choice(list(self.story.commons.open[at].parties.values()))
        system, id, path = self.story.systems[party.tie.connection], party.tie.remote_id, at[1][0]
        if id in system.rows and system.column(path):
            self.story.type(system, id, path, another(chance, self.story.ledger, system, id, path))

    def _come_round(self, at: tuple[str, tuple[str, str]]) -> None:
        """Every party types what the commons says."""
        value = self.story.commons.shared[at[0]].held[at[1]].write.value
        for party in self.story.commons.open[at].parties.values():
            system = self.story.systems[party.tie.connection]
            if party.tie.remote_id in system.rows and system.column(at[1][0]):
                self.story.type(system, party.tie.remote_id, at[1][0], sayable(system, at[1][0], value))

    @precondition(lambda self: self.story.commons.wishes)
    @rule(chance=CHANCE)
    def answer(self, chance: Random) -> None:
        self._answer(chance.choice(list(self.story.commons.wishes)), chance.choice(["accept", "decline", "differ"]))

    def _answer(self, at: tuple[str, str, str], answer: Any) -> None:
        if (
            self.story.commons.ties[at[:2]].opportunity,
            self.story.commons.scope(at[2], ""),
        ) in self.story.commons.open:
            return
        self.story.commons.answer(at, answer)
        self.story.ledger.tell("suggestion", at, answer)
        if answer != "differ":
            met({"accept": "suggestion accepted", "decline": "suggestion declined"}[answer])

    @rule(chance=CHANCE)
    def the_hub_forgets(self, chance: Random) -> None:
        if chance.random() < 0.25:
            self.story.settle()
            self.story.commons.forget()
            self.story.ledger.tell("the hub forgets")
            self.story.written = [
                (s.name, i, p, w) for s, i in self.story.rows() for p, w in s.rows[i].says.items() if w.by
            ]

    # --- what the hub does ---

    @rule(name=NAMES)
    def poll(self, name: str) -> None:
        self.story.ledger.tell("poll", name)
        self.story.commons.pull(name)

    @rule(name=NAMES)
    def run(self, name: str) -> None:
        self.story.ledger.tell("run", name)
        self.story.commons.pull(name)
        self.story.commons.push(name)

    @rule(name=NAMES)
    def push(self, name: str) -> None:
        """Out without a look first: what moved meanwhile must be noticed."""
        self.story.ledger.tell("push", name)
        self.story.commons.push(name)

    @precondition(
        lambda self: any(row.older for s in self.story.systems.values() for row in [*s.rows.values(), *s.bin.values()])
    )
    @rule(chance=CHANCE)
    def late_page(self, chance: Random) -> None:
        """A record as it was. To the hub that is an edit, and what it shows next is an edit back."""
        every = [(s, i, row) for s in self.story.systems.values() for i, row in s.bin.items() if row.older]
        every = every or [(s, i, row) for s in self.story.systems.values() for i, row in s.rows.items() if row.older]
        system, id, row = chance.choice(every)
        fields, says, version = chance.choice(row.older)
        before = self.story.commons.tie_of(system.name, fields.get("Key") or "")
        gone = id in system.bin and id not in system.tombstones
        if id in system.rows:
            says = dict(row.says)
            for path in [
                p for p in PATHS if system.column(p) and system.shows(p, fields) != system.shows(p, row.fields)
            ]:
                says[path] = self.story.ledger.write(system.shows(path, fields), row.says.get(path), by="late")
                row.says[path] = self.story.ledger.write(system.shows(path, row.fields), says[path], by="late")
        elif not gone or (system.name, id) not in self.story.commons.ties:
            return
        self.story.ledger.tell(system.name, id, "late page", fields)
        self.story.commons.read(system, id, fields, says, version)
        met("late page after a tombstone" if gone else "late page")
        if gone and before is not None and before.remote_id == id and before.state != "stopped":
            raise self.story.ledger.broken("I10: a late page brought a deleted record back")

    @rule()
    def settle(self) -> None:
        self.story.settle()

    def teardown(self) -> None:
        if hasattr(self, "story"):
            self.story.settle()
            before = self.story.moves
            self.story.rounds(2)
            if self.story.moves != before:
                raise self.story.ledger.broken("I3: it writes again after it had come to rest")

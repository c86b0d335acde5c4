"""The story of one seed: people act, connections run, faults strike; then it is quiet, and the oracle looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from hub import crash
from hub.jobs import lease
from hub.store import connections
from hub.store.tables import Audit, Link
from hub.sync import guards
from hub.sync.pull import REREAD
from hub.sync.run import OneRun, RunResult, sync_all
from tests.simulation import decisions, oracle
from tests.simulation.people import People
from tests.simulation.world import Crash, World, build

ROUNDS = 4
"""So many rounds after the last fault, and no more, until everything is where it belongs: one in which a copy takes the place of
a deleted record, and three in which a system undoes what is written."""

ASKS = 8
"""So often something may wait for approval while that goes on; more is no end."""

QUIET = 2
"""And so many more in which nothing may be written."""

PAUSE = 7 * 3600.0
"""Seconds between two quiet rounds: longer than any wait that a system asked for or the hub gave itself."""


@dataclass(frozen=True, slots=True)
class Played:
    world: World
    people: People
    violations: list[str]


def play(seed: int) -> Played:
    """Everything by the seed."""
    world = build(seed)
    people = People(world)
    chance = world.chance("script")
    world.network.between = lambda *call: _between(world, people, *call)
    for _ in range(chance.randint(1, 3)):
        people.add("a")
    people.add("a", shared=False)
    world.mood.level = chance.choice([0.0, 0.05, 0.15, 0.3])
    with crash_points(world), limits(world):
        for _ in range(chance.randint(25, 45)):
            step(world, people, chance)
        calm(world, people)
        violations = settle(world)
    violations += oracle.look(world, people)
    return Played(world, people, world.violations + violations)


@contextmanager
def limits(world: World) -> Iterator[None]:
    """In some worlds little is unusually much, for systems of a few records never come near the usual limits."""
    usual = guards.DELETES, guards.OVERWRITES
    world.strict = world.chance("limits").random() < 0.3
    if world.strict:
        guards.DELETES, guards.OVERWRITES = oracle.DELETES, oracle.OVERWRITES
    try:
        yield
    finally:
        guards.DELETES, guards.OVERWRITES = usual


@contextmanager
def crash_points(world: World) -> Iterator[None]:
    """The engine's named places where a process may die lead to this world."""
    usual = crash.point
    crash.point = lambda name: world.may_crash(f"at {name}")
    try:
        yield
    finally:
        crash.point = usual


def step(world: World, people: People, chance: Random) -> None:
    world.time.sleep(round(chance.expovariate(1 / chance.choice([5, 60, 60, 600])), 3))
    if chance.random() < 0.1 and world.crash_in is None and world.starts < 3:
        world.crash_in = chance.randint(1, 60)
    try:
        kind = chance.random()
        if kind < 0.48:
            people.act()
        elif kind < 0.65:
            decisions.decide(world, world.chance("decisions"))
        elif kind < 0.95:
            sync(world, people, chance)
        else:
            _turn(world, chance)
    except Crash:
        world.nested, world.unguarded = False, set()
        world.start()


def _turn(world: World, chance: Random) -> None:
    """Something around them changes: a mapping, a system's clock, or what the hub may see there."""
    name = chance.choice(sorted(world.systems))
    system = world.systems[name]
    kind = chance.choice(["mapping", "clock", "column", "column", "rows", "rows"])
    if kind == "mapping":
        world.wide[name] = not world.wide[name]
        world.turned(name, "mapping changed", f"the need is {'' if world.wide[name] else 'not '}mapped")
        world.start()
    elif kind == "clock" and system.traits.steps_back:
        system.step_back()
        world.turned(name, "clock set back")
    elif kind == "column" and system.removed:
        system.removed.clear()
        world.turned(name, "column back")
    elif kind == "column":
        system.removed.add(chance.choice(["Share", "Title", "Summary", "Need", "Ask", "Stage"]))
        world.turned(name, "column removed", f"{system.removed}")
    elif kind == "rows" and system.unseen:
        system.unseen.clear()
        world.turned(name, "rows seen again")
    elif kind == "rows":
        linked = sorted(k.remote_id for k in world.table(Link) if k.connection_id == name and k.state == "linked")
        system.unseen |= set(linked[chance.choice([0, 1]) :])
        world.turned(name, "rows out of sight", f"{sorted(system.unseen)}")
        for _ in range(chance.choice([0, 4])):
            world.time.sleep(3600)
            run(world, [name])
            if chance.random() < 0.5:
                decisions.approve_all(world)


def sync(world: World, people: People, chance: Random) -> None:
    """One connection, all, or the halves of two in an order of their own."""
    names = sorted(world.systems)
    kind = chance.random()
    if kind < 0.6:
        name = chance.choice(names)
        busy = chance.random() < 0.3
        if busy:
            people.edit_many(name)
            world.time.sleep(round(chance.uniform(0, 30), 3))
        run(world, [name])
        if busy:
            people.edit(but=[other for other in names if other != name])
    elif kind < 0.8:
        run(world)
    else:
        first, second = (OneRun(world.hub, name, "test") for name in chance.sample(names, 2))
        first.take_in()
        second.take_in()
        for half in chance.sample([first, second], 2):
            half.give_out()
        report(world, [first.result, second.result])


def _between(world: World, people: People, system: str, method: str, path: str) -> None:
    """While a call is on its way: the process may die, or somebody writes something."""
    world.may_crash(f"in a call: {system} {method}")
    if method == "answered":
        _suspended(world, system)
        return
    if method == "PATCH" or (method == "POST" and path == "/records"):
        with world.hub.reading() as conn:
            if not connections.get(conn, system).approved:
                world.unapproved_writes.append(system)
    if not world.mood.level:
        return
    # Between reading and writing a row that has no version tokens nobody can be kept from overwriting.
    unguarded = {system} if method == "PATCH" and world.systems[system].traits.guard == "none" else set()
    before = world.network.calls[-1] if world.network.calls else None
    written = before is not None and before.system == system and before.method in ("POST", "PATCH")
    if method == "GET" and written and world.systems[system].written and world.chance("between").random() < 0.1:
        world.happened["edit before read-back"] += 1
        people.type_over(system)
    elif world.chance("between").random() < 0.03:
        world.happened["edit in mid-call"] += 1
        people.edit(but={*unguarded, *world.unguarded})
    elif not world.nested and world.chance("between").random() < 0.02:
        # What another worker does at the same time: between two calls anything may happen to the store.
        world.nested, world.unguarded = True, unguarded
        world.happened["run in mid-call"] += 1
        run(world, [world.chance("between").choice([name for name in sorted(world.systems) if name != system])])
        world.nested, world.unguarded = False, set()


def _suspended(world: World, system: str) -> None:
    """The machine sleeps for longer than a lease lasts, and another one does the work meanwhile."""
    told_to_wait = world.network.not_before.get(system, 0.0) > world.time.monotonic()
    # Asleep, it keeps to itself that the system wants to be left alone; nobody else can know.
    if world.mood.level and not (world.nested or told_to_wait) and world.chance("between").random() < 0.01:
        world.nested = True
        world.happened["worker suspended"] += 1
        world.note("hub", f"sleeps in a run of {system}")
        world.time.sleep(lease.LEASE.total_seconds() + 1)
        run(world, [system])
        world.nested = False


def calm(world: World, people: People) -> None:
    """Faults end; what is on its way arrives, what is out of sight comes to sight."""
    world.mood.level = 0.0
    world.crash_in = None
    for system in world.systems.values():
        system.unseen.clear()
        system.removed.clear()
    _last_edits(world, people)
    kept_back = world.mood.left_out or any(system.kept_back for system in world.systems.values())
    world.time.sleep(REREAD.total_seconds() if kept_back else PAUSE)
    world.network.deliver_late(everything=True)
    world.note("all", "faults end")


def _last_edits(world: World, people: People) -> None:
    """Where changes come to sight late, some of several edits are read before others that were made earlier, and nobody
    touches those again: only a reading that begins before the last one ended shows them."""
    for name, system in sorted(world.systems.items()):
        if system.traits.late and system.traits.feed == "timestamp":
            people.edit_many(name, pause=1.0)
            world.time.sleep(system.traits.late / 4)
            run(world, [name])


def run(world: World, names: list[str] | None = None) -> None:
    report(world, sync_all(world.hub, names))


def report(world: World, results: list[RunResult]) -> None:
    for result in results:
        if "went wrong" in result.message:
            world.violations.append(f"no run stumbles over the hub itself; {result.connection}: {result.message}")
        world.note("hub", f"{result.connection}: {result.state} {sorted(result.counts.items())} {result.message}")


def settle(world: World) -> list[str]:
    """Rounds without faults until one leaves all as it is; what is not quiet by then never will be."""
    left, asks = ROUNDS, 0
    while left:
        world.time.sleep(PAUSE)
        stood = world.network.writes(), len(world.table(Audit))
        run(world)
        if decisions.approve_all(world):
            asks += 1
            if asks > ASKS:
                return ["I5 everything comes to an end; here people are asked the same again and again"]
            continue
        if stood == (world.network.writes(), len(world.table(Audit))):
            break
        left -= 1
    before = world.network.writes()
    for _ in range(QUIET):
        world.time.sleep(PAUSE)
        run(world)
    wrote = world.network.writes() - before
    return [f"I3 quiet rounds write nothing; here they wrote {wrote} times"] if wrote else []

"""The story of one seed: people act, connections run, faults strike; then it is quiet, and the oracle looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from hub import crash
from hub.store import connections
from hub.sync import guards
from hub.sync.pull import REREAD
from hub.sync.run import OneRun, RunResult, sync_all
from tests.simulation import decisions, oracle
from tests.simulation.people import People
from tests.simulation.world import Crash, World, build

ROUNDS = 3
"""So many rounds after the last fault, and no more, until everything is where it belongs."""

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
        if kind < 0.5:
            people.act()
        elif kind < 0.68:
            decisions.decide(world, world.chance("decisions"))
        elif kind < 0.98:
            sync(world, chance)
        else:
            _turn(world, chance)
    except Crash:
        world.nested = False
        world.start()


def _turn(world: World, chance: Random) -> None:
    """Something around them changes: a mapping, or a system's clock."""
    name = chance.choice(sorted(world.systems))
    if chance.random() < 0.5:
        world.wide[name] = not world.wide[name]
        world.happened["mapping changed"] += 1
        world.note(name, f"is mapped {'with' if world.wide[name] else 'without'} its column for the need")
        world.start()
    elif world.systems[name].traits.steps_back:
        world.systems[name].step_back()
        world.happened["clock set back"] += 1
        world.note(name, "sets its clock back")


def sync(world: World, chance: Random) -> None:
    """One connection, all, or the halves of two in an order of their own."""
    names = sorted(world.systems)
    kind = chance.random()
    if kind < 0.6:
        run(world, [chance.choice(names)])
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
    if method == "PATCH" or (method == "POST" and path == "/records"):
        with world.hub.reading() as conn:
            if not connections.get(conn, system).approved:
                world.unapproved_writes.append(system)
    if method != "answered" and world.mood.level and world.chance("between").random() < 0.03:
        # Between reading and writing a row that has no version tokens nobody can be kept from overwriting.
        unguarded = system if method == "PATCH" and world.systems[system].traits.guard == "none" else None
        world.happened["edit in mid-call"] += 1
        people.edit(but=unguarded)
    elif method != "answered" and world.mood.level and not world.nested and world.chance("between").random() < 0.02:
        # What another worker does at the same time: between two calls anything may happen to the store.
        world.nested = True
        world.happened["run in mid-call"] += 1
        run(world, [world.chance("between").choice([name for name in sorted(world.systems) if name != system])])
        world.nested = False


def calm(world: World, people: People) -> None:
    """Faults end; what is on its way arrives, what is out of sight comes to sight."""
    world.mood.level = 0.0
    world.crash_in = None
    world.time.sleep(REREAD.total_seconds() if world.mood.left_out else PAUSE)
    world.network.deliver_late(everything=True)
    world.note("all", "faults end")


def run(world: World, names: list[str] | None = None) -> None:
    report(world, sync_all(world.hub, names))


def report(world: World, results: list[RunResult]) -> None:
    for result in results:
        if "went wrong" in result.message:
            world.violations.append(f"no run stumbles over the hub itself; {result.connection}: {result.message}")
        world.note("hub", f"{result.connection}: {result.state} {sorted(result.counts.items())} {result.message}")


def settle(world: World) -> list[str]:
    """Rounds without faults until one writes nothing; what is not quiet by then never will be."""
    left = ROUNDS
    while left:
        world.time.sleep(PAUSE)
        before = world.network.writes()
        run(world)
        if decisions.approve_all(world):
            continue
        if world.network.writes() == before:
            break
        left -= 1
    before = world.network.writes()
    for _ in range(QUIET):
        world.time.sleep(PAUSE)
        run(world)
    wrote = world.network.writes() - before
    return [f"I3 quiet rounds write nothing; here they wrote {wrote} times"] if wrote else []

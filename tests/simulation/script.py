"""The story of one seed: people act, connections run, faults strike; then it is quiet, and the oracle looks."""

from __future__ import annotations

from dataclasses import dataclass

from hub.store.tables import Hold
from hub.sync import holds
from hub.sync.run import sync_all
from tests.simulation import oracle
from tests.simulation.people import People
from tests.simulation.world import World, build

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
    world = build(seed)
    people = People(world)
    chance = world.chance("script")
    for _ in range(chance.randint(1, 3)):
        people.add("a")
    people.add("a", shared=False)
    for _ in range(chance.randint(20, 40)):
        world.time.sleep(round(chance.expovariate(1 / 60), 3))
        if chance.random() < 0.7:
            people.edit()
        else:
            run(world, [chance.choice(sorted(world.systems))])
    violations = settle(world)
    violations += oracle.look(world, people)
    return Played(world, people, violations)


def run(world: World, names: list[str] | None = None) -> None:
    for result in sync_all(world.hub, names):
        world.note("hub", f"{result.connection}: {result.state} {sorted(result.counts.items())} {result.message}")


def settle(world: World) -> list[str]:
    """Rounds without faults until one writes nothing; what is not quiet by then never will be."""
    left = ROUNDS
    while left:
        world.time.sleep(PAUSE)
        before = world.network.writes()
        run(world)
        if approve(world):
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


def approve(world: World) -> bool:
    waiting = [hold for hold in world.table(Hold) if hold.state == "waiting"]
    for hold in waiting:
        holds.approve(world.hub, hold.id, hold.plan_hash, "user-1")
        world.note("someone", f"approves {hold.kind} of {hold.connection_id}")
    return bool(waiting)

"""What people decide on the hub's pages: conflicts, suggestions, holds, deletions, questions, and what is taken back."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from hub.commons.imports import Refusal, pick
from hub.store.tables import Audit, Conflict, Deletion, Hold, Link, MatchQuestion, Quarantine, Suggestion
from hub.sync import deletions, holds, lookalikes, quarantine, restore, suggestions
from hub.sync.moved import Moved
from hub.sync.resolve import resolve
from tests.simulation.world import World

USER = "user-1"
Decision = tuple[str, Callable[[], None]]


def decide(world: World, chance: Random) -> None:
    """One thing that waits for somebody, decided somehow. What moved meanwhile is left as it is."""
    open_ = [*_conflicts(world, chance), *_suggestions(world, chance), *_holds(world, chance), *_gone(world, chance)]
    open_ += [*_questions(world), *_aside(world, chance), *_taken_back(world, chance), *_followed_again(world, chance)]
    if not open_:
        return
    what, act = chance.choice(open_)
    try:
        act()
    except (Moved, Refusal, PermissionError, ValueError) as error:
        what += f", in vain: {type(error).__name__}"
    world.note("someone", what)
    world.happened[f"decision {what.split()[0]}"] += 1


def approve_all(world: World) -> bool:
    """Every hold that waits is approved; whether there was one."""
    waiting = [hold for hold in world.table(Hold) if hold.state == "waiting"]
    for hold in waiting:
        holds.approve(world.hub, hold.id, hold.plan_hash, USER)
        world.note("someone", f"approves {hold.kind} of {hold.connection_id}")
    return bool(waiting)


def _conflicts(world: World, chance: Random) -> list[Decision]:
    found: list[Decision] = []
    for c in world.table(Conflict):
        if c.state == "open":
            party = chance.choice(c.parties)
            values = [c.commons, c.base, *(p["value"] for p in c.parties)]
            value = chance.choice(values)
            member = world.config.connections[party["connection"]].member
            prefer = (member, party["connection"]) if chance.random() < 0.15 else None
            found.append(
                (
                    f"resolves {c.path} as {value!r}{f', from now on by {prefer[1]}' if prefer else ''}",
                    lambda c=c, value=value, prefer=prefer: resolve(world.hub, c.id, c.rev, value, USER, prefer),
                )
            )
    return found


def _suggestions(world: World, chance: Random) -> list[Decision]:
    choices: dict[str, list[Any]] = {
        "waiting": [suggestions.send, suggestions.keep_local],
        "sent": [suggestions.accept, suggestions.decline, suggestions.let_differ],
    }
    found: list[Decision] = []
    for s in world.table(Suggestion):
        if s.state in choices:
            act = chance.choice(choices[s.state])
            found.append((f"suggestion {s.path}: {act.__name__}", lambda s=s, act=act: act(world.hub, s.id, USER)))
    return found


def _holds(world: World, chance: Random) -> list[Decision]:
    found: list[Decision] = []
    for hold in world.table(Hold):
        if hold.state == "waiting" and (hold.kind == "first_sync" or chance.random() < 0.7):
            found.append(
                (f"hold approved, {hold.kind}", lambda h=hold: holds.approve(world.hub, h.id, h.plan_hash, USER))
            )
        elif hold.state == "waiting":
            found.append((f"hold rejected, {hold.kind}", lambda h=hold: holds.reject(world.hub, h.id, USER)))
    return found


def _gone(world: World, chance: Random) -> list[Decision]:
    found: list[Decision] = []
    for row in world.table(Deletion):
        if row.state == "open":
            act = chance.choice([deletions.withdraw, deletions.keep, deletions.restore])
            found.append((f"deletion {act.__name__}", lambda row=row, act=act: act(world.hub, row.id, USER)))
    return found


def _questions(world: World) -> list[Decision]:
    """People know which record the hub made: one that nobody else did, and that belongs to nothing yet."""
    linked = {(link.connection_id, link.remote_id) for link in world.table(Link)}
    found: list[Decision] = []
    for q in world.table(MatchQuestion):
        if q.state == "open":
            rows = world.systems[q.connection_id].rows
            made = [c["id"] for c in q.candidates if rows[c["id"]].by == "hub"]
            free = [id for id in made if (q.connection_id, id) not in linked]
            choice = f"link:{free[0]}" if free else "create"
            found.append(
                (f"question {choice}", lambda q=q, choice=choice: lookalikes.decide(world.hub, q.id, choice, USER))
            )
    return found


def _aside(world: World, chance: Random) -> list[Decision]:
    found: list[Decision] = []
    for row in world.table(Quarantine):
        if row.state == "open":
            act = chance.choice([quarantine.retry, quarantine.ignore])
            found.append((f"quarantine {act.__name__}", lambda row=row, act=act: act(world.hub, row.id, USER)))
    return found


def _taken_back(world: World, chance: Random) -> list[Decision]:
    lines = [row for row in world.table(Audit) if row.moves and row.member_id and row.action == "changed"]
    if not lines:
        return []
    line = chance.choice(lines)
    path = chance.choice(sorted(line.values))
    what = f"history taken back, {path} before line {line.id}"
    return [(what, lambda: restore.restore(world.hub, line.id, path, USER, line.member_id))]


def _followed_again(world: World, chance: Random) -> list[Decision]:
    stopped = [link for link in world.table(Link) if link.state == "stopped"]
    if not stopped:
        return []
    link = chance.choice(stopped)
    what = f"picked again in {link.connection_id}"
    return [(what, lambda: pick(world.hub, link.opportunity_id, link.connection_id, None))]

"""What needs people now, and whom: read from the store, told by ``tell``.

A line names connections, counts and fields, never a value. Of a conflict the title is said to the steward alone, whose own it
is; nobody else has to be looked up again before a mail goes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from hub import access
from hub.app import Hub
from hub.commons.sharing import may_see
from hub.config import ConnectionConfig
from hub.mail.sending import one_line
from hub.store import alerts, opportunities, stands
from hub.store.stands import Lane
from schemas.fields import UnknownPath, spec
from schemas.said import phrase, together
from schemas.when import last_day

FAILED = 2
"""Runs in a row: one failure heals itself more often than not."""
INTERVALS = 2
LEAST_LATE = timedelta(minutes=2)
OLD = timedelta(days=2)
SOON = timedelta(days=7)
ENDING = timedelta(days=14)
"""Before a credential ends; for a token that was made for less, the last tenth of its time."""
ENDED = timedelta(days=30)
"""For so long a token that ended is trouble: until it is revoked, or nobody can have missed it."""
NEARLY = 0.9
STUCK = timedelta(hours=1)
HUB = "hub"


@dataclass(frozen=True, slots=True)
class Trouble:
    """``owner``: ``hub``, ``admins:MEMBER``, or ``people:MEMBER`` (its staff and officers). ``key`` stays while it is the same
    trouble. ``text`` says what happened, ``do`` what to do, ``page`` where (a path of the hub's pages)."""

    owner: str
    key: str
    text: str
    since: datetime
    do: str
    page: str


def troubles(conn: Connection, hub: Hub, begun: datetime) -> list[Trouble]:
    """Everything, the oldest first. ``begun``: when this process's clock did; what was due before is late from then on."""
    now = hub.time.now()
    found = [*_hub(conn, hub, now), *_credentials(conn, hub, now), *_conflicts(conn, hub, now)]
    for lane in stands.connections(conn, hub.config.connections):
        found += _connection(lane, hub.config.connections[lane.name], now, begun)
    return sorted(found, key=lambda one: (one.since, one.key))


def admins(member: str) -> str:
    return f"admins:{member}"


def people(member: str) -> str:
    return f"people:{member}"


def _hub(conn: Connection, hub: Hub, now: datetime) -> Iterator[Trouble]:
    if hub.refused:
        yield Trouble(
            HUB, "configuration", phrase("The changed configuration file cannot be used; the one before is still in force."), now,
            phrase("Run `hub doctor`, which names each problem with its line."), "/",
        )  # fmt: skip
    waiting = alerts.waiting_since(conn)
    if hub.config.mail is not None and waiting is not None and now - waiting > STUCK:
        yield Trouble(
            HUB, "mail", phrase("Mails wait for more than an hour: the mail server does not take them."), waiting,
            phrase("Run `hub doctor`, which tries the mail server and says what it answers."), "/",
        )  # fmt: skip


def _connection(lane: Lane, config: ConnectionConfig, now: datetime, begun: datetime) -> Iterator[Trouble]:
    row, name, owner = lane.row, lane.name, admins(config.member)
    if row.state != "active" or config.paused:
        return
    page = f"/connections/{name}"
    told = lane.told
    stop = told.get("calls_stop") or told.get("calls_allowed")
    if stop and told.get("calls_used", 0) >= NEARLY * stop and lane.newest is not None:
        yield Trouble(
            owner, f"quota {name}",
            phrase("%(name)s: %(used)s of %(allowed)s calls that its system allows are used; the hub stops at "
"%(stop)s.", name=name, used=told["calls_used"], allowed=told["calls_allowed"], stop=stop),
            lane.newest.ended_at or now,
            phrase("Let it sync less often (`every`), or ask the system's administrator what else calls so much."), page,
        )  # fmt: skip
    if lane.held is not None:
        yield Trouble(
            owner, f"held {name} {lane.held.id}", phrase("%(name)s is held: %(reason)s", name=name, reason=_reason(lane.held.reason)), lane.held.at,
            phrase("Look at the list of what it would do, and approve or reject it. Nothing syncs there before."),
            f"/queue/holds/{lane.held.id}",
        )  # fmt: skip
        return
    if row.failures >= FAILED:
        reason = _reason(row.reason or "")
        said = together([phrase("%(name)s failed %(times)s times in a row.", name=name, times=row.failures), reason])
        yield Trouble(
            owner, f"failing {name}", said, lane.failing_since or now,
            phrase("Its page has the runs and checks each step of the connection, with a fix for what fails."), page,
        )  # fmt: skip
    elif (since := _late_since(lane, config, now, begun)) is not None:
        yield Trouble(
            owner, f"late {name}", phrase("%(name)s has not synced for more than two of its intervals.", name=name), since,
            phrase("Its page says what runs. If nothing does, ask the operator whether the hub is overloaded."), page,
        )  # fmt: skip


def _late_since(lane: Lane, config: ConnectionConfig, now: datetime, begun: datetime) -> datetime | None:
    row = lane.row
    if config.door or row.due_at is None or (row.lease_until is not None and row.lease_until > now):
        return None
    late = now - max(row.due_at, begun) > max(INTERVALS * timedelta(seconds=config.every), LEAST_LATE)
    return row.due_at if late else None


def _credentials(conn: Connection, hub: Hub, now: datetime) -> Iterator[Trouble]:
    for row in alerts.ending_tokens(conn, now - ENDED, now + ENDING):
        if row.member_id in hub.config.members and row.expires_at - now <= (row.expires_at - row.created_at) / 10:
            what = {"name": one_line(row.name), "day": _day(row.expires_at)}
            text = (
                phrase("The token “%(name)s” of a program of yours ends on %(day)s.", **what)
                if row.expires_at > now
                else phrase("The token “%(name)s” of a program of yours ended on %(day)s.", **what)
            )
            yield Trouble(
                admins(row.member_id), f"token {row.id}",
                text,
                row.expires_at - ENDING,
                phrase("Make a new one, give it to the program, and revoke this one."), "/tokens",
            )  # fmt: skip
    for member in hub.config.members.values():
        for name, day in member.alerts.ends.items():
            connection = hub.config.connections.get(name)
            last = datetime.combine(day, time(), UTC)
            if connection is not None and connection.member == member.id and last - now <= ENDING:
                yield Trouble(
                    admins(member.id), f"credential {name} {day}", phrase("What %(name)s signs in with ends on %(day)s.", name=name, day=day), last - ENDING,
                    phrase("Make a new credential in that system, set it, and write its end into the configuration."),
                    f"/connections/{name}",
                )  # fmt: skip


def _conflicts(conn: Connection, hub: Hub, now: datetime) -> Iterator[Trouble]:
    rows = alerts.conflicts(conn)
    there = opportunities.peek(conn, {row.opportunity_id for row in rows})
    for row in rows:
        near, old = _deadline(row.facts or {}, now), now - row.opened_at >= OLD
        if not old and near is None:
            continue
        parties = [p["connection"] for p in row.parties or () if p["connection"] in hub.config.connections]
        members = frozenset(hub.config.connections[name].member for name in parties)
        for member in sorted(access.decides(members, row.steward_id, row.path)):
            if member in hub.config.members and may_see(there[row.opportunity_id], member, hub.config.circles):
                yield from _undecided(row, member, old, near)


def _undecided(row: Any, member: str, old: bool, near: date | None) -> Iterator[Trouble]:
    """That it is old and that its deadline comes near are two things: the second is told also to whoever knows the first."""
    what = f"“{one_line(row.title)}”" if row.steward_id == member else phrase("An opportunity that you follow")
    text = phrase(
        "%(what)s: two systems say different things about %(path)s, and nobody has decided.",
        what=what,
        path=_label(row.path),
    )
    do = phrase("Choose what counts. Until then this field stays as it is in every system.")
    for owner in (admins(member), people(member)):
        if old:
            yield Trouble(owner, f"conflict {row.id}", text, row.opened_at, do, f"/queue/conflicts/{row.id}")
        if near is not None:
            said = together([text, phrase("Its deadline is %(near)s.", near=near)])
            yield Trouble(owner, f"conflict {row.id} deadline", said, row.opened_at, do, f"/queue/conflicts/{row.id}")


def _deadline(facts: dict[str, Any], now: datetime) -> date | None:
    """The nearest of its deadlines, where that is within a week and not over."""
    days = [
        date.fromisoformat(day) for path in ("ask.needed_by", "closes", "expires") if (day := last_day(facts.get(path)))
    ]
    return min((day for day in days if now.date() <= day <= (now + SOON).date()), default=None)


def _label(path: str) -> str:
    try:
        return phrase("“%(label)s”", label=phrase(spec(path).label))
    except UnknownPath:
        return phrase("a field")


def _reason(text: str) -> str:
    """The first of what a run said, short enough for a line."""
    said = one_line(text)
    if said == text and len(said) <= 240:
        return text
    return said if len(said) <= 240 else said[:239] + "…"


def _day(at: datetime) -> str:
    return at.date().isoformat()

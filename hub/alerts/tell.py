"""What is trouble now against what people were told: one message to each owner where something began or ended.

Told and queued are one transaction, so a hub that dies here tells neither twice nor never.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection

from hub.alerts import trouble
from hub.alerts.letter import Letter
from hub.alerts.trouble import HUB, Trouble
from hub.app import Hub
from hub.languages import speaking
from hub.mail import sending
from hub.operating import Alerts
from hub.store import alerts as store
from hub.store import chores, people
from hub.store.tables import Alert, Notice, User

log = logging.getLogger("hub.alerts")
CHORE = "telling of trouble"
LOOK = timedelta(minutes=1)
"""What begins within it goes into one message."""


def look(hub: Hub) -> int:
    """How many owners were told something."""
    now = hub.time.now()
    with hub.reading() as conn:
        if not chores.is_due(conn, CHORE, now):
            return 0
    with hub.writing() as conn:
        if not chores.claim(conn, CHORE, now, LOOK)[0]:
            return 0
        persons = people.of_members(conn, hub.config.members)
        there = _by_owner(hub, persons, trouble.troubles(conn, hub, hub.begun))
        known: dict[str, dict[str, Alert]] = defaultdict(dict)
        for (owner, key), row in store.told(conn).items():
            known[owner][key] = row
        return sum(_tell(conn, hub, owner, there.get(owner, {}), known.get(owner, {}), persons) for owner in sorted({*there, *known}))  # fmt: skip


def _by_owner(hub: Hub, persons: list[User], found: list[Trouble]) -> dict[str, dict[str, Trouble]]:
    """What a member has nobody to be told for is told the operators."""
    owners: dict[str, dict[str, Trouble]] = defaultdict(dict)
    for one in found:
        kind, _, member = one.owner.partition(":")
        nobody = kind == "admins" and not _way(hub, one.owner) and not _readers(hub, persons, one.owner)
        # An operator learns that something of a member waits, not what stands in it.
        conflict = one.key.startswith("conflict ")
        if not nobody:
            owners[one.owner][one.key] = one
        elif not conflict:
            owners[HUB][f"{member} {one.key}"] = one
    return owners


def _tell(
    conn: Connection,
    hub: Hub,
    owner: str,
    there: Mapping[str, Trouble],
    known: Mapping[str, Alert],
    persons: list[User],
) -> bool:
    new = [one for key, one in there.items() if key not in known]
    over = [row for key, row in known.items() if key not in there]
    if not new and not over:
        return False
    letter = Letter(owner, hub.config.public_url.rstrip("/"), new, over, len(there) - len(new))
    if not _send(conn, hub, letter, persons) and new:
        return False  # nobody to be told: it is told once there is somebody
    now = hub.time.now()
    for key, one in there.items():
        if key not in known:
            store.add(conn, Alert(owner=owner, key=key, text=one.text, since=one.since, told_at=now))
            log.warning("trouble: people were told", extra={"owner": owner, "trouble": key})
    for row in over:
        store.over(conn, owner, row.key)
        log.info("trouble is over", extra={"owner": owner, "trouble": row.key})
    return True


def _send(conn: Connection, hub: Hub, letter: Letter, persons: list[User]) -> bool:
    """Whether there was a way to anybody."""
    told = False
    for person in _readers(hub, persons, letter.owner):
        with speaking(person.language):
            told |= sending.queue(conn, hub, person.email, letter.subject, letter.body()) is not None
    way = _way(hub, letter.owner)
    if way is not None and way.webhook is not None:
        now = hub.time.now()
        with speaking(None):
            body = letter.payload(way.form, now)
        store.queue(conn, Notice(id=hub.ids.uuid7(), owner=letter.owner, body=body, at=now, not_before=now))
        told = True
    return told


def _way(hub: Hub, owner: str) -> Alerts | None:
    """The webhook of an owner, where one is set up: people beside the admins have none of their own."""
    kind, _, member = owner.partition(":")
    found = hub.config.operating.alerts if owner == HUB else None
    if kind == "admins" and member in hub.config.members:
        found = hub.config.members[member].alerts
    return found if found is not None and found.webhook is not None else None


def _readers(hub: Hub, persons: list[User], owner: str) -> list[User]:
    """Whom a mail goes to. Who is admin and officer reads the admins' only."""
    kind, _, member = owner.partition(":")
    if hub.config.mail is None:
        return []
    if owner == HUB:
        return [p for p in persons if p.active and "operator" in p.roles] if hub.config.operating.alerts.mail else []
    if member not in hub.config.members or not hub.config.members[member].alerts.mail:
        return []
    own = [p for p in persons if p.active and p.member_id == member]
    if kind == "admins":
        return [p for p in own if "admin" in p.roles]
    return [p for p in own if "admin" not in p.roles and not {"staff", "officer"}.isdisjoint(p.roles)]

"""Whether the hub's clock ticks, and whether this process can do its work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from hub.app import Hub
from hub.store import happened, identity, migrate
from hub.store.identity import ALIVE


@dataclass(frozen=True, slots=True)
class Standing:
    """A clock that stands. ``since``: its last tick; None where none ever ticked, or nobody can say."""

    since: datetime | None


def ticked_at(hub: Hub) -> datetime | None:
    """The last tick of this process's own clock, else of any that the store knows. Raises ``SQLAlchemyError``."""
    if hub.ticked_at is not None:
        return hub.ticked_at
    with hub.reading() as conn:
        return happened.clock_seen(conn)


def stands(hub: Hub) -> Standing | None:
    """None while a clock ticks."""
    try:
        seen = ticked_at(hub)
    except SQLAlchemyError:
        return Standing(None)
    return Standing(seen) if seen is None or hub.time.now() - seen > ALIVE else None


def problems(hub: Hub) -> list[str]:
    """Why this process cannot work now, in sentences that name no connection and no secret; none where it can."""
    try:
        with hub.reading() as conn:
            at, newest = identity.version(conn), happened.newest_process(conn)
    except SQLAlchemyError:
        return ["The database cannot be reached."]
    said = []
    if at != migrate.newest():
        said.append(
            f"The database is of revision {at}, this program of {migrate.newest()}. Start one version everywhere."
        )
    alive = newest is not None and hub.time.now() - newest.seen_at <= ALIVE
    if alive and newest is not None and newest.config_digest != hub.config.digest:
        said.append("A newer process runs by another configuration; this one starts no syncs.")
    return said

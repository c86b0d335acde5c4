"""Webhooks as hints: a system says that something changed, and the hub looks for itself. What a message says is not read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum

from hub.app import Hub
from hub.jobs import due
from hub.signing import TOLERANCE, signed
from hub.store import hints

REMEMBERED = timedelta(seconds=4 * TOLERANCE)
"""Longer than any message may be old or early: what came once cannot count again."""
MOST, WINDOW = 120, timedelta(minutes=1)
"""Messages of one connection that are taken in a while. More say nothing new: one is enough for a run."""
NOBODY = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""What a message to a connection that is not there is compared with, so that it takes as long."""


class Taken(Enum):
    QUEUED = "queued"
    AGAIN = "it was taken before"
    TOO_MANY = "too many"
    UNKNOWN = "no such connection, or not its signature"


def take(hub: Hub, connection: str, headers: Mapping[str, str], body: bytes) -> Taken:
    """Queue a run of this connection. One that is under way is followed by another, for it may have looked too early."""
    config, now = hub.config.connections.get(connection), hub.time.now()
    secret = config.hook_secret if config is not None else None
    id = signed(secret.reveal() if secret else NOBODY, headers, body, now)
    if config is None or secret is None or id is None:
        return Taken.UNKNOWN
    with hub.writing() as conn:
        hints.forget(conn, now - REMEMBERED)
        if hints.known(conn, connection, id):
            return Taken.AGAIN
        if hints.count(conn, connection, now - WINDOW) >= MOST:
            return Taken.TOO_MANY
        hints.add(conn, connection, id, now)
        due.hinted(conn, connection, now)
    hub.nudge(connection)
    return Taken.QUEUED

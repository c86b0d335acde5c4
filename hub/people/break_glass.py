"""An operator came in past the identity provider: everybody who runs the hub is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hub.mail import sending
from hub.store import audit, people

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.app import Hub
    from hub.store.tables import User

log = logging.getLogger("hub.people")


def tell(conn: Connection, hub: Hub, user: User) -> None:
    """A line of the audit, a warning in the log, and a mail to each operator, whoever it was included."""
    audit.write(
        conn, at=hub.time.now(), actor=f"user:{user.id}", action="signed in by break-glass", member_id=user.member_id,
        note=f"user {user.id}",
    )  # fmt: skip
    log.warning("An operator signed in by password instead of by the provider.", extra={"user": user.id})
    body = (
        f"{sending.one_line(user.name)} signed in to Commons Hub by password, not through the identity provider, at\n"
        f"{hub.time.now():%d %B %Y, %H:%M} UTC. If nobody of you meant that, deactivate the account:\n\n"
        f"{hub.config.public_url.rstrip('/')}/people\n"
    )
    for other in people.everyone(conn).values():
        if other.active and "operator" in other.roles:
            sending.queue(conn, hub, other.email, "A sign-in past the identity provider of Commons Hub", body)

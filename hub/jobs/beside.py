"""What the hub does beside syncing: a list, so that whoever has a clock goes through the same one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.alerts import hook, tell
from hub.commons import asking, digest, duplicates
from hub.door.keep import tidy
from hub.mail.sending import send_waiting
from hub.operations import retention
from hub.store import chores, sealing

if TYPE_CHECKING:
    from hub.app import Hub

log = logging.getLogger("hub.jobs")
DOORS = "the folders of doors"
SEALING, SEALED_EVERY = "sealing the audit", timedelta(minutes=1)


def _seal(hub: Hub) -> None:
    """The digest goes to the log as well: that leaves the database, where whoever owns it could make it anew."""
    with hub.reading() as conn:
        if not chores.is_due(conn, SEALING, hub.time.now()):
            return
    with hub.writing() as conn:
        mine, _ = chores.claim(conn, SEALING, hub.time.now(), SEALED_EVERY)
    digest = sealing.seal(hub.engine, hub.time.now(), patience=5) if mine else None
    if digest:
        log.info("The audit was sealed", extra={"digest": digest})


CHORES: dict[str, Callable[[Hub], object]] = {
    "asking what is still needed": asking.look,
    "the digests": digest.look,
    "the mail": send_waiting,
    "telling of trouble": tell.look,
    "the webhooks": hook.send_waiting,
    "looking for duplicates": duplicates.look,
    "merging": duplicates.carry_out,
    "dropping sheets that were brought": tidy,
    SEALING: _seal,
    retention.CHORE: retention.look,
}
"""Each looks first whether there is anything to do, and takes at most a minute or so."""


def has_doors(hub: Hub) -> bool:
    return any(config.door for config in hub.config.connections.values())

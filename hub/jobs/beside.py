"""What the hub does beside syncing: a list, so that whoever has a clock goes through the same one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hub.commons import asking, digest, duplicates
from hub.door.keep import tidy
from hub.mail.sending import send_waiting

if TYPE_CHECKING:
    from hub.app import Hub

DOORS = "the folders of doors"
CHORES: dict[str, Callable[[Hub], object]] = {
    "asking what is still needed": asking.look,
    "the digests": digest.look,
    "the mail": send_waiting,
    "looking for duplicates": duplicates.look,
    "merging": duplicates.carry_out,
    "dropping sheets that were brought": tidy,
}
"""Each looks first whether there is anything to do, and takes at most a minute or so."""


def has_doors(hub: Hub) -> bool:
    return any(config.door for config in hub.config.connections.values())

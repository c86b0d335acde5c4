"""One run of one connection because its time has come."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.metrics import counted
from hub.store import connections
from hub.sync.run import OneRun

if TYPE_CHECKING:
    from hub.app import Hub


def systems(hub: Hub) -> list[str]:
    """The connections that there is something to call for."""
    return [name for name, config in hub.config.connections.items() if not config.door]


def due(hub: Hub) -> list[str]:
    return list(waited(hub, systems(hub)))


def waited(hub: Hub, names: Sequence[str]) -> dict[str, timedelta]:
    """Which of these are due, and since when each waits, longest first."""
    with hub.reading() as conn:
        now = hub.time.now()
        return {name: now - since for name, since in connections.due(conn, names, now)}


def sync(hub: Hub, name: str) -> None:
    begun = hub.time.monotonic()
    run = OneRun(copy(hub), name, "schedule")  # what it began by one configuration, it ends by the same
    run.take_in()
    run.give_out()
    counted.run(name, run.result.state, hub.time.monotonic() - begun, run.result.counts)
    if run.result.state == "held":
        _rest(hub, name)


def _rest(hub: Hub, name: str) -> None:
    """A held connection is looked at again at its next time, or at once when someone decides."""
    config = hub.config.connections.get(name)
    if config is None:
        return
    with hub.writing() as conn:
        connections.change(conn, name, due_at=hub.time.now() + timedelta(seconds=config.every))

"""``hub doctor``: what an administrator would be asked by whoever helps them, each line with its fix. It changes nothing: the
database is not even brought to this version."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from connectors.clock import SystemTime, Time
from hub.doctor import house, outside, store
from hub.doctor.found import Found

__all__ = ["Found", "examine"]


def examine(
    path: Path, *, offline: bool = False, environ: Mapping[str, str] = os.environ, time: Time | None = None
) -> Iterator[Found]:
    """Line by line, as they are found. ``offline``: nothing that calls another system."""
    yield house.python()
    yield house.program()
    config = yield from house.configuration(path, environ)
    if config is None:
        return
    yield from house.secrets(config)
    yield from house.files(config)
    yield from house.mappings(config)
    yield from house.languages()
    hub = yield from store.database(config, time or SystemTime())
    if hub is None:
        return
    yield from store.life(hub)
    if not offline:
        yield from outside.mail(hub)
        yield from outside.clocks(hub)
        yield from outside.connections(hub)
    hub.engine.dispose()

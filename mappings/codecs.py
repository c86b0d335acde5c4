"""Named codecs: where a system needs more than the language says, a lens from Python is plugged in."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from mappings.lens import Lens

GROUP = "commons_hub.codecs"
"""Entry points of this group are ``name = "module:factory"``; a factory takes (path, entry) and gives a lens."""


def codec(name: str, path: str, entry: dict[str, Any]) -> Lens:
    """The named codec for one entry. ValueError for a name that nobody registered."""
    for point in entry_points(group=GROUP, name=name):
        lens: Lens = point.load()(path, entry)
        return lens
    from mappings.fieldtypes import Wrong

    raise Wrong(f'"{path}": no installed package offers the codec "{name}" (entry point group {GROUP}).')

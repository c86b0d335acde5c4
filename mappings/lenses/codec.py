"""A translation written in Python for the rare column that no lens fits, found by name.

Named by an entry point of group ``commons_hub.codecs``, or put into ``CODECS``.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any, Protocol

from mappings.entry import Entry
from mappings.finding import nearest
from mappings.lenses.lens import Lens, Value, one_column
from schemas.said import phrase, together
from schemas.values import canonical


class Codec(Protocol):
    """``read`` a raw value, never blank; ``write`` one over what is there. ValueError for what cannot be."""

    def read(self, raw: Any) -> Value: ...

    def write(self, value: Value, there: Any) -> Any: ...


class AsIs:
    """For a system that has the commons' own values, as another hub has."""

    def read(self, raw: Any) -> Value:
        return raw

    def write(self, value: Value, there: Any) -> Any:
        return value


CODECS: dict[str, Codec] = {"as-is": AsIs()}


@cache
def _installed() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group="commons_hub.codecs")}


def named(name: str) -> Codec:
    """The codec of this name. ValueError, with the closest one, when there is none."""
    if name in CODECS:
        return CODECS[name]
    if name in _installed():
        found: Codec = _installed()[name].load()
        return found
    lacks = phrase('There is no codec "%(name)s".', name=name)
    raise ValueError(together([lacks, nearest(name, [*CODECS, *_installed()])]))


def codec(entry: Entry) -> Lens:
    [column] = entry.columns
    own = named(entry.options["codec"])
    return one_column(column, lambda value: canonical(entry.path, own.read(value)), own.write)

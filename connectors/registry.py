"""Which systems there are: those shipped and those that other packages bring, by entry point, loaded when asked for."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from connectors.contract import System

GROUP = "commons_hub.connectors"
OURS = "commons-hub"


class UnknownSystem(LookupError):
    """No package brings a connector of this name."""


class BrokenSystem(LookupError):
    """A package brings a connector of this name that cannot be loaded."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry point that does not work, for ``hub connectors`` and ``hub check`` to show. It stops nothing else."""

    name: str
    package: str
    reason: str


def installed() -> Iterable[EntryPoint]:
    """The entry points of this Python environment; nothing is imported."""
    return entry_points(group=GROUP)


def names(points: Callable[[], Iterable[EntryPoint]] = installed) -> tuple[str, ...]:
    """Sorted names of all systems, broken ones included; nothing is imported."""
    return tuple(sorted({point.name for point in points()}))


@cache
def load(name: str, points: Callable[[], Iterable[EntryPoint]] = installed) -> System:
    """One system. ``UnknownSystem`` names the closest, ``BrokenSystem`` the package and what is wrong with it."""
    found = _choose(points()).get(name)
    if found is None:
        known = names(points)
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" Closest: {close[0]!r}." if close else f" There are: {', '.join(known) or 'none'}."
        raise UnknownSystem(f"No connector is called {name!r}.{hint}")
    loaded = _load(found)
    if isinstance(loaded, Broken):
        raise BrokenSystem(f"The connector {name!r} of package {loaded.package} does not load: {loaded.reason}")
    return loaded


def systems(points: Callable[[], Iterable[EntryPoint]] = installed) -> tuple[System | Broken, ...]:
    """Every system, loaded, by name; a broken one comes as ``Broken``, and so does one whose name is taken."""
    listed = list(points())
    chosen = _choose(listed)
    every: list[tuple[str, System | Broken]] = [(name, _load(point)) for name, point in chosen.items()]
    for point in listed:
        if point not in chosen.values():
            taken = f"the name is taken by package {_package(chosen[point.name])}"
            every.append((point.name, Broken(point.name, _package(point), taken)))
    return tuple(system for _, system in sorted(every, key=lambda pair: pair[0]))


def _choose(points: Iterable[EntryPoint]) -> dict[str, EntryPoint]:
    """One entry point a name: a shipped system is never shadowed by another package."""
    ordered = sorted(points, key=lambda point: (_package(point) != OURS, _package(point), point.value))
    chosen: dict[str, EntryPoint] = {}
    for point in ordered:
        chosen.setdefault(point.name, point)
    return chosen


def _load(point: EntryPoint) -> System | Broken:
    try:
        system = point.load()
    except (Exception, SystemExit) as error:
        return Broken(point.name, _package(point), f"{type(error).__name__}: {error}")
    if not isinstance(system, System):
        return Broken(point.name, _package(point), f"{point.value} is a {type(system).__name__}, not a System")
    if system.name != point.name:
        return Broken(point.name, _package(point), f"it calls itself {system.name!r}")
    return system


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "unknown"

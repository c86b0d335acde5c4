"""The planner against an oracle written from the invariants, by people and systems that do as they please."""

from __future__ import annotations

from tests.oracle import run
from tests.oracle.situations import MET, missing


def test_no_story_breaks_an_invariant_and_every_situation_occurs() -> None:
    MET.clear()
    run.until_all_is_met()
    assert not missing(), f"Vacuous. These never happened: {missing()}"


def test_the_order_in_which_systems_are_asked_decides_nothing() -> None:
    run.orders()

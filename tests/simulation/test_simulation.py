"""The whole engine under simulated systems, people, faults and crashes: one seed decides everything."""

from __future__ import annotations

from tests.simulation.script import play


def test_the_same_seed_tells_the_same_story() -> None:
    assert play(7).world.log == play(7).world.log


def test_nothing_is_lost_or_doubled_and_all_comes_to_rest() -> None:
    assert {seed: played.violations for seed in range(10) if (played := play(seed)).violations} == {}

"""Runs the oracle for a given number of examples, always in the same way."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.oracle.confluence import check, scripts
from tests.oracle.machine import Machine
from tests.oracle.situations import missing

STORIES = 160
SCRIPTS = 24
STEPS = 30
"""As many as take some fifteen seconds of one core together, and as a rule meet every situation."""

ROUNDS = 8
"""So many times as many are told where the first ones met less: what Hypothesis draws depends on which modules
are loaded, and the rarest situations are met a few times in a round."""


def _settings(examples: int, shrink: bool) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def stories(examples: int = STORIES, *, shrink: bool = True, number: int = 0) -> None:
    """People edit three systems in any order, ``number`` says in which. AssertionError with the story where an
    invariant breaks."""
    run_state_machine_as_test(seed(number)(type("Story", (Machine,), {})), settings=_settings(examples, shrink))


def until_all_is_met(*, shrink: bool = True) -> None:
    for number in range(ROUNDS):
        stories(shrink=shrink, number=number)
        if not missing():
            return


def orders(examples: int = SCRIPTS, *, shrink: bool = True) -> None:
    """The same edits, with the systems asked in all six orders. AssertionError where the order decides."""

    @_settings(examples, shrink)
    @given(scripts())
    def the_same_in_every_order(script: object) -> None:
        check(script)

    the_same_in_every_order()

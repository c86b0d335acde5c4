"""One case: where the hub is killed, which answers are lost, whether people edit meanwhile; and what must hold afterwards.

What must hold is taken from the same story without an accident (``Reference``), whose own end the script checks.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from hub.app import Hub
from tests.crash import script
from tests.crash.script import AT, HABITS, SF, Edits, Phase
from tests.crash.standing import Standing, believed, differences, left_over, untruthful
from tests.crash.stores import scopes
from tests.crash.town import FACTS, Snapshot, Tables, Town
from tests.crash.worker import Attempt, Order, Step

PATTERNS = ("none", "first", "second")
NEXT = timedelta(hours=2)
"""Between two workers, which have clocks of their own: longer than all tries of one and its lease."""

CHECKS: tuple[Step, ...] = (believed, left_over, untruthful, script.twice_more)

Shown = dict[tuple[str, str], set[tuple[str, ...]]]
"""System and nonprofit to the facts that its record has ever shown, each as one whole."""


@dataclass(frozen=True, slots=True)
class Case:
    """``count``: the how manieth time the phase reaches the point; 0 with no point: nobody is killed."""

    point: str
    phase: str
    count: int
    pattern: str
    busy: bool = False

    @property
    def name(self) -> str:
        edits = "+edits" if self.busy else ""
        return f"{self.point or 'no kill'}@{self.phase}:{self.count}/{self.pattern}{edits}"


@dataclass(slots=True)
class Reference:
    """One phase without an accident. ``passed``: crash points reached, by pattern of lost answers.
    ``later_…``: after people edited every record once more."""

    before: Snapshot
    tables: Tables
    standing: Standing
    later_tables: Tables
    later_standing: Standing
    shown: Shown
    accounts: list[str]
    passed: dict[str, Counter[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Played:
    """How a phase went: ``trouble`` where it did not come to rest, ``answers`` to the checks that followed, and
    ``wrote``: what the last worker wrote to the systems, each with how many steps and checks it had behind it."""

    passed: Counter[str]
    killed: bool
    edits: Edits
    trouble: list[str]
    answers: list[Any]
    wrote: list[tuple[int, str]]
    checks_from: int


def rehearse(town: Town, last: str) -> dict[str, Reference]:
    """Play the script up to its phase ``last`` without accidents. ``AssertionError`` where it does not end as the script says."""
    found: dict[str, Reference] = {}
    _work(town, opened)
    for phase in script.PHASES:
        before, shown = town.snapshot(), _watching(town)
        played = play(town, phase, Case("", phase.name, 0, "none"), believed)
        tables = town.tables()
        assert not played.trouble, f"{phase.name}: {played.trouble}"
        assert phase.expected(tables), f"{phase.name} did not end as it should: {tables}"
        after, accounts, shown = town.snapshot(), town.accounts(), copy.deepcopy(shown)
        script.edit_all(town, 6)
        later, standing = _work(town, script.sync, believed).answers
        assert script.at_rest(later), f"{phase.name}: {later}"
        found[phase.name] = Reference(
            before, tables, played.answers[0], town.tables(), standing, shown, accounts, {"none": played.passed}
        )
        for pattern in PATTERNS[1:]:
            town.restore(before)
            found[phase.name].passed[pattern] = play(town, phase, Case("", phase.name, 0, pattern)).passed
        if phase.name == last:
            break
        town.restore(after)
    return found


def cases(references: dict[str, Reference]) -> list[Case]:
    """Every kill, always in the same order, which visits all points before it visits one again."""
    by_point: dict[str, list[Case]] = {"": []}
    for phase in (phase for phase in script.PHASES if phase.name in references):
        for pattern in PATTERNS:
            by_point[""].append(Case("", phase.name, 0, pattern))
            for point, times in sorted(references[phase.name].passed[pattern].items()):
                around_a_write = point.startswith(("push.", "recover.looked", "recover.settled"))
                for busy in (False, True) if pattern == "none" or around_a_write else (False,):
                    for count in range(1, times + 1):
                        by_point.setdefault(point, []).append(Case(point, phase.name, count, pattern, busy))
    for point, queue in by_point.items():
        Random(point).shuffle(queue)  # so that the first few of a point differ in phase and pattern
    queues = [by_point[point] for point in sorted(by_point)]
    return [queue[turn] for turn in range(max(map(len, queues))) for queue in queues if turn < len(queue)]


def play(town: Town, phase: Phase, case: Case, *checks: Step) -> Played:
    """People act, then the hub is asked until it is at rest. A killed worker is followed by a fresh one, which
    takes up the step that was interrupted, and then does the ``checks``."""
    phase.people(town)
    town.on_write()
    town.lose_answers(case.pattern)
    steps = script.patiently(*phase.steps)
    attempt = _work(town, *steps, *checks, kill=f"{case.point}:{case.count}" if case.point else "")
    passed, killed, edits = attempt.passed, attempt.killed, {}
    if killed:
        assert attempt.finished < len(steps), f"{case.name}: killed after the phase was over"
        steps = steps[attempt.finished :]
        if case.busy:
            # What waits for approval is not read before that.
            edits = script.edit_all(town, 1, (SF,) if phase.name == "share" else (SF, AT))
        if case.busy and phase.name == "approve":
            # Edits make it another plan than the one approved, so people look at it again.
            steps += script.patiently(script.approve, script.sync)
        attempt = _work(town, *steps, *checks)
        passed += attempt.passed
    town.behave()
    trouble = [said for said in attempt.answers[: len(steps)] if said]
    if trouble:
        trouble.append(attempt.said[-2000:])
    return Played(passed, killed, edits, trouble, attempt.answers[len(steps) :], list(town.wrote), len(steps))


def _work(town: Town, *steps: Step, kill: str = "") -> Attempt:
    """A fresh process, at a time when no lease of the one before it is left."""
    town.clock.sleep(NEXT.total_seconds())
    town.attempts += 1
    town.wrote.clear()
    return town.workers.run(Order(steps, town.config, town.clock.now(), town.attempts, kill))


def settle_in(town: Town) -> None:
    """Let a town that was not rehearsed in find out how the hub sees its systems."""
    _work(town, script.sync)
    town.scopes = scopes(town.store.url)


def opened(hub: Hub) -> None:
    """The database exists once a hub was opened."""


def run(town: Town, reference: Reference, case: Case) -> list[str]:
    """Play the case and say everything that is wrong afterwards."""
    phase = next(p for p in script.PHASES if p.name == case.phase)
    shown = _watching(town)
    town.restore(reference.before)
    played = play(town, phase, case, *CHECKS)
    if case.point and not played.killed:
        return [f"the point was reached {played.passed[case.point]} times only, so nobody was killed"]
    if played.trouble:
        return played.trouble
    return [*_after(town, reference, played), *_mixed(shown, reference.shown), *_later(town, reference, played.edits)]


def _after(town: Town, reference: Reference, played: Played) -> Iterator[str]:
    edits = played.edits
    tables, standing = _with_edits(reference.tables, reference.standing, edits)
    yield from different_tables(tables, town.tables())
    yield from _doubles(town)
    if town.accounts() != reference.accounts:
        yield f"Salesforce's accounts are {town.accounts()}"
    found, left, wrong, loud = played.answers
    yield from differences(_without_approved(standing, edits), _without_approved(found, edits))
    yield from (*left, *wrong, *filter(None, [loud]))
    quiet_from = played.checks_from + CHECKS.index(script.twice_more)
    yield from (f"a quiet sync wrote: {call}" for finished, call in played.wrote if finished >= quiet_from)


def _later(town: Town, reference: Reference, edits: Edits) -> Iterator[str]:
    """Edits that come afterwards are found: no cursor stands beyond what was stored."""
    script.edit_all(town, 6)
    answer, standing = _work(town, script.sync, believed).answers
    if not script.at_rest(answer):
        yield f"a later sync ended with {answer}"
    for said in different_tables(reference.later_tables, town.tables()):
        yield f"later: {said}"
    for said in differences(_without_approved(reference.later_standing, edits), _without_approved(standing, edits)):
        yield f"later: {said}"


def different_tables(expected: Tables, found: Tables) -> Iterator[str]:
    for system, records in expected.items():
        for nonprofit in sorted({*records, *found[system]}):
            want, have = records.get(nonprofit, []), found[system].get(nonprofit, [])
            if len(want) != len(have):
                yield f"{system} has {len(have)} records about {nonprofit}, not {len(want)}"
            elif want != have:
                wrong = {
                    c: (w.get(c), h.get(c))
                    for w, h in zip(want, have, strict=True)
                    for c in sorted({*w, *h})
                    if w.get(c) != h.get(c)
                }
                yield f"{system}, {nonprofit}, (expected, found): {wrong}"


def _doubles(town: Town) -> Iterator[str]:
    for system, keys in town.keys().items():
        carried = Counter(key for of in keys.values() for key in of if key)
        yield from (f"{system} has {n} records with the key {key}" for key, n in carried.items() if n > 1)


def _with_edits(tables: Tables, standing: Standing, edits: Edits) -> tuple[Tables, Standing]:
    """What is expected once the edits that people made meanwhile have come through everywhere."""
    tables, standing = copy.deepcopy(tables), copy.deepcopy(standing)
    for (system, nonprofit), month in edits.items():
        for habit in HABITS[system]:
            for place, column in habit.columns.items():
                for row in tables[place].get(nonprofit, []):
                    row[column] = habit.text(nonprofit, month)
            fact = (habit.path, str(habit.fact(nonprofit, month)))
            standing["opportunities"] = sorted(
                (*row[:-1], sorted([*(known for known in row[-1] if known[0] != habit.path), fact]))
                if row[0] == nonprofit
                else row
                for row in standing["opportunities"]
            )
        linked = any(link[:2] == (nonprofit, AT) for link in standing["links"])
        if linked and nonprofit not in tables[AT]:  # deleted there, which Airtable never says: it stays due
            standing["due"] = sorted({*standing["due"], (nonprofit, AT)})
    return tables, standing


def _without_approved(standing: Standing, edits: Edits) -> Standing:
    """Edits make it another plan, which people approve as well: the hold before it stays as approved."""
    if not edits:
        return standing
    return standing | {"holds": [hold for hold in standing["holds"] if hold[2] != "approved"]}


def _watching(town: Town) -> Shown:
    """From now on, keep what every record shows after every write."""
    shown: Shown = {}

    def look() -> None:
        for system, records in town.tables().items():
            for nonprofit, rows in records.items():
                for row in rows:
                    facts = tuple(row.get(column, "") for column in FACTS[system])
                    shown.setdefault((system, nonprofit), set()).add(facts)

    town.on_write = look
    return shown


def _mixed(shown: Shown, allowed: Shown) -> Iterator[str]:
    """Every record was old or new at every moment, never a mixture of both."""
    for place, facts in sorted(shown.items()):
        for mixture in sorted(facts - allowed.get(place, set())):
            yield f"{place[1]} in {place[0]} showed {mixture}, which is neither old nor new"

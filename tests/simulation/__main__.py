"""``python -m tests.simulation SEED`` tells the story of one seed; with ``--count`` many are played and summed up."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.script import play


@dataclass(frozen=True, slots=True)
class Outcome:
    """One seed as the summary needs it. ``hours`` are virtual."""

    seed: int
    hours: float
    happened: Counter[str]
    violations: list[str] = field(default_factory=list)


def outcome(seed: int) -> Outcome:
    logging.disable(logging.CRITICAL)  # what the engine logs of its own stumbling is a violation of the story
    try:
        played = play(seed)
    except Exception as error:  # whatever a person's act met; the engine's own runs catch theirs
        said = str(error).partition("\n")[0]
        return Outcome(seed, 0.0, Counter(), [f"It ended with {type(error).__name__}: {said}"])
    return Outcome(seed, played.world.time.monotonic() / 3600, played.world.all_that_happened(), played.violations)


def many(start: int, count: int, jobs: int, seconds: float | None) -> Iterator[Outcome]:
    """Outcomes in the order of their seeds; after so many seconds no further one is awaited."""
    until = None if seconds is None else time.monotonic() + seconds
    seeds = range(start, start + count)
    if jobs == 1:
        for seed in seeds:
            yield outcome(seed)
            if until is not None and time.monotonic() > until:
                return
        return
    with multiprocessing.Pool(jobs) as pool:
        for found in pool.imap(outcome, seeds, chunksize=2):
            yield found
            if until is not None and time.monotonic() > until:
                pool.terminate()
                return


def summary(outcomes: list[Outcome]) -> str:
    happened: Counter[str] = sum((o.happened for o in outcomes), Counter())
    crashes = sum(count for kind, count in happened.items() if kind.startswith("crash"))
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(happened.items()) if not kind.startswith("crash"))
    bad = sum(len(o.violations) for o in outcomes)
    hours = sum(o.hours for o in outcomes)
    return f"{len(outcomes)} seeds, {hours:.0f} virtual hours, {crashes} crashes, {bad} violations; {kinds}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="tell the story of this one")
    parser.add_argument("--count", type=int, help="play so many seeds")
    parser.add_argument("--start", type=int, default=0, help="the first of them")
    parser.add_argument("--jobs", type=int, default=1, help="processes at the same time")
    parser.add_argument("--seconds", type=float, help="end after so long, whatever the count")
    parser.add_argument("--first", action="store_true", help="end with the first seed that breaks something")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        logging.disable(logging.CRITICAL)
        played = play(options.seed)
        print("\n".join([*played.world.log, *played.violations]))
        return 1 if played.violations else 0
    if options.count is None and options.seconds is None:
        parser.error("give a seed, or --count N, or --seconds T")
    outcomes: list[Outcome] = []
    try:
        for found in many(options.start, options.count or sys.maxsize, options.jobs, options.seconds):
            outcomes.append(found)
            for sentence in found.violations:
                print(f"{found.seed}: {sentence}", flush=True)
            if found.violations:
                print(f"    python -m tests.simulation {found.seed}", flush=True)
                if options.first:
                    return 1
    except KeyboardInterrupt:
        print("Broken off.")
    print(summary(outcomes))
    return 1 if any(o.violations for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())

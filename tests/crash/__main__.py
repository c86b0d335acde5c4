"""``python -m tests.crash``: kill the hub everywhere, start it again, and look what became of the records."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.crash import script
from tests.crash.cases import Case, Reference, cases
from tests.crash.sweep import Result, Sweep, points_in_source


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _arguments(arguments)
    started = time.monotonic()
    with Sweep(asked.postgres) as sweep:
        references = sweep.rehearse(_last_phase(asked.only))
        missed = set() if asked.only else never_reached(references)
        for point in sorted(missed):
            print(f"WRONG  {point} is a crash point in hub/ that no phase of the script reaches")
        known = cases(references)
        chosen = [c for c in known if not asked.only or not {c.name, c.point}.isdisjoint(asked.only)]
        unknown = set(asked.only) - {c.name for c in known} - {c.point for c in known}
        if unknown:
            print(f"There is no {', '.join(sorted(unknown))}. Points: {', '.join(sorted(points_in_source()))}")
            return 2
        results = []
        for result in sweep.play(references, chosen[: asked.cases], asked.jobs):
            results.append(result)
            _show(result, asked.postgres)
            if result.wrong and asked.first:
                break
        _summary(chosen, results, time.monotonic() - started)
    return 1 if missed or not results or any(result.wrong for result in results) else 0


def never_reached(references: dict[str, Reference]) -> set[str]:
    """Crash points that the source has and the script never comes to, whatever answers are lost."""
    reached = {point for r in references.values() for passed in r.passed.values() for point in passed}
    return points_in_source() - reached


def _last_phase(only: Sequence[str]) -> str:
    """The last phase that the asked cases need; the whole script where a point may be anywhere."""
    phases = [phase.name for phase in script.PHASES]
    asked = [phases.index(name) for word in only if (name := word.partition("@")[2].partition(":")[0]) in phases]
    return phases[max(asked)] if asked and len(asked) == len(only) else phases[-1]


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--cases", type=int, help="play only the first so many; all points get their turn")
    parser.add_argument("--first", action="store_true", help="end with the first case that goes wrong")
    parser.add_argument("--jobs", type=int, default=2, help="cases played side by side (default: 2)")
    parser.add_argument("--only", metavar="POINT", action="append", default=[], help="one point, or one case by name")
    parser.add_argument("--postgres", default="", metavar="URL", help="a migrated, empty database to copy; else SQLite")
    return parser.parse_args(arguments)


def _show(result: Result, postgres: str) -> None:
    print(f"{'WRONG' if result.wrong else 'ok':<6} {result.case.name:<62} {result.seconds:5.1f} s", flush=True)
    for said in result.wrong:
        print(f"       {said}")
    if result.wrong:
        more = f" --postgres '{postgres}'" if postgres else ""
        print(f"       again: python -m tests.crash --only '{result.case.name}'{more}", flush=True)


def _summary(chosen: Sequence[Case], results: Sequence[Result], seconds: float) -> None:
    planned, played = Counter(c.point for c in chosen), Counter(r.case.point for r in results)
    wrong = Counter(r.case.point for r in results if r.wrong)
    print(f"\n{'point':<26} {'cases':>6} {'played':>7} {'wrong':>6}")
    for point in sorted(planned):
        print(f"{point or '(nobody is killed)':<26} {planned[point]:>6} {played[point]:>7} {wrong[point]:>6}")
    print(f"{'all':<26} {len(chosen):>6} {len(results):>7} {sum(wrong.values()):>6}   {seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())

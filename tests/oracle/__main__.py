"""``python -m tests.oracle [--examples N] [--shrink]``: ends with 1 and a counterexample where an invariant breaks."""

from __future__ import annotations

import argparse
import sys
import traceback

from tests.oracle import run
from tests.oracle.situations import MET, missing


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--examples", type=int, default=run.STORIES, help="stories to tell (default: %(default)s)")
    parser.add_argument("--shrink", action="store_true", help="look for the smallest counterexample; takes minutes")
    given = parser.parse_args()
    try:
        run.orders(max(1, given.examples * run.SCRIPTS // run.STORIES), shrink=given.shrink)
        if given.examples == run.STORIES:
            run.until_all_is_met(shrink=given.shrink)
        else:
            run.stories(given.examples, shrink=given.shrink)
    except Exception as error:  # a planner that crashes is as wrong as one that decides wrongly
        if isinstance(error, AssertionError):
            print(*reversed(str(error).partition("\n")), sep="")
        else:
            traceback.print_exception(error)
        return 1
    for situation, times in sorted(MET.items()):
        print(f"{times:7} {situation}")
    if given.examples >= run.STORIES and missing():
        print("Vacuous. These never happened:", *missing(), sep="\n  ")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

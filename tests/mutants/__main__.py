"""``python -m tests.mutants``: every named mistake in a copy of the engine, and which proof noticed it first."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.mutants.gate import Verdict, copied, tried
from tests.mutants.named import MUTANTS, Mutant


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="WORDS", help="mutants whose name has these words"
    )
    parser.add_argument("--jobs", type=int, default=2, help="mutants tried side by side (default: 2)")
    asked = parser.parse_args(arguments)
    chosen = [m for m in MUTANTS if not asked.only or any(words in m.name for words in asked.only)]
    with copied() as sound:
        alarms = [proof for proof, said in tried(sound) if said]
    if alarms:
        print(f"Without any mutant {alarms[-1]} finds something already; there is nothing to compare with.")
        return 2
    with ThreadPoolExecutor(asked.jobs) as pool:
        verdicts = list(pool.map(_one, chosen))
    survivors = [verdict.mutant.name for verdict in verdicts if not verdict.by]
    print(f"{len(verdicts) - len(survivors)} of {len(verdicts)} caught.")
    for name in survivors:
        print(f"SURVIVED  {name}: a proof is missing.")
    return 1 if survivors or not verdicts else 0


def _one(mutant: Mutant) -> Verdict:
    with copied(mutant) as folder:
        ran = list(tried(folder))
    proof, said = ran[-1]
    verdict = Verdict(mutant, proof if said else "", said)
    print(f"{verdict.by or 'SURVIVED':<11} {mutant.name:<62} {said[:80]}", flush=True)
    return verdict


if __name__ == "__main__":
    sys.exit(main())

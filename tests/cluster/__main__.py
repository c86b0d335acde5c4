"""``python -m tests.cluster``: the long proof, and with ``--throughput`` how fast one worker and several are."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from dataclasses import fields, replace
from pathlib import Path

from hub.demo.cluster import postgres
from tests.cluster.proof import Wish, prove, throughput


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster")
    for one in fields(Wish):
        parser.add_argument(f"--{one.name}", type=type(one.default), default=one.default)
    parser.add_argument("--throughput", action="store_true")
    asked = vars(parser.parse_args())
    measured = asked.pop("throughput")
    wish = Wish(**asked)
    if measured:
        for workers in (1, wish.workers):
            with tempfile.TemporaryDirectory(prefix="hub-") as folder, postgres(Path(folder)) as url:
                found = throughput(Path(folder), url, replace(wish, workers=workers, webs=0))
            print(
                f"{workers} workers: " + ", ".join(f"{name} {value:.3f}" for name, value in found.items()), flush=True
            )
        return 0
    with tempfile.TemporaryDirectory(prefix="hub-") as folder, postgres(Path(folder)) as url:
        result = prove(Path(folder), url, wish)
        for log in ("worker.log", "web.log"):
            said = [line for line in (Path(folder) / log).read_text().splitlines() if "rror" in line]
            print(f"{log}: {len(said)} lines with errors", *said[:5], sep="\n  ")
    hints, pages = sorted(result.hints), sorted(result.pages)
    print(f"{result.kills} kills, {result.runs} runs to their end, {result.broken} broken off, {result.edits} edits")
    print(
        f"{result.calls} calls, at most {result.most_in_a_second} in a second and {result.most_in_ten} in ten at one base"
    )
    print(f"longest wait of a connection {result.longest_wait:.1f} s; a round of all took {result.round:.0f} s")
    if hints:
        print(
            f"{len(hints)} hints: a run began after {hints[len(hints) // 2]:.2f} s (median), {hints[-1]:.2f} s (longest)"
        )
    if pages:
        print(f"{len(pages)} pages: {pages[len(pages) // 2]:.3f} s (median), {pages[-1]:.2f} s (longest)")
    print(f"a run spends {result.database_share:.0%} of its time in the database")
    print(*(f"WRONG: {line}" for line in result.wrong), *(f"LATE: {line}" for line in result.late), sep="\n")
    if not (result.wrong or result.late):
        print("Everything held.")
        return 0
    if not (result.wrong or result.room):
        longer = math.ceil(2 * result.round)
        print(
            f"Nothing is doubled, and nobody overlapped. How long anybody waits was not judged: a round of all takes {result.round:.0f} s"
            f" here, and each is due every {wish.every} s. Ask again with --every {longer}, or fewer connections."
        )
        return 2
    print(f"{len(result.wrong) + len(result.late)} things are wrong.")
    return 1


if __name__ == "__main__":
    sys.exit(main())

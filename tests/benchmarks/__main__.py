"""``python -m tests.benchmarks [--size N] [--runs N] [--only NAME …]``: what the hub's work costs beside its floor and its peers, on
the same records in the same run. Writes ``build/bench.json``; ends with 1 where a bar is missed. See README.md."""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from tests.benchmarks.measuring import Bench, Row, Stage
from tests.benchmarks.rows import ROWS

BUILD = Path("build")


@click.command()
@click.option("--size", default=10_000, help="Records.")
@click.option("--runs", default=3, help="Of each; medians count.")
@click.option("--only", multiple=True, type=click.Choice(sorted(ROWS)), help="These rows of the table.")
@click.option(
    "--peers", default=str(BUILD / "peers" / ".venv" / "bin" / "python"), help="Python of the peers' environment."
)
def main(size: int, runs: int, only: tuple[str, ...], peers: str) -> None:
    found: list[Row] = []
    for name in only or ROWS:
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage(Path(folder), size, runs, str(Path(peers).absolute()))
            for row in measured(name, Bench(stage)):
                found.append(row)
                print(row.line(), flush=True)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps([asdict(row) | {"met": row.met} for row in found], indent=1) + "\n")
    missed = sum(not row.met for row in found)
    print(f"\n{len(found) - missed} of {len(found)} bars met, {missed} missed; {BUILD / 'bench.json'} holds them all.")
    sys.exit(0 if all(row.met for row in found) else 1)


def measured(name: str, bench: Bench) -> Iterator[Row]:
    """The rows of this name. One that cannot be measured counts as missed, and those after it are still measured."""
    try:
        yield from ROWS[name](bench)
    except Exception as error:
        traceback.print_exc()
        last = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        yield Row(f"{name}, could not be measured", 1, 0, last)


if __name__ == "__main__":
    main()

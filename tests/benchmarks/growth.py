"""How the cost grows: ``python -m tests.benchmarks.growth`` draws ``build/growth.svg`` by the number of records, and
``build/growth-connections.svg`` by the number of connections and by how many of them want a change."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from tests.benchmarks.measuring import Bench, Stage

RECORDS = {
    "in": "first full sync in",
    "rescan": "nothing changed, full scan",
    "nothing": "nothing changed, by time stamps: fifty runs",
}
CONNECTIONS = {
    "nothing": "one run that finds nothing, by connections",
    "tick": "a look at what is due, by connections",
    "written": "one record written of 100 changes that two want, by connections",
    "wanted": "the same by how many connections want it",
}
WANTING = (1, 2, 5, 10)
CHANGING = 1_000
"""Records of the one whose changes are told of: 100 of fewer than 334 would wait for a person."""
COLOURS = ("#2563eb", "#b45309", "#15803d", "#9333ea")
WIDE, HIGH, EDGE = 640, 360, 60
Points = list[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Picture:
    title: str
    words: dict[str, str]
    unit: str


@click.command()
@click.option("--sizes", default="10000 100000", help="Numbers of records.")
@click.option("--connections", default="10 100 1000", help="Numbers of connections.")
def main(sizes: str, connections: str) -> None:
    build = Path("build")
    build.mkdir(exist_ok=True)
    by_records = _by_records(list(map(int, sizes.split())))
    by_connections = _by_connections(list(map(int, connections.split())))
    (build / "growth.json").write_text(json.dumps({"records": by_records, "connections": by_connections}) + "\n")
    picture = Picture("Seconds of CPU by number of records", RECORDS, "s")
    (build / "growth.svg").write_text(drawn(by_records, picture))
    picture = Picture("Milliseconds of CPU by number of connections", CONNECTIONS, "ms")
    (build / "growth-connections.svg").write_text(drawn(by_connections, picture))


def _by_records(sizes: list[int]) -> dict[str, Points]:
    found: dict[str, Points] = {what: [] for what in RECORDS}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Stage(Path(folder), size, 1, sys.executable))
            with bench.servers(size) as urls:
                for what, points in found.items():
                    told = bench.hub(what, urls)
                    points.append((size, told["cpu"]))
                    print(f"{what} {size}: {told['cpu']:.2f} s of CPU, {told['peak']:.0f} MB", flush=True)
    return found


def _by_connections(counts: list[int]) -> dict[str, Points]:
    found: dict[str, Points] = {what: [] for what in CONNECTIONS}
    for count in counts:
        told = _among(count, 2)
        for what in ("nothing", "tick", "written"):
            found[what].append((count, told[what]))
    for importers in WANTING:
        found["wanted"].append((importers, _among(20, importers)["written"]))
    return found


def _among(count: int, importers: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Stage(Path(folder), CHANGING, 1, sys.executable))
        with bench.servers(CHANGING, *[0] * importers) as urls:
            command = [sys.executable, "-m", "tests.benchmarks.among", str(count), str(importers)]
            done = subprocess.run(
                [*command, f"sqlite:///{bench.file()}", *urls], capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    shown = ", ".join(f"{what} {told[what]:.2f} ms" for what in ("nothing", "tick", "written"))
    print(f"{count} connections, {importers} of them want the 100 changes: {shown} of CPU", flush=True)
    return told


def drawn(found: dict[str, Points], picture: Picture) -> str:
    """Both ways by powers of ten: a straight line that rises by one for one is a cost by the record, a level one none."""
    xs = [math.log10(size) for points in found.values() for size, _ in points]
    ys = [math.log10(max(cpu, 1e-3)) for points in found.values() for _, cpu in points]
    left, right, low, high = min(xs), max(max(xs), min(xs) + 1), math.floor(min(ys)), math.ceil(max(ys))

    def place(size: float, cpu: float) -> str:
        x = EDGE + (math.log10(size) - left) / (right - left) * (WIDE - 2 * EDGE)
        y = HIGH - EDGE - (math.log10(max(cpu, 1e-3)) - low) / max(high - low, 1) * (HIGH - 2 * EDGE)
        return f"{x:.1f},{y:.1f}"

    lines = []
    for power in range(low, high + 1):
        y = place(10**left, 10.0**power).split(",")[1]
        label = f"{10.0**power:g} {picture.unit}"
        lines.append(f'<path d="M{EDGE} {y}H{WIDE - EDGE}" stroke="#ddd"/><text x="8" y="{y}">{label}</text>')
    for (what, points), colour, row in zip(found.items(), COLOURS, range(9), strict=False):
        lines.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(place(*p) for p in points)}"/>'
        )
        lines.append(f'<text x="{EDGE}" y="{18 + 14 * row}" fill="{colour}">{picture.words[what]}</text>')
    for size in sorted({size for points in found.values() for size, _ in points}):
        at = place(size, 1).split(",")[0]
        lines.append(f'<text x="{at}" y="{HIGH - 30}" text-anchor="middle">{size:,}</text>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" font-family="sans-serif" font-size="12">'
    )
    return head + f"<title>{picture.title}</title>{''.join(lines)}</svg>\n"


if __name__ == "__main__":
    main()

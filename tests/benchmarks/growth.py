"""How the cost grows with the number of records: ``python -m tests.benchmarks.growth --sizes "10000 100000"`` draws ``build/growth.svg``."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path

import click

from tests.benchmarks.measuring import Bench, Stage

WORK = {
    "in": "first full sync in",
    "rescan": "nothing changed, full scan",
    "nothing": "nothing changed, by time stamps",
}
COLOURS = ("#2563eb", "#b45309", "#15803d")
WIDE, HIGH, EDGE = 640, 360, 60


@click.command()
@click.option("--sizes", default="10000 100000", help="Numbers of records.")
def main(sizes: str) -> None:
    found: dict[str, list[tuple[int, float]]] = {what: [] for what in WORK}
    for size in map(int, sizes.split()):
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Stage(Path(folder), size, 1, sys.executable))
            with bench.servers(size) as urls:
                for what, points in found.items():
                    told = bench.hub(what, urls)
                    points.append((size, told["cpu"]))
                    print(f"{what} {size}: {told['cpu']:.2f} s of CPU, {told['peak']:.0f} MB", flush=True)
    Path("build").mkdir(exist_ok=True)
    Path("build/growth.json").write_text(json.dumps(found) + "\n")
    Path("build/growth.svg").write_text(drawn(found))


def drawn(found: dict[str, list[tuple[int, float]]]) -> str:
    """Both ways by powers of ten: a straight line that rises by one for one is a cost by the record."""
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
        lines.append(f'<path d="M{EDGE} {y}H{WIDE - EDGE}" stroke="#ddd"/><text x="8" y="{y}">{10.0**power:g} s</text>')
    for (what, points), colour, row in zip(found.items(), COLOURS, range(9), strict=False):
        lines.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(place(*p) for p in points)}"/>'
        )
        lines.append(f'<text x="{EDGE}" y="{18 + 14 * row}" fill="{colour}">{WORK[what]}</text>')
    for size in sorted({size for points in found.values() for size, _ in points}):
        lines.append(f'<text x="{place(size, 1).split(",")[0]}" y="{HIGH - 30}">{size:,}</text>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" font-family="sans-serif" font-size="12">'
    )
    return head + f"<title>Seconds of CPU by number of records</title>{''.join(lines)}</svg>\n"


if __name__ == "__main__":
    main()

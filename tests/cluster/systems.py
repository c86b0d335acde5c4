"""Stand-in Airtable bases with many tables each, one connection a table: what shares a base shares its five calls a second."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pycountry

from connectors.airtable.sandbox import AirtableSandbox, serve
from hub.demo import seeds

LONG = ("Need", "Planned activities", "Intended impact")
SIZE = 5
"""Connections of one country, at the least: each imports what the others of it share."""
COUNTRIES = sorted((c.alpha_2, c.name) for c in pycountry.countries if c.name.isalpha())
HOOK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLdUUMfKQ9r8GKYqr"


@dataclass
class Place:
    """One connection's table. ``every`` in seconds."""

    name: str
    sandbox: AirtableSandbox
    table: str
    country: int
    every: int
    hinted: bool = False
    words: int = 0

    def rows(self) -> list[dict[str, Any]]:
        return self.sandbox.rows(self.table)

    def own(self) -> list[dict[str, Any]]:
        return [row for row in self.rows() if row["fields"].get("Internal notes") == self.name]

    def share(self, title: str) -> None:
        self.sandbox.write(self.table, None, _row(self, title))


@dataclass
class Systems:
    """All of them, and a person who goes on editing and sharing there."""

    places: list[Place] = field(default_factory=list)
    sandboxes: list[AirtableSandbox] = field(default_factory=list)
    edits: int = 0
    words: int = 0
    arrived: dict[str, list[float]] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    def build(self, connections: int, tables: int, every: int, records: int) -> None:
        fields = seeds.airtable("x", ())["tables"]["Opportunities"]["fields"]
        size = max(SIZE, -(-connections // len(COUNTRIES)))
        for first in range(0, connections, tables):
            numbers = range(first, min(first + tables, connections))
            base = f"appBase{first:010}"
            seed = {"base": base, "token": seeds.SECRET, "tables": {f"T{n - first:02}": {"fields": fields, "records": []} for n in numbers}}  # fmt: skip
            sandbox = serve(seed, calls=None)
            self._watch(sandbox)
            self.sandboxes.append(sandbox)
            for n in numbers:
                hinted = n % size == 0 and n < 3 * size
                seconds = 3600 if hinted else every
                place = Place(f"c{n:04}", sandbox, f"T{n - first:02}", n // size, seconds, hinted, self.words)
                self.places.append(place)
                for r in range(records):
                    place.share(f"Project {place.name}-{r}")

    def configuration(self, folder: Path, database: str) -> Path:
        for n in range(max(len(s.base.tables) for s in self.sandboxes)):
            (folder / f"t{n:02}.toml").write_text(f'extends = "airtable"\nobject = "T{n:02}"\n')
        (folder / "secret").write_text(seeds.SECRET)
        (folder / "hook").write_text(HOOK)
        (folder / "web").write_text("0123456789abcdef" * 4)
        for name in ("secret", "hook", "web"):
            (folder / name).chmod(0o600)
        parts = [f'[hub]\ndatabase = "{database}"\n[web]\nsecret = "file:web"\n']
        parts += [_configured(place) for place in self.places]
        file = folder / "config.toml"
        file.write_text("".join(parts))
        return file

    def edit(self, place: Place, chance: random.Random) -> None:
        own = place.own()
        self.edits += 1
        if own and chance.random() < 0.9:
            row = chance.choice(own)
            place.sandbox.write(place.table, row["id"], {"Title": f"Project {place.name} edit {self.edits}"})
        else:
            place.share(f"Project {place.name} new {self.edits}")

    def people(self, pause: float, chance: random.Random) -> threading.Thread:
        """Somebody at some foundation retitles or shares something every so often, until ``rest``."""

        def work() -> None:
            while not self._over.wait(pause):
                self.edit(chance.choice([place for place in self.places if not place.hinted]), chance)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def rest(self) -> None:
        self._over.set()

    def stop(self) -> None:
        self.rest()
        for sandbox in self.sandboxes:
            sandbox.stop()

    def _watch(self, sandbox: AirtableSandbox) -> None:
        """Airtable would answer one call too many with half a minute of nothing. Here all are let in, and counted."""
        times = self.arrived.setdefault(sandbox.base.id, [])
        sandbox.limit.count = lambda: times.append(time.monotonic())  # type: ignore[method-assign]

    def calls(self) -> int:
        return sum(map(len, self.arrived.values()))

    def most_within(self, seconds: float) -> int:
        """The most calls that one base saw in so long."""
        return max(_most(sorted(times), seconds) for times in self.arrived.values())

    def doubled(self) -> list[str]:
        """What is in a table more than once: never right, however little time there was."""
        keys = {place.name: Counter(row["fields"].get("Commons ID") for row in place.rows()) for place in self.places}
        return [f"{name} has {key} {n} times" for name, had in keys.items() for key, n in had.items() if key and n > 1]

    def wrong(self) -> list[str]:
        """Where what is shared is not there exactly once, as its steward has it; empty when all is well."""
        found = []
        for country in sorted({place.country for place in self.places}):
            members = [place for place in self.places if place.country == country]
            for home in members:
                for row in home.own():
                    found += _copies(home, row["fields"], [m for m in members if m is not home and not m.hinted])
            for place in members:
                wanted = len(place.own()) + (
                    0 if place.hinted else sum(len(m.own()) for m in members if m is not place)
                )
                if len(place.rows()) != wanted:
                    found.append(f"{place.name} has {len(place.rows())} rows, not {wanted}")
        return found


def _copies(home: Place, cells: dict[str, Any], others: Sequence[Place]) -> list[str]:
    key, title = cells.get("Commons ID"), cells["Title"]
    if not key:
        return [f"{home.name}: {title!r} was never shared"]
    found = []
    for other in others:
        titles = [row["fields"].get("Title") for row in other.rows() if row["fields"].get("Commons ID") == key]
        if titles != [title]:
            found.append(f"{title!r} of {home.name} is in {other.name} as {titles}")
    return found


def _most(times: Sequence[float], seconds: float) -> int:
    first, most = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def _row(place: Place, title: str) -> dict[str, Any]:
    chance = random.Random(title)
    letters = "abcdefghijklmnopqrstuvwxyz"
    long = {name: " ".join("".join(chance.choices(letters, k=6)) for _ in range(place.words)) for name in LONG}
    return long | {
        "Title": title, "Summary": "Wells, and people who mend them.", "Organisation": f"Circle of {place.name}",
        "Organisation country": COUNTRIES[place.country][1], "Geography": COUNTRIES[place.country][1],
        "Theme": ["Education"], "Amount requested": 12500, "Currency": "USD", "Internal notes": place.name, "Share": True,
    }  # fmt: skip


def _configured(place: Place) -> str:
    imports = "" if place.hinted else f'import = [{{ countries = ["{COUNTRIES[place.country][0]}"] }}]\n'
    hook = 'hook_secret = "file:hook"\n' if place.hinted else ""
    return f"""
[members.{place.name}]
name = "Foundation {place.name}"
lawful_basis = "agreement"
[connections.{place.name}]
member = "{place.name}"
system = "airtable"
mapping = "t{place.table[1:]}.toml"
shares = true
first_sync = "go"
every = "{place.every}s"
allow_http = true
{imports}{hook}[connections.{place.name}.options]
url = "{place.sandbox.api}"
base = "{place.sandbox.base.id}"
token = "file:secret"
"""

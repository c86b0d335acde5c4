"""Clerks of both members at work, by a seeded script: every value they type is unique, so that it can be traced."""

from __future__ import annotations

import itertools
import random

from tests.kinto.between import Call
from tests.kinto.server import Office, Row
from tests.kinto.world import World

COLUMNS = {"title": "title", "summary": "summary", "need": "need", "organization.name": "organisation"}
"""By path; all of them text."""

MOST_RECORDS = 8
MOST_REMOVED = 2


class Clerks:
    """Something happens before or after any request of the hub's; some answers and some requests are lost."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.numbers = itertools.count(1)
        self.shared = 0
        self.removed: set[str] = set()
        self.edits = 0

    def start(self) -> None:
        between = self.world.between
        between.before = between.after = self.perhaps
        between.loses = lambda call: call.writes and self.chance.random() < 0.08
        between.never_arrives = lambda call: call.writes and self.chance.random() < 0.04

    def perhaps(self, _call: Call) -> None:
        if self.chance.random() < 0.45:
            self.act()

    def act(self) -> None:
        if self.shared < 2 or (self.shared < MOST_RECORDS and self.chance.random() < 0.08):
            self.world.share(**{column: self.token("a") for column in COLUMNS.values()})
            self.shared += 1
            return
        office = self.chance.choice((self.world.a, self.world.b))
        rows = sorted(office.rows().values(), key=lambda row: str(row["organisation"]))
        if not rows:
            return
        row = self.chance.choice(rows)
        if office is self.world.b and len(self.removed) < MOST_REMOVED and self.chance.random() < 0.02:
            self.removed.add(office.remove(row["id"])["commons_id"])
            return
        self.edit(office, row)

    def edit(self, office: Office, row: Row) -> None:
        columns = self.chance.sample(sorted(COLUMNS.values()), self.chance.choice((1, 1, 1, 2)))
        if self.chance.random() < 0.05:
            office.edit(row["id"], **{column: row[column] for column in columns})
            return
        office.edit(row["id"], **{column: self.token(office.name) for column in columns})
        self.edits += 1

    def token(self, who: str) -> str:
        return f"<{who} typed {next(self.numbers)}>"

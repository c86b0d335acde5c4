"""One simulated grants system: rows, a clock of its own, and a small protocol of JSON over HTTP.

``POST /token``; ``GET /describe``; ``GET /records`` by ``ids``, by ``key``, or as a list, all or from a stamp on;
``GET /changes`` and ``GET /deleted`` where it has them; ``POST`` and ``PATCH /records`` for batches. It does what it is asked and
misbehaves in nothing but its traits: what goes wrong on the way is the network's business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from connectors.clock import ManualTime
from tests.simulation.traits import Traits, normalised

Fields = dict[str, Any]
KEY = "Commons ID"
COLUMNS = (
    KEY, "Share", "Title", "Summary", "Organisation", "Need", "Ask", "Currency", "Stage", "Ours", "Show", "Status", "Gap",
    "Private notes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """A row as it stood after one commit. ``shown_at``: from when lists show it. ``fields`` None: deleted."""

    version: int
    stamp: datetime
    fields: Fields | None
    committed_at: float
    shown_at: float


@dataclass(slots=True)
class Row:
    """``by`` is who made it: ``hub`` or ``person``; ``findable_at``: from when searches know it."""

    id: str
    by: str
    findable_at: float
    states: list[State] = field(default_factory=list)

    @property
    def now(self) -> State:
        return self.states[-1]


@dataclass(frozen=True, slots=True)
class Reply:
    """``body`` is JSON-like; ``lists`` marks answers that are lists of rows, for the network to play with."""

    status: int
    body: Any
    lists: bool = False


class GrantsSystem:
    """``written`` lists every column that a call changed: ``(row id, column)``; ``deleted_by_people`` the rows that people deleted.
    ``unseen`` are rows and ``removed`` columns that calls may not see just now. ``kept_back``: what it did not show may never
    come up in its feed of changes."""

    def __init__(self, name: str, traits: Traits, time: ManualTime, chance: Random) -> None:
        self.name = name
        self.traits = traits
        self.rows: dict[str, Row] = {}
        self.written: list[tuple[str, str]] = []
        self.deleted_by_people: list[str] = []
        self.unseen: set[str] = set()
        self.removed: set[str] = set()
        self.kept_back = False
        self.tokens_expired = False
        self.secret = 1
        self._time = time
        self._chance = chance
        self._changes: list[str] = []
        self._oldest_token = 0
        self._stepped_at: float | None = None
        self._counter = 0
        self._arrivals: deque[float] = deque(maxlen=traits.calls + 1)
        self.arrives_at = 0.0
        self.ago = 0.0  # seconds since what it does now really happened

    # --- its clock ---

    def clock(self) -> datetime:
        """What it thinks the time is."""
        off = self.traits.skew - (self.traits.steps_back if self._stepped_at is not None else 0.0) - self.ago
        seconds = self._time.now().timestamp() + off
        grain = self.traits.granularity or 0.001
        return datetime.fromtimestamp(int(seconds / grain) * grain, UTC)

    def step_back(self) -> None:
        """Its clock is set back, once."""
        self._stepped_at = self._time.monotonic()

    # --- rows, as people and calls change them ---

    def keep(self, column: str, value: Any) -> Any:
        """What becomes of a value that is put into a column."""
        return normalised(self.traits.normalises.get(column, ""), value)

    def add(self, fields: Fields, by: str = "person") -> str:
        self._counter += 1
        id = f"{self.name}{self._counter:03}"
        lag = self._lag(self.traits.find_lag) if by == "hub" else 0.0
        self.rows[id] = Row(id, by, self._time.monotonic() - self.ago + lag)
        self._commit(self.rows[id], {c: self.keep(c, v) for c, v in fields.items()}, by)
        return id

    def change(self, id: str, fields: Fields, by: str = "person") -> None:
        row = self.rows[id]
        before = row.now.fields or {}
        self._commit(row, before | {c: self.keep(c, v) for c, v in fields.items()}, by)

    def delete(self, id: str) -> None:
        self.deleted_by_people.append(id)
        self._commit(self.rows[id], None, "person")

    def deleted_at(self, id: str | None) -> float:
        """When the row was last changed or deleted."""
        return self.rows[id].now.committed_at if id in self.rows else 0.0

    def undelete(self, id: str) -> None:
        """Out of the recycle bin, as it was."""
        row = self.rows[id]
        self._commit(row, next(s.fields for s in reversed(row.states) if s.fields is not None), "person")

    def live(self) -> dict[str, Fields]:
        """Every row that is there, as it stands."""
        return {id: row.now.fields for id, row in self.rows.items() if row.now.fields is not None}

    def _commit(self, row: Row, fields: Fields | None, by: str) -> None:
        now = self._time.monotonic() - self.ago
        # A system shows its callers what they wrote themselves; what others did may take a while.
        shown = now + self._lag(self.traits.late) if by == "person" else max(now, row.findable_at)
        row.states.append(State(len(row.states) + 1, self.clock(), fields, now, shown))
        self._changes.append(row.id)

    def _lag(self, most: float) -> float:
        return self._chance.uniform(0, most) if most else 0.0

    # --- the protocol ---

    def arrive(self) -> bool:
        """Count a call; whether it keeps to the rate."""
        self._arrivals.append(self.arrives_at)
        full = len(self._arrivals) > self.traits.calls
        return not full or self._arrivals[-1] - self._arrivals[0] >= self.traits.seconds

    def forget_arrivals(self) -> None:
        self._arrivals.clear()

    def answer(self, method: str, path: str, asked: dict[str, str], body: Any, secret: str) -> Reply:
        if path == "/token":
            return Reply(200, {"token": f"s{self.secret}"})
        if secret != f"s{self.secret}":
            return Reply(401, {"error": "This token is not valid any more."})
        if method == "POST":
            return Reply(200, {"results": [self._create(r["fields"], body.get("merge")) for r in body["records"]]})
        if method == "PATCH":
            return Reply(200, {"results": [self._update(r) for r in body["records"]]})
        return self._look(path, asked)

    def _look(self, path: str, asked: dict[str, str]) -> Reply:
        columns = asked.get("fields", "").split(",") if self.traits.selects else list(COLUMNS)
        if path == "/describe":
            offered = [name for name in COLUMNS if name not in self.removed]
            return Reply(200, {"fields": [{"name": name, "type": "text"} for name in offered]})
        if "ids" in asked:
            return self._by_ids(asked["ids"].split(","), columns)
        if "key" in asked:
            return self._by_key(asked["key"], columns)
        if path == "/changes":
            return self._feed(asked["token"], columns)
        if path == "/deleted":
            since = datetime.fromisoformat(asked["since"])
            gone = [r.id for r in self.rows.values() if r.now.fields is None and r.now.stamp >= since]
            return Reply(200, {"deleted": gone})
        return self._list(asked, columns)

    def _by_ids(self, ids: list[str], columns: list[str]) -> Reply:
        there = [self.rows[id] for id in ids if id in self.rows and id not in self.unseen]
        gone = [row.id for row in there if row.now.fields is None] if self.traits.proves else []
        shown = [self._shown(row, row.now, columns) for row in there if row.now.fields is not None]
        return Reply(200, {"records": shown, "gone": gone}, lists=True)

    def _by_key(self, key: str, columns: list[str]) -> Reply:
        now = self._time.monotonic()
        found = [
            self._shown(row, row.now, columns)
            for row in self.rows.values()
            if row.now.fields is not None and row.findable_at <= now and str(row.now.fields.get(KEY)) == key
        ]
        return Reply(200, {"records": found})

    def _list(self, asked: dict[str, str], columns: list[str]) -> Reply:
        """Rows by stamp, or by id where stamps are not asked for; ``after`` is the last row of the page before."""
        now = self._time.monotonic()
        visible = []
        for row in self.rows.values():
            if row.id in self.unseen:
                self.kept_back = True
                continue
            states = [state for state in row.states if state.shown_at <= now]
            # A token is as new as the newest change, whether or not the list that was read with it showed that.
            self.kept_back |= self.traits.feed == "token" and len(states) < len(row.states)
            if states and states[-1].fields is not None:
                visible.append((row, states[-1]))
        when = asked.get("changed")
        if when is not None:
            compare, _, stamp = when.removeprefix("stamp ").partition(" ")
            since = datetime.fromisoformat(stamp)
            visible = [(r, s) for r, s in visible if _compares[compare](s.stamp, since)]
        by_stamp = asked.get("order") == "stamp"
        visible.sort(key=lambda pair: (pair[1].stamp if by_stamp else 0, pair[0].id))
        total = len(visible)
        if by_stamp and asked.get("after"):
            stamp, _, id = asked["after"].rpartition("/")
            place = (datetime.fromisoformat(stamp), id)
            visible = [(r, s) for r, s in visible if (s.stamp, r.id) > place]
        elif asked.get("after"):
            visible = visible[int(asked["after"]) :]
        page = visible[: self.traits.page]
        more = len(visible) > len(page)
        after = f"{page[-1][1].stamp.isoformat()}/{page[-1][0].id}" if by_stamp and page else ""
        if not by_stamp:
            after = str(int(asked.get("after") or 0) + len(page))
        body = {"records": [self._shown(r, s, columns) for r, s in page], "next": after if more else None}
        return Reply(200, body | ({"count": total} if self.traits.counts else {}), lists=True)

    def _feed(self, token: str, columns: list[str]) -> Reply:
        """Everything that changed behind a token, the newest state of each; ``now`` asks for the newest token only."""
        if token == "now":
            return Reply(200, {"token": str(len(self._changes))})
        start = int(token)
        if start < self._oldest_token:
            return Reply(410, {"error": "This token is too old."})
        end = min(start + self.traits.page, len(self._changes))
        ids = list(dict.fromkeys(self._changes[start:end]))
        self.kept_back |= not self.unseen.isdisjoint(ids)
        there = [self.rows[id] for id in ids if self.rows[id].now.fields is not None and id not in self.unseen]
        gone = [id for id in ids if self.rows[id].now.fields is None] if self.traits.tombstones else []
        shown = [self._shown(row, row.now, columns) for row in there]
        body = {"records": shown, "deleted": gone, "token": str(end), "more": end < len(self._changes)}
        return Reply(200, body, lists=True)

    def expire_tokens(self) -> None:
        self.tokens_expired = True
        self._oldest_token = len(self._changes) + 1

    def ghosts(self, columns: Sequence[str]) -> list[Fields]:
        """Rows with a key that were deleted, as they stood before."""
        gone = [row for row in self.rows.values() if row.now.fields is None]
        states = [(row, next(s for s in reversed(row.states) if s.fields is not None)) for row in gone]
        return [self._shown(row, state, columns) for row, state in states if (state.fields or {}).get(KEY)]

    def _shown(self, row: Row, state: State, columns: Sequence[str]) -> Fields:
        shown = [column for column in columns if column in COLUMNS and column not in self.removed]
        fields = {column: (state.fields or {}).get(column) for column in shown}
        stamp = state.stamp.isoformat()
        return {"id": row.id, "version": str(state.version), "stamp": stamp, "fields": fields}

    def _create(self, fields: Fields, merge: str | None) -> Fields:
        if self.removed & fields.keys():
            return {"error": "invalid", "field": min(self.removed & fields.keys())}
        if merge:
            same = [i for i, row in self.live().items() if str(row.get(merge)) == str(fields.get(merge))]
            if same:
                return self._write(same[0], fields)
        id = self.add(fields, by="hub")
        self.written += [(id, column) for column in fields]
        return self._written(id)

    def _update(self, edit: Fields) -> Fields:
        row = self.rows.get(edit["id"])
        if row is None or row.now.fields is None or row.id in self.unseen:
            return {"error": "missing"}
        if self.removed & edit["fields"].keys():
            return {"error": "invalid", "field": min(self.removed & edit["fields"].keys())}
        if "version" in edit and self.traits.guard == "strong" and edit["version"] != str(row.now.version):
            return {"error": "stale"}
        return self._write(row.id, edit["fields"])

    def _write(self, id: str, fields: Fields) -> Fields:
        self.written += [(id, column) for column in fields]
        self.change(id, fields, by="hub")
        return self._written(id)

    def _written(self, id: str) -> Fields:
        row = self.rows[id]
        return {"id": id, "record": self._shown(row, row.now, list(COLUMNS)) if self.traits.echoes else None}


_compares: dict[str, Callable[[datetime, datetime], bool]] = {
    ">=": lambda stamp, since: stamp >= since,
    ">": lambda stamp, since: stamp > since,
}


def plain(value: Any) -> Any:
    """JSON has no ``Decimal``; a whole one is an integer."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value

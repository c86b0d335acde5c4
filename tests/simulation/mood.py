"""What goes wrong on the way, drawn by the seed: which faults there are, where each may strike, and what it makes of an answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

from tests.simulation.system import GrantsSystem, Reply, plain

Answers = Callable[[Reply], Reply]


def _unchanged(reply: Reply) -> Reply:
    return reply


@dataclass(frozen=True, slots=True)
class Fault:
    """``arrives``: the request reaches the system and has its effect, ``twice`` even two times. ``loses``: no answer comes
    back, ``sent`` says whether anything may have left. ``waits``: the caller's whole time passes first. ``delay``: it
    arrives so many seconds after the caller gave up. ``answers`` makes the answer out of the system's own, which
    is an empty 200 where nothing arrived. ``asked``: seconds for which the caller is told to stay away."""

    kind: str
    arrives: bool = True
    twice: bool = False
    loses: bool = False
    sent: bool = True
    lasting: bool = False
    waits: bool = False
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    answers: Answers = _unchanged
    asked: float = 0.0


LATE = 0.15
"""How many of the lists of a system whose people deleted something still show it: deletions are few, so that it happens at all."""


@dataclass
class Mood:
    """``level``: the share of calls that go wrong; 0 switches all off. ``happened`` counts every fault by kind.
    ``left_out``: a feed of changes kept rows back without a sign, and only reading everything anew finds them."""

    chance: Random
    now: Callable[[], datetime]
    level: float = 0.0
    happened: Counter[str] = field(default_factory=Counter)
    left_out: bool = False

    def latency(self) -> tuple[float, float]:
        """Seconds there and back. There it takes less than the margin that the limiter leaves for uneven arrivals."""
        return self.chance.randint(1, 20) / 1000, round(self.chance.expovariate(4), 3)

    def fault(self, system: GrantsSystem, method: str, path: str, params: Mapping[str, str]) -> Fault | None:
        """What goes wrong with this call, mostly nothing."""
        lists = method == "GET" and path in ("/changes", "/records") and not {"ids", "key"} & params.keys()
        if self.level and lists and system.ghosts(()) and self.chance.random() < LATE:
            fault = _late_page(self, system, method, params)
        elif self.chance.random() < self.level:
            fault = self.chance.choice(self._makers(system, method, path, params))(self, system, method, params)
        else:
            return None
        if fault is not None:
            self.happened[fault.kind] += 1
            self.left_out |= fault.kind in LEFT_OUT and system.traits.feed != "full_scan"
        return fault

    def _makers(self, system: GrantsSystem, method: str, path: str, params: Mapping[str, str]) -> list[Maker]:
        makers = [*ANYWHERE]
        if path == "/records" and method in ("POST", "PATCH"):
            makers += WRITES
        elif path == "/changes":
            makers += FEEDS * 3
        elif "ids" in params:
            makers += [_nothing]
        elif path == "/records" and "key" not in params:
            makers += FOUND_BY_LISTS if system.traits.key == "none" else LISTS * 3
        return makers


Params = Mapping[str, str]
Maker = Callable[[Mood, GrantsSystem, str, Params], Fault | None]


# --- on the way there and back ---


def _refused(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    return Fault("refused", arrives=False, loses=True, sent=False)


def _lost_before(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    return Fault("lost before", arrives=False, loses=True, waits=mood.chance.random() < 0.3)


def _lost_after(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    return Fault("lost after", loses=True, waits=mood.chance.random() < 0.3)


def _too_large(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    return Fault("too large", loses=True, lasting=True)


def _twice(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault | None:
    """A proxy sends it again. A plain creation by key or none would double the row, and no hub could know."""
    if method == "POST" and not system.traits.upsert:
        return None
    return Fault("delivered twice", twice=True)


def _late(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault | None:
    """It arrives after the caller gave up, within the time for which the system says that rows may stay out of sight. Without
    version tokens an update that comes late overwrites whatever is there by then, and no hub could know."""
    if not system.traits.find_lag or (method == "PATCH" and system.traits.guard == "none"):
        return None
    return Fault("arrives late", arrives=False, loses=True, delay=mood.chance.uniform(0, system.traits.find_lag))


# --- answers that say no ---


def _says(kind: str, status: int, arrives: bool = False) -> Maker:
    def make(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
        body = b"<html><body>Sorry</body></html>" if mood.chance.random() < 0.5 else b'{"error": "no"}'
        return Fault(kind, arrives=arrives, answers=lambda reply: Reply(status, body))

    return make


def _token_ends(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    system.secret += 1
    return Fault("401 in mid-run")


def _troubled(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    """5xx, before the request had its effect or after; sometimes with a Retry-After."""
    status = mood.chance.choice([500, 502, 503, 504])
    asked = mood.chance.choice([0, 0, 30])
    headers = {"retry-after": str(asked)} if asked else {}
    arrives = mood.chance.random() < 0.5
    when = "after" if arrives else "before"
    return Fault(f"5xx {when}", arrives=arrives, headers=headers, answers=lambda reply: Reply(status, b"oops"))


def _too_many(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    """429 with a Retry-After in every form that servers send, and some that they should not."""
    asked = float(mood.chance.choice([1, 20, 90, 4000]))
    until = (mood.now() + timedelta(seconds=asked + 1)).astimezone(UTC)
    form, value = mood.chance.choice(
        [
            ("seconds", str(int(asked))),
            ("date", format_datetime(until, usegmt=True)),
            ("old date", until.strftime("%A, %d-%b-%y %H:%M:%S GMT")),
            ("asctime", until.strftime("%a %b %e %H:%M:%S %Y")),
            ("garbage", mood.chance.choice(["soon", "1.5", "120, 60", "2026-03-01T10:00:00Z"])),
            ("negative", "-5"),
            ("missing", ""),
        ]
    )
    told = asked if form in ("seconds", "date", "old date", "asctime") else 0.0
    headers = {"retry-after": value} if value else {}
    return Fault(
        f"429 {form}",
        arrives=False,
        headers=headers,
        asked=told,
        answers=lambda reply: Reply(429, b'{"error": "slow"}'),
    )


# --- bodies that are not what they should be ---


def _garbled(kind: str, garble: Callable[[bytes], bytes], status: int = 200) -> Maker:
    def answers(reply: Reply) -> Reply:
        raw = json.dumps(reply.body, default=plain, ensure_ascii=False).encode()
        return Reply(status, garble(raw)) if reply.status < 300 else reply

    def make(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
        return Fault(f"body {kind}", answers=answers)

    return make


ANYWHERE: list[Maker] = [
    _refused,
    _lost_before,
    _lost_after,
    _lost_after,
    _twice,
    _too_large,
    _token_ends,
    _says("403", 403),
    _says("409", 409),
    _troubled,
    _too_many,
    _too_many,
    _garbled("html", lambda raw: b"<!DOCTYPE html><title>Sign in</title>"),
    _garbled("empty", lambda raw: b""),
    _garbled("204", lambda raw: b"", 204),
    _garbled("cut", lambda raw: raw[: len(raw) // 2]),
    _garbled("nan", lambda raw: raw[:-1] + b', "rate": NaN}'),
    _garbled("deep", lambda raw: b'{"a":' * 5000 + b"1" + b"}" * 5000),
    _garbled("half a character", lambda raw: raw[:-1] + b', "x": "\\ud800"}'),
    _garbled("bom", lambda raw: b"\xef\xbb\xbf" + raw),
    _garbled("utf-16", lambda raw: raw.decode().encode("utf-16")),
    _garbled("other shape", lambda raw: b'{"data": []}'),
    _garbled("a list", lambda raw: b"[]"),
]
WRITES: list[Maker] = [_lost_after, _lost_after, _lost_before, _late, _late, _twice, _says("412", 412)]


# --- lists that do not show what is there ---


def _list_fault(kind: str, answers: Answers) -> Maker:
    def make(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
        return Fault(f"list {kind}", answers=lambda reply: answers(reply) if reply.status == 200 else reply)

    return make


def _nothing(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    """Rows asked for by id are not shown, and not said to be deleted either."""
    return Fault(
        "sees nothing", answers=lambda r: Reply(200, r.body | {"records": [], "gone": []}) if r.status == 200 else r
    )


def _empty(reply: Reply) -> Reply:
    counted = {"count": 0} if "count" in reply.body else {}
    return Reply(200, {"records": [], "next": None} | counted)


def _skips(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    """A row is left out of a page."""
    return Fault(
        "list skips",
        answers=lambda r: Reply(200, r.body | {"records": r.body["records"][1:]}) if r.status == 200 else r,
    )


def _repeats(reply: Reply) -> Reply:
    rows = reply.body["records"]
    return Reply(200, reply.body | {"records": rows + rows})


def _loops(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    """A page names itself as the next one."""
    itself = params.get("after", "")
    return Fault("list loops", answers=lambda r: Reply(200, r.body | {"next": itself}) if r.status == 200 else r)


def _shrinks(reply: Reply) -> Reply:
    counted = {"count": max(0, reply.body["count"] - 1)} if "count" in reply.body else {}
    return Reply(200, reply.body | counted | {"next": None})


def _shrinks_whole(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    """A list ends early and its count agrees (a token that sees fewer rows)."""
    return Fault("list shrinks", answers=lambda reply: _shrinks(reply) if reply.status == 200 else reply)


def _token_expires(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault:
    system.expire_tokens()
    return Fault("410")


def _late_page(mood: Mood, system: GrantsSystem, method: str, params: Params) -> Fault | None:
    """A page shows rows as they stood before somebody deleted them."""
    if system.traits.key == "none":
        return None  # whether the hub ever knew such a row is nowhere to be seen
    ghosts = system.ghosts(params.get("fields", "").split(","))
    return Fault(
        "late page",
        answers=lambda r: Reply(200, r.body | {"records": r.body["records"] + ghosts}) if "records" in r.body else r,
    )


LEFT_OUT = ("list empty", "list skips", "list shrinks")
LISTS: list[Maker] = [
    _list_fault("empty", _empty), _list_fault("repeats", _repeats), _skips, _loops, _shrinks_whole, _late_page,
]  # fmt: skip
FOUND_BY_LISTS: list[Maker] = [_list_fault("repeats", _repeats), _loops]
"""Where a record can be found again by a list only, a list that lies about being whole would double it."""
FEEDS: list[Maker] = [
    _token_expires,
    _list_fault("repeats", lambda r: _repeats(r) if "records" in r.body else r),
    _late_page,
]

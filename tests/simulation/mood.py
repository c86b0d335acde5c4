"""What goes wrong on the way, drawn by the seed: which faults there are, where each may strike, and what it makes of an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.system import GrantsSystem, Reply


def _as_it_is(reply: Reply | None, system: GrantsSystem) -> Reply:
    assert reply is not None
    return reply


@dataclass(frozen=True, slots=True)
class Fault:
    """``arrives``: the request reaches the system and has its effect. ``loses``: no answer comes back. ``waits``: the caller's
    whole time passes first. ``reply`` makes the answer out of the system's own, if there was one."""

    kind: str
    arrives: bool = True
    loses: bool = False
    lasting: bool = False
    waits: bool = False
    delay: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    reply: Callable[[Reply | None, GrantsSystem], Reply] = _as_it_is


@dataclass
class Mood:
    """``level``: the share of calls that go wrong; 0 switches all off. ``happened`` counts every fault by kind."""

    chance: Random
    level: float = 0.0
    happened: Counter[str] = field(default_factory=Counter)

    def latency(self) -> float:
        return round(self.chance.expovariate(4), 3)

    def fault(self, system: GrantsSystem, method: str, path: str, params: Any) -> Fault | None:
        return None

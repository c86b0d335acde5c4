"""One line of the doctor."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

State = Literal["ok", "look", "fail"]


@dataclass(frozen=True, slots=True)
class Found:
    """``part`` of the hub, what was ``looked`` at and what it is like. ``look`` is worth knowing and stops nothing; with ``fail``
    something does not work. ``fix``: what to do, never empty where it is not ok."""

    part: str
    looked: str
    state: State
    detail: str
    fix: str = ""

    def as_data(self) -> dict[str, str]:
        return asdict(self)


def ok(part: str, looked: str, detail: str) -> Found:
    return Found(part, looked, "ok", detail)


def look(part: str, looked: str, detail: str, fix: str) -> Found:
    return Found(part, looked, "look", detail, fix)


def fail(part: str, looked: str, detail: str, fix: str) -> Found:
    return Found(part, looked, "fail", detail, fix)

"""``[retention]`` of the configuration: how many days what is only of use for a while is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

LEAST = {"runs": 7, "sign_ins": 1, "hooks": 2}
"""Below this the hub would forget what it still needs: the throttle, and which webhook was taken already."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days each. What is not here is kept: the audit, opportunities, positions, conversation, conflicts and decisions."""

    quarantine: int = 14
    runs: int = 90
    requests: int = 14
    mails: int = 30
    sign_ins: int = 30
    hooks: int = 2
    invitations: int = 90


def read(values: Mapping[str, Any], say: Callable[[tuple[str, ...], str], None]) -> Retention:
    """The part's ``values``; ``say`` is told of each that is too short."""
    kept = {}
    for field in fields(Retention):
        days, least = values[field.name], LEAST.get(field.name, 1)
        if days < least:
            say(("retention", field.name), f'"{field.name}" is {days}; at least {least} days are needed.')
        else:
            kept[field.name] = days
    return Retention(**kept)

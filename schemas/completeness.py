"""How complete an opportunity is, what to add next, and what publishing needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WEIGHTS: Mapping[str, Mapping[str, int]] = {
    "project": {
        "title": 10,
        "summary": 15,
        "organization.name": 10,
        "ask.requested": 15,
        "planned_activities": 10,
        "intended_impact": 10,
        "themes": 8,
        "geographies": 8,
        "need": 5,
        "period.start": 3,
        "contact.public": 3,
        "organization.country": 3,
    },
    "call": {
        "title": 15,
        "summary": 20,
        "closes": 20,
        "eligibility": 15,
        "funding.max_award": 10,
        "themes": 10,
        "geographies": 10,
    },
}
"""What counts towards the score, and how much; the order is the order in which it is asked for."""


@dataclass(frozen=True, slots=True)
class Completeness:
    score: int
    missing: tuple[str, ...]


def completeness(values: Mapping[str, Any]) -> Completeness:
    """``score`` 0..100, and the paths still blank, what helps most first."""
    weights = WEIGHTS[values.get("kind") or "project"]
    missing = [path for path in weights if values.get(path) in (None, "", [])]
    have = sum(weights.values()) - sum(weights[path] for path in missing)
    return Completeness(100 * have // sum(weights.values()), tuple(sorted(missing, key=lambda p: -weights[p])))


def missing_to_publish(values: Mapping[str, Any], has_basis: bool) -> tuple[str, ...]:
    """Paths without which it stays a draft. ``has_basis``: the operator recorded a lawful basis for the
    member; without one a project needs the nonprofit's consent to be listed."""
    needed = ["title", "summary"]
    if (values.get("kind") or "project") == "project":
        needed += ["organization.name"] + ([] if has_basis else ["consent.scope"])
    return tuple(path for path in needed if values.get(path) in (None, "", []))

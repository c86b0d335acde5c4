"""The records that all of them read: about 2 KB of JSON each, the same whoever asks, with text as it is and sixteen mapped columns."""

from __future__ import annotations

import random
from typing import Any

PAGE = 500
COLUMNS = ("title", "summary", "need", "activities", "impact", "organisation", "charity", "country", "website", "themes",
           "populations", "ask", "cost", "currency", "starts", "ends", "contact", "share", "key")  # fmt: skip
BEGAN = "2026-03-01T00:00:00.000000Z"
_WORDS = [
    f"{a}{b}{c}"
    for a in ("sel", "mor", "tan", "vil", "que")
    for b in ("ka", "ru", "ne", "lo", "mi", "sha")
    for c in "abdeglnrs"
]
_THEMES = ("education", "health", "climate", "water", "food", "gender")
_POPULATIONS = ("children", "women", "refugees", "youth")
_COUNTRIES = ("KE", "UG", "JO", "LB", "EG", "GB", "US", "IN", "NP", "BR")


def record(number: int) -> dict[str, Any]:
    """One record as the system holds it; ``key`` is where the hub's own id goes."""
    chance = random.Random(number)
    said = " ".join(chance.choices(_WORDS, k=330))
    return {
        "id": f"r{number:08}", "updated": BEGAN, "version": "1", "title": f"Project {number}: {said[:60]}",
        "summary": said[60:460], "need": said[460:860], "activities": said[860:1460], "impact": said[1460:1760],
        "organisation": f"Organisation {number % 30_000}", "charity": str(1_000_000 + number % 30_000),
        "country": _COUNTRIES[number % 10], "website": f"https://org{number % 30_000}.example.org",
        "themes": _THEMES[number % 6], "populations": _POPULATIONS[number % 4], "ask": 1_000 + number % 500_000,
        "cost": 2_000 + number % 700_000, "currency": "USD", "starts": "2026-09-01", "ends": "2027-08-31",
        "contact": f"office{number % 30_000}@example.org", "share": True, "key": None,
    }  # fmt: skip

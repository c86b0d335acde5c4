"""How messages point to the way out."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any


def closest(word: str, known: Any) -> str:
    """A sentence that names the likeliest meant, or what there is; empty where there is nothing."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f' Closest: "{found[0]}".' if found else (f" Known: {', '.join(sorted(known))}." if known else "")

"""How messages point to the way out, and how what others wrote stands in them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

UNSEEN = re.compile(
    "[\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f\u200b\u2028\u2029\u2060\ufeff"
    "\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]"
)
"""Characters that change how the text around them reads (CVE-2021-42574) or cannot be seen."""


def seen(text: str) -> str:
    """With every unseen or direction-changing character spelt out."""
    return UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def closest(word: str, known: Any) -> str:
    """A sentence that names the likeliest meant, or what there is; empty where there is nothing."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f' Closest: "{found[0]}".' if found else (f" Known: {', '.join(sorted(known))}." if known else "")

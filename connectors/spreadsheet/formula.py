"""Cells that a spreadsheet program would run instead of show (CWE-1236). Text is marked on the way out
with an apostrophe, and unmarked on the way in, so that nothing is ever changed by the trip."""

from __future__ import annotations

STARTERS = frozenset("=+-@\t\r\n\0＝＋－＠")


def _runs(text: str) -> bool:
    return text.lstrip("'")[:1] in STARTERS and text.lstrip("'") != ""


def marked(text: str) -> str:
    """As it may stand in a CSV cell. Text that already looks marked gets one more apostrophe."""
    return "'" + text if _runs(text) else text


def unmarked(text: str) -> str:
    """The text that ``marked`` was given; a formula that someone else wrote comes as its text."""
    return text[1:] if text[:1] == "'" and _runs(text) else text

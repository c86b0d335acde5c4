"""What is wrong with a mapping, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from schemas.said import phrase, stacked

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``line`` counts from 1. An ``error`` keeps the mapping from running; a ``note`` is only worth knowing."""

    line: int
    severity: Severity
    message: str
    file: str = ""

    def __str__(self) -> str:
        return phrase("%(place)s: %(error)s", place=f"{self.file}:{self.line}", error=self.message)


class MappingError(ValueError):
    """A mapping cannot be used. ``findings`` are all that is wrong with it, one a line in the message."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(stacked(map(str, findings)))


def nearest(word: str, among: Iterable[str]) -> str:
    """``Closest: "x".``, a sentence to stand beside what says that it is wrong; empty where nothing is like it."""
    by_folded = {name.casefold(): name for name in among}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return phrase('Closest: "%(close)s".', close=by_folded[found[0]]) if found else ""

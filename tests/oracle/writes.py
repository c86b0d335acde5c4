"""Who wrote what, and what they could see when they wrote it."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False, slots=True)
class Write:
    """One value that somebody put somewhere. ``knew``: the writes that the writer could see, and all
    that those writers could see in turn. A later value may replace exactly these."""

    number: int
    value: Any
    knew: frozenset[Write] = frozenset()
    by: str = ""

    def __repr__(self) -> str:
        return f"{self.value!r} (#{self.number})"

    def after(self, other: Write | None) -> bool:
        """Whether this was written in the knowledge of ``other``, or of the very same text. Where a cell merely reads
        differently under a new mapping, what counts is what was last written into it."""
        if other is not None and other.by == "mapping":
            other = max((w for w in other.knew if w.by != "mapping"), key=lambda w: w.number, default=None)
        if other is None or other is self or (blank(other.value) and not other.by):
            return True
        return other in self.knew or any(said(w.value) == said(other.value) for w in (self, *self.knew))


@dataclass(slots=True)
class Ledger:
    """Every write of a story, and those that were put on record because another value won."""

    count: int = 0
    recorded: set[Write] = field(default_factory=set)
    story: list[str] = field(default_factory=list)

    def tell(self, *words: object) -> None:
        """Keep what happened, for whoever has to read a counterexample."""
        self.story.append(" ".join(map(str, words)))

    def broken(self, what: str) -> AssertionError:
        return AssertionError("\n".join([what, "The story:", *(f"  {line}" for line in self.story)]))

    def write(self, value: Any, *seen: Write | None, by: str = "") -> Write:
        self.count += 1
        known = [w for w in seen if w is not None]
        knew = frozenset(known).union(*(w.knew for w in known))
        return Write(self.count, value, knew, by)

    def token(self) -> str:
        """A text that nobody wrote before."""
        self.count += 1
        return f"t{self.count}"

    def record(self, *writes: Write | None) -> None:
        """With what their writers had seen and replaced."""
        self.recorded |= {known for w in writes if w is not None for known in (w, *w.knew)}


def blank(value: Any) -> bool:
    return value in (None, "", [])


def said(value: Any) -> Hashable:
    """What a value says, however a system trims, shortens or capitalises it: its token, or itself."""
    if isinstance(value, str):
        found = re.search(r"t\d+", value.casefold())
        return found.group() if found else value.strip().casefold()
    return tuple(value) if isinstance(value, list) else value

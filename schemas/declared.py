"""What every field of the vocabulary is: declared once, beside the field itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Authority = Literal["steward", "member", "hub"]
Class = Literal["public", "members", "never"]
Kind = Literal["project", "call"]

BOTH: frozenset[Kind] = frozenset({"project", "call"})
PROJECT: frozenset[Kind] = frozenset({"project"})
CALL: frozenset[Kind] = frozenset({"call"})


@dataclass(frozen=True, slots=True)
class Declared:
    """``type`` is one of ``values.TYPES``; ``label`` English; ``codes`` the code list of a coded field.

    ``authority`` says whose word counts, ``cls`` who may see it, ``merge`` how two edits meet: a value
    is replaced whole, a set takes the additions and removals of both.
    """

    type: str
    label: str
    authority: Authority = "steward"
    cls: Class = "public"
    kinds: frozenset[Kind] = BOTH
    codes: str | None = None

    @property
    def merge(self) -> Literal["value", "set"]:
        return "set" if self.type in ("codes", "places", "documents") else "value"

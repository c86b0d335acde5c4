"""A member's own position on an opportunity. Nothing of it is visible to others until that member says so."""

from __future__ import annotations

from typing import Annotated

from schemas.declared import Declared
from schemas.opportunity import Money, Part, When


class Commitment(Part):
    stage: Annotated[str | None, Declared("code", "Our stage", authority="member", cls="members", codes="stage")] = None
    amount: Annotated[Money | None, Declared("money", "Our amount", authority="member", cls="members")] = None
    date: Annotated[When | None, Declared("when", "Our date", authority="member", cls="members")] = None
    visibility: Annotated[
        str | None, Declared("code", "Show our commitment", authority="member", cls="members", codes="visibility")
    ] = None
    note: Annotated[str | None, Declared("longtext", "Our note", authority="member", cls="never")] = None

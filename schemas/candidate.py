"""What a row of an inbox says beside the opportunity's own facts: it stands in a member's system before anything is imported."""

from __future__ import annotations

from typing import Annotated

from schemas.declared import Declared
from schemas.opportunity import Part


class Candidate(Part):
    why: Annotated[str | None, Declared("text", "Why it is here", authority="hub", cls="members")] = None
    state: Annotated[str | None, Declared("text", "What became of it", authority="hub", cls="members")] = None

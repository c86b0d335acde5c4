"""A member's own position on an opportunity. Nothing of it is visible to others until that member says so."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.declared import Declared
from schemas.opportunity import Money, Part, When


class Others(Part):
    """What stands behind a member that stands for several: another commons, as a hub of one's own hears of it. ``committed``
    includes what is paid, as in the totals."""

    pledged: Annotated[
        list[Money] | None, Declared("moneys", "Pledged by others", authority="member", cls="members")
    ] = None
    committed: Annotated[
        list[Money] | None, Declared("moneys", "Committed by others", authority="member", cls="members")
    ] = None
    paid: Annotated[list[Money] | None, Declared("moneys", "Paid by others", authority="member", cls="members")] = None
    funders: Annotated[int | None, Declared("int", "Other funders", authority="member", cls="members")] = None
    table: Annotated[str | None, Declared("longtext", "Others that are in", authority="member", cls="members")] = None


class Commitment(Part):
    stage: Annotated[str | None, Declared("code", "Our stage", authority="member", cls="members", codes="stage")] = None
    amount: Annotated[Money | None, Declared("money", "Our amount", authority="member", cls="members")] = None
    date: Annotated[When | None, Declared("when", "Our date", authority="member", cls="members")] = None
    visibility: Annotated[
        str | None, Declared("code", "Show our commitment", authority="member", cls="members", codes="visibility")
    ] = None
    note: Annotated[str | None, Declared("longtext", "Our note", authority="member", cls="never")] = None
    others: Others = Field(default_factory=Others)


class Represented(Part):
    """The disclosed position of the member that a connection speaks for, where its system is another commons."""

    stage: Annotated[str | None, Declared("code", "Stage of ours", authority="hub", cls="members", codes="stage")] = (
        None
    )
    amount: Annotated[Money | None, Declared("money", "Amount of ours", authority="hub", cls="members")] = None
    date: Annotated[When | None, Declared("when", "Date of ours", authority="hub", cls="members")] = None
    visibility: Annotated[
        str | None, Declared("code", "How ours is shown", authority="hub", cls="members", codes="visibility")
    ] = None

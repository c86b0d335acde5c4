"""The table about how far what is shared comes: no more than the day on which a member first opened it."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class Opened(SQLModel, table=True):
    """Someone of this member opened the opportunity's page, or answered its row in an inbox, on this ``day`` (2026-03-31) for
    the first time. Neither who nor how often is kept; its steward is never among them when it is written."""

    opportunity_id: str = Field(primary_key=True, foreign_key="opportunity.id")
    member_id: str = Field(primary_key=True, foreign_key="member.id")
    day: str

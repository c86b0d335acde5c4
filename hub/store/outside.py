"""Tables about programs outside: their tokens, the keys under which they know an opportunity, the hints they sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from hub.store.types import json_column, moment


class Token(SQLModel, table=True):
    """What a member's program signs in with. Only the SHA-256 of it is kept. ``scopes`` is a JSON list, see ``hub.tokens``;
    ``by`` the user who made it, None where it was made on the command line."""

    id: str = Field(primary_key=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    name: str
    scopes: list[str] = json_column()
    token_hash: str = Field(unique=True)
    by: str | None = None
    created_at: datetime = moment()
    expires_at: datetime | None = moment()
    revoked_at: datetime | None = moment()
    used_at: datetime | None = moment()


class MemberKey(SQLModel, table=True):
    """The key by which one member's programs know an opportunity. ``digest`` is of what was sent when it was created under
    that key, None where the key was given later."""

    __tablename__ = "member_key"
    __table_args__ = (UniqueConstraint("member_id", "key"),)

    member_id: str = Field(primary_key=True, foreign_key="member.id")
    opportunity_id: str = Field(primary_key=True, foreign_key="opportunity.id")
    key: str
    digest: str | None = None


class Hint(SQLModel, table=True):
    """The id of a webhook that was taken, kept for as long as it could be sent again."""

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    message_id: str = Field(primary_key=True)
    at: datetime = moment(index=True)

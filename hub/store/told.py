"""The tables of what is told to people: messages on their way, and invitations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from hub.store.types import json_column, moment


class Message(SQLModel, table=True):
    """A mail to one address, inserted in the transaction of what it is about.

    ``state``: waiting, sent, failed (refused for good, or not to be got rid of for days; ``error`` says why). While one is
    being sent it waits with its ``not_before`` ahead. ``body`` is blanked once nothing is sent any more: it may hold
    an invitation's link, of which the hub keeps a digest only.
    """

    id: str = Field(primary_key=True)
    to: str
    subject: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    at: datetime = moment()
    state: str = Field(default="waiting", index=True)
    tries: int = 0
    not_before: datetime = moment()
    ended_at: datetime | None = moment()
    error: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class Invitation(SQLModel, table=True):
    """Somebody may join a member's people. Only the SHA-256 of the link's random token is kept.

    ``state``: open, used, withdrawn (also when another took its place). ``message_id``: the mail that carries the link; None
    where it was shown to whoever invited.
    """

    id: str = Field(primary_key=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    email: str = Field(index=True)
    name: str
    roles: list[str] = json_column()
    token_hash: str = Field(unique=True)
    by: str = Field(foreign_key="user.id")
    at: datetime = moment()
    expires_at: datetime = moment()
    state: str = "open"
    message_id: str | None = None

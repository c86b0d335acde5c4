"""The tables of who was told of which trouble, and of webhooks on their way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from hub.store.types import json_column, moment, sentence


class Alert(SQLModel, table=True):
    """A trouble that its ``owner`` was told of and that is not over. ``owner``: ``hub``, ``admins:MEMBER`` or
    ``people:MEMBER``. ``key`` tells one trouble of an owner from another. ``text``: what was said, for the message that it
    is over; it names no value of a record."""

    owner: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    text: str = sentence(nullable=False)
    since: datetime = moment()
    told_at: datetime = moment()


class Notice(SQLModel, table=True):
    """A message to a webhook, in the transaction of what it tells. ``state``: waiting, sent, failed. ``body`` is what is posted,
    blank once it is over."""

    id: str = Field(primary_key=True)
    owner: str
    body: dict[str, Any] | None = json_column()
    at: datetime = moment()
    state: str = Field(default="waiting", index=True)
    tries: int = 0
    not_before: datetime = moment()
    ended_at: datetime | None = moment()
    error: str | None = Field(default=None, sa_column=Column(Text, nullable=True))

"""What the hub keeps beside the commons: exchange rates, chores, its own processes. See ``tables``."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from hub.store.types import moment


class Rate(SQLModel, table=True):
    """How much of a currency one unit of the table's base was worth on a day. ``day`` as 2026-03-31, ``per_base`` decimal
    text. One row of a day is the base itself, at 1."""

    day: str = Field(primary_key=True)
    currency: str = Field(primary_key=True)
    per_base: str


class Chore(SQLModel, table=True):
    """Something that the hub does by itself every so often, whichever process comes first. ``ran_at``: when it last did."""

    name: str = Field(primary_key=True)
    due_at: datetime = moment()
    ran_at: datetime | None = moment()


class Process(SQLModel, table=True):
    """Every process registers the digest of its configuration; one that differs claims nothing."""

    id: str = Field(primary_key=True)
    kind: str
    config_digest: str
    started_at: datetime = moment()
    seen_at: datetime = moment(index=True)

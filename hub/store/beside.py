"""What the hub keeps beside the commons: exchange rates, chores, its own processes and their pace. See ``tables``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column
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
    """Every process registers the digest of its configuration; one that differs claims nothing. ``started_at``: since when
    it goes by this configuration."""

    id: str = Field(primary_key=True)
    kind: str
    config_digest: str
    started_at: datetime = moment()
    seen_at: datetime = moment(index=True)


class Pace(SQLModel, table=True):
    """When calls to what a vendor counts for (``connectors.contract.Rate``) may go out, by all processes together. ``kind``:
    ``CALLS/SECONDS``, or empty for the pause that a 429 asked for. ``taken`` places so far, the newest at ``last_at``. Seconds
    since 1970 by the database's own clock, the only one that all processes share."""

    scope: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    taken: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    last_at: float | None = None
    paused_until: float | None = None


class PacePlace(SQLModel, table=True):
    """The last so many places of a pace, in a ring: ``slot`` is their number modulo the calls."""

    __tablename__ = "pace_place"

    scope: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    slot: int = Field(primary_key=True)
    at: float

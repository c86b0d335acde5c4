"""The tables of what people carry between the hub and a system that has only files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from hub.store.types import moment, sentence, sentences


class Upload(SQLModel, table=True):
    """A sheet that was brought to a door.

    ``content`` is kept only while it is looked at, and None once it was applied, given up or too old. ``say``: ``ticked``
    (shared is what the sheet itself says so of) or ``all`` (whoever brought it said so of every row). ``state``: looked,
    applying (``since`` then), applied, held, dropped. ``report`` as ``hub.door.report.Report``; ``look`` its hash, which
    applying is bound to. ``by``: a user's id.
    """

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    by: str
    name: str
    content: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    say: str = "ticked"
    state: str = Field(default="looked", index=True)
    report: dict[str, Any] = sentences()
    look: str = ""
    run_id: str | None = None
    error: str | None = sentence()
    since: datetime | None = moment()
    at: datetime = moment(index=True)


class Download(SQLModel, table=True):
    """Somebody took what is new for a system away as a sheet. What becomes due after ``at`` is new in the next one."""

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    by: str
    number: int = 0
    at: datetime = moment()

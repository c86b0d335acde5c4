"""The tables that hold the audit together: seals over its lines, erasures from them, and whose it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field, SQLModel

from hub.store.types import moment


class Seal(SQLModel, table=True):
    """Lines of the audit after one and up to another, chained to the seal before; see ``sealing``. ``marks`` is what tells
    which line is not as it was (``chain.MARK``); whether all are, ``digest`` alone tells."""

    id: int | None = Field(default=None, primary_key=True)
    after: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    upto: int = Field(sa_column=Column(BigInteger, nullable=False))
    lines: int
    digest: str
    marks: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = moment()


class Erasure(SQLModel, table=True):
    """Somebody was erased from the audit. It does not say who. While one is ``open``, in its own transaction only, the
    triggers let values of lines be taken out."""

    id: str = Field(primary_key=True)
    at: datetime = moment()
    by: str
    values: int = 0
    open: bool = True


class HubIdentity(SQLModel, table=True):
    __tablename__ = "hub_identity"
    """One row, made with the database: backups of one hub have the same."""

    id: str = Field(primary_key=True)

"""How people come in: their sessions, what was tried, who they are at an identity provider, and who is on the way there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hub.store.types import moment


class Session(SQLModel, table=True):
    """A signed-in browser. Only the SHA-256 of the cookie's random id is kept; ``id`` is what pages call it. ``address`` and
    ``browser`` are of when it began, ``way`` is password, provider or joining."""

    id_hash: str = Field(primary_key=True)
    id: str = Field(unique=True)
    user_id: str = Field(foreign_key="user.id", index=True)
    address: str = ""
    browser: str = ""
    way: str = "password"
    created_at: datetime = moment()
    seen_at: datetime = moment()


class SignInAttempt(SQLModel, table=True):
    """For throttling across processes. Failed ones go after a while; the others say where somebody usually comes from."""

    __tablename__ = "sign_in_attempt"

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(index=True)
    address: str = Field(index=True)
    at: datetime = moment(index=True)
    ok: bool = False


class Identity(SQLModel, table=True):
    """Who a user is at a provider, for good: e-mail addresses move from person to person there, subjects do not."""

    __table_args__ = (UniqueConstraint("issuer", "user_id"),)

    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    user_id: str = Field(foreign_key="user.id", index=True)
    at: datetime = moment()


class UnderWay(SQLModel, table=True):
    """A browser that was sent to the provider and has not come back. Only digests of what it brings back are kept. ``onward``:
    where it wanted to go; ``invitation``: the digest of the invitation's token that it came with."""

    __tablename__ = "under_way"

    state_hash: str = Field(primary_key=True)
    browser_hash: str
    nonce: str
    verifier: str
    onward: str = Field(sa_column=Column(Text, nullable=False))
    invitation: str | None = None
    address: str = Field(default="", index=True)
    at: datetime = moment(index=True)

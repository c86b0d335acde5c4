"""The tables of what is told to people: mails on their way, invitations, what members say to each other, and who wants which mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from hub.store.types import json_column, moment


class Message(SQLModel, table=True):
    """A mail to one address, inserted in the transaction of what it is about.

    ``state``: waiting, sent, failed (refused for good, or not to be got rid of for days; ``error`` says why). While one is
    being sent it waits with its ``not_before`` ahead. ``body`` is blanked once nothing is sent any more: it may hold
    an invitation's link, of which the hub keeps a digest only; so are ``html`` and ``headers``.

    ``about`` and ``reader``: the opportunities that it tells of, and the member that it tells. It goes out only while that
    member may see all of them; else its state is dropped.
    """

    id: str = Field(primary_key=True)
    to: str
    subject: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    html: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    headers: dict[str, str] | None = json_column()
    about: list[str] | None = json_column()
    reader: str | None = None
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


class Thread(SQLModel, table=True):
    """What two members say to each other at one opportunity. A side that takes part as its steward (``first_steward``,
    ``second_steward``) shows by its name only where the opportunity does, or once it gave its name in this thread
    (``first_shown``, ``second_shown``). ``waits_for``: the member that has something to answer."""

    id: str = Field(primary_key=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    first_member: str = Field(foreign_key="member.id")
    second_member: str = Field(foreign_key="member.id")
    first_steward: bool = False
    second_steward: bool = False
    first_shown: bool = False
    second_shown: bool = False
    waits_for: str | None = Field(default=None, index=True)
    at: datetime = moment()


class Post(SQLModel, table=True):
    """One message of a thread. ``kind``: question, introduction, recommendation, decline, answer. ``by``: the user or the
    token (``token:ID``) that wrote it. ``contact``: whether its writer let the other side see an e-mail address."""

    id: str = Field(primary_key=True)
    thread_id: str = Field(foreign_key="thread.id", index=True)
    from_member: str = Field(foreign_key="member.id")
    by: str = Field(index=True)
    kind: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    contact: bool = False
    at: datetime = moment()


class MailWish(SQLModel, table=True):
    """Which mails a person wants. ``digest``: off, weekly, twice, monthly; ``posts``: what is written to their member at an
    opportunity. ``key`` signs the links by which one unsubscribes without signing in.

    ``since`` and ``due_at``: what the next digest begins with, and when it is made. ``left``: opportunities that nobody had
    judged yet at the last, each with the time from which on it is to be told. ``message_id``: the mail that the last digest
    went by, ``began`` what that one began with.
    """

    __tablename__ = "mail_wish"

    user_id: str = Field(primary_key=True, foreign_key="user.id")
    key: str
    posts: bool = True
    digest: str = "twice"
    since: datetime = moment()
    due_at: datetime = moment(index=True)
    left: dict[str, str] | None = json_column()
    message_id: str | None = None
    began: datetime | None = moment()

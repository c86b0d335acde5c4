"""The tables. They never take outside input: the edges (config, mapping, web forms) validate first.

Values inside JSON columns are canonical commons values by flat path (see ``schemas``) or raw
columns of a system; amounts are decimal text, never floats. What waits for a person is in ``asked``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from hub.store.admitted import Identity, Session, SignInAttempt, UnderWay
from hub.store.alerted import Alert, Notice
from hub.store.asked import (
    Candidate,
    Conflict,
    Deletion,
    Duplicate,
    Handover,
    Hold,
    Leftover,
    MatchQuestion,
    Quarantine,
    Recommendation,
    ReferenceQuestion,
    Rule,
    SavedSearch,
    SearchTerm,
    Suggestion,
    UpdateQuestion,
)
from hub.store.beside import Chore, Pace, PacePlace, Process, Rate
from hub.store.carried import Download, Upload
from hub.store.found import Bookmark, Finding, FindingMade, FindingTag, LikenessDue, LikenessKey
from hub.store.outside import Hint, MemberKey, Token
from hub.store.reached import Opened
from hub.store.sealed import Erasure, HubIdentity, Seal
from hub.store.told import Invitation, MailWish, Message, Post, Thread
from hub.store.types import Row, json_column, line, moment, origins, plain, sentence, sentences

__all__ = [
    "Alert",
    "Audit",
    "Bookmark",
    "Candidate",
    "Chore",
    "Commitment",
    "Conflict",
    "Connection",
    "Deletion",
    "Download",
    "Due",
    "Duplicate",
    "Erasure",
    "Finding",
    "FindingMade",
    "FindingTag",
    "Handover",
    "Hint",
    "Hold",
    "HubIdentity",
    "Identity",
    "Intent",
    "Invitation",
    "Leftover",
    "LikenessDue",
    "LikenessKey",
    "Link",
    "MailWish",
    "MatchQuestion",
    "Member",
    "MemberKey",
    "Merged",
    "Message",
    "Notice",
    "Opened",
    "Opportunity",
    "Pace",
    "PacePlace",
    "Pending",
    "Post",
    "Process",
    "Quarantine",
    "Rate",
    "Recommendation",
    "ReferenceQuestion",
    "Rule",
    "Run",
    "RunCalls",
    "SavedSearch",
    "Seal",
    "SearchTerm",
    "Session",
    "SignInAttempt",
    "Suggestion",
    "Thread",
    "Token",
    "UnderWay",
    "UpdateQuestion",
    "Upload",
    "User",
]


# --- members and people ------------------------------------------------------


class Member(SQLModel, table=True):
    """An organisation in the commons. ``lawful_basis`` is the operator's record of why its
    projects may be listed without a consent each (published open data, say)."""

    id: str = Field(primary_key=True)
    name: str
    lawful_basis: str | None = None
    created_at: datetime = moment()


class User(SQLModel, table=True):
    """A person of one member. ``roles`` is a JSON list of staff, officer, admin, operator, convener. ``password_hash``
    is empty for somebody who signs in by a provider only."""

    id: str = Field(primary_key=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    email: str = Field(unique=True)
    name: str
    password_hash: str
    roles: list[str] = json_column()
    language: str | None = None
    active: bool = True
    created_at: datetime = moment()
    seen_at: datetime | None = moment()


# --- the commons -------------------------------------------------------------


@plain
class Opportunity(Row, table=True):
    """The canonical record. ``facts`` holds the steward's fields by path; ``origins`` says for each
    path where its value came from: ``{path: {"connection": name | None, "user": id | None, "at": iso}}``.

    ``arriving`` names the run that brought it, until that run is judged: others do not see it before.

    ``shown_at``: when something last moved that others than the one who moved it may know of (``updated_at`` moves with
    hidden positions too); where it is None, since it was created. ``version`` counts the same.

    ``look_at``: when it is next looked at whether it is still needed (never yet where None). ``asked_at``: since when its
    steward is asked; ``asked_mail`` the messages that ask. ``delisted_at``: when the hub withdrew it because nobody said so.
    """

    id: str = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, unique=True, nullable=False))
    kind: str
    status: str = Field(index=True)
    steward_id: str = Field(foreign_key="member.id", index=True)
    audience: str = "all"
    title: str = Field(sa_column=Column(Text, nullable=False))
    facts: dict[str, Any] = json_column()
    origins: dict[str, Any] = origins()
    version: int = 1
    arriving: str | None = Field(default=None, index=True)
    created_at: datetime = moment()
    updated_at: datetime = moment(index=True)
    shown_at: datetime | None = moment()
    look_at: datetime | None = moment(index=True)
    asked_at: datetime | None = moment()
    asked_mail: list[str] | None = json_column()
    delisted_at: datetime | None = moment()


@plain
class Commitment(Row, table=True):
    """A member's own position. ``facts`` by path (``commitment.stage`` ...); hidden unless its visibility says otherwise."""

    __table_args__ = (UniqueConstraint("opportunity_id", "member_id"),)

    id: str = Field(primary_key=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    facts: dict[str, Any] = json_column()
    origins: dict[str, Any] = origins()
    updated_at: datetime = moment()


class Merged(SQLModel, table=True):
    """This opportunity went into another, which all that bears its id or number means from then on. ``steward_id`` was its
    steward, and ``masked`` says that it was not shown by name."""

    id: str = Field(primary_key=True, foreign_key="opportunity.id")
    number: int = Field(sa_column=Column(BigInteger, unique=True, nullable=False))
    survivor_id: str = Field(foreign_key="opportunity.id", index=True)
    steward_id: str = Field(foreign_key="member.id")
    masked: bool = False
    at: datetime = moment()


# --- connections and what ties records to opportunities ----------------------


@plain
class Connection(Row, table=True):
    """What the hub knows of a configured connection, and its lease: one run at a time, fenced.

    ``state`` is active, paused or removed (no longer in the configuration).
    ``approved`` is false until a first sync was let go (``first_sync = "preview"``), or its first after a backup was restored (``restored_at``).
    ``shape`` is the type of each mapped column when last described, ``scope`` tells what it could see
    (address, credential, share field) when absences were last counted. ``reread_at``: when the feed of
    changes is next not believed, and every record is read. ``settings``: what the configuration last said of it, as
    ``hub.described.settings`` shows it. ``cancel_fence``: the fence of the run that a person asked to end.
    """

    id: str = Field(primary_key=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    system: str
    state: str = "active"
    reason: str | None = line()
    approved: bool = False
    due_at: datetime | None = moment(index=True)
    owner: str | None = None
    lease_until: datetime | None = moment()
    fence: int = 0
    cursor: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    mapping_digest: str | None = None
    scan: int = 0
    shape: dict[str, str] | None = json_column()
    described_at: datetime | None = moment()
    scope: str | None = None
    reread_at: datetime | None = moment()
    failures: int = 0
    last_ok_at: datetime | None = moment()
    settings: dict[str, str] | None = json_column()
    restored_at: datetime | None = moment()
    cancel_fence: int | None = None


@plain
class Link(Row, table=True):
    """Ties an opportunity to one record in one connection.

    ``state``: wanted (picked, not yet created) · creating (an intent is open) · linked · stopped
    (its member deleted its copy, or chose to stop following). ``base`` is the mapped raw columns as
    last read back; ``sent`` the columns whose read-back differed from what was written
    (``{column: sent value}``), so that a system's own normalising never looks like an edit.
    ``agreed`` maps paths to the digest of the commons value when the two last agreed: without a change
    there nothing is pushed, whatever a changed mapping makes of it.
    ``differs`` maps paths whose local value stays local to the reason (keep, suggest, rejected, loop); asked and
    left say that the commons moved on without the record.
    ``rounds`` maps paths to ``[times, scan]``: how often the system changed a value right after the hub wrote
    it, and the scan in which the hub last wrote. ``seen_page`` is the page of the listing that last showed it.
    ``unholdable`` maps paths that this system cannot hold to the reason. ``follow``: whether the record takes over later
    changes of the project's facts (yes, ask, no); ``answers`` maps paths to ``[take | leave, digest of the commons value]``.
    """

    __table_args__ = (
        UniqueConstraint("connection_id", "remote_id"),
        UniqueConstraint("connection_id", "opportunity_id"),
        Index("link_state", "connection_id", "state"),
    )

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id")
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    remote_id: str | None = None
    state: str = "linked"
    base: dict[str, Any] | None = json_column()
    sent: dict[str, Any] | None = json_column()
    agreed: dict[str, Any] | None = json_column()
    differs: dict[str, Any] | None = json_column()
    unholdable: dict[str, Any] | None = sentences()
    mapping_digest: str | None = None
    remote_version: str | None = None
    url: str | None = None
    seen_scan: int = 0
    seen_page: int = 0
    missed_scans: int = 0
    rounds: dict[str, list[int]] | None = json_column()
    picked_by: str | None = None
    follow: str = "yes"
    answers: dict[str, list[str]] | None = json_column()
    created_at: datetime = moment()
    synced_at: datetime | None = moment()


class Due(SQLModel, table=True):
    """This connection should look at this opportunity: inserted in the transaction of the change, removed when planned and pushed."""

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    opportunity_id: str = Field(primary_key=True, foreign_key="opportunity.id")
    since: datetime = moment()
    error: str | None = sentence()
    tries: int = 0
    not_before: datetime | None = moment()


class Pending(SQLModel, table=True):
    """A pull changed this opportunity and is not yet judged, or is held: no connection plans it."""

    run_id: str = Field(primary_key=True)
    opportunity_id: str = Field(primary_key=True, index=True)


# --- runs and their traces ---------------------------------------------------


@plain
class Run(Row, table=True):
    """One sync of one connection. ``state``: running, done, incomplete (heals itself), failed (needs a
    person), held (waits for approval), interrupted, cancelled (a person ended it). ``counts`` keys: read, created, changed, unchanged,
    not_shared, quarantined, conflicts, pushed_new, pushed, rejected, kept; and calls_used, calls_allowed, calls_stop where
    the system has a daily allowance (``connectors.contract.Budget``). ``taken_over_by``: the run that
    went on with what this one had not brought before a judge; ``judged_to``: the last of its audit lines that was."""

    __table_args__ = (Index("run_newest", "connection_id", "started_at"),)

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id")
    trigger: str = "schedule"
    state: str = Field(default="running", index=True)
    phase: str = "recover"
    started_at: datetime = moment(index=True)
    ended_at: datetime | None = moment()
    fence: int = 0
    counts: dict[str, int] = json_column()
    error: str | None = sentence()
    cursor_before: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    cursor_after: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    taken_over_by: str | None = Field(default=None, index=True)
    judged_to: int = 0


class RunCalls(SQLModel, table=True):
    """What a run asked its system, for its administrators and for two weeks: ``calls`` holds the newest of them, oldest first, each
    ``[method, address without query, status or what went wrong, milliseconds, attempt]``; ``number`` is how many there were."""

    __tablename__ = "run_calls"

    run_id: str = Field(primary_key=True)
    at: datetime = moment(index=True)
    number: int = 0
    calls: list[list[Any]] = json_column()


PERSONS = "actor >= 'user:'"
"""Lines of people in the audit; all other actors come before these by letter."""


@plain
class Audit(Row, table=True):
    """One row for each record change, written in its transaction. Triggers refuse to change or delete one.

    ``direction``: in (a system changed the commons), out (the hub wrote to a system), here (a person or
    the hub itself). ``actor``: ``connection:NAME``, ``user:ID``, ``hub``. ``values``:
    ``{path or column: [before, after]}``; where the line ``moves`` the commons, replaying them gives it.
    ``salt``: see ``chain``.
    """

    __table_args__ = (
        Index("audit_opportunity", "opportunity_id", "id"),
        Index("audit_connection", "connection_id", "id"),
        Index("audit_person", "actor", "id", sqlite_where=text(PERSONS), postgresql_where=text(PERSONS)),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = moment(index=True)
    run_id: str | None = Field(default=None, index=True)
    actor: str
    action: str
    direction: str = "here"
    opportunity_id: str | None = None
    connection_id: str | None = None
    remote_id: str | None = None
    member_id: str | None = None
    values: dict[str, Any] | None = json_column()
    note: str | None = sentence()
    moves: bool = False
    salt: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


@plain
class Intent(Row, table=True):
    """A write about to happen, committed before the call. Open ones are settled by looking."""

    id: str = Field(primary_key=True)
    run_id: str
    connection_id: str = Field(foreign_key="connection.id", index=True)
    opportunity_id: str
    link_id: str
    action: str
    fields: dict[str, Any] = json_column()
    state: str = Field(default="open", index=True)
    opened_at: datetime = moment()
    fence: int = 0

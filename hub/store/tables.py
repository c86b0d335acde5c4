"""The tables. They never take outside input: the edges (config, mapping, web forms) validate first.

Values inside JSON columns are canonical commons values by flat path (see ``schemas``) or raw
columns of a system; amounts are decimal text, never floats.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hub.store.types import Json, Moment


def _moment(index: bool = False, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(Moment, nullable=nullable, index=index))


def _json() -> Any:
    return Field(default=None, sa_column=Column(Json, nullable=True))


# --- members and people ------------------------------------------------------


class Member(SQLModel, table=True):
    """An organisation in the commons. ``lawful_basis`` is the operator's record of why its
    projects may be listed without a consent each (published open data, say)."""

    id: str = Field(primary_key=True)
    name: str
    lawful_basis: str | None = None
    created_at: datetime = _moment()


class User(SQLModel, table=True):
    """A person of one member. ``roles`` is a JSON list of staff, officer, admin, operator, convener."""

    id: str = Field(primary_key=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    email: str = Field(unique=True)
    name: str
    password_hash: str
    roles: list[str] = _json()
    language: str | None = None
    active: bool = True
    created_at: datetime = _moment()


class Session(SQLModel, table=True):
    """A signed-in browser. Only the SHA-256 of the cookie's random id is kept."""

    id_hash: str = Field(primary_key=True)
    user_id: str = Field(foreign_key="user.id", index=True)
    created_at: datetime = _moment()
    seen_at: datetime = _moment()


class SignInAttempt(SQLModel, table=True):
    """For throttling across processes."""

    __tablename__ = "sign_in_attempt"

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(index=True)
    address: str = Field(index=True)
    at: datetime = _moment(index=True)
    ok: bool = False


# --- the commons -------------------------------------------------------------


class Opportunity(SQLModel, table=True):
    """The canonical record. ``facts`` holds the steward's fields by path; ``origins`` says for each
    path where its value came from: ``{path: {"connection": name | None, "user": id | None, "at": iso}}``.

    ``arriving`` names the run that brought it, until that run is judged: others do not see it before.
    """

    id: str = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, unique=True, nullable=False))
    kind: str
    status: str = Field(index=True)
    steward_id: str = Field(foreign_key="member.id", index=True)
    audience: str = "all"
    title: str = Field(sa_column=Column(Text, nullable=False))
    facts: dict[str, Any] = _json()
    origins: dict[str, Any] = _json()
    version: int = 1
    arriving: str | None = Field(default=None, index=True)
    created_at: datetime = _moment()
    updated_at: datetime = _moment(index=True)


class Commitment(SQLModel, table=True):
    """A member's own position. ``facts`` by path (``commitment.stage`` ...); hidden unless its visibility says otherwise."""

    __table_args__ = (UniqueConstraint("opportunity_id", "member_id"),)

    id: str = Field(primary_key=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    facts: dict[str, Any] = _json()
    origins: dict[str, Any] = _json()
    updated_at: datetime = _moment()


# --- connections and what ties records to opportunities ----------------------


class Connection(SQLModel, table=True):
    """What the hub knows of a configured connection, and its lease: one run at a time, fenced.

    ``state`` is active, paused or removed (no longer in the configuration).
    ``approved`` is false until a first sync was let go (``first_sync = "preview"``).
    ``shape`` is the type of each mapped column when last described, ``scope`` tells what it could see
    (address, credential, share field) when absences were last counted.
    """

    id: str = Field(primary_key=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    system: str
    state: str = "active"
    reason: str | None = None
    approved: bool = False
    due_at: datetime | None = _moment(index=True)
    owner: str | None = None
    lease_until: datetime | None = _moment()
    fence: int = 0
    cursor: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    mapping_digest: str | None = None
    scan: int = 0
    shape: dict[str, str] | None = _json()
    described_at: datetime | None = _moment()
    scope: str | None = None
    failures: int = 0
    last_ok_at: datetime | None = _moment()


class Link(SQLModel, table=True):
    """Ties an opportunity to one record in one connection.

    ``state``: wanted (picked, not yet created) · creating (an intent is open) · linked · stopped
    (its member deleted its copy, or chose to stop following). ``base`` is the mapped raw columns as
    last read back; ``sent`` the columns whose read-back differed from what was written
    (``{column: sent value}``), so that a system's own normalising never looks like an edit.
    ``agreed`` maps paths to the digest of the commons value when the two last agreed: without a change
    there nothing is pushed, whatever a changed mapping makes of it.
    ``differs`` maps paths whose local value stays local to the reason (keep, suggest, rejected, loop).
    ``rounds`` maps paths to ``[times, scan]``: how often the system changed a value right after the hub wrote
    it, and the scan in which the hub last wrote. ``seen_page`` is the page of the listing that last showed it.
    ``unholdable`` maps paths that this system cannot hold to the reason.
    """

    __table_args__ = (
        UniqueConstraint("connection_id", "remote_id"),
        UniqueConstraint("connection_id", "opportunity_id"),
    )

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    remote_id: str | None = None
    state: str = "linked"
    base: dict[str, Any] | None = _json()
    sent: dict[str, Any] | None = _json()
    agreed: dict[str, Any] | None = _json()
    differs: dict[str, Any] | None = _json()
    unholdable: dict[str, Any] | None = _json()
    mapping_digest: str | None = None
    remote_version: str | None = None
    url: str | None = None
    seen_scan: int = 0
    seen_page: int = 0
    missed_scans: int = 0
    rounds: dict[str, list[int]] | None = _json()
    picked_by: str | None = None
    created_at: datetime = _moment()
    synced_at: datetime | None = _moment()


class Due(SQLModel, table=True):
    """This connection should look at this opportunity: inserted in the transaction of the change, removed when planned and pushed."""

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    opportunity_id: str = Field(primary_key=True, foreign_key="opportunity.id")
    since: datetime = _moment()
    error: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    tries: int = 0
    not_before: datetime | None = _moment()


class Pending(SQLModel, table=True):
    """A pull changed this opportunity and is not yet judged, or is held: no connection plans it."""

    run_id: str = Field(primary_key=True)
    opportunity_id: str = Field(primary_key=True, index=True)


# --- runs and their traces ---------------------------------------------------


class Run(SQLModel, table=True):
    """One sync of one connection. ``state``: running, done, incomplete (heals itself), failed (needs a
    person), held (waits for approval), interrupted. ``counts`` keys: read, created, changed, unchanged,
    not_shared, quarantined, conflicts, pushed_new, pushed, rejected, kept. ``taken_over_by``: the run that
    went on with what this one had not brought before a judge."""

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    trigger: str = "schedule"
    state: str = Field(default="running", index=True)
    phase: str = "recover"
    started_at: datetime = _moment(index=True)
    ended_at: datetime | None = _moment()
    fence: int = 0
    counts: dict[str, int] = _json()
    error: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    cursor_before: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    cursor_after: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    taken_over_by: str | None = Field(default=None, index=True)


class Audit(SQLModel, table=True):
    """One row for each record change, written in its transaction, never updated.

    ``direction``: in (a system changed the commons), out (the hub wrote to a system), here (a person or
    the hub itself). ``actor``: ``connection:NAME``, ``user:ID``, ``hub``. ``values``:
    ``{path or column: [before, after]}``; where the line ``moves`` the commons, replaying them gives it.
    """

    __table_args__ = (Index("audit_opportunity", "opportunity_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = _moment(index=True)
    run_id: str | None = Field(default=None, index=True)
    actor: str
    action: str
    direction: str = "here"
    opportunity_id: str | None = None
    connection_id: str | None = Field(default=None, index=True)
    remote_id: str | None = None
    member_id: str | None = None
    values: dict[str, Any] | None = _json()
    note: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    moves: bool = False


class Intent(SQLModel, table=True):
    """A write about to happen, committed before the call. Open ones are settled by looking."""

    id: str = Field(primary_key=True)
    run_id: str
    connection_id: str = Field(foreign_key="connection.id", index=True)
    opportunity_id: str
    link_id: str
    action: str
    fields: dict[str, Any] = _json()
    state: str = Field(default="open", index=True)
    opened_at: datetime = _moment()
    fence: int = 0


# --- what needs a person -----------------------------------------------------


class Conflict(SQLModel, table=True):
    """A field changed on both sides since the base, with no rule to decide it. Freezes the field in every link.

    ``base``: last agreed value. ``commons``: the commons value when opened, ``commons_from`` the connection
    that it came from, if any. ``parties``: list of
    ``{"connection", "link", "value", "raw": {column: value}}``. ``state``: open, resolved.
    ``choice``: the value chosen, kept when it reopens. ``rev`` counts every movement, for optimistic locking.
    """

    id: str = Field(primary_key=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    path: str
    state: str = Field(default="open", index=True)
    rev: int = 1
    base: Any = _json()
    commons: Any = _json()
    commons_from: str | None = None
    parties: list[dict[str, Any]] = _json()
    reason: str = ""
    choice: Any = _json()
    opened_at: datetime = _moment()
    resolved_at: datetime | None = _moment()
    resolved_by: str | None = None


class Suggestion(SQLModel, table=True):
    """An edit made in another member's system. ``state``: waiting (in the sender's queue), sent, accepted, declined, differs."""

    id: str = Field(primary_key=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    path: str
    value: Any = _json()
    commons: Any = _json()
    state: str = Field(default="waiting", index=True)
    word: str | None = None
    at: datetime = _moment()
    decided_at: datetime | None = _moment()
    decided_by: str | None = None


class Quarantine(SQLModel, table=True):
    """A record (``path`` empty) or one field of it that cannot be translated: its mapped fields, and the reason.
    A whole record is looked at again by itself after ``not_before``, ever more seldom."""

    __table_args__ = (UniqueConstraint("connection_id", "remote_id", "path"),)

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    remote_id: str
    path: str = ""
    place: str = ""
    reason: str = Field(sa_column=Column(Text, nullable=False))
    fields: dict[str, Any] | None = _json()
    opportunity_id: str | None = None
    state: str = Field(default="open", index=True)
    tries: int = 0
    not_before: datetime | None = _moment()
    first_seen_at: datetime = _moment()
    last_seen_at: datetime = _moment()


class ReferenceQuestion(SQLModel, table=True):
    """A record points at an organisation that the system has not, or has several of: link, create or skip.

    ``wish``: ``{"object", "match": [[column, value]], "fields": {column: value}}``. ``candidates``:
    ``[{"id", "fields"}]``. ``state``: open, linked, created, skipped.
    """

    __tablename__ = "reference_question"
    __table_args__ = (UniqueConstraint("link_id", "column"),)

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    link_id: str
    opportunity_id: str
    column: str
    wish: dict[str, Any] = _json()
    candidates: list[dict[str, Any]] = _json()
    state: str = Field(default="open", index=True)
    choice: str | None = None
    opened_at: datetime = _moment()
    decided_by: str | None = None


class MatchQuestion(SQLModel, table=True):
    """The answer to a create was lost in a system that keeps no key, and several records could be it.

    ``candidates``: ``[{"id", "url", "fields"}]``. ``state``: open, linked (``choice`` is the record), create
    (none of them: make it), done.
    """

    __tablename__ = "match_question"

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    link_id: str
    opportunity_id: str
    candidates: list[dict[str, Any]] = _json()
    state: str = Field(default="open", index=True)
    choice: str | None = None
    opened_at: datetime = _moment()
    decided_by: str | None = None


class Rule(SQLModel, table=True):
    """A member's standing answer to conflicts over one field of its opportunities (or of its own commitments):
    the word of ``connection_id`` counts. Made from a conflict; configuration wins over it."""

    __table_args__ = (UniqueConstraint("member_id", "path"),)

    id: str = Field(primary_key=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    path: str
    connection_id: str = Field(foreign_key="connection.id")
    conflict_id: str | None = None
    created_at: datetime = _moment()
    created_by: str | None = None


class Hold(SQLModel, table=True):
    """A run whose decisions wait for a person. ``kind``: first_sync, overwrites_in, overwrites_out,
    withdrawals, deletions. ``items``: the exact list, each ``{"opportunity_id", "title", "action",
    "remote_id", "values": {path: [before, after]}}``. An approval holds for ``plan_hash`` only.
    ``diagnosis``: what the items have in common, a sentence, where there is something."""

    id: str = Field(primary_key=True)
    run_id: str = Field(index=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    kind: str
    reason: str
    diagnosis: str = ""
    items: list[dict[str, Any]] = _json()
    plan_hash: str
    state: str = Field(default="waiting", index=True)
    at: datetime = _moment()
    decided_at: datetime | None = _moment()
    decided_by: str | None = None


class Deletion(SQLModel, table=True):
    """A linked record is gone, or was not shown any more.

    ``state``: look (a person wants each looked at), seen (gone, and not judged yet), rejected (taken for a
    mistake), followed_no_more (an importer's own copy); for the steward's record: open (its people are
    asked), withdrawn (the opportunity went too), kept (it stays), restored (it is made anew), came_back (the
    record is there again).
    """

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    link_id: str = Field(foreign_key="link.id", index=True)
    opportunity_id: str = Field(foreign_key="opportunity.id")
    remote_id: str
    state: str = Field(default="open", index=True)
    seen_at: datetime = _moment()
    decided_at: datetime | None = _moment()
    decided_by: str | None = None


class Process(SQLModel, table=True):
    """Every process registers the digest of its configuration; one that differs claims nothing."""

    id: str = Field(primary_key=True)
    kind: str
    config_digest: str
    started_at: datetime = _moment()
    seen_at: datetime = _moment(index=True)

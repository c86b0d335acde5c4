"""The tables of what needs a person, and of what people decided for good. Like all tables they take no outside input."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from hub.store.types import json_column, line, moment, sentence


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
    base: Any = json_column()
    commons: Any = json_column()
    commons_from: str | None = None
    parties: list[dict[str, Any]] = json_column()
    reason: str = ""
    choice: Any = json_column()
    opened_at: datetime = moment()
    resolved_at: datetime | None = moment()
    resolved_by: str | None = None


class Suggestion(SQLModel, table=True):
    """An edit made in another member's system. ``state``: waiting (in the sender's queue), sent, accepted, declined,
    differs, overtaken (its sender became the steward)."""

    id: str = Field(primary_key=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    path: str
    value: Any = json_column()
    commons: Any = json_column()
    state: str = Field(default="waiting", index=True)
    word: str | None = None
    at: datetime = moment()
    decided_at: datetime | None = moment()
    decided_by: str | None = None


class Recommendation(SQLModel, table=True):
    """A convener's word to a member about an opportunity. ``state``: open, taken_up, dismissed."""

    id: str = Field(primary_key=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    note: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    state: str = "open"
    by: str
    at: datetime = moment()
    decided_at: datetime | None = moment()
    decided_by: str | None = None


class SavedSearch(SQLModel, table=True):
    """What a person of a member looks for again and again. ``criteria`` as ``Criteria.as_data``; ``connection_id``: the
    inbox that gets what it finds, None where it is only kept."""

    __tablename__ = "saved_search"

    id: str = Field(primary_key=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    name: str
    criteria: dict[str, Any] = json_column()
    connection_id: str | None = Field(default=None, foreign_key="connection.id")
    created_at: datetime = moment()
    created_by: str


class SearchTerm(SQLModel, table=True):
    """The terms that a saved search with an inbox is posted under (``criteria.posted``)."""

    __tablename__ = "search_term"

    term: str = Field(primary_key=True)
    search_id: str = Field(primary_key=True, foreign_key="saved_search.id", index=True)


class Candidate(SQLModel, table=True):
    """An opportunity in an inbox, beside the link to its row. ``state``: new, taken_up, refused (``word`` says why),
    not_for_us, retired (nobody touched it for long). ``shown_at``: since when the row is there. ``found_by``: whose search
    it was."""

    connection_id: str = Field(primary_key=True, foreign_key="connection.id")
    opportunity_id: str = Field(primary_key=True, foreign_key="opportunity.id", index=True)
    why: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(default="new", index=True)
    word: str | None = None
    found_by: str | None = None
    at: datetime = moment()
    shown_at: datetime | None = moment()


class Handover(SQLModel, table=True):
    """A steward offers another member to take its place. ``state``: open, accepted, declined, taken_back, lapsed (the
    opportunity was withdrawn or changed hands meanwhile). ``masked``: its steward was not shown by name then, and is
    not when it has gone. ``answer``: the word of the one that decided."""

    id: str = Field(primary_key=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", index=True)
    from_member: str = Field(foreign_key="member.id")
    to_member: str = Field(foreign_key="member.id", index=True)
    word: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    answer: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    masked: bool = False
    state: str = "open"
    by: str
    at: datetime = moment()
    decided_at: datetime | None = moment()
    decided_by: str | None = None


class Duplicate(SQLModel, table=True):
    """Two opportunities of two stewards that may be one. ``first_id`` sorts before ``second_id``, so each pair has one row.

    ``state``: open, agreed (by both; it waits until no sync of either is under way), merged, different (one of them said so,
    for good), lapsed (they are alike no more). ``survivor_id``: which of the two is to stay. ``agreed_by``: the member that
    agreed to that and to what was ``seen``, a digest of the two; the other has to agree to the same.
    """

    __table_args__ = (UniqueConstraint("first_id", "second_id"),)

    id: str = Field(primary_key=True)
    first_id: str = Field(foreign_key="opportunity.id")
    second_id: str = Field(foreign_key="opportunity.id", index=True)
    survivor_id: str
    title: float = 0
    text: float = 0
    number: bool = False
    state: str = Field(default="open", index=True)
    agreed_by: str | None = None
    seen: str | None = None
    at: datetime = moment()
    decided_at: datetime | None = moment()
    decided_by: str | None = None


class Leftover(SQLModel, table=True):
    """What a merge left with a member that was in both opportunities: a record that is not followed any more
    (``connection_id``, ``remote_id``), or, where those are empty, its position on the one that is gone.

    ``state``: open, kept (as it stands), taken (the other position counts instead)."""

    id: str = Field(primary_key=True)
    member_id: str = Field(foreign_key="member.id", index=True)
    survivor_id: str = Field(foreign_key="opportunity.id")
    gone_id: str = Field(foreign_key="opportunity.id")
    connection_id: str | None = None
    remote_id: str | None = None
    url: str | None = None
    state: str = "open"
    at: datetime = moment()
    decided_at: datetime | None = moment()
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
    reason: str = sentence(nullable=False)
    fields: dict[str, Any] | None = json_column()
    opportunity_id: str | None = None
    state: str = Field(default="open", index=True)
    tries: int = 0
    not_before: datetime | None = moment()
    first_seen_at: datetime = moment()
    last_seen_at: datetime = moment()


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
    wish: dict[str, Any] = json_column()
    candidates: list[dict[str, Any]] = json_column()
    state: str = Field(default="open", index=True)
    choice: str | None = None
    opened_at: datetime = moment()
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
    candidates: list[dict[str, Any]] = json_column()
    state: str = Field(default="open", index=True)
    choice: str | None = None
    opened_at: datetime = moment()
    decided_by: str | None = None


class UpdateQuestion(SQLModel, table=True):
    """The commons changed facts of a project, and the record's people want to be asked before it follows: one row a link.

    ``values``: ``{path: [there, commons]}``. ``state``: open, taken, left, settled (there is nothing to ask any more, or
    nobody wants to be). ``rev`` counts its movements.
    """

    __tablename__ = "update_question"

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    link_id: str = Field(foreign_key="link.id", unique=True)
    opportunity_id: str = Field(foreign_key="opportunity.id")
    values: dict[str, list[Any]] = json_column()
    state: str = Field(default="open", index=True)
    rev: int = 1
    at: datetime = moment()
    decided_at: datetime | None = moment()
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
    created_at: datetime = moment()
    created_by: str | None = None


class Hold(SQLModel, table=True):
    """A run whose decisions wait for a person. ``kind``: first_sync, overwrites_in, overwrites_out,
    withdrawals, closings, deletions. ``items``: the exact list, each ``{"opportunity_id", "title", "action",
    "remote_id", "values": {path: [before, after]}}``. An approval holds for ``plan_hash`` only.
    ``diagnosis``: what the items have in common, a sentence, where there is something."""

    id: str = Field(primary_key=True)
    run_id: str = Field(index=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    kind: str
    reason: str = line(nullable=False)
    diagnosis: str = line(nullable=False, default="")
    items: list[dict[str, Any]] = json_column()
    plan_hash: str
    state: str = Field(default="waiting", index=True)
    at: datetime = moment()
    decided_at: datetime | None = moment()
    decided_by: str | None = None


class Deletion(SQLModel, table=True):
    """A linked record is gone, or was not shown any more.

    ``state``: look (a person wants each looked at), seen (gone, and not judged yet), rejected (taken for a
    mistake), unproven (looked at, and neither shown nor called deleted), followed_no_more (an importer's own
    copy); for the steward's record: open (its people are asked), withdrawn (the opportunity went too), kept
    (it stays), restored (it is made anew), came_back (the record is there again).
    """

    id: str = Field(primary_key=True)
    connection_id: str = Field(foreign_key="connection.id", index=True)
    link_id: str = Field(foreign_key="link.id", index=True)
    opportunity_id: str = Field(foreign_key="opportunity.id")
    remote_id: str
    state: str = Field(default="open", index=True)
    seen_at: datetime = moment()
    decided_at: datetime | None = moment()
    decided_by: str | None = None

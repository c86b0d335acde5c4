"""Which opportunity an unlinked record is. Pure.

A record that carries the key of an opportunity visible to its member is that opportunity's record,
never a new one. Softer likenesses are for people to look at, never for this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from hub.commons.sharing import Circles, may_see
from hub.store.tables import Link, Opportunity


class Match(StrEnum):
    DROP = "drop"  # neither shared nor ours: not stored, not logged
    NEW = "new"  # shared for the first time
    RECREATE = "recreate"  # shared, and carries a key the hub has lost: it comes back under that id
    ADOPT = "adopt"  # the record of a link that waited for its id
    JOIN = "join"  # carries the key of a visible opportunity that has no record here yet
    REPLACES = "replaces"  # the steward deleted the record, and shares a copy that carries its key
    STRANGER = "stranger"  # carries a key that this member may not see
    SECOND = "second"  # carries the key of an opportunity that already has a record here
    FOLLOWED_NO_MORE = "followed_no_more"  # its member stopped following; it is theirs alone


@dataclass(frozen=True, slots=True)
class Unlinked:
    """What is known of a record without a link. ``key`` is its key column, ``audience`` its share tick."""

    key: str
    audience: str | None
    may_share: bool


def match(record: Unlinked, opportunity: Opportunity | None, link: Link | None, member: str, circles: Circles) -> Match:
    """``opportunity`` is the one with the record's key, ``link`` that opportunity's link in this connection."""
    shared = record.audience is not None and record.may_share
    if not record.key:
        return Match.NEW if shared else Match.DROP
    if opportunity is None:
        return _unknown_key(record.key, shared)
    if not may_see(opportunity, member, circles) and link is None:
        return Match.STRANGER
    if link is None:
        return Match.JOIN
    if link.remote_id is None:
        return Match.ADOPT
    if link.state != "stopped":
        return Match.SECOND
    return Match.REPLACES if shared and opportunity.steward_id == member else Match.FOLLOWED_NO_MORE


def _unknown_key(key: str, shared: bool) -> Match:
    if not shared:
        return Match.DROP
    return Match.RECREATE if is_id(key) else Match.STRANGER


def is_id(key: str) -> bool:
    """Whether this text is an id that the hub could have given."""
    try:
        return str(UUID(key)) == key
    except ValueError:
        return False

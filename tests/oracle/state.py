"""What the hub of a story holds: opportunities, links, conflicts, suggestions, and one record about to be decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import UUID

from hub.sync.matching import Match, Unlinked
from hub.sync.reconcile import Reconciled, Standing
from tests.oracle.systems import Raw, System
from tests.oracle.writes import Write

IDS = [str(UUID(int=(1 << 76) + (2 << 62) + n)) for n in (1, 2, 3)]
Edits = Literal["keep", "suggest", "accept", "reset"]
Scope = tuple[str, str]
"""A path and whose it is: a member's own field has one value a member, all others one for all ("")."""


@dataclass(slots=True)
class Held:
    """A value of the commons. ``origin``: the system that it came from, None for a person in the hub."""

    write: Write
    origin: str | None = None


@dataclass(slots=True)
class Shared:
    """What ``hub.store.tables.Opportunity`` holds, as far as decisions look at it."""

    id: str
    steward_id: str
    status: str
    audience: str
    arriving: str | None = None
    held: dict[Scope, Held] = field(default_factory=dict)


@dataclass(slots=True)
class Tie:
    """A link. ``agreed_on``: the commons value at the last agreement itself, for the oracle's own eyes."""

    connection: str
    opportunity: str
    remote_id: str
    state: str = "linked"
    asked: bool = False
    base: Raw | None = None
    sent: Raw = field(default_factory=dict)
    agreed: dict[str, str] = field(default_factory=dict)
    agreed_on: dict[str, Any] = field(default_factory=dict)
    differs: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    version: int = 0


@dataclass(slots=True)
class Party:
    tie: Tie
    write: Write
    columns: Raw


@dataclass(slots=True)
class Open:
    """An open conflict."""

    base: Any
    commons: Write
    parties: dict[str, Party]


@dataclass(slots=True)
class Wish:
    """A suggestion: the value as it was when it was raised."""

    write: Write
    columns: Raw


@dataclass(slots=True)
class Case:
    """One record about to be decided, in full, for the oracle to look at. ``says``: the writes its cells show."""

    system: System
    tie: Tie
    shared: Shared
    raw: Raw
    says: dict[str, Write]
    standing: Standing
    pulled: bool


class Judge(Protocol):
    """Who watches. Raises AssertionError for what the invariants do not allow."""

    def decided(self, case: Case, result: Reconciled) -> None: ...
    def matched(self, record: Unlinked, shared: Shared | None, tie: Tie | None, member: str, found: Match) -> None: ...
    def wrote(self, case: Case, path: str, before: Raw, after: Raw, over: Write, write: Write) -> None: ...


@dataclass(frozen=True, slots=True)
class Linked:
    """What ``match`` looks at of a link."""

    remote_id: str
    state: str

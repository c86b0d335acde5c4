"""What the hub asks of a grants system, and what a connector answers.

A connector speaks one system's wire protocol. It knows raw records only: column
names and values as that system has them, JSON-like (``str``, ``int``,
``Decimal``, ``bool``, ``None``, ``list``, ``dict``; never ``float``). It holds no
state between runs but its sign-in, and never decides what a value means.

Words: *record* is one row in a member's system; *key* is the opportunity's id as
written into the record, so that it can be found again; *cursor* is an opaque
position in the system's change feed that only its connector can read.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from schemas.said import phrase

if TYPE_CHECKING:
    from connectors.facts import Facts
    from connectors.questions import Question
    from connectors.transport import Transport

Raw = dict[str, Any]
Cursor = str
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


# --- what the hub wants ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that points at a record of another object (an organisation, a person).

    The connector reads ``columns`` of the target along with the record and gives the
    column's value as ``{"id": target id, column: value, ...}``, or ``None`` when unset.
    Written as ``{"id": target id}``.
    """

    object: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The part of a system that one connection uses. Nothing else is requested where the
    system can select; elsewhere the connector drops it before anything is stored or logged."""

    object: str
    fields: tuple[str, ...]
    key: str | None = None
    references: Mapping[str, Reference] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Secret:
    """A credential. Shows itself as ``***``; ``reveal()`` at the wire only. ``reference``: how the configuration names
    it, ``env:NAME`` or ``file:PATH``."""

    value: str = field(repr=False)
    reference: str = field(default="", repr=False, compare=False)

    def reveal(self) -> str:
        return self.value

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a connector, as ``config.toml`` names it under ``[connections.NAME.options]``."""

    name: str
    help: str
    required: bool = False
    secret: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """A connection's name and its options, secrets already resolved to ``Secret``."""

    connection: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        return self.options.get(name, default)


# --- records -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """One row as read. ``fields`` holds wanted columns only; a column that the system
    leaves out of its answer may be absent. ``version`` is the system's own token for a
    guarded write, opaque; ``url`` opens the record for a person."""

    id: str
    fields: Raw
    version: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """Proof that a record was deleted: the system said so about this id."""

    id: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """The system will not say: no such id, no right to see it, or both look alike."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot even become a record (a duplicated id in a sheet, a broken line)."""

    id: str | None
    place: str
    reason: str
    fields: Raw = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a change feed.

    ``cursor`` is set when everything up to and including this page may be considered read
    once the page is stored. ``complete`` is true on the last page of a scan that is known to
    have shown every record of the object; only then may absence be thought about at all.
    """

    records: tuple[Record, ...] = ()
    gone: tuple[Gone, ...] = ()
    refused: tuple[Refused, ...] = ()
    cursor: Cursor | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A record to create. ``fields`` already contains the key column when the system has one."""

    key: str
    fields: Raw


@dataclass(frozen=True, slots=True)
class Edit:
    """Columns to change on one record, which must still be as ``expected`` has it."""

    id: str
    fields: Raw
    expected: Record


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one draft, edit or delete, in the order asked.

    Exactly one of ``error`` and ``id`` is set. ``record`` is the record as it stands now when
    the system's answer carried all wanted columns; otherwise the hub reads it back.
    """

    id: str | None = None
    record: Record | None = None
    error: ConnectorError | None = None


# --- what a system can do ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``calls`` in ``seconds`` for everything that shares ``scope`` (a base, an org, a token)."""

    scope: str
    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this instance of a system can do: data, not code.

    ``granularity`` and ``find_lag`` are seconds: the coarseness of its change timestamps, and
    how long a fresh record may stay invisible to ``find``. ``batch``: drafts of one ``create``, and edits of one
    ``update`` unless ``batch_edits`` says another number.
    """

    writes: bool = True
    feed: Literal["token", "timestamp", "full_scan"] = "full_scan"
    granularity: float = 0.0
    tombstones: Literal["feed", "flag", "none"] = "none"
    guard: Literal["strong", "second", "none"] = "none"
    upsert: bool = False
    key: Literal["text", "integer", "none"] = "text"
    find_lag: float = 0.0
    page: int = 100
    batch: int = 1
    batch_edits: int | None = None
    rates: tuple[Rate, ...] = ()
    normalises: tuple[str, ...] = ()
    references: bool = False


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls of a longer allowance, as the system's newest answer told: ``used`` of ``allowed`` in ``seconds``, by everyone
    who shares it. From ``stop`` on this connection leaves the rest to others."""

    used: int
    allowed: int
    seconds: float
    stop: int

    @property
    def left(self) -> int:
        """Calls that this connection may still make."""
        return max(0, self.stop - self.used)


ABSENT = "absent"
"""The type of a wanted column that is not there and that the first write will add (a sheet's, say)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column that the object offers. ``length`` in characters, ``choices`` if it is a closed list."""

    name: str
    type: str
    writable: bool = True
    required: bool = False
    unique: bool = False
    length: int | None = None
    choices: tuple[str, ...] = ()
    references: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a connection test, in words for an administrator; ``fix`` says what to do when not ``ok``."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


# --- the closed family of errors ---------------------------------------------


class ConnectorError(Exception):
    """A system did not do what was asked. The class is the policy; the message names the
    thing, the place and the way out, and never contains a credential. It may quote what a system said, so
    characters that no database can keep are spelt out."""

    def __init__(self, message: str = "") -> None:
        odd = _UNKEEPABLE.search(message)
        super().__init__(_UNKEEPABLE.sub(lambda c: f"U+{ord(c[0]):04X}", message) if odd else message)


class SignInFailed(ConnectorError):
    """The credentials were not accepted. The run stops; an administrator must act."""


class Forbidden(ConnectorError):
    """Signed in, but not allowed. Never a sign that a record is gone."""


class Invalid(ConnectorError):
    """The system refused the content. ``fields`` names the columns at fault, where it said so."""

    def __init__(self, message: str, fields: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)


class Stale(ConnectorError):
    """The record changed since it was read. Read it again and think again."""


class RateLimited(ConnectorError):
    """Too many calls for now; ``wait`` is in seconds."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class QuotaSpent(ConnectorError):
    """A daily or monthly budget is used up; waiting seconds does not help."""


class CursorExpired(ConnectorError):
    """The position in the change feed is no longer known. Start over with a full scan."""


class Unavailable(ConnectorError):
    """The system did not answer, or answered something that is not its protocol. Nothing was changed."""


class Ambiguous(ConnectorError):
    """A write was sent and its answer was lost. It may or may not have happened: look, never repeat.
    ``wait`` is in seconds: before that the system will not answer whoever looks."""

    def __init__(self, message: str = "", wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


# --- the contract ------------------------------------------------------------


class Connector(ABC):
    """One open connection to one system. Methods raise ``ConnectorError`` and nothing else;
    ``create``, ``update`` and ``delete`` report per item and raise only when nothing was sent."""

    capabilities: Capabilities

    @abstractmethod
    def check(self) -> list[Check]:
        """Reach, sign in, may read, may write, fields exist, key usable. Writes nothing, never raises."""

    @abstractmethod
    def describe(self) -> list[Field]:
        """What the object offers."""

    @abstractmethod
    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """Records changed since the cursor, everything when it is ``None``. Repeats are fine, gaps are not."""

    @abstractmethod
    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        """Each id as it stands now. ``Gone`` only on proof."""

    @abstractmethod
    def find(self, key: str) -> list[Record]:
        """Records that carry this key; more than one is a duplicate for a person to look at."""

    @abstractmethod
    def create(self, drafts: Sequence[Draft]) -> list[Outcome]: ...

    @abstractmethod
    def update(self, edits: Sequence[Edit]) -> list[Outcome]: ...

    @abstractmethod
    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        """Only where a member configured it for its own records. Gone already counts as done."""

    def refuses(self, column: str, value: Any) -> str | None:
        """Why this column can never hold this value, where that is known without asking; ``None`` when it may.
        The field is then left as it is and shown so, and the record's other fields are written."""
        return None

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        """Records of another object whose columns equal these values, for a reference to point at, where
        ``capabilities.references``; or of the wanted object, to see what is there already. ``Invalid`` where neither."""
        raise Invalid(phrase("This system has no object %(object)s that a record could point at.", object=repr(object)))

    def add(self, object: str, fields: Raw) -> Outcome:
        """A new record of another object (an organisation that a person decided to create)."""
        return Outcome(
            error=Invalid(
                phrase("This system has no object %(object)s that a record could point at.", object=repr(object))
            )
        )

    def budget(self) -> Budget | None:
        """The daily or monthly allowance as the newest answer told it; ``None`` where there is none, or nothing was told."""
        return None

    def close(self) -> None:
        """Let go of sockets and files."""
        return


@dataclass(frozen=True, slots=True)
class System:
    """What an entry point of group ``commons_hub.connectors`` names: how to open one system."""

    name: str
    title: str
    summary: str
    options: tuple[Option, ...]
    open: Callable[[Settings, Wanted, Transport], Connector]
    hosts: Callable[[Settings], tuple[str, ...]]
    """``host:port`` pairs that a connection with these settings may talk to; empty for files."""
    sandbox: str | None = None
    """``module:function`` that starts the local stand-in server, if there is one."""
    questions: tuple[Question, ...] = ()
    """What is not known of it for certain, as its README lists it; ``hub prove`` settles what it can."""
    facts: Facts | None = None

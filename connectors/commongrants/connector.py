"""The connector: a public list of calls that nobody writes to.

Changes are read from the top of the list, with an overlap; the whole list is read from time to time, because an edit may
leave ``lastModifiedAt`` where it was. That a record is gone nobody says: list and single record disagree for a while.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from connectors.commongrants import columns, errors
from connectors.commongrants.lists import PAGE, Source, Walk, ahead, modified
from connectors.contract import (
    Capabilities,
    Check,
    Connector,
    ConnectorError,
    Cursor,
    CursorExpired,
    Draft,
    Edit,
    Field,
    Gone,
    Invalid,
    Outcome,
    Page,
    Record,
    Refused,
    Secret,
    Settings,
    SignInFailed,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.transport import Time, Transport

KEY_HEADER = "X-API-Key"
OVERLAP = 24
FULL_EVERY = 24
CURSOR = 1
"""Version of what a cursor holds."""


def open_source(settings: Settings, wanted: Wanted, transport: Transport) -> Calls:
    """``Invalid`` when an option is missing or cannot be; nothing is called yet."""
    if not settings.get("url"):
        raise Invalid(f"Connection {settings.connection!r} lacks the option 'url'.", ("url",))
    if wanted.key:
        raise Invalid(
            "A CommonGrants API is read only, so no key can be written. Take the key out of the mapping.", ("key",)
        )
    key = settings.get("api_key")
    secret = key if isinstance(key, Secret) or not key else Secret(str(key))
    source = Source(transport, str(settings.get("url")), secret, str(settings.get("key_header") or KEY_HEADER))
    return Calls(
        source,
        wanted,
        transport.time,
        overlap=_hours(settings, "overlap", OVERLAP),
        full=_hours(settings, "full_every", FULL_EVERY),
    )


class Calls(Connector):
    """See ``contract.Connector``. ``overlap`` and ``full`` are in hours."""

    def __init__(self, source: Source, wanted: Wanted, time: Time, *, overlap: float, full: float) -> None:
        self._source = source
        self._wanted = wanted
        self._time = time
        self._overlap = overlap
        self._full = full
        self.capabilities = Capabilities(
            writes=False,
            feed="timestamp",
            tombstones="none",
            guard="none",
            key="none",
            page=PAGE,
            rates=source.rates,
        )

    def check(self) -> list[Check]:
        try:
            body = errors.body(self._source.get("", page=1, pageSize=1), "Listing one opportunity")
            if not isinstance(body.get("items"), list):
                raise Unavailable("Listing one opportunity: the answer is no page of the CommonGrants protocol.")
        except SignInFailed as error:
            return [Check("sign in", False, str(error), "Ask whoever runs the API for a key, and set api_key.")]
        except ConnectorError as error:
            return [Check("reach the API", False, str(error), "Check url and the network, then check again.")]
        info = body.get("paginationInfo")
        told = info.get("totalItems") if isinstance(info, dict) else None
        return [
            Check("read", True, f"{told if told is not None else 'An untold number of'} opportunities can be read.")
        ]

    def describe(self) -> list[Field]:
        """The protocol says what there is; whether a source fills it in shows when it is read."""
        errors.body(self._source.get("", page=1, pageSize=1), "Listing one opportunity")
        return [Field(name, "any", writable=False) for name in self._wanted.fields]

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        started = self._time.now()
        place = None if since is None else _read(since)
        full = place is None or started - place[1] >= timedelta(hours=self._full) or started < place[1]
        if place is None or full:
            walk = self._source.everything()
        else:
            walk = self._source.since(ahead(place[0], self._overlap))
        newest = max(
            [at for row in walk.rows.values() if (at := modified(row))] + ([place[0]] if place else []), default=None
        )
        cursor = None
        if newest is not None and (walk.whole or not full):
            cursor = json.dumps(
                [CURSOR, newest.isoformat(), (started if full or place is None else place[1]).isoformat()]
            )
        yield from self._pages(walk, cursor, complete=full and walk.whole)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        found: dict[str, Record | Gone | Unseen] = {}
        for id in ids:
            answer = self._source.get(f"/{id}") if _safe(id) else None
            if answer is None or answer.status == 404:
                found[id] = Unseen(id, "The source does not show it now; that is no proof that it is gone.")
                continue
            row = errors.body(answer, f"Reading opportunity {id}").get("data")
            if not isinstance(row, dict) or row.get("id") != id:
                raise Unavailable(f"Reading opportunity {id}: the answer is about something else.")
            found[id] = self._record(row)
        return found

    def find(self, key: str) -> list[Record]:
        return []

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return _never(len(drafts))

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return _never(len(edits))

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return _never(len(ids))

    def _pages(self, walk: Walk, cursor: Cursor | None, *, complete: bool) -> Iterator[Page]:
        records = [self._record(row) for row in walk.rows.values()]
        odd = tuple(
            Refused(None, f"entry {n} of the list", "This is no opportunity of the CommonGrants protocol.")
            for n in range(1, walk.odd + 1)
        )
        for start in range(0, max(len(records), 1), PAGE):
            last = start + PAGE >= len(records)
            yield Page(
                tuple(records[start : start + PAGE]),
                refused=odd if last else (),
                cursor=cursor if last else None,
                complete=complete and last,
            )

    def _record(self, row: dict[str, object]) -> Record:
        source = row.get("source")
        url = source if isinstance(source, str) and source.startswith(("https://", "http://")) else None
        version = row.get("lastModifiedAt")
        fields = {name: columns.cell(row, name) for name in self._wanted.fields}
        return Record(str(row["id"]), fields, version=version if isinstance(version, str) else None, url=url)


def _read(cursor: Cursor) -> tuple[datetime, datetime]:
    """The newest ``lastModifiedAt`` that was read, and when everything was read last (by our clock)."""
    try:
        version, newest, full = json.loads(cursor)
        if version != CURSOR:
            raise ValueError
        return datetime.fromisoformat(newest), datetime.fromisoformat(full)
    except (ValueError, TypeError):
        raise CursorExpired("This position in the list of opportunities is not known any more.") from None


def _hours(settings: Settings, name: str, default: float) -> float:
    given = settings.get(name, default)
    if isinstance(given, bool) or not isinstance(given, int | float) or given < 0:
        raise Invalid(f"The option {name} is {given!r}. Give a number of hours, like {default}.", (name,))
    return float(given)


def _safe(id: str) -> bool:
    return bool(id) and all(letter.isalnum() or letter in "-_" for letter in id)


def _never(count: int) -> list[Outcome]:
    error = Invalid("A CommonGrants API is read only.")
    return [Outcome(error=error) for _ in range(count)]

"""The open calls of one publisher. The protocol lets nobody write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.commongrants import check, columns, errors
from connectors.commongrants.api import A_MINUTE, BEARER, KEY_AS, PAGE, Api, Listing
from connectors.commongrants.feed import Feed
from connectors.commongrants.position import position
from connectors.commongrants.scan import Row, is_row
from connectors.contract import (
    Capabilities,
    Check,
    Connector,
    Cursor,
    Draft,
    Edit,
    Field,
    Gone,
    Invalid,
    Outcome,
    Page,
    Record,
    Secret,
    Settings,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.transport import Transport
from schemas.said import phrase

OBJECT = "opportunities"
OVERLAP = 24
"""Hours. An index that lists are made from may be an hour behind, and stamps of several machines differ."""

EVERYTHING = 24
"""Hours until everything is read again, for the edits that moved no stamp."""

READ_ONLY = phrase("The CommonGrants protocol lets nobody write an opportunity; this connection only reads.")


def open_calls(settings: Settings, wanted: Wanted, transport: Transport) -> OpenCalls:
    """``Invalid`` names the option or the object that cannot be used."""
    url, key, key_as = str(settings.get("url") or ""), settings.get("key"), settings.get("key_as", KEY_AS)
    if not url:
        raise Invalid(
            phrase("The option url is missing: the API's address, up to what comes before /common-grants/."), ("url",)
        )
    if key_as not in (KEY_AS, BEARER):
        raise Invalid(
            phrase(
                'The option key_as is "%(key_as)s" or "%(bearer)s", not %(given)s.',
                key_as=KEY_AS,
                bearer=BEARER,
                given=repr(key_as),
            ),
            ("key_as",),
        )
    if wanted.object != OBJECT:
        raise Invalid(
            phrase(
                "The mapping's object is %(object)s; here it can only be %(only)s.",
                object=repr(wanted.object),
                only=repr(OBJECT),
            )
        )
    if wanted.key or wanted.references:
        raise Invalid(phrase("Nothing can be written here, so the mapping can have no key and no reference."))
    secret = key if isinstance(key, Secret) or not key else Secret(str(key))
    numbers = {
        name: _number(settings, name, default)
        for name, default in (
            ("page_size", PAGE),
            ("overlap_hours", OVERLAP),
            ("everything_hours", EVERYTHING),
            ("calls_a_minute", A_MINUTE),
        )
    }
    api = Api(transport, url, secret or None, key_as, numbers["calls_a_minute"])
    return OpenCalls(api, wanted, numbers, str(settings.get("page") or ""))


def _number(settings: Settings, name: str, default: int) -> int:
    given = settings.get(name, default)
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise Invalid(
            phrase("The option %(name)s is a whole number from 1 on, not %(given)s.", name=name, given=repr(given)),
            (name,),
        )
    return given


class OpenCalls(Connector):
    """See ``contract.Connector``."""

    def __init__(self, api: Api, wanted: Wanted, numbers: dict[str, int], page: str) -> None:
        self._api = api
        self._wanted = wanted
        self._page = page
        self._size = numbers["page_size"]
        self._feed = Feed(
            api,
            self._size,
            timedelta(hours=numbers["overlap_hours"]),
            timedelta(hours=numbers["everything_hours"]),
            self._record,
            self.get,
        )
        self.capabilities = Capabilities(
            writes=False,
            feed="timestamp",
            granularity=1.0,
            tombstones="flag",
            guard="none",
            key="none",
            page=self._size,
            rates=api.rates,
        )

    # --- looking

    def check(self) -> list[Check]:
        return check.run(self._api, self._wanted, self._size)

    def describe(self) -> list[Field]:
        """The protocol's columns, those custom fields that the newest calls have, and whatever else is mapped and may be."""
        newest = self._newest()
        if not all(map(is_row, newest.items)):  # spoilt on its way, or really so: asked once more
            newest = self._newest()
        mapped = [column for column in self._wanted.fields if columns.known(column)]
        names = dict.fromkeys([*columns.OFFERED, *columns.custom(newest.items), *mapped])
        return [
            Field(
                name,
                columns.OFFERED.get(name, "custom field"),
                writable=False,
                choices=columns.STATUSES if name == "status.value" else (),
            )
            for name in names
        ]

    # --- reading

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        if since is None:
            return self._feed.everything()
        return self._feed.since(position(since))

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        return {id: self._one(id) for id in dict.fromkeys(ids)}

    def find(self, key: str) -> list[Record]:
        return []

    # --- writing

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return [Outcome(error=Invalid(READ_ONLY)) for _ in drafts]

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return [Outcome(error=Invalid(READ_ONLY)) for _ in edits]

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return [Outcome(error=Invalid(READ_ONLY)) for _ in ids]

    # --- how

    def _newest(self) -> Listing:
        return next(self._api.pages(self._size, phrase("Looking which fields there are")))

    def _one(self, id: str) -> Record | Gone | Unseen:
        answer = self._api.one(id)
        place = phrase("Looking up call %(id)s", id=id)
        if errors.says_it_is_not_there(answer):
            return Gone(id)
        if answer.status in (400, 404, 410, 422):
            return Unseen(
                id,
                phrase(
                    "%(url)s answered %(status)s, and not that there is no such call.",
                    url=answer.url,
                    status=answer.status,
                ),
            )
        if not answer.ok:
            raise errors.error(answer, place)
        body = answer.json()
        row = body.get("data") if isinstance(body, dict) else None
        if not isinstance(row, dict) or not is_row(row) or row["id"].casefold() != id.casefold():
            raise Unavailable(
                phrase("%(place)s: %(url)s answered something else than that call.", place=place, url=answer.url)
            )
        return self._record(row | {"id": id})

    def _record(self, row: Row) -> Record:
        # Nothing but wanted columns goes on from here; the protocol cannot leave any out.
        fields = {column: columns.value(row, column) for column in self._wanted.fields}
        stamp = row.get("lastModifiedAt")
        return Record(row["id"], fields, stamp if isinstance(stamp, str) else None, self._address(row))

    def _address(self, row: dict[str, Any]) -> str | None:
        if self._page:
            return self._page.replace("{id}", row["id"])
        source = row.get("source")
        try:
            there = isinstance(source, str) and urlsplit(source).scheme in ("http", "https")
        except ValueError:
            there = False
        return source if there else None

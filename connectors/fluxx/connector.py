"""One model of one Fluxx site.

Lists come from an index that an update may reach five minutes late, so a list says which records may have changed
and where a key is; what a record says is read by its id. There is no version token and no proof of deletion but
``deleted_at``, where a site shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from connectors.contract import (
    Ambiguous,
    Capabilities,
    Check,
    Connector,
    ConnectorError,
    Cursor,
    Draft,
    Edit,
    Field,
    Gone,
    Invalid,
    Outcome,
    Page,
    QuotaSpent,
    RateLimited,
    Raw,
    Record,
    Settings,
    SignInFailed,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.fluxx import checks, feed, fields, filters, rows
from connectors.fluxx.api import Api, Wish
from connectors.fluxx.session import Session
from connectors.fluxx.settings import Site, site
from connectors.transport import Transport
from schemas.said import phrase

CHUNK = 100
"""Records handed on together: those of them that look changed are read by id, which the budget lets happen
some three times a second."""

BATCH = 20
"""Writes handed over together: at one a second, all have left well before a worker's lease needs renewing."""

Item = TypeVar("Item")


def open_model(settings: Settings, wanted: Wanted, transport: Transport) -> FluxxModel:
    """``Invalid`` when an option is missing or a column is never asked for; nothing is called yet."""
    return FluxxModel(site(settings), wanted, transport)


class FluxxModel(Connector):
    """See ``contract.Connector``. With a key column a create looks first, and changes the record that is there."""

    def __init__(self, of: Site, wanted: Wanted, transport: Transport) -> None:
        self._site = of
        self._wanted = wanted
        self._time = transport.time
        self._session = Session(transport, of)
        self._api = Api(self._session)
        self._cols = rows.asked(wanted, of)
        self._relations = rows.relations(wanted)
        self._described: dict[str, Field] | None = None
        self.capabilities = Capabilities(
            feed="full_scan" if of.since == "never" else "timestamp",
            granularity=1.0 if of.since == "second" else 86_400.0,
            tombstones="none",
            guard="none",
            upsert=wanted.key is not None,
            key="integer" if wanted.key else "none",
            find_lag=of.lag,
            page=CHUNK,
            batch=BATCH,
            rates=self._session.rates,
            normalises=(phrase("blank text, empty lists and unticked boxes become absent"),),
            references=True,
        )

    # --- looking

    def check(self) -> list[Check]:
        return checks.run(self._session, self._wanted, self._cols)

    def describe(self) -> list[Field]:
        wanted = frozenset(rows.columns(self._wanted))
        return fields.describe(self._api, self._wanted.object, self._site.columns, wanted)

    # --- reading

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """The cursor is the newest ``updated_at`` that was shown, and moves with the last page."""
        before = feed.position(since) if since is not None and self._site.since != "never" else None
        condition = None
        if before is not None:
            condition = feed.condition(before, self._site.since == "second", self._time.now())
        newest = before
        for listing in self._api.pages(self._wanted.object, Wish(self._cols, condition, self._relations)):
            newest = max(filter(None, (newest, *map(_stamp, listing.rows))), default=None)
            parts = list(_chunks(listing.rows, CHUNK)) or [()]
            for number, part in enumerate(parts, 1):
                found = [rows.read(row, self._wanted, self._site) for row in part]
                last = listing.last and number == len(parts)
                yield Page(
                    tuple(each for each in found if isinstance(each, Record)),
                    tuple(each for each in found if isinstance(each, Gone)),
                    cursor=feed.written(newest) if last and newest and self._site.since != "never" else None,
                    complete=last and before is None,
                )

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        return {id: self._one(id) for id in dict.fromkeys(ids)}

    def _one(self, id: str) -> Record | Gone | Unseen:
        if not (id.isascii() and id.isdecimal()):
            return Unseen(id, phrase("%(id)s is no id of Fluxx's.", id=repr(id)))
        row = self._api.get(self._wanted.object, id, self._cols, self._relations)
        if row is None:
            return Unseen(
                id, phrase("Fluxx shows nothing of it but the id: deleted, or not for this API key's profile.")
            )
        return rows.read(row, self._wanted, self._site)

    def find(self, key: str) -> list[Record]:
        """The list says which; what they say is read by id, for the list may show what they said minutes ago."""
        column = self._wanted.key
        if column is None:
            return []
        wish = Wish((column, feed.STAMP), filters.equal({column: key}))
        found: dict[str, Record] = {}
        for listing in self._api.pages(self._wanted.object, wish):
            for row in listing.rows:
                if str(rows.as_key(row.get(column))) != key:
                    raise Unavailable(
                        phrase(
                            "Searching %(object)s: Fluxx answered a record with another %(column)s.",
                            object=self._wanted.object,
                            column=column,
                        )
                    )
                held = self._one(str(row["id"]))
                if isinstance(held, Unseen):
                    # Taken for "not there" it could lead to a second record.
                    raise Unavailable(
                        phrase(
                            "%(object)s %(id)s is listed with the key %(key)s and not shown by its id. The list may be "
                            "behind; the next run looks again.",
                            object=self._wanted.object,
                            id=held.id,
                            key=key,
                        )
                    )
                if isinstance(held, Record) and str(held.fields.get(column)) == key:
                    found[held.id] = held
        return list(found.values())

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        if not equals:
            return []
        wish = Wish(tuple(dict.fromkeys((*columns, *equals))), filters.equal(equals))
        return [
            Record(str(row["id"]), rows.picked(row, columns))
            for row in self._api.first(object, wish)
            if all(row.get(name) == value for name, value in equals.items())
        ]

    # --- writing

    def refuses(self, column: str, value: Any) -> str | None:
        """By the site's own lists of values, asked for once where there is something to write."""
        if fields.read_only(self._wanted.object, column):
            return phrase("%(column)s follows Fluxx's own workflow and is only read.", column=column)
        if self._described is None:
            try:
                self._described = {field.name: field for field in self.describe()}
            except ConnectorError:
                self._described = {}  # the write itself says what is wrong
        known = self._described.get(column)
        if known is None or not known.choices or not isinstance(value, str) or value in ("", *known.choices):
            return None
        return phrase(
            "%(column)s does not offer %(value)s. Add it to the field's values in Fluxx.",
            column=column,
            value=repr(value),
        )

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return _each(drafts, self._create)

    def _create(self, draft: Draft) -> str:
        data = rows.to_wire(draft.fields, self._wanted, self._site)
        held = self.find(draft.key) if self._wanted.key else []
        if len(held) > 1:
            there = ", ".join(record.id for record in held)
            raise Invalid(
                phrase(
                    "Several records carry the key %(key)s: %(there)s. A person must decide which one stays.",
                    key=draft.key,
                    there=there,
                )
            )
        if held:
            self._api.update(self._wanted.object, held[0].id, data, (feed.STAMP,))
            return held[0].id
        if "model_theme_id" not in data and self._wanted.object == "grant_request":
            if self._site.model_theme is None:
                raise Invalid(
                    phrase(
                        "No form is chosen for new records, and one without a form has no card and no workflow in Fluxx. "
                        "Set model_theme in the connection's options."
                    ),
                    ("model_theme_id",),
                )
            data["model_theme_id"] = self._site.model_theme
        key = self._wanted.key
        row = self._api.create(self._wanted.object, data, (feed.STAMP, *((key,) if key else ())))
        if key and str(rows.as_key(row.get(key))) != draft.key:
            raise Ambiguous(
                phrase(
                    "Creating a %(object)s: Fluxx's answer is about a record with another key.",
                    object=self._wanted.object,
                )
            )
        return str(row["id"])

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return _each(edits, self._update)

    def _update(self, edit: Edit) -> str:
        until = rows.locked_until(edit.expected.version)
        if until is not None and until > self._time.now():
            raise Invalid(
                phrase(
                    "Somebody has %(object)s %(id)s open in Fluxx until %(until)s UTC.",
                    object=self._wanted.object,
                    id=edit.id,
                    until=f"{until:%H:%M}",
                )
            )
        data = rows.to_wire(edit.fields, self._wanted, self._site)
        if data:
            self._api.update(self._wanted.object, edit.id, data, (feed.STAMP,))
        return edit.id

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return _each(ids, self._delete)

    def _delete(self, id: str) -> str:
        self._api.delete(self._wanted.object, id)
        return id

    def add(self, object: str, fields: Raw) -> Outcome:
        try:
            return Outcome(id=str(self._api.create(object, dict(fields), (feed.STAMP,))["id"]))
        except ConnectorError as error:
            return Outcome(error=error)


def _each(items: Sequence[Item], send: Callable[[Item], str]) -> list[Outcome]:
    """One outcome an item. What concerns the whole site stops the rest unsent, and is raised if it came first."""
    outcomes: list[Outcome] = []
    stop: ConnectorError | None = None
    for item in items:
        if stop is not None:
            outcomes.append(Outcome(error=stop))
            continue
        try:
            outcomes.append(Outcome(id=send(item)))
        except ConnectorError as error:
            if isinstance(error, SignInFailed | QuotaSpent | RateLimited | Unavailable):
                stop = error
                if not outcomes:
                    raise
            outcomes.append(Outcome(error=error))
    return outcomes


def _stamp(row: Mapping[str, Any]) -> datetime | None:
    return feed.moment(row.get(feed.STAMP))


def _chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]

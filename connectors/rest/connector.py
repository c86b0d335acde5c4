"""One object of one REST system, as a declaration says that it is spoken to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path as File
from typing import Any

from connectors.addresses import host_of
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
    Refused,
    Settings,
    Unseen,
    Wanted,
)
from connectors.rest import checks, describing, feed, parts
from connectors.rest.api import Api, lacking
from connectors.rest.declaration import Declaration, DeclarationError, load
from connectors.rest.dig import dig
from connectors.rest.looking import Looking
from connectors.rest.paging import Sheet
from connectors.rest.rows import Rows
from connectors.rest.writing import Writing
from connectors.transport import Transport
from connectors.window import Window
from schemas.said import phrase


def open_declared(settings: Settings, wanted: Wanted, transport: Transport) -> Rest:
    """``Invalid`` when the declaration cannot be used, or an option that it needs is missing; nothing is called yet."""
    for name in ("declaration", "url"):
        if not settings.get(name):
            raise Invalid(
                phrase(
                    "Connection %(connection)s lacks the option %(name)s.",
                    connection=repr(settings.connection),
                    name=repr(name),
                ),
                (name,),
            )
    try:
        declaration = load(File(str(settings.get("declaration"))))
    except DeclarationError as error:
        raise Invalid(str(error), ("declaration",)) from None
    for name, why in lacking(declaration, settings):
        raise Invalid(
            phrase(
                "Connection %(connection)s lacks the option %(name)s: %(why)s.",
                connection=repr(settings.connection),
                name=repr(name),
                why=why,
            ),
            (name,),
        )
    page = settings.get("page")
    return Rest(Api(declaration, settings, wanted.object, transport), wanted, str(page) if page else None)


def hosts(settings: Settings) -> tuple[str, ...]:
    """The connection's own addresses. A declaration has no say in it."""
    named = (host_of(str(settings.get(name) or "")) for name in ("url", "token_url"))
    return tuple(host for host in named if host)


class Rest(Connector):
    """See ``contract.Connector``."""

    def __init__(self, api: Api, wanted: Wanted, page: str | None = None) -> None:
        self._api = api
        self._declaration = api.declaration
        self._wanted = wanted
        self._rows = Rows(api.declaration, wanted, page)
        self._looking = Looking(api, self._rows)
        self._writing = Writing(api, self._rows, self._looking)
        self.capabilities = replace(capabilities(api.declaration, wanted.key is not None), rates=api.rates)

    # --- looking

    def check(self) -> list[Check]:
        return checks.run(self._api, self._rows, self._looking, self.describe)

    def describe(self) -> list[Field]:
        return describing.fields(self._api, self._rows, self._looking)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        return self._looking.get(ids)

    def find(self, key: str) -> list[Record]:
        return self._looking.find(key)

    # --- what changed

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        follows = self._declaration.follows
        if isinstance(follows, parts.Stamps):
            return self._by_stamps(follows, since)
        if isinstance(follows, parts.Tokens):
            return self._by_token(follows, since)
        return self._everything()

    def _everything(self) -> Iterator[Page]:
        tidy = True
        for sheet in self._sheets({}):
            page, clean = self._page(sheet)
            tidy = tidy and clean
            yield Page(page.records, page.gone, page.refused, complete=sheet.whole and tidy)

    def _by_stamps(self, stamps: parts.Stamps, since: Cursor | None) -> Iterator[Page]:
        start = feed.position(since) if since is not None else None
        window, tidy = Window(start, timedelta(seconds=stamps.overlap)), True
        more = {} if start is None else {stamps.param: feed.written(start, stamps.format)}
        for sheet in self._sheets(more):
            page, clean = self._page(sheet)
            seen = [feed.moment(dig(row, stamps.field), stamps.format) for row in sheet.rows]
            tidy = tidy and clean and None not in seen
            for stamp in filter(None, seen):
                window.saw(feed.by_its_clock(stamp, sheet.answer))
            known = sheet.whole and tidy
            cursor = _cursor(window.next(sheet.last)) if known else None
            yield Page(page.records, page.gone, page.refused, cursor, complete=known and start is None)

    def _by_token(self, tokens: parts.Tokens, since: Cursor | None) -> Iterator[Page]:
        before = feed.known(tokens, since) if since is not None else None
        token, tidy = "", True
        for sheet in self._sheets({} if before is None else {tokens.param: before}, expired=since and tokens.expired):
            token = token or feed.token_in(tokens, sheet.answer, sheet.body, before)
            page, clean = self._page(sheet)
            tidy = tidy and clean
            cursor = f"token {token}" if sheet.whole and tidy else None
            yield Page(page.records, page.gone, page.refused, cursor, complete=bool(cursor) and since is None)

    def _sheets(self, more: dict[str, Any], expired: Any = None) -> Iterator[Sheet]:
        """``expired``: statuses by which the system says that it does not know the position any more."""
        turner = self._looking.turner(
            self._declaration.list, phrase("Listing %(object)s", object=repr(self._wanted.object)), more
        )
        turner.expired = frozenset(expired or ())
        return turner.sheets()

    def _page(self, sheet: Sheet) -> tuple[Page, bool]:
        """Its records, and whether every row is one. A tombstone is believed when the record itself is not there."""
        records: list[Record] = []
        refused: list[Refused] = []
        flagged: list[str] = []
        for at, row in enumerate(sheet.rows, 1):
            id, record = self._rows.id_of(row), self._rows.record(row)
            if id is not None and self._rows.is_gone(row):
                flagged.append(id)
            elif record is None:
                refused.append(self._rows.refused(at))
            else:
                records.append(record)
        looked = self._looking.get(flagged) if flagged and self._declaration.proves_deletions else {}
        records += [found for found in looked.values() if isinstance(found, Record)]
        gone = tuple(found for found in looked.values() if isinstance(found, Gone))
        return Page(tuple(records), gone, tuple(refused)), not refused

    # --- writing

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return self._writing.create(drafts)

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return self._writing.update(edits)

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return self._writing.delete(ids)

    def refuses(self, column: str, value: Any) -> str | None:
        return describing.refuses(self._declaration, column, value)


def capabilities(declaration: Declaration, keyed: bool) -> Capabilities:
    """What a declaration can promise."""
    follows, update, paging = declaration.follows, declaration.update, declaration.list.paging
    told = isinstance(follows, parts.Tokens)
    return Capabilities(
        writes=declaration.create is not None or update is not None,
        feed=follows.kind if follows is not None else "full_scan",
        granularity=1.0 if isinstance(follows, parts.Stamps) else 0.0,
        tombstones=("feed" if told else "flag") if declaration.proves_deletions else "none",
        guard="strong" if update is not None and update.guard != "none" else "none",
        key=declaration.record.key if keyed else "none",
        find_lag=float(declaration.find.lag) if declaration.find is not None else 0.0,
        page=paging.size if isinstance(paging, parts.Size) else 1000,
    )


def _cursor(at: datetime | None) -> str | None:
    return feed.written(at, "iso") if at is not None else None

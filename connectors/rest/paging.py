"""A list in pages: each way of turning them, and whether the whole is known to have been shown.

What makes a list incomplete without a word: records that slip off an unread page while others are deleted, a system
that answers the same page again, a page that says that it is the last and is not. So ``whole`` is only said where none of
these can have happened, and a list that goes round in a circle is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from requests.utils import parse_header_links

from connectors.answer import Answer
from connectors.contract import CursorExpired, Unavailable
from connectors.rest import parts
from connectors.rest.api import Api, header, list_of
from connectors.rest.dig import MISSING, dig
from schemas.said import phrase

RESTARTS = 2
"""How often a list whose records moved while it was read is read again, before the next run has to."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page. On the ``last`` one ``whole`` says whether the list is known to have been shown entirely."""

    rows: tuple[Any, ...]
    answer: Answer
    body: Any
    last: bool = False
    whole: bool = False


@dataclass
class Turner:
    """Reads one list. ``more`` are parameters beside those of its pages, ``id_of`` a row's id."""

    api: Api
    call: parts.List
    place: str
    id_of: Callable[[Any], Any]
    more: Mapping[str, Any] = field(default_factory=dict)
    ids: set[Any] = field(default_factory=set)
    totals: set[Any] = field(default_factory=set)
    expired: frozenset[int] = frozenset()

    def sheets(self) -> Iterator[Sheet]:
        paging = self.call.paging
        if isinstance(paging, parts.Pages):
            return self._by_number(paging)
        if isinstance(paging, parts.Offsets):
            return self._by_offset(paging)
        if isinstance(paging, parts.Cursors | parts.Links):
            return self._by_address(paging)
        return iter([self._ended(self._read({}), steady=True)])

    def _by_number(self, paging: parts.Pages) -> Iterator[Sheet]:
        number, before = paging.first, ()
        while True:
            sheet = self._read(self._sized(paging) | {paging.param: number})
            if sheet.rows and sheet.rows == before:
                raise self._circle()
            if not sheet.rows or not self._goes_on(sheet):
                yield self._ended(sheet, paging.steady or number == paging.first)
                return
            yield sheet
            before, number = sheet.rows, number + 1

    def _by_offset(self, paging: parts.Offsets) -> Iterator[Sheet]:
        """Each page begins with the last record of the page before: is it another one, then something moved."""
        at, last, restarts = 0, MISSING, 0
        while True:
            sheet = self._read(self._sized(paging) | {paging.param: max(0, at - 1)})
            rows = sheet.rows
            if at:
                if not rows or self.id_of(rows[0]) != last:
                    restarts += 1
                    if restarts > RESTARTS:
                        raise Unavailable(
                            phrase(
                                "%(place)s: its records move while they are read. The next run tries again.",
                                place=self.place,
                            )
                        )
                    at, last = 0, MISSING
                    self.ids.clear()
                    self.totals.clear()
                    continue
                rows = rows[1:]
            sheet = Sheet(rows, sheet.answer, sheet.body)
            if not rows or not self._goes_on(sheet):
                yield self._ended(sheet, steady=True)
                return
            yield sheet
            at, last = at + len(rows), self.id_of(rows[-1])

    def _by_address(self, paging: parts.Cursors | parts.Links) -> Iterator[Sheet]:
        """By what the last answer names: a cursor, or an address."""
        sheet, seen = self._read(self._sized(paging)), set[str]()
        first = True
        while True:
            following = self._following(paging, sheet)
            if following is None or not self._goes_on(sheet):
                yield self._ended(sheet, paging.steady or first)
                return
            if following in seen:
                raise self._circle()
            seen.add(following)
            yield sheet
            first = False
            if isinstance(paging, parts.Links):
                sheet = self._sheet(self.api.follow(following, sheet.answer, self.call, self.place))
            elif paging.send_header:
                sheet = self._read(self._sized(paging), {paging.send_header: following})
            else:
                sheet = self._read(self._sized(paging) | {str(paging.param): following})

    def _following(self, paging: parts.Cursors | parts.Links, sheet: Sheet) -> str | None:
        """What leads to the next page; ``None`` on the last one."""
        name = paging.header if isinstance(paging, parts.Links) else paging.next_header
        found = dig(sheet.body, paging.next) if paging.next is not None else header(sheet.answer, str(name))
        if isinstance(paging, parts.Links) and name and name.lower() == "link" and isinstance(found, str):
            links = [link for link in parse_header_links(found) if link.get("rel") == "next"]
            found = links[0].get("url") if links else None
        if found is MISSING or found in (None, "", False):
            return None
        if not isinstance(found, str | int) or isinstance(found, bool):
            raise Unavailable(
                phrase(
                    "%(place)s: what should lead to the next page is a %(kind)s.",
                    place=self.place,
                    kind=type(found).__name__,
                )
            )
        text = str(found)
        if not isinstance(paging, parts.Links) and paging.send_header and not (text.isascii() and text.isprintable()):
            raise Unavailable(phrase("%(place)s: the cursor cannot stand in a header.", place=self.place))
        return text

    def _goes_on(self, sheet: Sheet) -> bool:
        """Whether the answer leaves it open that a page follows."""
        more = getattr(self.call.paging, "more", None)
        if more is None:
            return True
        found = dig(sheet.body, more)
        if not isinstance(found, bool):
            raise Unavailable(
                phrase(
                    "%(place)s: the answer does not say at %(more)s whether there is more.",
                    place=self.place,
                    more=repr(more),
                )
            )
        return found

    def _ended(self, sheet: Sheet, steady: bool) -> Sheet:
        """The last page, with a judgment: steady pages, and every page's total that of the records shown."""
        return Sheet(sheet.rows, sheet.answer, sheet.body, True, steady and self.totals <= {len(self.ids)})

    def _sized(self, paging: parts.Size) -> dict[str, Any]:
        return {paging.size_param: paging.size} if paging.size_param else {}

    def _read(self, params: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Sheet:
        return self._sheet(self.api.ask(self.call, more={**self.more, **params}, headers=headers))

    def _sheet(self, answer: Answer) -> Sheet:
        if answer.status in self.expired:
            raise CursorExpired(
                phrase("%(place)s: its position is not known any more; everything is read anew.", place=self.place)
            )
        body = self.api.said(answer, self.place)
        rows = list_of(body, self.call.records, self.place)
        self.ids |= {self.id_of(row) for row in rows}
        paging = self.call.paging
        if isinstance(paging, parts.Size) and (paging.total or paging.total_header):
            total = dig(body, paging.total) if paging.total else header(answer, str(paging.total_header))
            # A total that cannot be read is one that nothing agrees with.
            self.totals.add(int(total) if str(total).isdecimal() else -1)
        return Sheet(tuple(rows), answer, body)

    def _circle(self) -> Unavailable:
        return Unavailable(
            phrase("%(place)s: its pages go round in a circle; nothing can be said of the rest.", place=self.place)
        )

"""Fluxx's REST API v2 as calls: lists page by page, one record, writes. ``cols`` is always named.

Source: Fluxx REST API v2 guide. Lists come from an index that may be minutes behind, one record from the database.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connectors.answer import Answer
from connectors.contract import Invalid, Unavailable
from connectors.fluxx import errors
from connectors.fluxx.filters import Filter
from connectors.fluxx.session import Session, text
from schemas.said import phrase

PAGE = 500
"""Most records on one page."""

STEPS_BACK = 20
"""How often a list that shrinks while it is read may send the reading back."""

Relations = Mapping[str, Sequence[str]]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. ``indexed`` is false for models that take equality only, and another form of order."""

    cols: tuple[str, ...]
    filter: Filter | None = None
    relation: Relations = field(default_factory=dict)
    size: int = PAGE
    indexed: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """One page. ``last`` only when as many records were shown as the list counts."""

    rows: tuple[Row, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class _Counted:
    rows: tuple[Row, ...]
    total: int
    pages: int


class Api:
    """Calls to one site. Raises ``ConnectorError`` only."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.source = session.site.source

    # --- reading

    def pages(self, model: str, wish: Wish) -> Iterator[Listing]:
        """All pages, newest id first: what is added meanwhile comes before what is read, and pushes rows onto later
        pages, never off them. What is deleted pulls them forward, and the count falls: then the reading steps back.
        So rows may repeat, never lack; a list that shows fewer rows than it counts raises ``Unavailable``."""
        place = phrase("Listing %(model)s", model=model)
        shown: set[str] = set()
        number, before, back, size = 1, 0, 0, 1
        while True:
            page = self._page(model, wish, number, place)
            size = max(size, len(page.rows))
            if number > 1 and page.total < before:
                back += 1
                if back > STEPS_BACK:
                    raise Unavailable(
                        phrase(
                            "%(place)s: records vanish faster than the list can be read. Try again later.", place=place
                        )
                    )
                number = max(1, number - math.ceil((before - page.total) / size))
                before = page.total
                continue
            before = page.total
            shown.update(str(row["id"]) for row in page.rows)
            last = number >= page.pages
            if last and len(shown) < page.total:
                raise Unavailable(
                    phrase(
                        "%(place)s: Fluxx counted %(total)s records and showed %(count)s.",
                        place=place,
                        total=page.total,
                        count=len(shown),
                    )
                )
            if not last and not page.rows:
                raise Unavailable(
                    phrase(
                        "%(place)s: page %(number)s of %(pages)s is empty; nothing can be said of the rest.",
                        place=place,
                        number=number,
                        pages=page.pages,
                    )
                )
            yield Listing(page.rows, last)
            if last:
                return
            number += 1

    def first(self, model: str, wish: Wish) -> tuple[Row, ...]:
        """The first page only."""
        return self._page(model, wish, 1, phrase("Listing %(model)s", model=model)).rows

    def _page(self, model: str, wish: Wish, number: int, place: str) -> _Counted:
        params = {"cols": text(wish.cols), "page": str(number), "per_page": str(wish.size), "enhanced_mavs": "true"}
        if wish.indexed:
            params["sort"] = '["id","desc"]'
        else:
            params |= {"sort_attribute": "id", "sort_order": "desc"}
        if wish.filter is not None:
            params["filter"] = text(wish.filter)
        if wish.relation:
            params["relation"] = text({column: list(names) for column, names in wish.relation.items()})
        answer = self._session.read("list", _path(model), params)
        body = _object(answer, place)
        records = body.get("records")
        rows = records.get(answered_as(model)) if isinstance(records, dict) else None
        counts = [body.get(name) for name in ("total_entries", "total_pages", "current_page")]
        if not isinstance(rows, list) or not all(isinstance(n, int) and not isinstance(n, bool) for n in counts):
            raise errors.unexpected(answer, place, phrase("without a list of records and its counts"))
        total, pages, current = counts
        if current != number:
            raise errors.unexpected(
                answer,
                place,
                phrase("page %(current)s where page %(number)s was asked for", current=current, number=number),
            )
        if not all(is_row(row) for row in rows):
            raise errors.unexpected(answer, place, phrase("a list in which something is no record"))
        return _Counted(tuple(rows), int(total or 0), int(pages or 0))

    def get(self, model: str, id: str, cols: Sequence[str], relation: Relations) -> Row | None:
        """One record from the database, ``None`` where Fluxx knows nothing but the id, or says that there is none."""
        place = phrase("Reading %(model)s %(id)s", model=model, id=id)
        params = {"cols": text(tuple(cols)), "enhanced_mavs": "true"}
        if relation:
            params["relation"] = text({column: list(names) for column, names in relation.items()})
        answer = self._session.read("get", _path(model, id), params)
        if errors.status_of(answer) == 404 and errors.refusal(answer) is not None:
            return None
        row = self._one(answer, model, place)
        if str(row["id"]) != id:
            raise errors.unexpected(answer, place, phrase("record %(id)s, which was not asked for", id=row["id"]))
        return None if row.keys() == {"id"} else row

    # --- writing

    def create(self, model: str, data: Row, cols: Sequence[str]) -> Row:
        place = phrase("Creating a %(model)s", model=model)
        answer = self._session.write("POST", _path(model), self._form(data, cols))
        return self._one(answer, model, place)

    def update(self, model: str, id: str, data: Row, cols: Sequence[str]) -> Row:
        place = phrase("Changing %(model)s %(id)s", model=model, id=id)
        answer = self._session.write("PUT", _path(model, id), self._form(data, cols))
        row = self._one(answer, model, place)
        if str(row["id"]) != id or row.keys() == {"id"}:
            raise errors.unexpected(answer, place, phrase("without the record that was changed"))
        return row

    def delete(self, model: str, id: str) -> None:
        """Done too where there is no such record any more."""
        place = phrase("Deleting %(model)s %(id)s", model=model, id=id)
        answer = self._session.write("DELETE", _path(model, id))
        gone = errors.status_of(answer) == 404 and errors.refusal(answer) is not None
        if not gone and (not answer.ok or errors.refusal(answer) is not None):
            raise errors.error(answer, place)
        if not gone and answer.looks_like_html:
            raise errors.unexpected(answer, place, phrase("with a page"))

    def _form(self, data: Row, cols: Sequence[str]) -> dict[str, str]:
        form = {"data": text(data), "cols": text(tuple(cols))}
        return form | ({"priority_index": "true"} if self._session.site.priority_index else {})

    def _one(self, answer: Answer, model: str, place: str) -> Row:
        row = _object(answer, place).get(answered_as(model))
        if not is_row(row):
            raise errors.unexpected(answer, place, phrase("without a %(model)s", model=model))
        assert isinstance(row, dict)
        return row


def answered_as(model: str) -> str:
    """The name under which a model's records are answered: one for all dynamic models."""
    return "machine_model" if model.startswith("mac_model_type_dyn_") else model


def is_row(row: Any) -> bool:
    id = row.get("id") if isinstance(row, dict) else None
    return (isinstance(id, int) and not isinstance(id, bool)) or (isinstance(id, str) and id.isdecimal())


def _path(model: str, id: str | None = None) -> str:
    if not model.replace("_", "").isalnum():
        raise Invalid(phrase("%(model)s is no name of a Fluxx model. They are like grant_request.", model=repr(model)))
    return quote(model, safe="") + (f"/{quote(id, safe='')}" if id is not None else "")


def _object(answer: Answer, place: str) -> Row:
    """The body of a success. An error counts whatever the status is."""
    if not answer.ok or errors.refusal(answer) is not None:
        raise errors.error(answer, place)
    body = answer.json()
    if not isinstance(body, dict):
        raise errors.unexpected(answer, place, phrase("a %(kind)s where an object was due", kind=type(body).__name__))
    return body

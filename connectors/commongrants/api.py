"""The CommonGrants API as calls: address, sign-in, limits, paging.

Source: the protocol's OpenAPI document, version 0.4.0 (``GET /common-grants/opportunities`` and ``…/{oppId}``, the two
routes that every publisher has to have).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connectors.answer import Answer
from connectors.commongrants import errors
from connectors.contract import Rate, Secret, Unavailable
from connectors.limiter import Throttle
from connectors.transport import Transport
from schemas.said import phrase

PAGE = 100
"""Items on one page: the protocol's default, and the most that its prose allows."""

A_MINUTE = 60
"""The protocol says nothing of limits, and what is said of grants.gov's differs (10 a second, 60 a minute): be slow."""

MOST_PAGES = 10_000
NO_SUCH_PAGE = (400, 404, 416, 422)
"""What publishers may answer to a page after the last; the protocol does not say."""
KEY_AS, BEARER = "X-API-Key", "bearer"
ROUTE = "common-grants/opportunities"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list. ``total`` is how many items there are on all pages, where the publisher tells; ``last`` is
    true where by its count no page follows and this one is not full either."""

    items: tuple[Any, ...]
    number: int
    total: int | None
    last: bool


class Api:
    """Calls to one publisher. Raises ``ConnectorError`` only."""

    def __init__(
        self, transport: Transport, url: str, key: Secret | None, key_as: str = KEY_AS, a_minute: int = A_MINUTE
    ) -> None:
        self.transport = transport
        self.url = url.rstrip("/").removesuffix("/common-grants")
        self.signs_in = key is not None
        self._headers = _headers(key, key_as)
        # Never the key itself: the scope is a name that may be stored and logged.
        who = hashlib.sha256(key.reveal().encode()).hexdigest()[:8] if key else "anyone"
        scope = f"commongrants:{self.url}:{who}"
        # One by one: a burst that uses up a minute would have the next call wait longer than a call may last.
        self.rates = (Rate(scope, 1, 60.0 / a_minute),)
        self._throttle = Throttle(scope, self.rates)

    def ask(self, path: str, **how: Any) -> Answer:
        """One call, its answer uninterpreted."""
        headers = {"Accept": "application/json", **self._headers}
        return self.transport.call("GET", f"{self.url}/{path}", headers=headers, throttle=self._throttle, **how)

    def one(self, id: str) -> Answer:
        """One opportunity by its id; 404 where there is none."""
        return self.ask(f"{ROUTE}/{quote(id, safe='')}")

    def pages(self, size: int, place: str = phrase("Listing calls")) -> Iterator[Listing]:
        """All pages, by number, until one is empty or by the publisher's count the last. Where that one is full another is
        asked for: a count that is too low must hide nothing."""
        before: list[Any] = []
        pages: int | None = None
        for number in range(1, MOST_PAGES + 1):
            asked = {"page": number, "pageSize": size}
            answer = self.ask(ROUTE, params=asked)
            beyond = pages is not None and number > pages
            if beyond and answer.status in NO_SUCH_PAGE:
                answer = self.ask(ROUTE, params=asked)  # the end is believed when it is said twice
                if answer.status in NO_SUCH_PAGE:
                    return
            if not answer.ok:
                raise errors.error(answer, place)
            answered, listing, pages = _listing(answer, number, size, place)
            if answered not in (None, number):
                if beyond:
                    return
                raise Unavailable(
                    phrase(
                        "%(place)s: page %(number)s was asked for, page %(answered)s was answered.",
                        place=place,
                        number=number,
                        answered=answered,
                    )
                )
            ids = [item.get("id") if isinstance(item, dict) else item for item in listing.items]
            if ids and ids == before:
                raise Unavailable(
                    phrase(
                        "%(place)s: pages %(one)s and %(next)s show the same; the rest cannot be read.",
                        place=place,
                        one=number - 1,
                        next=number,
                    )
                )
            yield listing
            if not listing.items or listing.last:
                return
            before = ids
        raise Unavailable(
            phrase("%(place)s: the list does not end after %(most_pages)s pages.", place=place, most_pages=MOST_PAGES)
        )


def _listing(answer: Answer, number: int, size: int, place: str) -> tuple[int | None, Listing, int | None]:
    """The number of the page, what is on it, and how many pages there are, as far as it says so."""
    body = answer.json()
    items = body.get("items") if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise Unavailable(
            phrase(
                "%(place)s: %(url)s answered something that is no list of a CommonGrants API.",
                place=place,
                url=answer.url,
            )
        )
    told = body.get("paginationInfo")
    told = told if isinstance(told, dict) else {}
    total, pages, most = (_count(told.get(name)) for name in ("totalItems", "totalPages", "pageSize"))
    most = most or size
    if pages is None and total is not None:
        pages = -(-total // most)
    last = pages is not None and number >= pages and len(items) < most
    return _count(told.get("page")), Listing(tuple(items), number, total, last), pages


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _headers(key: Secret | None, key_as: str) -> dict[str, str]:
    if key is None:
        return {}
    return {"Authorization": f"Bearer {key.reveal()}"} if key_as == BEARER else {KEY_AS: key.reveal()}

"""The list of opportunities, as far as it can be believed.

The protocol promises the newest ``lastModifiedAt`` first and has no filter by time. In the wild lists come out of order,
some edits do not move the time, and page numbers shift while they are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.answer import Answer
from connectors.commongrants import errors
from connectors.contract import Rate, Secret, Unavailable
from connectors.limiter import Throttle
from connectors.transport import Transport

PATH = "/common-grants/opportunities"
PAGE = 100
"""Entries a page: the prose of the protocol allows no more."""
PAGES = 5_000
QUIET = 3
"""So many pages without anything recent end a reading of changes: one alone may be out of order."""
WALKS = 3
CALLS, SECONDS = 1, 1.0
"""Documents disagree on the limits of grants.gov (10 a second, 60 a minute); the slowest of them."""


@dataclass(frozen=True, slots=True)
class Walk:
    """``rows`` each once, as last seen; ``odd`` were no opportunities; ``told`` is how many the list says there are."""

    rows: dict[str, dict[str, Any]]
    odd: int
    told: int | None

    @property
    def whole(self) -> bool:
        """Nothing in it contradicts that these are all."""
        return not self.odd and (self.told is None or len(self.rows) >= self.told)


class Source:
    """Calls to one API. Raises ``ConnectorError`` only."""

    def __init__(self, transport: Transport, url: str, key: Secret | None, header: str) -> None:
        self._transport = transport
        self._url = url.rstrip("/")
        self._headers = {header: key.reveal()} if key else {}
        rate = Rate(f"commongrants:{self._url}", CALLS, SECONDS)
        self._throttle = Throttle(rate.scope, (rate,))
        self.rates = (rate,)

    def get(self, path: str, **params: Any) -> Answer:
        return self._transport.call(
            "GET", self._url + PATH + path, params=params or None, headers=self._headers, throttle=self._throttle
        )

    def everything(self) -> Walk:
        """The whole list, walked again where it does not add up."""
        for _ in range(WALKS):
            walk = self._walk(None)
            if walk.whole:
                break
        return walk

    def since(self, moment: datetime) -> Walk:
        """What was modified from this moment on, going by the list."""
        return self._walk(moment)

    def _walk(self, until: datetime | None) -> Walk:
        rows: dict[str, dict[str, Any]] = {}
        odd, told, quiet = 0, None, 0
        for items, told_now in self._pages():
            told = told_now
            recent = False
            for each in items:
                if not isinstance(each, dict) or not isinstance(each.get("id"), str) or not each["id"]:
                    odd += 1
                    continue
                before = rows.get(each["id"])
                if before is None or (modified(each) or OLDEST) >= (modified(before) or OLDEST):
                    rows[each["id"]] = each
                at = modified(each)
                recent = recent or at is None or until is None or at >= until
            quiet = 0 if recent else quiet + 1
            if quiet == QUIET:
                break
        return Walk(rows, odd, told)

    def _pages(self) -> Iterator[tuple[list[Any], int | None]]:
        """To the first page with nothing on it: some APIs do not say how many there are."""
        for number in range(1, PAGES):
            body = errors.body(self.get("", page=number, pageSize=PAGE), f"Listing opportunities, page {number}")
            items, info = body.get("items"), body.get("paginationInfo")
            if not isinstance(items, list) or not isinstance(info, dict):
                raise Unavailable(
                    "Listing opportunities: the answer is no page of the CommonGrants protocol. Check url."
                )
            if info.get("page", number) != number:
                raise Unavailable(
                    f"Listing opportunities: page {info.get('page')} came where page {number} was asked for."
                )
            told = info.get("totalItems")
            yield items, told if isinstance(told, int) and not isinstance(told, bool) else None
            pages = info.get("totalPages")
            if not items or (isinstance(pages, int) and number >= pages):
                return
        raise Unavailable("Listing opportunities: the list does not come to an end.")


OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


def modified(opportunity: dict[str, Any]) -> datetime | None:
    """``lastModifiedAt`` as the source says it; without a zone it is taken for UTC."""
    given = opportunity.get("lastModifiedAt")
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None


def ahead(moment: datetime, hours: float) -> datetime:
    """``moment`` less an overlap."""
    return moment - timedelta(hours=hours)

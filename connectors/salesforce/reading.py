"""Reading a query's answer page by page, believing no page more than it proves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connectors.contract import Raw, Unavailable
from connectors.salesforce.errors import refusal
from connectors.salesforce.session import Session
from schemas.said import phrase

PAGE = 2000
"""The most rows a page may have; Salesforce may send fewer (REST API Developer Guide, "Query Options Header")."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page; ``last`` only when every row of the list was shown."""

    rows: list[Raw]
    last: bool


def listing(session: Session, resource: str, query: str, object: str) -> Iterator[Listing]:
    """The pages of ``query`` or ``queryAll``. A list that ends short of its own count, or runs in circles, raises
    ``Unavailable`` after what it did show."""
    doing = phrase("Reading %(object)s", object=object)
    path, params = session.data(resource), {"q": query}
    followed: set[str] = set()
    shown = 0
    while True:
        answer = session.call("GET", path, params=params, headers={"Sforce-Query-Options": f"batchSize={PAGE}"})
        if answer.status != 200:
            raise refusal(answer, doing)
        page = _page(answer.json(), object)
        shown += len(page["records"])
        complete = page["done"] and shown == page["totalSize"]
        yield Listing(page["records"], complete)
        if complete:
            return
        if page["done"]:
            raise Unavailable(
                phrase(
                    "%(doing)s: Salesforce counted %(total)s records and showed %(shown)s. The next run reads again.",
                    doing=doing,
                    total=page["totalSize"],
                    shown=shown,
                )
            )
        path, params = session.follow(page.get("nextRecordsUrl")), {}
        if path in followed:
            raise Unavailable(
                phrase(
                    "%(doing)s: the list of records runs in circles at %(path)s. The next run reads again.",
                    doing=doing,
                    path=path,
                )
            )
        followed.add(path)


def _page(body: Any, object: str) -> dict[str, Any]:
    if (
        isinstance(body, dict)
        and isinstance(body.get("records"), list)
        and all(_is_of(row, object) for row in body["records"])
        and isinstance(body.get("done"), bool)
        and isinstance(body.get("totalSize"), int)
    ):
        return body
    raise Unavailable(
        phrase(
            "Reading %(object)s: the answer is not this query's: no records of that object, done or totalSize.",
            object=object,
        )
    )


def _is_of(row: Any, object: str) -> bool:
    """An answer that got mixed up on its way holds rows of another object."""
    attributes = row.get("attributes") if isinstance(row, dict) else None
    return isinstance(attributes, dict) and str(attributes.get("type")).lower() == object.lower()

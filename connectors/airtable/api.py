"""Airtable's Web API as calls: addresses, limits, paging. Source: airtable.com/developers/web/api."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connectors.airtable import errors
from connectors.answer import Answer
from connectors.contract import Ambiguous, Rate, Secret, Unavailable
from connectors.limiter import Throttle
from connectors.transport import Transport
from schemas.said import phrase

PAGE = 100
"""Most records on one page."""

BATCH = 10
"""Records in one write. The current reference gives no number; 10 is what clients have always kept to."""

CALLS_A_BASE = 5
CALLS_A_TOKEN = 50
"""In one second."""

WAIT_ON_429 = 30.0
"""Seconds that Airtable asks to wait; it sends no Retry-After."""

LONG_URL = 8_000
"""Characters of column names from which a list is asked for by POST: addresses end at 16,000, encoded."""

RESTARTS = 3
"""How often an expired page token may send one list back to its start."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. ``last`` is true when Airtable says that no page follows."""

    rows: tuple[Any, ...]
    last: bool


class Api:
    """Calls to one base with one token. Raises ``ConnectorError`` only."""

    def __init__(self, transport: Transport, url: str, base: str, token: Secret) -> None:
        self._transport = transport
        self._url = url.rstrip("/")
        self._token = token
        self.base = base
        # Never the token itself: the scope is a key that may be stored and logged.
        who = hashlib.sha256(token.reveal().encode()).hexdigest()[:8]
        self.rates = (Rate(f"airtable:{base}", CALLS_A_BASE, 1.0), Rate(f"airtable-token:{who}", CALLS_A_TOKEN, 1.0))
        self._throttle = Throttle(f"airtable:{base}", self.rates, WAIT_ON_429, errors.spent)

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        """One call, its answer uninterpreted."""
        headers = {"Authorization": f"Bearer {self._token.reveal()}"}
        return self._transport.call(method, f"{self._url}/{path}", headers=headers, throttle=self._throttle, **how)

    def call(self, method: str, path: str, place: str, **how: Any) -> dict[str, Any]:
        """One call that must succeed with a JSON object."""
        answer = self.ask(method, path, **how)
        if not answer.ok:
            raise errors.error(answer, place)
        body = answer.json()
        if not isinstance(body, dict):
            told = phrase(
                "%(place)s: Airtable answered a %(kind)s where an object was due", place=place, kind=type(body).__name__
            )
            raise (
                Ambiguous(phrase("%(words)s; it may have happened.", words=told))
                if answer.wrote
                else Unavailable(phrase("%(words)s.", words=told))
            )
        return body

    def pages(
        self, table: str, fields: Sequence[str], formula: str | None = None, size: int = PAGE
    ) -> Iterator[Listing]:
        """All pages, from page 1 again when Airtable has dropped its place; so rows may repeat, never lack."""
        place = phrase("Listing table %(table)s", table=repr(table))
        offset, seen, restarts, before = None, set[str](), 0, None
        while True:
            answer = self._list(table, fields, formula, size, offset)
            if answer.status == 422 and offset and errors.refusal(answer).type == errors.ITERATOR_GONE:
                restarts += 1
                if restarts > RESTARTS:
                    raise Unavailable(
                        phrase(
                            "%(place)s: Airtable dropped its place in the list %(restarts)s times.",
                            place=place,
                            restarts=restarts,
                        )
                    )
                offset, seen, before = None, set(), None
                continue
            if not answer.ok:
                raise errors.error(answer, place)
            body = answer.json()
            rows = body.get("records") if isinstance(body, dict) else None
            if not isinstance(rows, list):
                raise Unavailable(phrase("%(place)s: Airtable's answer has no list of records in it.", place=place))
            offset = body.get("offset")
            yield Listing(tuple(rows), last=not offset)
            if not offset:
                return
            if not isinstance(offset, str) or offset in seen or (rows and rows == before):
                raise Unavailable(
                    phrase(
                        "%(place)s: Airtable's pages go round in a circle; nothing can be said of the rest.",
                        place=place,
                    )
                )
            seen.add(offset)
            before = rows

    def _list(self, table: str, fields: Sequence[str], formula: str | None, size: int, offset: str | None) -> Answer:
        options: dict[str, Any] = {"pageSize": size}
        if offset:
            options["offset"] = offset
        if formula is None and len(quote("".join(fields))) + 12 * len(fields) < LONG_URL:
            columns = [("fields[]", name) for name in fields]
            return self.ask("GET", self.table(table), params=[*options.items(), *columns])
        body = options | {"fields": list(fields)} | ({"filterByFormula": formula} if formula else {})
        return self.ask("POST", f"{self.table(table)}/listRecords", json=body, repeatable=True)

    def table(self, name: str) -> str:
        """The path of a table, by its id or its name."""
        return f"{quote(self.base, safe='')}/{quote(name, safe='')}"

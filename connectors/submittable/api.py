"""Submittable's API v4 as calls: address, sign-in, limits, paging.

Source: the vendor's OpenAPI document, "Submittable API Documentation v4", and its help pages.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from connectors.answer import Answer
from connectors.contract import Ambiguous, Rate, Secret, Unavailable
from connectors.limiter import Throttle
from connectors.submittable import errors
from connectors.transport import Transport
from schemas.said import phrase

URL = "https://submittable-api.submittable.com"

SIZE = 500
"""Most items on one page (OpenAPI, ``size``)."""

IDS = 100
"""Submissions asked for at once. Where the vendor gives a number, for bulk actions, it is 500."""

CALLS_A_SECOND = 10
CALLS_AN_HOUR = 10_000
"""Help page "Tools and terms for using Submittable's API"."""

KeyAs = Literal["username", "password"]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. ``last`` is true when no page follows."""

    items: tuple[Any, ...]
    last: bool


class Api:
    """Calls with one key. Raises ``ConnectorError`` only."""

    def __init__(self, transport: Transport, url: str, key: Secret, key_as: KeyAs) -> None:
        self.transport = transport
        self.key_as = key_as
        self._url = url.rstrip("/")
        self._key = key
        # Never the key itself: the scope is a name that may be stored and logged.
        scope = f"submittable:{hashlib.sha256(key.reveal().encode()).hexdigest()[:8]}"
        self.rates = (Rate(scope, CALLS_A_SECOND, 1.0), Rate(scope, CALLS_AN_HOUR, 3600.0))
        self._throttle = Throttle(scope, self.rates)

    def ask(self, method: str, path: str, key_as: KeyAs | None = None, **how: Any) -> Answer:
        """One call, its answer uninterpreted. ``path`` is what follows ``/v4/``."""
        key = self._key.reveal()
        pair = f"{key}:" if (key_as or self.key_as) == "username" else f":{key}"
        headers = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        return self.transport.call(method, f"{self._url}/v4/{path}", headers=headers, throttle=self._throttle, **how)

    def call(self, method: str, path: str, place: str, **how: Any) -> dict[str, Any]:
        """One call that must succeed with a JSON object."""
        body = self.value(method, path, place, **how)
        if not isinstance(body, dict):
            raise unexpected(
                place, phrase("a %(name)s where an object was due", name=type(body).__name__), wrote=method != "GET"
            )
        return body

    def value(self, method: str, path: str, place: str, **how: Any) -> Any:
        """One call that must succeed with JSON."""
        answer = self.ask(method, path, **how)
        if not answer.ok:
            raise errors.error(answer, place)
        return answer.json()

    def pages(
        self, path: str, place: str, filters: Sequence[tuple[str, Any]] = (), size: int = SIZE
    ) -> Iterator[Listing]:
        """All pages. Size and filters go with the first call only; the next ones carry the token and nothing else."""
        params: Sequence[tuple[str, Any]] = [("size", size), *filters]
        seen: set[str] = set()
        while True:
            body = self.call("GET", path, place, params=params)
            items, token = body.get("items"), body.get("continuationToken")
            if not isinstance(items, list):
                raise Unavailable(phrase("%(place)s: Submittable's answer has no list of items in it.", place=place))
            if token and (not isinstance(token, str) or token in seen):
                raise Unavailable(
                    phrase(
                        "%(place)s: Submittable's pages go round in a circle; nothing can be said of the rest.",
                        place=place,
                    )
                )
            yield Listing(tuple(items), last=not token)
            if not token:
                return
            seen.add(token)
            params = [("continuationToken", token)]


def unexpected(place: str, what: str, *, wrote: bool) -> Ambiguous | Unavailable:
    """An answer that is not what the protocol says: after a write somebody has to look."""
    told = phrase("%(place)s: Submittable answered %(what)s", place=place, what=what)
    return (
        Ambiguous(phrase("%(words)s; it may have happened.", words=told))
        if wrote
        else Unavailable(phrase("%(words)s.", words=told))
    )


def part(id: str) -> str:
    """An id as a part of a path."""
    return quote(id, safe="")

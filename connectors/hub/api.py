"""The other hub's ``/api/v1/`` as calls, and what its problem details (RFC 9457) mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from connectors.answer import Answer
from connectors.contract import (
    Ambiguous,
    ConnectorError,
    CursorExpired,
    Forbidden,
    Invalid,
    Secret,
    SignInFailed,
    Stale,
    Unavailable,
)
from connectors.limiter import Throttle
from connectors.transport import Transport
from schemas.said import phrase, together

PAGE = 200
"""Items on one page; the other hub may give fewer."""
LONGEST = 500


class Api:
    """Calls with one token. Raises ``ConnectorError`` only."""

    def __init__(self, transport: Transport, url: str, token: Secret) -> None:
        self._transport, self._url, self._token = transport, f"{url.rstrip('/')}/api/v1", token
        # Never the token itself: the scope is a key that may be stored and logged.
        self._throttle = Throttle(f"hub:{hashlib.sha256(token.reveal().encode()).hexdigest()[:8]}")

    def ask(self, method: str, path: str, *, etag: str | None = None, **how: Any) -> Answer:
        """One call, its answer uninterpreted."""
        headers = {"Authorization": f"Bearer {self._token.reveal()}"} | ({"If-Match": etag} if etag else {})
        return self._transport.call(method, f"{self._url}{path}", headers=headers, throttle=self._throttle, **how)

    def call(self, method: str, path: str, place: str, **how: Any) -> dict[str, Any]:
        """One call that must succeed with an object."""
        answer = self.ask(method, path, **how)
        if not answer.ok:
            raise error(answer, place)
        body = answer.json()
        if not isinstance(body, dict):
            raise strange(answer, phrase("%(place)s: the other hub answered no object", place=place))
        return body

    def pages(self, path: str, place: str, cursor: str | None, key: str) -> Iterator[dict[str, Any]]:
        """Pages of a list, each with ``items``; ``key`` names the cursor of the next, and ``more`` whether there is one."""
        seen = {cursor}
        while True:
            params = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            body = self.call("GET", path, place, params=params)
            if not isinstance(body.get("items"), list):
                raise Unavailable(phrase("%(place)s: the other hub's answer has no list of items.", place=place))
            yield body
            if body.get("more") is False or (key == "next" and "more" not in body and body.get("next", "") is None):
                return
            cursor = body.get("next")
            if not isinstance(cursor, str) or not cursor or cursor in seen:
                raise Unavailable(
                    phrase(
                        "%(place)s: the other hub's pages lead nowhere; nothing can be said of the rest.", place=place
                    )
                )
            seen.add(cursor)


def one(id: str) -> str:
    """The path of one opportunity."""
    return f"/opportunities/{quote(id, safe='')}"


def strange(answer: Answer, told: str) -> ConnectorError:
    """For a success that says something else than it should."""
    return (
        Ambiguous(phrase("%(words)s; it may have happened.", words=told))
        if answer.wrote
        else Unavailable(phrase("%(words)s.", words=told))
    )


def error(answer: Answer, place: str) -> ConnectorError:
    """The error that a refusing answer stands for. Only the other hub's own word counts as a refusal."""
    body = answer.peek()
    known = isinstance(body, dict) and str(body.get("type", "")).startswith("urn:commons-hub:problem:")
    said = str(body.get("detail", ""))[:LONGEST] if known else ""
    words = together(
        [
            phrase("%(place)s: the other hub answered %(status)s", place=place, status=answer.status),
            f"({said})" if said else "",
        ]
    )
    if answer.status == 401:
        return SignInFailed(
            phrase(
                "%(words)s. Ask an admin of your foundation there for a new token, and put it in place.", words=words
            )
        )
    if answer.status == 403:
        if known and body["type"].endswith(":not-yours"):
            return Invalid(phrase("%(words)s.", words=words))
        return Forbidden(phrase("%(words)s. The token needs the scopes read, share and position.", words=words))
    if answer.status == 412 and known:
        return Stale(phrase("%(words)s.", words=words))
    if answer.status == 410 and known and body["type"].endswith(":unknown-position"):
        return CursorExpired(phrase("%(words)s.", words=words))
    if answer.status in (404, 410):
        return Forbidden(
            phrase("%(words)s. It is not there for your foundation; check the address of the other hub.", words=words)
        )
    if known and 400 <= answer.status < 500:
        errors = body.get("errors")
        fields = [str(name).removeprefix("facts.") for name in errors] if isinstance(errors, dict) else []
        return Invalid(phrase("%(words)s.", words=words), fields)
    if 400 <= answer.status < 500 and answer.status != 408:
        return Invalid(phrase("%(words)s.", words=words))
    return (
        Ambiguous(phrase("%(words)s; it may have happened.", words=words))
        if answer.wrote
        else Unavailable(phrase("%(words)s. Try again later.", words=words))
    )

"""Signing in to one Dataverse environment, and calling it.

Client credentials flow of Microsoft Entra (Microsoft identity platform, "OAuth 2.0 client credentials"). A token is
renewed a little before it ends, and once where a call answers 401.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from connectors.contract import Ambiguous, Invalid, Rate, Secret, Settings, Unavailable
from connectors.dataverse import batch
from connectors.dataverse.batch import Operation
from connectors.dataverse.errors import refusal, sign_in_refused
from connectors.limiter import Throttle
from schemas.said import phrase

if TYPE_CHECKING:
    from connectors.transport import Answer, Transport

AUTHORITY = "https://login.microsoftonline.com"
CALLS, SECONDS = 6000, 300.0
"""Calls of one user within a sliding window (Dataverse, "Service protection API limits")."""

EARLY = 60.0
"""Seconds before its end at which a token is renewed."""

HEADERS = {"Accept": "application/json", "OData-MaxVersion": "4.0", "OData-Version": "4.0"}
FRESH = {"If-None-Match": "null"}
"""On reading: keeps the answer from being an old one (Web API, "Compose HTTP requests")."""

_VERSION = re.compile(r"v?(\d{1,2}\.\d)")


def origin(url: str) -> str:
    """``host:port`` of an address, lower case, with the scheme's port where none is written."""
    parts = urlsplit(url)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return f"{(parts.hostname or '').lower()}:{port}"


def hosts(settings: Settings) -> tuple[str, ...]:
    """The environment and the place to sign in."""
    named = (str(settings.get("url") or ""), str(settings.get("authority") or AUTHORITY))
    return tuple(dict.fromkeys(origin(url) for url in named))


class Session:
    """One sign-in. ``root`` is the path of the service, ``base`` its whole address, both with a slash at the end."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.url = str(settings.get("url") or "").rstrip("/")
        parts = urlsplit(self.url)
        if not parts.hostname or parts.path:
            raise Invalid(
                phrase(
                    'url is %(url)s. Write the environment\'s address: "https://yourorg.crm.dynamics.com".',
                    url=repr(self.url),
                )
            )
        told = str(settings.get("api_version") or "v9.2").strip()
        found = _VERSION.fullmatch(told)
        if not found:
            raise Invalid(
                phrase(
                    'api_version is %(told)s, which is no version of the Web API. Write it like "v9.2".',
                    told=repr(told),
                )
            )
        self.root = f"/api/data/v{found[1]}/"
        self.base = self.url + self.root
        self.transport = transport
        self._tenant = str(settings.get("tenant") or "")
        self._authority = str(settings.get("authority") or AUTHORITY).rstrip("/")
        self._client_id = str(settings.get("client_id") or "")
        self._secret = settings.get("client_secret")
        self._token: Secret | None = None
        self._until = 0.0
        # Never the id itself: the scope is a key that may be stored and logged.
        who = hashlib.sha256(self._client_id.encode()).hexdigest()[:8]
        scope = f"dataverse:{origin(self.url)}/{who}"
        self.rates = (Rate(scope, CALLS, SECONDS),)
        self._throttle = Throttle(scope, self.rates)

    def sign_in(self) -> Answer:
        """Gets a fresh token. Asking twice does no harm, so it may be repeated."""
        secret = self._secret.reveal() if isinstance(self._secret, Secret) else str(self._secret or "")
        url = f"{self._authority}/{quote(self._tenant, safe='')}/oauth2/v2.0/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": secret,
            "scope": f"{self.url}/.default",
        }
        answer = self.transport.call("POST", url, form=form, repeatable=True)
        if answer.status != 200:
            raise sign_in_refused(answer, url)
        body = answer.json()
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            raise Unavailable(phrase("%(url)s answered without an access token.", url=url))
        lasts = body.get("expires_in")
        self._token = Secret(token)
        self._until = self.transport.time.monotonic() + (float(lasts) if isinstance(lasts, int) else 3599.0) - EARLY
        return answer

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """One call, signing in when needed; ``path`` is relative to ``root`` and already encoded."""
        fresh = self._token is None or self.transport.time.monotonic() >= self._until
        if fresh:
            self.sign_in()
        answer = self._send(method, path, json, content, headers, repeatable)
        # A refused token means that the call did nothing, so even a write may be sent again.
        if answer.status == 401 and not fresh:
            self.sign_in()
            answer = self._send(method, path, json, content, headers, repeatable)
        if answer.status == 401:
            self._token = None
            raise refusal(answer, f"{method} {path.partition('?')[0]}", self.transport.time)
        return answer

    def _send(
        self,
        method: str,
        path: str,
        json: Any,
        content: bytes | None,
        headers: Mapping[str, str] | None,
        repeatable: bool | None,
    ) -> Answer:
        assert self._token is not None
        fresh = FRESH if method == "GET" else {}
        sent = {**HEADERS, **fresh, "Authorization": f"Bearer {self._token.reveal()}", **(headers or {})}
        return self.transport.call(
            method,
            self.base + path,
            json=json,
            content=content,
            headers=sent,
            repeatable=repeatable,
            throttle=self._throttle,
        )

    def get(self, path: str, doing: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The object that a GET answers."""
        return self.object(self.call("GET", path, headers=headers), doing)

    def object(self, answer: Answer, doing: str) -> dict[str, Any]:
        """The object in a successful answer, else what it means."""
        if answer.status != 200:
            raise refusal(answer, doing, self.transport.time)
        body = answer.json()
        if not isinstance(body, dict):
            raise Unavailable(
                phrase(
                    "%(doing)s: Dataverse answered a %(kind)s where an object was due.",
                    doing=doing,
                    kind=type(body).__name__,
                )
            )
        return body

    def batch(self, operations: Sequence[Operation], doing: str) -> list[Answer]:
        """Many operations in one call, each with its own answer; at most ``batch.MOST``."""
        boundary = f"batch_{secrets.token_hex(16)}"
        writes = any(operation.writes for operation in operations)
        answer = self.call(
            "POST",
            "$batch",
            content=batch.encoded(operations, self.root, HEADERS, boundary),
            headers={
                "Content-Type": f"multipart/mixed; boundary={boundary}",
                "Prefer": "odata.continue-on-error",
            },
            repeatable=not writes,
        )
        if answer.status != 200:
            raise refusal(answer, doing, self.transport.time)
        try:
            return batch.decoded(answer, operations)
        except ValueError as error:
            if writes:
                raise Ambiguous(
                    phrase("%(doing)s: %(error)s; it may have happened.", doing=doing, error=error)
                ) from None
            raise Unavailable(
                phrase("%(doing)s: %(error)s. The next run reads again.", doing=doing, error=error)
            ) from None

    def follow(self, link: Any, doing: str) -> str:
        """The path of a link that an answer names, if it lies in this service; nothing else is followed."""
        target = urljoin(self.base, link) if isinstance(link, str) else ""
        parts = urlsplit(target)
        if origin(target) != origin(self.url) or not parts.path.startswith(self.root):
            raise Unavailable(
                phrase(
                    "%(doing)s: %(url)s names a next page that is not its own: %(link)s.",
                    doing=doing,
                    url=self.url,
                    link=repr(str(link)[:200]),
                )
            )
        path = parts.path.removeprefix(self.root)
        return f"{path}?{parts.query}" if parts.query else path

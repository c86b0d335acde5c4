"""Signing in to one Salesforce org, and calling it.

Client credentials flow at the org's My Domain (Salesforce Help, "OAuth 2.0 Client
Credentials Flow"). The answer names the instance to talk to and no expiry: a token is
good until a call answers 401, which is then repeated once with a fresh one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from connectors.contract import Invalid, Secret, Settings, SignInFailed, Unavailable
from connectors.salesforce.errors import refusal, said

if TYPE_CHECKING:
    from connectors.transport import Answer, Transport

CLIENT = "CommonsHub"
_VERSION = re.compile(r"v?(\d{2,3})(?:\.0)?")
_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class Usage:
    """API calls of the whole org in the last 24 hours, as the newest answer told."""

    used: int
    allowed: int


def origin(url: str) -> str:
    """``host:port`` of an address, lower case, with the scheme's port where none is written."""
    parts = urlsplit(url)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return f"{(parts.hostname or '').lower()}:{port}"


def hosts(settings: Settings) -> tuple[str, ...]:
    """The login address and, where an org answers from another host, ``instance_host``."""
    allowed = [origin(str(settings.get("url") or ""))]
    instance = settings.get("instance_host")
    if instance:
        allowed.append(origin(instance if "://" in str(instance) else f"https://{instance}"))
    return tuple(dict.fromkeys(allowed))


def version(text: str) -> str:
    """``62``, ``62.0`` and ``v62.0`` are the same version."""
    found = _VERSION.fullmatch(text.strip())
    if not found:
        raise Invalid(f'api_version is {text!r}, which is not a version of Salesforce\'s API. Write it like "v62.0".')
    return f"v{found[1]}.0"


class Session:
    """One sign-in. ``usage`` is ``None`` until an answer told it; ``instance`` until signed in."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.url = str(settings.get("url") or "").rstrip("/")
        self.version = version(str(settings.get("api_version") or "v62.0"))
        self.transport = transport
        self.usage: Usage | None = None
        self.instance: str | None = None
        self._hosts = hosts(settings)
        self._client_id = str(settings.get("client_id") or "")
        self._secret = settings.get("client_secret")
        self._token: Secret | None = None

    def sign_in(self) -> None:
        """Gets a fresh token. Asking twice does no harm, so it may be repeated."""
        secret = self._secret.reveal() if isinstance(self._secret, Secret) else str(self._secret or "")
        form = {"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": secret}
        answer = self.transport.call("POST", f"{self.url}/services/oauth2/token", form=form, repeatable=True)
        if answer.status != 200:
            raise _sign_in_refused(answer, self.url)
        body = answer.json()
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            raise Unavailable(f"{self.url}/services/oauth2/token answered without an access token.")
        self.instance = self._allowed_instance(body.get("instance_url"))
        self._token = Secret(token)

    def _allowed_instance(self, told: Any) -> str:
        if not isinstance(told, str) or not told:
            return self.url
        if origin(told) not in self._hosts:
            host = origin(told).removesuffix(":443")
            raise SignInFailed(
                f"Signing in at {self.url} worked, but the org answers from {host}, which this connection may not talk "
                f'to. If that is your org, set instance_host = "{host}" in the connection\'s options.'
            )
        return told.rstrip("/")

    def data(self, path: str) -> str:
        """The path of a resource of the data API."""
        return f"/services/data/{self.version}/{path}"

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """One call to the instance, signing in when needed. ``path`` begins with ``/services/``."""
        fresh = self._token is None
        if fresh:
            self.sign_in()
        answer = self._send(method, path, params, json, headers, repeatable)
        # A refused token means that the call did nothing, so even a write may be sent again.
        if answer.status == 401 and not fresh:
            self.sign_in()
            answer = self._send(method, path, params, json, headers, repeatable)
        if answer.status == 401:
            self._token = None
            raise refusal(answer, f"{method} {path}")
        return answer

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        json: Any,
        headers: Mapping[str, str] | None,
        repeatable: bool | None,
    ) -> Answer:
        assert self._token is not None and self.instance is not None
        sent = {
            "Authorization": f"Bearer {self._token.reveal()}",
            "Accept": "application/json",
            "Sforce-Call-Options": f"client={CLIENT}",
            "Sforce-Mru": "updateMru=false",
            # Left out, the org's assignment rules run on new accounts and may mail (REST API, "Assignment Rule Header").
            "Sforce-Auto-Assign": "FALSE",
            **(headers or {}),
        }
        answer = self.transport.call(
            method, self.instance + path, params=params, json=json, headers=sent, repeatable=repeatable
        )
        told = _USAGE.search(answer.headers.get("sforce-limit-info", ""))
        if told:
            self.usage = Usage(int(told[1]), int(told[2]))
        return answer

    def follow(self, next_url: Any) -> str:
        """The path of the next page, if it lies in the same org; nothing else is followed."""
        assert self.instance is not None
        target = urljoin(self.instance + "/", next_url) if isinstance(next_url, str) else ""
        if origin(target) != origin(self.instance) or not urlsplit(target).path.startswith("/services/data/"):
            raise Unavailable(f"{self.instance} names a next page that is not its own: {str(next_url)[:200]!r}.")
        parts = urlsplit(target)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


_SIGN_IN_FIXES = {
    "invalid_client_id": "Check client_id: it is the consumer key of the external client app.",
    "invalid_client": "Check client_secret: it is the consumer secret of the external client app.",
    "invalid_grant": "Enable the client credentials flow for the external client app and name its run-as user.",
    "unsupported_grant_type": "Enable the client credentials flow for the external client app.",
    "inactive_user": "The app's run-as user is inactive: activate it, or name another one.",
    "inactive_org": "The org is locked or suspended: ask its administrator.",
}


def _sign_in_refused(answer: Answer, url: str) -> SignInFailed | Unavailable:
    found = said(answer)
    if not found:
        return Unavailable(
            f"{url}/services/oauth2/token answered HTTP {answer.status} with something that is not Salesforce's. Check "
            "url: it is the org's My Domain, like https://yourorg.my.salesforce.com, not a login or Experience page."
        )
    fix = _SIGN_IN_FIXES.get(
        found[0].code,
        "Check url (the org's My Domain, not login.salesforce.com), client_id, client_secret and that the "
        "app may use the client credentials flow.",
    )
    return SignInFailed(f"{url} refused to sign in: {found[0].message[:300] or found[0].code} ({found[0].code}). {fix}")

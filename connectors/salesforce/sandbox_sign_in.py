"""Tokens of the stand-in: both flows, and when a token stops working.

Salesforce Help, "OAuth 2.0 Client Credentials Flow" and "OAuth 2.0 JWT Bearer Flow". The words of the refusals
are approximate, their codes are not.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

from connectors.salesforce.sandbox_errors import WireError

ORG = "00D000000000001EAA"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
LONGEST = timedelta(minutes=5)
"""An assertion that lives longer is refused."""


class SignIn:
    """Who may come in. ``lasts`` is how long a token works after it was given; ``certificate`` the public key (PEM) of
    the app, without which it takes no assertion; ``user`` finds the id of an active user by username."""

    certificate: str | None = None
    user: Callable[[str], str | None] = staticmethod(lambda username: None)

    def __init__(self, now: Callable[[], datetime], client_id: str, client_secret: str, lasts: timedelta) -> None:
        self.now, self.lasts = now, lasts
        self.client_id, self.client_secret = client_id, client_secret
        self._until: dict[str, datetime] = {}

    def token(
        self, form: Mapping[str, str], authorization: str, instance: str, user: str, content_type: str
    ) -> tuple[int, dict[str, Any]]:
        """Status and body of the token endpoint; refusals are objects here, not lists."""
        if not content_type.startswith("application/x-www-form-urlencoded"):
            return _refused("unsupported_grant_type", "grant type not supported")
        if form.get("grant_type") == JWT_BEARER and self.certificate:
            try:
                return self._given(instance, self._asserted(form.get("assertion", ""), self.certificate))
            except _Refused as refused:
                return _refused(refused.error, refused.description)
        if form.get("grant_type") != "client_credentials":
            return _refused("unsupported_grant_type", "grant type not supported")
        client, secret = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
        if client != self.client_id:
            return _refused("invalid_client_id", "client identifier invalid")
        if not secrets.compare_digest(secret.encode(), self.client_secret.encode()):
            return _refused("invalid_client", "invalid client credentials")
        return self._given(instance, user)

    def _asserted(self, assertion: str, certificate: str) -> str:
        """The user that an assertion signs in."""
        try:
            claims = jwt.decode(assertion, certificate, ["RS256"], options={"verify_exp": False, "verify_aud": False})
        except (jwt.PyJWTError, ValueError):
            raise _Refused("invalid_grant", "invalid assertion") from None
        now = self.now().timestamp()
        if claims.get("iss") != self.client_id:
            raise _Refused("invalid_client_id", "client identifier invalid")
        if claims.get("aud") not in AUDIENCES:
            raise _Refused("invalid_grant", "audience is invalid")
        # simple-salesforce sends the number as text, and Salesforce takes it.
        until = str(claims.get("exp"))
        if not until.isdecimal() or not now < int(until) <= now + LONGEST.total_seconds():
            raise _Refused("invalid_grant", "expired authorization code")
        user = self.user(str(claims.get("sub")))
        if user is None:
            raise _Refused("invalid_grant", "user hasn't approved this consumer")
        return user

    def _given(self, instance: str, user: str) -> tuple[int, dict[str, Any]]:
        token = f"{ORG[:15]}!{secrets.token_urlsafe(48)}"
        self._until[token] = self.now() + self.lasts
        return 200, {
            "access_token": token,
            "signature": secrets.token_urlsafe(32),
            "scope": "api",
            "instance_url": instance,
            "id": f"https://login.salesforce.com/id/{ORG}/{user}",
            "token_type": "Bearer",
            "issued_at": str(int(self.now().timestamp() * 1000)),
        }

    def need(self, authorization: str) -> None:
        """Lets a call with a good token pass."""
        scheme, _, token = authorization.partition(" ")
        until = self._until.get(token.strip())
        if scheme not in ("Bearer", "OAuth") or until is None or self.now() >= until:
            raise WireError(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def end_all(self) -> None:
        """Every token given so far stops working."""
        self._until.clear()


class _Refused(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


def _refused(error: str, description: str) -> tuple[int, dict[str, Any]]:
    return 400, {"error": error, "error_description": description}


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme != "Basic":
        return None
    try:
        client, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return client, secret

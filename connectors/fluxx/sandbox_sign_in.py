"""Tokens of the stand-in: client credentials only, two hours, no refresh (REST API v2 guide, "Authentication")."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.clock import Time
from connectors.fluxx.sandbox_errors import signed_out

LASTS = timedelta(hours=2)


class SignIn:
    """Who may come in."""

    def __init__(self, time: Time, client_id: str, client_secret: str) -> None:
        self._time = time
        self.client_id, self.client_secret = client_id, client_secret
        self._until: dict[str, datetime] = {}

    def token(self, form: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of the token endpoint."""
        if form.get("grant_type") != "client_credentials":
            return 400, _refused("unsupported_grant_type", "The authorization grant type is not supported.")
        given = str(form.get("client_secret", "")).encode()
        if form.get("client_id") != self.client_id or not secrets.compare_digest(given, self.client_secret.encode()):
            return 401, _refused("invalid_client", "Client authentication failed.")
        token = secrets.token_hex(32)
        self._until[token] = self._time.now() + LASTS
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": int(LASTS.total_seconds())}

    def need(self, authorization: str) -> None:
        """Lets a call with a good token pass."""
        scheme, _, token = authorization.partition(" ")
        until = self._until.get(token.strip())
        if scheme.lower() != "bearer" or until is None:
            raise signed_out("The access token is invalid")
        if self._time.now() >= until:
            raise signed_out("The access token expired")

    def end_all(self) -> None:
        """Every token given so far stops working."""
        self._until.clear()


def _refused(error: str, description: str) -> dict[str, Any]:
    return {"error": error, "error_description": description}

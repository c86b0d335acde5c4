"""Tokens of the stand-in: the client credentials flow of Microsoft Entra, and when a token stops working."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.dataverse.sandbox_errors import WireError

LASTS = timedelta(seconds=3599)


class SignIn:
    """Who may come in. ``resource`` is the environment's address where only that one is known, else any is."""

    def __init__(self, now: Callable[[], datetime], tenant: str, client_id: str, client_secret: str) -> None:
        self.now, self.tenant = now, tenant
        self.client_id, self.client_secret = client_id, client_secret
        self.resource = ""
        self._until: dict[str, datetime] = {}

    def token(self, tenant: str, form: Mapping[str, str], content_type: str) -> tuple[int, dict[str, Any]]:
        """Status and body of the token endpoint."""
        if not content_type.startswith("application/x-www-form-urlencoded"):
            return self._refused(400, "invalid_request", 900144, "The request body must contain: 'grant_type'.")
        if form.get("grant_type") != "client_credentials":
            return self._refused(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        if tenant != self.tenant:
            return self._refused(400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if form.get("client_id") != self.client_id:
            told = f"Application with identifier '{form.get('client_id')}' was not found in the directory."
            return self._refused(400, "unauthorized_client", 700016, told)
        if not secrets.compare_digest(form.get("client_secret", "").encode(), self.client_secret.encode()):
            return self._refused(401, "invalid_client", 7000215, "Invalid client secret provided.")
        scope = form.get("scope", "")
        if not scope.endswith("/.default") or (self.resource and scope != f"{self.resource}/.default"):
            told = f"The resource principal named {scope} was not found in the tenant."
            return self._refused(400, "invalid_resource", 500011, told)
        token = secrets.token_urlsafe(64)
        self._until[token] = self.now() + LASTS
        return 200, {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}

    def need(self, authorization: str) -> None:
        """Lets a call with a good token pass. 401 has no body there."""
        scheme, _, token = authorization.partition(" ")
        until = self._until.get(token.strip())
        if scheme != "Bearer" or until is None or self.now() >= until:
            raise WireError(401, "", "", {"WWW-Authenticate": 'Bearer error="invalid_token"'})

    def end_all(self) -> None:
        """Every token given so far stops working."""
        self._until.clear()

    def _refused(self, status: int, error: str, code: int, told: str) -> tuple[int, dict[str, Any]]:
        trace = f"Trace ID: {secrets.token_hex(8)}\r\nTimestamp: {self.now():%Y-%m-%d %H:%M:%SZ}"
        return status, {"error": error, "error_description": f"AADSTS{code}: {told} {trace}", "error_codes": [code]}

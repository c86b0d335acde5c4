"""Signing in as a machine client (OpenID Connect, client credentials) and calling the service.

Source: the service's docs/AUTHENTICATION and its loaders, which write one call after another: production times out
under many at once.
"""

from __future__ import annotations

from typing import Any

import jwt

from connectors.addresses import host_of
from connectors.answer import Answer
from connectors.contract import Ambiguous, Rate, Secret, SignInFailed, Unavailable
from connectors.limiter import Throttle
from connectors.pdc import errors
from connectors.transport import Transport
from schemas.said import phrase

CALLS, SECONDS = 4, 1.0
"""As many as one writer got through on a quiet service; there is no documented limit."""
EARLY = 20.0
"""Seconds before its end at which a token is no longer used."""


class Session:
    """One sign-in. Raises ``ConnectorError`` only."""

    def __init__(self, transport: Transport, url: str, token_url: str, client_id: str, secret: Secret) -> None:
        self._transport = transport
        self._url = url.rstrip("/")
        self._token_url = token_url
        self._client_id = client_id
        self._secret = secret
        self._token: Secret | None = None
        self._until = 0.0
        rate = Rate(f"pdc:{host_of(url) or url}", CALLS, SECONDS)
        self._throttle = Throttle(rate.scope, (rate,))
        self.rates = (rate,)

    def who(self) -> str:
        """The user that this client is there: the token's ``sub``."""
        if self._token is None:
            self._sign_in()
        assert self._token is not None
        try:
            claims = jwt.decode(self._token.reveal(), options={"verify_signature": False})
        except jwt.PyJWTError:
            raise SignInFailed(
                phrase("%(url)s gave a token that says nothing about its bearer.", url=self._token_url)
            ) from None
        return str(claims.get("sub") or "")

    def moment(self) -> float:
        """The monotonic clock, in seconds."""
        return self._transport.time.monotonic()

    def get(self, path: str, place: str, **params: Any) -> dict[str, Any]:
        """One object."""
        return self._object(self.ask("GET", path, params=params or None), place)

    def post(self, path: str, place: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._object(self.ask("POST", path, json=body), place)

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        """One call, its answer uninterpreted. A token that is over is renewed once."""
        fresh = self._token is None or self._transport.time.monotonic() >= self._until
        if fresh:
            self._sign_in()
        answer = self._send(method, path, how)
        # A refused token means that the call did nothing, so even a write may be sent again.
        if errors.token_is_over(answer) and not fresh:
            self._sign_in()
            answer = self._send(method, path, how)
        if errors.token_is_over(answer):
            self._token = None
        return answer

    def _object(self, answer: Answer, place: str) -> dict[str, Any]:
        if not answer.ok:
            raise errors.error(answer, place)
        body = answer.json()
        if not isinstance(body, dict):
            told = phrase(
                "%(place)s: the service answered a %(kind)s where an object was due",
                place=place,
                kind=type(body).__name__,
            )
            raise (
                Ambiguous(phrase("%(words)s; it may have happened.", words=told))
                if answer.wrote
                else Unavailable(phrase("%(words)s.", words=told))
            )
        return body

    def _send(self, method: str, path: str, how: dict[str, Any]) -> Answer:
        assert self._token is not None
        headers = {"Authorization": f"Bearer {self._token.reveal()}"}
        return self._transport.call(method, self._url + path, headers=headers, throttle=self._throttle, **how)

    def _sign_in(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._secret.reveal(),
        }
        asked = self._transport.time.monotonic()
        answer = self._transport.call("POST", self._token_url, form=form, repeatable=True)
        body = answer.peek()
        if not answer.ok:
            if not isinstance(body, dict) or "error" not in body:
                raise Unavailable(
                    phrase(
                        "%(url)s answered %(status)s to the sign-in. Check token_url, or try later.",
                        url=answer.url,
                        status=answer.status,
                    )
                )
            why = str(body.get("error_description") or body["error"])[:200]
            raise SignInFailed(
                phrase(
                    "%(url)s does not accept the client %(client_id)s (%(why)s). Check client_id and client_secret.",
                    url=answer.url,
                    client_id=repr(self._client_id),
                    why=why,
                )
            )
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            raise Unavailable(phrase("%(url)s answered without an access token. Check token_url.", url=answer.url))
        lasts = body.get("expires_in") if isinstance(body, dict) else None
        seconds = lasts if isinstance(lasts, int) and not isinstance(lasts, bool) else 0
        self._token, self._until = Secret(token), asked + seconds - EARLY

"""What refusals of the service mean: ``{"name", "message", "details": […]}``; unknown addresses answer a page."""

from __future__ import annotations

from typing import Any

from connectors.answer import Answer
from connectors.contract import Ambiguous, ConnectorError, Forbidden, Invalid, SignInFailed, Unavailable
from schemas.said import phrase, together

LONGEST_MESSAGE = 300


def said(answer: Answer) -> str:
    body = answer.peek()
    return str(body.get("message") or "")[:LONGEST_MESSAGE] if isinstance(body, dict) else ""


def token_is_over(answer: Answer) -> bool:
    """401 has two meanings: the token is no longer good, and only an administrator may do this. A new token helps with
    the first only; asked for at every 401, it would be asked for without end."""
    if answer.status != 401:
        return False
    body = answer.peek()
    details: Any = body.get("details") if isinstance(body, dict) else None
    return isinstance(details, list) and any(isinstance(d, dict) and d.get("code") == "invalid_token" for d in details)


def error(answer: Answer, place: str) -> ConnectorError:
    """The error that a refusing answer stands for."""
    message = said(answer)
    words = together(
        [
            phrase("%(place)s: the Philanthropy Data Commons answered %(status)s", place=place, status=answer.status),
            f"({message})" if message else "",
        ]
    )
    if token_is_over(answer):
        return SignInFailed(
            phrase("%(words)s. The token is not accepted: check client_id, client_secret and token_url.", words=words)
        )
    if answer.status in (401, 403):
        return Forbidden(
            phrase(
                "%(words)s. Ask its administrators to grant this client the right; see the README of pdc.", words=words
            )
        )
    if answer.status == 404:
        return Forbidden(
            phrase("%(words)s. There is no such thing, or this client may not see it: the two look alike.", words=words)
        )
    if 400 <= answer.status < 500 and answer.status != 408:
        return Invalid(phrase("%(words)s.", words=words))
    return (
        Ambiguous(phrase("%(words)s; it may have happened.", words=words))
        if answer.wrote
        else Unavailable(phrase("%(words)s. Try again later.", words=words))
    )

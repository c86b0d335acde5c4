"""What Submittable's refusals mean. A 400 is ``{"messages": […], "fields": [{"name", "errors": […]}]}``, a 403 has no body."""

from __future__ import annotations

from typing import Any

from connectors.answer import Answer
from connectors.contract import Ambiguous, ConnectorError, Forbidden, Invalid, SignInFailed, Unavailable
from schemas.said import phrase, together

LONGEST_MESSAGE = 500


def error(answer: Answer, place: str) -> ConnectorError:
    """The error that a refusing answer stands for; ``place`` says what was asked."""
    body = answer.peek()
    body = body if isinstance(body, dict) else {}
    said = "; ".join([*_texts(body.get("messages")), *_fields(body)])[:LONGEST_MESSAGE]
    words = together(
        [
            phrase("%(place)s: Submittable answered %(status)s", place=place, status=answer.status),
            f"({said})" if said else "",
        ]
    )
    if answer.status == 401:
        return SignInFailed(
            phrase("%(words)s. The API key is wrong or was revoked: make a new one and put it in place.", words=words)
        )
    if answer.status == 403:
        return Forbidden(
            phrase("%(words)s. The API key may not do this; ask Submittable's support what it allows.", words=words)
        )
    if answer.status in (404, 410):
        return Forbidden(
            phrase("%(words)s. There is no such thing, or the key's organisation does not own it.", words=words)
        )
    if 400 <= answer.status < 500 and answer.status != 408:
        return Invalid(phrase("%(words)s.", words=words), tuple(_names(body)))
    return (
        Ambiguous(phrase("%(words)s; it may have happened.", words=words))
        if answer.wrote
        else Unavailable(phrase("%(words)s. Try again later.", words=words))
    )


def _names(body: dict[str, Any]) -> list[str]:
    return [str(row.get("name")) for row in _rows(body)]


def _fields(body: dict[str, Any]) -> list[str]:
    return [f"{row.get('name')}: {', '.join(_texts(row.get('errors')))}" for row in _rows(body)]


def _rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    rows = body.get("fields")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []

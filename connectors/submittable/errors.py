"""What Submittable's refusals mean. A 400 is ``{"messages": […], "fields": [{"name", "errors": […]}]}``, a 403 has no body."""

from __future__ import annotations

from typing import Any

from connectors.answer import Answer
from connectors.contract import Ambiguous, ConnectorError, Forbidden, Invalid, SignInFailed, Unavailable

LONGEST_MESSAGE = 500


def error(answer: Answer, place: str) -> ConnectorError:
    """The error that a refusing answer stands for; ``place`` says what was asked."""
    body = answer.peek()
    body = body if isinstance(body, dict) else {}
    said = "; ".join([*_texts(body.get("messages")), *_fields(body)])[:LONGEST_MESSAGE]
    words = f"{place}: Submittable answered {answer.status}" + (f" ({said})" if said else "")
    if answer.status == 401:
        return SignInFailed(f"{words}. The API key is wrong or was revoked: make a new one and put it in place.")
    if answer.status == 403:
        return Forbidden(f"{words}. The API key may not do this; ask Submittable's support what it allows.")
    if answer.status in (404, 410):
        return Forbidden(f"{words}. There is no such thing, or the key's organisation does not own it.")
    if 400 <= answer.status < 500 and answer.status != 408:
        return Invalid(f"{words}.", tuple(_names(body)))
    return Ambiguous(f"{words}; it may have happened.") if answer.wrote else Unavailable(f"{words}. Try again later.")


def _names(body: dict[str, Any]) -> list[str]:
    return [str(row.get("name")) for row in _rows(body)]


def _fields(body: dict[str, Any]) -> list[str]:
    return [f"{row.get('name')}: {', '.join(_texts(row.get('errors')))}" for row in _rows(body)]


def _rows(body: dict[str, Any]) -> list[dict[str, Any]]:
    rows = body.get("fields")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []

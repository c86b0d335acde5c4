"""What refusals mean: ``{"status", "message", "errors"}``, or ``{"message", "status_code"}`` at grants.gov."""

from __future__ import annotations

from typing import Any

from connectors.answer import Answer
from connectors.contract import ConnectorError, Forbidden, Invalid, SignInFailed, Unavailable


def body(answer: Answer, place: str) -> dict[str, Any]:
    """The object of a success; else raises what the refusal means."""
    if not answer.ok:
        raise error(answer, place)
    found = answer.json()
    if not isinstance(found, dict):
        raise Unavailable(f"{place}: the answer is a {type(found).__name__} where an object was due.")
    return found


def error(answer: Answer, place: str) -> ConnectorError:
    told = answer.peek()
    message = str(told.get("message") or "")[:300] if isinstance(told, dict) else ""
    words = f"{place}: {answer.url} answered {answer.status}" + (f" ({message})" if message else "")
    if answer.status == 401:
        return SignInFailed(f"{words}. The key is missing or wrong: see api_key and key_header.")
    if answer.status == 403:
        return Forbidden(f"{words}. The key may not read this.")
    if answer.status == 404:
        return Invalid(f"{words}. There is no CommonGrants API: url is the address before /common-grants/.")
    if 400 <= answer.status < 500 and answer.status != 408:
        return Invalid(f"{words}.")
    return Unavailable(f"{words}. Try again later.")

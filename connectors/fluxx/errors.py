"""What Fluxx means by an error: ``{"error": {"code", "message"}}``, under any status, 200 included.

The codes are nowhere listed, so a code counts only where it reads like an HTTP status. A message may itself be
JSON in a string.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors import strict_json
from connectors.answer import Answer
from connectors.contract import Ambiguous, ConnectorError, Forbidden, Invalid, RateLimited, SignInFailed, Unavailable
from schemas.said import phrase, together

LONGEST_MESSAGE = 400
WAIT_ON_429 = 60.0
"""Seconds: the budgets are for a minute, and Fluxx is not known to say how much of it is left."""

_HINTS = {
    "uninitialized constant": phrase("There is no such model: check the mapping's object (like grant_request)."),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """``code`` is 0 where there is none that is a number."""

    code: int
    message: str


def refusal(answer: Answer) -> Refusal | None:
    """The error in a body, ``None`` when it has none of Fluxx's."""
    if b'"error"' not in answer.body:  # a page of records need not be read twice
        return None
    body = answer.peek()
    said = body.get("error") if isinstance(body, dict) else None
    if isinstance(said, dict):
        code = said.get("code")
        number = str(code) if str(code).isascii() and str(code).isdecimal() else "0"
        return Refusal(int(number[:9]), _words(said.get("message"))[:LONGEST_MESSAGE])
    if isinstance(said, str):
        told = body.get("error_description") if isinstance(body, dict) else None
        return Refusal(0, _words(told or said)[:LONGEST_MESSAGE])
    return None


def _words(message: Any) -> str:
    """A message as one line; one that is JSON in a string is unpacked."""
    if isinstance(message, str) and message.lstrip()[:1] in ("{", "["):
        try:
            message = strict_json.loads(message.encode("utf-8", "replace"))
        except ValueError:
            return message
    if isinstance(message, dict):
        return "; ".join(f"{name}: {_words(value)}" for name, value in message.items())
    if isinstance(message, list):
        return ", ".join(map(_words, message))
    return "" if message is None else str(message)


def status_of(answer: Answer) -> int:
    """The HTTP status, or what an error inside a 200 says in its place: its code, else 400."""
    said = refusal(answer)
    if not answer.ok or said is None:
        return answer.status
    return said.code if 400 <= said.code < 600 else 400


def error(answer: Answer, place: str) -> ConnectorError:
    """The error that a refusing answer stands for; ``place`` says what was asked of which model."""
    said, status = refusal(answer), status_of(answer)
    words = together(
        [
            phrase("%(place)s: Fluxx answered %(status)s", place=place, status=status),
            f"({said.message})" if said and said.message else "",
        ]
    )
    hint = next((hint for sign, hint in _HINTS.items() if said and sign in said.message), "")
    if status == 401:
        return SignInFailed(
            phrase(
                "%(words)s. Check the API key at /oauth/applications; make a new one if it was removed.", words=words
            )
        )
    if status == 403:
        return Forbidden(phrase("%(words)s. The API key's profile lacks a permission for this model.", words=words))
    if status == 429:
        return RateLimited(
            phrase("%(words)s. The site's calls of this kind for the minute are used up.", words=words), WAIT_ON_429
        )
    if status == 404 and said is None:
        return Invalid(phrase("%(words)s in words that are not its own. Check the connection's url.", words=words))
    if 400 <= status < 500 and status != 408:
        return Invalid(together([phrase("%(words)s.", words=words), hint]))
    return (
        Ambiguous(phrase("%(words)s; it may have happened.", words=words))
        if answer.wrote
        else Unavailable(phrase("%(words)s. Try again later.", words=words))
    )


def unexpected(answer: Answer, place: str, what: str) -> ConnectorError:
    """For an answer that is no error and not what was due."""
    told = phrase("%(place)s: Fluxx answered %(status)s %(what)s", place=place, status=answer.status, what=what)
    return (
        Ambiguous(phrase("%(words)s; it may have happened.", words=told))
        if answer.wrote
        else Unavailable(phrase("%(words)s.", words=told))
    )

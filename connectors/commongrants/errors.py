"""What refusals mean. The protocol's own body is ``{"status", "message", "errors": […]}``; frameworks and gateways that
stand before an API answer others (``{"detail"}``, ``{"message"}``, HTML)."""

from __future__ import annotations

from typing import Any

from connectors.answer import Answer
from connectors.contract import ConnectorError, Forbidden, Invalid, SignInFailed, Unavailable
from schemas.said import phrase, together

LONGEST_MESSAGE = 500


def error(answer: Answer, place: str) -> ConnectorError:
    """The error that a refusing answer stands for; ``place`` says what was asked."""
    said = _said(answer.peek())
    words = together(
        [
            phrase("%(place)s: %(url)s answered %(status)s", place=place, url=answer.url, status=answer.status),
            f"({said})" if said else "",
        ]
    )
    if answer.status == 401:
        return SignInFailed(
            phrase(
                "%(words)s. Set the option key to a valid API key, and key_as to how the publisher takes it.",
                words=words,
            )
        )
    if answer.status == 403:
        return Forbidden(
            phrase("%(words)s. The publisher does not let this key, or this machine, read its calls.", words=words)
        )
    if answer.status in (404, 405, 410):
        return Invalid(
            phrase("%(words)s. No CommonGrants API is there: url is what comes before /common-grants/.", words=words)
        )
    if 400 <= answer.status < 500 and answer.status != 408:
        return Invalid(phrase("%(words)s. A smaller page_size may help.", words=words))
    return Unavailable(phrase("%(words)s. Try again later.", words=words))


def says_it_is_not_there(answer: Answer) -> bool:
    """Whether the API itself says so of an id. A bare 404 may come from anything on the way."""
    body = answer.peek()
    if answer.status not in (404, 410) or not isinstance(body, dict):
        return False
    told = body.get("status", body.get("status_code"))  # Simpler.Grants.gov calls it status_code
    return told == answer.status and isinstance(body.get("message"), str) and isinstance(body.get("errors"), list)


def _said(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    texts = [body.get("message"), body.get("detail")]
    errors = body.get("errors")
    texts += (
        [each.get("message") if isinstance(each, dict) else each for each in errors or ()]
        if isinstance(errors, list)
        else []
    )
    return "; ".join(dict.fromkeys(text for text in texts if isinstance(text, str) and text))[:LONGEST_MESSAGE]

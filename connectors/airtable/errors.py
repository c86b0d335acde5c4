"""What Airtable's refusals mean. Two envelopes: ``{"error": {"type", "message"}}`` and ``{"error": "NOT_FOUND"}``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.answer import Answer
from connectors.contract import Ambiguous, ConnectorError, Forbidden, Invalid, QuotaSpent, SignInFailed, Unavailable
from schemas.said import phrase, together

BILLING = "PUBLIC_API_BILLING_LIMIT_EXCEEDED"
ITERATOR_GONE = "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"
ROW_MISSING = "ROW_DOES_NOT_EXIST"
# 'Unknown field name: "X"' and 'Field "X" cannot accept …': the column is in quotes, and may contain some.
_COLUMN = re.compile(r'(?:Unknown field name: |Field )"(.*?)"(?= cannot|$)', re.DOTALL)
LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """``type`` is Airtable's word for it, "" when the body had none; ``bare`` is the envelope without a message."""

    type: str = ""
    message: str = ""
    bare: bool = False


def refusal(answer: Answer) -> Refusal:
    """The error of a body, whichever envelope it has."""
    body = answer.peek()
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return Refusal(str(error.get("type", "")), str(error.get("message", ""))[:LONGEST_MESSAGE])
    return Refusal(str(error)[:LONGEST_MESSAGE], bare=True) if error is not None else Refusal(bare=True)


def spent(answer: Answer) -> str | None:
    """A 429 is either too many calls a second or the plan's monthly budget."""
    if refusal(answer).type != BILLING:
        return None
    return phrase(
        "Airtable's monthly number of API calls for this workspace is used up. It starts again next "
        "month; a larger plan has more."
    )


def error(answer: Answer, place: str) -> ConnectorError:
    """The error that a refusing answer stands for; ``place`` says what was asked of which table."""
    said = refusal(answer)
    words = together(
        [
            phrase(
                "%(place)s: Airtable answered %(status)s %(type)s",
                place=place,
                status=answer.status,
                type=said.type or phrase("without a reason"),
            ),
            f"({said.message})" if said.message else "",
        ]
    )
    if answer.status == 401:
        return SignInFailed(
            phrase(
                "%(words)s. The token is wrong, expired or revoked: make a new one and put it in place.", words=words
            )
        )
    if answer.status == 402:
        return QuotaSpent(phrase("%(words)s. The workspace's plan has to be paid or changed.", words=words))
    if answer.status in (403, 404):
        return Forbidden(
            phrase(
                "%(words)s. The token has no access, or there is no such base or table: Airtable does not tell "
                "them apart.",
                words=words,
            )
        )
    if 400 <= answer.status < 500 and answer.status != 408:
        return Invalid(phrase("%(words)s.", words=words), tuple(_COLUMN.findall(said.message)))
    return (
        Ambiguous(phrase("%(words)s; it may have happened.", words=words))
        if answer.wrote
        else Unavailable(phrase("%(words)s. Try again later.", words=words))
    )

"""What refusals of the Sheets API mean: ``{"error": {"code", "message", "status"}}`` (Google AIP-193)."""

from __future__ import annotations

from connectors.answer import Answer
from connectors.contract import Ambiguous, ConnectorError, Forbidden, Invalid, SignInFailed, Unavailable
from schemas.said import phrase, together

LONGEST_MESSAGE = 300


def said(answer: Answer) -> tuple[str, str]:
    """Google's word for it and its sentence, each "" where there is none."""
    body = answer.peek()
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("status") or ""), str(error.get("message") or "")[:LONGEST_MESSAGE]


def error(answer: Answer, place: str, who: str) -> ConnectorError:
    """The error that a refusing answer stands for; ``who`` is the service account's address."""
    status, message = said(answer)
    words = together(
        [
            phrase(
                "%(place)s: Google answered %(status)s %(reason)s",
                place=place,
                status=answer.status,
                reason=status or phrase("without a reason"),
            ),
            f"({message})" if message else "",
        ]
    )
    if answer.status == 401:
        return SignInFailed(
            phrase(
                "%(words)s. Make a new key for %(who)s, or look whether the service account is disabled.",
                words=words,
                who=who,
            )
        )
    if answer.status == 403 and "API" in message and ("disabled" in message or "has not been used" in message):
        return Forbidden(
            phrase("%(words)s. Enable the Google Sheets API in the project of %(who)s.", words=words, who=who)
        )
    if answer.status == 403:
        return Forbidden(phrase("%(words)s. Share the spreadsheet with %(who)s as Editor.", words=words, who=who))
    if answer.status == 404:
        return Forbidden(
            phrase(
                "%(words)s. Check the option spreadsheet: it is the part of the address between /d/ and /edit. "
                "If it is right, share the spreadsheet with %(who)s as Editor.",
                words=words,
                who=who,
            )
        )
    if 400 <= answer.status < 500 and answer.status != 408:
        return Invalid(phrase("%(words)s.", words=words))
    return (
        Ambiguous(phrase("%(words)s; it may have happened.", words=words))
        if answer.wrote
        else Unavailable(phrase("%(words)s. Try again later.", words=words))
    )

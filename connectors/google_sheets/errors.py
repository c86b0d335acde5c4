"""What refusals of the Sheets API mean: ``{"error": {"code", "message", "status"}}`` (Google AIP-193)."""

from __future__ import annotations

from connectors.answer import Answer
from connectors.contract import Ambiguous, ConnectorError, Forbidden, Invalid, SignInFailed, Unavailable

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
    words = f"{place}: Google answered {answer.status} {status or 'without a reason'}" + (
        f" ({message})" if message else ""
    )
    if answer.status == 401:
        return SignInFailed(f"{words}. Make a new key for {who}, or look whether the service account is disabled.")
    if answer.status == 403 and "API" in message and ("disabled" in message or "has not been used" in message):
        return Forbidden(f"{words}. Enable the Google Sheets API in the project of {who}.")
    if answer.status == 403:
        return Forbidden(f"{words}. Share the spreadsheet with {who} as Editor.")
    if answer.status == 404:
        return Forbidden(
            f"{words}. Check the option spreadsheet: it is the part of the address between /d/ and /edit. If it is "
            f"right, share the spreadsheet with {who} as Editor."
        )
    if 400 <= answer.status < 500 and answer.status != 408:
        return Invalid(f"{words}.")
    return Ambiguous(f"{words}; it may have happened.") if answer.wrote else Unavailable(f"{words}. Try again later.")

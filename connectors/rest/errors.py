"""What a refusal means: by status, in the system's own words where the declaration says where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.answer import Answer
from connectors.contract import (
    Ambiguous,
    ConnectorError,
    Forbidden,
    Invalid,
    QuotaSpent,
    SignInFailed,
    Stale,
    Unavailable,
)
from connectors.rest.declaration import Declaration
from connectors.rest.dig import MISSING, dig
from schemas.said import phrase, together

LONGEST = 500


def refused(declaration: Declaration, answer: Answer, body: Any) -> bool:
    """Whether an answer with a good status says in its body that it is none."""
    success = declaration.errors.success
    if success is None:
        return False
    found = dig(body, success.field)
    if found is MISSING:
        what = phrase(
            "%(title)s answered %(status)s without saying whether that is a success",
            title=declaration.title,
            status=answer.status,
        )
        raise (
            Ambiguous(phrase("%(words)s; it may have happened.", words=what))
            if answer.wrote
            else Unavailable(phrase("%(words)s.", words=what))
        )
    return type(found) is not type(success.equals) or found != success.equals


def error(
    declaration: Declaration, answer: Answer, place: str, writes_record: bool = False, secrets: Sequence[str] = ()
) -> ConnectorError:
    """``writes_record``: asked of one record that was there, so that "not there" means that it changed. ``secrets`` are not
    repeated, though the system may."""
    body, means = answer.peek(), declaration.errors
    said = _words(declaration, body)
    for secret in secrets:
        said = said.replace(secret, "***")
    said = said[:LONGEST]
    words = together(
        [
            phrase(
                "%(place)s: %(title)s answered %(status)s", place=place, title=declaration.title, status=answer.status
            ),
            f"({said})" if said else phrase("without a reason"),
        ]
    )
    if answer.status in means.sign_in:
        return SignInFailed(phrase("%(words)s. See to the credentials among the connection's options.", words=words))
    if answer.status in means.stale or (writes_record and answer.status in means.missing):
        return Stale(phrase("%(words)s. It is not as it was read.", words=words))
    if answer.status in means.forbidden:
        return Forbidden(
            phrase(
                "%(words)s. These credentials may not, or there is no such address; see to the declaration too.",
                words=words,
            )
        )
    if answer.status == 402:
        return QuotaSpent(phrase("%(words)s. The account's plan has to be paid or changed.", words=words))
    if answer.ok or (400 <= answer.status < 500 and answer.status != 408):
        return Invalid(phrase("%(words)s.", words=words), _fields(declaration, body))
    return (
        Ambiguous(phrase("%(words)s; it may have happened.", words=words))
        if answer.wrote
        else Unavailable(phrase("%(words)s. Try again later.", words=words))
    )


def _words(declaration: Declaration, body: Any) -> str:
    found = [dig(body, where) for where in declaration.errors.message]
    return "; ".join(_text(each) for each in found if each is not MISSING and each not in (None, "", []))


def _text(value: Any) -> str:
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _fields(declaration: Declaration, body: Any) -> list[str]:
    """Names of columns, whether they come as a list, as the keys of a table or as ``field`` or ``name`` of tables."""
    found = dig(body, declaration.errors.fields) if declaration.errors.fields is not None else None
    if isinstance(found, dict):
        return [str(name) for name in found]
    named = [(item.get("field") or item.get("name")) if isinstance(item, dict) else item for item in found or ()]
    return [name for name in named if isinstance(name, str)]

"""What Salesforce means by an error: the data API's list, or OAuth's object, as one of the closed family."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.contract import (
    ConnectorError,
    Forbidden,
    Invalid,
    QuotaSpent,
    SignInFailed,
    Stale,
    Unavailable,
)
from schemas.said import phrase, together

if TYPE_CHECKING:
    from connectors.transport import Answer

_SHOWN = 300
_COLUMN_IN_MESSAGE = re.compile(r"No such column '([A-Za-z0-9_.]+)'")

_FORBIDDEN = frozenset(
    {
        "API_DISABLED_FOR_ORG",
        "API_CURRENTLY_DISABLED",
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "FUNCTIONALITY_NOT_ENABLED",
        "INSUFFICIENT_ACCESS",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    }
)
_NOT_THERE = frozenset({"NOT_FOUND", "ENTITY_IS_DELETED"})
_LATER = frozenset({"QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "REQUEST_RUNNING_TOO_LONG", "INVALID_QUERY_LOCATOR"})

_WAY_OUT = {
    "DUPLICATES_DETECTED": phrase(
        "A duplicate rule of this org stopped it. Link the record that is already there, or let the rule "
        "report instead of block for the integration user (Setup > Duplicate Rules)."
    ),
    "DUPLICATE_VALUE": phrase("Another record already carries this value in a unique field: look for it and link it."),
    "DUPLICATE_EXTERNAL_ID": phrase("Several records carry this key: a person must decide which one stays."),
    "INACTIVE_OWNER_OR_USER": phrase("Choose an owner whose user is active."),
    "INVALID_CROSS_REFERENCE_KEY": phrase(
        "The record that a lookup points at is gone or not visible to the integration user."
    ),
    "INVALID_FIELD": phrase(
        "Check the field's API name, and that the integration user's permission set lets it see the field."
    ),
    "INVALID_FIELD_FOR_INSERT_UPDATE": phrase(
        'Let the integration user edit the field (field-level security), or read it only: way = "in" in the mapping.'
    ),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": phrase(
        "Add the value to the picklist in Salesforce, or map it to one that is there."
    ),
    "INVALID_TYPE": phrase("Check the object's API name, and that the integration user may read it."),
    "JSON_PARSER_ERROR": phrase("A value has the wrong type for its field: check the field's type in the mapping."),
    "REQUIRED_FIELD_MISSING": phrase(
        "Give the field a value under [create] in the mapping, or make it optional in Salesforce."
    ),
    "STRING_TOO_LONG": phrase("Shorten the text, or set max for this field in the mapping."),
}


def not_there(found: Iterable[Problem]) -> bool:
    """Salesforce's own words for a record that is deleted or not shown: a proxy's 404 says nothing about a record."""
    return any(problem.code in _NOT_THERE for problem in found)


class RowLocked(Unavailable):
    """Somebody else is writing to the same row just now. Nothing was changed; only this record has to wait."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of an error body. Single records say ``errorCode``, collections ``statusCode``."""

    code: str
    message: str
    fields: tuple[str, ...] = ()


_FOREIGN = Problem("", "")
"""An error whose body is none of Salesforce's: a proxy, a sign-in page, a wrong address."""


def problems(body: Any) -> tuple[Problem, ...]:
    """The entries of an error body of either shape; empty when it is neither."""
    items: Iterable[Any] = body if isinstance(body, list) else [body]
    return tuple(_problem(item) for item in items if isinstance(item, dict) and _code(item))


def _code(item: dict[str, Any]) -> str:
    return str(item.get("errorCode") or item.get("statusCode") or item.get("error") or "")


def _problem(item: dict[str, Any]) -> Problem:
    message = str(item.get("message") or item.get("error_description") or "")
    named = item.get("fields")
    fields = tuple(str(name) for name in named) if isinstance(named, list) else ()
    return Problem(_code(item), message, fields or tuple(_COLUMN_IN_MESSAGE.findall(message)))


def said(answer: Answer) -> tuple[Problem, ...]:
    """The problems that an answer names; empty when its body is not one of Salesforce's."""
    return problems(answer.peek())


def refusal(answer: Answer, doing: str) -> ConnectorError:
    """The error for an answer that is not a success. ``doing`` begins the message: "Reading Account"."""
    return refused(answer.status, said(answer), doing)


def refused(status: int, found: tuple[Problem, ...], doing: str) -> ConnectorError:
    """The error for these problems, whether they stood in an answer of their own or in that of a batch."""
    first = found[0] if found else _FOREIGN
    told = "; ".join(f"{p.message.strip()[:_SHOWN]} ({p.code})" for p in found) or f"HTTP {status}"
    text = phrase("%(doing)s: Salesforce answered: %(told)s", doing=doing, told=told)
    hint = _WAY_OUT.get(first.code)
    if hint:
        text = together([phrase("%(words)s.", words=text), hint])
    fields = tuple(dict.fromkeys(field for problem in found for field in problem.fields))
    return _classified(status, first.code, text, fields)


def _classified(status: int, code: str, text: str, fields: tuple[str, ...]) -> ConnectorError:
    if code == "REQUEST_LIMIT_EXCEEDED":
        return QuotaSpent(
            phrase(
                "%(words)s. The org's API calls for the last 24 hours are used up; the next runs try again by "
                "themselves. Sync less often, or ask Salesforce for more calls.",
                words=text,
            )
        )
    if status == 401 or code == "INVALID_SESSION_ID":
        return SignInFailed(
            phrase("%(words)s. Check the external client app and its run-as user in Salesforce Setup.", words=text)
        )
    if status == 412 or code == "ENTITY_IS_DELETED":
        return Stale(text)
    if status == 403 or code in _FORBIDDEN:
        return Forbidden(phrase("%(words)s. Check the permission sets of the integration user.", words=text))
    if code == "UNABLE_TO_LOCK_ROW":
        return RowLocked(text)
    if status == 300:
        return Invalid(
            phrase("%(words)s. Several records carry this key: a person must decide which one stays.", words=text),
            fields,
        )
    if status == 410:
        return Invalid(
            phrase("%(words)s. This API version is retired: set api_version to a newer one.", words=text), fields
        )
    if status >= 500 or code in _LATER:
        return Unavailable(phrase("%(words)s. Nothing was changed; the next run tries again.", words=text))
    if not code:
        return Unavailable(
            phrase("%(words)s, in words that are not Salesforce's. Check url and what lies in between.", words=text)
        )
    return Invalid(text, fields)

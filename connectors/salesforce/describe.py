"""What an object offers, from ``/sobjects/X/describe``. Fields that the user may not see are not in it."""

from __future__ import annotations

from typing import Any

from connectors.contract import Field, Unavailable
from connectors.salesforce import soql
from connectors.salesforce.errors import refusal
from connectors.salesforce.session import Session
from schemas.said import phrase


def described(session: Session, object: str) -> dict[str, Any]:
    """The description as Salesforce gives it."""
    answer = session.call("GET", session.data(f"sobjects/{soql.name(object)}/describe"))
    if answer.status != 200:
        raise refusal(answer, phrase("Describing %(object)s", object=object))
    found = answer.json()
    fields = found.get("fields") if isinstance(found, dict) else None
    if not isinstance(fields, list) or not all(isinstance(item, dict) and item.get("name") for item in fields):
        raise Unavailable(phrase("Describing %(object)s: the answer is not a description.", object=object))
    return found


def describe(session: Session, object: str) -> list[Field]:
    return [field(item) for item in described(session, object)["fields"]]


def field(item: dict[str, Any]) -> Field:
    """One field. Choices only where the picklist is restricted: an open one takes other values too."""
    length = item.get("length")
    targets = item.get("referenceTo") or [None]
    return Field(
        name=str(item["name"]),
        type=str(item.get("type", "")),
        writable=bool(item.get("updateable")),
        required=bool(item.get("createable")) and not item.get("nillable") and not item.get("defaultedOnCreate"),
        unique=bool(item.get("unique")),
        length=length if isinstance(length, int) and length > 0 else None,
        choices=_choices(item) if item.get("restrictedPicklist") else (),
        references=targets[0],
    )


def _choices(item: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(value["value"]) for value in item.get("picklistValues") or () if value.get("active", True))

"""Answers to form fields, as the wire has them and as a record shows them.

On the wire an answer is ``{"formFieldId", "fieldType", "value"}``, or ``"options": [option ids]`` for a choice. A record
shows text, numbers, the label of a choice, a list of labels, ``None`` for what is blank.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from schemas.said import phrase

TEXT = frozenset({"title", "short_answer", "long_answer", "email", "phone", "website", "date", "number"})
ONE = frozenset({"single_response", "dropdown_list"})
MANY = frozenset({"multiple_response"})
READ_ONLY = frozenset({"ein", "uei", "charity_check"})
"""Registry numbers, which Submittable looks up itself when an applicant types them."""

SENT_BACK = TEXT | ONE | MANY
"""What goes over the wire the same way in both directions."""

_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,20})?")


@dataclass(frozen=True, slots=True)
class FormField:
    """``options``: option id to label, for choices."""

    id: str
    label: str
    type: str
    required: bool = False
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        return self.type in SENT_BACK | READ_ONLY

    @property
    def writable(self) -> bool:
        return self.type in SENT_BACK


def shown(field: FormField, cell: Mapping[str, Any] | None) -> Any:
    """What a record shows of an answer. An option that the form does not have any more is shown by its id."""
    if cell is None:
        return None
    if field.type in ONE | MANY:
        ids = cell.get("options")
        labels = [field.options.get(str(id), str(id)) for id in ids] if isinstance(ids, list) else []
        return (labels if field.type in MANY else labels[0]) if labels else None
    value = cell.get("ein") or cell.get("value") if field.type in READ_ONLY else cell.get("value")
    if value in (None, ""):
        return None
    if field.type == "number" and isinstance(value, str):
        return _number(value)
    return value if isinstance(value, str | int | Decimal) else str(value)


def answer(field: FormField, value: Any) -> dict[str, Any]:
    """An answer to send. ``ValueError`` says why the field cannot hold the value."""
    cell: dict[str, Any] = {"formFieldId": field.id, "fieldType": field.type}
    if not field.writable:
        raise ValueError(
            phrase("“%(label)s” is a field of type %(type)s, which is only read.", label=field.label, type=field.type)
        )
    if field.type in ONE | MANY:
        values = value if isinstance(value, list) else [] if value in (None, "") else [value]
        if field.type in ONE and len(values) > 1:
            raise ValueError(phrase("“%(label)s” takes one choice.", label=field.label))
        return cell | {"options": [_option(field, each) for each in values]}
    if field.type == "number" and not (value in (None, "") or isinstance(_number(_text(value)), int | Decimal)):
        raise ValueError(phrase("“%(label)s” takes a number.", label=field.label))
    return cell | {"value": _text(value)}


def _option(field: FormField, label: Any) -> str:
    for id, known in field.options.items():
        if known == label:
            return id
    raise ValueError(
        phrase(
            "“%(label)s” has no choice %(choice)s; it has %(values)s.",
            label=field.label,
            choice=repr(label),
            values=", ".join(map(repr, field.options.values())),
        )
    )


def _number(text: str) -> Any:
    if not _NUMBER.fullmatch(text.strip()):
        return text
    number = Decimal(text.strip())
    return int(number) if "." not in text else number


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(phrase("A text field cannot hold a %(kind)s.", kind=type(value).__name__))
    return value if isinstance(value, str) else format(value, "f") if isinstance(value, Decimal) else str(value)

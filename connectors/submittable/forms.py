"""The forms of a project and what their fields are called (``GET /v4/forms/{id}``)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from connectors.contract import Unavailable
from connectors.submittable.api import Api, part
from connectors.submittable.values import FormField
from schemas.said import phrase


@dataclass(frozen=True, slots=True)
class Form:
    """A form; ``type`` is initial, internal, …"""

    id: str
    type: str
    name: str
    fields: tuple[FormField, ...]

    def field(self, name: str) -> FormField | None:
        """By id, or by a label that only one field has."""
        found = [each for each in self.fields if name in (each.id, each.label)]
        return found[0] if len(found) == 1 else None

    def names(self) -> dict[str, FormField]:
        """What a mapping may call the fields: each by its id, and by its label where that is unique."""
        count = Counter(each.label for each in self.fields)
        by_label = {each.label: each for each in self.fields if each.label and count[each.label] == 1}
        return {each.id: each for each in self.fields} | by_label


def form(api: Api, id: str) -> Form:
    """One form as it is now."""
    place = phrase("Reading form %(id)s", id=id)
    body = api.call("GET", f"forms/{part(id)}", place)
    try:
        if str(body["formId"]).lower() != id.lower():
            raise Unavailable(phrase("%(place)s: Submittable's answer is another form.", place=place))
        fields = tuple(_field(row) for row in body["fields"])
        return Form(id, str(body.get("formType", "")), str(body.get("name") or ""), fields)
    except (KeyError, TypeError, AttributeError):
        raise Unavailable(phrase("%(place)s: Submittable's answer is not a form.", place=place)) from None


def _field(row: dict[str, Any]) -> FormField:
    options = {str(option["formOptionId"]): str(option.get("label") or "") for option in row.get("options") or ()}
    return FormField(
        id=str(row["formFieldId"]),
        label=str(row.get("label") or "").strip(),
        type=str(row["fieldType"]),
        required=row.get("isRequired") is True,
        options=options,
    )

"""The application form: which of its fields stands for which base field. The short codes of base fields are what
connects one form with another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.contract import Field, Invalid, Unavailable
from connectors.pdc.lists import whole
from connectors.pdc.session import Session
from connectors.pdc.values import AMOUNT, CURRENCY
from schemas.said import phrase

EXTERNAL_ID = "externalId"
"""The proposal's own column; everything else is a field of its form."""


@dataclass(frozen=True, slots=True)
class FormField:
    id: int
    type: str
    """Data type of its base field."""


@dataclass(frozen=True, slots=True)
class Form:
    id: int
    fields: Mapping[str, FormField]
    """By short code of the base field; where two fields of a form stand for one, the first."""


def code_of(field: Any) -> str | None:
    """The short code that a form's field stands for."""
    if not isinstance(field, dict):
        return None
    base = field.get("baseField")
    code = field.get("baseFieldShortCode") or (base.get("shortCode") if isinstance(base, dict) else None)
    return code if isinstance(code, str) else None


class Types:
    """Data types of base fields. Most answers bring them along; the list of all is asked for where one does not."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._all: dict[str, str] | None = None

    def of(self, field: Any) -> str:
        base = field.get("baseField") if isinstance(field, dict) else None
        told = base.get("dataType") if isinstance(base, dict) else None
        return str(told or self._listed().get(code_of(field) or "", "string"))

    def _listed(self) -> dict[str, str]:
        if self._all is None:
            every = whole(self._session, "/baseFields", phrase("Listing the base fields"))
            self._all = {str(each["shortCode"]): str(each.get("dataType")) for each in every if "shortCode" in each}
        return self._all


def form(session: Session, opportunity: int, wanted: int | None, types: Types) -> Form:
    """The named form, else the newest of the opportunity. ``Invalid`` where there is none."""
    if wanted is None:
        wanted = _newest(session, opportunity)
    found = session.get(f"/applicationForms/{wanted}", phrase("Reading application form %(wanted)s", wanted=wanted))
    if found.get("id") != wanted or not isinstance(found.get("fields"), list):
        raise Unavailable(
            phrase("Reading application form %(wanted)s: the service's answer is about something else.", wanted=wanted)
        )
    if found.get("opportunityId") != opportunity:
        raise Invalid(
            phrase(
                "Application form %(wanted)s belongs to another opportunity than %(opportunity)s.",
                wanted=wanted,
                opportunity=opportunity,
            ),
            ["form"],
        )
    return form_of(found, types)


def form_of(found: Mapping[str, Any], types: Types) -> Form:
    """``Unavailable`` where one of its fields is none: left out, it would look as if somebody had removed it."""
    fields: dict[str, FormField] = {}
    try:
        for each in sorted(found["fields"], key=lambda field: int(field["position"])):
            fields.setdefault(_named(each), FormField(int(each["id"]), types.of(each)))
    except (KeyError, TypeError, ValueError):
        raise Unavailable(
            phrase("Reading application form %(id)s: the service's answer has fields that are none.", id=found["id"])
        ) from None
    return Form(int(found["id"]), fields)


def _named(field: Any) -> str:
    code = code_of(field)
    if code is None:
        raise ValueError
    return code


def columns(form: Form) -> list[Field]:
    """What a proposal offers. Its external id is set once, when it is made."""
    found = [Field(EXTERNAL_ID, "string")]
    for code, field in form.fields.items():
        if field.type == "currency":
            found += [Field(code + AMOUNT, "number"), Field(code + CURRENCY, "string", length=3)]
        else:
            found.append(Field(code, field.type, writable=field.type != "file"))
    return found


def split(column: str) -> tuple[str, str]:
    """A column's short code, and ``.amount``, ``.currency`` or "" for which part of it."""
    for part in (AMOUNT, CURRENCY):
        if column.endswith(part):
            return column.removesuffix(part), part
    return column, ""


def _newest(session: Session, opportunity: int) -> int:
    every = whole(session, "/applicationForms", phrase("Listing the application forms"))
    own = [f for f in every if f.get("opportunityId") == opportunity and isinstance(f.get("id"), int)]
    if not own:
        raise Invalid(
            phrase(
                "Opportunity %(opportunity)s has no application form. Have one made; see the README of pdc.",
                opportunity=opportunity,
            ),
            ["form"],
        )
    return int(max(own, key=lambda f: (int(f.get("version") or 0), f["id"]))["id"])

"""Which columns there are: as the system says, else as the declaration says, else as they occur in a page of records."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connectors.contract import Field, Unavailable
from connectors.rest.api import Api
from connectors.rest.declaration import Declaration
from connectors.rest.dig import MISSING, dig
from connectors.rest.looking import Looking
from connectors.rest.rows import Rows
from schemas.said import phrase


def fields(api: Api, rows: Rows, looking: Looking) -> list[Field]:
    declaration = api.declaration
    if declaration.describe is not None:
        place = phrase("Describing %(object)s", object=repr(rows.wanted.object))
        found = dig(api.said(api.ask(declaration.describe), place), declaration.describe.names)
        return [_declared(declaration, name) for name in _names(found, place)]
    if declaration.columns:
        return [_declared(declaration, name) for name in declaration.columns]
    sheet = next(
        iter(
            looking.turner(
                declaration.list, phrase("Sampling %(object)s", object=repr(rows.wanted.object)), {}
            ).sheets()
        )
    )
    shown = [row for row in sheet.rows if not rows.is_gone(row)]
    if any(rows.record(row) is None for row in shown):
        raise Unavailable(
            phrase("Sampling %(object)s: the answer has a row that is no record.", object=repr(rows.wanted.object))
        )
    # Where there is no record yet, every column may still come.
    names = rows.names(shown) if shown else list(rows.columns)
    return [_declared(declaration, name) for name in names]


def refuses(declaration: Declaration, column: str, value: Any) -> str | None:
    """Why a declared column can never hold this value."""
    known = declaration.columns.get(column)
    if known is None:
        return None
    if known.length is not None and isinstance(value, str) and len(value) > known.length:
        return phrase(
            "%(column)s holds %(length)s characters; this text has %(count)s.",
            column=column,
            length=known.length,
            count=len(value),
        )
    if known.choices and isinstance(value, str) and value not in known.choices:
        return phrase("%(column)s does not offer %(value)s.", column=column, value=repr(value))
    if known.type == "integer" and isinstance(value, Decimal) and value != value.to_integral_value():
        return phrase("%(column)s takes whole numbers only.", column=column)
    return None


def _declared(declaration: Declaration, name: str) -> Field:
    known = declaration.columns.get(name)
    if known is None:
        return Field(name, "any")
    return Field(name, known.type, known.writable, known.required, length=known.length, choices=tuple(known.choices))


def _names(found: Any, place: str) -> list[str]:
    if isinstance(found, dict):
        return [str(name) for name in found]
    named: list[Any] = (
        [item.get("name") if isinstance(item, dict) else item for item in found] if isinstance(found, list) else []
    )
    if found is MISSING or not named or not all(isinstance(name, str) for name in named):
        raise Unavailable(phrase("%(place)s: the answer has no names of columns.", place=place))
    return named

"""Where a project works. Every part is optional: "UK wide" has no country code."""

from __future__ import annotations

from functools import cache
from typing import Any

from schemas.said import phrase

PARTS = ("country", "subdivision", "place", "scope")


@cache
def is_country(code: str) -> bool:
    """ISO 3166-1 alpha-2; NA is Namibia."""
    import pycountry

    return pycountry.countries.get(alpha_2=code) is not None


@cache
def is_subdivision(code: str) -> bool:
    """ISO 3166-2."""
    import pycountry

    return pycountry.subdivisions.get(code=code) is not None


def country(code: Any) -> str:
    if not isinstance(code, str) or not is_country(code):
        raise ValueError(
            phrase("%(code)s is no ISO 3166-1 country code. Write two capital letters, like JO.", code=repr(code))
        )
    return code


def place(value: Any, scopes: Any) -> dict[str, str]:
    """``{"country"?, "subdivision"?, "place"?, "scope"?}``, at least one of them."""
    if not isinstance(value, dict) or not value.keys() <= set(PARTS):
        raise ValueError(phrase("A place has the parts country, subdivision, place and scope, nothing else."))
    parts = {part: value[part] for part in PARTS if value.get(part) not in (None, "")}
    if not parts:
        raise ValueError(phrase("A place needs at least one of country, subdivision, place, scope."))
    if "country" in parts:
        country(parts["country"])
    if "subdivision" in parts and not is_subdivision(parts["subdivision"]):
        raise ValueError(phrase("%(parts)s is no ISO 3166-2 code, like JO-AM.", parts=repr(parts["subdivision"])))
    if "scope" in parts and parts["scope"] not in scopes:
        raise ValueError(
            phrase("%(parts)s is no scope. One of: %(names)s.", parts=repr(parts["scope"]), names=", ".join(scopes))
        )
    if not all(isinstance(part, str) for part in parts.values()):
        raise ValueError(phrase("The parts of a place are text."))
    return parts

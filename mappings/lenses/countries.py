"""Countries as people write them: an ISO 3166-1 code, or an English name (CLDR's or ISO's)."""

from __future__ import annotations

from functools import cache
from typing import Any

from mappings.entry import Entry
from mappings.lenses.lens import Lens, Value, one_column, remembered
from mappings.lenses.text import plain
from schemas.places import is_country


@cache
def names() -> dict[str, str]:
    """``{code: English name}``, CLDR's, which has no comma in it."""
    from babel import Locale

    return {code: name for code, name in Locale("en").territories.items() if is_country(code)}


@cache
def _codes() -> dict[str, str]:
    import pycountry

    iso = {country.name.casefold(): country.alpha_2 for country in pycountry.countries}
    return iso | {name.casefold(): code for code, name in names().items()}


def code_of(text: str) -> str | None:
    """The code that a code or a name stands for. ``NA`` is Namibia."""
    return text if is_country(text) else _codes().get(text.strip().casefold())


def show(code: str, form: str) -> str:
    return names().get(code, code) if form == "names" else code


def country(entry: Entry) -> Lens:
    """Option ``write``: ``"names"`` (default) or ``"codes"``. Both are read."""
    [column] = entry.columns
    form = entry.options.get("write", "names")

    def read(value: Any) -> Value:
        code = code_of(plain(value) or "")
        if code is None:
            raise ValueError(f"{value!r} is no country. Write its English name or its two-letter code.")
        return code

    return one_column(column, remembered(read), lambda value, _: show(value, form))

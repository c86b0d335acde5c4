"""A value that a person types into a form, by the field's type."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _

from schemas.codes import CODES
from schemas.fields import spec
from schemas.keepable import unkeepable
from schemas.money import ambiguous
from schemas.values import canonical

_TYPES = ("text", "longtext", "url", "int", "money", "when", "code", "codes", "country", "bool")


def can(path: str) -> bool:
    """Whether a value of this field can be typed; lists of places and documents are changed in the systems."""
    return spec(path).type in _TYPES


def options(path: str) -> dict[str, str]:
    """The codes to choose from, with their labels; empty where text is typed."""
    return named(spec(path).codes or "") if spec(path).type == "code" else {}


def named(codes: str) -> dict[str, str]:
    """The codes of a list with their names in the page's language."""
    return {code: _(name) for code, name in CODES.get(codes, {}).items()}


_WESTERN = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬", "01234567890123456789.'")


def western(text: str) -> str:
    """A number or day that was typed in Arabic digits, in those that stand in the store."""
    return text.translate(_WESTERN)


def parse(path: str, text: str) -> Any:
    """The canonical value, or ValueError in words a person can act on. Nothing typed means blank."""
    kind = spec(path).type
    text = text.replace("\r\n", "\n")  # forms send every line break so, whatever was typed (HTML, "form submission")
    if unkeepable(text):
        raise ValueError(unkeepable(text))
    if kind not in ("text", "longtext") or not text.strip():
        text = text.strip()
    if not text:
        if path == "title":
            raise ValueError(_("A title cannot be empty."))
        return None
    if kind in ("money", "int", "when"):
        text = western(text)
    match kind:
        case "money":
            found = re.fullmatch(r"([0-9][0-9.,'\s]*)\s*([A-Za-z]{3})", text)
            if not found or "," in found[1]:
                raise ValueError(_("Write the amount with a point and its currency, like 12000.50 USD."))
            amount, currency = re.sub(r"[\s']", "", found[1]), found[2].upper()
            why = re.fullmatch(r"[0-9.]+", amount) and ambiguous(amount, currency)
            if why:
                raise ValueError(_("%(why)s. Write it without a point, or with two decimals.", why=why))
            return canonical(path, {"amount": amount, "currency": currency})
        case "codes":
            return canonical(path, [part.strip() for part in text.split(",") if part.strip()])
        case "int":
            if not text.isdecimal():
                raise ValueError(_("Write a whole number."))
            return canonical(path, int(text))
        case "bool":
            yes, no = ("yes", _("yes")), ("no", _("no"))
            if text.lower() not in (*yes, *no):
                raise ValueError(_("Write yes or no."))
            return canonical(path, text.lower() in yes)
        case "when":
            return canonical(path, {"date": text})
        case _:
            return canonical(path, text)


def countries(text: str) -> tuple[str, ...]:
    """Codes of countries that are typed by name or code, with commas between; ValueError names the one that is none."""
    import pycountry

    found = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(pycountry.countries.lookup(one).alpha_2)
        except LookupError:
            raise ValueError(_("“%(name)s” is no country. Write its name or its two letters.", name=one)) from None
    return tuple(dict.fromkeys(found))


def regions(text: str) -> tuple[str, ...]:
    """The same of parts of countries (ISO 3166-2); where several have the name, it says their codes."""
    import pycountry

    found = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        known = pycountry.subdivisions.get(code=one.upper())
        named = [known] if known else [r for r in pycountry.subdivisions if r.name.casefold() == one.casefold()]
        if not named:
            raise ValueError(_("“%(name)s” is no region. Write its name or its code, like JO-AM.", name=one))
        if len(named) > 1:
            codes = ", ".join(sorted(region.code for region in named))
            raise ValueError(_("Several regions are called “%(name)s”: write one of %(codes)s.", name=one, codes=codes))
        found.append(str(named[0].code))
    return tuple(dict.fromkeys(found))

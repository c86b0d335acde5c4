"""What is looked for, as the address of a page, a form and a call of ``/api/v1/`` say it: one set of names for all three."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from hub.commons.criteria import AUDIENCES, Criteria
from hub.commons.findable import number, registration, tongue
from hub.commons.looked_for import plain
from hub.languages import tell
from hub.store.finding import SORTS, Looking
from hub.web.guard import hub
from hub.web.typed import countries, regions, western
from schemas.codes import CODES
from schemas.status import STORED

SIZES = (20, 50, 100)
LONGEST = 500
"""Characters of a text."""
SEVERAL = ("theme", "population", "country", "region", "vetting")
"""Of these several may be said, any of which will do."""
OTHER_NAMES = {"text": "q", "themes": "theme", "countries": "country"}
"""What forms and addresses of before say."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``problems``: what cannot be looked for, by the name under which it was sent. ``typed``: what was sent, to be shown
    again. ``pairs``: the same as parts of an address, without page and order."""

    criteria: Criteria
    typed: MultiDict[str, str]
    status: str = ""
    sort: str = "best"
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [*pairs(self.criteria), *([("status", self.status)] if self.status else [])]


def asked(sent: MultiDict[str, str]) -> Asked:
    typed: MultiDict[str, str] = MultiDict()
    for name, value in sent.items(multi=True):
        if value.strip():
            typed.add(OTHER_NAMES.get(name, name), value.strip())
    reading = _Reading(typed)
    found = Criteria(
        kind=reading.one_of("kind", CODES["kind"]) or None,
        themes=reading.all_of("theme", CODES["theme"]),
        countries=reading.places("country"),
        text=reading.text("q"),
        populations=reading.all_of("population", CODES["population"]),
        regions=reading.places("region"),
        vetting=reading.all_of("vetting", CODES["vetting_level"]),
        language=tongue(reading.text("language")) if typed.get("language") else "",
        steward=reading.text("steward"),
        audience=reading.one_of("audience", AUDIENCES),
        currency=reading.currency(),
        amount_from=reading.amount("amount_from"),
        amount_to=reading.amount("amount_to"),
        gap_from=reading.amount("gap_from"),
        needed_from=reading.day("needed_from"),
        needed_to=reading.day("needed_to"),
        organization=reading.registration(),
    )
    status, sort = reading.one_of("status", STORED), reading.one_of("sort", SORTS) or "best"
    return Asked(found, typed, status, sort, reading.problems)


def pairs(criteria: Criteria) -> list[tuple[str, str]]:
    """What ``asked`` reads these criteria from."""
    several = (("theme", criteria.themes), ("population", criteria.populations), ("country", criteria.countries),
               ("region", criteria.regions), ("vetting", criteria.vetting))  # fmt: skip
    amounts = ("amount_from", "amount_to", "gap_from")
    single = [("q", criteria.text), ("kind", criteria.kind or "")]
    for name in ("language", "steward", "audience", "currency", "needed_from", "needed_to", "organization"):
        single.append((name, getattr(criteria, name)))
    single += [(name, plain(value)) for name in amounts if (value := getattr(criteria, name)) is not None]
    return [pair for pair in single if pair[1]] + [(name, code) for name, codes in several for code in codes]


@dataclass(slots=True)
class _Reading:
    typed: MultiDict[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        text = self.typed.get(name, "")
        if len(text) > LONGEST:
            self.problems[name] = _("Write at most %(most)s characters.", most=LONGEST)
        return text[:LONGEST]

    def one_of(self, name: str, known: Collection[str]) -> str:
        value = self.typed.get(name, "")
        if value and value not in known:
            self.problems[name] = _("“%(value)s” is not one of: %(known)s.", value=value, known=", ".join(known))
            return ""
        return value

    def all_of(self, name: str, known: Collection[str]) -> tuple[str, ...]:
        values = dict.fromkeys(part.strip() for value in self.typed.getlist(name) for part in value.split(","))
        unknown = [value for value in values if value and value not in known]
        if unknown:
            self.problems[name] = _("“%(value)s” is not one of: %(known)s.", value=unknown[0], known=", ".join(known))
        return tuple(value for value in values if value in known)

    def places(self, name: str) -> tuple[str, ...]:
        try:
            return (countries if name == "country" else regions)(",".join(self.typed.getlist(name)))
        except ValueError as error:
            self.problems[name] = tell(str(error))
            return ()

    def currency(self) -> str:
        code = self.typed.get("currency", "").upper()
        if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
            self.problems["currency"] = _("Write the three letters of a currency, like USD.")
            return ""
        return code

    def amount(self, name: str) -> float | None:
        text = western(self.typed.get(name, "")).replace(" ", "").replace("'", "")
        if not text:
            return None
        try:
            amount = Decimal(text) if text.isascii() and set(text) <= set("0123456789.") else Decimal("NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite():
            self.problems[name] = _("Write a plain number, like 12000.")
            return None
        return number(str(amount))

    def day(self, name: str) -> str:
        text = western(self.typed.get(name, ""))
        try:
            return date.fromisoformat(text).isoformat() if text else ""
        except ValueError:
            self.problems[name] = _("Write a day like 2026-03-31.")
            return ""

    def registration(self) -> str:
        text = self.typed.get("organization", "")
        register, _sep, registered = text.partition(":")
        found = registration(register.strip(), registered)
        if text and not found:
            self.problems["organization"] = _("Write a register and a number, like GB-CHC:1234567.")
        return found


def listed(found: Asked) -> dict[str, Any]:
    """What the form shows again, by name; several values with commas between, where they are typed."""
    return {name: ", ".join(found.typed.getlist(name)) for name in ("country", "region")}


def looking(found: Asked) -> Looking:
    """The same as the store is asked for it, as of today."""
    return Looking(found.criteria, found.status, found.sort, hub().time.now().date().isoformat())

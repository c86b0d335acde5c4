"""Money: an amount column, and a currency that is fixed or has a column of its own. Nothing is converted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mappings.entry import Entry
from mappings.lenses.lens import BLANK, Lens, Raw, Value
from mappings.lenses.numbers import Parse, style
from schemas.money import ambiguous, minor_units, money
from schemas.said import phrase, together


@dataclass(frozen=True, slots=True)
class CurrencyColumn:
    """Where amounts find their currency. ``names``: code to what the system calls it; ``default``: for blank; ``stays``:
    only a new record is given one, for amounts that no mapping names may stand beside it."""

    column: str
    names: Mapping[str, str]
    codes: Mapping[str, str]
    default: str | None
    stays: bool = False

    def read(self, raw: Raw) -> str | None:
        shown = raw.get(self.column)
        if shown.__class__ is str and shown:
            return self.codes.get(shown, shown)
        if shown in BLANK:
            return self.default
        return self.codes.get(shown, shown) if isinstance(shown, str) else None


def currency_column(entry: Entry) -> CurrencyColumn | None:
    given = entry.options.get("currency")
    if not isinstance(given, dict):
        return None
    names = dict(given.get("values", {}))
    codes = {shown: code for code, shown in names.items()}
    return CurrencyColumn(given["field"], names, codes, given.get("default"), given.get("way") == "once")


def amount(entry: Entry) -> Lens:
    """Options: ``currency`` (a code, or ``{ field, values, default, way }``), ``decimal``, ``thousands``."""
    of = currency_column(entry)
    return _fixed(entry) if of is None else _beside(entry, of)


def _fixed(entry: Entry) -> Lens:
    [column] = entry.columns
    currency = entry.options["currency"]
    minor_units(currency)
    parse, form = style(entry.options)

    def get(raw: Raw) -> Value:
        value = raw.get(column)
        if value is None or value == "":
            return None
        return money(value, currency) if value.__class__ is int else _said(value, currency, parse, entry)

    def put(value: Value, raw: Raw) -> Raw:
        if not value:
            return {column: None}
        if value["currency"] != currency:
            raise ValueError(
                phrase(
                    "The column holds %(currency)s; the value is in %(value)s.",
                    currency=currency,
                    value=value["currency"],
                )
            )
        return {column: form(value["amount"])}

    return Lens((column,), get, put)


def _said(value: Any, currency: str, parse: Parse, entry: Entry) -> Value:
    found = money(parse(value), currency)
    if isinstance(value, str) and "decimal" not in entry.options:
        why = ambiguous(value.strip(), currency)
        if why:
            raise ValueError(
                phrase(
                    '%(why)s. Write it without a point, or declare "decimal" and "thousands" in the mapping.', why=why
                )
            )
    return found


def _beside(entry: Entry, of: CurrencyColumn) -> Lens:
    [column] = entry.columns
    parse, form = style(entry.options)

    def get(raw: Raw) -> Value:
        value = raw.get(column)
        if value is None or value == "":
            return None
        currency = of.read(raw)
        if currency is None:
            raise ValueError(
                phrase(
                    'The amount %(value)s has no currency: column "%(column)s" is empty. Fill it in.',
                    value=value,
                    column=of.column,
                )
            )
        return money(value, currency) if value.__class__ is int else _said(value, currency, parse, entry)

    def put(value: Value, raw: Raw) -> Raw:
        if not value:
            return {column: None}
        if of.read(raw) != value["currency"]:
            held = of.read(raw)
            found = phrase(
                "The record is in %(held)s; the value is in %(currency)s.", held=held, currency=value["currency"]
            )
            why = phrase(
                '"%(column)s" is never changed, for other amounts of the record may be in it.', column=of.column
            )
            raise ValueError(together([found, why if of.stays else ""]))
        return {column: form(value["amount"])}

    return Lens((column, of.column), get, put)


@dataclass(frozen=True, slots=True)
class Shared:
    """The fields that take their currency from one column: ``(path, amount column, may be written)``."""

    of: CurrencyColumn
    fields: tuple[tuple[str, str, bool], ...]

    def settle(self, view: Mapping[str, Value], raw: Raw) -> str | None:
        """The currency that the column must show, or None to leave it. It changes only when no amount beside it
        would come to mean something else: nobody's 5,000 dollars become 5,000 dinars."""
        now = self.of.read(raw)
        if self.of.stays and now is not None:
            return None
        wanted = []
        for path, _, writes in self.fields:
            if writes and (value := view.get(path)):
                wanted.append(value["currency"])
        if now in wanted or not wanted:
            return None
        for code in dict.fromkeys(wanted):
            if not raw or all(self._follows(view, raw, code, *field) for field in self.fields):
                return self.of.names.get(code, code)
        return None

    def _follows(self, view: Mapping[str, Value], raw: Raw, code: str, path: str, column: str, writes: bool) -> bool:
        if raw.get(column) in BLANK:
            return True
        value = view.get(path)
        return writes and (not value or value["currency"] == code)


def shared(parts: Iterable[tuple[Entry, bool]]) -> tuple[Shared, ...]:
    """Groups of money fields by their currency column, in the order of the file."""
    groups: dict[str, tuple[CurrencyColumn, list[tuple[str, str, bool]]]] = {}
    for entry, writes in parts:
        of = currency_column(entry) if entry.type == "money" else None
        if of is not None:
            known, fields = groups.get(of.column, (of, []))
            groups[of.column] = (of if of.stays else known, [*fields, (entry.path, entry.columns[0], writes)])
    return tuple(Shared(of, tuple(fields)) for of, fields in groups.values())


def faults(options: Mapping[str, Any]) -> Iterable[str]:
    """What is wrong with the ``currency`` of a money field."""
    given = options.get("currency")
    if given is None:
        yield phrase('is money: say its currency = "USD", or currency = { field = "the column that holds it" }.')
        return
    codes = [given]
    if isinstance(given, dict):
        if not isinstance(given.get("field"), str) or given.keys() - {"field", "values", "default", "way"}:
            yield phrase(
                'has a currency that is no { field = "…", values = { USD = "…" }, default = "USD", way = "once" }.'
            )
            return
        if given.get("way", "once") != "once":
            yield phrase(
                'has a currency whose way is not "once" (only a new record is given one). Leave it out for both ways.'
            )
            return
        codes = [*given.get("values", {}), *filter(None, [given.get("default")])]
    for code in codes:
        try:
            minor_units(code if isinstance(code, str) else "")
        except ValueError as error:
            yield phrase("has a currency that is none: %(error)s", error=str(error))

"""The lenses by name. ``build`` makes the one that an entry asks for; ``faults`` says what keeps it from working."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mappings.entry import Entry
from mappings.lenses import choices, codec, countries, dates, documents, html, money, numbers, places, text
from mappings.lenses.lens import Lens, one_column
from schemas.said import phrase
from schemas.values import canonical

_BY_TYPE: Mapping[str, Callable[[Entry], Lens]] = {
    "text": text.text,
    "longtext": text.text,
    "html": html.html,
    "url": text.text,
    "number": numbers.number,
    "money": money.amount,
    "date": dates.date,
    "choice": choices.choice,
    "choices": choices.choices,
    "yesno": choices.yesno,
    "country": countries.country,
    "places": places.places,
    "moneys-as-text": text.moneys,
    "codec": codec.codec,
}

_BY_BOTH: Mapping[tuple[str, str], Callable[[Entry], Lens]] = {
    ("text", "when"): dates.words,
    ("text", "int"): text.whole_number_as_text,
    ("url", "documents"): documents.documents,
}
"""Where the field's own type decides as well."""


def build(entry: Entry) -> Lens:
    """The lens of one column entry. Call only when ``faults`` has none."""
    if entry.type == "always":
        constant = canonical(entry.path, entry.options["always"])
        return Lens((), lambda raw: constant, lambda value, raw: {})
    return _BY_BOTH.get((entry.type, entry.spec.type), _BY_TYPE[entry.type])(entry)


def marker(column: str, shown: object) -> Lens:
    """A column that says only that an opportunity was withdrawn, and is otherwise left to its people."""
    lens = one_column(column, lambda value: "withdrawn" if value == shown else None, lambda value, _: shown)

    def put(value: object, raw: dict[str, object]) -> dict[str, object]:
        if value == "withdrawn":
            return {column: shown}
        return {column: None} if raw.get(column) == shown else {}

    return Lens(lens.columns, lens.get, put, phrase("every status but withdrawn"))


def faults(entry: Entry) -> Iterable[str]:
    """What is wrong with an entry's options, to follow its path in a message."""
    reads = entry.way in ("both", "in", "in+once")
    if entry.type == "money":
        yield from money.faults(entry.options)
    elif entry.type in ("choice", "choices"):
        yield from choices.faults(entry, reads)
    elif entry.type == "date":
        yield from dates.faults(entry.options)
    elif entry.type == "places":
        yield from places.faults(entry.options)
    elif entry.type == "codec":
        try:
            codec.named(str(entry.options["codec"]))
        except ValueError as error:
            yield phrase("has a codec that is none: %(error)s", error=str(error))
    elif entry.type == "always":
        try:
            canonical(entry.path, entry.options["always"])
        except ValueError as error:
            yield phrase("has a constant that it cannot hold: %(error)s", error=str(error))
    for key in ("separator", "prefix", "drop", "decimal", "thousands"):
        if not isinstance(entry.options.get(key, "x"), str) or entry.options.get(key) == "":
            yield phrase('has a "%(key)s" that is no text.', key=key)
    limit = entry.options.get("max", 1)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        yield phrase('has a "max" that is no number of characters.')
    if entry.options.get("write", "names") not in ("names", "codes"):
        yield phrase('has a "write" that is neither "names" nor "codes".')
    several = entry.type not in ("text", "longtext") and "parts" not in entry.options
    if several and len(entry.columns) > 1:
        yield phrase('joins several columns, which type "%(type)s" cannot. Name one "field".', type=entry.type)

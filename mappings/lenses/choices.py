"""Picklists: codes of the commons and the values a system has for them.

``values = { code = "System value" }`` or ``{ code = ["written", "also read"] }``; ``values = "labels"`` takes the
English labels of the code list. Where two codes share a system value, ``back = { "System value" = "code" }`` says
which one it reads as. ``ignore`` lists system values that mean nothing to the commons.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from mappings.entry import Entry
from mappings.finding import nearest
from mappings.lenses.lens import BLANK, Lens, Raw, Value, one_column, remembered
from mappings.lenses.text import plain
from schemas.codes import CODES
from schemas.said import phrase, together
from schemas.values import canonical

Key = tuple[type, Any]


def _key(value: Any) -> Key:
    """``true`` is not 1."""
    return (bool, value) if isinstance(value, bool) else (str, value if isinstance(value, str) else plain(value))


@dataclass(frozen=True, slots=True)
class Table:
    """``shown``: code to the system's value; ``codes``: system value to code. Without one, codes are values."""

    shown: Mapping[str, Any] | None
    codes: Mapping[Key, str]
    ignored: frozenset[Key]


def values_of(entry: Entry) -> dict[str, list[Any]] | None:
    """``{code: [system values]}`` as declared, labels written out."""
    given = entry.options.get("values")
    if given == "labels":
        return {code: [label] for code, label in CODES[entry.spec.codes or ""].items()}
    if given is None:
        return None
    return {code: shown if isinstance(shown, list) else [shown] for code, shown in given.items()}


def table(entry: Entry) -> Table:
    values = values_of(entry)
    ignored = frozenset(_key(value) for value in entry.options.get("ignore", ()))
    if values is None:
        return Table(None, {}, ignored)
    codes: dict[Key, str] = {}
    for code, shown in values.items():
        for value in shown:
            codes.setdefault(_key(value), code)
    codes |= {_key(value): code for value, code in entry.options.get("back", {}).items()}
    return Table({code: shown[0] for code, shown in values.items()}, codes, ignored)


def choice(entry: Entry) -> Lens:
    [column] = entry.columns
    of = table(entry)
    missing = phrase("shared values") if entry.options.get("back") else ""
    if of.shown is None:
        return one_column(column, lambda value: _own(entry, of, value), lambda value, _: value)
    shown, codes = of.shown, of.codes

    def read(value: Any) -> Value:
        key = _key(value)
        if key in codes:
            return codes[key]
        if key in of.ignored:
            return None
        known = [v for _, v in codes if isinstance(v, str)]
        found = phrase("The mapping has no code for %(value)s.", value=repr(value))
        raise ValueError(together([found, nearest(str(value), known)]))

    def write(value: Value, _: Any) -> Any:
        if value not in shown:
            raise ValueError(phrase('The mapping has no system value for "%(value)s".', value=value))
        return shown[value]

    return one_column(column, read, write, missing)


def _own(entry: Entry, of: Table, value: Any) -> Value:
    return None if _key(value) in of.ignored else canonical(entry.path, plain(value))


def choices(entry: Entry) -> Lens:
    """A list, or text with a ``separator``. Values that the mapping does not know are passed over when reading and
    kept, in their place, when writing."""
    [column] = entry.columns
    of, separator = table(entry), entry.options.get("separator")
    own = CODES.get(entry.spec.codes or "")

    def code_of(item: Any) -> str | None:
        if of.shown is not None:
            return of.codes.get(_key(item))
        known = isinstance(item, str) and (own is None or item in own) and _key(item) not in of.ignored
        return item if known else None

    @remembered
    def read(value: Any) -> tuple[str, ...]:
        return tuple(sorted({code for code in map(code_of, items(value, separator)) if code is not None}))

    def get(raw: Raw) -> Value:
        return list(read(raw.get(column))) or None

    def write(value: Value, there: Any) -> Any:
        wanted = value or ()
        shown = wanted if of.shown is None else [of.shown[code] for code in wanted if code in of.shown]
        merged = dict.fromkeys(shown) if there in BLANK else beside(there, wanted, shown)
        return (list(merged) if separator is None else separator.join(map(str, merged))) or None

    def beside(there: Any, wanted: Collection[str], shown: Sequence[Any]) -> Iterable[Any]:
        """What is to stand there where something stands already."""
        kept = [
            item
            for item in items(there, separator)
            if code_of(item) is None or code_of(item) in wanted or item in shown
        ]
        codes = {code_of(item) for item in kept}
        missing = [item for c, item in _pairs(wanted, of) if c not in codes and item not in kept]
        return kept + list(dict.fromkeys(missing))

    def put(value: Value, raw: Raw) -> Raw:
        return {column: write(value, raw.get(column))}

    unshown = of.shown is not None and (own is None or own.keys() - of.shown.keys())
    return Lens((column,), get, put, phrase("codes that have no value in the system") if unshown else "", write)


def _pairs(wanted: Iterable[str], of: Table) -> list[tuple[str, Any]]:
    if of.shown is None:
        return [(code, code) for code in wanted]
    return [(code, of.shown[code]) for code in wanted if code in of.shown]


def items(value: Any, separator: str | None) -> list[Any]:
    """The items of a multi-valued column. Blank around a separator is no part of an item, so that ``"; "`` also
    parts ``a;b``."""
    if value in BLANK:
        return []
    if isinstance(value, list):
        return value
    text = plain(value)
    if separator is None:
        return [text]
    return [item for item in (part.strip() for part in (text or "").split(separator.strip() or separator)) if item]


def yesno(entry: Entry) -> Lens:
    """A tick. On a yes/no field, ``yes`` and ``no`` are the system's values (a list: the first is written; ``""``
    in it: blank counts as that). On a coded field they are the codes that a tick and no tick stand for. Most systems
    have no blank tick, so blank is never written: no is."""
    [column] = entry.columns
    yes, no = entry.options.get("yes", True), entry.options.get("no", False)
    if entry.spec.type == "code":
        pairs: list[tuple[Any, list[Any]]] = [(yes, [True]), (no, [False])]
    else:
        pairs = [(True, yes if isinstance(yes, list) else [yes]), (False, no if isinstance(no, list) else [no])]
    shown = {value: system[0] for value, system in pairs}
    meant = {_key(item): value for value, system in pairs for item in system if item != ""}
    blank = next((value for value, system in pairs if "" in system), None)

    def get(raw: Raw) -> Value:
        there = raw.get(column)
        if there in BLANK:
            return blank
        key = _key(there)
        if key not in meant:
            raise ValueError(phrase("The column holds %(there)s, which is neither yes nor no.", there=repr(there)))
        return meant[key]

    said_no = no if entry.spec.type == "code" else False

    def put(value: Value, raw: Raw) -> Raw:
        if value is None or value == "":
            there = raw.get(column)
            return {} if there in BLANK or meant.get(_key(there)) == said_no else {column: shown[said_no]}
        if value not in shown:
            raise ValueError(phrase('The column is a tick, which cannot say "%(value)s".', value=value))
        return {column: shown[value]}

    return Lens((column,), get, put, phrase("the difference between no and blank"))


def faults(entry: Entry, reads: bool) -> Iterable[str]:
    """What keeps a table of values from working."""
    options = entry.options
    given = options.get("values")
    if given is not None and given != "labels" and not (isinstance(given, dict) and all(given.values())):
        yield phrase('has values that are no table { code = "System value" }, nor "labels".')
        return
    if given == "labels" and (entry.spec.codes or "") not in CODES:
        yield phrase('has values = "labels", but its codes have no labels.')
        return
    values = values_of(entry) or {}
    known = CODES.get(entry.spec.codes or "")
    back = options.get("back", {})
    for code in [*values, *(back.values() if isinstance(back, dict) else ())]:
        if known is not None and code not in known:
            lacks = phrase('names the code "%(code)s", which it does not have.', code=code)
            yield together([lacks, nearest(str(code), known)])
    holders: dict[Key, list[str]] = {}
    for code, shown in values.items():
        for value in shown:
            holders.setdefault(_key(value), []).append(code)
    for (_, value), codes in holders.items():
        if reads and len(set(codes)) > 1 and value not in back:
            names = [f'"{code}"' for code in dict.fromkeys(codes)]
            yield phrase(
                'shows %(names)s as %(shown)s. Say which one it reads as: back = { "%(value)s" = "%(code)s" }.',
                names=reduce(lambda all, one: phrase("%(all)s and %(one)s", all=all, one=one), names),
                shown=repr(value),
                value=value,
                code=codes[0],
            )

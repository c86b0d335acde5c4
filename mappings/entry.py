"""One line of a mapping's ``[fields]``: a commons path, its columns, and how to go between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mappings.finding import nearest
from mappings.source import Source, Where
from schemas.fields import FIELDS, FieldSpec, UnknownPath, spec
from schemas.said import phrase, together

WAYS = ("both", "in", "out", "once", "in+once")

_ANY = frozenset({"field", "type", "way"})
OPTIONS: Mapping[str, frozenset[str]] = {
    "text": _ANY | {"fields", "separator", "max", "prefix", "drop"},
    "longtext": _ANY | {"fields", "separator", "max"},
    "html": _ANY | {"max"},
    "url": _ANY | {"max", "separator", "parts"},
    "number": _ANY | {"decimal", "thousands"},
    "money": _ANY | {"currency", "decimal", "thousands"},
    "date": _ANY | {"format", "time"},
    "choice": _ANY | {"values", "ignore", "back"},
    "choices": _ANY | {"values", "ignore", "back", "separator"},
    "yesno": _ANY | {"yes", "no"},
    "country": _ANY | {"write"},
    "places": _ANY | {"separator", "part", "parts", "write", "values"},
    "moneys-as-text": _ANY | {"max"},
    "reference": _ANY | {"object", "match", "parts"},
    "codec": _ANY | {"codec"},
    "always": frozenset({"always"}),
}
KEYS = frozenset().union(*OPTIONS.values())

BY_PATH: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "html", "longtext", "number", "choice", "url"),
    "longtext": ("text", "html", "longtext", "number", "choice", "url"),
    "url": ("text", "url"),
    "code": ("choice", "text", "yesno"),
    "country": ("country", "choice", "text"),
    "codes": ("choices",),
    "money": ("money",),
    "when": ("date", "text"),
    "bool": ("yesno",),
    "int": ("number", "text"),
    "places": ("places",),
    "documents": ("url",),
    "moneys": ("moneys-as-text", "text"),
    "any": ("text", "longtext", "html", "number", "date", "choice", "choices", "yesno", "url"),
}
"""The lenses that fit a field of each type, the default first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """``columns`` are empty for a constant. ``options`` hold what the lens needs, as written."""

    path: str
    spec: FieldSpec
    type: str
    way: str
    columns: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    where: Where = ()


def entries(source: Source) -> Iterator[Entry]:
    """Every usable line of ``[fields]``. What is wrong with the others is said to ``source``."""
    fields = source.table.get("fields", {})
    if not isinstance(fields, dict):
        source.say(("fields",), phrase('"fields" is a table: [fields], then one line a field.'))
        return
    for where, path, given in _lines(fields, ("fields",), ""):
        entry = _entry(source, where, path, {"field": given} if isinstance(given, str) else given)
        if entry:
            yield entry


def _lines(table: Mapping[str, Any], where: Where, stem: str) -> Iterator[tuple[Where, str, Any]]:
    """``"ask.requested" = …`` and ``ask.requested = …`` mean the same."""
    for key, given in table.items():
        path = stem + key
        if isinstance(given, dict) and given and not given.keys() & KEYS:
            yield from _lines(given, (*where, key), path + ".")
        else:
            yield (*where, key), path, given


def _entry(source: Source, where: Where, path: str, given: Any) -> Entry | None:
    def say(*fault: str) -> None:
        source.say(where, of_field(path, together(fault)))

    if not isinstance(given, dict):
        say(phrase('needs the name of a column, or a table like { field = "…", type = "…" }.'))
        return None
    reference = given.get("type") == "reference"
    what = _spec(source, where, path, reference)
    if what is None:
        return None
    unknown = [key for key in given if key not in KEYS]
    for key in unknown:
        say(phrase('has an unknown key "%(key)s".', key=key), nearest(key, KEYS))
    if unknown:
        return None
    type = _type(say, given, what)
    if type is None:
        return None
    for key in given.keys() - OPTIONS[type]:
        unused = phrase('has "%(key)s", which type "%(type)s" does not use.', key=key, type=type)
        say(unused, nearest(key, OPTIONS[type]))
    columns = _columns(say, given, type)
    way = given.get("way", _default_way(type, what, columns))
    if columns is None or not _way_fits(say, way, type, what):
        return None
    return Entry(path, what, type, way, columns, given, where)


def of_field(path: str, fault: str) -> str:
    """What is wrong with a field, which follows its path as a sentence follows what it is about."""
    return phrase('"%(path)s" %(fault)s', path=path, fault=fault)


def _spec(source: Source, where: Where, path: str, reference: bool) -> FieldSpec | None:
    if reference and any(known.startswith(path + ".") for known in FIELDS):
        return FieldSpec(path, "reference", "steward", "public", "value", path, frozenset({"project", "call"}), None)
    try:
        return spec(path)
    except UnknownPath:
        found = nearest(path, [known for known in FIELDS if "*" not in known])
        source.say(where, together([phrase('The commons has no field "%(path)s".', path=path), found]))
        return None


def _type(say: Any, given: Mapping[str, Any], what: FieldSpec) -> str | None:
    if "codec" in given:
        return "codec"
    if "always" in given:
        return "always"
    if what.type == "reference":
        return "reference"
    fitting = BY_PATH[what.type]
    type = given.get("type") or ("choice" if "values" in given and "choice" in fitting else fitting[0])
    if type not in OPTIONS:
        say(phrase('has an unknown type "%(type)s".', type=type), nearest(str(type), OPTIONS), _one_of(OPTIONS))
        return None
    if type not in fitting:
        unfit = phrase('is a field of type %(kind)s, which "%(type)s" cannot fill.', kind=what.type, type=type)
        say(unfit, _one_of(fitting))
        return None
    if type == "text" and what.type == "moneys":
        return "moneys-as-text"
    return "choice" if type == "text" and what.type in ("code", "country") else str(type)


def _columns(say: Any, given: Mapping[str, Any], type: str) -> tuple[str, ...] | None:
    if type == "always":
        return ()
    named = [
        key for key in ("field", "fields", "parts") if key in given and not (key == "parts" and type == "reference")
    ]
    if len(named) != 1:
        say(
            phrase('needs exactly one of "field", "fields" and "parts".')
            if named
            else phrase('needs "field", the name of its column.')
        )
        return None
    value = given[named[0]]
    columns = list(value.values()) if named[0] == "parts" and isinstance(value, dict) else value
    columns = [columns] if named[0] == "field" else columns
    if not isinstance(columns, list) or not columns or not all(isinstance(c, str) and c for c in columns):
        say(phrase('has a "%(key)s" that names no column.', key=named[0]))
        return None
    return tuple(columns)


def _default_way(type: str, what: FieldSpec, columns: tuple[str, ...] | None) -> str:
    """Joined columns are read only unless asked: how to take a name apart again is a guess."""
    if what.authority == "hub":
        return "out"
    if type == "reference":
        return "in+once"
    if type == "always" or (columns and len(columns) > 1 and type in ("text", "longtext")):
        return "in"
    return "both"


def _way_fits(say: Any, way: Any, type: str, what: FieldSpec) -> bool:
    if way not in WAYS:
        say(phrase('has way "%(way)s".', way=way), nearest(str(way), WAYS), _one_of(WAYS))
    elif type == "reference" and way != "in+once":
        say(phrase('is a reference: its way is "in+once", read always and set when a record is created.'))
    elif type == "moneys-as-text" and way not in ("out", "once"):
        say(phrase('is computed by the hub and written as text: its way is "out".'))
    elif what.authority == "hub" and way in ("both", "in", "in+once"):
        say(phrase('belongs to the hub and cannot be read from a system. Use way = "out".'))
    else:
        return True
    return False


def _one_of(known: Iterable[str]) -> str:
    return phrase("One of: %(known)s.", known=", ".join(known))

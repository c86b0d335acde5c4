"""Canonical values by flat path: what is kept, compared and sent on.

A missing path is not known, ``None`` is known to be blank. Text is never trimmed, normalised or
unescaped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from schemas import places, when
from schemas.codes import CODES
from schemas.commitment import Commitment
from schemas.fields import FIELDS, FieldSpec, spec
from schemas.money import money
from schemas.opportunity import Opportunity
from schemas.said import phrase

Value = Any


def canonical(path: str, value: Any) -> Value:
    """The one form of a value. ValueError, in words a person can act on, for what the field cannot hold."""
    if value is None:
        return None
    field = spec(path)
    return TYPES[field.type](field, value)


def same(path: str, a: Value, b: Value) -> bool:
    """Whether two canonical values say the same. Blank is blank: ``None``, empty text and an empty list."""
    return a == b or (a in (None, "", []) and b in (None, "", []))


def flatten(opportunity: Opportunity, commitment: Commitment | None = None) -> dict[str, Value]:
    """Values by path; what was not set is absent, what was set to None stays None."""
    flat = _flat(opportunity.model_dump(exclude_unset=True), "")
    return flat | (_flat(commitment.model_dump(exclude_unset=True), "commitment.") if commitment else {})


def build(values: Mapping[str, Value]) -> Opportunity:
    """The model from values by path. ValueError (pydantic's) where they do not fit."""
    tree: dict[str, Any] = {}
    for path, value in values.items():
        if path.startswith(("commitment.", "represented.")):
            continue
        spec(path)
        *stems, leaf = _parts(path)
        node = tree
        for stem in stems:
            node = node.setdefault(stem, {})
        node[leaf] = value
    return Opportunity.model_validate(tree)


def _parts(path: str) -> list[str]:
    keyed = FIELDS.get(path) is None
    return path.split(".", 2) if keyed else path.split(".")


def _flat(tree: Mapping[str, Any], prefix: str) -> dict[str, Value]:
    flat: dict[str, Value] = {}
    for name, value in tree.items():
        path = prefix + name
        if isinstance(value, dict) and not _is_leaf(path):
            flat |= _flat(value, path + ".")
        else:
            flat[path] = value
    return flat


def _is_leaf(path: str) -> bool:
    try:
        spec(path)
    except KeyError:
        return False
    return True


def _text(field: FieldSpec, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(
            phrase("%(label)s is text, not %(name)s.", label=phrase(field.label), name=type(value).__name__)
        )
    return value


def _code(field: FieldSpec, value: Any) -> str:
    codes = CODES.get(field.codes or "")
    if not isinstance(value, str) or (codes is not None and value not in codes):
        raise ValueError(
            phrase(
                "%(value)s is no value of %(label)s. One of: %(names)s.",
                value=repr(value),
                label=phrase(field.label),
                names=", ".join(codes or ()),
            )
        )
    return value


def _codes(field: FieldSpec, value: Any) -> list[str]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise ValueError(phrase("%(label)s is a list.", label=phrase(field.label)))
    return sorted({_code(field, item) for item in value})


def _bool(field: FieldSpec, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(phrase("%(label)s is yes or no.", label=phrase(field.label)))
    return value


def _int(field: FieldSpec, value: Any) -> int:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(phrase("%(label)s is a whole number.", label=phrase(field.label)))
    return value


def _money(field: FieldSpec, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or value.keys() != {"amount", "currency"}:
        raise ValueError(phrase("%(label)s is an amount and its currency.", label=phrase(field.label)))
    return money(value["amount"], value["currency"])


def _moneys(field: FieldSpec, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list | tuple):
        raise ValueError(phrase("%(label)s is a list of amounts.", label=phrase(field.label)))
    return sorted((_money(field, item) for item in value), key=lambda item: item["currency"])


def _when(field: FieldSpec, value: Any) -> dict[str, Any]:
    return when.when(value)


def _country(field: FieldSpec, value: Any) -> str:
    return places.country(value)


def _unique(items: list[dict[str, str]]) -> list[dict[str, str]]:
    by_text = {json.dumps(item, sort_keys=True, ensure_ascii=False): item for item in items}
    return [by_text[text] for text in sorted(by_text)]


def _places(field: FieldSpec, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list | tuple):
        raise ValueError(phrase("%(label)s is a list of places.", label=phrase(field.label)))
    return _unique([places.place(item, CODES["scope"]) for item in value])


def _documents(field: FieldSpec, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list | tuple):
        raise ValueError(phrase("%(label)s is a list of documents.", label=phrase(field.label)))
    for item in value:
        if not isinstance(item, dict) or not {"title", "url"} <= item.keys() <= {"title", "url", "class"}:
            raise ValueError(phrase("A document has a title, a url and a class."))
    return _unique([dict(item) for item in value])


def _any(field: FieldSpec, value: Any) -> Any:
    return value


TYPES: dict[str, Callable[[FieldSpec, Any], Value]] = {
    "text": _text,
    "longtext": _text,
    "url": _text,
    "code": _code,
    "codes": _codes,
    "country": _country,
    "bool": _bool,
    "int": _int,
    "money": _money,
    "moneys": _moneys,
    "when": _when,
    "places": _places,
    "documents": _documents,
    "any": _any,
}

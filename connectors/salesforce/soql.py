"""Writing SOQL: names that are only names, text that is only text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from connectors.contract import Invalid, Reference
from schemas.said import phrase

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)


def name(text: str) -> str:
    """The same text if it can be an API name; refuses anything that could be more than a name in a query."""
    if not _NAME.fullmatch(text):
        raise Invalid(
            phrase(
                "%(text)s is not a Salesforce API name. Use the name that Setup > Object Manager > Fields shows.",
                text=repr(text),
            ),
            [text],
        )
    return text


def quoted(text: str) -> str:
    """A text literal (SOQL and SOSL Reference, "Quoted String Escape Sequences")."""
    return f"'{text.translate(_ESCAPES)}'"


def any_of(column: str, values: Iterable[str]) -> str:
    return f"{name(column)} IN ({','.join(quoted(value) for value in values)})"


def all_equal(equals: Mapping[str, str]) -> str:
    return " AND ".join(f"{name(column)} = {quoted(value)}" for column, value in equals.items())


def relation(column: str) -> str:
    """The relationship that a lookup column is read through: ``Program__c`` by ``Program__r``, ``AccountId`` by
    ``Account`` (SOQL and SOSL Reference, "Relationship Names")."""
    if column.endswith("__c"):
        return f"{column[:-3]}__r"
    if column.endswith("Id") and len(column) > 2:
        return column[:-2]
    raise Invalid(
        phrase("Column %(column)s points at no other record: a lookup's name ends in __c or Id.", column=repr(column)),
        [column],
    )


def columns(wanted: Sequence[str], references: Mapping[str, Reference]) -> tuple[str, ...]:
    """What to select: the wanted columns, each reference's own columns, and the three that the feed needs."""
    chosen = dict.fromkeys(("Id", "SystemModstamp", "IsDeleted"))
    chosen.update(dict.fromkeys(name(column) for column in wanted))
    for column, target in references.items():
        chosen.setdefault(name(column))
        chosen.update(dict.fromkeys(f"{relation(column)}.{name(of_target)}" for of_target in target.columns))
    return tuple(chosen)


def select(chosen: Sequence[str], object: str, where: str = "", tail: str = "") -> str:
    """One query; ``where`` is its condition and ``tail`` its ORDER BY or LIMIT, if any."""
    condition = f"WHERE {where}" if where else ""
    return " ".join(filter(None, (f"SELECT {', '.join(chosen)} FROM {name(object)}", condition, tail)))  # noqa: S608  # nosec B608

"""An opportunity of the other hub as a record with flat columns, and columns as the body of a call.

Columns are the other hub's paths of facts as they are (``title``, ``ask.requested``), ``position.…`` for the own
foundation's position there, ``others.…`` for what all others disclosed, and ``key``, ``state``, ``kind``, ``steward``, ``page``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.contract import Invalid, Raw, Record, Wanted
from schemas.said import phrase

PLAIN = ("key", "state", "kind", "status", "steward", "page")
POSITION, OTHERS = "position.", "others."
READ_ONLY = ("kind", "status", "steward", "page")


def record(item: Any, wanted: Wanted) -> Record | None:
    """None for what is no opportunity."""
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not isinstance(item.get("facts"), dict):
        return None
    if not isinstance(item.get("etag"), str):
        return None
    columns = dict(item["facts"]) | {name: item.get(name) for name in PLAIN}
    for stem, part in ((POSITION, item.get("position")), (OTHERS, item.get("others"))):
        columns |= {stem + name: value for name, value in part.items()} if isinstance(part, dict) else {}
    page = item.get("page")
    shown = {name: columns.get(name) for name in (*wanted.fields, *([wanted.key] if wanted.key else []))}
    return Record(item["id"], shown, item["etag"], page if isinstance(page, str) else None)


def body(fields: Mapping[str, Any]) -> Raw:
    """What a call sends to make these columns so. An emptied ``state`` means that it is withdrawn no more."""
    sent: Raw = {"facts": {}}
    for name, value in fields.items():
        if name in READ_ONLY or name.startswith(OTHERS):
            raise Invalid(
                phrase('The other hub decides %(name)s by itself. Map it with way = "in".', name=name), [name]
            )
        if name == "key":
            sent["key"] = value
        elif name == "state":
            sent["state"] = value or "published"
        elif name.startswith(POSITION):
            sent.setdefault("position", {})[name.removeprefix(POSITION)] = value
        else:
            sent["facts"][name] = value
    return sent

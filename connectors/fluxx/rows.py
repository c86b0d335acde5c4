"""From Fluxx's rows to records, and from columns to what a write carries.

What a row leaves out is blank (Fluxx REST API v2 guide, FAQ). A version is the row's ``updated_at`` and, where
somebody has the record open, until when: both are of the same reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.contract import Gone, Invalid, Raw, Record, Wanted
from connectors.fluxx import feed
from connectors.fluxx.fields import kept_to_itself, read_only
from connectors.fluxx.settings import Site
from schemas.said import phrase

LOCKED, DELETED, LOCKED_WORD = "locked_until", "deleted_at", " open until "
MIGRATE, MIGRATE_SOURCE = "migrate_id", "migrate_source_name"


def columns(wanted: Wanted) -> tuple[str, ...]:
    """The wanted columns, each once; ``Invalid`` where one is for nobody outside the foundation."""
    key = (wanted.key,) if wanted.key else ()
    asked = tuple(dict.fromkeys((*wanted.fields, *key, *wanted.references)))
    inner = [column for column in asked if kept_to_itself(wanted.object, column)]
    if inner:
        raise Invalid(
            phrase(
                "%(inner)s of %(object)s is for the foundation alone and is never asked for. Take it out of the "
                "mapping.",
                inner=", ".join(inner),
                object=wanted.object,
            ),
            inner,
        )
    return asked


def asked(wanted: Wanted, site: Site) -> tuple[str, ...]:
    """``cols``: the wanted columns and what tells how a record stands."""
    extra = [feed.STAMP]
    extra += [LOCKED] if site.waits_for_locks else []
    extra += [DELETED] if site.asks_for_deleted else []
    return tuple(dict.fromkeys((*columns(wanted), *extra)))


def relations(wanted: Wanted) -> dict[str, tuple[str, ...]]:
    return {column: target.columns for column, target in wanted.references.items() if target.columns}


def read(row: Mapping[str, Any], wanted: Wanted, site: Site) -> Record | Gone:
    """One row, whether from a list or by itself."""
    id = str(row["id"])
    if row.get(DELETED) and site.asks_for_deleted:
        return Gone(id)
    fields: Raw = {}
    for column in columns(wanted):
        value = row.get(column)
        value = None if value == "" else value
        fields[column] = _pointed(value) if column in wanted.references else value
    if wanted.key:
        fields[wanted.key] = as_key(fields.get(wanted.key))
    return Record(id, fields, _version(row, site), site.page.replace("{id}", id) if site.page else None)


def as_key(value: Any) -> Any:
    """Sites differ in whether ``migrate_id`` is a number or text; digits are a number here."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value


def _version(row: Mapping[str, Any], site: Site) -> str | None:
    stamp = row.get(feed.STAMP)
    if not isinstance(stamp, str):
        return None
    locked = row.get(LOCKED) if site.waits_for_locks else None
    return f"{stamp}{LOCKED_WORD}{locked}" if isinstance(locked, str) and locked else stamp


def locked_until(version: str | None) -> datetime | None:
    """Until when somebody has the record open, as far as the version tells."""
    return feed.moment((version or "").partition(LOCKED_WORD)[2])


def _pointed(value: Any) -> Raw | None:
    """What a relation points at: with its columns where they were asked for and shown, else by its id alone."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, Mapping):
        return {**first, "id": str(first["id"])} if first.get("id") not in (None, "") else None
    return {"id": str(first)} if isinstance(first, int | str) and first != "" else None


def to_wire(fields: Raw, wanted: Wanted, site: Site) -> Raw:
    """The columns of a write: ``""`` clears a value and ``{"id": ""}`` a relation. ``Invalid`` where one of them is
    never written."""
    closed = [column for column in fields if read_only(wanted.object, column)]
    if closed:
        raise Invalid(
            phrase(
                '%(closed)s of %(object)s is only read. Map it with way = "in".',
                closed=", ".join(closed),
                object=wanted.object,
            ),
            closed,
        )
    data = {column: _sent(value, column in wanted.references) for column, value in fields.items()}
    if fields.get(MIGRATE) is not None and wanted.key == MIGRATE and site.source:
        data[MIGRATE_SOURCE] = site.source
    return data


def _sent(value: Any, relation: bool) -> Any:
    if value is None:
        return {"id": ""} if relation else ""
    if isinstance(value, Mapping) and "id" in value:
        id = str(value["id"])
        return int(id) if id.isascii() and id.isdecimal() else id
    return value


def picked(row: Mapping[str, Any], names: Sequence[str]) -> Raw:
    return {name: None if row.get(name) == "" else row.get(name) for name in names}

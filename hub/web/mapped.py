"""A connection's mapping as a table: which column is which field, which way it goes, who else may see it, and a live example."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from hub.config import Config, ConnectionConfig
from mappings.fieldmap import FieldMap
from mappings.language import Mapping
from mappings.lenses.lens import BLANK
from schemas.fields import spec


@dataclass(frozen=True, slots=True)
class Example:
    """``there``: the columns as the record says them; ``here``: what the commons reads from that, None where it reads nothing;
    ``back``: the columns as the hub would write that value again, where they would say something else; ``problem`` instead of it."""

    there: Dict[str, Any]
    here: Any = None
    back: Dict[str, Any] | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    path: str
    columns: tuple[str, ...]
    way: str
    seen_by: str
    loses: str
    example: Example | None = None


def rows(mapping: Mapping, record: Dict[str, Any] | None = None) -> list[Row]:
    """In the order of the file; ``record``: raw columns to show each field by."""
    return [
        Row(
            part.path,
            part.columns,
            _way(part),
            _seen_by(part.path),
            part.lens.loses if part.writes or part.seeds else "",
            _example(part, dict(record)) if record is not None and part.columns else None,
        )
        for part in mapping.fields
    ]


def _way(part: FieldMap) -> str:
    if part.reads and part.writes:
        return _("both ways")
    if part.reads:
        return _("read; written once, into a new record") if part.seeds else _("read only")
    return _("written only") if part.writes else _("written once, into a new record")


def _seen_by(path: str) -> str:
    field = spec(path)
    if field.cls == "never":
        return _("nobody else, ever")
    if field.authority == "member":
        return _("nobody else, until your people show it")
    if field.authority == "hub":
        return _("made by the hub")
    return (
        _("everyone it is shared with, and the public") if field.cls == "public" else _("the members it is shared with")
    )


def _example(part: FieldMap, record: dict[str, Any]) -> Example:
    there = {column: record.get(column) for column in part.columns}
    try:
        here = part.lens.get(record)
    except ValueError as error:
        return Example(there, problem=str(error))
    if not (part.writes or part.seeds) or here in BLANK:
        return Example(there, here)
    try:
        put = part.lens.put(here, record)
    except ValueError as error:
        return Example(there, here, problem=str(error))
    other = {column: value for column, value in put.items() if value != record.get(column)}
    return Example(there, here, other)


def shared_with(mapping: Mapping, config: ConnectionConfig, all: Config) -> list[str]:
    """Whom a tick in this system shares with, a sentence for each choice."""
    if config.inbox_for:
        return [_("Nothing is shared from an inbox.")]
    if not config.shares or mapping.share is None:
        return [_("Nothing is shared from here. It is set up to import only.")]
    if mapping.share.get("always") is True:
        return [_("Every record is shared with all members.")]
    column = mapping.share["field"]
    if "values" not in mapping.share:
        return [_("A record whose “%(column)s” says yes is shared with all members.", column=column)]
    return [
        _("“%(column)s” says “%(value)s”: shared with %(whom)s.", column=column, value=value, whom=whom(audience, all))
        for value, audience in mapping.share["values"].items()
    ]


def whom(audience: str, all: Config) -> str:
    """Members that an audience is, by name."""
    kind, _sep, names = audience.partition(":")
    if kind == "all":
        return _("all members")
    ids = names.split(",")
    if kind == "circle":
        ids = sorted({member for name in ids for member in all.circles.get(name, ())})
    known = [all.members[member].name for member in ids if member in all.members]
    return ", ".join(known) or _("nobody")

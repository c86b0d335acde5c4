"""What a table offers, as the contract has it: its own columns, and those wanted ones that other rows hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.contract import Field, Invalid, Wanted
from connectors.dataverse.metadata import Column, Metadata, Table
from connectors.dataverse.reading import columns
from connectors.dataverse.shape import Shape, shape


def describe(metadata: Metadata, wanted: Wanted) -> list[Field]:
    table = metadata.table(wanted.object)
    choices = metadata.choices(wanted.object)
    own = [_field(column, table, choices) for column in table.columns.values() if column.readable]
    return [*own, *_elsewhere(metadata, wanted)]


def _elsewhere(metadata: Metadata, wanted: Wanted) -> Iterator[Field]:
    """Wanted columns of other rows. What is not there is left out, as a column of the table would be."""
    for name in columns(wanted):
        if "." not in name:
            continue
        try:
            of = shape(metadata, wanted.object, [name])
        except Invalid:
            continue
        first = name.partition(".")[0]
        if first in of.parts:
            part = of.parts[first].shape
            yield _field(_last(part, name.partition(".")[2]), part.table, {}, name, writable=False)
        else:
            lookup = of.table.columns[first]
            yield _field(_last(of, name), of.targets[first].table, {}, name, writable=lookup.updatable)


def _last(of: Shape, name: str) -> Column:
    first, _, rest = name.partition(".")
    return of.targets[first].table.columns[rest] if rest else of.table.columns[first]


def _field(
    column: Column,
    table: Table,
    choices: Mapping[str, tuple[int, ...]],
    name: str | None = None,
    writable: bool | None = None,
) -> Field:
    pointed = table.points(column.name)
    return Field(
        name=name or column.name,
        type=column.type,
        writable=column.updatable if writable is None else writable,
        required=column.required,
        unique=any(key.columns == (column.name,) and key.status == "Active" for key in table.keys),
        length=column.length,
        choices=tuple(map(str, choices.get(column.name, ()))),
        references=pointed[0].target if column.lookup and pointed else None,
    )

"""What the column names of a mapping mean, once the environment has said what its tables look like.

``msnfp_name``                    a column of the table itself
``transactioncurrencyid.isocurrencycode``   a column of the row that a lookup points at
``msnfp_award.msnfp_awardamount``           a column of the rows of another table that point here
``msnfp_award.transactioncurrencyid.isocurrencycode``   and through a lookup of theirs
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.contract import Invalid, Reference
from connectors.dataverse.metadata import Column, Metadata, Table
from schemas.said import phrase

STATE = "statecode"
ACTIVE = 0

INTERNAL = re.compile(
    r"msnfp_amountrecommended(_base)?|msnfp_amountprojected(_base)?|msnfp_conflictofinterest\w*"
    r"|msnfp_award\.msnfp_justification|(msnfp_review|annotation)(\..*)?"
)
"""A foundation's own deliberations, as columns of a request or of what belongs to it. An allow-list alone would trust
whoever writes the mapping."""


@dataclass(frozen=True, slots=True)
class Target:
    """The row that a lookup points at, and its columns that are wanted."""

    table: Table
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of another table that belong to a record; ``back`` is their lookup to it."""

    shape: Shape
    back: Column


@dataclass(frozen=True, slots=True)
class Shape:
    """``own``: wanted columns of the table itself; ``targets``: by lookup column; ``parts``: by their table."""

    table: Table
    own: tuple[Column, ...] = ()
    targets: Mapping[str, Target] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)

    def select(self, *more: str) -> str:
        """The ``$select`` that gets the table's own share of this."""
        lookups = [self.table.columns[name].property for name in self.targets]
        names = [self.table.id, *(column.property for column in self.own), *lookups, *more]
        return f"$select={','.join(dict.fromkeys(names))}"


def shape(
    metadata: Metadata, object: str, wanted: Iterable[str], references: Mapping[str, Reference] | None = None
) -> Shape:
    """``Invalid`` names the columns that do not fit the environment."""
    table = metadata.table(object)
    own: dict[str, Column] = {}
    through: dict[str, list[str]] = {}
    parts: dict[str, list[str]] = {}
    for name in wanted:
        first, _, rest = name.partition(".")
        column = table.columns.get(first)
        if rest and column is None:
            parts.setdefault(first, []).append(rest)
        elif column is None or (rest and not column.lookup) or "." in rest:
            raise Invalid(phrase("%(object)s has no column %(name)s.", object=object, name=repr(name)), (name,))
        else:
            own[first] = column
            if rest:
                through.setdefault(first, []).append(rest)
    targets = {name: _target(metadata, table, name, tuple(columns)) for name, columns in through.items()}
    for name, reference in (references or {}).items():
        targets[name] = Target(metadata.table(reference.object), reference.columns)
    found = {name: _part(metadata, table, name, columns) for name, columns in parts.items()}
    return Shape(table, tuple(own.values()), targets, found)


def need_shareable(name: str) -> None:
    """``Invalid`` for what is never shared."""
    if INTERNAL.fullmatch(name):
        told = phrase(
            "%(name)s is among a foundation's own deliberations, which are never read. Take it out of the mapping.",
            name=name,
        )
        raise Invalid(told, (name,))


def _target(metadata: Metadata, table: Table, name: str, columns: tuple[str, ...]) -> Target:
    pointed = table.points(name)
    if len(pointed) != 1:
        where = ", ".join(relation.target for relation in pointed) or "nothing"
        raise Invalid(
            phrase(
                "%(table)s.%(column)s may point at %(where)s: map it as a reference.",
                table=table.name,
                column=name,
                where=where,
            ),
            (name,),
        )
    target = metadata.table(pointed[0].target)
    missing = [f"{name}.{column}" for column in columns if column not in target.columns]
    if missing:
        raise Invalid(
            phrase("%(name)s has no column for %(missing)s.", name=target.name, missing=", ".join(missing)), missing
        )
    return Target(target, columns)


def _part(metadata: Metadata, table: Table, name: str, columns: list[str]) -> Part:
    wrong = [f"{name}.{column}" for column in columns]
    try:
        child = metadata.table(name)
    except Invalid:
        raise Invalid(
            phrase(
                "%(table)s has no column %(name)s, and there is no table of that name.",
                table=table.name,
                name=repr(name),
            ),
            wrong,
        ) from None
    back = [relation for relation in child.relations if relation.target == table.name]
    if len(back) != 1:
        raise Invalid(
            phrase(
                "%(name)s has %(count)s lookups to %(table)s; exactly one is needed.",
                name=name,
                count=len(back),
                table=table.name,
            ),
            wrong,
        )
    try:
        of = shape(metadata, name, columns)
    except Invalid as error:
        raise Invalid(str(error), [f"{name}.{field}" for field in error.fields]) from None
    if of.parts:
        raise Invalid(phrase("%(wrong)s goes through more than one table.", wrong=", ".join(wrong)), wrong)
    return Part(of, child.columns[back[0].column])

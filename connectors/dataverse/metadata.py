"""What an environment says about its tables (Web API, "Query table definitions").

Table definitions give lengths, choices, keys and the navigation names of lookups, whose case matters, for the tables
that a connection uses. The document ``$metadata`` names the same properties, but for the whole environment at once
(megabytes), and without lengths, choices and the state of keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.contract import Invalid, Unavailable
from connectors.dataverse.session import Session
from schemas.said import phrase

LOOKUPS = frozenset({"Lookup", "Customer", "Owner"})
MULTI = "MultiSelectPicklist"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEAD = "$select=LogicalName,EntitySetName,PrimaryIdAttribute,ChangeTrackingEnabled,IsOptimisticConcurrencyEnabled"
_EXPAND = (
    "$expand=Attributes,Keys($select=KeyAttributes,EntityKeyIndexStatus),"
    "ManyToOneRelationships($select=ReferencingAttribute,ReferencedEntity,ReferencingEntityNavigationPropertyName)"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``type`` as ``AttributeType`` has it, but ``MultiSelectPicklist`` for several choices."""

    name: str
    type: str
    creatable: bool = True
    updatable: bool = True
    readable: bool = True
    required: bool = False
    length: int | None = None
    least: Decimal | None = None
    most: Decimal | None = None

    @property
    def lookup(self) -> bool:
        return self.type in LOOKUPS

    @property
    def property(self) -> str:
        """What a select and an answer call it: a lookup's id goes by another name than its column."""
        return f"_{self.name}_value" if self.lookup else self.name


@dataclass(frozen=True, slots=True)
class Relation:
    """A lookup column of a table, the table it points at, and the name to write it by."""

    column: str
    target: str
    navigation: str


@dataclass(frozen=True, slots=True)
class Key:
    """An alternate key; it works once its index is ``Active``."""

    columns: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Table:
    """``set`` is what addresses call the table, ``id`` its primary key column."""

    name: str
    set: str
    id: str
    tracked: bool
    guarded: bool
    columns: Mapping[str, Column] = field(default_factory=dict)
    keys: tuple[Key, ...] = ()
    relations: tuple[Relation, ...] = ()

    def points(self, column: str) -> tuple[Relation, ...]:
        """Where a lookup column may point."""
        return tuple(relation for relation in self.relations if relation.column == column)


class Metadata:
    """Definitions, each asked for once while this object lives."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tables: dict[str, Table] = {}
        self._choices: dict[str, dict[str, tuple[int, ...]]] = {}

    def table(self, name: str) -> Table:
        """``Invalid`` where there is no such table."""
        if name not in self._tables:
            doing = phrase("Describing the table %(name)s", name=name)
            body = self._session.get(f"{_definition(name)}?{_HEAD}&{_EXPAND}", doing)
            self._tables[name] = _read(doing, lambda: _table(name, body))
        return self._tables[name]

    def choices(self, name: str) -> dict[str, tuple[int, ...]]:
        """The values of each choice column."""
        if name not in self._choices:
            kinds = ["Picklist"]
            if any(column.type == MULTI for column in self.table(name).columns.values()):
                kinds.append(MULTI)
            found: dict[str, tuple[int, ...]] = {}
            for kind in kinds:
                doing = phrase("Reading the choices of the table %(name)s", name=name)
                path = f"{_definition(name)}/Attributes/Microsoft.Dynamics.CRM.{kind}AttributeMetadata"
                body = self._session.get(
                    f"{path}?$select=LogicalName&$expand=OptionSet($select=Options),GlobalOptionSet($select=Options)",
                    doing,
                )
                found |= _read(doing, lambda body=body: dict(map(_options, body["value"])))  # type: ignore[misc]
            self._choices[name] = found
        return self._choices[name]


def _definition(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Invalid(
            phrase(
                "%(name)s is not a table's logical name. Power Apps shows it under the table's properties.",
                name=repr(name),
            )
        )
    return f"EntityDefinitions(LogicalName='{name}')"


def _read(doing: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (KeyError, TypeError, AttributeError, ArithmeticError):
        raise Unavailable(phrase("%(doing)s: the answer is not a table's definition.", doing=doing)) from None


def _table(name: str, body: Mapping[str, Any]) -> Table:
    columns = [_column(row) for row in body["Attributes"]]
    keys = [Key(tuple(row["KeyAttributes"]), str(row["EntityKeyIndexStatus"])) for row in body.get("Keys") or ()]
    relations = [
        Relation(row["ReferencingAttribute"], row["ReferencedEntity"], row["ReferencingEntityNavigationPropertyName"])
        for row in body.get("ManyToOneRelationships") or ()
    ]
    if not columns or body["LogicalName"] != name:
        raise KeyError(name)
    return Table(
        name,
        str(body["EntitySetName"]),
        str(body["PrimaryIdAttribute"]),
        body.get("ChangeTrackingEnabled") is True,
        body.get("IsOptimisticConcurrencyEnabled") is True,
        {column.name: column for column in columns},
        tuple(keys),
        tuple(relations),
    )


def _column(row: Mapping[str, Any]) -> Column:
    kind = str(row["AttributeType"])
    named = (row.get("AttributeTypeName") or {}).get("Value")
    length = row.get("MaxLength")
    return Column(
        name=str(row["LogicalName"]),
        type=MULTI if named == f"{MULTI}Type" else kind,
        creatable=row.get("IsValidForCreate") is not False,
        updatable=row.get("IsValidForUpdate") is not False,
        readable=row.get("IsValidForRead") is not False,
        required=(row.get("RequiredLevel") or {}).get("Value") == "ApplicationRequired",
        length=length if isinstance(length, int) and not isinstance(length, bool) else None,
        least=_bound(row.get("MinValue")),
        most=_bound(row.get("MaxValue")),
    )


def _bound(value: Any) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _options(row: Mapping[str, Any]) -> tuple[str, tuple[int, ...]]:
    of = row.get("OptionSet") or row.get("GlobalOptionSet") or {}
    return str(row["LogicalName"]), tuple(int(option["Value"]) for option in of.get("Options") or ())

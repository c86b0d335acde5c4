"""Table definitions of the stand-in (Web API, "Query table definitions"), as far as a client of the data needs them."""

from __future__ import annotations

import re
from typing import Any

from connectors.dataverse.sandbox_errors import NOT_THERE, WireError, bad
from connectors.dataverse.sandbox_rows import Environment
from connectors.dataverse.sandbox_tables import Column, TableType
from connectors.dataverse.sandbox_values import MOST, MOST_DECIMAL

_TABLE = re.compile(r"EntityDefinitions\(LogicalName='([^']*)'\)(?:/Attributes/Microsoft\.Dynamics\.CRM\.(\w+))?")
_NAMED = re.compile(r"LogicalName eq '([^']*)'")
_EXPANDED = re.compile(r"(\w+)(?:\(([^()]*)\))?")
_LONG = {"String", "Memo"}


def definition(env: Environment, path: str, options: dict[str, str]) -> dict[str, Any]:
    """What a path under ``EntityDefinitions`` answers."""
    if path == "EntityDefinitions":
        wanted = _NAMED.search(options.get("$filter", ""))
        return {"value": [_head(env, table) for table in env.types.values() if not wanted or table.name == wanted[1]]}
    found = _TABLE.fullmatch(path)
    if found is None:
        raise bad(f"Resource not found for the segment '{path[:80]}'.", "0x8006088a")
    table = env.types.get(found[1])
    if table is None:
        told = f"Could not find an entity with name {found[1]} and it is not a known table."
        raise WireError(404, NOT_THERE, told)
    if found[2]:
        return {"value": _choices(table, found[2], "OptionSet" in options.get("$expand", ""))}
    return _head(env, table) | {
        name: [_only(item, inner) for item in _part(env, table, name)]
        for name, inner in _EXPANDED.findall(options.get("$expand", ""))
        if name in ("Attributes", "Keys", "ManyToOneRelationships")
    }


def _only(item: dict[str, Any], inner: str) -> dict[str, Any]:
    names = inner.removeprefix("$select=").split(",") if inner else None
    return item if names is None else {name: item[name] for name in names}


def _head(env: Environment, table: TableType) -> dict[str, Any]:
    return {
        "LogicalName": table.name,
        "SchemaName": table.name,
        "EntitySetName": table.set,
        "PrimaryIdAttribute": table.id,
        "PrimaryNameAttribute": table.title,
        "ChangeTrackingEnabled": table.tracked,
        "IsOptimisticConcurrencyEnabled": True,
        "MetadataId": "00000000-0000-0000-0000-000000000000",
    }


def _part(env: Environment, table: TableType, name: str) -> list[dict[str, Any]]:
    if name == "Attributes":
        return [_attribute(column) for column in table.columns.values()]
    if name == "Keys":
        return [
            {"LogicalName": f"{key.column}key", "KeyAttributes": [key.column], "EntityKeyIndexStatus": key.status}
            for key in env.keys.get(table.name, ())
        ]
    return [
        {
            "SchemaName": f"{target}_{table.name}_{column.name}",
            "ReferencingEntity": table.name,
            "ReferencingAttribute": column.name,
            "ReferencedEntity": target,
            "ReferencedAttribute": f"{target}id",
            "ReferencingEntityNavigationPropertyName": navigation,
        }
        for column in table.columns.values()
        for target, navigation in column.targets.items()
    ]


def _attribute(column: Column) -> dict[str, Any]:
    kind = "Virtual" if column.type == "MultiSelectPicklist" else column.type
    told: dict[str, Any] = {
        "@odata.type": f"#Microsoft.Dynamics.CRM.{column.type}AttributeMetadata",
        "LogicalName": column.name,
        "SchemaName": column.name,
        "AttributeType": kind,
        "AttributeTypeName": {"Value": f"{column.type}Type"},
        "IsValidForCreate": column.writable,
        "IsValidForUpdate": column.writable,
        "IsValidForRead": True,
        "RequiredLevel": {"Value": "ApplicationRequired" if column.required else "None"},
    }
    if column.type in _LONG:
        told["MaxLength"] = column.length
    if column.type == "Money":
        told |= {"MinValue": -MOST, "MaxValue": MOST, "Precision": 2}
    if column.type == "Decimal":
        told |= {"MinValue": -MOST_DECIMAL, "MaxValue": MOST_DECIMAL, "Precision": 2}
    if column.type == "Integer":
        told |= {"MinValue": -(2**31), "MaxValue": 2**31 - 1}
    if column.type == "DateTime":
        told["Format"] = "DateOnly" if column.days else "DateAndTime"
        told["DateTimeBehavior"] = {"Value": "DateOnly" if column.days else "UserLocal"}
    if column.lookup:
        told["Targets"] = list(column.targets)
    return told


def _choices(table: TableType, kind: str, options: bool) -> list[dict[str, Any]]:
    wanted = kind.removesuffix("AttributeMetadata")
    columns = [column for column in table.columns.values() if column.type == wanted]
    if not options:
        return [_attribute(column) for column in columns]
    return [
        {
            "LogicalName": column.name,
            "OptionSet": {
                "Options": [
                    {"Value": value, "Label": {"UserLocalizedLabel": {"Label": label, "LanguageCode": 1033}}}
                    for value, label in column.choices
                ]
            },
            "GlobalOptionSet": None,
        }
        for column in columns
    ]

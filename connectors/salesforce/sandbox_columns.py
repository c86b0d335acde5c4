"""What an object of the stand-in org is made of, and what its description says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

CURRENCIES = (
    "AED", "AUD", "BRL", "CAD", "CHF", "COP", "EGP", "EUR", "GBP", "INR", "JOD", "JPY", "KES", "KWD",
    "LBP", "MAD", "MXN", "NGN", "NOK", "SEK", "TND", "TRY", "UGX", "USD", "ZAR",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One field of an object. ``type`` as ``describe`` names it; ``length`` in characters;
    ``scale`` decimal places of a currency or number."""

    name: str
    type: str = "string"
    length: int = 0
    scale: int = 0
    values: tuple[str, ...] = ()
    restricted: bool = False
    required: bool = False
    writable: bool = True
    unique: bool = False
    external_id: bool = False
    refers: tuple[str, ...] = ()
    relationship: str | None = None
    html: bool = False

    @property
    def filterable(self) -> bool:
        return not (self.type == "textarea" and self.length > 255)

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.name.removeprefix("outfunds__").removesuffix("__c").replace("_", " "),
            "type": self.type,
            "length": self.length,
            "precision": 18 if self.type in ("currency", "double") else 0,
            "scale": self.scale,
            "custom": self.name.endswith("__c"),
            "createable": self.writable,
            "updateable": self.writable,
            "nillable": not self.required and self.type not in ("boolean", "id"),
            "defaultedOnCreate": self.type == "boolean" or not self.writable or self.name == "OwnerId",
            "unique": self.unique,
            "externalId": self.external_id,
            "idLookup": self.external_id or self.type == "id",
            "filterable": self.filterable,
            "htmlFormatted": self.html,
            "restrictedPicklist": self.restricted,
            "picklistValues": [
                {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}
                for value in self.values
            ],
            "referenceTo": list(self.refers),
            "relationshipName": self.relationship,
        }


@dataclass(frozen=True, slots=True)
class ObjectType:
    """``prefix``: the first three characters of its records' ids; ``rights``: what the integration user may do."""

    name: str
    prefix: str
    columns: dict[str, Column]
    rights: frozenset[str] = field(default=frozenset({"read", "create", "edit", "delete"}))

    def hiding(self, *names: str) -> ObjectType:
        """Without these columns: not there, or hidden from the integration user, which look alike."""
        return replace(self, columns={name: column for name, column in self.columns.items() if name not in names})

    def changing(self, name: str, **how: Any) -> ObjectType:
        """With another form of one column, as an administrator might have set it up."""
        return replace(self, columns=self.columns | {name: replace(self.columns[name], **how)})

    def without(self, *rights: str) -> ObjectType:
        """As the integration user sees it without these object permissions."""
        return replace(self, rights=self.rights - set(rights))

    def column(self, name: str) -> Column | None:
        """API names do not heed case."""
        found = self.columns.get(name)
        if found:
            return found
        return next((column for key, column in self.columns.items() if key.lower() == name.lower()), None)

    def through(self, relationship: str) -> Column | None:
        return next(
            (c for c in self.columns.values() if c.relationship and c.relationship.lower() == relationship.lower()),
            None,
        )

    def describe(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.name.removeprefix("outfunds__").removesuffix("__c").replace("_", " "),
            "keyPrefix": self.prefix,
            "custom": self.name.endswith("__c"),
            "createable": "create" in self.rights,
            "updateable": "edit" in self.rights,
            "deletable": "delete" in self.rights,
            "queryable": True,
            "retrieveable": True,
            "fields": [column.describe() for column in self.columns.values()],
        }


def text(name: str, length: int = 255, **more: Any) -> Column:
    return Column(name, "string", length, **more)


def long(name: str, length: int = 131072, **more: Any) -> Column:
    return Column(name, "textarea", length, **more)


def money(name: str, **more: Any) -> Column:
    return Column(name, "currency", scale=2, **more)


def pick(name: str, *values: str, **more: Any) -> Column:
    return Column(name, "picklist", 255, values=values, **more)


def lookup(name: str, *targets: str, **more: Any) -> Column:
    via = f"{name[:-3]}__r" if name.endswith("__c") else name[:-2]
    return Column(name, "reference", 18, refers=targets, relationship=via, **more)


def object_type(name: str, prefix: str, own: Iterable[Column]) -> ObjectType:
    columns = (
        Column("Id", "id", 18, writable=False),
        lookup("OwnerId", "User"),
        Column("IsDeleted", "boolean", writable=False),
        pick("CurrencyIsoCode", *CURRENCIES, restricted=True),
        *own,
        Column("CreatedDate", "datetime", writable=False),
        Column("LastModifiedDate", "datetime", writable=False),
        Column("SystemModstamp", "datetime", writable=False),
    )
    return ObjectType(name, prefix, {column.name: column for column in columns})

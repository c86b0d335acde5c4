"""The rows of the stand-in org, and what a write does to them.

A row is a dict that is never changed in place: a write puts a new one in its stead,
so that a list that somebody is paging through stays as it was. A deleted row stays,
marked, as in the recycle bin. Every write moves ``SystemModstamp``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.salesforce.ids import long_id, suffix
from connectors.salesforce.sandbox_errors import WireError
from connectors.salesforce.sandbox_objects import OBJECTS, Column, ObjectType
from connectors.salesforce.sandbox_values import stamp, stored

Row = dict[str, Any]
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Org:
    """All tables of one org. ``now`` is its clock; ``runs_as`` the id of the user that the API writes as; ``deleted`` its
    log of deletions (object, id, moment), which outlives the recycle bin; ``index`` finds rows by external id."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.objects: dict[str, ObjectType] = dict(OBJECTS)
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in self.objects}
        self.runs_as = ""
        self.deleted: list[tuple[str, str, datetime]] = []
        self.index: dict[tuple[str, str], dict[str, set[str]]] = {}
        self._counter = 0
        self.runs_as = self.seed(
            "User",
            {"Username": "hub@integration.example", "LastName": "Integration", "Email": "hub@integration.example"},
        )

        for name in ("Grant", "Donation"):
            self.seed(
                "RecordType", {"Name": name, "DeveloperName": name, "SobjectType": "Opportunity", "IsActive": True}
            )

    def active_user(self, username: str) -> str | None:
        found = (row for row in self.rows("User") if row["Username"] == username and row["IsActive"])
        return next((str(row["Id"]) for row in found), None)

    def object(self, name: str) -> ObjectType:
        found = next((item for key, item in self.objects.items() if key.lower() == name.lower()), None)
        if found is None:
            raise WireError(404, "NOT_FOUND", "The requested resource does not exist")
        return found

    def seed(self, name: str, values: Mapping[str, Any]) -> str:
        """A row as an administrator could load it: read-only fields (a user's ``Name``, roll-ups) may be given."""
        return self._insert(self.object(name), values, seeding=True)

    def insert(self, name: str, values: Mapping[str, Any]) -> str:
        return self._insert(self.object(name), values, seeding=False)

    def _insert(self, target: ObjectType, values: Mapping[str, Any], seeding: bool) -> str:
        row: Row = {column.name: False if column.type == "boolean" else None for column in target.columns.values()}
        row |= {"OwnerId": self.runs_as or None, "CurrencyIsoCode": "USD"}
        if "IsActive" in row:
            row["IsActive"] = True
        row |= self._accepted(target, values, seeding)
        missing = [column.name for column in target.columns.values() if column.required and row[column.name] is None]
        if missing:
            raise WireError(
                400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: {missing}".replace("'", ""), missing
            )
        if target.name == "User" and row["Name"] is None:
            row["Name"] = " ".join(filter(None, (row["FirstName"], row["LastName"])))
        self._refuse_double(target, row, None)
        row |= {"Id": self._new_id(target.prefix), "CreatedDate": stamp(self.now())}
        self._put(target, row)
        return str(row["Id"])

    def update(self, name: str, id: str, values: Mapping[str, Any], seeding: bool = False) -> None:
        target = self.object(name)
        row = self.live(name, id)
        changed = row | self._accepted(target, values, seeding)
        self._refuse_double(target, changed, row["Id"])
        self._put(target, changed)

    def delete(self, name: str, id: str) -> None:
        row = self.live(name, id)
        self.deleted.append((self.object(name).name, row["Id"], self.now()))
        self._put(self.object(name), row | {"IsDeleted": True})

    def undelete(self, name: str, id: str) -> None:
        row = self.tables[self.object(name).name][long_id(id) or id]
        self._put(self.object(name), row | {"IsDeleted": False})

    def purge(self, name: str, id: str) -> None:
        """The recycle bin is emptied: no trace of the row is left."""
        del self.tables[self.object(name).name][long_id(id) or id]

    def live(self, name: str, id: str) -> Row:
        target, full = self.object(name), long_id(id)
        if full is None:
            raise WireError(400, "MALFORMED_ID", f"malformed id {id}", ["Id"])
        row = self.tables[target.name].get(full)
        if row is None:
            raise WireError(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Id")
        if row["IsDeleted"]:
            raise WireError(404, "ENTITY_IS_DELETED", "entity is deleted", [])
        return row

    def rows(self, name: str, deleted: bool = False) -> Iterator[Row]:
        return (row for row in self.tables[name].values() if deleted or not row["IsDeleted"])

    def with_external(self, name: str, column: str, value: str) -> list[Row]:
        found = self.object(name).column(column)
        if found is None or not (found.external_id or found.type == "id"):
            raise WireError(
                404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {column}"
            )
        if found.type == "id":
            return [self.live(name, value)]
        table = self.tables[self.object(name).name]
        return [table[id] for id in sorted(self._holders(self.object(name).name, found.name, value))]

    def _accepted(self, target: ObjectType, values: Mapping[str, Any], seeding: bool) -> Row:
        taken: Row = {}
        for name, value in values.items():
            if name == "attributes":
                continue
            column = target.column(name)
            if column is None:
                raise WireError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {target.name}")
            if not column.writable and not seeding:
                raise WireError(
                    400,
                    "INVALID_FIELD_FOR_INSERT_UPDATE",
                    f"Unable to create/update fields: {column.name}. Please check the security settings of this field "
                    "and verify that it is read/write for your profile or permission set.",
                    [column.name],
                )
            taken[column.name] = stored(column, value, self._exists)
            self._refuse_inactive_owner(column, taken[column.name])
        return taken

    def _refuse_inactive_owner(self, column: Column, value: Any) -> None:
        if column.name == "OwnerId" and value and not self.tables["User"][value]["IsActive"]:
            raise WireError(400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user", ["OwnerId"])

    def _exists(self, targets: tuple[str, ...], id: str) -> bool:
        return any(id in self.tables[name] and not self.tables[name][id]["IsDeleted"] for name in targets)

    def _refuse_double(self, target: ObjectType, row: Row, own_id: str | None) -> None:
        for column in target.columns.values():
            others = self._holders(target.name, column.name, row[column.name]) - {own_id} if column.unique else ()
            for other in others:
                raise WireError(
                    400,
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {column.name} duplicates value on record with id: {other}",
                    [],
                )

    def _put(self, target: ObjectType, row: Row) -> None:
        now = stamp(self.now())
        row = row | {"LastModifiedDate": now, "SystemModstamp": now}
        before = self.tables[target.name].get(row["Id"])
        self.tables[target.name][row["Id"]] = row
        for column in target.columns.values():
            if column.external_id:
                index = self.index.setdefault((target.name, column.name), {})
                if before and before[column.name] is not None:
                    index[before[column.name].casefold()].discard(row["Id"])
                if row[column.name] is not None and not row["IsDeleted"]:
                    index.setdefault(row[column.name].casefold(), set()).add(row["Id"])

    def _holders(self, object: str, column: str, value: Any) -> set[str]:
        """Ids of live rows with this external id. Case is not heeded, as in Salesforce unless told otherwise."""
        if not isinstance(value, str):
            return set()
        return self.index.get((object, column), {}).get(value.casefold(), set())

    def _new_id(self, prefix: str) -> str:
        self._counter += 1
        rest, digits = self._counter, ""
        while rest:
            rest, digit = divmod(rest, 62)
            digits = _DIGITS[digit] + digits
        short = prefix + digits.rjust(12, "0")
        return short + suffix(short)

"""A value of its own in every field of every stand-in that no mapping names, so that a test can look for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from connectors.submittable.sandbox_state import CHOICES
from mappings.language import Mapping as Compiled
from tests.connectors import fluxx_site
from tests.dataverse import AWARD
from tests.dataverse import REQUEST as DATAVERSE_REQUEST
from tests.integration.five import FUNDING_REQUEST, OPPORTUNITIES, Five

OF_THE_PROTOCOL = {
    "fluxx": {"id", "created_at", "updated_at", "deleted_at", "locked_until", "migrate_source_name", "model_theme_id"},
    "salesforce": {"Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp"},
    "dataverse": {"createdon", "modifiedon", "versionnumber", "statecode", "statuscode"},
    "submittable": set[str](),
    "airtable": set[str](),
}
"""Columns that a connector needs for the feed, or that the system fills in."""


@dataclass
class Canaries:
    """``values`` is where each one was put; ``names`` are the columns that no mapping names, by system."""

    values: dict[str, str] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)

    def text(self, where: str) -> str:
        return self._new(f"zq{len(self.values):05}x", where)

    def number(self, where: str) -> int:
        return int(self._new(str(731_900_001 + len(self.values)), where))

    def day(self, where: str) -> str:
        return self._new(str(date(1741, 1, 1) + timedelta(len(self.values))), where)

    def cells(self, system: str, table: str, kinds: Mapping[str, Callable[[str], Any] | None]) -> dict[str, Any]:
        """A canary for each column that can hold one. ``None``: a box or a choice, of which only the name can be told."""
        self.names.setdefault(system, set()).update(kinds)
        return {name: kind(f"{system}: {table}.{name}") for name, kind in kinds.items() if kind}

    def seen_in(self, text: str) -> list[str]:
        """Where those that stand in the text were put."""
        found = re.findall(r"zq\d{5}x|(?<!\d)7319\d{5}(?!\d)|17[45]\d-\d\d-\d\d", text)
        return sorted({f"{value} of {self.values[value]}" for value in found if value in self.values})

    def _new(self, value: str, where: str) -> str:
        self.values[value] = where
        return value


def planted(five: Five, own: Mapping[str, str]) -> Canaries:
    """Puts one into each unmapped field of the records ``own`` (system to id), of what they point at, and of the copies
    that the others have."""
    found = Canaries()
    every = {
        name: [own[name], *(str(row["id"]) for row in five.records(name) if row["id"] != own[name])] for name in own
    }
    for plant in (_fluxx, _salesforce, _dataverse, _submittable, _airtable):
        name = plant.__name__.removeprefix("_")
        with five.systems[name].lock:
            for id in every[name]:
                plant(five, found, id)
        found.names[name] -= _named_somewhere(five.hub.mapping(name))
    return found


def _named_somewhere(mapping: Compiled) -> set[str]:
    """A column of one object may be called as a mapped one of another."""
    objects = {mapping.object, *(target for target, _ in mapping.references.values()), "user", "User", "systemuser"}
    parts = {column.partition(".")[0] for column in mapping.columns if "." in column}
    return set[str]().union(*(mapped(mapping, object) for object in objects | parts))


def mapped(mapping: Compiled, object: str) -> set[str]:
    """The columns of an object that the mapping names."""
    found = {*mapping.columns, *mapping.create} if object == mapping.object else set()
    found |= {c.partition(".")[2].partition(".")[0] for c in mapping.columns if c.startswith(f"{object}.")}
    for target, columns in mapping.references.values():
        found |= set(columns) if target == object else set()
    owners = [wish for wish in mapping.create.values() if isinstance(wish, dict) and wish.get("object") == object]
    return found | {str(wish["match"]) for wish in owners}


def _others(five: Five, system: str, object: str, columns: Iterable[str]) -> list[str]:
    return [c for c in columns if c not in mapped(five.hub.mapping(system), object) | OF_THE_PROTOCOL[system]]


def _fluxx(five: Five, found: Canaries, id: str) -> None:
    kinds: dict[str, Any] = {
        "string": found.text, "text": found.text, "decimal": found.number, "integer": found.number,
        "datetime": lambda where: f"{found.day(where)}T10:00:00Z", "date": found.day, "relation": found.number,
        "list": found.text,
    }  # fmt: skip
    site = five.fluxx.site
    organization = site.rows[fluxx_site.REQUEST][int(id)].cells.get("program_organization_id")
    for model, row in ((fluxx_site.REQUEST, int(id)), ("organization", organization), ("user", 0)):
        columns = site.models[model].columns
        cells = found.cells(
            "fluxx", model, {name: kinds.get(columns[name].type) for name in _others(five, "fluxx", model, columns)}
        )
        rows = site.rows[model]
        there = rows[row if row in rows else next(iter(rows))]
        there.cells |= cells
        there.shown |= cells
    site.insert("note", {"note": found.text("fluxx: note.note"), "notable_id": int(id)}, seeding=True)


def _salesforce(five: Five, found: Canaries, id: str) -> None:
    org = five.salesforce.org

    def another(object: str) -> Callable[[str], str]:
        names = {"Contact": "LastName", "User": "LastName"}
        more = {"Username": "new.user@alder.example", "Email": "new.user@alder.example"} if object == "User" else {}
        return lambda where: org.seed(object, {names.get(object, "Name"): found.text(f"{where} > {object}")} | more)

    def kind(column: Any) -> Any:
        if column.type == "reference":
            return another(column.refers[0])
        if column.restricted or column.type == "boolean":
            return None
        if column.type == "multipicklist":
            return None if column.values else found.text
        texts = ("string", "textarea", "picklist", "email", "url")
        return found.text if column.type in texts else found.day if column.type == "date" else found.number

    account = org.live(FUNDING_REQUEST, id)["outfunds__Applying_Organization__c"]
    for object, row in ((FUNDING_REQUEST, id), ("Account", account)):
        if row is None:
            continue
        columns = org.object(object).columns
        left = [
            name for name in _others(five, "salesforce", object, columns) if name not in ("OwnerId", "CurrencyIsoCode")
        ]
        org.update(object, row, found.cells("salesforce", object, {n: kind(columns[n]) for n in left}), seeding=True)


def _dataverse(five: Five, found: Canaries, id: str) -> None:
    env = five.dataverse.env

    def kind(column: Any) -> Any:
        if column.lookup:
            contact = "contact" in column.targets
            return (
                (lambda where: ("contact", env.insert("contact", {"fullname": found.text(where)}))) if contact else None
            )
        kinds = {"String": found.text, "Memo": found.text, "Money": found.number, "Decimal": found.number,
                 "Integer": found.number, "DateTime": found.day}  # fmt: skip
        return kinds.get(column.type)

    recipient = env.row(DATAVERSE_REQUEST, id)["msnfp_recipientid"]
    awards = [row["msnfp_awardid"] for row in env.rows(AWARD) if (row["msnfp_requestid"] or ("", ""))[1] == id]
    tables = [(DATAVERSE_REQUEST, id), *((AWARD, one) for one in awards), *([recipient] if recipient else [])]
    for table, row in tables:
        columns = env.types[table].columns
        left = [
            n for n in _others(five, "dataverse", table, columns)
            if n not in (f"{table}id", "ownerid", "msnfp_requestid", "transactioncurrencyid")
        ]  # fmt: skip
        env.update(table, row, found.cells("dataverse", table, {name: kind(columns[name]) for name in left}))


def _submittable(five: Five, found: Canaries, id: str) -> None:
    submission = five.submittable.organisation.submissions[id]
    named = mapped(five.hub.mapping("submittable"), "submissions")
    for form, before in ((submission.project.internal, ""), (submission.project.initial, "initial: ")):
        left = {
            before + each.label: found.number if each.type == "number" else found.text
            for each in form.fields
            if each.label not in named and each.type not in CHOICES
        } if form else {}  # fmt: skip
        if left:
            five.submittable.write(
                submission.project.name, id, found.cells("submittable", form.name if form else "", left)
            )


def _airtable(five: Five, found: Canaries, id: str) -> None:
    kinds = {"singleLineText": found.text, "multilineText": found.text, "number": found.number, "date": found.day}
    columns = {column.name: column for column in five.airtable.base.table(OPPORTUNITIES).columns}
    left = {name: kinds.get(columns[name].type) for name in _others(five, "airtable", OPPORTUNITIES, columns)}
    five.airtable.write(OPPORTUNITIES, id, found.cells("airtable", OPPORTUNITIES, left))

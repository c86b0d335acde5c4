"""The commons behind the stand-in: base fields, opportunities with their forms, sources, proposals and their versions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.clock import Time
from connectors.pdc.sandbox_errors import missing, unprocessable, wrong
from connectors.pdc.sandbox_fields import valid

Body = dict[str, Any]
CLIENT, SECRET = "hub-ingest", "secret-of-the-sandbox"


def user(name: str) -> str:
    """The same UUID for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


@dataclass
class Client:
    """A machine client. ``refers`` are the sources that it may name, ``sees`` the opportunities that it may see;
    ``None`` means all."""

    secret: str
    sub: str
    refers: set[int] | None = None
    sees: set[int] | None = None


@dataclass
class Commons:
    """Ids count up in each table."""

    time: Time
    clients: dict[str, Client] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    opportunities: list[Body] = field(default_factory=list)
    forms: list[Body] = field(default_factory=list)
    sources: list[Body] = field(default_factory=list)
    proposals: list[Body] = field(default_factory=list)
    history: int | None = None
    """How many versions of a proposal are kept; the real service keeps all."""
    _ids: dict[str, int] = field(default_factory=dict)

    def next(self, table: str) -> int:
        self._ids[table] = self._ids.get(table, 0) + 1
        return self._ids[table]

    def stamp(self, by: str) -> Body:
        return {"createdAt": self.time.now().isoformat(timespec="microseconds"), "createdBy": by}

    # --- what administrators set up

    def add_opportunity(self, title: str, funder: str = "hubfund") -> Body:
        told = {"title": title, "funderShortCode": funder, "terminologySetId": None}
        made = {"id": self.next("opportunity"), **told, **self.stamp(user("admin"))}
        self.opportunities.append(made)
        return made

    def add_form(self, opportunity: int, codes: Sequence[str], name: str | None = "Form") -> Body:
        one(self.opportunities, opportunity)
        number = self.next("form")
        version = 1 + sum(each["opportunityId"] == opportunity for each in self.forms)
        fields = [self._field(number, position, code) for position, code in enumerate(codes, 1)]
        told = {"opportunityId": opportunity, "name": name, "version": version, "fields": fields}
        made = {"id": number, **told, **self.stamp(user("admin"))}
        self.forms.append(made)
        return made

    def add_source(self, label: str) -> Body:
        made = {
            "id": self.next("source"),
            "label": label,
            "dataProviderShortCode": "grantshub",
            **self.stamp(user("admin")),
        }
        self.sources.append(made)
        return made

    def _field(self, form: int, position: int, code: str) -> Body:
        if code not in self.types:
            raise unprocessable(f"There is no base field {code!r}.")
        return {
            "id": self.next("field"),
            "applicationFormId": form,
            "baseFieldShortCode": code,
            "baseField": self.base_field(code),
            "position": position,
            "label": code,
            "instructions": None,
            "inputType": "shortText",
        }

    def base_field(self, code: str) -> Body:
        label = {"label": code, "description": "", "shortCode": code, "dataType": self.types[code]}
        rest = {"category": "project", "valueRelevanceHours": None, "sensitivityClassification": "public"}
        return {**label, **rest, "localizations": {}, "createdAt": "2026-01-01T00:00:00.000000+00:00"}

    # --- what clients do

    def add_proposal(self, said: Mapping[str, Any], by: str) -> Body:
        """The external id is text, and nobody looks whether it is there already. Unknown keys are dropped."""
        if not isinstance(said.get("externalId"), str):
            raise wrong("externalId must be string")
        if not isinstance(said.get("opportunityId"), int):
            raise wrong("opportunityId must be integer")
        if all(each["id"] != said["opportunityId"] for each in self.opportunities):
            raise unprocessable("The related opportunity does not exist.")
        told = {"opportunityId": said["opportunityId"], "externalId": said["externalId"], "versions": []}
        made = {"id": self.next("proposal"), **told, **self.stamp(by)}
        self.proposals.append(made)
        return made

    def add_version(self, said: Mapping[str, Any], by: str) -> Body:
        """A full snapshot: what it leaves out is no longer said. Nothing is compared with the version before."""
        for name in ("proposalId", "sourceId", "applicationFormId"):
            if not isinstance(said.get(name), int):
                raise wrong(f"{name} must be integer")
        given = said.get("fieldValues")
        if not isinstance(given, list):
            raise wrong("fieldValues must be array")
        try:
            proposal, source = one(self.proposals, said["proposalId"]), one(self.sources, said["sourceId"])
            form = one(self.forms, said["applicationFormId"])
        except Exception:
            raise unprocessable("A related entity does not exist.") from None
        if form["opportunityId"] != proposal["opportunityId"]:
            raise unprocessable("The application form is of another opportunity than the proposal.")
        number = self.next("version")
        values = [self._value(number, form, each) for each in given]
        told = {
            "proposalId": proposal["id"],
            "sourceId": source["id"],
            "source": source,
            "applicationFormId": form["id"],
        }
        version = 1 + max((each["version"] for each in proposal["versions"]), default=0)
        made = {"id": number, **told, "version": version, "fieldValues": values, **self.stamp(by)}
        proposal["versions"] = [made, *proposal["versions"]][: self.history]
        return made

    def _value(self, version: int, form: Body, said: Any) -> Body:
        if not isinstance(said, dict) or not isinstance(said.get("value"), str) or "goodAsOf" not in said:
            raise wrong("fieldValues must have value and goodAsOf")
        fields = [each for each in form["fields"] if each["id"] == said.get("applicationFormFieldId")]
        if not fields or not isinstance(said.get("position"), int):
            raise unprocessable("The application form has no such field.")
        told = {
            "applicationFormFieldId": fields[0]["id"],
            "applicationFormField": fields[0],
            "position": said["position"],
        }
        good = valid(said["value"], self.types[fields[0]["baseFieldShortCode"]])
        rest = {"value": said["value"], "goodAsOf": said["goodAsOf"], "isValid": good, "isHighlighted": False}
        return {"id": self.next("value"), "proposalVersionId": version, **told, **rest}


def commons(seed: Mapping[str, Any], time: Time) -> Commons:
    """``{"clients": {id: secret}, "baseFields": {code: dataType}, "opportunities": [{"title", "forms": [[code, …]]}],
    "sources": [label]}``."""
    clients = seed.get("clients") or {CLIENT: SECRET}
    made = Commons(time, {id: Client(secret, user(id)) for id, secret in clients.items()})
    made.types = dict(seed.get("baseFields") or {})
    for each in seed.get("opportunities") or ():
        opportunity = made.add_opportunity(each["title"])
        for codes in each.get("forms") or ():
            made.add_form(opportunity["id"], codes)
    for label in seed.get("sources") or ():
        made.add_source(label)
    return made


def one(rows: Sequence[Body], id: Any) -> Body:
    """404 where there is none."""
    for row in rows:
        if row["id"] == id:
            return row
    raise missing()

"""The state of one site: rows by model, the index that lists are made from, dynamic fields, who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.clock import Time
from connectors.fluxx.sandbox_errors import WireError, forbidden, unknown_model
from connectors.fluxx.sandbox_models import Column, Model, accept, models

LAG = 300.0
"""Seconds that an update waits for the index (REST API v2 guide, "Priority_index")."""

RIGHTS = frozenset({"read", "create", "update", "delete"})


@dataclass
class Row:
    """``cells`` are as in the database; ``shown`` what the index has, and ``waiting`` what it will have from when on."""

    cells: dict[str, Any]
    shown: dict[str, Any]
    waiting: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def indexed(self, now: float) -> dict[str, Any]:
        while self.waiting and self.waiting[0][0] <= now:
            self.shown = self.waiting.pop(0)[1]
        return self.shown


class Site:
    """``rights`` by model may be taken away while it runs. ``errors_in_200``: refusals come as successes.
    ``unknown``: what a GET of an unknown id answers, ``"id"`` or ``"404"``. ``shows_deleted``: whether deleted rows
    are still given, with ``deleted_at``. ``finely``: whether filters heed the time of day. ``false_is_blank``: whether an
    unticked box is left out."""

    def __init__(self, time: Time, lag: float = LAG) -> None:
        self._time = time
        self.lag = lag
        self.models: dict[str, Model] = models()
        self.rows: dict[str, dict[int, Row]] = {name: {} for name in self.models}
        self.rights: dict[str, set[str]] = {name: set(RIGHTS) for name in self.models}
        self.errors_in_200 = True
        self.unknown = "id"
        self.shows_deleted = False
        self.finely = True
        self.false_is_blank = True
        self.key_type = "integer"
        self.heard: list[tuple[str, int, str]] = []
        self._next = 20_259_900

    # --- what there is

    def model(self, name: str) -> Model:
        if name not in self.models:
            raise unknown_model(name)
        return self.models[name]

    def need(self, right: str, model: str) -> None:
        self.model(model)
        if right not in self.rights[model]:
            raise forbidden(right, model)

    def now(self) -> str:
        return self._time.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def live(self, model: str, id: int) -> dict[str, Any] | None:
        """A row as the database has it, ``None`` where there is none or it is deleted."""
        row = self.rows[model].get(id)
        return None if row is None or (row.cells.get("deleted_at") and not self.shows_deleted) else row.cells

    def listed(self, model: str) -> list[dict[str, Any]]:
        """All rows as the index shows them now; deletions it learns of at once."""
        now = self._time.monotonic()
        indexed = self.models[model].indexed
        found = []
        for row in list(self.rows[model].values()):
            gone = row.cells.get("deleted_at")
            if not gone or self.shows_deleted:
                found.append(row.cells if gone or not indexed else row.indexed(now))
        return found

    # --- changing it

    def insert(self, model: str, given: Mapping[str, Any], *, seeding: bool = False) -> int:
        """A new row is indexed at once."""
        cells = self._accepted(self.model(model), given, seeding)
        id = int(cells.get("id") or self._next)
        self._next = max(self._next, id) + 1
        now = self.now()
        cells = {"created_at": now, "updated_at": now} | cells | {"id": id}
        self.rows[model][id] = Row(cells, dict(cells))
        self.heard.append((model, id, now))
        return id

    def update(self, model: str, id: int, given: Mapping[str, Any], *, at_once: bool = False) -> None:
        cells = self.live(model, id)
        if cells is None or cells.get("deleted_at"):
            raise WireError(f"Couldn't find {model} with id={id}", status=404, code=404)
        cells |= self._accepted(self.model(model), given, False) | {"updated_at": self.now()}
        row = self.rows[model][id]
        row.waiting.append((self._time.monotonic() + (0.0 if at_once else self.lag), dict(cells)))
        if at_once:
            row.shown, row.waiting = dict(cells), []
        self.heard.append((model, id, cells["updated_at"]))

    def remove(self, model: str, id: int) -> None:
        """Softly: the row stays, with when it was deleted."""
        cells = self.live(model, id)
        if cells is None or cells.get("deleted_at"):
            raise WireError(f"Couldn't find {model} with id={id}", status=404, code=404)
        cells |= {"deleted_at": self.now(), "updated_at": self.now()}

    def restore(self, model: str, id: int) -> None:
        row = self.rows[model][id]
        row.cells["deleted_at"] = None
        row.cells["updated_at"] = self.now()
        row.shown, row.waiting = dict(row.cells), []

    def add_field(self, given: Mapping[str, Any], model: str = "grant_request") -> None:
        """A dynamic field: ``name``, ``attribute_type``, and ``choices`` or ``multi_allowed``."""
        name, type = str(given["name"]), str(given.get("attribute_type", "string"))
        choices, several = tuple(given.get("choices", ())), given.get("multi_allowed") is True
        kept = type if type in ("integer", "decimal", "boolean", "date", "datetime", "text") else "string"
        self.models[model].columns[name] = Column(name, kept, choices=choices, several=several)
        facts = {
            "model_type": "".join(part.capitalize() for part in model.split("_")),
            "name": name,
            "description": given.get("description", name.replace("_", " ").capitalize()),
            "attribute_type": type,
            "multi_allowed": several,
        }
        attribute = self.insert("model_attribute", facts)
        for choice in choices:
            value = {"model_attribute_id": attribute, "value": choice, "description": choice}
            self.insert("model_attribute_value", value)

    def drop_field(self, name: str, model: str = "grant_request") -> None:
        """An administrator takes a dynamic field away."""
        del self.models[model].columns[name]
        rows = self.rows["model_attribute"]
        for id in [id for id, row in rows.items() if row.cells.get("name") == name]:
            del rows[id]

    def _accepted(self, model: Model, given: Mapping[str, Any], seeding: bool) -> dict[str, Any]:
        accepted: dict[str, Any] = {}
        for name, value in given.items():
            column = model.columns.get(name)
            if column is None:
                raise WireError(f"unknown attribute '{name}' for {model.name}.")
            if not column.writable and not seeding:
                raise WireError(f"{name} is read only")
            if column.several and seeding:
                accepted[name] = list(value)
            else:
                accepted[name] = accept(column, value)
        return accepted

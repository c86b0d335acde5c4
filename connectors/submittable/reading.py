"""From a submission and its filled-in forms to a record: wanted columns only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.contract import Raw, Record
from connectors.submittable import entries as filled
from connectors.submittable.api import Api
from connectors.submittable.columns import Columns
from connectors.submittable.entries import Entry
from connectors.submittable.forms import Form, form
from connectors.submittable.place import Place
from connectors.submittable.submissions import Row
from connectors.submittable.values import FormField, shown

NO_ENTRY = "-"
"""The version of a form that nobody has filled in yet."""


@dataclass(frozen=True)
class Forms:
    """The forms of a connection. ``arrival`` is the initial form of the project that new submissions go to: what its
    fields and the commons form's fields are both called goes into both."""

    internal: Form
    initial: Form | None
    arrival: Form | None

    @cached_property
    def shared(self) -> dict[str, FormField]:
        """Label to field of the arrival form, for labels that the commons form has as well."""
        there = self.arrival.names() if self.arrival else {}
        return {label: there[label] for label in self.internal.names() if label in there and there[label].writable}


def forms(api: Api, place: Place, arrival: str | None) -> Forms:
    """As they are now; a form that is used twice is read once."""
    read: dict[str, Form] = {}

    def once(id: str | None) -> Form | None:
        if id is None:
            return None
        if id not in read:
            read[id] = form(api, id)
        return read[id]

    internal = once(place.internal_form)
    assert internal is not None
    return Forms(internal, once(place.initial_form), once(arrival))


@dataclass(frozen=True)
class Reader:
    """Puts records together."""

    place: Place
    columns: Columns
    forms: Forms

    def record(self, row: Row, entries: Iterable[Entry]) -> Record:
        """``entries`` are those of this submission, of whatever form."""
        listed = list(entries)
        internal = filled.of_form(listed, self.place.internal_form)
        initial = filled.of_form(listed, self.place.initial_form)
        fields: Raw = {name: row.parts[name] for name in self.columns.row}
        for name in self.columns.internal:
            fields[name] = _cell(self.forms.internal.field(name), internal)
        for column, name in self.columns.initial.items():
            fields[column] = _cell(self.forms.initial.field(name), initial) if self.forms.initial else None
        return Record(row.id, fields, version=self.version(internal, initial), url=self._url(row.id))

    def version(self, internal: Entry | None, initial: Entry | None) -> str:
        """The versions of what this connection may write to."""
        parts = [internal, initial] if self.place.edit_answers and self.columns.initial else [internal]
        return "|".join(each.version if each and each.version else NO_ENTRY for each in parts)

    def wanted(self) -> dict[str, set[str]]:
        """Form id to the ids of its fields that are of use."""
        ids: dict[str, set[str]] = {}
        for form_, names in (
            (self.forms.internal, self.columns.internal),
            (self.forms.initial, tuple(self.columns.initial.values())),
        ):
            if form_ is not None:
                found = [form_.field(name) for name in names]
                ids.setdefault(form_.id, set()).update(each.id for each in found if each)
        return ids

    def _url(self, id: str) -> str | None:
        return self.place.page.replace("{id}", id) if self.place.page else None


def _cell(field: FormField | None, entry: Entry | None) -> Any:
    return shown(field, entry.cells.get(field.id)) if field and entry else None

"""The organisation as the sandbox page shows it to a person: one table, staff's form and applicants' answers beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox import Column
from connectors.submittable.columns import INITIAL
from connectors.submittable.sandbox_errors import WireError
from connectors.submittable.sandbox_state import CHOICES, STATUSES, Entry, FormField, Organisation, Submission


class Tables:
    """``sandbox.Rows`` over an organisation: a table a project."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation

    def tables(self) -> Sequence[str]:
        return [project.name for project in self._organisation.projects.values()]

    def columns(self, table: str) -> Sequence[Column]:
        project = self._organisation.project(table)
        columns = [Column("submissionStatus", choices=STATUSES)]
        for form, before in ((project.internal, ""), (project.initial, INITIAL)):
            columns += [_column(each, before) for each in form.fields] if form else []
        return columns

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        project = self._organisation.project(table)
        return [(one.id, _cells(one)) for one in self._organisation.submissions.values() if one.project is project]

    def write(self, table: str, id: str | None, typed: Mapping[str, Any]) -> str:
        try:
            return write(self._organisation, table, id, typed).id
        except WireError as error:
            raise ValueError(str(error)) from None

    def remove(self, table: str, id: str) -> None:
        self._organisation.submissions.pop(id, None)


def write(organisation: Organisation, table: str, id: str | None, typed: Mapping[str, Any]) -> Submission:
    """What staff, and with “initial: ” an applicant, typed; ``ValueError`` where it does not fit."""
    project = organisation.project(table)
    theirs = {name.removeprefix(INITIAL): value for name, value in typed.items() if name.startswith(INITIAL)}
    ours = {n: v for n, v in typed.items() if not n.startswith(INITIAL) and n != "submissionStatus"}
    if ours and project.internal is None:
        raise ValueError(f"project {table!r} has no internal form")
    initial = organisation.typed(project.initial, theirs)
    internal = organisation.typed(project.internal, ours) if project.internal else {}
    one = organisation.submissions[id] if id else organisation.submit(project, initial)
    if typed.get("submissionStatus"):
        one.status = str(typed["submissionStatus"])
    if id and initial:
        _save(organisation, one.entry("initial"), initial)
    if internal and not _save(organisation, one.entry("internal"), internal):
        organisation.fill_in(one, internal)
    return one


def _save(organisation: Organisation, entry: Entry | None, cells: dict[str, dict[str, Any]]) -> bool:
    if entry is not None:
        organisation.save(entry, cells, replace=False)
    return entry is not None


def _column(field: FormField, before: str) -> Column:
    choices = tuple(field.options.values()) if field.type in CHOICES and field.type != "multiple_response" else ()
    return Column(f"{before}{field.label}", True, choices, field.type == "long_answer")


def _cells(one: Submission) -> dict[str, str]:
    cells = {"submissionStatus": one.status}
    for form, before in ((one.project.internal, ""), (one.project.initial, INITIAL)):
        entry = one.entry(form.type) if form else None
        for each in form.fields if form and entry else ():
            cells[f"{before}{each.label}"] = _text(each, entry)
    return cells


def _text(field: FormField, entry: Entry | None) -> str:
    cell = entry.cells.get(field.id, {}) if entry else {}
    if field.type in CHOICES:
        return "; ".join(field.options.get(id, id) for id in cell.get("options", ()))
    return str(cell.get("value") or "")

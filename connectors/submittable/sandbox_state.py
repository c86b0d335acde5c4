"""The organisation behind the stand-in: projects, forms, submissions and their filled-in forms.

Each submission also has what must never leave a foundation: the people behind it, their addresses, and a review. They
carry ``CANARY``, so that a test can look for it everywhere.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any
from uuid import UUID

from connectors.clock import Time
from connectors.submittable.sandbox_errors import WireError, invalid

CANARY = "canary-never-leaves"
KEY = "sandbox-key"
CHOICES = ("single_response", "dropdown_list", "multiple_response")
STATUSES = (
    "new",
    "in_progress",
    "accepted",
    "declined",
    "withdrawn",
    "completed",
    "editable",
    "viewed",
    "received",
    "published",
)
PERMISSIONS = ("submissions", "entries", "forms", "projects", "write")

Cells = dict[str, dict[str, Any]]


@dataclass
class FormField:
    id: str
    label: str
    type: str
    required: bool = False
    options: dict[str, str] = field(default_factory=dict)


@dataclass
class Form:
    id: str
    name: str
    type: str
    fields: list[FormField]

    def field(self, label: str) -> FormField:
        for each in self.fields:
            if label in (each.id, each.label):
                return each
        raise ValueError(f"form {self.name!r} has no field {label!r}")


@dataclass
class Project:
    id: str
    name: str
    initial: Form
    internal: Form | None
    stages: dict[str, str]


@dataclass
class Entry:
    id: str
    form: Form
    cells: Cells
    version: str
    at: str
    completed: bool = True


@dataclass
class Submission:
    id: str
    project: Project
    at: str
    number: int
    submitter: str
    status: str = "new"
    stage: str = ""
    archived: bool = False
    entries: list[Entry] = field(default_factory=list)

    def entry(self, type: str) -> Entry | None:
        return next((each for each in self.entries if each.form.type == type), None)

    @property
    def title(self) -> str:
        entry = self.entry("initial")
        for each in entry.form.fields if entry else ():
            if each.type == "title" and entry:
                return str(entry.cells.get(each.id, {}).get("value", ""))
        return ""


class Organisation:
    """One organisation with one key. ``permissions`` and ``key_as`` may be changed while it runs. ``outbox`` holds what
    would have been mailed to an applicant."""

    def __init__(self, seed: Mapping[str, Any], time: Time) -> None:
        self._random = random.Random(20260302)
        self._time = time
        self.id = self.new_id()
        self.key: str = seed.get("key") or KEY
        self.key_as: str = seed.get("key_as", "username")
        self.permissions: set[str] = set(seed.get("permissions", PERMISSIONS))
        self.forms: dict[str, Form] = {}
        self.projects: dict[str, Project] = {}
        self.submissions: dict[str, Submission] = {}
        self.outbox: list[dict[str, Any]] = []
        for name, form in (seed.get("forms") or {}).items():
            self.add_form(name, form["type"], form["fields"])
        for name, project in (seed.get("projects") or {}).items():
            self._add_project(name, project)
        for each in seed.get("submissions", ()):
            self._add_submission(each)

    def new_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def now(self) -> str:
        return self._time.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # --- by name or id

    def form(self, name: str) -> Form:
        for form in self.forms.values():
            if name.lower() == form.id or name == form.name:
                return form
        raise WireError(404)

    def project(self, name: str) -> Project:
        for project in self.projects.values():
            if name.lower() == project.id or name == project.name:
                return project
        raise WireError(404)

    def entry(self, id: str) -> tuple[Submission, Entry]:
        for submission, entry in self.entries():
            if entry.id == id.lower():
                return submission, entry
        raise WireError(404)

    def entries(self) -> Iterator[tuple[Submission, Entry]]:
        for submission in self.submissions.values():
            for entry in submission.entries:
                yield submission, entry

    # --- changes

    def submit(self, project: Project, cells: Cells, submitter: str | None = None) -> Submission:
        """A new submission with its initial form filled in, and the review that every one gets here."""
        id = self.new_id()
        number = len(self.submissions) + 1
        stage = next(iter(project.stages), "")
        made = Submission(id, project, self.now(), number, submitter or self.new_id(), stage=stage)
        made.entries.append(self._entry(project.initial, cells))
        review = Form(self.new_id(), "Review", "review", [FormField(self.new_id(), "Comment", "long_answer")])
        comment = {"value": f"{CANARY}-review-{number}"}
        made.entries.append(self._entry(review, {review.fields[0].id: cell(review.fields[0], comment)}))
        self.submissions[id] = made
        return made

    def fill_in(self, submission: Submission, cells: Cells) -> Entry:
        form = submission.project.internal
        if form is None:
            raise invalid("The project has no internal form.")
        if submission.entry("internal") is not None:
            raise invalid("The internal form of this submission is already filled in.")
        entry = self._entry(form, cells)
        submission.entries.append(entry)
        return entry

    def save(self, entry: Entry, cells: Cells, *, replace: bool) -> None:
        entry.cells = cells if replace else entry.cells | cells
        entry.version = self.new_id()

    def answers(self, form: Form, data: Any) -> Cells:
        """Cells out of ``fieldData``, checked against the form."""
        if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
            raise invalid("fieldData is required.")
        known = {each.id: each for each in form.fields}
        wrong: dict[str, str] = {}
        cells: Cells = {}
        for each in data:
            id = str(each.get("formFieldId", ""))
            if id not in known or each.get("fieldType") != known[id].type:
                wrong[id] = "This field is not part of the form, or of another type."
            elif why := fault(known[id], each):
                wrong[id] = why
            else:
                cells[id] = cell(known[id], each)
        if wrong:
            raise WireError(400, ["Invalid field data."], wrong)
        return {id: each for id, each in cells.items() if each.get("value") or each.get("options")}

    def require(self, form: Form, cells: Cells) -> None:
        lacking = {
            each.id: f"{each.label} is required." for each in form.fields if each.required and each.id not in cells
        }
        if lacking:
            raise WireError(400, ["Invalid field data."], lacking)

    def typed(self, form: Form, values: Mapping[str, Any]) -> Cells:
        """Cells out of labels and what a person chose or typed."""
        cells: Cells = {}
        for label, value in values.items():
            known = form.field(label)
            if known.type in CHOICES:
                labels = (
                    value if isinstance(value, list) else [part.strip() for part in str(value or "").split(";") if part]
                )
                by_label = {text: id for id, text in known.options.items()}
                unknown = [text for text in labels if text not in by_label]
                if unknown:
                    raise ValueError(f"{label!r} has no choice {unknown[0]!r}")
                cells[known.id] = cell(known, {"options": [by_label[text] for text in labels]})
            else:
                cells[known.id] = cell(known, {"value": "" if value is None else str(value)})
                if why := fault(known, cells[known.id]):
                    raise ValueError(f"{label!r}: {why}")
        return cells

    # --- the seed

    def add_form(self, name: str, type: str, fields: Any) -> Form:
        made = [
            FormField(
                self.new_id(),
                each["label"],
                each["type"],
                each.get("required", False),
                {self.new_id(): text for text in each.get("options", ())},
            )
            for each in fields
        ]
        form = Form(self.new_id(), name, type, made)
        self.forms[form.id] = form
        return form

    def _add_project(self, name: str, seed: Mapping[str, Any]) -> None:
        internal = self.form(seed["internal"]) if seed.get("internal") else None
        stages = {self.new_id(): text for text in seed.get("stages", ("Screening", "Review"))}
        made = Project(self.new_id(), name, self.form(seed["initial"]), internal, stages)
        self.projects[made.id] = made

    def _add_submission(self, seed: Mapping[str, Any]) -> None:
        project = self.project(seed["project"])
        made = self.submit(project, self.typed(project.initial, seed.get("answers", {})))
        made.status = seed.get("status", "new")
        if seed.get("internal") is not None and project.internal is not None:
            self.fill_in(made, self.typed(project.internal, seed["internal"]))

    def _entry(self, form: Form, cells: Cells) -> Entry:
        filled = {id: each for id, each in cells.items() if each.get("value") or each.get("options")}
        return Entry(self.new_id(), form, filled, self.new_id(), self.now())


def cell(field: FormField, said: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as the wire has it."""
    head = {"formFieldId": field.id, "fieldType": field.type}
    if field.type in CHOICES:
        return head | {"options": list(said.get("options") or ())}
    return head | {"value": said.get("value")}


def fault(field: FormField, said: Mapping[str, Any]) -> str | None:
    if field.type in CHOICES:
        ids = said.get("options")
        known = isinstance(ids, list) and all(id in field.options for id in ids)
        return None if known else "This is not one of the options."
    value = said.get("value")
    if not isinstance(value, str):
        return "The value must be text."
    if field.type == "number" and value and not value.replace(".", "", 1).removeprefix("-").isdigit():
        return "The value must be a number."
    return None

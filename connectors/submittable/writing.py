"""New submissions, and what is written into the commons form of those that are there.

Nothing here can reach an applicant: no address of a person, no subject, no message is ever among what is sent, and no
status, message or "open for editing" call is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.contract import (
    Ambiguous,
    ConnectorError,
    Draft,
    Edit,
    Forbidden,
    Invalid,
    RateLimited,
    Raw,
    Stale,
    Unavailable,
)
from connectors.submittable import entries as filled
from connectors.submittable import errors
from connectors.submittable.api import Api, part, unexpected
from connectors.submittable.entries import Entry
from connectors.submittable.forms import Form
from connectors.submittable.reading import Reader
from connectors.submittable.values import SENT_BACK, answer
from schemas.said import phrase

REASON = "Kept in step by Commons Hub"
"""``changeReason``, which a change of an applicant's answers has to give."""

NOT_SET_UP = phrase(
    "This connection only shares: it has no project and submitter for new submissions. Set project "
    "and submitter (or submitter_first_name and submitter_last_name) to import."
)
NO_KEY = phrase(
    "New submissions need a field for their key in the initial form of their project too, with the "
    "same label as in the commons form: by it one is found whose second half got lost."
)


@dataclass(frozen=True)
class Writer:
    """Writes for one connection, by the forms as the reader has them."""

    api: Api
    reader: Reader

    def create(self, draft: Draft, begun: str | None) -> str:
        """A new submission in the project for imports, its commons form filled in; its id. ``begun`` is one that was
        made for this draft before and is only filled in.

        The key goes out with the first of the two calls: whatever becomes of the second, the submission can be found."""
        place, forms = self.reader.place, self.reader.forms
        if place.project is None or place.submitter is None:
            raise Invalid(NOT_SET_UP)
        if forms.arrival is None or forms.shared.get(self.reader.columns.key or "") is None:
            raise Invalid(NO_KEY)
        internal, _initial = self._parts(draft.fields)
        id = begun or self._submit(place.project, place.submitter, draft.fields)
        try:
            self._fill_in(id, [cell for cell in internal.values() if cell.get("value") or cell.get("options")])
        except ConnectorError as error:
            told = phrase(
                "Submission %(id)s was made, and its commons form could not be filled in: %(error)s", id=id, error=error
            )
            raise Ambiguous(told, _wait(error)) from None
        return id

    def _submit(self, project: str, submitter: dict[str, str], fields: Raw) -> str:
        cells = [
            _sent(there, fields[label])
            for label, there in self.reader.forms.shared.items()
            if fields.get(label) is not None
        ]
        where = phrase("Making a submission in project %(project)s", project=project)
        made = self.api.call("POST", "submissions", where, json={"projectId": project, **submitter, "fieldData": cells})
        id = made.get("submissionId")
        of = str(made.get("projectId")).lower()
        if not isinstance(id, str) or "submissionStatus" not in made or of != project.lower():
            raise unexpected(where, phrase("something that is not the new submission"), wrote=True)
        return id

    def update(self, edit: Edit) -> None:
        """Change the columns of an edit. ``Stale`` where a form it writes to is another version than the one expected."""
        internal, initial = self._parts(edit.fields)
        entries = filled.of_submission(self.api, edit.id)
        if entries is None:
            raise Forbidden(phrase("Submission %(id)s: Submittable does not show it.", id=edit.id))
        forms = self.reader.forms
        here = filled.of_form(entries, forms.internal.id)
        theirs = filled.of_form(entries, forms.initial.id) if forms.initial else None
        if edit.expected.version not in (None, self.reader.version(here, theirs)):
            raise Stale(phrase("Submission %(id)s: somebody saved its form meanwhile.", id=edit.id))
        if initial:
            if theirs is None:
                raise Invalid(
                    phrase("Submission %(id)s: its applicant has filled in no form that could be changed.", id=edit.id)
                )
            self._correct(edit.id, theirs, list(initial.values()))
        try:
            if internal:
                self._write_internal(edit.id, here, internal)
        except ConnectorError as error:
            if not initial or isinstance(error, Ambiguous):
                raise
            told = phrase(
                "Submission %(id)s: the applicant's answers were changed, then %(error)s", id=edit.id, error=error
            )
            raise Ambiguous(told, _wait(error)) from None

    def delete(self, id: str) -> None:
        """Gone already counts as done."""
        if not self.reader.place.may_delete:
            raise Invalid(
                phrase("This connection deletes nothing. Set may_delete = true, or archive it in Submittable.")
            )
        reply = self.api.ask("DELETE", f"submissions/{part(id)}")
        if not reply.ok and reply.status not in (404, 410):
            raise errors.error(reply, phrase("Deleting submission %(id)s", id=id))

    # --- the two kinds of form

    def _write_internal(self, id: str, here: Entry | None, cells: Mapping[str, Raw]) -> None:
        if here is None:
            self._fill_in(id, list(cells.values()))
            return
        # What a PUT leaves out it may clear: the other fields of the form go out as they came in.
        kept = [_kept(cell, id) for field, cell in here.cells.items() if field not in cells]
        where = phrase("Writing the commons form of submission %(id)s", id=id)
        body = {"formType": "internal", "fieldData": [*kept, *cells.values()]}
        written = self.api.call("PUT", f"entries/{part(here.id)}", where, json=body)
        if _entry_id(written) != here.id:
            raise unexpected(where, phrase("something that is not the entry that was written"), wrote=True)

    def _fill_in(self, id: str, cells: list[Raw]) -> None:
        where = phrase("Filling in the commons form of submission %(id)s", id=id)
        made = self.api.call("POST", "entries/internal", where, json={"submissionId": id, "fieldData": cells})
        if _entry_id(made) is None or str(made.get("submissionId") or id).lower() != id.lower():
            raise unexpected(where, phrase("something that is not the new entry"), wrote=True)

    def _correct(self, id: str, theirs: Entry, cells: list[Raw]) -> None:
        """Change an applicant's answers, if they still are this version; silently."""
        where = phrase("Changing the answers of submission %(id)s", id=id)
        body = {
            "formType": theirs.type,
            "fieldData": cells,
            "entryVersionId": theirs.version,
            "changeReason": REASON,
        }
        reply = self.api.ask("PATCH", f"entries/{part(theirs.id)}", json=body)
        if reply.status == 204:
            return
        if reply.ok:
            raise unexpected(where, phrase("%(status)s where 204 was due", status=reply.status), wrote=True)
        if reply.status in (400, 409, 412):  # which of them says "another version" the vendor does not tell
            now = filled.of_form(filled.of_submission(self.api, id) or (), theirs.form)
            if now is None or now.version != theirs.version:
                raise Stale(phrase("%(where)s: its applicant saved it meanwhile.", where=where))
        raise errors.error(reply, where)

    # --- columns to answers

    def _parts(self, fields: Raw) -> tuple[dict[str, Raw], dict[str, Raw]]:
        """Answers by field id, of the commons form and of the applicant's. ``Invalid`` names the column at fault."""
        forms, columns = self.reader.forms, self.reader.columns
        internal: dict[str, Raw] = {}
        initial: dict[str, Raw] = {}
        for column, value in fields.items():
            if column in columns.initial:
                if not self.reader.place.edit_answers:
                    raise Invalid(
                        phrase(
                            "%(column)s is an applicant's answer; it is written only with edit_answers = true.",
                            column=repr(column),
                        ),
                        [column],
                    )
                _put(initial, forms.initial, columns.initial[column], column, value)
            elif column in columns.internal:
                _put(internal, forms.internal, column, column, value)
            else:
                raise Invalid(phrase("Submittable sets %(column)s itself.", column=repr(column)), [column])
        return internal, initial


def refuses(forms: Reader, column: str, value: Any) -> str | None:
    """Why a column can never hold a value; ``None`` when it may, or when nobody knows."""
    columns = forms.columns
    form = forms.forms.initial if column in columns.initial else forms.forms.internal
    field = form.field(columns.initial.get(column, column)) if form and column not in columns.row else None
    if field is None or value is None:
        return None
    try:
        answer(field, value)
    except ValueError as error:
        return str(error)
    return None


def stopped(error: ConnectorError) -> ConnectorError | None:
    """What the items after this one end with, where they would meet the same; ``None`` to go on."""
    if isinstance(error, Invalid | Stale):
        return None
    if isinstance(error, Ambiguous):
        return Unavailable(phrase("Not sent, because of what came before: %(error)s", error=error))
    return error


def _put(into: dict[str, Raw], form: Form | None, name: str, column: str, value: Any) -> None:
    field = form.field(name) if form else None
    if field is None:
        raise Invalid(phrase("The form has no field %(name)s, or several.", name=repr(name)), [column])
    try:
        into[field.id] = answer(field, value)
    except ValueError as error:
        raise Invalid(phrase("%(column)s: %(error)s", column=repr(column), error=error), [column]) from None


def _sent(field: Any, value: Any) -> Raw:
    try:
        return answer(field, value)
    except ValueError as error:
        raise Invalid(
            phrase("The initial form of the project for new submissions: %(error)s", error=error), [field.label]
        ) from None


def _kept(cell: Mapping[str, Any], id: str) -> Raw:
    """An answer as it came in, to send back."""
    kind = cell.get("fieldType")
    if kind not in SENT_BACK:
        raise Invalid(
            phrase(
                "The commons form of submission %(id)s holds an answer of type %(kind)s, which cannot be sent "
                "back as it is and would be lost. Keep the commons form to text, numbers and choices.",
                id=id,
                kind=kind,
            )
        )
    kept = {"formFieldId": cell["formFieldId"], "fieldType": kind}
    return kept | {name: cell[name] for name in ("value", "options") if cell.get(name) is not None}


def _wait(error: ConnectorError) -> float:
    return error.wait if isinstance(error, Ambiguous | RateLimited) else 0.0


def _entry_id(body: Mapping[str, Any]) -> str | None:
    """Also where the entry is wrapped in its form type."""
    inner = body.get("entry")
    id = (inner if isinstance(inner, dict) else body).get("entryId")
    return id if isinstance(id, str) and id else None

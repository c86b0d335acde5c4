"""What the stand-in shows of an organisation, in the shapes of the vendor's OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.submittable.sandbox_errors import WireError, invalid
from connectors.submittable.sandbox_state import CANARY, Entry, Form, Organisation, Project, Submission

SIZE = 20
LARGEST = 500


class Lists:
    """Pages by continuation token. A list once begun shows what was there then; ``most`` items a page, however many are
    asked for."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self._rest: dict[str, tuple[str, int, list[Any]]] = {}
        self.most = LARGEST

    def page(self, of: str, query: Mapping[str, Sequence[str]], every: Sequence[Any]) -> tuple[list[Any], str | None]:
        """Items and the token of the next page. ``of`` names the list, so that a token of another is refused."""
        token = query.get("continuationToken")
        if token:
            if set(query) != {"continuationToken"}:
                raise invalid("Only the continuationToken can be given after the first page.")
            begun, size, items = self._rest.get(token[0], ("", 0, []))
            if begun != of:
                raise invalid("The continuationToken is not known.")
        else:
            items, size = list(every), min(_size(query), self.most)
        here, rest = items[:size], items[size:]
        if not rest:
            return here, None
        name = self._organisation.new_id()
        self._rest[name] = (of, size, rest)
        return here, name


def _size(query: Mapping[str, Sequence[str]]) -> int:
    try:
        size = int(query.get("size", [str(SIZE)])[0])
    except ValueError:
        size = 0
    if not 1 <= size <= LARGEST:
        raise WireError(400, ["Invalid request."], {"size": f"The size must be between 1 and {LARGEST}."})
    return size


def in_list(one: Submission) -> dict[str, Any]:
    """A row of ``GET /v4/submissions``."""
    return {
        "submissionId": one.id,
        "projectId": one.project.id,
        "submitterId": one.submitter,
        "reviewStageId": one.stage or None,
        "submissionStatus": one.status,
        "isArchived": one.archived,
        "isPaid": False,
        "labels": [],
        "reviewers": [f"{CANARY}-reviewer-{one.number}"],
        "submitterFirstName": f"{CANARY}-first-{one.number}",
        "submitterLastName": f"{CANARY}-last-{one.number}",
        "submitterEmail": f"{CANARY}-{one.number}@applicant.example",
        "submitterLastLoginDate": one.at,
        "submissionTitle": one.title,
        "projectTitle": one.project.name,
        "submissionDate": one.at,
        "isConcealed": False,
        "isInitialFormEntryEditable": not all(each.completed for each in one.entries),
        "publicOrgId": None,
        "publicOrgVersion": None,
        "publicOrgName": None,
        "concealPublicOrgName": False,
    }


def alone(one: Submission) -> dict[str, Any]:
    """``GET /v4/submissions/{id}``; its entries without their answers."""
    return {
        "submissionId": one.id,
        "projectId": one.project.id,
        "submitterId": one.submitter,
        "submissionStatus": one.status,
        "isArchivedBySubmitter": False,
        "isArchivedByOrganization": one.archived,
        "isPaid": False,
        "formEntries": [metadata(one, entry) for entry in one.entries],
        "labels": [],
        "reviewStageId": one.stage or None,
        "publicOrgId": None,
        "publicOrgVersion": None,
        "publicOrgName": None,
        "submissionTitle": one.title,
    }


def metadata(one: Submission, entry: Entry) -> dict[str, Any]:
    return {
        "formType": entry.form.type,
        "entry": {
            "submissionId": one.id,
            "projectId": one.project.id,
            "entryId": entry.id,
            "formId": entry.form.id,
            "status": "completed" if entry.completed else "in_progress",
            "completedAt": entry.at if entry.completed else None,
            "createdBy": one.submitter,
            "createdAt": entry.at,
            "openedForEditingAt": None if entry.completed else entry.at,
        },
    }


def full(one: Submission, entry: Entry) -> dict[str, Any]:
    """With all answers, and the version that a change has to name."""
    shown = metadata(one, entry)
    more = {"fieldData": list(entry.cells.values()), "entryVersionId": entry.version}
    return shown | {"entry": shown["entry"] | more}


def form(one: Form) -> dict[str, Any]:
    fields = [
        {
            "formFieldId": each.id,
            "fieldType": each.type,
            "label": each.label,
            "isRequired": each.required,
            **(
                {"options": [{"formOptionId": id, "label": text} for id, text in each.options.items()]}
                if each.options
                else {}
            ),
        }
        for each in one.fields
    ]
    return {"formType": one.type, "formId": one.id, "name": one.name, "fields": fields}


def project(one: Project) -> dict[str, Any]:
    return {
        "projectId": one.id,
        "name": one.name,
        "isLive": True,
        "isHidden": False,
        "isArchived": False,
        "initialFormId": one.initial.id,
        "internalFormId": one.internal.id if one.internal else None,
        "eligibilityFormId": None,
        "reviewStages": [
            {"reviewStageId": id, "stageName": text, "stageOrder": at}
            for at, (id, text) in enumerate(one.stages.items())
        ],
    }

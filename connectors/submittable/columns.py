"""What a mapping's columns are in Submittable: parts of a submission, fields of the commons form, answers of an applicant."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from connectors.contract import Wanted

ROW = (
    "submissionTitle",
    "submissionStatus",
    "reviewStageId",
    "projectId",
    "publicOrgId",
    "publicOrgName",
    "isPaid",
)
"""What is the same in the list of submissions and in a single one. People (submitter, reviewers) are never among them."""

INITIAL = "initial: "
"""Before the label or id of a field that applicants fill in. A column without it is a field of the commons form."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The wanted columns by where they stand; ``initial``: column to the field's name."""

    row: tuple[str, ...]
    internal: tuple[str, ...]
    initial: dict[str, str]
    key: str | None

    def digest(self, *more: str) -> str:
        """The same for the same columns of the same place."""
        said = json.dumps([self.row, self.internal, self.initial, self.key, more], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def chosen(wanted: Wanted) -> Columns:
    """The columns of a connection, the key among them, each once."""
    names = dict.fromkeys((*wanted.fields, *((wanted.key,) if wanted.key else ())))
    return Columns(
        row=tuple(name for name in names if name in ROW),
        internal=tuple(name for name in names if name not in ROW and not name.startswith(INITIAL)),
        initial={name: name.removeprefix(INITIAL) for name in names if name.startswith(INITIAL)},
        key=wanted.key,
    )

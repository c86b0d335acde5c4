"""Filled-in forms: one by one, a form's whole list of them, and those that no list of completed ones shows.

``GET /v4/entries/forms/{id}`` lists what is completed, with all answers. An entry that is being filled in, or was opened
again for its applicant, is not in it; ``GET /v4/entries/metadata/forms/{id}`` names every entry without its answers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.contract import Unavailable
from connectors.submittable import errors
from connectors.submittable.api import Api, part
from schemas.said import phrase

DIGITS = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """``cells``: field id to answer as on the wire. ``type`` is the form's: initial, internal, review, …"""

    id: str
    submission: str
    project: str
    form: str
    type: str
    version: str
    cells: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def keeping(self, fields: Iterable[str]) -> Entry:
        """Without the answers that nobody asked for."""
        return replace(self, cells={id: self.cells[id] for id in fields if id in self.cells})


def listed(api: Api, form: str) -> Iterator[list[Entry]]:
    """Completed entries of a form, a page at a time."""
    place = phrase("Listing entries of form %(form)s", form=form)
    for page in api.pages(f"entries/forms/{part(form)}", place):
        found = [_entry(item, place) for item in page.items]
        if any(entry.form.lower() != form.lower() for entry in found):
            raise Unavailable(phrase("%(place)s: Submittable's answer is about another form.", place=place))
        yield found


def known(api: Api, form: str) -> dict[str, str]:
    """Submission id to entry id for every entry of a form, completed or not."""
    place = phrase("Listing what entries form %(form)s has", form=form)
    found: dict[str, str] = {}
    for page in api.pages(f"entries/metadata/forms/{part(form)}", place):
        for item in page.items:
            entry = item.get("entry") if isinstance(item, dict) else None
            if not isinstance(entry, dict) or not isinstance(entry.get("entryId"), str) or "fieldData" in entry:
                raise Unavailable(
                    phrase("%(place)s: Submittable's answer is not a list of what entries there are.", place=place)
                )
            if isinstance(entry.get("submissionId"), str):
                found[entry["submissionId"]] = entry["entryId"]
    return found


def of_submission(api: Api, id: str) -> list[Entry] | None:
    """Every entry of one submission, ``None`` where Submittable does not show the submission."""
    place = phrase("Reading the answers of submission %(id)s", id=id)
    answer = api.ask("GET", f"entries/submissions/{part(id)}")
    if answer.status in (404, 410):
        return None
    if not answer.ok:
        raise errors.error(answer, place)
    body = answer.json()
    rows = body.get("formEntries") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise Unavailable(phrase("%(place)s: Submittable's answer has no entries in it.", place=place))
    found = [_entry(row, place, id) for row in rows]
    if any(entry.submission.lower() != id.lower() for entry in found):
        raise Unavailable(phrase("%(place)s: Submittable's answer is about another submission.", place=place))
    return found


def of_form(entries: Iterable[Entry], form: str | None) -> Entry | None:
    """The one of this form; the last where there are several."""
    found = [entry for entry in entries if form and entry.form.lower() == form.lower()]
    return found[-1] if found else None


def digest(secret: bytes, value: Any) -> str:
    """A short keyed hash: it says whether something changed, and to nobody else what it is."""
    said = json.dumps(value, sort_keys=True, default=str)
    return hmac.new(secret, said.encode(), hashlib.sha256).hexdigest()[:DIGITS]


def _entry(row: Any, place: str, submission: str = "") -> Entry:
    try:
        entry = row["entry"]
        return Entry(
            id=_word(entry["entryId"]),
            submission=_word(entry.get("submissionId") or submission),
            project=str(entry.get("projectId") or ""),
            form=_word(entry["formId"]),
            type=_word(row["formType"]),
            version=str(entry.get("entryVersionId") or ""),
            cells={_word(cell["formFieldId"]): cell for cell in entry["fieldData"]},
        )
    except (KeyError, TypeError, AttributeError):
        raise Unavailable(phrase("%(place)s: Submittable's answer is not a list of entries.", place=place)) from None


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a word was due")
    return value

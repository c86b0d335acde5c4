"""Submissions as rows: the list of them, and some by their ids. Of people (submitter, reviewers) nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.contract import Refused, Unavailable
from connectors.submittable import errors
from connectors.submittable.api import IDS, Api, part
from connectors.submittable.columns import ROW
from schemas.said import phrase

ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Row:
    """``parts`` are those of ``columns.ROW`` and nothing else."""

    id: str
    project: str
    parts: dict[str, Any]


def listed(api: Api, projects: Sequence[str]) -> Iterator[tuple[list[Row], list[Refused]]]:
    """All submissions of these projects (of all, without any), archived ones too, a page at a time."""
    place = phrase("Listing submissions")
    filters = [("ArchivedStatus", "either"), *(("Projects.Include", id) for id in projects)]
    for number, page in enumerate(api.pages("submissions", place, filters), 1):
        rows: list[Row] = []
        refused: list[Refused] = []
        for at, item in enumerate(page.items, 1):
            row = _row(item)
            if row is None:
                where = phrase("submissions, page %(number)s, item %(at)s", number=number, at=at)
                refused.append(Refused(None, where, phrase("This is not a submission.")))
            else:
                rows.append(row)
        if refused and not rows:
            raise Unavailable(phrase("%(place)s: Submittable's answer is not a list of submissions.", place=place))
        yield rows, refused


def by_id(api: Api, ids: Sequence[str]) -> dict[str, Row]:
    """Those of these submissions that Submittable shows, by the ids asked for."""
    place = phrase("Reading submissions by id")
    asked = {id.lower(): id for id in ids if ID.fullmatch(id)}
    found: dict[str, Row] = {}
    wishes = list(asked.values())
    for start in range(0, len(wishes), IDS):
        body = {"submissionIds": wishes[start : start + IDS]}
        items = api.value("POST", "submissions/ids", place, json=body, repeatable=True)
        for row in map(_row, items if isinstance(items, list) else [None]):
            if row is None or row.id.lower() not in asked:
                raise Unavailable(
                    phrase("%(place)s: Submittable's answer is not the submissions that were asked for.", place=place)
                )
            found[asked[row.id.lower()]] = row
    for id in asked.values():
        if id not in found and _is_there(api, id):
            raise Unavailable(
                phrase(
                    "%(place)s: Submittable leaves out submission %(id)s and shows it when asked for it alone.",
                    place=place,
                    id=id,
                )
            )
    return found


def _is_there(api: Api, id: str) -> bool:
    """What the answer to a missing id is the vendor does not say: any refusal of the request counts as one."""
    answer = api.ask("GET", f"submissions/{part(id)}")
    if answer.ok:
        return True
    if answer.status in (400, 403, 404, 410):
        return False
    raise errors.error(answer, phrase("Reading submission %(id)s", id=id))


def _row(item: Any) -> Row | None:
    if not isinstance(item, dict) or not isinstance(item.get("submissionId"), str) or "submissionStatus" not in item:
        return None
    return Row(item["submissionId"], str(item.get("projectId") or ""), {name: item.get(name) for name in ROW})

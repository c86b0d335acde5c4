"""The proposals as the sandbox page shows them to a person, and as tests play people: a change is one more version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.pdc.sandbox_errors import WireError
from connectors.pdc.sandbox_state import Body, Commons, one, user
from connectors.sandbox import Column

STAFF = user("staff")


def write(commons: Commons, opportunity: int, id: int | None, cells: Mapping[str, Any], by: str = STAFF) -> int:
    """A proposal, or another version of one: text by short code on the newest form, "" or None to leave one out."""
    external = cells.get("externalId")
    if id is None:
        id = commons.add_proposal({"opportunityId": opportunity, "externalId": external or ""}, by)["id"]
    proposal = one(commons.proposals, id)
    form = [each for each in commons.forms if each["opportunityId"] == opportunity][-1]
    texts = values(proposal) | {code: text for code, text in cells.items() if code != "externalId"}
    fields = {each["baseFieldShortCode"]: each["id"] for each in form["fields"]}
    given = [
        {"applicationFormFieldId": fields[code], "position": 1, "value": str(text), "goodAsOf": None}
        for code, text in texts.items()
        if text not in ("", None)
    ]
    told = {"proposalId": id, "sourceId": commons.sources[0]["id"], "applicationFormId": form["id"]}
    commons.add_version({**told, "fieldValues": given}, by)
    return int(id)


def values(proposal: Body) -> dict[str, str]:
    """What the newest version says, by short code."""
    newest = proposal["versions"][:1]
    return {v["applicationFormField"]["baseFieldShortCode"]: v["value"] for each in newest for v in each["fieldValues"]}


class Tables:
    """``sandbox.Rows``: a table for each opportunity."""

    def __init__(self, commons: Commons) -> None:
        self._commons = commons

    def tables(self) -> Sequence[str]:
        return [each["title"] for each in self._commons.opportunities]

    def columns(self, table: str) -> Sequence[Column]:
        return [Column("externalId"), *(Column(code) for code in self._commons.types)]

    def rows(self, table: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        number = self._number(table)
        own = [each for each in self._commons.proposals if each["opportunityId"] == number]
        return [(str(each["id"]), {"externalId": each["externalId"], **values(each)}) for each in own]

    def write(self, table: str, id: str | None, typed: Mapping[str, str]) -> str:
        try:
            return str(write(self._commons, self._number(table), int(id) if id else None, typed))
        except (WireError, KeyError) as error:
            raise ValueError(f"The form does not take this: {error}") from None

    def remove(self, table: str, id: str) -> None:
        self._commons.proposals[:] = [each for each in self._commons.proposals if each["id"] != int(id)]

    def _number(self, title: str) -> int:
        return next(int(each["id"]) for each in self._commons.opportunities if each["title"] == title)

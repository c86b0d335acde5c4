"""Opportunities of one kind on another hub, as one member there sees them.

Its feed says what changed for that member and what is gone; a write is guarded by the etag that was read; a create that is sent
twice makes one opportunity, for the key is unique among a member's. Nothing is deleted there: what would be is withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from connectors.contract import (
    Capabilities,
    Check,
    Connector,
    ConnectorError,
    Cursor,
    Draft,
    Edit,
    Field,
    Gone,
    Invalid,
    Outcome,
    Page,
    Record,
    Settings,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.hub import checks, items
from connectors.hub.api import PAGE, Api, error, one, strange
from connectors.transport import Transport
from schemas.said import phrase

LISTING, CHANGES = phrase("Listing opportunities"), phrase("Reading changes")


def open_commons(settings: Settings, wanted: Wanted, transport: Transport) -> Connector:
    """``wanted.object`` is the kind of opportunities: project or call."""
    return Commons(
        Api(transport, str(settings.get("url")), settings.get("token")), wanted, str(settings.get("audience", "all"))
    )


class Commons(Connector):
    """One member's view of another hub."""

    capabilities = Capabilities(feed="token", tombstones="feed", guard="strong", page=PAGE)

    def __init__(self, api: Api, wanted: Wanted, audience: str) -> None:
        self._api, self._wanted, self._audience = api, wanted, audience

    # --- looking

    def check(self) -> list[Check]:
        return checks.run(self._api, self._wanted)

    def describe(self) -> list[Field]:
        return checks.fields(self._api, self._wanted)

    # --- reading

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        return self._everything() if since is None else self._since(since)

    def _everything(self) -> Iterator[Page]:
        stands: str | None = None
        for number, page in enumerate(self._api.pages("/opportunities", LISTING, None, "next")):
            if number == 0:  # what changes while the list is read is in the feed behind this
                stands = page.get("changes")
                if not isinstance(stands, str):
                    raise Unavailable(
                        phrase("%(place)s: the other hub does not say where its feed of changes stands.", place=LISTING)
                    )
            last = page.get("next", "") is None
            yield Page(tuple(self._records(page["items"], LISTING)), cursor=stands if last else None, complete=last)

    def _since(self, since: Cursor) -> Iterator[Page]:
        for page in self._api.pages("/changes", CHANGES, since, "next"):
            gone = [
                Gone(self._id(item)) for item in page["items"] if isinstance(item, dict) and item.get("gone") is True
            ]
            there = [
                item.get("opportunity")
                for item in page["items"]
                if isinstance(item, dict) and item.get("gone") is False
            ]
            if len(gone) + len(there) != len(page["items"]):
                raise Unavailable(
                    phrase("%(place)s: the other hub answered something that is no change.", place=CHANGES)
                )
            keep = page.get("keep")
            if not isinstance(keep, str) or not keep:
                raise Unavailable(
                    phrase("%(place)s: the other hub does not say where to begin next time.", place=CHANGES)
                )
            last = page.get("more") is False
            yield Page(tuple(self._records(there, CHANGES)), tuple(gone), cursor=keep if last else None)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        return {id: self._one(id) for id in ids}

    def _one(self, id: str) -> Record | Gone | Unseen:
        place = phrase("Opportunity %(id)s", id=id)
        answer = self._api.ask("GET", one(id))
        if answer.ok:
            return self._read(answer.json(), place, id)
        said = answer.peek()
        problem = str(said.get("type", "")) if isinstance(said, dict) else ""
        if answer.status == 410 and problem in ("urn:commons-hub:problem:gone", "urn:commons-hub:problem:merged"):
            return Gone(id)
        if answer.status == 404 and problem == "urn:commons-hub:problem:not-found":
            return Unseen(id, phrase("The other hub does not show it to your foundation."))
        raise error(answer, place)

    def find(self, key: str) -> list[Record]:
        place = phrase("Searching for the key %(key)s", key=key)
        body = self._api.call("GET", "/opportunities", place, params={"key": key})
        if not isinstance(body.get("items"), list):
            raise Unavailable(phrase("%(place)s: the other hub's answer has no list of items.", place=place))
        found = [self._read(item, place) for item in body["items"]]
        if any(record.fields.get("key") != key for record in found if "key" in record.fields):
            raise Unavailable(phrase("%(place)s: the other hub answered another opportunity.", place=place))
        return found

    # --- writing

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return _one_by_one(drafts, self._create)

    def _create(self, draft: Draft) -> Outcome:
        place = phrase("Sharing %(key)s", key=draft.key)
        sent = items.body(draft.fields) | {"key": draft.key, "kind": self._wanted.object, "audience": self._audience}
        answer = self._api.ask("POST", "/opportunities", json=sent)
        if not answer.ok:
            raise error(answer, place)
        found = items.record(answer.json(), self._wanted)
        if found is None or ("key" in found.fields and found.fields["key"] != draft.key):
            raise strange(answer, phrase("%(place)s: the other hub does not say what it made", place=place))
        return Outcome(id=found.id, record=found)

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return _one_by_one(edits, self._update)

    def _update(self, edit: Edit) -> Outcome:
        place = phrase("Changing opportunity %(id)s", id=edit.id)
        if not edit.expected.version:
            raise Stale(phrase("%(place)s: nobody knows any more what was read of it.", place=place))
        answer = self._api.ask("PATCH", one(edit.id), etag=edit.expected.version, json=items.body(edit.fields))
        if not answer.ok:
            raise error(answer, place)
        found = items.record(answer.json(), self._wanted)
        if found is None or found.id != edit.id:
            raise strange(answer, phrase("%(place)s: the other hub's answer is about something else", place=place))
        return Outcome(id=found.id, record=found)

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        """Withdraws: nothing is deleted from a commons."""
        return _one_by_one(ids, self._withdraw)

    def _withdraw(self, id: str) -> Outcome:
        answer = self._api.ask("DELETE", one(id), etag="*")
        if not answer.ok and answer.status != 410:
            raise error(answer, phrase("Withdrawing opportunity %(id)s", id=id))
        return Outcome(id=id)

    # --- how

    def _records(self, found: list[Any], place: str) -> list[Record]:
        of_kind = [item for item in found if not isinstance(item, dict) or item.get("kind") == self._wanted.object]
        if any(not isinstance(item, dict) or not isinstance(item.get("kind"), str) for item in found):
            raise Unavailable(
                phrase("%(place)s: the other hub answered something that is no opportunity.", place=place)
            )
        return [self._read(item, place) for item in of_kind]

    def _read(self, item: Any, place: str, id: str | None = None) -> Record:
        found = items.record(item, self._wanted)
        if found is None or (id is not None and found.id != id):
            raise Unavailable(
                phrase(
                    "%(place)s: the other hub answered something that is no opportunity, or another one.", place=place
                )
            )
        return found

    def _id(self, item: dict[str, Any]) -> str:
        if not isinstance(item.get("id"), str):
            raise Unavailable(phrase("%(place)s: the other hub does not say what is gone.", place=CHANGES))
        return str(item["id"])


def _one_by_one(asked: Sequence[Any], act: Callable[[Any], Outcome]) -> list[Outcome]:
    """After an error that is not about the one item the rest is not sent: it would meet the same."""
    outcomes: list[Outcome] = []
    for each in asked:
        try:
            outcomes.append(act(each))
        except ConnectorError as problem:
            outcomes.append(Outcome(error=problem))
            if not isinstance(problem, Invalid | Stale):
                rest = Unavailable(phrase("Not sent, because of what came before: %(error)s", error=problem))
                return outcomes + [Outcome(error=rest)] * (len(asked) - len(outcomes))
    return outcomes

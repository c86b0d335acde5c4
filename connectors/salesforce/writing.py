"""Writing records: each by itself and guarded, or many in one call.

``If-Unmodified-Since`` is documented for single rows, so a guarded edit is a call of its own. Records that need no
guard (new ones, which their key keeps from being made twice) go together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from connectors.contract import (
    Ambiguous,
    ConnectorError,
    Draft,
    Edit,
    Invalid,
    Outcome,
    QuotaSpent,
    RateLimited,
    Raw,
    SignInFailed,
    Stale,
    Unavailable,
)
from connectors.salesforce import batches
from connectors.salesforce.errors import Problem, RowLocked, not_there, refusal, refused, said
from connectors.salesforce.ids import long_id
from connectors.salesforce.parts import unwound
from connectors.salesforce.records import body, http_date
from connectors.salesforce.rows import Rows
from schemas.said import phrase

if TYPE_CHECKING:
    from connectors.transport import Answer

Guard = Literal["each", "composite", "none"]

LOCK_WAITS = (1.0, 2.0)
"""Seconds before a row that somebody else is writing is tried again."""

Act = Callable[[], list[Outcome]]
Step = tuple[Sequence[int], Act]
"""The places of some items among all, and what writes them: one outcome each."""


class Writer:
    """Writes the records that ``rows`` reads. ``find`` looks for an id that an upsert did not tell."""

    def __init__(self, rows: Rows, guard: Guard) -> None:
        self.rows, self.guard = rows, guard
        self.session, self.object, self.key = rows.session, rows.wanted.object, rows.wanted.key
        self._collects = self.session.number >= batches.SINCE
        self._type_id: str | None = None

    # --- new records

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        together = [
            place for place, draft in enumerate(drafts) if self.key and self._collects and not self._of_part(draft)
        ]
        if len(together) < 2:
            together = []
        steps: list[Step] = [
            ([n], partial(self._created, draft)) for n, draft in enumerate(drafts) if n not in set(together)
        ]
        steps += [
            (some, partial(self._created_together, [drafts[n] for n in some]))
            for some in _slices(together, batches.RECORDS)
        ]
        return carried_out(len(drafts), steps)

    def _created(self, draft: Draft) -> list[Outcome]:
        doing, fields = f"Creating a {self.object}", self._new(draft)
        if self.key is None:
            return [Outcome(id=made(self.write("POST", self._path(), body(fields)), doing))]
        # By its key even when it is new: should it be there already, there will not be two.
        answer = self.write("PATCH", self._path(self.key, draft.key), body(fields))
        if answer.status == 204:  # before v46 an update by key tells no id
            return [Outcome(id=self._found(draft.key, doing))]
        return [Outcome(id=made(answer, doing))]

    def _new(self, draft: Draft) -> Raw:
        """The columns of a new record but for its key."""
        if self._of_part(draft):
            raise Invalid(
                phrase(
                    "A new %(object)s has no %(part)s yet, and the hub makes none.", object=self.object, part=self._part
                ),
                sorted(self._of_part(draft)),
            )
        fields = {column: value for column, value in draft.fields.items() if column != self.key and "." not in column}
        return fields | self._typed(fields)

    def _typed(self, fields: Raw) -> Raw:
        """The record type that the connection is about, asked for once."""
        if not self.rows.record_type or "RecordTypeId" in fields:
            return {}
        if self._type_id is None:
            self._type_id = self.rows.type_id()
        return {"RecordTypeId": self._type_id}

    def _of_part(self, draft: Draft) -> set[str]:
        return {column for column, value in draft.fields.items() if "." in column and value is not None}

    @property
    def _part(self) -> str:
        return self.rows.part.object if self.rows.part else ""

    def _created_together(self, drafts: Sequence[Draft]) -> list[Outcome]:
        assert self.key is not None
        records = [self._record(self._new(draft) | {self.key: draft.key}) for draft in drafts]

        def outcome(place: int, result: batches.Result) -> Outcome:
            if result.done and result.id is None:
                raise Ambiguous(
                    phrase(
                        "Creating a %(object)s: Salesforce says that it is done, and names no id.", object=self.object
                    )
                )
            if not result.done:
                raise refused(result.status, result.problems, f"Creating a {self.object}")
            return Outcome(id=result.id)

        path = f"composite/sobjects/{self.object}/{self.key}"
        return self._together(path, records, outcome, [partial(self._created, draft) for draft in drafts])

    def _record(self, fields: Raw) -> Raw:
        return {"attributes": {"type": self.object}, **body(fields)}

    def _found(self, key: str, doing: str) -> str:
        """The id of what was just written. It was written, so whatever goes wrong from here on is no refusal."""
        try:
            held = self.rows.find(key)
        except ConnectorError as error:
            raise Ambiguous(
                phrase("%(doing)s: it was done, but looking for its id failed. %(error)s", doing=doing, error=error)
            ) from None
        if len(held) != 1:
            raise Ambiguous(
                phrase(
                    "%(doing)s: it was done, and %(count)s records carry the key %(key)s.",
                    doing=doing,
                    count=len(held),
                    key=repr(key),
                )
            )
        return held[0].id

    # --- changed records

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        loose = [n for n, edit in enumerate(edits) if self._needs_no_guard(edit)]
        guarded = [n for n, edit in enumerate(edits) if self._goes_in_an_envelope(edit)]
        loose, guarded = (some if len(some) > 1 else [] for some in (loose, guarded))
        alone = [n for n in range(len(edits)) if n not in {*loose, *guarded}]
        steps: list[Step] = [([n], partial(self._changed, edits[n])) for n in alone]
        for places, size, act in (
            (loose, batches.RECORDS, self._changed_together),
            (guarded, batches.REQUESTS, self._changed_in_an_envelope),
        ):
            steps += [(some, partial(act, [edits[n] for n in some])) for some in _slices(places, size)]
        return carried_out(len(edits), steps)

    def _needs_no_guard(self, edit: Edit) -> bool:
        unguarded = self.guard == "none" or not edit.expected.version
        return unguarded and self._collects and self._is_plain(edit)

    def _goes_in_an_envelope(self, edit: Edit) -> bool:
        return self.guard == "composite" and bool(edit.expected.version) and self._is_plain(edit)

    def _is_plain(self, edit: Edit) -> bool:
        return bool(edit.fields) and not any("." in column for column in edit.fields)

    def _changed(self, edit: Edit) -> list[Outcome]:
        own = {column: value for column, value in edit.fields.items() if "." not in column}
        of_part = {column.partition(".")[2]: value for column, value in edit.fields.items() if "." in column}
        stamp, part_id, part_stamp = unwound(edit.expected.version)
        if of_part and part_id is None:
            columns = [column for column in edit.fields if "." in column]
            raise Invalid(
                phrase(
                    "%(object)s %(id)s has no %(part)s yet, and the hub makes none.",
                    object=self.object,
                    id=edit.id,
                    part=self._part,
                ),
                columns,
            )
        if own:
            self._patch(self.object, edit.id, own, stamp)
        if of_part and part_id is not None:
            try:
                self._patch(self._part, part_id, of_part, part_stamp)
            except ConnectorError as error:
                if own:
                    raise Ambiguous(
                        phrase(
                            "%(object)s %(id)s was changed, its %(part)s was not. %(error)s",
                            object=self.object,
                            id=edit.id,
                            part=self._part,
                            error=error,
                        )
                    ) from None
                raise
        return [Outcome(id=edit.id)]

    def _patch(self, object: str, id: str, fields: Raw, stamp: str) -> None:
        path = self.session.data(f"sobjects/{object}/{quote(id, safe='')}")
        answer = self.write("PATCH", path, body(fields), self._unmodified_since(stamp))
        need_changed(answer.status, said(answer), f"{object} {id}")

    def _unmodified_since(self, stamp: str) -> dict[str, str]:
        return {"If-Unmodified-Since": http_date(stamp)} if stamp and self.guard != "none" else {}

    def _changed_together(self, edits: Sequence[Edit]) -> list[Outcome]:
        records = [self._record(edit.fields) | {"id": edit.id} for edit in edits]

        def outcome(place: int, result: batches.Result) -> Outcome:
            id = edits[place].id
            if result.done and result.id != long_id(id):
                raise Ambiguous(
                    phrase(
                        "Changing %(object)s %(id)s: Salesforce named %(other)s, which is another one.",
                        object=self.object,
                        id=id,
                        other=result.id,
                    )
                )
            need_changed(204 if result.done else result.status, result.problems, f"{self.object} {id}")
            return Outcome(id=id)

        return self._together("composite/sobjects", records, outcome, [partial(self._changed, edit) for edit in edits])

    def _changed_in_an_envelope(self, edits: Sequence[Edit]) -> list[Outcome]:
        requests = [
            {
                "method": "PATCH",
                "url": self._path(edit.id),
                "body": body(edit.fields),
                "httpHeaders": self._unmodified_since(unwound(edit.expected.version)[0]),
            }
            for edit in edits
        ]
        results = batches.composite(
            self.session, requests, phrase("Changing %(count)s %(object)s", count=len(edits), object=self.object)
        )

        def judged(edit: Edit, result: batches.Result) -> list[Outcome]:
            if any(problem.code == "UNABLE_TO_LOCK_ROW" for problem in result.problems):
                return self._changed(edit)
            need_changed(result.status, result.problems, f"{self.object} {edit.id}")
            return [Outcome(id=edit.id)]

        pairs = enumerate(zip(edits, results, strict=True))
        return each_of(partial(judged, edit, result) for _, (edit, result) in pairs)

    # --- gone records

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return carried_out(len(ids), [([n], partial(self._deleted, id)) for n, id in enumerate(ids)])

    def _deleted(self, id: str) -> list[Outcome]:
        answer = self.write("DELETE", self._path(id))
        if not (answer.status == 404 and not_there(said(answer))):
            need_done(answer.status, said(answer), phrase("Deleting %(object)s %(id)s", object=self.object, id=id))
        return [Outcome(id=id)]

    # --- calls

    def _path(self, *parts: str) -> str:
        return self.session.data("/".join(["sobjects", self.object, *(quote(part, safe="") for part in parts)]))

    def write(self, method: str, path: str, json: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One write. A row that somebody else is writing was not touched, so it is tried again a little later."""
        for wait in (*LOCK_WAITS, None):
            answer = self.session.call(method, path, json=json, headers=headers, repeatable=method == "DELETE")
            if wait is None or answer.status < 400 or not isinstance(refusal(answer, path), RowLocked):
                break
            self.session.transport.time.sleep(wait)
        return answer

    def _together(
        self,
        path: str,
        records: Sequence[Raw],
        outcome: Callable[[int, batches.Result], Outcome],
        alone: Sequence[Act],
    ) -> list[Outcome]:
        """One call for all; rows that somebody else is writing once more. Where Salesforce refuses the call for the sake of
        one record (an unknown field, a value of the wrong type), nothing was written, and each is sent ``alone``."""
        found: dict[int, Outcome] = {}
        left = list(range(len(records)))
        for wait in (*LOCK_WAITS, None):
            try:
                results = batches.collection(
                    self.session,
                    path,
                    [records[n] for n in left],
                    phrase("Writing %(count)s %(object)s", count=len(left), object=self.object),
                )
            except Invalid:
                found |= zip(left, carried_out(len(left), [([i], alone[n]) for i, n in enumerate(left)]), strict=True)
                break
            except ConnectorError as error:
                if not found:
                    raise
                found |= {n: Outcome(error=error) for n in left}
                break
            judged = each_of(
                partial(lambda n, result: [outcome(n, result)], n, result)
                for n, result in zip(left, results, strict=True)
            )
            found |= zip(left, judged, strict=True)
            left = [n for n in left if isinstance(found[n].error, RowLocked)]
            if not left or wait is None:
                break
            self.session.transport.time.sleep(wait)
        return [found[n] for n in range(len(records))]


def carried_out(count: int, steps: Sequence[Step]) -> list[Outcome]:
    """One outcome an item, the steps one after the other. What concerns the whole org stops the rest unsent, and is raised
    if it came first."""
    outcomes: dict[int, Outcome] = {}
    stop: ConnectorError | None = None
    for places, act in steps:
        try:
            found = act() if stop is None else [Outcome(error=stop)] * len(places)
        except ConnectorError as error:
            if isinstance(error, SignInFailed | QuotaSpent | RateLimited | Unavailable) and not isinstance(
                error, RowLocked
            ):
                if not outcomes:
                    raise
                stop = error
            found = [Outcome(error=error)] * len(places)
        outcomes.update(zip(places, found, strict=True))
    return [outcomes[place] for place in range(count)]


def each_of(acts: Iterator[Act]) -> list[Outcome]:
    """The outcome of each, errors of any class included: what they speak of was sent already."""
    outcomes: list[Outcome] = []
    for act in acts:
        try:
            outcomes += act()
        except ConnectorError as error:
            outcomes.append(Outcome(error=error))
    return outcomes


def made(answer: Answer, doing: str) -> str:
    """The id of a new record."""
    if answer.status not in (200, 201):
        raise refusal(answer, doing)
    told = answer.json()
    id = long_id(told["id"]) if isinstance(told, dict) and isinstance(told.get("id"), str) else None
    if id is None:
        raise Ambiguous(
            phrase(
                "%(doing)s: Salesforce answered %(status)s without an id; it may have happened.",
                doing=doing,
                status=answer.status,
            )
        )
    return id


def need_changed(status: int, problems: tuple[Problem, ...], which: str) -> None:
    """``Stale`` where the record is not there any more, or is not as it was."""
    if status in (400, 404) and not_there(problems):
        raise Stale(phrase("%(which)s is deleted or no longer visible to the integration user.", which=which))
    need_done(status, problems, phrase("Changing %(which)s", which=which))


def need_done(status: int, problems: tuple[Problem, ...], doing: str) -> None:
    if 200 <= status < 300 and status != 204:
        raise Ambiguous(
            phrase(
                "%(doing)s: answered %(status)s with something that is not Salesforce's; it may have happened.",
                doing=doing,
                status=status,
            )
        )
    if status != 204:
        raise refused(status, problems, doing)


def _slices(places: Sequence[int], size: int) -> list[Sequence[int]]:
    return [places[start : start + size] for start in range(0, len(places), size)]

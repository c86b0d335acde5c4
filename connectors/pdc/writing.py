"""Writing: a proposal is never changed, it is given one more version, and a version is the whole of it.

So every write begins with a look, carries all that the newest version says, and is looked at again. The service knows
no "only if it is still as I saw it": when somebody else's version slipped in between, ours has undone theirs, and one
more version brings theirs back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.contract import (
    Ambiguous,
    ConnectorError,
    Draft,
    Edit,
    Invalid,
    Outcome,
    RateLimited,
    Raw,
    Record,
    Stale,
    Unavailable,
    Wanted,
)
from connectors.pdc import proposals, values
from connectors.pdc.form import EXTERNAL_ID, Form, split
from connectors.pdc.proposals import Proposal, Value, Version
from connectors.pdc.session import Session
from connectors.pdc.values import AMOUNT
from schemas.said import phrase

Body = dict[str, Any]
KEPT = 60.0
"""Seconds."""


class Writer:
    """``look`` reads one proposal, ``every`` all of the opportunity; ``may`` says whether one may be given a version."""

    def __init__(
        self,
        session: Session,
        wanted: Wanted,
        opportunity: int,
        source: int,
        form: Callable[[], Form],
        look: Callable[[str], Proposal],
        every: Callable[[], list[Proposal]],
        may: Callable[[Proposal], bool],
    ) -> None:
        self._session = session
        self._wanted = wanted
        self._opportunity = opportunity
        self._source = source
        self._form = form
        self._look = look
        self._every = every
        self._may = may
        self._known: tuple[float, dict[str, list[int]]] | None = None

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """External ids are not unique there, so what has this key is looked for before."""
        there = self._external_ids()
        outcomes = _in_turn(drafts, lambda draft: self._made(draft, there.get(draft.key, [])))
        for draft, outcome in zip(drafts, outcomes, strict=True):
            if outcome.id:
                there[draft.key] = [int(outcome.id)]
        if any(outcome.error for outcome in outcomes):
            self._known = None  # nobody knows what came of it
        return outcomes

    def _external_ids(self) -> dict[str, list[int]]:
        """Numbers of proposals by external id. The list is long and cannot be searched, so it is kept for a minute of
        writing; only this hub gives out these ids, and one worker at a time."""
        now = self._session.moment()
        if self._known is None or now - self._known[0] > KEPT:
            found: dict[str, list[int]] = {}
            for each in self._every():
                found.setdefault(each.external_id, []).append(each.id)
            self._known = now, found
        return self._known[1]

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return _in_turn(edits, self._edited)

    # --- one proposal

    def _made(self, draft: Draft, there: list[int]) -> Record:
        cells = {column: value for column, value in draft.fields.items() if column != EXTERNAL_ID}
        texts = spelt(cells, {}, self._form())
        if len(there) > 1:
            ids = ", ".join(map(str, sorted(there)))
            raise Invalid(
                phrase(
                    "Proposals %(ids)s share the external id %(key)s. None of them is used.",
                    ids=ids,
                    key=repr(draft.key),
                ),
                [EXTERNAL_ID],
            )
        if not there:
            found = self._session.post(
                "/proposals",
                phrase("Adding a proposal to opportunity %(opportunity)s", opportunity=self._opportunity),
                {"opportunityId": self._opportunity, "externalId": draft.key},
            )
            if not isinstance(found.get("id"), int) or found.get("externalId") != draft.key:
                raise Ambiguous(phrase("The service's answer to a new proposal is about something else."))
            return self._given(proposals.Proposal(found["id"], self._opportunity, draft.key, "", {}), texts)
        one = self._look(str(there[0]))
        if one.newest is None:  # made before, and its first version never arrived
            return self._given(one, texts)
        if not self._may(one):
            raise Invalid(_foreign(one))
        return self._given(one, spelt(cells, _now(one, cells), self._form()))

    def _edited(self, edit: Edit) -> Record:
        if EXTERNAL_ID in edit.fields:
            raise Invalid(
                phrase("The external id of a proposal is set when it is made and cannot be changed."), [EXTERNAL_ID]
            )
        found = self._look(edit.id)
        newest = found.newest
        if newest is None or (edit.expected.version and edit.expected.version != str(newest.number)):
            raise Stale(phrase("Proposal %(id)s was given another version meanwhile.", id=edit.id))
        if not self._may(found):
            raise Invalid(_foreign(found))
        return self._given(found, spelt(edit.fields, _now(found, edit.fields), self._form()))

    def _given(self, found: Proposal, texts: Mapping[str, str | None]) -> Record:
        """The proposal with one more version that says so, as read back."""
        before = found.newest
        number = self._post(found.id, merged(before, texts, self._form()))
        now = self._read_back(found.id, number)
        between = [v for n, v in now.versions.items() if (before.number if before else 0) < n < number]
        if between:
            theirs = _changed(before, max(between, key=lambda version: version.number))
            kept = {code: text for code, text in theirs.items() if code not in texts}
            number = self._post(found.id, merged(now.versions[number], kept, self._form()))
            now = self._read_back(found.id, number)
        written = now.versions[number]
        bad = [value.code for value in written.values if not value.valid and value.code in texts]
        if bad:
            self._take_back(found.id, written, before, bad)
        if now.newest != written:
            raise Ambiguous(
                phrase(
                    "Proposal %(id)s was given another version in the same moment. It is looked at again.", id=found.id
                )
            )
        record = proposals.record(now, self._wanted.fields)
        assert record is not None
        return record

    def _post(self, id: int, version: tuple[int, list[Body]]) -> int:
        """The number of the new version."""
        form, answers = version
        body = {"proposalId": id, "sourceId": self._source, "applicationFormId": form, "fieldValues": answers}
        found = self._session.post("/proposalVersions", phrase("Giving proposal %(id)s a version", id=id), body)
        if found.get("proposalId") != id or not isinstance(found.get("version"), int):
            raise Ambiguous(
                phrase("The service's answer to a version of proposal %(id)s is about something else.", id=id)
            )
        return int(found["version"])

    def _read_back(self, id: int, number: int) -> Proposal:
        try:
            now = self._look(str(id))
        except ConnectorError as error:
            told = phrase(
                "Proposal %(id)s was given a version that could not be read back: %(error)s", id=id, error=error
            )
            raise Ambiguous(told, _wait(error)) from None
        if number not in now.versions:
            raise Ambiguous(
                phrase("Proposal %(id)s does not show the version that it was given. It is looked at again.", id=id)
            )
        return now

    def _take_back(self, id: int, written: Version, before: Version | None, bad: list[str]) -> None:
        """A value that the service keeps but calls not valid would be seen by nobody. The version is taken back."""
        try:
            if before is not None:
                self._post(id, (before.form, [_body(value) for value in before.values]))
            else:
                self._post(id, (written.form, [_body(value) for value in written.values if value.code not in bad]))
        except ConnectorError as error:
            told = phrase(
                "Proposal %(id)s has values that are not valid, and could not be set right: %(error)s",
                id=id,
                error=error,
            )
            raise Ambiguous(told, _wait(error)) from None
        raise Invalid(
            phrase(
                "The service calls %(bad)s of proposal %(id)s not valid, so nobody would see it. It was taken "
                "back: see which data type the base field has.",
                bad=", ".join(bad),
                id=id,
            ),
            bad,
        )


def spelt(cells: Raw, now: Mapping[str, Any], form: Form) -> dict[str, str | None]:
    """Texts by short code, None to leave one out. An amount or a currency alone is joined with what stands there.
    ``Invalid`` where a field is not in the form or the value never fits."""
    codes = dict.fromkeys(split(column)[0] for column in cells)
    texts: dict[str, str | None] = {}
    for code in codes:
        field = form.fields.get(code)
        if field is None:
            raise Invalid(
                phrase(
                    "Application form %(id)s has no field for %(code)s. Add it, or take it out of the mapping.",
                    id=form.id,
                    code=repr(code),
                ),
                [code],
            )
        try:
            if field.type == "currency":
                amount, currency = (cells.get(code + part, now.get(code + part)) for part in (AMOUNT, values.CURRENCY))
                texts[code] = values.spelt_money(amount, None if amount is None else currency)
            else:
                texts[code] = values.spelt(cells[code], field.type)
        except ValueError as reason:
            raise Invalid(
                phrase("%(column)s: %(error)s", column=repr(code), error=reason),
                [column for column in cells if split(column)[0] == code],
            ) from None
    return texts


def merged(before: Version | None, texts: Mapping[str, str | None], form: Form) -> tuple[int, list[Body]]:
    """The form and all answers of the next version: those of the last, with these put in, taken out or added. It is
    written on the form of the last version where that has the fields, so that no answer is left without its question."""
    if before is None:
        return form.id, [_answer(form.fields[code].id, text) for code, text in texts.items() if text is not None]
    known = {value.code: value.field for value in before.values}
    new = [code for code, text in texts.items() if text is not None and code not in known]
    if before.form != form.id and new:
        lost = [value.code for value in before.values if value.code not in form.fields]
        if lost:
            raise Invalid(
                phrase(
                    "The proposal answers %(lost)s, for which application form %(id)s has no field: a version on "
                    "that form would lose it. Add the fields to the form.",
                    lost=", ".join(lost),
                    id=form.id,
                )
            )
        moved = [_body(value) | {"applicationFormFieldId": form.fields[value.code].id} for value in before.values]
        return form.id, _put(list(zip(before.values, moved, strict=True)), texts, form)
    return before.form, _put([(value, _body(value)) for value in before.values], texts, form)


def _put(answers: list[tuple[Value, Body]], texts: Mapping[str, str | None], form: Form) -> list[Body]:
    first: dict[str, Value] = {}
    for value, _ in sorted(answers, key=lambda pair: pair[0].position):
        first.setdefault(value.code, value)
    found = []
    for value, body in answers:
        if value.code in texts and value is first[value.code]:
            text = texts[value.code]
            if text is not None:
                found.append(body | {"value": text, "goodAsOf": None if text != value.text else value.good_as_of})
        else:
            found.append(body)
    new = {code: text for code, text in texts.items() if code not in first and text is not None}
    return found + [_answer(form.fields[code].id, text) for code, text in new.items()]


def _answer(field: int, text: str) -> Body:
    return {"applicationFormFieldId": field, "position": 1, "value": text, "goodAsOf": None}


def _body(value: Value) -> Body:
    return {
        "applicationFormFieldId": value.field,
        "position": value.position,
        "value": value.text,
        "goodAsOf": value.good_as_of,
    }


def _changed(before: Version | None, after: Version) -> dict[str, str | None]:
    """First answers that differ, by short code."""
    codes = {value.code for version in (before, after) if version for value in version.values}
    found = {code: (before.first(code) if before else None, after.first(code)) for code in codes}
    return {
        code: new.text if new else None
        for code, (old, new) in found.items()
        if (old.text if old else None) != (new.text if new else None)
    }


def _now(found: Proposal, cells: Raw) -> Raw:
    """What stands in both columns of every amount that is touched."""
    codes = dict.fromkeys(split(column)[0] for column in cells)
    parts = [code + part for code in codes for part in (AMOUNT, values.CURRENCY)]
    return proposals.fields(found.newest, parts) if found.newest else {}


def _foreign(found: Proposal) -> str:
    return phrase(
        "Proposal %(id)s was made by somebody else. A version replaces the whole, and what this client "
        'may not see of it would be lost: set versions_of = "all" only where it sees everything.',
        id=found.id,
    )


def _wait(error: ConnectorError) -> float:
    return error.wait if isinstance(error, RateLimited) else 0.0


def _in_turn(items: Sequence[Any], act: Callable[[Any], Record]) -> list[Outcome]:
    """One after another, as the service wants it. After an error that is not about the content the rest is not sent."""
    outcomes: list[Outcome] = []
    stopped: ConnectorError | None = None
    for item in items:
        if stopped is not None:
            outcomes.append(Outcome(error=stopped))
            continue
        try:
            record = act(item)
            outcomes.append(Outcome(record.id, record))
        except (Invalid, Stale) as error:
            outcomes.append(Outcome(error=error))
        except ConnectorError as error:
            outcomes.append(Outcome(error=error))
            said = isinstance(error, Ambiguous)
            stopped = (
                Unavailable(phrase("Not sent, because of what came before: %(error)s", error=error)) if said else error
            )
    return outcomes

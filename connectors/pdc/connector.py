"""The connector: proposals to one opportunity, each known by its number, each saying what its newest version says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
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
    Forbidden,
    Gone,
    Invalid,
    Outcome,
    Page,
    Record,
    Secret,
    Settings,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.pdc import check, form, proposals, values
from connectors.pdc.form import EXTERNAL_ID, Form, split
from connectors.pdc.lists import COUNT, whole
from connectors.pdc.proposals import Proposal
from connectors.pdc.session import Session
from connectors.pdc.writing import Writer
from connectors.transport import Transport
from schemas.said import phrase


def open_proposals(settings: Settings, wanted: Wanted, transport: Transport) -> Proposals:
    """``Invalid`` when an option is missing or cannot be; nothing is called yet."""
    for name in ("url", "token_url", "client_id", "client_secret", "opportunity"):
        if not settings.get(name):
            raise Invalid(
                phrase(
                    "Connection %(connection)s lacks the option %(name)s.",
                    connection=repr(settings.connection),
                    name=repr(name),
                ),
                (name,),
            )
    if wanted.key not in (None, EXTERNAL_ID):
        raise Invalid(
            phrase(
                "A proposal has one column for a key, %(column)s; the mapping names %(key)s.",
                column=EXTERNAL_ID,
                key=repr(wanted.key),
            ),
            ("key",),
        )
    secret = settings.get("client_secret")
    session = Session(
        transport,
        str(settings.get("url")),
        str(settings.get("token_url")),
        str(settings.get("client_id")),
        secret if isinstance(secret, Secret) else Secret(str(secret)),
    )
    return Proposals(session, wanted, settings)


class Proposals(Connector):
    """See ``contract.Connector``."""

    def __init__(self, session: Session, wanted: Wanted, settings: Settings) -> None:
        self._session = session
        self._wanted = wanted
        self._opportunity = _number(settings, "opportunity") or 0
        self._form_id, self._source = _number(settings, "form"), _number(settings, "source")
        self._funder = str(settings.get("funder") or "")
        self._all = settings.get("versions_of", "own") == "all"
        self._types = form.Types(session)
        self._form: Form | None = None
        self._writer = Writer(
            session,
            wanted,
            self._opportunity,
            self._source or 0,
            self._form_now,
            self._look,
            self._every,
            lambda found: self._all or found.made_by == session.who(),
        )
        self.capabilities = Capabilities(
            writes=self._source is not None,
            feed="full_scan",
            tombstones="none",
            guard="none",
            upsert=wanted.key is not None,
            key="text" if wanted.key else "none",
            page=COUNT,
            batch=1,  # one call after another, as the service wants it
            rates=session.rates,
            normalises=(phrase("amounts have at least two decimals"),),
        )

    # --- looking

    def check(self) -> list[Check]:
        return check.run(self._session, self._wanted, self._opportunity, self._source, self._form_anew)

    def describe(self) -> list[Field]:
        return form.columns(self._form_anew())

    # --- reading

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """Every proposal, unless nothing changed since: the service says of no change when it was. Half-made ones, without
        a version, are not shown."""
        found = self._every()
        state = self._state(found)
        if since == state:
            yield Page(cursor=state)
            return
        read = [record for each in found if (record := proposals.record(each, self._wanted.fields))]
        for start in range(0, max(len(read), 1), COUNT):
            last = start + COUNT >= len(read)
            # Never called complete: a right that was taken away looks like a list that is shorter.
            yield Page(tuple(read[start : start + COUNT]), cursor=state if last else None)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        found: dict[str, Record | Gone | Unseen] = {}
        for id in ids:
            try:
                one = self._look(id)
                seen = proposals.record(one, self._wanted.fields)
                found[id] = seen or Unseen(id, phrase("The proposal has no version yet."))
            except Forbidden as error:
                found[id] = Unseen(id, str(error))
        return found

    def find(self, key: str) -> list[Record]:
        """The service cannot search by external id: it ignores the wish and lists everything."""
        if self._wanted.key is None:
            return []
        there = [each for each in self._every() if each.external_id == key]
        return [record for each in there if (record := proposals.record(each, self._wanted.fields))]

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        """Proposals only; there is no other object that one could point at."""
        if object != self._wanted.object:
            return super().lookup(object, equals, columns)
        every = [
            r for each in self._every() if (r := proposals.record(each, tuple(dict.fromkeys((*columns, *equals)))))
        ]
        found = [r for r in every if all(str(r.fields.get(c)) == value for c, value in equals.items())]
        return [Record(r.id, {c: r.fields.get(c) for c in columns}) for r in found]

    # --- writing

    def refuses(self, column: str, value: Any) -> str | None:
        code, part = split(column)
        try:
            field = self._form_now().fields.get(code)
            if field is None or part:
                return None
            values.spelt(value, field.type)
        except ConnectorError:
            return None  # whoever reads or writes says what is wrong
        except ValueError as reason:
            return str(reason)
        return None

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return self._writer.create(drafts) if self._may_write() else self._readonly(len(drafts))

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return self._writer.update(edits) if self._may_write() else self._readonly(len(edits))

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        error = Invalid(phrase("The Philanthropy Data Commons keeps every proposal: none can be deleted."))
        return [Outcome(error=error) for _ in ids]

    # --- how

    def _may_write(self) -> bool:
        return self.capabilities.writes

    def _readonly(self, count: int) -> list[Outcome]:
        error = Invalid(
            phrase("Nothing is written without the option source: the number of a source that this client may name.")
        )
        return [Outcome(error=error) for _ in range(count)]

    def _every(self) -> list[Proposal]:
        of = {"funder": self._funder} if self._funder else {}
        every = whole(self._session, "/proposals", phrase("Listing the proposals"), of)
        found = [proposals.proposal(each, self._types) for each in every]
        return [each for each in found if each.opportunity == self._opportunity]

    def _look(self, id: str) -> Proposal:
        place = phrase("Reading proposal %(id)s", id=id)
        if not id.isdecimal():
            raise Forbidden(phrase("%(place)s: the number of a proposal has digits only.", place=place))
        found = proposals.proposal(self._session.get(f"/proposals/{id}", place), self._types)
        if str(found.id) != id:
            raise Unavailable(phrase("%(place)s: the service's answer is about another one.", place=place))
        if found.opportunity != self._opportunity:
            raise Forbidden(
                phrase(
                    "%(place)s: it belongs to another opportunity than %(opportunity)s.",
                    place=place,
                    opportunity=self._opportunity,
                )
            )
        return found

    def _form_now(self) -> Form:
        return self._form or self._form_anew()

    def _form_anew(self) -> Form:
        self._form = form.form(self._session, self._opportunity, self._form_id, self._types)
        return self._form

    def _state(self, found: Sequence[Proposal]) -> str:
        newest = sorted((each.id, each.newest.number if each.newest else 0) for each in found)
        shown = [proposals.record(each, self._wanted.fields) for each in sorted(found, key=lambda each: each.id)]
        return hashlib.sha256(repr((newest, self._wanted.fields, shown)).encode()).hexdigest()


def _number(settings: Settings, name: str) -> int | None:
    given = settings.get(name)
    if given in (None, ""):
        return None
    if isinstance(given, bool) or not str(given).isdecimal():
        raise Invalid(
            phrase(
                "The option %(name)s is %(given)s. It is a number, as the service gives it.",
                name=name,
                given=repr(given),
            ),
            (name,),
        )
    return int(str(given))

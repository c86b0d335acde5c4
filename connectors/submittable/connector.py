"""The connector: submissions of one organisation, their commons fields in an internal form."""

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
    Secret,
    Settings,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.submittable import check, looking, projects, state, writing
from connectors.submittable import entries as filled
from connectors.submittable.api import SIZE, URL, Api
from connectors.submittable.columns import INITIAL, ROW, chosen
from connectors.submittable.feed import Feed
from connectors.submittable.forms import Form
from connectors.submittable.place import Place, place
from connectors.submittable.reading import Reader, forms
from connectors.submittable.values import FormField
from connectors.submittable.writing import Writer
from connectors.transport import Transport
from schemas.said import phrase

OBJECT = "submissions"
BATCH = 10
"""Writes are two calls each: ten take some seconds, well within a lease."""


def open_submissions(settings: Settings, wanted: Wanted, transport: Transport) -> Submittable:
    """``Invalid`` names the option or the object that cannot be used."""
    key, key_as = settings.get("key"), settings.get("key_as", "username")
    if not isinstance(key, Secret):
        raise Invalid(phrase("The option key is missing: the API key, by reference (env: or file:)."))
    if key_as not in ("username", "password"):
        raise Invalid(phrase('The option key_as is "username" or "password", not %(key_as)s.', key_as=repr(key_as)))
    if wanted.object != OBJECT:
        raise Invalid(
            phrase(
                "The mapping's object is %(object)s; here it can only be %(only)s.",
                object=repr(wanted.object),
                only=repr(OBJECT),
            )
        )
    if wanted.references:
        raise Invalid(
            phrase(
                "No column of a submission can point at a record: %(references)s.",
                references=", ".join(wanted.references),
            )
        )
    api = Api(transport, str(settings.get("url", URL)), key, key_as)
    return Submittable(api, place(settings), wanted, key)


class Submittable(Connector):
    """Holds the forms, once read, as long as it lives."""

    def __init__(self, api: Api, where: Place, wanted: Wanted, key: Secret) -> None:
        self._api = api
        self._place = where
        self._columns = chosen(wanted)
        self._reader: Reader | None = None
        watched = [where.internal_form] if self._columns.internal else []
        if self._columns.initial and where.initial_form:
            watched.append(where.initial_form)
        digest = self._columns.digest(key.reveal(), *watched, *where.projects)
        self._feed = Feed(
            api, where, self._columns, tuple(dict.fromkeys(watched)), key.reveal().encode(), digest, self._known
        )
        self.capabilities = Capabilities(
            feed="token",
            tombstones="none",
            guard="second",
            key="text" if wanted.key else "none",
            find_lag=where.lag,
            page=SIZE,
            batch=BATCH,
            rates=api.rates,
            normalises=(phrase("blank answers and choices without an option become absent"),),
        )

    # --- looking

    def check(self) -> list[Check]:
        return check.run(self._api, self._place, self._columns)

    def describe(self) -> list[Field]:
        self._reader = None
        known = self._known().forms
        described = [Field(name, "part of the submission", writable=False) for name in ROW]
        described += _fields(known.internal, "", lambda field: field.writable)
        if known.initial is not None:
            described += _fields(known.initial, INITIAL, lambda field: field.writable and self._place.edit_answers)
        return described

    # --- reading

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        if since is None:
            return self._feed.everything()
        return self._feed.since(state.state(since, self._feed.of, 1 + len(self._feed.watched)))

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        found: dict[str, Record | Gone | Unseen] = {
            id: Unseen(
                id, phrase("Submittable does not show it: deleted, another project's, or out of this key's sight.")
            )
            for id in ids
        }
        looked = looking.look(self._api, self._known(), list(found))
        return found | {id: each.record for id, each in looked.found.items()}

    def find(self, key: str) -> list[Record]:
        column = self._columns.key
        if column is None:
            return []
        known = self._known()
        ids = self._holding(known.forms.internal, known.forms.internal.field(column), {key})
        looked = looking.look(self._api, known, ids)
        if looked.withheld:  # it may be the very one, and "not there" leads to a second one
            raise Unavailable(
                phrase("Submittable shows submission %(withheld)s and not its answers.", withheld=looked.withheld[0])
            )
        return [each.record for each in looked.found.values() if each.record.fields.get(column) == key]

    # --- writing

    def refuses(self, column: str, value: Any) -> str | None:
        return writing.refuses(self._reader, column, value) if self._reader else None

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """A submission that was made and whose commons form was not filled in any more is finished, not made again."""
        begun = self._begun([draft.key for draft in drafts]) if self._place.imports else {}
        return self._each(drafts, lambda writer, draft: writer.create(draft, begun.get(draft.key)))

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        def change(writer: Writer, edit: Edit) -> str:
            writer.update(edit)
            return edit.id

        return self._each(edits, change)

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        def remove(writer: Writer, id: str) -> str:
            writer.delete(id)
            return id

        return self._each(ids, remove)

    # --- how

    def _known(self) -> Reader:
        if self._reader is None:
            arrival = projects.project(self._api, self._place.project).initial_form if self._place.project else None
            known = forms(self._api, self._place, arrival)
            self._reader = Reader(self._place, self._columns, known)
        return self._reader

    def _holding(self, form: Form, field: FormField | None, keys: set[str]) -> list[str]:
        """Ids of the submissions whose entry of this form may say one of these keys: what is open has to be looked at."""
        ids: dict[str, None] = {}
        shown: set[str] = set()
        if field is None:
            return []
        for page in filled.listed(self._api, form.id):
            shown |= {entry.submission for entry in page}
            ids |= {e.submission: None for e in page if e.cells.get(field.id, {}).get("value") in keys}
        return [*ids, *(filled.known(self._api, form.id).keys() - shown)]

    def _begun(self, keys: Sequence[str]) -> dict[str, str]:
        """Key to submission id, for submissions that were made for one of these keys and never finished."""
        forms = self._known().forms
        field = forms.shared.get(self._columns.key or "")
        found: dict[str, str] = {}
        for id in self._holding(forms.arrival, field, set(keys)) if forms.arrival else ():
            entries = filled.of_submission(self._api, id) or []
            arrived = filled.of_form(entries, forms.arrival.id if forms.arrival else None)
            key = arrived.cells.get(field.id, {}).get("value") if arrived and field else None
            if isinstance(key, str) and key in keys and filled.of_form(entries, forms.internal.id) is None:
                found.setdefault(key, id)
        return found

    def _each(self, items: Sequence[Any], do: Callable[[Writer, Any], str]) -> list[Outcome]:
        """One outcome an item. After an error that is not about the item the rest is not sent: it would meet the same."""
        writer = Writer(self._api, self._known())
        outcomes: list[Outcome] = []
        for item in items:
            try:
                outcomes.append(Outcome(id=do(writer, item)))
            except ConnectorError as error:
                outcomes.append(Outcome(error=error))
                rest = writing.stopped(error)
                if rest is not None:
                    return outcomes + [Outcome(error=rest)] * (len(items) - len(outcomes))
        return outcomes


def _fields(form: Form, before: str, writable: Callable[[Any], bool]) -> list[Field]:
    return [
        Field(f"{before}{name}", field.type, writable(field), field.required, choices=tuple(field.options.values()))
        for name, field in form.names().items()
        if field.readable
    ]

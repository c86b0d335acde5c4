"""Writing single cells into rows that may move at any moment.

There is no version and no lock. So each row is found by its id just before the write and compared with what was
expected, and only the cells that changed are sent. What came of it is looked at afterwards (``settling``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import (
    Ambiguous,
    ConnectorError,
    Draft,
    Edit,
    Invalid,
    Outcome,
    RateLimited,
    Record,
    Stale,
    Unavailable,
    Wanted,
)
from connectors.google_sheets import ranges, values
from connectors.google_sheets.api import FORMULA, PAYLOAD, Api
from connectors.google_sheets.settling import Settling, Step, Target, cells_of, holds
from connectors.google_sheets.table import Look, Row, stands
from connectors.transport import dump
from schemas.said import enumerated, phrase, together


def shared(id: str, look: Look, rows: Sequence[Row], column: str = "") -> str:
    *most, last = [look.place.row(row.number) for row in rows]
    return phrase(
        "%(most)s and %(last)s share %(column)s %(id)s. Give each row its own; none of them is used.",
        most=enumerated(most),
        last=last,
        column=column or look.id,
        id=repr(id),
    )


class Writer:
    """``look`` shows the tab as it stands, ``anew`` with its header read again; ``record`` makes a record of a row."""

    def __init__(
        self,
        api: Api,
        look: Callable[[], Look],
        anew: Callable[[], Look],
        wanted: Wanted,
        record: Callable[[Look, Row], Record],
    ) -> None:
        self._api = api
        self._look = look
        self._anew = anew
        self._wanted = wanted
        self._record = record

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        look = self._look()
        return self._apply(look, [self._edited(look, edit) for edit in edits])

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """A row that has the key already is changed instead."""
        look = self._look()
        return self._apply(look, [self._drafted(look, draft) for draft in drafts])

    # --- which row

    def _edited(self, look: Look, edit: Edit) -> Step:
        rows = look.ids.get(edit.id, ())
        if not rows:
            return Stale(
                phrase(
                    "Tab %(tab)s has no row with %(column)s %(id)s any more.",
                    tab=repr(look.place.tab),
                    column=look.id,
                    id=repr(edit.id),
                )
            )
        if len(rows) > 1:
            return Invalid(shared(edit.id, look, rows), [look.id])
        (row,) = rows
        if row.error:
            return Invalid(phrase("%(place)s: %(error)s", place=look.place.row(row.number), error=row.error))
        moved = [c for c, v in edit.expected.fields.items() if row.cells.get(c) != v]
        if moved:
            return Stale(
                phrase(
                    "%(row)s: %(moved)s was changed meanwhile.", row=look.place.row(row.number), moved=repr(moved[0])
                )
            )
        return _held(Target(edit.id, edit.fields, row))

    def _drafted(self, look: Look, draft: Draft) -> Step:
        key = self._wanted.key
        rows = look.having(key).get(draft.key, []) if key else []
        if len(rows) > 1:
            return Invalid(shared(draft.key, look, rows, key or ""), [key or ""])
        if rows:
            id = values.text(rows[0].cells.get(look.id))
            if len(look.ids.get(id, ())) != 1:
                return Invalid(
                    phrase(
                        "%(row)s has no %(id)s of its own. Give it one.",
                        row=look.place.row(rows[0].number),
                        id=repr(look.id),
                    ),
                    [look.id],
                )
            return _held(Target(id, draft.fields, rows[0]))
        if draft.key in look.ids:
            return Invalid(
                phrase(
                    "%(row)s has the %(id)s %(key)s already.",
                    row=look.place.row(look.ids[draft.key][0].number),
                    id=look.id,
                    key=repr(draft.key),
                )
            )
        own = {} if look.id == key else {look.id: draft.key}
        return _held(Target(draft.key, own | dict(draft.fields), None))

    # --- how it gets there

    def _apply(self, look: Look, steps: list[Step]) -> list[Outcome]:
        wishes = [step for step in steps if isinstance(step, Target)]
        if wishes:
            look = self._with_columns(look, {name: None for wish in wishes for name in wish.fields})
        steps = self._without_formulas(look, steps)
        errors: dict[int, ConnectorError] = {at: s for at, s in enumerate(steps) if isinstance(s, ConnectorError)}
        changed = [(at, s) for at, s in enumerate(steps) if isinstance(s, Target) and s.row is not None]
        added = [(at, s) for at, s in enumerate(steps) if isinstance(s, Target) and s.row is None]
        errors |= self._sent(changed, lambda part: self._put(look, part))
        errors |= self._sent(added, lambda part: self._add(look, part))
        written = {at: s for at, s in enumerate(steps) if isinstance(s, Target) and at not in errors}
        after, words = Settling(self._api, self._look, look).settle(list(written.values())) if written else (look, "")
        return [
            Outcome(error=errors[at]) if at in errors else self._outcome(after, written[at], words)
            for at in range(len(steps))
        ]

    def _with_columns(self, look: Look, names: Mapping[str, None]) -> Look:
        """The header with the wanted columns that it lacked, to the right of the others."""
        missing = [name for name in names if name not in look.header.columns]
        if missing:
            look = self._anew()
            missing = [name for name in names if name not in look.header.columns]
        if not missing:
            return look
        first, top, tab = look.header.last + 1, look.place.top, look.place.tab
        last = first + len(missing) - 1
        try:
            room = not any(self._api.columns(tab, [(first, last)], 1, FORMULA).values())
        except Invalid:
            room = False  # the tab ends before
        if not room:
            raise Invalid(
                phrase(
                    "Tab %(tab)s lacks the columns %(missing)s, and what stands right of the named columns leaves no "
                    "room for them. Add them to row %(top)s yourself.",
                    tab=repr(tab),
                    missing=", ".join(map(repr, missing)),
                    top=top,
                ),
                missing,
            )
        self._api.put([(ranges.cell(tab, first + at, top), name) for at, name in enumerate(missing)])
        return self._anew()

    def _without_formulas(self, look: Look, steps: list[Step]) -> list[Step]:
        """The rows once more, with formulas in sight: one that moved waits, and no formula is written over. A text that
        looks like a formula is one that the values show in the same way."""
        targets = [step for step in steps if isinstance(step, Target) and step.row is not None]
        if not targets:
            return steps
        names = dict.fromkeys((look.id, *(name for target in targets for name in target.fields)))
        numbers = {name: look.header.columns[name] for name in names}
        tab, top = look.place.tab, look.place.top
        cells = self._api.columns(tab, ranges.spans(list(numbers.values())), top, FORMULA)
        stands(look.place, numbers, cells)
        return [self._hindered(look, step, numbers, cells) if isinstance(step, Target) else step for step in steps]

    def _hindered(self, look: Look, target: Target, numbers: Mapping[str, int], cells: Mapping[int, list[Any]]) -> Step:
        if target.row is None:
            return target

        def shown(name: str) -> Any:
            column, at = cells[numbers[name]], target.row.number - look.place.top  # type: ignore[union-attr]
            return column[at] if at < len(column) else ""

        place = look.place.row(target.row.number)
        id = shown(look.id)
        formula = isinstance(id, str) and id.startswith("=") and id != target.id
        if not formula and values.text(values.read(id)) != target.id:
            return Stale(
                phrase("%(place)s is another row now: somebody moved rows. The next sync tries again.", place=place)
            )
        for name in target.fields:
            value = shown(name)
            if isinstance(value, str) and value.startswith("=") and value != target.row.cells.get(name):
                return Invalid(
                    phrase(
                        '%(place)s: %(name)s holds a formula. Map it with way = "in", or clear the cell.',
                        place=place,
                        name=repr(name),
                    ),
                    [name],
                )
        return target

    def _sent(self, steps: list[tuple[int, Target]], send: Callable[[list[Target]], None]) -> dict[int, ConnectorError]:
        """What could not be written, by position. Google refuses a whole call for the fault of one: then they go one by one."""
        errors: dict[int, ConnectorError] = {}
        stopped: ConnectorError | None = None
        for part in _payloads(steps):
            positions = [at for at, _ in part]
            if stopped is not None:
                errors |= dict.fromkeys(positions, stopped)
                continue
            try:
                send([target for _, target in part])
            except Invalid as error:
                if len(part) == 1:
                    errors[positions[0]] = error
                else:
                    for one in part:
                        errors |= self._sent([one], send)
            except ConnectorError as error:
                errors |= dict.fromkeys(positions, error)
                said = isinstance(error, Ambiguous)
                stopped = (
                    Unavailable(phrase("Not sent, because of what came before: %(error)s", error=error))
                    if said
                    else error
                )
        return errors

    def _put(self, look: Look, targets: list[Target]) -> None:
        self._api.put([cell for target in targets for cell in cells_of(look, target)])

    def _add(self, look: Look, targets: list[Target]) -> None:
        first, last = look.header.first, look.header.last
        rows: list[list[Any]] = []
        for target in targets:
            row: list[Any] = [None] * (last - first + 1)
            for name, value in target.fields.items():
                row[look.header.columns[name] - first] = None if value is None else values.sent(value)
            rows.append(row)
        got = self._api.append(look.place.tab, (look.place.top, first, last), rows)
        begins = ranges.start(got)
        if begins is None:
            raise Ambiguous(phrase("Google's answer does not say where the new rows are."))
        if begins[0] != first:
            self._api.clear(got)
            raise Invalid(
                phrase(
                    "Google put the new rows of tab %(tab)s at %(got)s, beside their columns; they were cleared "
                    "again. Let the title rows and the header begin in the same column.",
                    tab=repr(look.place.tab),
                    got=got,
                )
            )

    def _outcome(self, after: Look | ConnectorError, target: Target, unknown: str) -> Outcome:
        if isinstance(after, ConnectorError):
            told: str = together(
                [phrase("It was written, and could not be looked at afterwards: %(error)s", error=after), unknown]
            )
            return Outcome(error=Ambiguous(told, after.wait if isinstance(after, RateLimited) else 0.0))
        if unknown or not holds(after, target):
            told = unknown or phrase(
                "%(id)s does not show what was written: somebody was at it in the same moment.", id=repr(target.id)
            )
            return Outcome(error=Ambiguous(together([told, phrase("The next sync looks first.")])))
        (row,) = after.ids[target.id]
        return Outcome(target.id, self._record(after, row))


def _held(target: Target) -> Step:
    for name, value in target.fields.items():
        reason = values.unheld(value)
        if reason:
            return Invalid(phrase("%(column)s: %(error)s", column=repr(name), error=reason), [name])
    return target


def _payloads(steps: Sequence[tuple[int, Target]]) -> Iterator[list[tuple[int, Target]]]:
    """Parts that each make a body of about ``PAYLOAD`` bytes at most."""
    part: list[tuple[int, Target]] = []
    size = 0
    for step in steps:
        bytes = len(dump(step[1].fields))
        if part and size + bytes > PAYLOAD:
            yield part
            part, size = [], 0
        part.append(step)
        size += bytes
    if part:
        yield part

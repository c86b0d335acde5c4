"""A mapping: one declaration of how records of one system and the commons translate, both ways.

``load`` reads a file and compiles it once; ``Mapping.read`` and ``Mapping.write`` then run closures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from mappings.compile import compiled
from mappings.fieldmap import FieldMap, Reference
from mappings.finding import Finding, MappingError
from mappings.lenses.lens import BLANK, Raw, Value, as_it_is
from mappings.lenses.money import Shared
from mappings.results import Problem, Reading, ReferenceWish, Writing
from mappings.source import Source
from mappings.source import read as read_source
from schemas.keepable import unkeepable
from schemas.said import phrase

__all__ = ["FieldMap", "Mapping", "MappingError", "Problem", "Reading", "ReferenceWish", "Writing", "load"]


Refuses = Callable[[str, Any], str | None]
"""Why a column can never hold a value; ``None`` when it may."""


_ALWAYS_KEPT = frozenset({type(None), bool, int, Decimal})


def _takes_all(column: str, value: Any) -> str | None:
    return None


@dataclass(frozen=True)
class Mapping:
    """A compiled mapping. ``digest`` is of the resolved content: two files that say the same have the same.

    ``columns`` is all to request, in a stable order; ``references``: column to (object, columns of the target);
    ``answers``: by ``take_up`` and ``not_for_us`` the tick of an inbox's row that says so.
    ``id``: the column that tells the rows of a sheet apart, where a sheet is all there is of a system.
    ``closed``: the field of the steward's record that says that the opportunity is over.
    ``suggest``: the tick that sends what a copy says otherwise to the steward, and the column with a ``word`` to go along.
    ``create``: constants for a new record, plain, ``{"user": "importer", "object": …, "match": …}``, or
    ``{"now": "date"}`` and ``{"now": "datetime"}`` for when it is created.
    """

    name: str
    system: str
    object: str
    kind: Literal["project", "call"]
    key: str | None
    id: str | None
    digest: str
    fields: tuple[FieldMap, ...]
    create: Dict[str, Any]
    columns: tuple[str, ...]
    references: Dict[str, tuple[str, tuple[str, ...]]]
    share: Dict[str, Any] | None
    withdrawn: Dict[str, Any] | None
    closed: Dict[str, Any] | None
    answers: Dict[str, Dict[str, Any]]
    suggest: Dict[str, Any] | None
    links: tuple[Reference, ...]
    currencies: tuple[Shared, ...]
    source: Source = field(repr=False, compare=False)

    @cached_property
    def _by_path(self) -> dict[str, FieldMap]:
        return {part.path: part for part in self.fields}

    @cached_property
    def two_way(self) -> tuple[str, ...]:
        """Paths that are read and written."""
        return tuple(part.path for part in self.fields if part.reads and part.writes)

    @cached_property
    def _shown(self) -> tuple[tuple[str, str | None, Any, FieldMap], ...]:
        """In the order of the file. A column is named where the text in it is the value as it is."""
        parts = [part for part in self.fields if part.reads or part.writes]
        return tuple((p.path, p.columns[0] if p.lens.as_it_is else None, p.lens.get, p) for p in parts)

    @cached_property
    def _written(self) -> tuple[FieldMap, ...]:
        return tuple(part for part in self.fields if part.writes)

    @cached_property
    def _seeded(self) -> tuple[FieldMap, ...]:
        referred = {link.column for link in self.links}
        return tuple(part for part in self.fields if part.seeds and part.columns[0] not in referred)

    @cached_property
    def _new(self) -> tuple[tuple[str, str, Callable[[Value, Any], Any] | None, Value, FieldMap], ...]:
        """Of each field its column and cell, and what it says in a record that is not there yet: blank, or what a blank
        tick stands for."""
        return tuple((p.path, p.columns[0], p.lens.cell, _said(p, {}), p) for p in self._seeded)

    @cached_property
    def _exactly(self) -> frozenset[str]:
        return frozenset(self.columns)

    @cached_property
    def _constants(self) -> Raw:
        return {column: value for column, value in self.create.items() if not isinstance(value, dict)}

    def way(self, path: str) -> FieldMap:
        """How a path goes. KeyError when the mapping does not have it."""
        return self._by_path[path]

    def reduce(self, fields: Raw) -> Raw:
        """Exactly the mapped columns; what the system left out is None."""
        if fields.keys() == self._exactly:
            return dict(fields)
        return {column: fields.get(column) for column in self.columns}

    def read(self, raw: Raw) -> Reading:
        """Translate a record. Never raises for what a record holds."""
        values: dict[str, Value] = {}
        problems: list[Problem] | None = None
        broken: dict[str, str] = {}
        for column, value in raw.items():
            if (value.__class__ is str and value.isascii() and "\0" not in value) or value.__class__ in _ALWAYS_KEPT:
                continue  # nearly all; the rest is looked at
            if why := unkeepable(value):
                broken[column] = why
        for path, text, get, part in self._shown:
            if text is not None and not broken:
                value = raw.get(text)
                if value.__class__ is str:
                    values[path] = value or None
                    continue
            try:
                if broken and not broken.keys().isdisjoint(part.columns):
                    raise ValueError(next(broken[column] for column in part.columns if column in broken))
                values[path] = get(raw)
            except ValueError as error:
                column = part.columns[0] if part.columns else ""
                problems = problems or []
                problems.append(Problem(path, column, raw.get(column), str(error)))
        return Reading(values, tuple(problems) if problems else ())

    def write(
        self, view: Dict[str, Value], original: Raw | None, *, creating: bool = False, refuses: Refuses = _takes_all
    ) -> Writing:
        """The columns that make a record say what ``view`` says, starting from what it says now.

        A path that ``view`` lacks counts as blank. A column that says it already, in whatever form, stays as it is;
        one that cannot be read is only overwritten by a value. ``refuses``: what the system itself cannot hold.
        """
        if creating and not original:
            return self._made(view, refuses)
        raw = dict(original or {})
        before = dict(raw)
        unholdable: dict[str, str] = {}
        turned = self._turned(view, before, self._seeded if creating else self._written, creating)
        barred = self._settled(view, raw, refuses) if turned else {}
        for part, value in turned:
            try:
                if barred and value not in BLANK:
                    _need_none(barred, part.columns)
                if value and (cell := part.lens.cell) is not None:
                    put = {(column := part.columns[0]): cell(value, raw.get(column))}
                else:
                    put = part.lens.put(value, raw)
                if refuses is not _takes_all:
                    _need_taken(put, before, refuses)
                raw.update(put)
            except ValueError as error:
                unholdable[part.path] = str(error)
        if not creating:
            return Writing({c: v for c, v in raw.items() if v != before.get(c)}, unholdable, {})
        changed = {c: v for c, v in raw.items() if v is not None and v != before.get(c)}
        return Writing(self._constants | changed, unholdable, self._wishes(view))

    def _made(self, view: Dict[str, Value], refuses: Refuses) -> Writing:
        """``write`` for a record that is not there yet: what the view says, column by column."""
        raw: Raw = {}
        unholdable: dict[str, str] = {}
        barred = self._settled(view, raw, refuses)
        careful = bool(barred) or refuses is not _takes_all
        for path, column, cell, empty, part in self._new:
            value = view.get(path)
            if value and cell is as_it_is and not careful:
                raw[column] = value
                continue
            if (not value and value in BLANK) or value == empty:
                continue
            try:
                if careful:
                    if barred:
                        _need_none(barred, part.columns)
                    put = part.lens.put(value, raw)
                    _need_taken(put, {}, refuses)
                    raw |= put
                elif value and cell is not None:
                    raw[column] = cell(value, raw.get(column))
                else:
                    raw |= part.lens.put(value, raw)
            except ValueError as error:
                unholdable[path] = str(error)
        if not all(raw.values()):
            raw = {column: value for column, value in raw.items() if value is not None}
        return Writing(self._constants | raw, unholdable, self._wishes(view) if self.links else {})

    def _wishes(self, view: Dict[str, Value]) -> dict[str, ReferenceWish]:
        return {link.column: wish for link in self.links for wish in [_wish(link, view)] if wish}

    def _settled(self, view: Dict[str, Value], raw: Raw, refuses: Refuses) -> dict[str, str]:
        """Put the currencies that the view's amounts need into ``raw``; which columns cannot hold theirs, and why."""
        barred: dict[str, str] = {}
        for group in self.currencies:
            currency = group.settle(view, raw)
            if currency is None:
                continue
            if why := refuses(group.of.column, currency):
                barred[group.of.column] = why
            else:
                raw[group.of.column] = currency
        return barred

    def _turned(
        self, view: Dict[str, Value], raw: Raw, parts: Sequence[FieldMap], creating: bool
    ) -> list[tuple[FieldMap, Value]]:
        """The fields whose column does not say what the view says, those to blank first."""
        blanked: list[tuple[FieldMap, Value]] = []
        filled: list[tuple[FieldMap, Value]] = []
        for part in parts:
            value = view.get(part.path)
            blank = value in BLANK
            try:
                now = part.lens.get(raw)
            except ValueError:
                if not blank:
                    filled.append((part, value))
                continue
            if now != value and not (blank and now in BLANK) and not (creating and blank):
                (blanked if blank else filled).append((part, value))
        return blanked + filled

    def audience(self, raw: Raw) -> str | None:
        """Who a record is shared with: ``None`` for nobody, ``all``, ``circle:x`` or ``member:y``."""
        if self.share is None:
            return None
        if self.share.get("always") is True:
            return "all"
        there = raw.get(self.share["field"])
        values = self.share.get("values")
        if values is not None:
            found: str | None = values.get(there) if isinstance(there, str) else None
            return found
        return "all" if _ticked(self.share, raw) else None

    def answer(self, raw: Raw) -> str | None:
        """What a person said to this row of an inbox: ``take_up``, ``not_for_us``, or nothing yet. Who ticked both
        wants it."""
        return next((name for name, tick in self.answers.items() if _ticked(tick, raw)), None)

    def suggests(self, raw: Raw) -> bool:
        """Whether this record's own people want its differences put before the steward."""
        return self.suggest is not None and _ticked(self.suggest, raw)

    def word(self, raw: Raw) -> str:
        """What they say along with it."""
        said = raw.get((self.suggest or {}).get("word", ""))
        return said.strip() if isinstance(said, str) else ""

    @property
    def audiences(self) -> tuple[str, ...]:
        """Whom the share field can name: ``all``, ``circle:x,y``, ``member:z``."""
        return tuple(self.share["values"].values()) if self.share and "values" in self.share else ()

    def withdrawn_columns(self) -> Raw:
        """What marks a record of this system as withdrawn from the commons; empty when nothing does."""
        return {self.withdrawn["field"]: self.withdrawn["value"]} if self.withdrawn else {}

    def is_closed(self, raw: Raw) -> bool:
        """Whether the record says that what it offers is over. It need not be ticked for sharing any more."""
        return self.closed is not None and _ticked(self.closed, raw)


def _said(part: FieldMap, raw: Raw) -> Value:
    """What a record says; something that is like no value where that cannot be read."""
    try:
        return part.lens.get(raw)
    except ValueError:
        return object()


def _ticked(tick: Dict[str, Any], raw: Raw) -> bool:
    """Whether the field says ``equals`` (yes, where nothing else is given), or one of several."""
    there, wanted = raw.get(tick["field"]), tick.get("equals", True)
    among = wanted if isinstance(wanted, list) else [wanted]
    return any(type(there) is type(one) and there == one for one in among)


def _need_none(barred: dict[str, str], columns: Sequence[str]) -> None:
    """ValueError where an amount stands beside a column that cannot name its currency."""
    for column in columns:
        if column in barred:
            raise ValueError(barred[column])


def _need_taken(put: Raw, before: Raw, refuses: Refuses) -> None:
    """ValueError where the system refuses what a column is to hold from now on."""
    for column, new in put.items():
        if new != before.get(column) and (why := refuses(column, new)):
            raise ValueError(why)


def _wish(link: Reference, view: Dict[str, Value]) -> ReferenceWish | None:
    target: Raw = {}
    for path, lens in link.parts:
        value = view.get(path)
        if value not in BLANK:
            target |= {c: v for c, v in lens.put(value, {}).items() if v not in BLANK}
    match = tuple((column, target[column]) for column in link.match if column in target)
    return ReferenceWish(link.object, match, target) if match else None


def load(name_or_path: str | Path, folders: Sequence[Path] = ()) -> Mapping:
    """A mapping by path, or by name from ``folders`` or among the shipped ones. MappingError lists all that is
    wrong with it as ``file:line: problem``."""
    source = read_source(name_or_path, folders)
    return of(source)


def of(source: Source) -> Mapping:
    """Compile what was read. MappingError as for ``load``."""
    parts = compiled(source)
    errors = [finding for finding in source.findings if finding.severity == "error"]
    if errors or parts is None:
        raise MappingError(errors or [Finding(1, "error", phrase("It is empty."), str(source.path))])
    return Mapping(source=source, **parts)

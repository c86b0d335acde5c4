"""The connector: files as a system that has no server, no versions, and rows that move when people sort."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.contract import (
    ABSENT,
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
    Refused,
    Settings,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.spreadsheet import checks
from connectors.spreadsheet.rewrite import digest, rewrite
from connectors.spreadsheet.sheet import Change, Options, Row, format_of
from schemas.said import phrase, together

PAGE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands right now; good for one look only."""

    file: Path
    number: int

    def __str__(self) -> str:
        return phrase("%(name)s, row %(number)s", name=self.file.name, number=self.number)


@dataclass(frozen=True, slots=True)
class Target:
    """A row to write, where it stands right now, and the id that it has or will have."""

    id: str
    file: Path
    change: Change


class Spreadsheet(Connector):
    """All files of one path. Rows are known by the ``id`` column, else by the key column, and located
    anew at every write."""

    def __init__(self, settings: Settings, wanted: Wanted) -> None:
        self.path = Path(str(settings.get("path")))
        self.wanted = wanted
        self.id = str(settings.get("id") or wanted.key or "")
        self.complete = bool(settings.get("complete", False))
        self.writable = bool(settings.get("writable", False))
        columns = frozenset(wanted.fields) | {self.id} | ({wanted.key} if wanted.key else frozenset())
        self.options = Options(
            encoding=str(settings.get("encoding") or "utf-8"),
            delimiter=str(settings.get("delimiter") or ","),
            sheet=str(settings.get("sheet") or ""),
            wanted=columns,
        )
        self._unheld: list[tuple[str, Callable[[Any, Options], str | None]]] | None = None
        self.capabilities = Capabilities(
            writes=self.writable,
            feed="full_scan",
            guard="none",
            upsert=bool(wanted.key),
            key="text" if wanted.key else "none",
            page=PAGE,
            batch=PAGE,
        )

    # --- reading ---

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """The whole of every file, unless no byte changed since. A file that is declared complete is
        always read: only a second look can tell that a row is gone."""
        files = self._files()
        state = self._state(files)
        if since == state and not self.complete:
            yield Page(cursor=state)
            return
        doubled = self._doubled(files)
        records: list[Record] = []
        refused: list[Refused] = []
        all_named = not doubled
        for item in self._rows(files, doubled):
            if isinstance(item, Record):
                records.append(item)
            else:
                refused.append(item)
                all_named = all_named and item.id is not None
            if len(records) + len(refused) >= PAGE:
                yield Page(tuple(records), refused=tuple(refused))
                records, refused = [], []
        if self._state(self._files()) != state:
            raise Unavailable(
                phrase("%(name)s was saved while it was read. The next sync reads it again.", name=self.path.name)
            )
        yield Page(tuple(records), refused=tuple(refused), cursor=state, complete=self.complete and all_named)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        """Gone only where the file holds everything and each of its rows says which one it is."""
        files = self._files()
        doubled = self._doubled(files)
        found: dict[str, Record | Gone | Unseen] = {}
        proves = self.complete and not doubled
        for item in self._rows(files, doubled):
            if isinstance(item, Record):
                found[item.id] = item
            elif item.id is None:
                proves = False
            else:
                found[item.id] = Unseen(item.id, item.reason)
        missing = {
            id: Gone(id) if proves else Unseen(id, phrase("No row of %(name)s has this id.", name=self.path.name))
            for id in ids
        }
        missing |= {id: Unseen(id, checks.shared(id, self.id, doubled[id])) for id in ids if id in doubled}
        return {id: found.get(id, missing[id]) for id in ids}

    def find(self, key: str) -> list[Record]:
        """Rows that share their id as well: somebody has to see that there are two."""
        rows = self._rows(self._files(), {})
        return [r for r in rows if isinstance(r, Record) and _text(r.fields.get(self.wanted.key or "")) == key]

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        """Rows of this file; there is no other object that a row could point at."""
        if object != self.wanted.object:
            return super().lookup(object, equals, columns)
        rows = [row for row in self._rows(self._files(), {}) if isinstance(row, Record)]
        found = [row for row in rows if all(_text(row.fields.get(c)) == value for c, value in equals.items())]
        return [Record(row.id, {c: row.fields.get(c) for c in columns}) for row in found]

    def _files(self) -> list[Path]:
        if not self.path.exists():
            raise Unavailable(
                phrase("%(path)s is not there. Check the option path, or that its drive is connected.", path=self.path)
            )
        if self.path.is_file():
            return [self.path]
        inside = sorted(
            p
            for p in self.path.iterdir()
            if p.suffix.lower() in (".csv", ".xlsx") and p.name[:1] not in "~." and p.is_file()
        )
        if not inside:
            raise Unavailable(phrase("%(path)s holds no .csv or .xlsx file. Put one there.", path=self.path))
        return inside

    def _state(self, files: Sequence[Path]) -> str:
        """What the next read would find and how it would read it."""
        how = (self.options.sheet, self.options.encoding, self.options.delimiter, self.id, sorted(self.options.wanted))
        state = hashlib.sha256(repr(how).encode())
        for file in files:
            state.update(file.name.encode() + b"\0" + digest(file))
        return state.hexdigest()

    def _doubled(self, files: Sequence[Path], column: str = "") -> dict[str, list[Place]]:
        """Ids (or values of another column) that stand in more than one row, with all their places. Nobody
        can say which row is meant."""
        column = column or self.id
        places: dict[str, list[Place]] = {}
        for file in files:
            with format_of(file).open(file, self._only({column})) as sheet:
                for row in sheet.rows:
                    places.setdefault(_text(row.cells.get(column)), []).append(Place(file, row.number))
        return {text: where for text, where in places.items() if text and len(where) > 1}

    def _only(self, columns: set[str]) -> Options:
        return Options(self.options.encoding, self.options.delimiter, self.options.sheet, frozenset(columns))

    def _rows(self, files: Sequence[Path], doubled: dict[str, list[Place]]) -> Iterator[Record | Refused]:
        for file in files:
            with format_of(file).open(file, self.options) as sheet:
                self._has_id(file, sheet.header)
                for row in sheet.rows:
                    place = Place(file, row.number)
                    id = _text(row.cells.get(self.id))
                    fields = {c: v for c, v in row.cells.items() if c in self.wanted.fields}
                    if not id:
                        yield Refused(
                            None,
                            str(place),
                            phrase("%(place)s: it has no %(id)s. Give it one.", place=place, id=repr(self.id)),
                            fields,
                        )
                    elif id in doubled:
                        yield Refused(f"{id} ({place})", str(place), checks.shared(id, self.id, doubled[id]), fields)
                    elif row.error:
                        yield Refused(
                            id, str(place), phrase("%(place)s: %(error)s", place=place, error=row.error), fields
                        )
                    else:
                        yield Record(id, fields, url=None)

    def _has_id(self, file: Path, header: tuple[str, ...]) -> None:
        if self.id and self.id in header:
            return
        if not self.id:
            raise Invalid(
                phrase(
                    '%(name)s: nothing tells its rows apart. Name a column in the option id, like id = "No.".',
                    name=file.name,
                )
            )
        raise Invalid(
            together(
                [
                    phrase(
                        "%(name)s has no column %(id)s, which tells its rows apart.",
                        name=file.name,
                        id=repr(self.id),
                    ),
                    checks.closest(self.id, header),
                ]
            ),
            [self.id],
        )

    # --- writing ---

    def refuses(self, column: str, value: Any) -> str | None:
        """What none of the files can hold; a row's own hindrance (a formula, merged cells) shows when it is written."""
        if self._unheld is None:
            try:
                self._unheld = [(file.name, format_of(file).unheld) for file in self._files()]
            except ConnectorError:
                return None  # whoever reads or writes the files says what is wrong with them
        for name, unheld in self._unheld:
            why = unheld(value, self.options)
            if why:
                return phrase("%(place)s: %(error)s", place=name, error=why)
        return None

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Rows at the end of the (first) file; a row that has the key already is changed instead."""
        files = self._files()
        self._keeps_ids(files)
        seen = {file: digest(file) for file in files}
        doubled = self._doubled(files)
        twice = self._doubled(files, self.wanted.key) if self.wanted.key else {}
        keyed = self._keyed(files)
        targets: list[Target | ConnectorError] = []
        for draft in drafts:
            place, id = keyed.get(draft.key, (None, ""))
            if draft.key in twice:
                targets.append(Invalid(checks.shared(draft.key, self.wanted.key or "", twice[draft.key])))
            elif id in doubled:
                targets.append(Invalid(checks.shared(id, self.id, doubled[id]), [self.id]))
            else:
                own = {} if id or self.id == self.wanted.key else {self.id: draft.key}
                number = place.number if place else None
                file = place.file if place else files[0]
                targets.append(Target(id or draft.key, file, Change(number, own | dict(draft.fields))))
        return self._apply(targets, seen)

    def _keeps_ids(self, files: Sequence[Path]) -> None:
        """A key column may be added to a file; an id column that is not there any more was renamed."""
        for file in files if self.id != self.wanted.key else ():
            with format_of(file).open(file, self._only({self.id})) as sheet:
                self._has_id(file, sheet.header)

    def _keyed(self, files: Sequence[Path]) -> dict[str, tuple[Place, str]]:
        """Where each key stands, and the id of its row."""
        key = self.wanted.key
        if not key:
            return {}
        found: dict[str, tuple[Place, str]] = {}
        for file in files:
            with format_of(file).open(file, self._only({key, self.id})) as sheet:
                for row in sheet.rows:
                    if row.cells.get(key) is not None:
                        found[_text(row.cells[key])] = Place(file, row.number), _text(row.cells.get(self.id))
        return found

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        """Only the given cells, each row found by its id right now and compared with what was expected."""
        files = self._files()
        seen = {file: digest(file) for file in files}
        doubled = self._doubled(files)
        rows: dict[str, tuple[Place, Row]] = {}
        for file in files:
            with format_of(file).open(file, self.options) as sheet:
                rows |= {_text(row.cells.get(self.id)): (Place(file, row.number), row) for row in sheet.rows}
        targets: list[Target | ConnectorError] = []
        for edit in edits:
            if edit.id in doubled:
                targets.append(Invalid(checks.shared(edit.id, self.id, doubled[edit.id]), [self.id]))
            elif edit.id not in rows:
                targets.append(
                    Stale(phrase("No row has %(column)s %(id)s any more.", column=self.id, id=repr(edit.id)))
                )
            else:
                place, row = rows[edit.id]
                change = Change(row.number, dict(edit.fields))
                targets.append(_hinders(edit, place, row) or Target(edit.id, place.file, change))
        return self._apply(targets, seen)

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        """The rows' cells become blank in XLSX, where formulas elsewhere may point below; CSV loses the lines."""
        files = self._files()
        seen = {file: digest(file) for file in files}
        doubled = self._doubled(files)
        places: dict[str, Place] = {}
        for file in files:
            with format_of(file).open(file, self._only({self.id})) as sheet:
                places |= {_text(row.cells.get(self.id)): Place(file, row.number) for row in sheet.rows}
        there = [id for id in ids if id in places]
        targets: list[Target | ConnectorError] = [
            Invalid(checks.shared(id, self.id, doubled[id]), [self.id])
            if id in doubled
            else Target(id, places[id].file, Change(places[id].number, None))
            for id in there
        ]
        done = dict(zip(there, self._apply(targets, seen), strict=True))
        return [done.get(id) or Outcome(id) for id in ids]

    def _apply(self, targets: Sequence[Target | ConnectorError], seen: dict[Path, bytes]) -> list[Outcome]:
        """One rewrite a file. Raises where no file could be written; else each row has its own outcome."""
        if not self.writable:
            error = Invalid(
                phrase("%(name)s may not be written. Set writable = true in its options.", name=self.path.name)
            )
            return [Outcome(error=error) for _ in targets]
        outcomes = [Outcome(error=t) if isinstance(t, ConnectorError) else Outcome(t.id) for t in targets]
        rows = [(n, target) for n, target in enumerate(targets) if isinstance(target, Target)]
        failed: list[Unavailable] = []
        files = dict.fromkeys(target.file for _, target in rows)
        for file in files:
            here = [(n, target.change) for n, target in rows if target.file == file]
            try:
                refused = rewrite(file, self.options, [change for _, change in here], seen[file])
            except Unavailable as unavailable:
                failed.append(unavailable)
                refused = dict.fromkeys(range(len(here)), unavailable)
            for at, why in refused.items():
                outcomes[here[at][0]] = Outcome(error=why)
        if failed and len(failed) == len(files):
            raise failed[0]
        return outcomes

    # --- looking ---

    def check(self) -> list[Check]:
        try:
            files = self._files()
            done = [
                Check(phrase("find"), True, phrase("%(count)s file(s) at %(path)s", count=len(files), path=self.path))
            ]
            for file in files:
                done += self._check_file(file)
            doubled = self._doubled(files) if all(check.ok for check in done) else {}
            for id, places in list(doubled.items())[:3]:
                told = checks.shared(id, self.id, places)
                done.append(Check(phrase("ids"), False, told, phrase("Give each row an id of its own.")))
            return done
        except ConnectorError as error:
            return [Check(phrase("read"), False, str(error), phrase("See the README of the spreadsheet connector."))]

    def _check_file(self, file: Path) -> list[Check]:
        with format_of(file).open(file, self.options) as sheet:
            header = sheet.header
        self._has_id(file, header)
        return checks.of_file(file, header, self.wanted, self.writable)

    def describe(self) -> list[Field]:
        """Every column there is, and every wanted one that is not: it reads as blank, and a write adds it.
        Whether anything may be written at all is in ``capabilities``."""
        names: dict[str, None] = {}
        for file in self._files():
            with format_of(file).open(file, self.options) as sheet:
                names |= dict.fromkeys(name for name in sheet.header if name)
        there = [Field(name, "any") for name in names]
        return there + [Field(name, ABSENT) for name in self.wanted.fields if name not in names]


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _hinders(edit: Edit, place: Place, row: Row) -> ConnectorError | None:
    if row.error:
        return Invalid(phrase("%(place)s: %(error)s", place=place, error=row.error))
    moved = [c for c, v in edit.expected.fields.items() if row.cells.get(c) != v]
    return (
        Stale(phrase("%(place)s: %(moved)s was changed meanwhile.", place=place, moved=repr(moved[0])))
        if moved
        else None
    )

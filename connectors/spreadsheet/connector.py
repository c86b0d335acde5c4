"""The connector: files as a system that has no server, no versions, and rows that move when people sort."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
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
    Refused,
    Settings,
    Stale,
    Unavailable,
    Unseen,
    Wanted,
)
from connectors.spreadsheet.sheet import Change, Options, format_of

PAGE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands right now; good for one look only."""

    file: Path
    number: int

    def __str__(self) -> str:
        return f"{self.file.name}, row {self.number}"


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
        for item in self._rows(files, doubled):
            if isinstance(item, Record):
                records.append(item)
            else:
                refused.append(item)
            if len(records) + len(refused) >= PAGE:
                yield Page(tuple(records), refused=tuple(refused))
                records, refused = [], []
        if self._state(self._files()) != state:
            raise Unavailable(f"{self.path.name} was saved while it was read. The next sync reads it again.")
        yield Page(tuple(records), refused=tuple(refused), cursor=state, complete=self.complete and not doubled)

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        wanted = set(ids)
        files = self._files()
        found: dict[str, Record | Gone | Unseen] = {
            r.id: r for r in self._rows(files, self._doubled(files)) if isinstance(r, Record) and r.id in wanted
        }
        for id in wanted - found.keys():
            found[id] = Gone(id) if self.complete else Unseen(id, f"No row of {self.path.name} has this id.")
        return found

    def find(self, key: str) -> list[Record]:
        files = self._files()
        rows = self._rows(files, self._doubled(files))
        return [r for r in rows if isinstance(r, Record) and str(r.fields.get(self.wanted.key or "") or "") == key]

    def _files(self) -> list[Path]:
        if not self.path.exists():
            raise Unavailable(f"{self.path} is not there. Check the option path, or that its drive is connected.")
        if self.path.is_file():
            return [self.path]
        inside = sorted(
            p for p in self.path.iterdir() if p.suffix.lower() in (".csv", ".xlsx") and p.name[:1] not in "~."
        )
        if not inside:
            raise Unavailable(f"{self.path} holds no .csv or .xlsx file. Put one there.")
        return inside

    def _state(self, files: Sequence[Path]) -> str:
        digest = hashlib.sha256(repr((self.options.sheet, self.id, sorted(self.options.wanted))).encode())
        for file in files:
            digest.update(file.name.encode() + b"\0")
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
        return digest.hexdigest()

    def _doubled(self, files: Sequence[Path]) -> dict[str, list[Place]]:
        """Ids that stand in more than one row, with all their places. Nobody can say which row is meant."""
        first: dict[str, Place] = {}
        doubled: dict[str, list[Place]] = {}
        for file in files:
            with format_of(file).open(file, self._only({self.id})) as sheet:
                for row in sheet.rows:
                    id = self._id(row.cells)
                    place = Place(file, row.number)
                    if id and id in first:
                        doubled.setdefault(id, [first[id]]).append(place)
                    elif id:
                        first[id] = place
        return doubled

    def _only(self, columns: set[str]) -> Options:
        return Options(self.options.encoding, self.options.delimiter, self.options.sheet, frozenset(columns))

    def _id(self, cells: dict[str, Any]) -> str:
        value = cells.get(self.id)
        return "" if value is None else str(value)

    def _rows(self, files: Sequence[Path], doubled: dict[str, list[Place]]) -> Iterator[Record | Refused]:
        for file in files:
            with format_of(file).open(file, self.options) as sheet:
                self._has_id(file, sheet.header)
                for row in sheet.rows:
                    place = Place(file, row.number)
                    id = self._id(row.cells)
                    fields = {c: v for c, v in row.cells.items() if c in self.wanted.fields}
                    if not id:
                        yield Refused(None, str(place), f"{place}: it has no {self.id!r}. Give it one.", fields)
                    elif id in doubled:
                        yield Refused(f"{id} ({place})", str(place), _shared(id, self.id, doubled[id]), fields)
                    elif row.error:
                        yield Refused(id, str(place), f"{place}: {row.error}", fields)
                    else:
                        yield Record(id, fields, url=None)

    def _has_id(self, file: Path, header: tuple[str, ...]) -> None:
        if self.id and self.id in header:
            return
        if not self.id:
            raise Invalid(
                f'{file.name}: nothing tells its rows apart. Name a column in the option id, like id = "No.".'
            )
        raise Invalid(
            f"{file.name} has no column {self.id!r}, which tells its rows apart.{_closest(self.id, header)}", [self.id]
        )

    # --- writing ---

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Rows at the end of the (first) file; a row that has the key already is changed instead."""
        files = self._files()
        keys = self._by_key(files)
        changes: list[tuple[Place | None, dict[str, Any]]] = []
        for draft in drafts:
            there = keys.get(draft.key)
            own = {} if there or self.id == self.wanted.key else {self.id: draft.key}
            changes.append((there, own | dict(draft.fields)))
        return self._apply(files, changes, [draft.key for draft in drafts])

    def _by_key(self, files: Sequence[Path]) -> dict[str, Place]:
        if not self.wanted.key:
            return {}
        found: dict[str, Place] = {}
        for file in files:
            with format_of(file).open(file, self._only({self.wanted.key})) as sheet:
                for row in sheet.rows:
                    key = row.cells.get(self.wanted.key)
                    if key is not None:
                        found[str(key)] = Place(file, row.number)
        return found

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        """Only the given cells, each row found by its id right now and compared with what was expected."""
        files = self._files()
        doubled = self._doubled(files)
        rows: dict[str, tuple[Place, dict[str, Any]]] = {}
        for file in files:
            with format_of(file).open(file, self.options) as sheet:
                rows |= {self._id(r.cells): (Place(file, r.number), r.cells) for r in sheet.rows}
        outcomes: list[Outcome | None] = []
        changes: list[tuple[Place | None, dict[str, Any]]] = []
        for edit in edits:
            place, cells = rows.get(edit.id, (None, {}))
            error = self._hinders(edit, place, cells, doubled)
            outcomes.append(Outcome(error=error) if error else None)
            if error is None:
                changes.append((place, dict(edit.fields)))
        done = iter(self._apply(files, changes, [e.id for e, o in zip(edits, outcomes, strict=True) if o is None]))
        return [outcome or next(done) for outcome in outcomes]

    def _hinders(
        self, edit: Edit, place: Place | None, cells: dict[str, Any], doubled: dict[str, list[Place]]
    ) -> ConnectorError | None:
        if edit.id in doubled:
            return Invalid(_shared(edit.id, self.id, doubled[edit.id]), [self.id])
        if place is None:
            return Stale(f"No row has {self.id} {edit.id!r} any more.")
        moved = [c for c, v in edit.expected.fields.items() if cells.get(c) != v]
        return Stale(f"{place}: {moved[0]!r} was changed meanwhile.") if moved else None

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        files = self._files()
        places: dict[str, Place] = {}
        for file in files:
            with format_of(file).open(file, self._only({self.id})) as sheet:
                places |= {self._id(row.cells): Place(file, row.number) for row in sheet.rows}
        self._write(
            files,
            {
                file: [Change(p.number, None) for i, p in places.items() if i in ids and p.file == file]
                for file in files
            },
        )
        return [Outcome(id) for id in ids]

    def _apply(
        self, files: Sequence[Path], changes: list[tuple[Place | None, dict[str, Any]]], ids: list[str]
    ) -> list[Outcome]:
        """All in one rewrite a file; if one cell cannot be held, its row alone is refused."""
        if not changes:
            return []
        try:
            self._write(files, self._by_file(files, changes))
            return [Outcome(id) for id in ids]
        except Invalid as error:
            if len(changes) == 1:
                return [Outcome(error=error)]
        outcomes: list[Outcome] = []
        for change, id in zip(changes, ids, strict=True):
            outcomes += self._apply(files, [change], [id])
        return outcomes

    def _by_file(
        self, files: Sequence[Path], changes: list[tuple[Place | None, dict[str, Any]]]
    ) -> dict[Path, list[Change]]:
        by_file: dict[Path, list[Change]] = {}
        for place, cells in changes:
            by_file.setdefault(place.file if place else files[0], []).append(
                Change(place.number if place else None, cells)
            )
        return by_file

    def _write(self, files: Sequence[Path], by_file: dict[Path, list[Change]]) -> None:
        if not self.writable:
            raise Invalid(f"{self.path.name} may not be written. Set writable = true in its options.")
        for file, changes in by_file.items():
            if changes:
                _replace(file, self.options, changes)

    # --- looking ---

    def check(self) -> list[Check]:
        try:
            files = self._files()
            checks = [Check("find", True, f"{len(files)} file(s) at {self.path}")]
            for file in files:
                checks += self._check_file(file)
            doubled = self._doubled(files) if all(check.ok for check in checks) else {}
            for id, places in list(doubled.items())[:3]:
                checks.append(Check("ids", False, _shared(id, self.id, places), "Give each row an id of its own."))
            return checks
        except ConnectorError as error:
            return [Check("read", False, str(error), "See the README of the spreadsheet connector.")]

    def _check_file(self, file: Path) -> list[Check]:
        with format_of(file).open(file, self.options) as sheet:
            header = sheet.header
        self._has_id(file, header)
        checks = [Check("read", True, f"{file.name}: {len(header)} columns")]
        missing = [c for c in self.wanted.fields if c not in header]
        if self.wanted.key in missing:
            fix = f"Add a column {self.wanted.key!r}, or let the hub add it: writable = true."
            checks.append(Check("key", self.writable, f"{file.name} has no column {self.wanted.key!r} yet.", fix))
        others = [c for c in missing if c != self.wanted.key]
        if others:
            checks.append(
                Check(
                    "columns",
                    True,
                    f"{file.name} lacks {len(others)} mapped columns: {', '.join(others[:6])}. They stay blank.",
                )
            )
        if self.writable and not os.access(file, os.W_OK):
            checks.append(
                Check("write", False, f"{file.name} may not be written.", "Give the hub's user the right to.")
            )
        return checks

    def describe(self) -> list[Field]:
        """Every column there is, and every wanted one that is not: it reads as blank, and a write adds it.
        Whether anything may be written at all is in ``capabilities``."""
        names: dict[str, None] = {}
        for file in self._files():
            with format_of(file).open(file, self.options) as sheet:
                names |= dict.fromkeys(name for name in sheet.header if name)
        return [Field(name, "any") for name in dict.fromkeys([*names, *self.wanted.fields])]


def _shared(id: str, column: str, places: list[Place]) -> str:
    shown = ", ".join(str(place) for place in places[:-1])
    return f"{shown} and {places[-1]} share {column} {id!r}. Give each row its own; none of them is used."


def _closest(name: str, header: Sequence[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name, header, n=1)
    return f" Closest: {found[0]!r}." if found else ""


def _replace(file: Path, options: Options, changes: list[Change]) -> None:
    """Write beside, then put in place in one step: a reader sees the old file or the new, never half."""
    if (file.parent / f"~${file.name}").exists():
        raise Unavailable(f"{file.name} is open in Excel. Close it; the next sync writes.")
    before = hashlib.sha256(file.read_bytes()).digest()
    content = format_of(file).write(file, options, changes)
    handle, name = tempfile.mkstemp(prefix=".", suffix=file.suffix + ".part", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        os.chmod(name, file.stat().st_mode & 0o777)
        if hashlib.sha256(file.read_bytes()).digest() != before:
            raise Unavailable(f"{file.name} was saved by someone else meanwhile. The next sync tries again.")
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

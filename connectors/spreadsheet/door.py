"""A door instead of a file: sheets are brought to it, one at a time, and it keeps none of them.

``Door`` is the connection while nobody brings anything. ``Brought`` is one sheet that somebody did. The system behind the
sheet is never written to: what is to change there is handed out as a sheet as well, and counts once it comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from connectors.contract import (
    Capabilities,
    Check,
    Connector,
    Cursor,
    Draft,
    Edit,
    Field,
    Gone,
    Invalid,
    Outcome,
    Page,
    Raw,
    Record,
    Refused,
    Settings,
    Unseen,
    Wanted,
)
from connectors.spreadsheet.identity import NEW, Finder, Identity, Known, text
from connectors.spreadsheet.table import Line, Table
from schemas.said import phrase, together

PAGE = 500


class Door(Connector):
    """Reads nothing and shows nothing. ``hands_out``: what would be written is being put into a sheet."""

    def __init__(self, settings: Settings, wanted: Wanted, hands_out: bool = False) -> None:
        self.folder = Path(str(settings.get("path")))
        self.wanted = wanted
        self.capabilities = Capabilities(
            writes=hands_out, feed="full_scan", key="text" if wanted.key else "none", page=PAGE, batch=PAGE
        )

    def check(self) -> list[Check]:
        if not self.folder.is_dir():
            return [
                Check(
                    phrase("folder"),
                    True,
                    phrase(
                        "%(folder)s is not there, so only what is brought in the browser is read.", folder=self.folder
                    ),
                )
            ]
        return [Check(phrase("folder"), True, phrase("Sheets that appear in %(folder)s are read.", folder=self.folder))]

    def describe(self) -> list[Field]:
        """Every sheet that is brought has columns of its own, so none can be missing."""
        return [Field(name, "any") for name in self.wanted.fields]

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        yield Page()

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        return {id: Unseen(id, phrase("Only what somebody brings is seen.")) for id in ids}

    def find(self, key: str) -> list[Record]:
        return []

    def lookup(self, object: str, equals: Mapping[str, str], columns: Sequence[str]) -> list[Record]:
        return [] if object == self.wanted.object else super().lookup(object, equals, columns)

    def create(self, drafts: Sequence[Draft]) -> list[Outcome]:
        return [
            Outcome(error=Invalid(phrase("Nothing is written through a door. Download it as a sheet."))) for _ in drafts
        ]

    def update(self, edits: Sequence[Edit]) -> list[Outcome]:
        return [
            Outcome(error=Invalid(phrase("Nothing is written through a door. Download it as a sheet."))) for _ in edits
        ]

    def delete(self, ids: Sequence[str]) -> list[Outcome]:
        return [Outcome(error=Invalid(phrase("Nothing is deleted through a door."))) for _ in ids]


class Brought(Door):
    """One sheet. ``said``: cells that every row has because whoever brought it said so (that it is shared)."""

    def __init__(
        self, settings: Settings, wanted: Wanted, name: str, table: Table, identity: Identity, known: Known, said: Raw
    ) -> None:
        super().__init__(settings, wanted)
        self.name, self.table, self.identity, self.known, self.said = name, table, identity, known, said
        self.finder = Finder(identity, known)
        self.placed: dict[str, int] = {}
        """Row numbers by the id of what was made of the row, record or refused."""

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """Every row, each once: as a record, or refused with its row and column."""
        ids = [self.finder.id(line.cells) for line in self.table.lines]
        rows: dict[str, list[int]] = {}
        for id, line in zip(ids, self.table.lines, strict=True):
            rows.setdefault(id, []).append(line.number)
        cells = {id: line.cells | self.said for id, line in zip(ids, self.table.lines, strict=True) if id}
        alike = self.finder.lookalikes(cells)
        for at in range(0, len(ids), PAGE):
            lines = zip(ids[at : at + PAGE], self.table.lines[at : at + PAGE], strict=True)
            items = [self._item(id, line, rows[id], alike.get(id)) for id, line in lines]
            records = [item for item in items if isinstance(item, Record)]
            yield Page(self._whole(records), refused=tuple(item for item in items if isinstance(item, Refused)))

    def _item(self, id: str, line: Line, rows: list[int], alike: tuple[str, str] | None) -> Record | Refused:
        place = phrase("%(name)s, row %(number)s", name=self.name, number=line.number)
        reason = next((together([self._at(name), why]) for name, why in line.faults.items()), "")
        if not id:
            column = next(filter(None, (self.identity.id, *self.identity.names, self.identity.key)))
            reason = phrase("%(at)s is blank, so nothing says which record it is.", at=self._at(column))
        elif len(rows) > 1:
            reason = reason or together(
                [self._same(rows), phrase("Nothing says which one counts, so none of them is used.")]
            )
        elif alike is not None:
            reason = reason or self._renamed(*alike)
        if not reason:
            self.placed[id] = line.number
            return Record(id, self._without_word(line.cells))
        refused = id if id and len(rows) == 1 else place
        self.placed[refused] = line.number
        return Refused(refused, place, reason)  # without its cells: nobody knows yet whether it is shared

    def _without_word(self, cells: Raw) -> Raw:
        key = self.identity.key
        return cells | {key: None} if key and text(cells.get(key)).casefold() == NEW else dict(cells)

    def _at(self, column: str) -> str:
        letter = self.table.columns.get(column)
        return (
            phrase("Column %(letter)s (%(column)s)", letter=letter, column=repr(column))
            if letter
            else phrase("Column %(column)s", column=column)
        )

    def _same(self, rows: list[int]) -> str:
        columns = [self.identity.id] if self.identity.id else list(self.identity.names)
        shown = ", ".join(str(row) for row in rows[:6]) + (" …" if len(rows) > 6 else "")
        return phrase(
            "%(count)s rows have the same %(columns)s (rows %(shown)s).",
            count=len(rows),
            columns=reduce(lambda all, one: phrase("%(all)s and %(one)s", all=all, one=one), map(repr, columns)),
            shown=shown,
        )

    def _renamed(self, key: str, title: str) -> str:
        return phrase(
            "%(at)s may be a new name of “%(title)s”, which an earlier sheet had and this one has not. If it "
            "is the same, put %(key)s into the column %(column)s. If it is another one, put the word “%(new)s” "
            "there.",
            at=self._at(self.identity.names[0]),
            title=title,
            key=key,
            column=repr(self.identity.key),
            new=NEW,
        )

    def _whole(self, records: list[Record]) -> tuple[Record, ...]:
        """What the sheet has no column for stays as it was."""
        absent = [c for c in self.wanted.fields if c not in self.table.columns]
        return tuple(
            replace(
                record,
                fields={c: self.known.bases.get(record.id, {}).get(c) for c in absent} | record.fields | self.said,
            )
            for record in records
        )

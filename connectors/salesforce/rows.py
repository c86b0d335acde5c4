"""Reading records: lists and single ones, each with the row that is part of it, where there is such a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.contract import Gone, Invalid, Raw, Record, Refused, Unseen, Wanted
from connectors.salesforce import parts, soql
from connectors.salesforce.ids import long_id
from connectors.salesforce.reading import Listing, listing
from connectors.salesforce.records import record, row_id
from connectors.salesforce.session import Session
from schemas.said import phrase

IDS_A_QUERY = 200
"""A request's address and headers may have 16,384 bytes (REST API Developer Guide, "API Limits"); an id takes 27."""


@dataclass(frozen=True, slots=True)
class Composed:
    """What became of some rows: records, and those that no record could be made of."""

    records: tuple[Record, ...] = ()
    refused: tuple[Refused, ...] = ()


class Rows:
    """The records of one object. ``record_type`` is the developer name of the only record type that lists show."""

    def __init__(self, session: Session, wanted: Wanted, record_type: str | None = None) -> None:
        self.session, self.wanted, self.record_type = session, wanted, record_type
        self.own, self.part = parts.split(wanted)
        self.chosen = soql.columns(self.own, wanted.references)
        soql.name(wanted.object)

    # --- lists

    def pages(self, where: str = "", tail: str = "", resource: str = "queryAll") -> Iterator[Listing]:
        return listing(
            self.session, resource, soql.select(self.chosen, self.wanted.object, where, tail), self.wanted.object
        )

    def of_type(self) -> str:
        """The condition of a list that is to show one record type only."""
        return f"RecordType.DeveloperName = {soql.quoted(self.record_type)}" if self.record_type else ""

    def part_rows(self, where: str, resource: str = "queryAll") -> list[Raw]:
        """Rows of the part, deleted ones included."""
        if self.part is None:
            return []
        query = soql.select(self.part.chosen(), self.part.object, where, "ORDER BY SystemModstamp, Id")
        return [row for page in listing(self.session, resource, query, self.part.object) for row in page.rows]

    def parts_of(self, ids: Iterable[str]) -> list[Raw]:
        """The rows that are part of these records."""
        if self.part is None:
            return []
        link = self.part.link
        return [row for some in _slices(list(ids)) for row in self.part_rows(soql.any_of(link, some), "query")]

    def type_id(self) -> str:
        """The id of the record type. ``Invalid`` where the object has none of that name."""
        where = soql.all_equal({"SobjectType": self.wanted.object, "DeveloperName": self.record_type or ""})
        query = soql.select(("Id",), "RecordType", where)
        for page in listing(self.session, "query", query, "RecordType"):
            for row in page.rows:
                if found := long_id(str(row.get("Id"))):
                    return found
        raise Invalid(
            phrase(
                "%(object)s has no record type %(record_type)s. Correct record_type.",
                object=self.wanted.object,
                record_type=repr(self.record_type),
            ),
            ["RecordTypeId"],
        )

    # --- records

    def composed(self, rows: Sequence[Raw], part_rows: Sequence[Raw]) -> Composed:
        """Records of rows that are not deleted."""
        held = parts.by_record(self.part, part_rows) if self.part else {}
        made, refused = [], []
        for row in rows:
            plain = self._plain(row)
            try:
                made.append(self._with_part(plain, held.get(plain.id, ())))
            except parts.Several as several:
                refused.append(Refused(plain.id, f"{self.wanted.object} {plain.id}", str(several)))
        return Composed(tuple(made), tuple(refused))

    def _plain(self, row: Raw) -> Record:
        return record(row, self.own, self.wanted.references, self.session.instance or "")

    def _with_part(self, plain: Record, rows: Sequence[Raw]) -> Record:
        if self.part is None:
            return plain
        row = parts.chosen(self.part, rows)
        return replace(
            plain, fields=plain.fields | parts.columns(self.part, row), version=parts.vector(plain.version, row)
        )

    def standing(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen | Refused]:
        """Each id as it stands now, deleted rows included."""
        full = {id: long_id(id) for id in ids}
        live: list[Raw] = []
        seen: dict[str, Record | Gone | Refused] = {}
        for asked in _slices(list(dict.fromkeys(id for id in full.values() if id))):
            for page in self.pages(soql.any_of("Id", asked)):
                live += [row for row in page.rows if row.get("IsDeleted") is not True]
                seen |= {row_id(row): Gone(row_id(row)) for row in page.rows if row.get("IsDeleted") is True}
        found = self.composed(live, self.parts_of(row_id(row) for row in live))
        seen |= {each.id: each for each in found.records} | {row.id: row for row in found.refused if row.id}
        return {id: self._standing(id, seen.get(long or "")) for id, long in full.items()}

    def _standing(self, id: str, found: Record | Gone | Refused | None) -> Record | Gone | Unseen | Refused:
        if found is not None:
            return Gone(id) if isinstance(found, Gone) else found
        if long_id(id) is None:
            return Unseen(id, phrase("%(id)s is not a Salesforce id.", id=repr(id)))
        return Unseen(
            id,
            phrase(
                "%(object)s shows no record %(id)s: emptied from the recycle bin, or not visible to this user.",
                object=self.wanted.object,
                id=id,
            ),
        )

    def get(self, ids: Sequence[str]) -> dict[str, Record | Gone | Unseen]:
        """As the contract says: a record that cannot be put together is not shown."""
        found = self.standing(ids)
        return {id: Unseen(id, each.reason) if isinstance(each, Refused) else each for id, each in found.items()}

    def find(self, key: str) -> list[Record]:
        """Every record with this key. One whose part is not clear is found all the same, without its part: that it is
        there counts."""
        if self.wanted.key is None:
            raise Invalid(
                phrase(
                    'No key field is set for %(object)s: set key = "Commons_Id__c" in the mapping.',
                    object=self.wanted.object,
                )
            )
        where = soql.all_equal({self.wanted.key: key})
        rows = [row for page in self.pages(where, "ORDER BY CreatedDate, Id", "query") for row in page.rows]
        found = self.composed(rows, self.parts_of(row_id(row) for row in rows))
        unclear = {row.id for row in found.refused}
        return [*found.records, *(self._plain(row) for row in rows if row_id(row) in unclear)]


def _slices(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), IDS_A_QUERY):
        yield ids[start : start + IDS_A_QUERY]

"""What a sheet did, or would do: every row of it in exactly one word, with the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from connectors.contract import Raw
from connectors.spreadsheet.door import Brought
from hub.store import audit, links, opportunities, runs, waiting
from hub.sync.guards import plan_hash
from mappings.language import Mapping
from mappings.lenses.choices import items
from schemas.completeness import missing_to_publish
from schemas.said import phrase

if TYPE_CHECKING:
    from hub.app import Hub
    from hub.sync.run import RunResult

OUTCOMES = ("new", "changed", "withdrawn", "joined", "unchanged", "not_shared", "refused")
"""The words. A row is one of them; the numbers add up to the rows of the sheet."""
MOVING = ("new", "changed", "withdrawn", "joined")

GIVEN = ("audience", "kind", "status", "steward_id")
"""What every new record has; it says nothing of this one."""


@dataclass(slots=True)
class Row:
    """``title`` and ``values`` (``{path: [before, after]}``) only of what is shared or linked; ``lacks``: paths without which
    it stays a draft; ``reasons``: why it, or a field of it, was not taken."""

    row: int
    outcome: str
    title: str = ""
    reasons: list[str] = field(default_factory=list)
    lacks: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    opportunity: str = ""


@dataclass(slots=True)
class Report:
    """``passed``: rows that are no records. ``held``: why a person has to approve it, ``failed``: why it was not read."""

    file: str
    notes: list[str]
    columns: dict[str, str]
    absent: list[str]
    others: list[str]
    rows: list[Row]
    passed: list[dict[str, Any]]
    held: str = ""
    failed: str = ""

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(row.outcome for row in self.rows)
        return {word: found[word] for word in OUTCOMES}

    @property
    def moves(self) -> bool:
        return any(row.outcome in MOVING for row in self.rows)

    @property
    def look(self) -> str:
        """What an approval is bound to: the same rows to the same effect."""
        return plan_hash([asdict(row) | {"opportunity": ""} for row in self.rows] + [{"held": bool(self.held)}])

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def from_data(data: dict[str, Any]) -> Report:
    return Report(**(data | {"rows": [Row(**row) for row in data["rows"]]}))


def of_run(hub: Hub, connection: str, result: RunResult, sheet: Brought) -> Report:
    """What this run made of the sheet."""
    table = sheet.table
    absent = [column for column in sheet.wanted.fields if column not in table.columns]
    report = Report(
        sheet.name, list(table.notes), dict(table.columns), absent, [name for name in table.others if name], [],
        [{"row": line.number, "text": line.text, "why": line.why} for line in table.passed],
        held=result.message if result.state == "held" else "",
        failed=result.message if result.state not in ("done", "held") else "",
    )  # fmt: skip
    if not report.failed:
        with hub.reading() as conn:
            report.rows = sorted(_rows(conn, hub, connection, result.run_id, sheet), key=lambda row: row.row)
    return report


def _rows(conn: Connection, hub: Hub, connection: str, run_id: str, sheet: Brought) -> Iterator[Row]:
    lines: dict[str, list[Any]] = {}
    for line in audit.of_run(conn, run_id):
        if line.remote_id is not None:
            lines.setdefault(line.remote_id, []).append(line)
    aside = _aside(conn, connection, run_id)
    ids = list(sheet.placed)
    basis = bool(hub.config.members[hub.config.connections[connection].member].lawful_basis)
    profile = hub.mapping(connection)
    cells = {line.number: line.cells for line in sheet.table.lines}
    for at in range(0, len(ids), 500):
        tied = links.by_remote(conn, connection, ids[at : at + 500])
        found = opportunities.peek(conn, [link.opportunity_id for link in tied.values()])
        for id in ids[at : at + 500]:
            link, said = tied.get(id), aside.get(id, [])
            row = Row(sheet.placed[id], "not_shared")
            whole = [problem for problem in said if not problem.path]
            if whole:
                row.outcome, row.reasons = "refused", [problem.reason for problem in whole]
            elif link is not None and link.state != "stopped":
                opportunity = found[link.opportunity_id]
                row.title, row.opportunity = opportunity.title, opportunity.id
                row.outcome, row.values = _word(lines.get(id, []))
                row.reasons = [_at(sheet, profile, p.path, p.reason) for p in said]
                row.reasons += _passed_over(sheet, profile, cells[row.row])
                if opportunity.status == "draft":
                    facts = opportunity.facts | {"kind": opportunity.kind}
                    row.lacks = list(missing_to_publish(facts, basis))
            yield row


def _word(lines: list[Any]) -> tuple[str, dict[str, Any]]:
    actions = {line.action for line in lines}
    values: dict[str, Any] = {}
    for line in lines:
        if line.moves:
            for path, (before, after) in (line.values or {}).items():
                values[path] = [values[path][0] if path in values else before, after]
    if "shared" in actions:
        return "new", {path: pair for path, pair in values.items() if path not in GIVEN}
    if "withdrawn" in actions:
        return "withdrawn", values
    if values:
        return "changed", values
    return ("joined" if "linked" in actions else "unchanged"), values


def _aside(conn: Connection, connection: str, run_id: str) -> dict[str, list[Any]]:
    """What this run set aside, by record."""
    run = runs.get(conn, run_id)
    assert run is not None
    found: dict[str, list[Any]] = {}
    for row in waiting.set_aside_since(conn, connection, run.started_at):
        found.setdefault(row.remote_id, []).append(row)
    return found


def _at(sheet: Brought, profile: Mapping, path: str, reason: str) -> str:
    """The reason, after the column that it stands in."""
    there = next((column for column in profile.way(path).columns if column in sheet.table.columns), None)
    if there is None:
        return reason
    letter = sheet.table.columns[there]
    return phrase("Column %(letter)s (%(column)s): %(reason)s", letter=letter, column=repr(there), reason=reason)


def _passed_over(sheet: Brought, profile: Mapping, cells: Raw) -> list[str]:
    """Of lists of choices, those that the profile does not know: they stay in the sheet, and the commons gets the others."""
    said = []
    for part in profile.fields:
        if part.entry.spec.type != "codes" or not part.reads or len(part.columns) != 1:
            continue
        [column] = part.columns
        for item in items(cells.get(column), part.entry.options.get("separator")):
            if part.lens.get({column: item}) is None:
                unknown = phrase("%(value)s is none of the profile's values, so it is not taken.", value=repr(item))
                said.append(_at(sheet, profile, part.path, unknown))
    return said

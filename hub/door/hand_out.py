"""What the commons has for a system that has only files: a sheet in the layout that its people import.

Handing out settles nothing. A record counts as changed there when a sheet comes back that says so; until then its base
stays, so that an older sheet, brought again, is no edit that takes the commons back.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.contract import Raw, Settings
from connectors.spreadsheet.csv_file import cell_text
from connectors.spreadsheet.door import Door
from hub.app import wanted
from hub.door.bring import identity
from hub.store import connections, dues, uploads
from hub.store.carried import Download
from hub.sync import plan
from hub.sync.plan import Item
from hub.sync.turn import Turn

if TYPE_CHECKING:
    from hub.app import Hub


@dataclass(frozen=True, slots=True)
class Sheet:
    """``columns`` in the order of the profile, the key first; ``rows`` by column; ``new`` and ``changed`` count them.
    ``missing``: what the layout has no room for, as sentences."""

    columns: tuple[str, ...]
    rows: list[Raw]
    new: int
    changed: int
    missing: tuple[str, ...]


def sheet(hub: Hub, connection: str, since: datetime | None) -> Sheet:
    """Imports and changes that became due after ``since``; with None all that no sheet has brought back yet."""
    profile, id = hub.mapping(connection), identity(hub, connection).id
    columns = tuple(dict.fromkeys([*([profile.key] if profile.key else []), *([id] if id else []), *profile.columns]))
    rows: list[Raw] = []
    counts = {"create": 0, "update": 0}
    missing: dict[str, None] = {}
    for item in _items(hub, connection):
        if since is not None and item.since is not None and item.since <= since:
            continue
        counts[item.action] += 1
        base = (item.link.base or {}) if item.link is not None else {}
        own = {id: item.link.remote_id} if id and item.link is not None and item.link.remote_id else {}
        key = {profile.key: item.opportunity_id} if profile.key else {}
        rows.append(own | base | item.columns | key)
        missing |= dict.fromkeys(f"{item.title}: {why}" for why in item.missing.values())
    return Sheet(columns, rows, counts["create"], counts["update"], tuple(missing))


def take_away(hub: Hub, connection: str, user_id: str, everything: bool) -> Sheet:
    """The sheet, noted as this person's last download."""
    now = hub.time.now()
    with hub.reading() as conn:
        since = None if everything else uploads.last_taken(conn, connection, user_id)
    made = sheet(hub, connection, since)
    with hub.writing() as conn:
        row = Download(id=hub.ids.uuid7(), connection_id=connection, by=user_id, number=len(made.rows), at=now)
        uploads.took(conn, row)
    return made


def _items(hub: Hub, connection: str) -> Iterator[Item]:
    """As ``plan.plan``, of which nothing is written, neither there nor here."""
    config, profile = hub.config.connections[connection], hub.mapping(connection)
    with hub.reading() as conn:
        scan = connections.get(conn, connection).scan
    door = Door(Settings(connection, config.options), wanted(profile), hands_out=True)
    turn = Turn(hub, config, profile, door, "", 0, scan)
    for since in dues.pages(hub.reading, connection, plan.PAGE, turn.now(), ""):
        yield from plan.plan_page(turn, since)[0]


def as_csv(made: Sheet) -> bytes:
    """UTF-8 with a byte order mark, which Excel needs; text that a program would run is marked (see ``formula``)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([cell_text(column) for column in made.columns])
    for row in made.rows:
        writer.writerow([cell_text(_plain(row.get(column))) for column in made.columns])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(made: Sheet) -> bytes:
    """Typed cells; text is text, whatever it begins with."""
    from openpyxl import Workbook

    from connectors.spreadsheet.xlsx_cells import put

    book = Workbook()
    page: Any = book.active
    for at, column in enumerate(made.columns, 1):
        put(page.cell(1, at), column, column)
    for number, row in enumerate(made.rows, 2):
        for at, column in enumerate(made.columns, 1):
            value = _plain(row.get(column))
            if value is not None:
                put(page.cell(number, at), column, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _plain(value: Any) -> Any:
    """Lists and references as the text that a cell can hold."""
    if isinstance(value, dict):
        return value.get("id")
    return "; ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value

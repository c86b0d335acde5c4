"""A sheet that somebody brought: opened, tried on a copy of the store, and applied as one run of its connection."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import Connection

from connectors.contract import Raw, Settings
from connectors.spreadsheet.door import Brought
from connectors.spreadsheet.grid import grids
from connectors.spreadsheet.identity import Identity, Known
from connectors.spreadsheet.table import Table, table
from hub.app import wanted
from hub.door import report as reports
from hub.door.report import Report
from hub.store import connections, links, runs, uploads, waiting
from hub.store.carried import Upload
from hub.sync.moved import Moved
from hub.sync.rehearse import rehearsal
from hub.sync.run import OneRun, RunResult

if TYPE_CHECKING:
    from hub.app import Hub
    from mappings.language import Mapping as Profile

KEPT = timedelta(hours=24)
"""How long a sheet is kept that nobody applies. One that was applied is dropped at once."""
REPORTED = timedelta(days=30)
"""How long its report can be read."""


STUCK = timedelta(minutes=15)
"""After so long whoever was applying it is taken to have died."""
OVER = "This sheet is being applied, or was applied or dropped already."


class NotNow(Exception):
    """The connection takes nothing in at the moment; the message says why and what to do."""


def open_sheet(hub: Hub, connection: str, name: str, content: bytes) -> Table:
    """Raises ``ConnectorError`` with the reason, where possible with row and column."""
    config, profile = hub.config.connections[connection], hub.mapping(connection)
    with TemporaryDirectory(prefix="hub-door-") as folder:
        path = Path(folder) / safe(name)
        path.write_bytes(content)
        who = identity(hub, connection)
        columns = dict.fromkeys([*profile.columns, *([who.id] if who.id else [])])
        title = _column(profile, "title")
        return table(path, grids(path), columns, title, str(config.options.get("sheet") or ""))


def identity(hub: Hub, connection: str) -> Identity:
    """How rows of this connection's sheets are told apart."""
    config, profile = hub.config.connections[connection], hub.mapping(connection)
    names = filter(None, (_column(profile, path) for path in ("title", "organization.name")))
    return Identity(str(config.options.get("id") or profile.id or ""), tuple(names), profile.key or "")


def _column(profile: Profile, path: str) -> str:
    return next((part.columns[0] for part in profile.fields if part.path == path and part.columns), "")


def safe(name: str) -> str:
    """A file's name that can be one here: no folders, nothing invisible, not too long."""
    plain = re.sub(
        r'[\\/:*?"<>|\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]', "_", name.replace("\\", "/").rpartition("/")[2]
    )
    return plain.strip(" .")[-100:] or "sheet"


def says_nothing(hub: Hub, connection: str, sheet: Table) -> bool:
    """Whether the sheet has no column that says which rows are shared, so that somebody has to."""
    share = hub.mapping(connection).share
    return share is not None and "field" in share and share["field"] not in sheet.columns


def brought(hub: Hub, connection: str, name: str, sheet: Table, say: str) -> Brought:
    """The sheet as what its connection reads."""
    config, profile = hub.config.connections[connection], hub.mapping(connection)
    said = _shared(profile) if say == "all" else {}
    return Brought(
        Settings(connection, config.options), wanted(profile), safe(name), sheet, identity(hub, connection),
        _known(hub, connection), said,
    )  # fmt: skip


def _shared(profile: Profile) -> Raw:
    """What a record says that is shared with everyone."""
    share = profile.share
    if share is None or "field" not in share:
        return {}
    if "values" in share:
        words = [value for value, audience in share["values"].items() if audience == "all"]
        return {share["field"]: words[0]} if words else {}
    equals = share.get("equals", True)
    texts = [one for one in equals if isinstance(one, str)] if isinstance(equals, list) else [equals]
    return {share["field"]: texts[0] if texts else equals[0]}


def _known(hub: Hub, connection: str) -> Known:
    profile = hub.mapping(connection)
    with hub.reading() as conn:
        rows = links.records(conn, connection)
    return Known(
        {row.opportunity_id: row.remote_id for row in rows},
        {row.remote_id: row.base or {} for row in rows},
        lambda raw: profile.audience(profile.reduce(raw)) is not None,
    )


def look(hub: Hub, connection: str, name: str, sheet: Table, say: str) -> Report:
    """What applying this sheet would do, row by row. Nothing is kept. Raises ``NotNow``."""
    with rehearsal(hub) as copy:
        _approve(copy, connection)
        return _run(copy, connection, brought(hub, connection, name, sheet, say), "upload")[1]


def take(hub: Hub, connection: str, name: str, content: bytes, user_id: str, say: str = "") -> Upload:
    """Keep a sheet to be applied, with its report. ``say``: whose word counts for sharing; by itself the sheet's, and where
    it says nothing, that of whoever brought it. Raises ``ConnectorError`` and ``NotNow``."""
    sheet = open_sheet(hub, connection, name, content)
    say = say or ("all" if says_nothing(hub, connection, sheet) else "ticked")
    report = look(hub, connection, name, sheet, say)
    upload = Upload(
        id=hub.ids.uuid7(), connection_id=connection, by=user_id, name=safe(name), content=content, say=say,
        report=report.as_data(), look=report.look, at=hub.time.now(),
    )  # fmt: skip
    with hub.writing() as conn:
        uploads.add(conn, upload)
    return upload


def apply(hub: Hub, upload_id: str, looked_at: str, user_id: str) -> Upload:
    """Apply exactly what was looked at. Raises ``Moved`` where it is applied already, or would do something else by now
    (its report is then a new one), and ``NotNow``."""
    with hub.writing() as conn:
        upload = uploads.get(conn, upload_id)
        if upload is None or upload.content is None or not _claim(hub, conn, upload_id):
            raise Moved(OVER)
    state: dict[str, Any] = {"state": "looked"}
    try:
        name, sheet = upload.connection_id, open_sheet(hub, upload.connection_id, upload.name, upload.content)
        report = look(hub, name, upload.name, sheet, upload.say)
        if report.look != looked_at:
            state |= {"report": report.as_data(), "look": report.look}
            raise Moved(_("Since you looked, something changed in the commons. This is what would happen now."))
        _approve(hub, name)
        result, done = _run(hub, name, brought(hub, name, upload.name, sheet, upload.say), "upload")
        ended = {"done": "applied", "held": "held"}.get(result.state, "looked")
        state = {"state": ended, "run_id": result.run_id, "error": result.message or None, "report": done.as_data()}
        if ended != "looked":
            state["content"] = None
    finally:
        with hub.writing() as conn:
            uploads.change(conn, upload_id, **state)
    with hub.reading() as conn:
        return uploads.get(conn, upload_id) or upload


def is_open(hub: Hub, upload: Upload) -> bool:
    """Whether it can be applied or dropped."""
    died = upload.state == "applying" and upload.since is not None and upload.since < hub.time.now() - STUCK
    return upload.content is not None and (upload.state == "looked" or died)


def _claim(hub: Hub, conn: Connection, upload_id: str) -> bool:
    now = hub.time.now()
    return uploads.claim(conn, upload_id, now, now - STUCK)


def _approve(hub: Hub, connection: str) -> None:
    """Whoever applies a sheet has looked at exactly it, which is what a first sync waits for."""
    with hub.writing() as conn:
        connections.change(conn, connection, approved=True)


def _run(hub: Hub, connection: str, sheet: Brought, trigger: str) -> tuple[RunResult, Report]:
    with hub.reading() as conn:
        row = connections.get(conn, connection)
        hold = waiting.waiting_hold(conn, connection)
    if hold is not None:
        raise NotNow(
            _(
                "An earlier sheet of %(connection)s is held: %(reason)s Decide that one first.",
                connection=connection,
                reason=hold.reason,
            )
        )
    if row.state != "active":
        raise NotNow(
            _(
                "%(connection)s is paused. %(value)s An admin resumes it on its page.",
                connection=connection,
                value=row.reason or "",
            )
        )
    step = OneRun(hub, connection, trigger, connector=sheet)
    step.take_in()
    step.give_out()
    if step.result.state == "busy":
        raise NotNow(_("Another sheet is being applied at this moment. Try again when it is done."))
    if step.result.state in ("done", "held"):
        with hub.writing() as conn:
            run = runs.get(conn, step.result.run_id)
            assert run is not None
            waiting.outdated(conn, connection, f"{sheet.name}, row ", run.started_at)
    return step.result, reports.of_run(hub, connection, step.result, sheet)


def apply_unseen(hub: Hub, connection: str, name: str, content: bytes) -> tuple[RunResult, Report]:
    """Apply a sheet that nobody looked at: shared is what it ticks, and a first one is held. Errors as ``take``."""
    sheet = open_sheet(hub, connection, name, content)
    return _run(hub, connection, brought(hub, connection, name, sheet, "ticked"), "folder")


def say(hub: Hub, upload_id: str, word: str) -> None:
    """Look at it again, with the sheet's own word for what is shared (``ticked``), or that of whoever brought it (``all``)."""
    with hub.reading() as conn:
        upload = uploads.get(conn, upload_id)
    if upload is None or upload.content is None or not is_open(hub, upload) or word not in ("ticked", "all"):
        raise Moved(OVER)
    sheet = open_sheet(hub, upload.connection_id, upload.name, upload.content)
    report = look(hub, upload.connection_id, upload.name, sheet, word)
    with hub.writing() as conn:
        uploads.change(conn, upload_id, say=word, report=report.as_data(), look=report.look)


def drop(hub: Hub, upload_id: str) -> None:
    """Give it up: neither it nor its report stays."""
    with hub.writing() as conn:
        if not _claim(hub, conn, upload_id):
            raise Moved(OVER)
        uploads.change(conn, upload_id, state="dropped", content=None, report=None)

"""Sheets: bring one, look at what it would do, apply it; and take away what is new for a system that has only files."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from connectors.contract import ConnectorError
from hub import access
from hub.door import bring, hand_out, report, watch
from hub.door.report import OUTCOMES, Report
from hub.languages import tell
from hub.store import uploads
from hub.store.carried import Upload
from hub.sync.moved import Moved
from hub.web.guard import hub, me, own_connections

pages = Blueprint("files", __name__)
SHOWN = 200
"""Rows of a report on its page; the rest are in its table to take away."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def doors() -> list[str]:
    """Own connections whose records come in sheets."""
    return [name for name, config in own_connections(me()).items() if config.door]


@pages.get("/files")
def page() -> str:
    return _page()


def _page(problem: str = "") -> str:
    with hub().reading() as conn:
        recent = uploads.recent(conn, doors()) if access.may(me(), "files.look") else []
        last = {name: uploads.last_taken(conn, name, me().id) for name in doors()}
    waiting = {name: hand_out.sheet(hub(), name, last[name]) for name in doors()}
    return render_template(
        "files.html", doors=doors(), recent=recent, last=last, waiting=waiting, problem=problem, outcomes=words(),
        states=states(), may_bring=access.may(me(), "files.bring_one"), kept=bring.KEPT // timedelta(hours=1),
        reported=bring.REPORTED // timedelta(days=1),
    )  # fmt: skip


@pages.post("/files")
def bring_one() -> AnyResponse | tuple[str, int]:
    """Keep it and look at it. A file that cannot be read at all is not kept."""
    door = request.form.get("door", "")
    if door not in doors():
        return _page(_("Choose for which connection it is.")), 422
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(_("Choose a file first.")), 422
    try:
        upload = bring.take(hub(), door, file.filename, file.read(), me().id)
    except (ConnectorError, bring.NotNow) as error:
        return _page(tell(str(error))), 422
    return redirect(url_for("files.look", upload_id=upload.id), 303)


def _mine(upload_id: str) -> Upload:
    with hub().reading() as conn:
        found = uploads.get(conn, upload_id)
    return found if found is not None and found.report and found.connection_id in doors() else abort(404)


@pages.get("/files/<upload_id>")
def look(upload_id: str) -> str:
    upload = _mine(upload_id)
    made = report.from_data(upload.report or {})
    open_ = bring.is_open(hub(), upload)
    share = hub().mapping(upload.connection_id).share
    return render_template(
        "file.html", upload=upload, report=made, rows=_worth_showing(made)[:SHOWN], more=len(made.rows) - SHOWN, open=open_,
        words=words(), outcomes=OUTCOMES, told=share is not None and "field" in share,
        new=sum(row.outcome == "new" and not row.lacks for row in made.rows),
        alone=all(row.outcome == "new" for row in made.rows if row.outcome in report.MOVING),
        upload_ticks=share is not None and share.get("field") in made.columns,
        columns=sorted(made.columns.items(), key=lambda one: (len(one[1]), one[1])),
        kept=bring.KEPT // timedelta(hours=1), states=states(),
    )  # fmt: skip


def _worth_showing(made: Report) -> list[report.Row]:
    """What somebody has to look at first: refused, then what moves, then the rest; by row in each."""
    order = {word: n for n, word in enumerate(("refused", *report.MOVING, "not_shared", "unchanged"))}
    return sorted(made.rows, key=lambda row: (order[row.outcome], row.row))


@pages.get("/files/<upload_id>/report.csv")
def table(upload_id: str) -> Response:
    upload = _mine(upload_id)
    text = "Row,Outcome,Title,What to know\r\n" + watch.as_csv(report.from_data(upload.report or {}))
    name = {"Content-Disposition": "attachment; filename=report.csv"}
    return Response(text.encode("utf-8-sig"), mimetype="text/csv; charset=utf-8", headers=name)


@pages.post("/files/<upload_id>/<any(apply, drop, say):decision>")
def act(upload_id: str, decision: str) -> AnyResponse:
    upload = _mine(upload_id)
    try:
        if decision == "apply":
            upload = bring.apply(hub(), upload_id, request.form.get("look", ""), me().id)
            flash(*_said(upload))
        elif decision == "drop":
            bring.drop(hub(), upload_id)
            flash(_("It is dropped. Nothing of it is kept."), "status")
            return redirect(url_for("files.page"), 303)
        else:
            bring.say(hub(), upload_id, request.form.get("say", "ticked"))
    except (ConnectorError, bring.NotNow, Moved) as error:
        flash(tell(str(error)), "problem")
    return redirect(url_for("files.look", upload_id=upload_id), 303)


def _said(upload: Upload) -> tuple[str, str]:
    if upload.state == "applied":
        return _("Done. This is what it did."), "status"
    if upload.state == "held":
        return _("It waits for an admin: %(why)s", why=tell(upload.error or "")), "problem"
    return tell(upload.error or "") or _("It was not applied. Try again."), "problem"


@pages.post("/files/<door>/take")
def take(door: str) -> Response:
    """A sheet to import there: what is new since this person's last one, or all that is open."""
    if door not in doors():
        abort(404)
    made = hand_out.take_away(hub(), door, me().id, request.form.get("which") == "all")
    xlsx = request.form.get("kind") == "xlsx"
    content = hand_out.as_xlsx(made) if xlsx else hand_out.as_csv(made)
    day = hub().time.now().strftime("%Y-%m-%d")
    file = f"{door}-{day}.{'xlsx' if xlsx else 'csv'}"
    headers = {"Content-Disposition": f"attachment; filename={file}"}
    return Response(content, mimetype=XLSX if xlsx else "text/csv; charset=utf-8", headers=headers)


def words() -> dict[str, str]:
    return {
        "new": _("new"),
        "changed": _("changed"),
        "withdrawn": _("withdrawn"),
        "joined": _("tied to its opportunity"),
        "unchanged": _("unchanged"),
        "not_shared": _("not shared"),
        "refused": _("refused"),
    }


def states() -> dict[str, str]:
    return {
        "looked": _("waits for you to apply it"),
        "applying": _("is being applied"),
        "applied": _("applied"),
        "held": _("held for an admin"),
        "dropped": _("dropped"),
    }

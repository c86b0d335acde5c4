"""Connections with their runs, and what one run changed."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub import access
from hub.jobs import due
from hub.store import lists, runs
from hub.web import standing
from hub.web.guard import hub, me, my_connections, the_connection
from schemas.fields import UnknownPath, spec

pages = Blueprint("connections", __name__)
RUNS = 50


@pages.get("/connections")
def all() -> str:
    connections, now = my_connections(me()), hub().time.now()
    with hub().reading() as conn:
        found = [
            (s, standing.of_connection(s, connections.get(s.row.id), now))
            for s in lists.standings(conn, connections, 1)
        ]
    return render_template("connections.html", found=found, configs=connections, sentence=standing.sentence)


@pages.get("/connections/<name>")
def one(name: str) -> str:
    config = the_connection(name)
    with hub().reading() as conn:
        found = lists.standings(conn, [name], RUNS)
    if not found:
        abort(404)
    word = standing.of_connection(found[0], config, hub().time.now())
    return render_template(
        "connection.html", config=config, standing=found[0], word=word, of_run=standing.of_run, sentence=standing.sentence,
        calls=standing.calls(found[0]), may_act=access.may(me(), "connections.act"), member=hub().config.members[config.member].name,
    )  # fmt: skip


@pages.post("/connections/<name>/<any(run, pause, resume):action>")
def act(name: str, action: str) -> Response:
    the_connection(name)
    try:
        {"run": due.run_now, "pause": due.pause, "resume": due.resume}[action](hub(), name, me().id)
        said = {"run": _("It runs next."), "pause": _("It is paused."), "resume": _("It goes on.")}[action]
        flash(said, "status")
    except ValueError as error:
        flash(str(error), "problem")
    return redirect(url_for("connections.one", name=name), 303)


@pages.get("/runs/<run_id>")
def run(run_id: str) -> str:
    with hub().reading() as conn:
        found = runs.get(conn, run_id)
        if found is None:
            abort(404)
        config = the_connection(found.connection_id)
        changes = lists.changes_of_run(conn, run_id)
    open_values = access.sees_values(me(), config)
    return render_template(
        "run.html", run=found, config=config, word=standing.of_run(found), sentence=standing.sentence,
        changes=[_change(row, open_values) for row in changes[: lists.MOST]], more=len(changes) > lists.MOST,
        most=lists.MOST, open_values=open_values,
    )  # fmt: skip


def _change(row: object, open_values: bool) -> tuple[object, dict[str, list[object]]]:
    """An audit row and the values of it that this reader may see."""
    values = getattr(row, "values", None) or {}
    return row, {path: pair for path, pair in values.items() if open_values or _shared(path)}


def _shared(path: str) -> bool:
    try:
        return spec(path).authority != "member" and spec(path).cls != "never"
    except UnknownPath:
        return False

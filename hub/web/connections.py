"""Connections: where each stands, how it is set up, whether it works, what its mapping means, and what its runs did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from connectors.contract import Capabilities, ConnectorError
from hub import access, described
from hub.checks import checks
from hub.config import ConnectionConfig
from hub.jobs import due
from hub.languages import tell
from hub.store import happened, lists, people, runs
from hub.store.tables import Run
from hub.sync import quarantine
from hub.sync.preview import PATIENCE
from hub.web import drawn, listing, mapped, run_page, safety, standing
from hub.web.guard import hub, me, my_connections, the_connection
from hub.web.listing import Column, as_file, listed, taken, wants_file
from hub.web.show import who_did

pages = Blueprint("connections", __name__)
STRIP = 28
RECENT = timedelta(days=90)
LATEST = 30
RECORDS = 3
"""Live examples of a mapping to choose from."""


@pages.get("/connections")
def all() -> Response | str:
    connections, now = my_connections(me()), hub().time.now()
    with hub().reading() as conn:
        linked = lists.linked_records(conn, connections)
        shown = listed(lists.stands(conn, connections), _columns(connections, now, linked))
        if wants_file():
            return as_file(shown, "connections")
        counts = runs.counts_of(conn, [each.runs[0].id for each in shown.rows if each.runs])
    rows = [(each, standing.of_connection(each, connections[each.row.id], now)) for each in shown.rows]
    return render_template(
        "connections.html", list=shown, rows=rows, linked=linked, counts=counts, sentence=standing.sentence
    )


def _columns(configs: Mapping[str, ConnectionConfig], now: datetime, linked: Mapping[str, int]) -> dict[str, Column]:
    def state(each: lists.Standing) -> int:
        return standing.WORST.index(standing.name_of(each, configs.get(each.row.id), now))

    def word(each: lists.Standing) -> str:
        return standing.of_connection(each, configs.get(each.row.id), now).text

    return {
        "name": Column(_("Connection"), lambda each: each.row.id),
        "member": Column(_("Foundation"), lambda each: hub().config.members[each.row.member_id].name),
        "system": Column(_("System"), lambda each: each.row.system),
        "status": Column(_("Status"), state, word),
        "run": Column(_("Last run"), lambda each: each.runs[0].started_at if each.runs else None),
        "linked": Column(_("Linked"), lambda each: linked.get(each.row.id, 0)),
    }


def _of_runs() -> dict[str, Column]:
    return {
        "started": Column(_("Started"), lambda run: run.started_at),
        "status": Column(_("Status"), lambda run: run.state, lambda run: standing.of_run(run).text),
        "what": Column(_("What happened"), None, lambda run: standing.sentence(run.counts)),
        "trigger": Column(_("Started by"), lambda run: run.trigger, lambda run: _(run.trigger)),
    }


@pages.get("/connections/<name>")
def one(name: str) -> Response | str:
    return _page(name)


def _page(name: str, tried: list[object] | None = None) -> Response | str:
    """``tried``: the checks that were just made, where they were."""
    config, now = the_connection(name), hub().time.now()
    first, last = listing.day("first"), listing.day("last")
    ran = runs.Ran(name, request.args.get("state", ""), request.args.get("trigger", ""), *listing.between(first, last))
    with hub().reading() as conn:
        found = lists.standings(conn, [name], STRIP)
        if not found:
            abort(404)
        shown = taken(
            runs.count(conn, ran), partial(runs.listed, conn, ran), _of_runs(), "", ("connections.one", {"name": name})
        )
        if wants_file():
            return as_file(shown, f"runs-of-{name}")
        deeds = happened.to_connection(conn, name, now - RECENT, LATEST)
        today = happened.runs_since(conn, [name], now - drawn.DAY, 2000)
        waiting, persons = happened.hold_of(conn, name), people.names(conn)
    return render_template(
        "connection.html", list=shown, asked=ran, first=first, last=last, states={state: standing.of_state(state) for state in standing.STATES},
        config=config, standing=found[0], word=standing.of_connection(found[0], config, now),
        of_run=standing.of_run, sentence=standing.sentence, calls=standing.calls(found[0]), meter=drawn.meter(found[0]),
        strip=drawn.strip(found[0].runs), day=drawn.day([name], today, deeds, now), deeds=[(d, who_did(d, persons)) for d in deeds],
        may_act=access.may(me(), "connections.act"), member=hub().config.members[config.member].name, tried=tried,
        settings=described.settings(config), sheet=_sheet(name), shared=mapped.shared_with(hub().mapping(name), config, hub().config),
        hold=waiting, at=now,
    )  # fmt: skip


def _sheet(name: str) -> safety.Sheet | str:
    """What the system can do; why it cannot be said, where its settings cannot work. Calls nothing."""
    try:
        connector = hub().connect(name)
    except ConnectorError as error:
        return str(error)
    try:
        can: Capabilities = connector.capabilities
        return safety.sheet(can)
    finally:
        connector.close()


@pages.post("/connections/<name>/<any(run, pause, resume, reread):action>")
def act(name: str, action: str) -> Response:
    the_connection(name)
    deeds = {"run": due.run_now, "pause": due.pause, "resume": due.resume, "reread": due.reread}
    try:
        deeds[action](hub(), name, me().id)
        said = {
            "run": _("It runs next."), "pause": _("It is paused."), "resume": _("It goes on."),
            "reread": _("It runs next, and reads every record."),
        }[action]  # fmt: skip
        flash(said, "status")
    except ValueError as error:
        flash(tell(str(error)), "problem")
    return redirect(url_for("connections.one", name=name), 303)


@pages.post("/connections/<name>/checks")
def check(name: str) -> Response | str:
    """Tried while the reader waits; the answer is the page itself, for nothing of it is kept."""
    the_connection(name)
    return _page(name, list(checks(hub(), name, PATIENCE)))


@pages.get("/connections/<name>/mapping")
def mapping(name: str) -> str:
    config = the_connection(name)
    shown, open_values = hub().mapping(name), access.sees_values(me(), config)
    with hub().reading() as conn:
        found = happened.examples(conn, name, RECORDS) if open_values else []
    chosen = next((pair for pair in found if pair[0].id == request.args.get("record")), found[0] if found else None)
    return render_template(
        "mapping.html", config=config, mapping=shown, rows=mapped.rows(shown, chosen[0].base if chosen else None),
        shared=mapped.shared_with(shown, config, hub().config), records=found, chosen=chosen[0] if chosen else None,
        open_values=open_values,
    )  # fmt: skip


@pages.get("/runs/<run_id>")
def run(run_id: str) -> str:
    found, config = _run(run_id)
    return render_template("run.html", **run_page.shown(found, config, request.args.get("show", "")))


@pages.post("/runs/<run_id>/cancel")
def cancel(run_id: str) -> Response:
    found, _config = _run(run_id)
    try:
        due.cancel(hub(), found, me().id)
        flash(_("It ends after the page or record in hand."), "status")
    except ValueError as error:
        flash(str(error), "problem")
    return redirect(url_for("connections.run", run_id=run_id), 303)


@pages.post("/runs/<run_id>/retry")
def retry(run_id: str) -> Response:
    """What has one cause, all together, of whatever run it was."""
    found, config = _run(run_id)
    if not access.sees_values(me(), config):
        abort(404)
    number = quarantine.retry_cause(hub(), config.name, request.form.get("cause", ""), me().id)
    if number:
        flash(ngettext("%(num)s is tried again with the next run, which begins now.",
                       "%(num)s are tried again with the next run, which begins now.", number), "status")  # fmt: skip
    else:
        flash(_("Nothing of it is left to be tried again."), "status")
    return redirect(url_for("connections.run", run_id=found.id, show="rejected"), 303)


def _run(run_id: str) -> tuple[Run, ConnectionConfig]:
    with hub().reading() as conn:
        found = runs.get(conn, run_id)
    return (found, the_connection(found.connection_id)) if found is not None else abort(404)

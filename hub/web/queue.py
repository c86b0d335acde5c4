"""Needs a person: the queue, and the pages on which one thing of it is settled."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub import access
from hub.commons import asking, recommendations
from hub.commons.ledger import UNNAMED
from hub.commons.view import shows_steward
from hub.store import lists, opportunities, people, questions, waiting
from hub.store import rules as kept_rules
from hub.store.tables import Conflict, Hold, Opportunity
from hub.sync import deletions, following, holds, lookalikes, quarantine, references, resolve, rules, suggestions
from hub.sync.moved import Moved
from hub.web import compared, ruled, typed
from hub.web.guard import hub, me, name_of, own_connections, the_connection
from hub.web.listing import Column, as_file, listed, wants_file
from hub.web.waiting import KINDS, all_of, by_urgency, concerned, kind_names
from schemas.fields import spec
from schemas.values import same

pages = Blueprint("queue", __name__)


SOON = timedelta(days=7)
WITHIN = {"7": timedelta(days=7), "30": timedelta(days=30)}
"""Until when an opportunity closes, for who only wants what is urgent."""


@pages.get("/queue")
def page() -> Response | str:
    kind, ours, within = request.args.get("kind", ""), "ours" in request.args, request.args.get("closing", "")
    today = hub().time.now().date()
    with hub().reading() as conn:
        items = by_urgency(conn, all_of(conn, me()))
    if ours:
        items = [item for item in items if item.mine]
    if within in WITHIN:
        items = [item for item in items if item.closes is not None and item.closes <= today + WITHIN[within]]
    found = listed([item for item in items if kind in ("", item.kind)], _columns())
    if wants_file():
        return as_file(found, "needs-a-person")
    return render_template(
        "queue.html", list=found, kind=kind, kinds=KINDS, ours=ours, within=within, soon=today + SOON, names=kind_names(),
        counts=Counter(i.kind for i in items), may_decide=access.may(me(), "queue.decide_quarantine"),
    )  # fmt: skip


def _columns() -> dict[str, Column]:
    return {
        "closes": Column(_("Closes"), lambda item: item.closes),
        "since": Column(_("Waiting since"), lambda item: item.since),
        "kind": Column(_("Kind"), lambda item: KINDS.index(item.kind), lambda item: kind_names()[item.kind]),
        "text": Column(_("What"), None, lambda item: item.text),
    }


# --- conflicts ---------------------------------------------------------------


@pages.get("/queue/conflicts/<conflict_id>")
def conflict(conflict_id: str) -> str | Response:
    found = _conflict(conflict_id)
    if found is None:
        flash(_("This conflict is resolved already."), "status")
        return redirect(url_for("queue.page"), 303)
    return _conflict_page(found)


@pages.post("/queue/conflicts/<conflict_id>")
def resolve_conflict(conflict_id: str) -> Response | str | tuple[str, int]:
    """Show what a choice would write, then do it. A choice is never lost: whatever fails shows it again."""
    found = _conflict(conflict_id)
    if found is None:
        flash(_("This conflict was resolved meanwhile; nothing was changed by you."), "status")
        return redirect(url_for("queue.page"), 303)
    if not concerned(me(), found.parties, _steward(found), found.path)[1]:
        abort(403)
    chosen, text = request.form.get("choice", ""), request.form.get("other", "")
    try:
        value = _value_of(found, chosen, text)
        planned = resolve.effects(hub(), found.id, value)
    except ValueError as error:
        return _conflict_page(found, chosen, text, problem=str(error)), 422
    rev = request.form.get("rev", type=int)
    if request.form.get("step") != "resolve":
        return _conflict_page(found, chosen, text, planned=planned)
    try:
        resolve.resolve(hub(), found.id, rev or 0, value, me().id, prefer=_preferred(found))
    except Moved as moved:
        now = _conflict(conflict_id)
        if now is None:
            flash(str(moved), "problem")
            return redirect(url_for("queue.page"), 303)
        planned = resolve.effects(hub(), now.id, value)
        return _conflict_page(now, chosen, text, planned=planned, problem=str(moved)), 409
    flash(_("Resolved. It is written with the next sync of each system."), "status")
    return redirect(url_for("opportunities.one", opportunity_id=found.opportunity_id), 303)


def _preferred(found: Conflict) -> tuple[str, str] | None:
    """The standing rule that the form asks for, if its sender may make one."""
    asked = request.form.get("prefer", "")
    if not asked:
        return None
    names = dict(enumerate(rules.candidates(found)))
    if not access.makes_rules(me()) or not asked.isdigit() or int(asked) not in names:
        abort(403)
    return me().member_id, names[int(asked)]


def _conflict(conflict_id: str) -> Conflict | None:
    """One that this person may see and that is open; 404 for what is not theirs."""
    with hub().reading() as conn:
        found = waiting.get_conflict(conn, conflict_id)
    if found is None or not concerned(me(), found.parties, _steward(found), found.path)[0]:
        abort(404)
    return found if found.state == "open" else None


def _steward(found: Conflict) -> str:
    with hub().reading() as conn:
        return opportunities.load(conn, [found.opportunity_id])[found.opportunity_id].steward_id


def _conflict_page(
    found: Conflict, chosen: str = "", text: str = "", planned: list[resolve.Effect] | None = None, problem: str = ""
) -> str:
    with hub().reading() as conn:
        row = opportunities.load(conn, [found.opportunity_id])[found.opportunity_id]
        persons = people.names(conn)
        trials = rules.tried(conn, found, row.steward_id) if access.makes_rules(me()) else []
        following = _next(conn, found)
    own = own_connections(me())
    both = compared.merged(found.base, found.commons, found.parties[0]["value"]) if len(found.parties) == 1 else None
    shown = [
        e for e in resolve.effects(hub(), found.id, found.commons) if e.connection is None or _shows(e, found, own)
    ]
    return render_template(
        "conflict.html", conflict=found, row=row, chosen=chosen, text=text, problem=problem,
        field=spec(found.path), planned=[e for e in planned or [] if e.connection is None or _shows(e, found, own)],
        others=sum(e.writes for e in planned or [] if e.connection is not None and not _shows(e, found, own)),
        previewed=planned is not None, systems=shown, origin=_origin_of(row.origins, found.path, persons),
        choices=_choices(found), options=typed.options(found.path), can_type=typed.can(found.path),
        decides=concerned(me(), found.parties, row.steward_id, found.path)[1],
        steward=_steward_name(row),
        following=following, compared=compared.words, both=both if not text else None,
        kept=found.choice, name=name_of, trials=trials, prefer=request.form.get("prefer", ""),
    )  # fmt: skip


def _next(conn: Connection, found: Conflict) -> str | None:
    """The open conflict after this one that the reader decides; after the last, the first."""
    rows = lists.conflicts(conn, own_connections(me()), access.private(me()))
    ids = [row.id for row in rows if concerned(me(), row.parties, row.steward_id, row.path)[1]]
    place = ids.index(found.id) if found.id in ids else -1
    after = ids[place + 1 :] + ids[:place] if place >= 0 else ids
    return after[0] if after else None


def _steward_name(row: Opportunity) -> str:
    member = hub().config.members.get(row.steward_id)
    return member.name if member is not None and shows_steward(row, me().member_id) else UNNAMED


def _shows(effect: resolve.Effect, found: Conflict, own: dict[str, Any]) -> bool:
    """Own systems, and those whose edit is what the conflict is about."""
    return effect.connection in own or effect.connection in {p["connection"] for p in found.parties}


def _origin_of(origins: dict[str, Any] | None, path: str, persons: dict[str, tuple[str, str]]) -> str:
    origin = (origins or {}).get(path) or {}
    if origin.get("user"):
        return persons.get(origin["user"], ("", ""))[0]
    return name_of(origin["connection"]) if origin.get("connection") else ""


def _choices(found: Conflict) -> list[tuple[str, Any]]:
    """What can be chosen, each value once: the commons' own, then what each party shows."""
    choices: list[tuple[str, Any]] = [("commons", found.commons)]
    for number, party in enumerate(found.parties):
        if found.path == "title" and same("title", party["value"], None):
            continue  # an opportunity needs one
        if not any(same(found.path, party["value"], value) for _key, value in choices):
            choices.append((f"party{number}", party["value"]))
    return choices


def _value_of(found: Conflict, chosen: str, text: str) -> Any:
    if chosen == "other":
        return typed.parse(found.path, text)
    values = {"commons": found.commons} | {f"party{n}": p["value"] for n, p in enumerate(found.parties)}
    if chosen not in values:
        raise ValueError(_("Choose one of the values, or write another."))
    return values[chosen]


# --- holds -------------------------------------------------------------------


def _hold(hold_id: str) -> Hold:
    with hub().reading() as conn:
        found = waiting.get_hold(conn, hold_id)
    if found is None:
        abort(404)
    the_connection(found.connection_id)
    return found


@pages.get("/queue/holds/<hold_id>")
def hold(hold_id: str) -> str:
    found = _hold(hold_id)
    return render_template(
        "hold.html", hold=found, items=(found.items or [])[: lists.MOST], more=len(found.items or []) - lists.MOST,
        counts=Counter(_word(item) for item in found.items or []),
        open_values=found.connection_id in own_connections(me()), word=_word,
        may_decide=found.state == "waiting" and access.may(me(), "queue.decide_hold"),
    )  # fmt: skip


def _word(item: dict[str, Any]) -> str:
    """What one item of a hold is: something that came in, or something that would be written."""
    words = {"create": _("would be created there"), "update": _("would be written there")}
    if item["direction"] == "in":
        return _("came in: ") + _(item["action"])
    return words.get(item["action"]) or _(item["action"])


@pages.post("/queue/holds/<hold_id>/<any(approve, reject):decision>")
def decide_hold(hold_id: str, decision: str) -> Response:
    found = _hold(hold_id)
    try:
        if decision == "approve":
            holds.approve(hub(), found.id, request.form.get("plan", ""), me().id)
            flash(_("Approved: exactly this goes on now."), "status")
        else:
            holds.reject(hub(), found.id, me().id)
            flash(_("Rejected: nothing of it was passed on."), "status")
    except Moved as moved:
        flash(str(moved), "problem")
        return redirect(url_for("queue.page"), 303)
    return redirect(url_for("connections.one", name=found.connection_id), 303)


# --- what is settled right in the list ----------------------------------------


def _row(table: Any, row_id: str) -> Any:
    with hub().reading() as conn:
        row = conn.execute(table.select().where(table.c.id == row_id)).first()
    return row if row is not None else abort(404)


def _mine(connection: str) -> None:
    if connection not in own_connections(me()):
        abort(404)


def _done(said: str, kind: str) -> Response:
    flash(said, "status")
    return redirect(url_for("queue.page", kind=kind), 303)


def _not_done(error: Exception, kind: str) -> Response:
    flash(str(error), "problem")
    return redirect(url_for("queue.page", kind=kind), 303)


@pages.post("/queue/quarantine/<row_id>/<any(retry, ignore):decision>")
def decide_quarantine(row_id: str, decision: str) -> Response:
    _mine(_row(waiting.quarantine, row_id).connection_id)
    try:
        if decision == "retry":
            quarantine.retry(hub(), row_id, me().id)
            return _done(_("It is read again with the next sync."), "quarantine")
        quarantine.ignore(hub(), row_id, me().id)
        return _done(_("Left out for as long as the reason stays the same."), "quarantine")
    except Moved as moved:
        return _not_done(moved, "quarantine")


@pages.post("/queue/deletions/<row_id>/<any(withdraw, keep, restore):decision>")
def decide_deletion(row_id: str, decision: str) -> Response:
    _mine(_row(lists.deletion, row_id).connection_id)
    try:
        if decision == "withdraw":
            deletions.withdraw(hub(), row_id, me().id)
            return _done(_("Withdrawn: elsewhere its status says so with the next sync."), "deletion")
        if decision == "restore":
            deletions.restore(hub(), row_id, me().id)
            return _done(_("It is made anew there with the next sync."), "deletion")
        deletions.keep(hub(), row_id, me().id)
        return _done(_("It stays shared."), "deletion")
    except Moved as moved:
        return _not_done(moved, "deletion")


@pages.post("/queue/references/<row_id>")
def decide_reference(row_id: str) -> Response:
    _mine(_row(waiting.question, row_id).connection_id)
    try:
        references.decide(hub(), row_id, request.form.get("choice", ""), me().id)
        return _done(_("Settled. It is written with the next sync."), "reference")
    except ValueError as error:
        return _not_done(error, "reference")


@pages.post("/queue/matches/<row_id>")
def decide_match(row_id: str) -> Response:
    _mine(_row(waiting.match, row_id).connection_id)
    try:
        lookalikes.decide(hub(), row_id, request.form.get("choice", ""), me().id)
        return _done(_("Settled. It is carried out with the next sync."), "match")
    except (ValueError, Moved) as error:
        return _not_done(error, "match")


# --- rules -------------------------------------------------------------------


@pages.get("/queue/rules")
def rules_page() -> Response | str:
    """What this foundation's people and the configuration decided for good."""
    found = ruled.listing()
    if wants_file():
        return as_file(found, "rules")
    return render_template("rules.html", list=found, may_drop=access.makes_rules(me()))


@pages.post("/queue/rules/<row_id>/drop")
def drop_rule(row_id: str) -> Response:
    if _row(kept_rules.t, row_id).member_id != me().member_id:
        abort(404)
    rules.drop(hub(), row_id, me().id)
    flash(_("Dropped: this field is asked about again."), "status")
    return redirect(url_for("queue.rules_page"), 303)


@pages.post("/queue/recommendations/<opportunity_id>/dismiss")
def dismiss_recommendation(opportunity_id: str) -> Response:
    word = request.form.get("word", "")
    if not recommendations.dismiss(hub(), opportunity_id, me().member_id, me().id, word):
        abort(404)
    return _done(_("It will not come up again unless someone recommends it anew."), "recommendation")


@pages.post("/queue/still-needed/<opportunity_id>/<any(yes, no):decision>")
def decide_still_needed(opportunity_id: str, decision: str) -> Response:
    try:
        if decision == "yes":
            asking.confirm(hub(), opportunity_id, me().member_id, me().id)
            return _done(_("It stays shared. You are asked again in half a year."), "still_needed")
        asking.withdraw(hub(), opportunity_id, me().member_id, me().id)
        return _done(_("Withdrawn: elsewhere its status says so with the next sync."), "still_needed")
    except LookupError:
        abort(404)
    except (Moved, ValueError) as error:
        return _not_done(error, "still_needed")


@pages.post("/queue/suggestions/<row_id>/<any(send, keep, accept, decline, differ):decision>")
def decide_suggestion(row_id: str, decision: str) -> Response:
    row, word = _row(waiting.suggestion, row_id), request.form.get("word", "").strip()
    if decision in ("send", "keep"):
        _mine(row.connection_id)
    else:
        with hub().reading() as conn:
            found = opportunities.load(conn, [row.opportunity_id])[row.opportunity_id]
        if found.steward_id != me().member_id:
            abort(404)
    try:
        match decision:
            case "send":
                suggestions.send(hub(), row_id, me().id, word)
            case "keep":
                suggestions.keep_local(hub(), row_id, me().id)
            case "accept":
                suggestions.accept(hub(), row_id, me().id)
            case "decline":
                suggestions.decline(hub(), row_id, me().id, word)
            case _:
                suggestions.let_differ(hub(), row_id, me().id)
        return _done(_("Done."), "suggestion")
    except Moved as moved:
        return _not_done(moved, "suggestion")


@pages.post("/queue/updates/<row_id>")
def decide_update(row_id: str) -> Response:
    """Whether an imported record follows what changed in the commons."""
    _mine(_row(questions.t, row_id).connection_id)
    rev = request.form.get("rev", type=int) or 0
    try:
        following.answer(hub(), row_id, request.form.get("choice", ""), rev, me().id)
        return _done(_("Done. What you took is written with the next sync."), "update")
    except (ValueError, Moved) as error:
        return _not_done(error, "update")

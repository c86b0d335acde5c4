"""Handing an opportunity over: the offer on its page, and the answer of the one that it is offered to."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub import access
from hub.commons import handover
from hub.commons.imports import Refusal
from hub.commons.ledger import UNNAMED
from hub.commons.view import shows_steward
from hub.store import handovers, opportunities
from hub.store.tables import Handover, Opportunity
from hub.sync.moved import Moved
from hub.web.guard import hub, me

pages = Blueprint("handover", __name__)


@dataclass(frozen=True, slots=True)
class Handing:
    """What the steward's people see on the opportunity's page: the last offer, and to whom it can be offered now."""

    last: Handover | None
    to: list[tuple[str, str]]


def handing(conn: Connection, row: Opportunity) -> Handing | None:
    """None for those who cannot hand it over."""
    if row.steward_id != me().member_id or not access.may(me(), "handover.offer"):
        return None
    last = handovers.newest(conn, row.id)
    told = (
        last if last is not None and last.from_member == row.steward_id and last.state in ("open", "declined") else None
    )
    to = sorted(handover.offerable_to(hub(), row).items(), key=lambda item: item[1])
    return Handing(told, to) if told or to else None


def steward_of(row: Opportunity) -> str:
    """Who shares it, as this reader may know."""
    known = hub().config.members.get(row.steward_id)
    return known.name if known is not None and shows_steward(row, me().member_id) else UNNAMED


@pages.post("/opportunities/<opportunity_id>/hand-over")
def offer(opportunity_id: str) -> Response:
    form = request.form
    try:
        handover.offer(
            hub(), opportunity_id, form.get("member", ""), form.get("word", ""), me().id, me().member_id
        )  # fmt: skip
        flash(_("Offered. Until they accept, nothing changes."), "status")
    except LookupError:
        abort(404)
    except Refusal as error:
        flash(str(error), "problem")
    return redirect(url_for("opportunities.one", opportunity_id=opportunity_id), 303)


@pages.post("/opportunities/<opportunity_id>/hand-over/take-back")
def take_back(opportunity_id: str) -> Response:
    try:
        handover.take_back(hub(), opportunity_id, me().id, me().member_id)
        flash(_("Taken back. It stays yours."), "status")
    except LookupError:
        abort(404)
    except Moved as moved:
        flash(str(moved), "problem")
    return redirect(url_for("opportunities.one", opportunity_id=opportunity_id), 303)


@pages.get("/queue/handovers/<row_id>")
def page(row_id: str) -> str | Response:
    """What accepting would mean, before it is done."""
    with hub().reading() as conn:
        row = handovers.get(conn, row_id)
        if row is None or row.to_member != me().member_id:
            abort(404)
        opportunity = opportunities.load(conn, [row.opportunity_id])[row.opportunity_id]
        if not access.sees_opportunity(me(), opportunity, hub().config.circles):
            abort(404)
    if row.state != "open":
        flash(_("This offer was answered already, or is over."), "status")
        return redirect(url_for("queue.page"), 303)
    return render_template(
        "handover.html", handover=row, row=opportunity, steward=steward_of(opportunity),
        taken_on=handover.taken_on(opportunity), named=opportunity.facts.get("named") is not False,
    )  # fmt: skip


@pages.post("/queue/handovers/<row_id>/<any(accept, decline):decision>")
def decide(row_id: str, decision: str) -> Response:
    word = request.form.get("word", "")
    try:
        if decision == "accept":
            named = {"yes": True, "no": False}.get(request.form.get("named", ""))
            handover.accept(hub(), row_id, word, me().id, me().member_id, named)
            flash(_("You are its steward now. The records that show it hear of it with their next sync."), "status")
        else:
            handover.decline(hub(), row_id, word, me().id, me().member_id)
            flash(_("Declined. Nothing changed."), "status")
    except LookupError:
        abort(404)
    except Refusal as error:
        flash(str(error), "problem")
        return redirect(url_for("handover.page", row_id=row_id), 303)
    except Moved as moved:
        flash(str(moved), "problem")
    return redirect(url_for("queue.page", kind="handover"), 303)

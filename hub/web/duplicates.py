"""Two opportunities that may be one: side by side, and what the reader's foundation says."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub.commons import duplicates
from hub.commons.duplicates import Pair
from hub.commons.imports import Refusal
from hub.store import members, opportunities
from hub.sync.moved import Moved
from hub.web.guard import hub, me
from hub.web.handover import steward_of
from schemas.fields import FIELDS, spec

pages = Blueprint("duplicates", __name__)
UNTOLD = ("id", "version", "page", "created_at", "updated_at", "steward", "named")


@pages.get("/queue/duplicates/<row_id>")
def page(row_id: str) -> str | Response:
    try:
        with hub().reading() as conn:
            pair = duplicates.the_pair(conn, hub(), row_id, me().member_id)
            names = members.names(conn)
            positions = opportunities.commitments(conn, [pair.own.id, pair.other.id])
    except LookupError:
        abort(404)
    if pair.row.state not in ("open", "agreed"):
        flash(_("This question is settled already."), "status")
        return redirect(url_for("queue.page"), 303)
    views = [hub().view(o, positions.get(o.id, {}), me().member_id, names) for o in (pair.own, pair.other)]
    return render_template(
        "duplicate.html", pair=pair, fields=_side_by_side(*views), steward=steward_of(pair.other),
        older=min(pair.own, pair.other, key=lambda o: (o.created_at, o.id)).id, waits=_waits(pair),
    )  # fmt: skip


def _waits(pair: Pair) -> str:
    """Whose answer is wanted: ours, theirs, or nobody's any more (empty)."""
    if pair.row.state == "agreed":
        return ""
    return "theirs" if pair.row.agreed_by == me().member_id and pair.row.seen == pair.seen else "ours"


def _side_by_side(own: dict[str, Any], other: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """What either has, in the order of the schema. A commitment is its member's, whichever stays."""
    place = {path: number for number, path in enumerate(FIELDS)}
    paths = [p for p in own | other if p not in UNTOLD and spec(p).authority != "member"]
    told = sorted((p for p in paths if own.get(p) or other.get(p)), key=lambda p: (place[spec(p).path], p))
    return [(path, own.get(path), other.get(path)) for path in told]


@pages.post("/queue/duplicates/<row_id>/<any(different, merge):decision>")
def decide(row_id: str, decision: str) -> Response:
    form = request.form
    try:
        if decision == "different":
            duplicates.different(hub(), row_id, me().id, me().member_id)
            flash(_("Settled: nobody is asked about these two again."), "status")
        elif duplicates.agree(hub(), row_id, form.get("survivor", ""), form.get("seen", ""), me().id, me().member_id):
            flash(_("Both agree. They are merged as soon as no sync of either is under way."), "status")
        else:
            flash(_("Noted. They are merged when the other steward agrees to the same."), "status")
    except LookupError:
        abort(404)
    except Refusal as error:
        flash(str(error), "problem")
        return redirect(url_for("duplicates.page", row_id=row_id), 303)
    except Moved as moved:
        flash(str(moved), "problem")
        again = url_for("duplicates.page", row_id=row_id) if moved.now else url_for("queue.page")
        return redirect(again, 303)
    return redirect(url_for("queue.page", kind="duplicate"), 303)


@pages.post("/queue/merged/<row_id>/<any(kept, taken):decision>")
def settle(row_id: str, decision: str) -> Response:
    """What a merge left with a foundation that was in both."""
    try:
        duplicates.settle(hub(), row_id, decision, me().id, me().member_id)
        flash(_("Settled."), "status")
    except LookupError:
        abort(404)
    except Moved as moved:
        flash(str(moved), "problem")
    return redirect(url_for("queue.page", kind="merged"), 303)

"""What the reader's foundation shares: what of it is ready, with whom it is, and taking it back or sharing it again."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub import access
from hub.commons import programs, publishing
from hub.store import lists, opportunities
from hub.store.tables import Opportunity
from hub.sync.moved import Moved
from hub.web.guard import hub, me, own_connections
from hub.web.listing import Column, as_file, taken, wants_file
from hub.web.mapped import whom
from hub.web.show import label, words
from schemas.status import STORED

pages = Blueprint("publish", __name__)


@pages.get("/publish")
def page() -> Response | str:
    status = request.args.get("status", "")
    owned = lists.Owned(me().member_id, status if status in STORED else "")
    with hub().reading() as conn:
        found = taken(lists.count_owned(conn, owned), partial(lists.owned, conn, owned), _columns())
        if wants_file():
            return as_file(found, "what-we-share")
        behind = lists.behind(conn, own_connections(me()), [row.id for row in found.rows])
    return render_template(
        "publish.html", list=found, status=owned.status, statuses=[(code, words("status", code)) for code in STORED], lacks=_lacks,
        whom=_whom, behind=behind, may_act=access.may(me(), "publish.act"),
    )  # fmt: skip


def _columns() -> dict[str, Column]:
    return {
        "title": Column(_("Title"), lambda row: row.title),
        "status": Column(_("Status"), lambda row: row.status, lambda row: words("status", row.status)),
        "audience": Column(_("Shared with"), lambda row: row.audience, _whom),
        "lacks": Column(_("Still needs"), None, lambda row: _(", ").join(map(label, _lacks(row)))),
        "changed": Column(_("Last change"), lambda row: row.updated_at),
    }


def _whom(row: Opportunity) -> str:
    return whom(row.audience, hub().config)


def _lacks(row: Opportunity) -> list[str]:
    """Fields that keep it from being shared; nothing of what is shared already."""
    return programs.lacking(hub(), row) if row.status in publishing.BACK else []


@pages.get("/publish/<opportunity_id>")
def look(opportunity_id: str) -> str:
    """What withdrawing it, or sharing it again, would do. Changes nothing."""
    return _page(_own(opportunity_id))


def _page(row: Opportunity, problem: str = "") -> str:
    return render_template("publish_one.html", row=row, lacks=_lacks(row), whom=_whom(row), back=row.status in publishing.BACK, problem=problem)  # fmt: skip


@pages.post("/publish/<opportunity_id>/<any(share, withdraw):decision>")
def act(opportunity_id: str, decision: str) -> Response | tuple[str, int]:
    row = _own(opportunity_id)
    try:
        if decision == "withdraw":
            publishing.withdraw(hub(), row.id, me().member_id, me().id)
            flash(_("Withdrawn: elsewhere its status says so with the next sync."), "status")
        else:
            publishing.publish(hub(), row.id, me().member_id, me().id)
            flash(_("Shared with %(whom)s. Each system hears of it with its next sync.", whom=_whom(row)), "status")
    except LookupError:
        abort(404)
    except Moved as moved:
        flash(str(moved), "problem")
    except ValueError as error:
        return _page(row, str(error)), 422
    return redirect(url_for("publish.page"), 303)


def _own(opportunity_id: str) -> Opportunity:
    with hub().reading() as conn:
        row = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
    return row if row is not None and row.steward_id == me().member_id else abort(404)

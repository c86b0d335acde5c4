"""The three routes of CommonGrants 0.4 for opportunities. Who calls is settled in ``hub.web.guard``, before they run.

Source: the protocol's OpenAPI document, version 0.4.0. Nobody writes here: the protocol knows no writing of opportunities.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from flask import Blueprint, Response, g, request
from sqlalchemy import Connection

from connectors import strict_json
from hub.commons import reading
from hub.commons.names import known_at
from hub.commons.sharing import may_see
from hub.commons.view import shows_steward
from hub.store import lists, merged, opportunities
from hub.store.tables import Opportunity
from hub.web.api.problems import BODY, ProblemFound, json_due
from hub.web.api.wire import written
from hub.web.commongrants import search as asking
from hub.web.guard import hub
from schemas.export import commongrants

pages = Blueprint("commongrants", __name__, url_prefix="/common-grants")
PAGE, MOST = 100, 200
"""Items on a page: the protocol's default, and the most that this hub puts on one, however many are asked for."""
INT32 = 2**31 - 1
NOBODY = ""
"""No member has this id: positions that are hidden are in no projection, not even the reader's own."""


@pages.before_request
def bounded() -> None:
    request.max_content_length = BODY


@pages.get("/opportunities", endpoint="list")
def all_of_them() -> Response:
    """Newest change first."""
    page, size = _page(request.args)
    member, circles = g.token.member_id, hub().config.circles
    with hub().reading() as conn:
        rows = lists.shown(conn, member, circles, (page - 1) * size, size)
        items = _items(conn, [row for row in rows if may_see(row, member, circles)])
        count = lists.count_shown(conn, member, circles)
    return _said("Opportunities fetched", items=items, paginationInfo=_pages(page, size, count))


@pages.get("/opportunities/<opportunity_id>", endpoint="one")
def one(opportunity_id: str) -> Response:
    with hub().reading() as conn:
        row = opportunities.peek(conn, [opportunity_id]).get(opportunity_id)
        there = row is not None and may_see(row, g.token.member_id, hub().config.circles)
        if row is None or not there or not commongrants.projects(row.status) or merged.survivors(conn, [row.id]):
            raise ProblemFound(404, "not-found", "There is no such opportunity for you.")
        [item] = _items(conn, [row])
    return _said("Opportunity fetched", data=item)


@pages.post("/opportunities/search", endpoint="search")
def search() -> Response:
    """The page is in the body; the SDK's client says it in the query, which wins."""
    if request.get_data():
        json_due()
    try:
        body = strict_json.loads(request.get_data() or b"{}", exact=True)
        wanted = asking.read(body)
        page, size = _page(request.args if "page" in request.args else (body or {}).get("pagination") or {})
    except ValueError as error:
        raise ProblemFound(400, "unreadable", str(error)) from None
    member, circles, start = g.token.member_id, hub().config.circles, (page - 1) * size
    with hub().reading() as conn:
        if wanted.listed is not None:
            rows = lists.shown(conn, member, circles, start, size, wanted.listed)
            count = lists.count_shown(conn, member, circles, wanted.listed.kind)
        else:
            ids = _found(conn, wanted)
            known, count = opportunities.peek(conn, ids[start : start + size]), len(ids)
            rows = [known[id] for id in ids[start : start + size]]
        items = _items(conn, [row for row in rows if may_see(row, member, circles)])
    return _said(
        "Opportunities searched", items=items, paginationInfo=_pages(page, size, count),
        sortInfo=wanted.sort_info(), filterInfo=wanted.filter_info(),
    )  # fmt: skip


def _found(conn: Connection, wanted: asking.Search) -> list[str]:
    """All ids in their order: what only the projected form can say is asked of each that the store finds."""
    found = []
    for row, positions in reading.visible(conn, hub(), g.token.member_id, wanted.looking):
        if commongrants.projects(row.status):
            item = _projected(row, hub().view(row, positions, NOBODY, {}), named=False)
            if wanted.fits(item):
                found.append(wanted.place(item))
    found.sort(reverse=wanted.descending)
    return [place[-1] for place in found]


def _items(conn: Connection, rows: list[Opportunity]) -> list[dict[str, Any]]:
    names = known_at(conn, rows, g.token.member_id)
    positions = opportunities.commitments(conn, [row.id for row in rows])
    return [
        _projected(
            row, hub().view(row, positions.get(row.id, {}), NOBODY, names[row.id]), named=shows_steward(row, NOBODY)
        )
        for row in rows
    ]


def _projected(row: Opportunity, view: dict[str, Any], *, named: bool) -> dict[str, Any]:
    modified = (row.shown_at or row.created_at).astimezone(UTC).isoformat()
    today = hub().time.now().date()
    return commongrants.projected(view, row.kind, modified=modified, today=today, named=named)


def _page(given: Any) -> tuple[int, int]:
    found = []
    for name, default in (("page", 1), ("pageSize", PAGE)):
        text = str(given.get(name, default)) if hasattr(given, "get") else ""
        if not (text.isascii() and text.isdigit() and len(text) < 12 and 1 <= int(text) <= INT32):
            raise ProblemFound(400, "bad-page", f"{name} is a whole number from 1 on.")
        found.append(int(text))
    return found[0], min(found[1], MOST)


def _pages(page: int, size: int, count: int) -> dict[str, int]:
    return {"page": page, "pageSize": size, "totalItems": count, "totalPages": -(-count // size)}


def _said(message: str, **parts: Any) -> Response:
    text = written({"status": 200, "message": message} | parts)
    return Response(text, mimetype="application/json")

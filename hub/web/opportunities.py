"""Opportunities as the reader's foundation sees them: a list, a table to take away, one with its fields."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from connectors.spreadsheet.formula import marked
from hub import access
from hub.commons import opening, reading, recommendations, since
from hub.commons.findable import registered
from hub.commons.imports import Refusal
from hub.commons.ledger import lines as who_is_in
from hub.commons.looked_for import in_words
from hub.commons.names import known_here
from hub.store import bookmarks, finding, links, lists, members, opportunities, people
from hub.store.tables import Link, Opportunity
from hub.sync import restore
from hub.sync.moved import Moved
from hub.web import conversation, importing, ledger
from hub.web.guard import hub, me, own_connections
from hub.web.handover import handing
from hub.web.listing import csv_of
from hub.web.looking import SIZES, asked, listed, looking
from hub.web.show import label, words
from hub.web.typed import named as codes_named
from schemas.codes import CODES
from schemas.completeness import Completeness, completeness, missing_to_publish
from schemas.fields import FIELDS, UnknownPath, spec
from schemas.status import STORED
from schemas.when import over

pages = Blueprint("opportunities", __name__)
PAGE = 50
PIECE = 65_536
ANOTHER = ""
"""No member has this id: whoever reads with it sees what all may see that it is shared with."""
COLUMNS = (
    "title",
    "status",
    "steward",
    "organization.name",
    "themes",
    "geographies",
    "ask.requested",
    "totals.gap",
    "page",
)


def _views(
    conn: Connection, found: list[Opportunity], names: dict[str, str]
) -> Iterator[tuple[Opportunity, dict[str, Any]]]:
    user = me()
    positions = opportunities.commitments(conn, [row.id for row in found])
    for row in found:
        if access.sees_opportunity(user, row, hub().config.circles):
            yield row, hub().view(row, positions.get(row.id, {}), access.private(user), names)


@pages.get("/opportunities")
def all() -> str | tuple[str, int]:
    """What the address looks for. What cannot be looked for is said beside the form, and nothing is listed."""
    found, page = asked(request.args), min(max(1, request.args.get("page", 1, type=int)), 10_000)
    size = request.args.get("size", PAGE, type=int)
    size = size if size in SIZES else PAGE
    wanted, member, circles = looking(found), me().member_id, hub().config.circles
    with hub().reading() as conn:
        names = members.names(conn)
        if found.problems:
            there, count = list[Opportunity](), 0
        else:
            there, count = finding.page(conn, member, circles, wanted, (page - 1) * size, size)
        rows = list(_views(conn, there, names))
        marked_by_me = bookmarks.of(conn, me().id, [row.id for row, _view in rows])
    shown = render_template(
        "opportunities.html", rows=rows, count=count, most=finding.MOST, targets=importing.targets(), page=page,
        pages=max(1, -(-min(count, finding.MOST) // size)), size=size, sizes=SIZES, asked=found, pairs=found.pairs,
        listed=listed(found), stewards=sorted(names.items(), key=lambda item: item[1]), statuses=[(code, words("status", code)) for code in STORED],
        lists={codes: codes_named(codes) for codes in CODES}, words_of=in_words(found.criteria, names), inboxes=importing.inboxes(), marked=marked_by_me,
        at=hub().time.now(),
    )  # fmt: skip
    return (shown, 422) if found.problems else shown


@pages.get("/opportunities.csv")
def table() -> Response:
    """The list as the filters have it, safe to open in a spreadsheet program."""
    found, user = asked(request.args), me()
    if found.problems:
        abort(400, " ".join(found.problems.values()))

    def rows() -> Iterator[str]:
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([label(path) for path in COLUMNS])
        with hub().reading() as conn:
            names = members.names(conn)
            for row, positions in reading.visible(conn, hub(), user.member_id, looking(found)):
                view = hub().view(row, positions, access.private(user), names)
                writer.writerow([marked(words(path, view.get(path))) for path in COLUMNS])
                if out.tell() > PIECE:
                    yield out.getvalue()
                    out.seek(0)
                    out.truncate()
        yield out.getvalue()

    return csv_of(stream_with_context(rows()), "opportunities")


@pages.get("/opportunities/<opportunity_id>")
def one(opportunity_id: str) -> str:
    user, own = me(), own_connections(me())
    with hub().reading() as conn:
        row = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if row is None or not access.sees_opportunity(user, row, hub().config.circles):
            abort(404)
        names, persons = known_here(conn, row, user.member_id), people.names(conn)
        positions = opportunities.commitments(conn, [row.id]).get(row.id, {})
        offers = handing(conn, row)
        tied = [link for link in links.of(conn, row.id) if link.connection_id in own]
        past = lists.history(conn, row.id)
        marked_by_me = bool(bookmarks.of(conn, user.id, [row.id]))
        talk = conversation.shown(conn, row)
    opening.noted(hub(), row, access.private(user))
    view = hub().view(row, positions, access.private(user), names)
    mine = positions.get(access.private(user))
    origins = (row.origins or {}) | ((mine.origins or {}) if mine else {})
    fields = [
        (path, view[path], _origin(origins.get(path), names, persons), _different(tied, path))
        for path in _order(view)
        if _different(tied, path) or (path != "title" and view[path] not in (None, "", [], {}))
    ]
    there = {link.connection_id for link in tied if link.state != "stopped"}
    targets = [name for name in importing.targets() if name not in there] if row.status == "published" else []
    shown = ledger.shown(row, view, positions, names, [link.connection_id for link in tied if link.state == "linked"])
    return render_template(
        "opportunity.html", row=row, view=view, fields=fields, links=tied, history=_history(row, past, names, persons),
        targets=targets, follow_words=importing.follow_words(), follows=lambda link: _imported(row, link),
        advice=_advice(row), steward=names.get(row.steward_id), restorable=_restorable(row), ledger=shown,
        recommend_to=_recommend_to(row), handing=offers, talk=talk, vetting=_vetting(view), ours=row.steward_id == user.member_id,
        marked=marked_by_me, registered=[tuple(one.split(":", 1)) for one in registered(row.facts)],
    )  # fmt: skip


def _imported(row: Opportunity, link: Link) -> bool:
    """Whether it is an imported record that this reader may have follow the commons or not."""
    return link.state != "stopped" and row.steward_id != me().member_id and access.may(me(), "importing.follow")


def _restorable(row: Opportunity) -> Callable[[Any], list[str]]:
    """For a line of the history: the fields that this reader may take back to what they were before it."""
    allowed, member = access.may(me(), "opportunities.restore"), me().member_id

    def paths(line: Any) -> list[str]:
        return [
            path
            for path, pair in (line.values or {}).items()
            if allowed and pair[0] is not None and restore.restorable(line, path, member, row.steward_id)
        ]

    return paths


@pages.get("/opportunities/<opportunity_id>/history/<int:line>/<path:path>")
def past(opportunity_id: str, line: int, path: str) -> str:
    """What taking a value back would do, before it is done."""
    row = _restorable_row(opportunity_id, line, path)
    now, then = restore.preview(hub(), line, path)
    return render_template("past.html", row=row, path=path, now=now, then=then)


@pages.post("/opportunities/<opportunity_id>/history/<int:line>/<path:path>", endpoint="restore")
def take_back(opportunity_id: str, line: int, path: str) -> AnyResponse:
    _restorable_row(opportunity_id, line, path)
    try:
        restore.restore(hub(), line, path, me().id, me().member_id)
        flash(_("Taken back. It is written with the next sync of each system."), "status")
    except Moved as moved:
        flash(str(moved), "problem")
    return redirect(url_for("opportunities.one", opportunity_id=opportunity_id), 303)


def _restorable_row(opportunity_id: str, line_id: int, path: str) -> Opportunity:
    """404 for a line that is not there or not this reader's to take back."""
    with hub().reading() as conn:
        row = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        line = next((line for line in lists.history(conn, opportunity_id) if line.id == line_id), None)
    if row is None or line is None or not restore.restorable(line, path, me().member_id, row.steward_id):
        abort(404)
    return row


def _advice(row: Opportunity) -> tuple[list[str], Completeness] | None:
    """For the steward's own people: what keeps a draft from being published, and what to add next."""
    if row.steward_id != me().member_id:
        return None
    facts = row.facts | {"kind": row.kind}
    basis = bool(hub().config.members[row.steward_id].lawful_basis) if row.steward_id in hub().config.members else False
    lacking = list(missing_to_publish(facts, basis)) if row.status in ("draft", "withdrawn") else []
    return lacking, completeness(facts)


@pages.get("/opportunities/<opportunity_id>/as-others-see-it")
def as_others(opportunity_id: str) -> str:
    """For the steward's own people: what a member that it is shared with will see, before and after publishing."""
    with hub().reading() as conn:
        row = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if row is None or row.steward_id != me().member_id:
            abort(404)
        names = known_here(conn, row, ANOTHER)
        positions = opportunities.commitments(conn, [row.id]).get(row.id, {})
    view = hub().view(row, positions, ANOTHER, names)
    fields = [(path, view[path]) for path in _order(view) if view[path] not in (None, "", [], {}) and path != "title"]
    lines, parts = who_is_in(positions, ANOTHER, names), ledger.bar(view)
    return render_template(
        "as_others.html",
        row=row,
        view=view,
        fields=fields,
        ledger=ledger.Ledger(lines, parts, ledger.least(view)),
        vetting=_vetting(view),
    )


def _recommend_to(row: Opportunity) -> list[tuple[str, str]]:
    """Members that this reader may recommend it to, by name."""
    if not access.may(me(), "opportunities.recommend"):
        return []
    return sorted(recommendations.recommendable_to(hub(), row, me().member_id).items(), key=lambda item: item[1])


@pages.post("/opportunities/<opportunity_id>/recommend")
def recommend(opportunity_id: str) -> AnyResponse:
    form = request.form
    try:
        recommendations.recommend(
            hub(), opportunity_id, form.get("member", ""), form.get("note", ""), me().id, me().member_id
        )
        flash(_("They find it under what needs a person."), "status")
    except LookupError:
        abort(404)
    except Refusal as error:
        flash(str(error), "problem")
    return redirect(url_for("opportunities.one", opportunity_id=opportunity_id), 303)


def _vetting(view: dict[str, Any]) -> tuple[str, bool] | None:
    """The level of vetting in words, and whether it lapsed."""
    if not view.get("vetting.level"):
        return None
    today = hub().time.now().date()
    return words("vetting.level", view["vetting.level"]), over(view.get("vetting.valid_until"), today)


def _order(view: dict[str, Any]) -> list[str]:
    """In the order of the schema; what is keyed (registration numbers) after its kin."""
    place = {path: number for number, path in enumerate(FIELDS)}
    return sorted((path for path in view if path != "page"), key=lambda path: (place[spec(path).path], path))


def _origin(origin: dict[str, Any] | None, names: dict[str, str], persons: dict[str, tuple[str, str]]) -> str:
    """Where a value came from. Another foundation is named, its connections and people are not."""
    if not origin:
        return _("the hub")
    if origin.get("token"):
        return _("a program of %(member)s", member=names.get(origin.get("member", ""), _("another foundation")))
    config = hub().config.connections.get(origin.get("connection") or "")
    if origin.get("user"):
        name, member = persons.get(origin["user"], (_("a person"), ""))
        return name if member == me().member_id else names.get(member, _("another foundation"))
    if config is None:
        return str(origin.get("connection") or _("the hub"))
    return config.name if config.member == me().member_id else names.get(config.member, _("another foundation"))


def _different(tied: list[Link], path: str) -> list[tuple[str, str]]:
    """``(connection, why)`` where a system of ours holds another value."""
    reasons = {
        "keep": _("differs here; kept local"),
        "suggest": _("differs here; suggested"),
        "rejected": _("differs here; the change was rejected"),
        "loop": _("differs here; the system keeps changing it back, so it is written no more"),
        "asked": _("differs here; whether it follows waits for your answer"),
        "left": _("differs here; it does not follow this change"),
    }
    found = [(link.connection_id, (link.differs or {}).get(path)) for link in tied]
    kept = [(name, reasons.get(why, why)) for name, why in found if why]
    refused = [
        (link.connection_id, str((link.unholdable or {})[path])) for link in tied if path in (link.unholdable or {})
    ]
    return kept + refused + [found for link in tied for found in _otherwise(link, path)]


def _otherwise(link: Link, path: str) -> list[tuple[str, str]]:
    """A value that was written and that its system shows in its own way (cut, rounded, in capitals, or not at all)."""
    mapping = hub().mapping(link.connection_id)
    part = next((part for part in mapping.fields if part.path == path and part.writes), None)
    if part is None or not (link.sent or {}).keys() & set(part.columns) or path in (link.differs or {}):
        return []
    shown = words(path, mapping.read(link.base or {}).values.get(path)) or _("nothing")
    return [(link.connection_id, _("written, and shown there as “%(value)s”", value=shown))]


def _history(
    opportunity: Opportunity, past: Any, names: dict[str, str], persons: dict[str, tuple[str, str]]
) -> list[tuple[Any, str, dict[str, list[Any]]]]:
    """What this reader may know of what happened: facts of everyone since it was there for the reader, all of them for its
    steward; systems and commitments of its own."""
    own, result, whole = own_connections(me()), [], opportunity.steward_id == me().member_id
    for row, before, after in since.there(opportunity, past, me().member_id, hub().config.circles):
        ours = row.connection_id in own or row.member_id == access.private(me())
        if not ours and (not (after or whole) or (row.connection_id is not None and row.direction == "out")):
            continue
        values = {path: pair for path, pair in (row.values or {}).items() if ours or _fact(path)}
        if not (before or whole or ours):
            values = {path: [None, pair[1]] for path, pair in values.items()}
        hands = values.pop("steward_id", None) or (row.values or {}).get("steward_id")
        if hands and hands[0] is not None:
            values["steward"] = [names.get(member, member) for member in hands]
        if not ours and not values:
            continue
        kind, _sep, name = row.actor.partition(":")
        origin = {kind: name, "member": row.member_id} if kind in ("user", "connection", "token") else None
        result.append((row, _origin(origin, names, persons), values))
    return result


def _fact(path: str) -> bool:
    try:
        return spec(path).authority == "steward" and spec(path).cls != "never"
    except UnknownPath:
        return False

"""Who is in, a picture of what is asked and what is still open, and the form for the reader's own position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from hub import access
from hub.commons import ledger, positions, rates
from hub.commons.ledger import Line
from hub.languages import tell
from hub.store import rates as stored_rates
from hub.store.tables import Commitment, Opportunity
from hub.web import typed
from hub.web.guard import hub, me
from hub.web.show import label, words

pages = Blueprint("ledger", __name__)
PARTS = ("paid", "committed", "pledged", "secured", "open")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the bar. ``start`` and ``length`` in thousandths of the whole; ``text`` its amount in words."""

    name: str
    start: int
    length: int
    text: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the section shows. ``form``: each path of the own position with what is typed there now, empty where this
    reader states none; ``elsewhere``: own connections that report the position as well; ``least`` as in the function of that name."""

    lines: list[Line]
    parts: list[Part]
    least: tuple[str, str, str] | None = None
    form: dict[str, str] = field(default_factory=dict)
    hidden: bool = False
    elsewhere: list[str] = field(default_factory=list)


def shown(
    row: Opportunity, view: Mapping[str, Any], commitments: Mapping[str, Commitment], names: Mapping[str, str],
    linked: list[str],
) -> Ledger:  # fmt: skip
    """``linked``: the reader's own connections that have a record of it."""
    member = access.private(me())
    mine = commitments[member].facts if member in commitments else {}
    form = {}
    if access.may(me(), "ledger.state"):
        form = {path: _as_typed(path, mine.get(path)) for path in positions.PATHS}
    said = any(mine.get(path) for path in ("commitment.stage", "commitment.amount"))
    hidden = said and mine.get("commitment.visibility") not in ledger.DISCLOSED
    reporting = [name for name in linked if _reports(name)]
    return Ledger(ledger.lines(commitments, member, names), bar(view), least(view), form, hidden, reporting)


def least(view: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """``(least, most, day)`` of what is open, where other currencies would count at the rates of a day."""
    with hub().reading() as conn:
        found = stored_rates.latest(conn)
    if found is None:
        return None
    left = rates.least_open(view, found[1])
    return (words("ask.requested", left), words("totals.gap", view["totals.gap"]), found[0]) if left else None


def bar(view: Mapping[str, Any]) -> list[Part]:
    """The parts of what is asked, in its own currency; more than asked stretches the whole."""
    ask = view.get("ask.requested")
    if not ask or Decimal(ask["amount"]) <= 0:
        return []
    currency = ask["currency"]
    secured = view.get("ask.secured_elsewhere.amount")
    sums = {name: _in(currency, view.get(f"totals.{name}") or []) for name in ("paid", "committed", "pledged")}
    sums["committed"] -= sums["paid"]  # the totals count what is paid as committed as well
    sums["secured"] = _in(currency, [secured] if secured else [])
    sums["open"] = max(Decimal(ask["amount"]) - sum(sums.values()), Decimal(0))
    whole, start, parts = sum(sums.values()), Decimal(0), []
    for name in PARTS:
        if sums[name] > 0:
            money = {"amount": format(sums[name], "f"), "currency": currency}
            end = start + sums[name]
            left, right = round(1000 * start / whole), round(1000 * end / whole)
            parts.append(Part(name, left, max(right - left, 1), words("ask.requested", money)))
            start = end
    return parts


def _in(currency: str, moneys: list[Mapping[str, str]]) -> Decimal:
    return sum((Decimal(m["amount"]) for m in moneys if m["currency"] == currency), Decimal(0))


def _as_typed(path: str, value: Any) -> str:
    if path == "commitment.amount" and value:
        return f"{value['amount']} {value['currency']}"
    if path == "commitment.date" and value:
        return str(value.get("date") or "")
    return str(value or "")


def _reports(connection: str) -> bool:
    """Whether this system says something of the position itself."""
    return any(part.reads and part.path in positions.PATHS for part in hub().mapping(connection).fields)


@pages.post("/opportunities/<opportunity_id>/position", endpoint="state")
def state_position(opportunity_id: str) -> AnyResponse:
    """Nothing is stored of a form with one field that cannot be read; it is said which."""
    values: dict[str, Any] = {}
    back = redirect(url_for("opportunities.one", opportunity_id=opportunity_id, _anchor="ledger"), 303)
    for path in positions.PATHS:
        name = path.removeprefix("commitment.")
        if name in request.form:
            try:
                values[path] = typed.parse(path, request.form[name])
            except ValueError as error:
                flash(f"{label(path)}: {tell(str(error))}", "problem")
                return back
    try:
        moved = positions.state(hub(), opportunity_id, me().member_id, values, me().id)
    except LookupError:
        abort(404)
    if not moved:
        flash(_("Nothing was changed."), "status")
    elif values.get("commitment.visibility") in ledger.DISCLOSED:
        flash(_("Stored. Others see it as you chose."), "status")
    else:
        flash(_("Stored. Nobody outside your foundation sees it before you show it."), "status")
    return back

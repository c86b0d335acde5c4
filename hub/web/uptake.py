"""Does it work: one page, and the same as a table to take away, for who runs the commons and who convenes it."""

from __future__ import annotations

import csv
import io
from datetime import date

from flask import Blueprint, Response, render_template
from flask_babel import format_date
from flask_babel import gettext as _

from connectors.spreadsheet.formula import marked
from hub.commons import uptake
from hub.commons.uptake import ACTORS, LEAST, Line, Reached, Table
from hub.web.guard import hub, me
from hub.web.listing import csv_of

pages = Blueprint("uptake", __name__)


@pages.get("/does-it-work")
def page() -> str:
    return render_template(
        "uptake.html", found=_found(), words=_words(), months=_months, share=_share, days=_days, least=LEAST,
        actors=ACTORS, all_of_it="operator" in me().roles,
    )  # fmt: skip


@pages.get("/does-it-work.csv")
def table() -> Response:
    """Safe to open in a spreadsheet program."""
    found, words, out = _found(), _words(), io.StringIO()
    writer = csv.writer(out)
    columns = [column for step in uptake.STEPS for column in (words[step], _("days since the step before it (median)"))]
    writer.writerow([_("first month"), _("last month"), words["shared"], *columns])
    for line in [*found.lines, *([found.total] if found.total else [])]:
        cells = [text for step in uptake.STEPS for text in (_number(line.steps[step]), _plain(line.steps[step].days))]
        row = [f"{line.first:%Y-%m}", f"{line.last:%Y-%m}", str(line.shared), *cells]
        writer.writerow([marked(text) for text in row])
    return csv_of([out.getvalue()], "does-it-work")


def _found() -> Table:
    """Who runs the whole hub counts all of it; who recommends counts what their member may see."""
    user = me()
    with hub().reading() as conn:
        reader = None if "operator" in user.roles else user.member_id
        return uptake.table(uptake.ways(conn, hub().config.circles, reader))


def _words() -> dict[str, str]:
    return {"shared": _("Shared"), "opened": _("Opened"), "taken_up": _("Taken up"), "pledged": _("Pledged")}


def _months(line: Line) -> str:
    first, last = _month(line.first), _month(line.last)
    return first if first == last else _("%(first)s to %(last)s", first=first, last=last)


def _month(day: date) -> str:
    return str(format_date(day, "LLLL yyyy"))


def _number(reached: Reached) -> str:
    return _("by fewer than %(number)s members", number=ACTORS) if reached.number is None else str(reached.number)


def _share(reached: Reached, line: Line) -> str:
    """How many, and how many in a hundred."""
    if reached.number is None:
        return _number(reached)
    return _("%(number)s (%(percent)s%%)", number=reached.number, percent=round(100 * reached.number / line.shared))


def _plain(days: float | None) -> str:
    return "" if days is None else f"{days:g}"


def _days(reached: Reached) -> str:
    return "" if reached.days is None else _("half of them within %(days)s days", days=_plain(reached.days))

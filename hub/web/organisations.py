"""One nonprofit under its registration numbers: what of it the reader may see."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from sqlalchemy import Connection

from hub import access
from hub.commons.criteria import Criteria
from hub.commons.findable import registered, registration
from hub.store import finding, members, opportunities
from hub.store.finding import Looking
from hub.store.tables import Opportunity
from hub.web.guard import hub, me

pages = Blueprint("organisations", __name__)
SHOWN = 100
NUMBERS = 20
"""Registration numbers of one organisation that are followed."""
ABOUT = (
    "organization.local_name",
    "organization.country",
    "organization.website",
    "organization.mission",
    "organization.legal_form",
)


@pages.get("/organisations/<register>/<number>")
def one(register: str, number: str) -> str:
    """What carries this number, and what carries another number of the same organisation as these say it. Where the reader may
    see nothing of it, there is no such organisation."""
    asked, user = registration(register, number), me()
    if not asked:
        abort(404)
    with hub().reading() as conn:
        rows, numbers = _gathered(conn, asked)
        names = members.names(conn)
        positions = opportunities.commitments(conn, [row.id for row in rows])
        found = [(row, hub().view(row, positions.get(row.id, {}), access.private(user), names)) for row in rows]
    if not rows:
        abort(404)
    said = {path: next((r.facts[path] for r in rows if r.facts.get(path)), None) for path in ABOUT}
    called = list(dict.fromkeys(name for row in rows if (name := row.facts.get("organization.name"))))
    return render_template(
        "organisation.html", rows=found, most=SHOWN, numbers=[tuple(n.split(":", 1)) for n in numbers],
        called=called or [asked], about=[(path, value) for path, value in said.items() if value], asked=asked,
    )  # fmt: skip


def _gathered(conn: Connection, asked: str) -> tuple[list[Opportunity], list[str]]:
    """Opportunities, the newest change first, and all the numbers that they carry."""
    found: dict[str, Opportunity] = {}
    numbers, looked = [asked], 0
    while looked < min(len(numbers), NUMBERS):
        looking = Looking(Criteria(organization=numbers[looked]), sort="newest")
        for row in finding.find(conn, me().member_id, hub().config.circles, looking, 0, SHOWN):
            if access.sees_opportunity(me(), row, hub().config.circles):
                found[row.id] = row
                numbers += [one for one in registered(row.facts) if one not in numbers]
        looked += 1
    rows = sorted(found.values(), key=lambda row: row.updated_at, reverse=True)
    return rows[:SHOWN], numbers

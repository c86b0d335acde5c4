"""What was decided for good, as a list: by the configuration, and by people from a conflict."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from hub import access
from hub.store import people, rules
from hub.store.tables import Opportunity, Rule
from hub.web.guard import hub, me, name_of, own_connections
from hub.web.listing import Column, Listing, listed
from hub.web.show import label


@dataclass(frozen=True, slots=True)
class Decided:
    """Before whom somebody's word on a field goes, the first first. ``rule`` is None where the configuration says so. ``over``:
    the opportunity whose conflict it was made from, where the reader may see it."""

    path: str
    names: tuple[str, ...]
    rule: Rule | None = None
    by: str = ""
    over: Opportunity | None = None


def listing() -> Listing:
    """Of the reader's foundation; the configuration, which wins, first."""
    own = own_connections(me())
    with hub().reading() as conn:
        made, persons = rules.all_of(conn, [me().member_id]), people.names(conn)
        over = rules.made_from(conn, [rule.conflict_id for rule in made if rule.conflict_id])
    circles = hub().config.circles
    seen = {id: row for id, row in over.items() if access.sees_opportunity(me(), row, circles)}
    lines = [
        Decided(path, tuple(map(name_of, names)))
        for path, names in hub().config.rules.items()
        if any(name in own for name in names)
    ]
    lines += [
        Decided(
            rule.path, (name_of(rule.connection_id),), rule, persons.get(rule.created_by or "", ("", ""))[0],
            seen.get(rule.conflict_id or ""),
        )
        for rule in made
    ]  # fmt: skip
    return listed(lines, _columns())


def _columns() -> dict[str, Column]:
    return {
        "field": Column(_("Field"), lambda each: label(each.path)),
        "prefers": Column(_("Prefers"), lambda each: _(" before ").join(each.names)),
        "made": Column(_("Made"), lambda each: each.rule.created_at if each.rule else None),
        "by": Column(_("By"), lambda each: each.by if each.rule else _("the configuration")),
    }

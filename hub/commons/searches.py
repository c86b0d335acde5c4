"""What people of a member look for again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub.commons import inbox
from hub.commons.criteria import Criteria, posted
from hub.commons.sharing import may_see
from hub.store import audit, dues, finding, opportunities, searches
from hub.store.finding import Looking
from hub.store.tables import Opportunity, SavedSearch

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.app import Hub

FIRST = 50
"""What a new search puts into its inbox of all that is shared already: the newest so many that it finds."""
LONGEST = 80
"""Characters of a name; it stands in every row that the search puts into an inbox."""


def save(
    hub: Hub, member: str, name: str, criteria: Criteria, connection: str | None, user_id: str, actor: str | None = None
) -> str:
    """Keep it, and put what it finds into this inbox, now and whenever something comes. Returns its id. ValueError for a
    name that is none, or a connection that is no inbox of this member. ``actor``: who saves it where that is not the
    person for whom it looks, ``token:ID``."""
    name, now = name.strip(), hub.time.now()
    if not name or len(name) > LONGEST:
        raise ValueError(
            _("A search needs a name of at most %(longest)s characters; it is what you find it by.", longest=LONGEST)
        )
    search = SavedSearch(
        id=hub.ids.uuid7(), member_id=member, name=name, criteria=criteria.as_data(), connection_id=connection,
        created_at=now, created_by=user_id,
    )  # fmt: skip
    into = inbox.inbox_of(hub, search)
    if connection is not None and into is None:
        raise ValueError(_("%(connection)s is no inbox of yours.", connection=connection))
    with hub.writing() as conn:
        searches.add(conn, search, posted(criteria) if into else ())
        audit.write(
            conn, at=now, actor=actor or f"user:{user_id}", action="search saved", member_id=member, connection_id=connection,
            note=name,
        )  # fmt: skip
    if into is not None:
        _fill(hub, search, into.name)
    return search.id


def _fill(hub: Hub, search: SavedSearch, into: str) -> None:
    """What is there already. What is shared from now on comes by itself, so the long look needs no transaction."""
    with hub.reading() as conn:
        there = find(conn, hub, search.member_id, Criteria.of(search.criteria), FIRST)
    with hub.writing() as conn:
        positions = opportunities.commitments(conn, [o.id for o in there])
        for opportunity in opportunities.load(conn, [o.id for o in there]).values():
            if inbox.finds(hub, search, opportunity, positions.get(opportunity.id, {})) and inbox.put(
                conn, hub, opportunity, hub.config.connections[into], [search]
            ):
                dues.add(conn, [into], opportunity.id, hub.time.now())
        dues.wake(conn, [into], hub.time.now())


def drop(hub: Hub, search_id: str, member: str, actor: str) -> bool:
    """Look for it no more; what it has found stays where it is. False where this member has no such search. ``actor``:
    ``user:ID`` or ``token:ID``."""
    with hub.writing() as conn:
        search = searches.get(conn, search_id)
        if search is None or search.member_id != member:
            return False
        searches.drop(conn, search_id)
        audit.write(
            conn, at=hub.time.now(), actor=actor, action="search dropped", member_id=member,
            connection_id=search.connection_id, note=search.name,
        )  # fmt: skip
    return True


def find(conn: Connection, hub: Hub, member: str, criteria: Criteria, most: int) -> list[Opportunity]:
    """The newest published opportunities that this member may see and that are looked for, of other members and its own."""
    looking = Looking(criteria, "published", "newest")
    found = finding.find(conn, member, hub.config.circles, looking, 0, most)
    return [opportunity for opportunity in found if may_see(opportunity, member, hub.config.circles)]

"""Links: which record in which connection is which opportunity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Text, cast, delete, func, select, update

from hub.store.among import is_one_of
from hub.store.engine import dumps
from hub.store.tables import Link
from hub.store.writes import insert_all, update_all

t: Any = Link.__table__  # type: ignore[attr-defined]
FRESH: dict[str, Any] = {
    "remote_id": None, "state": "wanted", "base": None, "sent": None, "agreed": None, "differs": None, "rounds": None,
    "answers": None,
}  # fmt: skip
"""A link whose record is yet to be made."""
_STANDING = tuple(
    t.c[name] for name in (
        "id", "remote_id", "opportunity_id", "remote_version", "seen_scan", "seen_page", "missed_scans", "state", "mapping_digest",
    )
)  # fmt: skip


def _all(conn: Connection, where: Any) -> list[Link]:
    return [Link(**row._mapping) for row in conn.execute(select(t).where(where))]


def by_remote(conn: Connection, connection: str, remote_ids: Sequence[str]) -> dict[str, Link]:
    """Links of these records, by record id."""
    found = _all(conn, (t.c.connection_id == connection) & is_one_of(conn, t.c.remote_id, remote_ids))
    return {link.remote_id: link for link in found if link.remote_id}


def standing(conn: Connection, connection: str, remote_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """``state``, ``base`` and ``missed_scans`` of those that are known; lighter than whole links, for every page asks."""
    where = (t.c.connection_id == connection) & is_one_of(conn, t.c.remote_id, remote_ids)
    query = select(t.c.remote_id, t.c.state, t.c.base, t.c.missed_scans).where(where)
    return {row.remote_id: row for row in conn.execute(query)}


def as_they_stand(conn: Connection, connection: str, digest: str, raws: Mapping[str, Any]) -> dict[str, Row[Any]]:
    """``id``, ``opportunity_id``, ``remote_version``, ``seen_scan``, ``seen_page`` and ``missed_scans`` of the links whose base,
    read by this mapping, is just what their record shows: told by its text, for to take it apart would cost most of what a
    scan costs in which nothing changed. What is the same in another text is not among them."""
    # Asked by record alone: given the state too, SQLite walks along all that is linked, for every page anew.
    here = (t.c.connection_id == connection) & is_one_of(conn, t.c.remote_id, raws)
    query: Any = select(*_STANDING, cast(t.c.base, Text).label("said")).where(here)
    found = conn.execute(query)
    read = ("linked", digest)
    same = (row for row in found if (row.state, row.mapping_digest) == read and row.said == dumps(raws[row.remote_id]))
    return {row.remote_id: row for row in same}


def records(conn: Connection, connection: str) -> Sequence[Row[Any]]:
    """``remote_id``, ``opportunity_id`` and ``base`` of all that has a record in this connection."""
    where = (t.c.connection_id == connection) & t.c.remote_id.is_not(None)
    return conn.execute(select(t.c.remote_id, t.c.opportunity_id, t.c.base).where(where)).all()


def unknown(conn: Connection, connection: str, remote_ids: Sequence[str]) -> list[str]:
    """Those of these records that no link has."""
    where = (t.c.connection_id == connection) & is_one_of(conn, t.c.remote_id, remote_ids)
    known = set(conn.scalars(select(t.c.remote_id).where(where)))
    return [id for id in remote_ids if id not in known]


def by_opportunity(conn: Connection, connection: str, opportunity_ids: Iterable[str]) -> dict[str, Link]:
    """Links of these opportunities in one connection, by opportunity id."""
    found = _all(conn, (t.c.connection_id == connection) & is_one_of(conn, t.c.opportunity_id, opportunity_ids))
    return {link.opportunity_id: link for link in found}


def holders(conn: Connection, opportunity_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Which connections hold each of these, and in which state the link is: ``{opportunity id: {connection: state}}``."""
    found: dict[str, dict[str, str]] = {}
    query = select(t.c.opportunity_id, t.c.connection_id, t.c.state).where(
        is_one_of(conn, t.c.opportunity_id, opportunity_ids)
    )
    for row in conn.execute(query):
        found.setdefault(row.opportunity_id, {})[row.connection_id] = row.state
    return found


def of(conn: Connection, opportunity_id: str) -> list[Link]:
    """All links of one opportunity, in a stable order."""
    return sorted(_all(conn, t.c.opportunity_id == opportunity_id), key=lambda link: link.connection_id)


def get(conn: Connection, link_id: str) -> Link | None:
    return next(iter(_all(conn, t.c.id == link_id)), None)


def add(conn: Connection, *new: Link) -> None:
    insert_all(conn, t, [link.columns() for link in new])


def change(conn: Connection, link_id: str, **values: Any) -> None:
    update_all(conn, t, [{"id": link_id} | values])


def change_all(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Set the same columns of several links; each row has its ``id``."""
    update_all(conn, t, rows)


def creating(conn: Connection, link_ids: Sequence[str]) -> None:
    """A record is about to be made for these."""
    if link_ids:
        conn.execute(update(t).where(t.c.id.in_(link_ids)).values(state="creating"))


def seen(conn: Connection, link_ids: Sequence[str], scan: int, page: int) -> None:
    """These records were there in this scan, on this page of it."""
    if link_ids:
        marks = {"seen_scan": scan, "seen_page": page, "missed_scans": 0}
        conn.execute(update(t).where(is_one_of(conn, t.c.id, link_ids)).values(**marks))


def pages_seen(conn: Connection, connection: str) -> dict[str, int]:
    """``{record id: page}`` on which each linked record was last seen."""
    where = (t.c.connection_id == connection) & (t.c.state == "linked") & t.c.remote_id.is_not(None)
    return {row.remote_id: row.seen_page for row in conn.execute(select(t.c.remote_id, t.c.seen_page).where(where))}


def believe(conn: Connection, connection: str) -> None:
    """Whatever was missed is taken to be there: counting starts over."""
    conn.execute(update(t).where((t.c.connection_id == connection) & (t.c.missed_scans != 0)).values(missed_scans=0))


def absent(conn: Connection, connection: str, scan: int, scans: int) -> dict[str, int]:
    """Linked records that this whole scan did not show, and with it so many in a row, by id with how many it were."""
    where = _not_shown(connection, scan) & (t.c.missed_scans + 1 >= scans)
    return {
        row.remote_id: row.missed_scans + 1
        for row in conn.execute(select(t.c.remote_id, t.c.missed_scans).where(where))
    }


def missed(conn: Connection, connection: str, scan: int) -> None:
    """Count this whole scan for every linked record that it did not show."""
    conn.execute(update(t).where(_not_shown(connection, scan)).values(missed_scans=t.c.missed_scans + 1))


def _not_shown(connection: str, scan: int) -> Any:
    return (t.c.connection_id == connection) & (t.c.state == "linked") & (t.c.seen_scan < scan)


def missed_once(conn: Connection, connection: str) -> bool:
    """Whether the last whole scan was the first that did not show one of the linked records."""
    once = (t.c.connection_id == connection) & (t.c.state == "linked") & (t.c.missed_scans == 1)
    return conn.execute(select(t.c.id).where(once).limit(1)).first() is not None


def count(conn: Connection, connection: str) -> int:
    return int(
        conn.scalar(
            select(func.count()).select_from(t).where((t.c.connection_id == connection) & (t.c.state == "linked"))
        )
        or 0
    )


def forget(conn: Connection, connection: str, opportunity_ids: Iterable[str]) -> None:
    """Links of opportunities that never came to be."""
    conn.execute(delete(t).where((t.c.connection_id == connection) & t.c.opportunity_id.in_(list(opportunity_ids))))

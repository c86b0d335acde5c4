"""What opportunities are found by, kept beside them in their own transaction, and the asking.

The words are told apart and folded by us (``commons.words``) and handed to the database one by one: SQLite's FTS5 and
PostgreSQL's tsvector then know exactly the words that a saved search compares, and their own ways of reading text play no
part. A query is put together of such words alone, so nothing that is typed means anything to the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, cast, column, delete, func, literal_column, select, text, update
from sqlalchemy import table as a_table
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from hub.commons.criteria import Criteria
from hub.commons.findable import Findable, findable, gap
from hub.commons.sharing import Circles
from hub.commons.words import Query, query
from hub.store import tables
from hub.store.among import is_one_of
from hub.store.tables import Commitment, Opportunity
from hub.store.visible import visible
from hub.store.writes import insert_all

t: Any = vars(tables.Finding)["__table__"]
tag: Any = vars(tables.FindingTag)["__table__"]
by: Any = vars(tables.FindingMade)["__table__"]
opportunity: Any = vars(tables.Opportunity)["__table__"]
said: Any = a_table("finding_text", column("rowid"), column("id"), column("said"))
in_fts: Any = a_table("finding_text", *map(column, ("rowid", "title", "organisation", "rest")))
in_vectors: Any = a_table("finding_text", column("id", BigInteger), column("said", TSVECTOR))

COPIED = ("kind", "status", "arriving", "steward_id", "audience")
"""Columns of an opportunity that stand here too; and ``updated_at``, which is when others last saw a change: what nobody else
may know moves nothing in their lists."""
MOST = 2000
"""Nobody counts further than this, nor turns pages; and of what a text finds, so many that changed last are put in the order
of how well it fits."""
AT_ONCE = 500
WEIGHTS = (8.0, 4.0, 1.0)
"""What a word counts in the title, in the organisation's name, elsewhere."""
SORTS = ("best", "newest", "needed", "gap")


@dataclass(frozen=True, slots=True)
class Looking:
    """``sort``: best (how well the text fits; the newest change first where there is no text), newest, needed (the soonest
    from ``today`` on first), gap (the largest first). ``status`` as it is stored; empty for any."""

    criteria: Criteria
    status: str = ""
    sort: str = "best"
    today: str = ""


# --- keeping -------------------------------------------------------------------


def keep(conn: Connection, row: Opportunity, commitments: Mapping[str, Commitment]) -> None:
    """What it is found by, from now on. ``commitments`` are all members' by member id."""
    keep_all(conn, [row], {row.id: commitments})


def keep_all(
    conn: Connection, rows: Sequence[Opportunity], commitments: Mapping[str, Mapping[str, Commitment]]
) -> None:
    """The same for many; ``commitments`` by opportunity."""
    forget(conn, [row.id for row in rows])
    add(conn, rows, commitments)


def add(conn: Connection, rows: Sequence[Opportunity], commitments: Mapping[str, Mapping[str, Commitment]]) -> None:
    """The same for those that nothing was kept of yet."""
    found = {row.id: findable(row, commitments.get(row.id, {})) for row in rows}
    insert_all(conn, t, [_columns(row, found[row.id]) for row in rows])
    kept = select(t.c.opportunity_id, t.c.id).where(is_one_of(conn, t.c.opportunity_id, found))
    ids = {row.opportunity_id: row.id for row in conn.execute(kept)}
    tags = [{"tag": one, "finding_id": ids[id]} for id, what in found.items() for one in sorted(what.tags)]
    insert_all(conn, tag, tags)
    _keep_texts(conn, {ids[id]: what for id, what in found.items()})


def _columns(row: Opportunity, found: Findable) -> dict[str, Any]:
    own = {"opportunity_id": row.id, "currency": found.currency, "amount": found.amount, "gap": found.gap,
           "needed": found.needed}  # fmt: skip
    return own | {name: getattr(row, name) for name in COPIED} | {"updated_at": row.shown_at or row.created_at}


def keep_gap(conn: Connection, row: Opportunity, commitments: Mapping[str, Commitment]) -> None:
    """Somebody's position moved."""
    conn.execute(update(t).where(t.c.opportunity_id == row.id).values(gap=gap(row, commitments)))


def copy(conn: Connection, opportunity_id: str, values: Mapping[str, Any]) -> None:
    """These columns of the opportunity changed."""
    copied = {name: value for name, value in values.items() if name in COPIED}
    copied |= {"updated_at": values["shown_at"]} if values.get("shown_at") else {}
    if copied:
        conn.execute(update(t).where(t.c.opportunity_id == opportunity_id).values(**copied))


def arriving(conn: Connection, run_id: str, becomes: str | None) -> None:
    """What this run brought is another's now, or there for everyone; to be said before the opportunities themselves are."""
    brought = select(opportunity.c.id).where(opportunity.c.arriving == run_id)
    conn.execute(update(t).where(t.c.opportunity_id.in_(brought)).values(arriving=becomes))


def forget(conn: Connection, opportunity_ids: Iterable[str]) -> None:
    ids = list(conn.scalars(select(t.c.id).where(is_one_of(conn, t.c.opportunity_id, opportunity_ids))))
    conn.execute(delete(tag).where(is_one_of(conn, tag.c.finding_id, ids)))
    _forget_text(conn, ids)
    conn.execute(delete(t).where(is_one_of(conn, t.c.id, ids)))


def empty(conn: Connection) -> None:
    """Nothing is found any more, until it is kept again."""
    for table in (tag, said, t):
        conn.execute(delete(table))


def made(conn: Connection) -> int | None:
    """In which way all of it was made; None where it was not."""
    ways = list(conn.scalars(select(by.c.way)))
    return ways[0] if len(ways) == 1 else None


def note_made(conn: Connection, way: int) -> None:
    conn.execute(delete(by))
    conn.execute(by.insert().values(way=way))


def _forget_text(conn: Connection, ids: list[int]) -> None:
    key = said.c.rowid if conn.dialect.name == "sqlite" else said.c.id
    conn.execute(delete(said).where(key.in_(ids)))


def _keep_texts(conn: Connection, found: Mapping[int, Findable]) -> None:
    if conn.dialect.name == "sqlite":
        names = ("title", "organisation", "rest")
        texts = ({"rowid": id} | dict(zip(names, map(" ".join, one.texts), strict=True)) for id, one in found.items())
        insert_all(conn, in_fts, list(texts))
    else:
        insert_all(conn, in_vectors, [{"id": id, "said": _vector(one)} for id, one in found.items()])


def _vector(found: Findable) -> str:
    """Words with their places and weights, as PostgreSQL writes them. Between two texts is a gap, so no phrase crosses it."""
    places: dict[str, list[str]] = {}
    place = 0
    for words, weight in zip(found.texts, "ABD", strict=True):
        for word in words:
            place += 1
            places.setdefault(word, []).append(f"{place}{weight}")
        place += 2
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


# --- asking --------------------------------------------------------------------


def find(
    conn: Connection, member_id: str, circles: Circles, looking: Looking, offset: int, limit: int
) -> list[Opportunity]:
    """What this member may see and is looked for. The caller still asks ``sharing.may_see`` for each."""
    query = _found(conn, member_id, circles, looking).offset(offset).limit(limit)
    return _loaded(conn, list(conn.scalars(query)))


def needed(conn: Connection, opportunity_ids: Iterable[str]) -> dict[str, date]:
    """When each of these closes, or is needed by, where that is known."""
    found: dict[str, date] = {}
    asked = sorted(set(opportunity_ids))
    for start in range(0, len(asked), AT_ONCE):
        there = t.c.opportunity_id.in_(asked[start : start + AT_ONCE]) & t.c.needed.is_not(None)
        rows = conn.execute(select(t.c.opportunity_id, t.c.needed).where(there))
        found |= {row.opportunity_id: date.fromisoformat(row.needed) for row in rows}
    return found


def page(
    conn: Connection, member_id: str, circles: Circles, looking: Looking, offset: int, limit: int
) -> tuple[list[Opportunity], int]:
    """The same with how many there are, at most ``MOST + 1``: who has that many narrows the search down. Asked once for
    both, as telling how many costs what finding them costs."""
    ids = list(conn.scalars(_found(conn, member_id, circles, looking).limit(MOST + 1)))
    return _loaded(conn, ids[offset : min(offset + limit, MOST)]), len(ids)


def _found(conn: Connection, member_id: str, circles: Circles, looking: Looking) -> Select[Any]:
    """Ids in the order that is wished for."""
    asked = _asked(looking.criteria)
    if asked and looking.sort == "best":
        return _best(conn, member_id, circles, looking, asked)
    return _matching(conn, select(t.c.opportunity_id), member_id, circles, looking).order_by(*_order(looking))


def _loaded(conn: Connection, ids: list[str]) -> list[Opportunity]:
    rows = {row.id: row for row in conn.execute(select(opportunity).where(opportunity.c.id.in_(ids)))}
    return [Opportunity(**rows[id]._mapping) for id in ids if id in rows]


def find_after(
    conn: Connection, member_id: str, circles: Circles, looking: Looking, after: str, limit: int
) -> list[Opportunity]:
    """The same in the order of ids, behind ``after``: what is there all along is shown once, whatever comes and goes between
    two pages. To look at only: they are rows, which cost a third of what objects do. The caller still asks
    ``sharing.may_see`` for each."""
    found = _matching(conn, select(t.c.opportunity_id), member_id, circles, looking).where(t.c.opportunity_id > after)
    ids = list(conn.scalars(found.order_by(t.c.opportunity_id).limit(limit)))
    rows: Any = conn.execute(select(opportunity).where(opportunity.c.id.in_(ids)).order_by(opportunity.c.id)).all()
    return rows


def _asked(criteria: Criteria) -> Query | None:
    return query(criteria.text) if criteria.text and not criteria.id else None


def _selects(looking: Looking) -> bool:
    """Whether something is asked by which few are found."""
    criteria = looking.criteria
    return bool(criteria.tagged() or criteria.text or criteria.steward or criteria.audience)


def _order(looking: Looking) -> list[Any]:
    at = t.c.updated_at
    if _selects(looking):
        at = func.coalesce(at, at)  # no index has this, so none is walked from its newest end for the few that fit
    newest = [at.desc(), t.c.opportunity_id]
    match looking.sort:
        case "needed":
            return [t.c.needed.is_(None), t.c.needed < looking.today, t.c.needed, *newest]
        case "gap":
            return [t.c.gap.is_(None), t.c.gap.desc(), *newest]
        case _:
            return newest


def _best(conn: Connection, member_id: str, circles: Circles, looking: Looking, asked: Query) -> Select[Any]:
    """Both databases weigh a word by where it stands; FTS5 also by how rare it is."""
    rank: Any
    if conn.dialect.name == "sqlite":
        rank, newest = func.bm25(literal_column("finding_text"), *WEIGHTS), said.c.rowid
    else:
        weights: Any = literal_column("CAST('{0.125,0.125,0.5,1}' AS float4[])")
        rank, newest = -func.ts_rank(weights, said.c.said, cast(_tsquery(asked), TSQUERY)), t.c.id
    columns = select(t.c.opportunity_id, t.c.id, rank.label("rank"))
    among = _matching(conn, columns, member_id, circles, looking).order_by(newest.desc()).limit(MOST + 1).subquery()
    return select(among.c.opportunity_id).order_by(among.c.rank, among.c.id.desc())


def _matching(conn: Connection, query: Select[Any], member_id: str, circles: Circles, looking: Looking) -> Select[Any]:
    criteria = looking.criteria
    query = query.select_from(t).where(visible(t, t.c.opportunity_id, member_id, circles))
    if looking.status:
        query = query.where(t.c.status == looking.status)
    if criteria.kind:
        query = query.where(t.c.kind == criteria.kind)
    if criteria.id:
        query = query.where(t.c.opportunity_id == criteria.id)
    for tags in criteria.tagged():
        query = query.where(t.c.id.in_(select(tag.c.finding_id).where(tag.c.tag.in_(sorted(tags)))))
    if criteria.steward:
        query = query.where((t.c.steward_id == criteria.steward) & _named(member_id))
    if criteria.audience:
        kind = (
            (t.c.audience == "all") if criteria.audience == "all" else t.c.audience.startswith(f"{criteria.audience}:")
        )
        query = query.where(kind & (t.c.steward_id == member_id))
    if criteria.currency:
        query = query.where(t.c.currency == criteria.currency)
    bounds = ((criteria.amount_from, t.c.amount.__ge__), (criteria.amount_to, t.c.amount.__le__),
              (criteria.gap_from, t.c.gap.__ge__), (criteria.needed_from or None, t.c.needed.__ge__),
              (criteria.needed_to or None, t.c.needed.__le__))  # fmt: skip
    for bound, holds in bounds:
        if bound is not None:
            query = query.where(holds(bound))
    asked = _asked(criteria)
    return query if asked is None else _with_text(conn, query, asked)


def _named(member_id: str) -> Any:
    """Nobody finds by its steward what is shared without its name."""
    shown = opportunity.c.facts["named"].as_boolean().is_not(False) | (opportunity.c.steward_id == member_id)
    return select(opportunity.c.id).where((opportunity.c.id == t.c.opportunity_id) & shown).exists()


def _with_text(conn: Connection, query: Select[Any], asked: Query) -> Select[Any]:
    if not asked:
        return query.where(text("1 = 0"))
    if conn.dialect.name == "sqlite":
        matches = literal_column("finding_text").op("MATCH")(_fts5(asked))
        return query.join(said, said.c.rowid == t.c.id).where(matches)
    wish = cast(_tsquery(asked), TSQUERY)
    return query.join(said, said.c.id == t.c.id).where(said.c.said.op("@@")(wish))


def _fts5(asked: Query) -> str:
    parts = [f'"{" ".join(phrase)}"' for phrase in asked.phrases]
    return " AND ".join([*parts, *([f'"{asked.beginning}"*'] if asked.beginning else [])])


def _tsquery(asked: Query) -> str:
    parts = ["(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in asked.phrases]
    return " & ".join([*parts, *([f"'{asked.beginning}':*"] if asked.beginning else [])])

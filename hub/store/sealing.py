"""Seals over the audit: made by the clock, checked by ``hub audit verify``.

Sealing costs a sync nothing and takes no lock on PostgreSQL. There a line with a lower number may become visible
after one with a higher: what is sealed is what was there before every transaction of that time had ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from hub.store.audit import t
from hub.store.chain import GENESIS, line_digest, seal_digest
from hub.store.engine import reading, writing
from hub.store.tables import Seal

seals: Any = Seal.__table__  # type: ignore[attr-defined]
AT_ONCE = 10_000
"""Lines of one seal at most, so that checking one stays small."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``wrong``: a sentence each; empty is how it has to be. ``last``: the digest to note elsewhere, None without a seal."""

    lines: int
    seals: int
    unsealed: int
    erased: int
    last: str | None
    wrong: list[str]


def seal(engine: Engine, now: datetime) -> str | None:
    """Seal the lines that are there and settled. Returns the newest digest where something was sealed."""
    newest = None
    upto = _settled(engine)
    while True:
        try:
            with writing(engine) as conn:
                before = conn.execute(select(seals).order_by(seals.c.id.desc()).limit(1)).first()
                start = before.upto if before else 0
                within = (t.c.id > start) & (t.c.id <= upto)
                rows = conn.execute(select(t.c.id, t.c.digest).where(within).order_by(t.c.id).limit(AT_ONCE)).all()
                if not rows:
                    return newest
                newest = seal_digest(before.digest if before else GENESIS, ((r.id, r.digest) for r in rows))
                number = (before.id if before else 0) + 1
                values = {"after": start, "upto": rows[-1].id, "lines": len(rows), "digest": newest, "at": now}
                conn.execute(insert(seals).values(id=number, **values))
        except IntegrityError:
            return newest  # another process made this seal


def _settled(engine: Engine) -> int:
    """The last line before which none can appear any more."""
    with reading(engine) as conn:
        last = int(conn.scalar(select(func.max(t.c.id))) or 0)
        if conn.dialect.name == "sqlite" or not last:
            return last  # writers take turns
        upcoming = conn.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"))
    with reading(engine) as conn:
        oldest = conn.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
    return last if int(oldest or 0) >= int(upcoming or 0) else 0  # writes are under way: the next tick tries again


def verify(conn: Connection, expected: str | None = None) -> Verdict:
    """Make every digest anew and compare. ``expected``: the digest of a seal that was noted elsewhere."""
    wrong: list[str] = []
    chain = conn.execute(select(seals).order_by(seals.c.id)).all()
    before, count, unsealed, erased, at = GENESIS, 0, 0, 0, 0
    held: list[tuple[int, str | None]] = []
    for row in _lines(conn):
        count += 1
        erased += bool(row["salt"] and row["salt"].startswith("{"))
        made = line_digest(row, row["salt"])
        if made != row["digest"]:
            wrong.append(f"Line {row['id']} ({row['at']:%Y-%m-%d %H:%M}, {row['action']}) is not as it was written.")
        while at < len(chain) and row["id"] > chain[at].upto:
            before = _check(chain, at, before, held, wrong)
            held, at = [], at + 1
        if at < len(chain):
            held.append((row["id"], made))
        else:
            unsealed += 1
    while at < len(chain):
        before = _check(chain, at, before, held, wrong)
        held, at = [], at + 1
    if expected and all(seal.digest != expected for seal in chain):
        wrong.append("No seal has the digest that you noted: seals after it, or the whole chain, were made anew.")
    return Verdict(count, len(chain), unsealed, erased, chain[-1].digest if chain else None, wrong)


def _check(chain: Any, at: int, before: str, held: list[tuple[int, str | None]], wrong: list[str]) -> str:
    seal = chain[at]
    start = chain[at - 1].upto if at else 0
    if seal.id != at + 1 or seal.after != start:
        wrong.append(f"Seal {seal.id} does not go on from the one before: a seal is missing.")
    if len(held) != seal.lines:
        wrong.append(f"Seal {seal.id} was made over {seal.lines} lines up to line {seal.upto}; there are {len(held)}.")
    elif seal_digest(before, held) != seal.digest:
        wrong.append(f"Seal {seal.id} (up to line {seal.upto}) does not fit its lines.")
    return str(seal.digest)


def _lines(conn: Connection) -> Iterator[dict[str, Any]]:
    for row in conn.execution_options(stream_results=True).execute(select(t).order_by(t.c.id)):
        yield dict(row._mapping)

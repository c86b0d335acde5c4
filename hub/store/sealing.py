"""Seals over the audit: made by the clock, checked by ``hub audit verify``.

Sealing costs a sync nothing and takes no lock on PostgreSQL. There a line with a lower number may become visible
after one with a higher: what is sealed is what was there before every transaction of that time had ended.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from hub.store.audit import t
from hub.store.chain import GENESIS, line_digest, marked, marks, seal_digest
from hub.store.engine import reading, writing
from hub.store.tables import Seal

seals: Any = Seal.__table__  # type: ignore[attr-defined]
AT_ONCE = 10_000
"""Lines of one seal at most, so that making and checking one stays small."""
Lines = list[tuple[int, bytes]]


@dataclass(slots=True)
class Verdict:
    """``wrong``: a sentence each, the first broken line first; empty is how it has to be. ``last``: the digest to note
    elsewhere, None without a seal. ``erased``: lines from which a value was erased."""

    lines: int = 0
    seals: int = 0
    unsealed: int = 0
    erased: int = 0
    last: str | None = None
    wrong: list[str] = field(default_factory=list)


def last(conn: Connection) -> Seal | None:
    row = conn.execute(select(seals).order_by(seals.c.id.desc()).limit(1)).first()
    return Seal(**row._mapping) if row else None


def seal(engine: Engine, now: datetime, patience: float = 0) -> str | None:
    """Seal the lines that are there and settled; wait ``patience`` seconds for those of transactions under way. Returns the
    newest digest where something was sealed."""
    newest = None
    upto = _settled(engine, patience)
    while True:
        with reading(engine) as conn:  # most of the work needs no lock
            before = conn.execute(select(seals).order_by(seals.c.id.desc()).limit(1)).first()
            start = before.upto if before else 0
            within = (t.c.id > start) & (t.c.id <= upto)
            rows = conn.execute(select(t).where(within).order_by(t.c.id).limit(AT_ONCE))
            lines = [(row.id, line_digest(row._mapping)) for row in rows]
        if not lines:
            return newest
        digest = seal_digest(before.digest if before else GENESIS, lines)
        values = {"after": start, "upto": lines[-1][0], "lines": len(lines), "digest": digest, "marks": marks(lines)}
        try:
            with writing(engine) as conn:
                conn.execute(insert(seals).values(id=(before.id if before else 0) + 1, at=now, **values))
        except IntegrityError:
            return newest  # another process made this seal
        newest = digest


def _settled(engine: Engine, patience: float) -> int:
    """The last line before which none can appear any more; 0 where that cannot be said now."""
    with reading(engine) as conn:
        last = int(conn.scalar(select(func.max(t.c.id))) or 0)
        if conn.dialect.name == "sqlite" or not last:
            return last  # writers take turns
        upcoming = conn.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"))
    ends = time.monotonic() + patience
    while True:
        with reading(engine) as conn:
            oldest = conn.scalar(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
        if int(oldest or 0) >= int(upcoming or 0):
            return last
        if time.monotonic() >= ends:
            return 0
        time.sleep(0.05)


def verify(conn: Connection, expected: str | None = None) -> Verdict:
    """Make every digest anew and compare. ``expected``: the digest of a seal that was noted elsewhere."""
    verdict = Verdict()
    chain = conn.execute(select(seals).order_by(seals.c.id)).all()
    before, start = GENESIS, 0
    rows = _lines(conn)
    row = next(rows, None)
    for at, one in enumerate(chain, 1):
        if one.id != at or one.after != start:
            verdict.wrong.append(f"Seal {at} is missing, or another was put in its place.")
        held: Lines = []
        while row is not None and row.id <= one.upto:
            held.append(_look(row, verdict))
            row = next(rows, None)
        if seal_digest(before, held) != one.digest:
            verdict.wrong.append(_broken(one, held))
        before, start = one.digest, one.upto
    while row is not None:
        _look(row, verdict)
        verdict.unsealed += 1
        row = next(rows, None)
    verdict.seals, verdict.last = len(chain), chain[-1].digest if chain else None
    if expected and all(one.digest != expected for one in chain):
        verdict.wrong.append(
            "No seal has the digest that you noted: lines and seals were taken off the end, or all seals were made anew."
        )
    return verdict


def _look(row: Row[Any], verdict: Verdict) -> tuple[int, bytes]:
    verdict.lines += 1
    verdict.erased += bool(row.salt and row.salt.startswith("["))
    return row.id, line_digest(row._mapping)


def _broken(one: Row[Any], held: Lines) -> str:
    """Which line it is that does not fit. Where the marks fit all of them, it is the seal itself."""
    there = {number: digest[:8] for number, digest in held}
    sealed = dict(marked(one.marks)) if len(one.marks) % 16 == 0 else {}
    when = f"sealed {one.at:%Y-%m-%d %H:%M} UTC"
    for number in sorted(there.keys() | sealed.keys()):
        if number not in there:
            return f"Line {number} ({when}) is missing."
        if number not in sealed:
            return f"Line {number} was slipped in among lines that were {when}."
        if there[number] != sealed[number]:
            return f"Line {number} ({when}) is not as it was written."
    return f"Seal {one.id} ({when}) is not as it was made, or the one before it is not."


def _lines(conn: Connection) -> Iterator[Row[Any]]:
    yield from conn.execute(select(t).order_by(t.c.id), execution_options={"yield_per": 1000})

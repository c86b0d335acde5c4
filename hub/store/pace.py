"""The rates of all processes together, kept in PostgreSQL: vendors count calls per base, org or token, whoever makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, extract, func, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError

from connectors.contract import Rate, Unavailable
from connectors.limiter import MARGIN, Throttle, too_long
from hub.store.engine import writing
from hub.store.tables import Pace, PacePlace
from schemas.said import phrase

t: Any = Pace.__table__  # type: ignore[attr-defined]
place: Any = PacePlace.__table__  # type: ignore[attr-defined]

Key = tuple[str, str]
_PAUSE = ""
_NOW = extract("epoch", func.clock_timestamp())
_QUICK = text("SET LOCAL synchronous_commit = off")
"""What a lost second of places costs is a 429; waiting for the disk before every call costs more."""
_TAKE = (
    update(t)
    .where((t.c.scope == bindparam("its_scope")) & (t.c.kind == bindparam("its_kind")))
    .values(taken=t.c.taken + 1, last_at=bindparam("then"))
)


class SharedLimiter:
    """``connectors.limiter.Limits`` for every process on this database, page or worker, on whatever machine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reserve(self, throttle: Throttle, most: float) -> float:
        """Raises ``Unavailable`` where the hub's own database does not answer: what nobody counted must not leave."""
        try:
            with writing(self._engine) as conn:
                return _reserve(conn, throttle, most)
        except DBAPIError as error:
            raise _not_counted(throttle.scope) from error

    def pause(self, scope: str, seconds: float) -> None:
        try:
            with writing(self._engine) as conn:
                conn.execute(_QUICK)
                until = _NOW + literal(seconds)
                new = insert(t).values(scope=scope, kind=_PAUSE, taken=0, paused_until=until)
                longer = {"paused_until": func.greatest(t.c.paused_until, new.excluded.paused_until)}
                conn.execute(new.on_conflict_do_update(index_elements=["scope", "kind"], set_=longer))
        except DBAPIError as error:
            raise _not_counted(scope) from error


def _not_counted(scope: str) -> Unavailable:
    return Unavailable(
        phrase("%(scope)s was not called: the hub's database, which counts the calls, did not answer.", scope=scope)
    )


def _reserve(conn: Connection, throttle: Throttle, most: float) -> float:
    conn.execute(_QUICK)
    rates = {(rate.scope, _kind(rate)): rate for rate in throttle.rates}
    scopes = {throttle.scope, *(rate.scope for rate in throttle.rates)}
    # Whoever waits here for another's transaction must see what that took, so places are read by the next statement.
    found = _locked(conn, [*rates, *((scope, _PAUSE) for scope in scopes)])
    missing = [key for key in rates if key not in found]
    if missing:
        rows = [{"scope": scope, "kind": kind, "taken": 0} for scope, kind in sorted(missing)]
        conn.execute(insert(t).on_conflict_do_nothing(), rows)
        found |= _locked(conn, missing)
    slots = {key: found[key].taken % rate.calls for key, rate in rates.items()}
    now, oldest = _places(conn, slots)
    at = max([now, *(row.paused_until for row in found.values() if row.paused_until is not None)])
    for key, rate in rates.items():
        last = found[key].last_at
        at = max(at, last if last is not None else now)
        if key in oldest:
            at = max(at, oldest[key] + rate.seconds * MARGIN)
    if at - now > most:
        raise too_long(throttle.scope, at - now)
    for (scope, kind), slot in slots.items():
        new = insert(place).values(scope=scope, kind=kind, slot=slot, at=at)
        conn.execute(new.on_conflict_do_update(index_elements=["scope", "kind", "slot"], set_={"at": at}))
        conn.execute(_TAKE, {"its_scope": scope, "its_kind": kind, "then": at})
    return at - now


def _kind(rate: Rate) -> str:
    return f"{rate.calls}/{rate.seconds:g}"


def _locked(conn: Connection, keys: Sequence[Key]) -> dict[Key, Any]:
    """In the order of their keys, so that no two processes wait for each other."""
    these = select(t).where(tuple_(t.c.scope, t.c.kind).in_(keys)).order_by(t.c.scope, t.c.kind).with_for_update()
    return {(row.scope, row.kind): row for row in conn.execute(these)}


def _places(conn: Connection, slots: dict[Key, int]) -> tuple[float, dict[Key, float]]:
    """The database's time now, and when the place was taken that a new one would follow by a whole window."""
    wanted = [and_(place.c.scope == s, place.c.kind == k, place.c.slot == slot) for (s, k), slot in slots.items()]
    now = float(conn.scalar(select(_NOW)) or 0)
    if not wanted:
        return now, {}
    return now, {(row.scope, row.kind): row.at for row in conn.execute(select(place).where(or_(*wanted)))}

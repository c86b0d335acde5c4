"""Erasing a person: out of accounts, mail and history, with the audit's chain as valid as before.

What stands in an opportunity or in a member's system now is that member's to take out: the hub would only read it again
from there. It is reported, with its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, String, cast, func, select

from hub.app import Hub
from hub.store import audit, chain, tables
from hub.store.engine import dumps
from hub.store.sealed import Erasure

OWN = ("kind", "steward_id", "status", "audience")
ASIDE = {"link": "what their own systems show", "opportunity": "opportunities", "commitment": "commitments"}
PLACES = {"audit": "history of values that still stand", "conflict": "conflicts", "suggestion": "suggestions"}


@dataclass(slots=True)
class Erased:
    """How much was erased, and sentences that say what remains and where to take it out."""

    account: bool = False
    values: int = 0
    lines: int = 0
    other: int = 0
    remains: list[str] = field(default_factory=list)


def erase(hub: Hub, person: str, by: str) -> Erased:
    """``person``: an e-mail address, or a name as it is written in records. ValueError where it is too short to mean one.

    All of it is one transaction.
    """
    words = {person.strip().casefold()}
    if len(min(words)) < 5:
        raise ValueError("Give a whole e-mail address or a full name: this would erase what is about others.")
    done = Erased()
    with hub.writing() as conn:
        account = _account(conn, person.strip())
        if account is not None:
            words |= {account.name.casefold()} if len(account.name) >= 5 else set()
            done.account = True
        named = _named(words)
        done.other = _accounts_and_mail(conn, words, account)
        _history(conn, hub, by, named, done)
        done.remains = _remains(conn, words, named)
    return done


def _named(words: set[str]) -> Callable[[Any], bool]:
    def named(value: Any) -> bool:
        text = (value if isinstance(value, str) else dumps(value)).casefold()
        return any(word in text for word in words)

    return named


def _table(model: Any) -> Any:
    return model.__table__


def _account(conn: Connection, email: str) -> Any:
    user = _table(tables.User)
    return conn.execute(select(user).where(func.lower(user.c.email) == email.lower())).first()


def _accounts_and_mail(conn: Connection, words: set[str], account: Any) -> int:
    """The account keeps its id, which the audit names; nothing of the person stays with it."""
    if account is not None:
        user, session = _table(tables.User), _table(tables.Session)
        blank = {"email": f"erased-{account.id}@invalid", "name": "Erased", "password_hash": "", "roles": []}
        conn.execute(user.update().where(user.c.id == account.id).values(active=False, **blank))
        conn.execute(session.delete().where(session.c.user_id == account.id))
    count = 0
    for model, columns in (
        (tables.SignInAttempt, ("email",)),
        (tables.Invitation, ("email", "name")),
        (tables.Message, ("to", "subject", "body")),
    ):
        t = _table(model)
        for word in words:
            hit = func.lower(t.c[columns[0]]).contains(word, autoescape=True)
            for column in columns[1:]:
                hit |= func.lower(t.c[column]).contains(word, autoescape=True)
            count += conn.execute(t.delete().where(hit)).rowcount
    intent, hold = _table(tables.Intent), _table(tables.Hold)
    for word in words:
        done = (intent.c.state != "open") & _holds(intent.c.fields, word)
        count += conn.execute(intent.update().where(done).values(fields={})).rowcount
        past = hold.c.state.not_in(("waiting", "approved")) & _holds(hold.c["items"], word)
        count += conn.execute(hold.update().where(past).values(items=[])).rowcount
    return count


def _holds(column: Any, word: str) -> Any:
    return func.lower(cast(column, String)).contains(word, autoescape=True)


def _history(conn: Connection, hub: Hub, by: str, named: Callable[[Any], bool], done: Erased) -> None:
    erasure = _table(Erasure)
    id = hub.ids.uuid7()
    conn.execute(erasure.insert(), {"id": id, "at": hub.time.now(), "by": by, "values": 0, "open": True})
    t = audit.t
    standing = _standing(conn)
    for row in conn.execute(select(t).order_by(t.c.id)).all():
        current = standing.get(row.id, set())
        free = {path: pair for path, pair in (row.values or {}).items() if path not in OWN}

        def goes(value: Any, keep: list[Any] = [free[p][1] for p in current if p in free]) -> bool:  # noqa: B006
            return named(value) and value not in keep

        if not (any(named(pair) for pair in free.values()) or (row.note and named(row.note))):
            continue
        values, note, salt, count = chain.erase(row.values, row.note, row.salt, goes)
        if count:
            conn.execute(t.update().where(t.c.id == row.id).values(values=values, note=note, salt=salt))
            done.values, done.lines = done.values + count, done.lines + 1
    conn.execute(erasure.update().where(erasure.c.id == id).values(open=False, values=done.values))


def _standing(conn: Connection) -> dict[int, set[str]]:
    """The paths of each line whose values still stand: the commons is rebuilt from them."""
    last: dict[tuple[Any, ...], int] = {}
    for row in conn.execute(select(audit.t).where(audit.t.c.moves).order_by(audit.t.c.id)):
        for path in row.values or {}:
            whose = row.member_id if path.startswith("commitment.") else None
            last[(row.opportunity_id, whose, path)] = row.id
    lines: dict[int, set[str]] = {}
    for (_, _, path), id in last.items():
        lines.setdefault(id, set()).add(path)
    return lines


def _remains(conn: Connection, words: set[str], named: Callable[[Any], bool]) -> list[str]:
    """Every column of every table is looked through, so that nothing is forgotten that was added later."""
    said = []
    opportunity, link = _table(tables.Opportunity), _table(tables.Link)
    for row in conn.execute(select(opportunity)):
        paths = sorted(path for path, value in (row.facts or {}).items() if named(value))
        if paths:
            where = conn.scalars(select(link.c.connection_id).where(link.c.opportunity_id == row.id)).all()
            said.append(
                f"Opportunity {row.id} ({row.steward_id}): {', '.join(paths)}. Take it out there, or in the records of "
                f"{', '.join(sorted(where)) or 'no connection'}; sync, and erase once more."
            )
    for name, t in sorted(tables.SQLModel.metadata.tables.items()):
        if name == "opportunity":
            continue
        hit: Any = None
        for column in t.columns:
            for word in words:
                part = _holds(column, word)
                hit = part if hit is None else hit | part
        count = int(conn.scalar(select(func.count()).select_from(t).where(hit)) or 0)
        if count:
            said.append(f"{count} rows of {name} ({(ASIDE | PLACES).get(name, 'waiting or configured')}).")
    return said

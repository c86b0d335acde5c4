"""Erasing a person: out of accounts, mail and history, with the audit's chain as valid as before.

What stands in an opportunity or in a member's system now is that member's to take out: the hub would only read it again
from there. It is reported, with its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.store import audit, chain, people, written
from hub.store.engine import dumps

OWN = ("kind", "steward_id", "status", "audience")


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
    if len(person.strip()) < 5:
        raise ValueError("Give a whole e-mail address or a full name: this would erase what is about others.")
    done = Erased()
    with hub.writing() as conn:
        account = people.by_any_email(conn, person.strip())
        if account is not None:
            words |= {account.name.casefold()} if len(account.name) >= 5 else set()
            done.account = True
        named = _named(words)
        if account is not None:
            people.erase(conn, account)
        done.other = written.erase(conn, named)
        _history(conn, hub, by, named, done)
        done.remains = written.remains(conn, named)
    written.settle(hub.engine)
    return done


def _named(words: set[str]) -> Callable[[Any], bool]:
    def named(value: Any) -> bool:
        text = (value if isinstance(value, str) else dumps(value)).casefold()
        return any(word in text for word in words)

    return named


def _history(conn: Connection, hub: Hub, by: str, named: Callable[[Any], bool], done: Erased) -> None:
    id = hub.ids.uuid7()
    audit.begin_erasure(conn, id, hub.time.now(), by)
    lines = audit.everything(conn)
    standing = _standing(lines)
    for row in lines:
        current = standing.get(row.id, set())
        free = {path: pair for path, pair in (row.values or {}).items() if path not in OWN}

        def goes(value: Any, keep: list[Any] = [free[p][1] for p in current if p in free]) -> bool:  # noqa: B006
            return named(value) and value not in keep

        if not (any(named(pair) for pair in free.values()) or (row.note and named(row.note))):
            continue
        values, note, salt, count = chain.erase(row.values, row.note, row.salt, goes)
        if count:
            audit.replace(conn, row.id, values, note, salt)
            done.values, done.lines = done.values + count, done.lines + 1
    audit.end_erasure(conn, id, done.values)


def _standing(lines: list[Any]) -> dict[int, set[str]]:
    """The paths of each line whose values still stand: the commons is rebuilt from them."""
    last: dict[tuple[Any, ...], int] = {}
    for row in lines:
        for path in (row.values or {}) if row.moves else ():
            whose = row.member_id if path.startswith("commitment.") else None
            last[(row.opportunity_id, whose, path)] = row.id
    standing: dict[int, set[str]] = {}
    for (_, _, path), id in last.items():
        standing.setdefault(id, set()).add(path)
    return standing

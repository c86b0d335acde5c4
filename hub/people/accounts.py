"""Who may sign in: passwords (argon2id), sessions kept in the database, and a brake on guessing.

Figures follow OWASP's ASVS 5.0 (V6 and V7): 19 MiB and two passes at least, 30 minutes idle, 12 hours in all.

The brake counts in the database, so every process knows it: wrong passwords for one e-mail from one address, all those from one
address, and those for one e-mail from addresses where nobody signed in with it of late. So strangers, however many, neither
guess on nor lock out who comes from where they always come from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub.mail.addresses import plain
from hub.people import break_glass
from hub.people.common_passwords import is_common
from hub.people.roles import ROLES
from hub.store import admission, people
from hub.store.tables import Session, User

if TYPE_CHECKING:
    from argon2 import PasswordHasher
    from sqlalchemy import Connection

    from hub.app import Hub

IDLE = timedelta(minutes=30)
WHOLE = timedelta(hours=12)
BRAKE = timedelta(minutes=15)
TRIES = 10
TRIES_OF_ADDRESS = 100
TRIES_OF_STRANGERS = 100
USUAL = timedelta(days=30)
"""For how long an address is one where somebody usually signs in."""
SHORTEST = 10
COST = {"time_cost": 2, "memory_cost": 19 * 1024, "parallelism": 1}
"""Of one guess, in rounds, KiB and threads: the least that OWASP's Password Storage Cheat Sheet asks of argon2id."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody comes in from: the caller's address, what its browser calls itself in short, and by what way."""

    address: str = ""
    browser: str = ""
    way: str = "password"


class TooManyTries(Exception):
    """Too many wrong passwords of late. Wait a quarter of an hour, then try again."""

    def __str__(self) -> str:
        return str(self.__doc__)


def add_user(hub: Hub, member: str, email: str, name: str, roles: Iterable[str], password: str | None) -> User:
    """Let a person of a member sign in. ValueError for a weak password, an unknown role, a taken address."""
    user = new_user(hub, member, email, name, roles, password)
    with hub.writing() as conn:
        admit(conn, user)
    return user


def new_user(hub: Hub, member: str, email: str, name: str, roles: Iterable[str], password: str | None) -> User:
    """Somebody to be admitted; without a password, by a provider only. It takes a while, for passwords have to be slow to
    try: not inside a transaction."""
    email = plain(email)
    roles = list(dict.fromkeys(roles))
    if "@" not in email:
        raise ValueError(_("%(email)s is no e-mail address.", email=repr(email)))
    if unknown := [role for role in roles if role not in ROLES]:
        raise ValueError(
            _("There is no role %(name)s. Known: %(known)s.", name=repr(unknown[0]), known=", ".join(ROLES))
        )
    if password is not None and len(password) < SHORTEST:
        raise ValueError(
            _("A password needs at least %(shortest)s characters; a few words make a good one.", shortest=SHORTEST)
        )
    if password is not None and is_common(password, (email, name)):
        raise ValueError(
            _("Guessers try this password first. A few words that have nothing to do with each other make a good one.")
        )
    return User(
        id=hub.ids.uuid7(), member_id=member, email=email, name=name, roles=roles,
        password_hash="" if password is None else _hasher().hash(password), created_at=hub.time.now(),
    )  # fmt: skip


def admit(conn: Connection, user: User) -> None:
    """ValueError where somebody signs in with this address already."""
    if people.by_email(conn, user.email):
        raise ValueError(_("%(email)s can sign in already.", email=user.email))
    people.add(conn, user)


def sign_in(hub: Hub, email: str, password: str, address: str, browser: str = "") -> str | None:
    """The token of a new session, or None for a wrong address or password, and for somebody who may not come in by one: all
    take the same time and look the same. Raises ``TooManyTries``."""
    email, now = plain(email), hub.time.now()
    with hub.writing() as conn:  # noted before it is counted: of many at once, no more than may try do
        admission.forget_attempts(conn, now - 2 * BRAKE, now - USUAL)
        number = admission.attempted(conn, email, address, now)
    with hub.reading() as conn:
        here, from_address, from_strangers = admission.failures(conn, email, address, now - BRAKE)
        user = people.by_email(conn, email)
    if here > TRIES or from_address > TRIES_OF_ADDRESS or from_strangers > TRIES_OF_STRANGERS:
        with hub.writing() as conn:
            admission.withdrawn(conn, number)
        raise TooManyTries
    known = user is not None and bool(user.password_hash)
    right = _right(user.password_hash if user is not None and known else _decoy(), password)
    if user is None or not (right and known and user.active and belongs(hub, user) and by_password(hub, user.roles)):
        return None
    with hub.writing() as conn:
        admission.succeeded(conn, number)
        if _hasher().check_needs_rehash(user.password_hash):
            people.change(conn, user.id, password_hash=_hasher().hash(password))
        if hub.config.sign_in.local == "break-glass":
            break_glass.tell(conn, hub, user)
        return open_session(conn, hub, user.id, Visit(address, browser))


def belongs(hub: Hub, user: User) -> bool:
    """Whether this person's member is in the commons still. Who runs the hub stays, whatever became of theirs."""
    return user.member_id in hub.config.members or "operator" in user.roles


def by_password(hub: Hub, roles: Iterable[str]) -> bool:
    """Whether the configuration lets somebody with these roles in by a password of the hub's own."""
    local = hub.config.sign_in.local
    return local == "on" or (local == "break-glass" and "operator" in roles)


def open_session(conn: Connection, hub: Hub, user_id: str, visit: Visit) -> str:
    """The token of a new session; those of anybody that are over go."""
    return _opened(conn, hub, user_id, visit, hub.time.now())


def renewed(conn: Connection, hub: Hub, before: Session) -> str:
    """The token of a session in the place of one that ended because its person's roles changed. It is over when that one would
    have been, and signing out ends what it would have ended."""
    visit = Visit(before.address, before.browser, before.way)
    return _opened(conn, hub, before.user_id, visit, before.created_at)


def _opened(conn: Connection, hub: Hub, user_id: str, visit: Visit, begun: datetime) -> str:
    token, now = hub.ids.token(), hub.time.now()
    admission.forget_sessions(conn, now - IDLE, now - WHOLE)
    row = Session(
        id_hash=digest(token), id=hub.ids.uuid7(), user_id=user_id, address=visit.address, browser=visit.browser,
        way=visit.way, created_at=begun, seen_at=now,
    )  # fmt: skip
    admission.open_session(conn, row)
    return token


def of_people(hub: Hub, conn: Connection, user_ids: Iterable[str]) -> list[Session]:
    """Their sessions that are alive, the last used first."""
    now = hub.time.now()
    return admission.sessions(conn, user_ids, now - IDLE, now - WHOLE)


def who(hub: Hub, token: str) -> User | None:
    """Whose session this is, with the roles of this moment, if it is alive. Using it keeps it alive."""
    now = hub.time.now()
    with hub.reading() as conn:
        found = admission.signed_in(conn, digest(token), now - IDLE, now - WHOLE)
    if found is None or not belongs(hub, found[0]):
        return None
    user, seen = found
    if now - seen > timedelta(minutes=1):  # a write for every page would make readers wait for each other
        with hub.writing() as conn:
            admission.touch(conn, digest(token), user.id, now)
    return user


def sign_out(hub: Hub, token: str) -> str:
    """By what way the session that ends had begun; empty where there was none."""
    with hub.writing() as conn:
        return admission.close_session(conn, digest(token))


def digest(token: str) -> str:
    """What the hub keeps of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _right(hashed: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=COST["time_cost"], memory_cost=COST["memory_cost"], parallelism=COST["parallelism"])


@cache
def _decoy() -> str:
    """What the password of somebody unknown is compared with."""
    return _hasher().hash("nobody's password")

"""Coming in through the identity provider: out with a state that only this browser can bring back, and in as somebody known.

Nobody is let in for having an address. Whoever the provider names by a subject that was seen before is that person; else a
verified e-mail address finds somebody who is there, or invited, once, and the subject is theirs from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.mail.addresses import is_address, plain
from hub.people import accounts, invitations
from hub.people.accounts import Visit, digest
from hub.people.provider import Distrusted, Provider
from hub.store import admission, audit, people
from hub.store.tables import Identity, UnderWay, User

PATIENCE = timedelta(minutes=10)
MOST = 100
"""How many may be under way from one address."""


class NotLetIn(Exception):
    """The provider vouches for somebody whom the hub does not let in. The text is for them."""


class TooMany(Exception):
    """Too many from this address are on the way to the provider. Wait ten minutes, then try again."""


@dataclass(frozen=True, slots=True)
class Came:
    """``token`` of the new session, and where the browser wanted to go."""

    token: str
    onward: str


def set_out(
    hub: Hub, provider: Provider, back: str, browser: str, onward: str, address: str, invitation: str | None = None
) -> str:
    """Where this browser goes, which is known by a random ``browser``; ``invitation`` is the token of one."""
    state, nonce, verifier, now = hub.ids.token(), hub.ids.token(), hub.ids.token(), hub.time.now()
    url = provider.address(back, state, nonce, verifier)
    row = UnderWay(
        state_hash=digest(state), browser_hash=digest(browser), nonce=nonce, verifier=verifier, onward=onward,
        invitation=digest(invitation) if invitation else None, address=address, at=now,
    )  # fmt: skip
    with hub.writing() as conn:
        admission.set_out(conn, row, now - PATIENCE)
        if admission.setting_out(conn, address) > MOST:
            raise TooMany
    return url


def come_back(
    hub: Hub, provider: Provider, back: str, browser: str, given: Mapping[str, str], visit: Visit
) -> Came | None:
    """The session of whom the provider sends back. None for a browser that was not sent, or came back already.
    ``Distrusted``, ``ProviderFailed`` or ``NotLetIn`` where it gets no further."""
    with hub.writing() as conn:
        way = admission.came_back(conn, digest(given.get("state", "")), digest(browser), hub.time.now() - PATIENCE)
    if way is None:
        return None
    provider.check_answer(given)
    if not given.get("code"):
        raise Distrusted("the provider gave no code")
    claims = provider.claims(given["code"], back, way.verifier, way.nonce)
    with hub.writing() as conn:
        return Came(_admitted(conn, hub, provider, claims, way, visit), way.onward)


def _admitted(
    conn: Connection, hub: Hub, provider: Provider, claims: Mapping[str, Any], way: UnderWay, visit: Visit
) -> str:
    issuer, subject = provider.config.issuer, str(claims["sub"])
    user = admission.known_as(conn, issuer, subject)
    if user is None:
        email = _verified_address(provider, claims)
        user = people.by_email(conn, email)
        if user is None:
            return _invited(conn, hub, provider, email, subject, way, visit)
        _bind(conn, hub, issuer, subject, user)
    if not (user.active and accounts.belongs(hub, user)):
        raise NotLetIn(f"{user.email} may not sign in any more. An admin of your foundation can change that.")
    return accounts.open_session(conn, hub, user.id, visit)


def _invited(
    conn: Connection, hub: Hub, provider: Provider, email: str, subject: str, way: UnderWay, visit: Visit
) -> str:
    found = invitations.of_address(conn, hub, email, way.invitation)
    joined = invitations.join(conn, hub, found, visit) if found is not None else None
    if joined is None:
        raise NotLetIn(
            f"{email} has no account here. An admin of your foundation can invite you; if several did, open the link of one."
        )
    _bind(conn, hub, provider.config.issuer, subject, joined[0])
    return joined[1]


def _verified_address(provider: Provider, claims: Mapping[str, Any]) -> str:
    config = provider.config
    email = claims.get(config.email)
    if not isinstance(email, str) or not is_address(plain(email)):
        raise NotLetIn("Your provider does not say what your e-mail address is, so the hub cannot tell who you are.")
    if config.verified and claims.get(config.verified) is not True:
        raise NotLetIn("Your provider does not say that your e-mail address was verified. Verify it there, then try again.")  # fmt: skip
    return plain(email)


def _bind(conn: Connection, hub: Hub, issuer: str, subject: str, user: User) -> None:
    if not user.active:
        return
    if admission.subject_of(conn, issuer, user.id) is not None:
        raise NotLetIn(
            f"{user.email} belonged to somebody else at your provider when it was first used here. If you are the same person, "
            "ask the operator of the hub to let you in anew."
        )
    admission.bind(conn, Identity(issuer=issuer, subject=subject, user_id=user.id, at=hub.time.now()))
    audit.write(
        conn, at=hub.time.now(), actor=f"user:{user.id}", action="known to the provider", member_id=user.member_id,
        note=f"user {user.id}",
    )  # fmt: skip

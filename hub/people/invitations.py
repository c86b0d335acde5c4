"""Inviting somebody to join a member's people: a link that works once, for a week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import format_datetime
from flask_babel import gettext as _
from sqlalchemy import Connection

from hub.app import Hub
from hub.languages import speaking
from hub.mail import sending
from hub.mail.addresses import is_address, plain
from hub.people import accounts, roles
from hub.people.accounts import Visit
from hub.people.membership import entitled, tell_admins
from hub.store import audit
from hub.store import invitations as store
from hub.store import people as kept
from hub.store.tables import Invitation, User

VALID = timedelta(days=7)
A_DAY = 50
"""Invitations that a member may send in a day: the hub is nobody's means to mail strangers."""
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Invited:
    """``link`` is there where the hub sends no mail: whoever invited passes it on, and it is not shown again."""

    email: str
    link: str | None


def invite(hub: Hub, by: str, member: str, email: str, name: str, given: Sequence[str]) -> Invited:
    """ValueError for what cannot be sent or is not the inviter's to give; LookupError for a member that is none of
    their business. An earlier invitation of the same address does not work any more."""
    email, name = plain(email), sending.one_line(name)[:LONGEST_NAME]
    if not is_address(email):
        raise ValueError(_("%(email)s is no e-mail address.", email=repr(email)))
    with hub.writing() as conn:
        everyone = kept.everyone(conn)
        giver = entitled(hub, everyone, by, member)
        roles.check_given(giver, member, (), given)
        if any(user.email == email and user.member_id == member for user in everyone.values()):
            raise ValueError(_("%(email)s can sign in already.", email=email))
        if store.count_since(conn, member, hub.time.now() - timedelta(days=1)) >= A_DAY:
            raise ValueError(_("%(a_day)s people were invited within a day. Go on tomorrow.", a_day=A_DAY))
        return _send(conn, hub, everyone, giver, member, email, name or email.partition("@")[0], given)


def invite_again(hub: Hub, by: str, invitation_id: str) -> Invited:
    """A new link for another week; the old one is void."""
    with hub.writing() as conn:
        everyone = kept.everyone(conn)
        old = _open(conn, invitation_id)
        giver = entitled(hub, everyone, by, old.member_id)
        roles.check_given(giver, old.member_id, (), old.roles)
        return _send(conn, hub, everyone, giver, old.member_id, old.email, old.name, old.roles)


def withdraw(hub: Hub, by: str, invitation_id: str) -> None:
    with hub.writing() as conn:
        everyone = kept.everyone(conn)
        found = _open(conn, invitation_id)
        giver = entitled(hub, everyone, by, found.member_id)
        roles.check_given(giver, found.member_id, (), found.roles)
        store.end(conn, found.id, "withdrawn")
        _line(conn, hub, f"user:{by}", "invitation withdrawn", found)


def opened(hub: Hub, token: str) -> Invitation | None:
    """The invitation that this token opens. None for one that never was, is used, over, or withdrawn, and for one whose
    inviter could not give it any more: all look the same."""
    with hub.reading() as conn:
        found = store.by_token(conn, accounts.digest(token), hub.time.now())
        return found if found is not None and _stands(conn, hub, found) else None


def accept(hub: Hub, token: str, name: str, password: str, visit: Visit = Visit()) -> str | None:  # noqa: B008
    """Join, and the token of the first session; None where ``opened`` says so. ValueError for a weak password, no name,
    or an address that somebody signs in with already: the invitation stays open."""
    name = sending.one_line(name)[:LONGEST_NAME]
    found = opened(hub, token)
    if found is None:
        return None
    if not name:
        raise ValueError(_("Write your name, as your colleagues should see it."))
    if not accounts.by_password(hub, found.roles):
        raise ValueError(_("This hub takes no passwords. Join with your organisation's account."))
    user = accounts.new_user(hub, found.member_id, found.email, name, found.roles, password)
    with hub.writing() as conn:
        if not _stands(conn, hub, found) or not store.end(conn, found.id, "used"):
            return None
        accounts.admit(conn, user)
        _line(conn, hub, f"user:{user.id}", "joined", found)
        return accounts.open_session(conn, hub, user.id, visit)


def join(conn: Connection, hub: Hub, found: Invitation, visit: Visit) -> tuple[User, str] | None:
    """Join without a password, for whom a provider vouches; the new user and the token of the first session. None where
    the invitation does not stand any more."""
    if not _stands(conn, hub, found) or not store.end(conn, found.id, "used"):
        return None
    user = accounts.new_user(hub, found.member_id, found.email, found.name, found.roles, None)
    accounts.admit(conn, user)
    _line(conn, hub, f"user:{user.id}", "joined", found)
    return user, accounts.open_session(conn, hub, user.id, visit)


def of_address(conn: Connection, hub: Hub, email: str, token_hash: str | None) -> Invitation | None:
    """The invitation that is out for this address: the one that its link opened, else the only one."""
    now = hub.time.now()
    found = [row for row in store.for_email(conn, email, now) if _stands(conn, hub, row)]
    linked = [row for row in found if row.token_hash == token_hash]
    return linked[0] if linked else found[0] if len(found) == 1 else None


def _stands(conn: Connection, hub: Hub, found: Invitation) -> bool:
    """An invitation is worth what its inviter could give today: whoever had to go takes what is still out along."""
    giver = kept.by_id(conn, found.by)
    known = found.member_id in hub.config.members
    return known and giver is not None and set(found.roles) <= roles.givable(giver, found.member_id)


def _open(conn: Connection, invitation_id: str) -> Invitation:
    found = store.get(conn, invitation_id)
    if found is None or found.state != "open":
        raise LookupError(invitation_id)
    return found


def _send(
    conn: Connection, hub: Hub, everyone: dict[str, User], giver: User, member: str, email: str, name: str,
    given: Sequence[str],
) -> Invited:  # fmt: skip
    token, now = hub.ids.token(), hub.time.now()
    link = f"{hub.config.public_url.rstrip('/')}/welcome/{token}"
    store.withdraw_for(conn, member, email)
    found = Invitation(
        id=hub.ids.uuid7(), member_id=member, email=email, name=name, roles=[r for r in roles.ROLES if r in given],
        token_hash=accounts.digest(token), by=giver.id, at=now, expires_at=now + VALID,
    )  # fmt: skip
    organisation = hub.config.members[member].name
    with speaking(giver.language):  # nobody knows the guest's yet, and the inviter writes to a colleague
        subject = _("%(name)s invites you to Commons Hub", name=giver.name)
        letter = _letter(giver, organisation, link, found)
    found.message_id = sending.queue(conn, hub, email, subject, letter)
    store.add(conn, found)
    _line(conn, hub, f"user:{giver.id}", "invited", found)
    tell_admins(conn, hub, everyone, giver, member, f"invited {email} as {', '.join(found.roles)}")
    return Invited(email, None if found.message_id else link)


def _letter(giver: User, organisation: str, link: str, found: Invitation) -> str:
    return _(
        "Hello %(guest)s,\n\n"
        "%(name)s invites you to join the people of %(organisation)s in Commons Hub,\n"
        "where foundations share projects that seek co-funders.\n\n"
        "Open this page to choose your password:\n\n%(link)s\n\n"
        "It works once, until %(until)s UTC. If you did not expect this, do nothing.\n",
        guest=sending.one_line(found.name), name=sending.one_line(giver.name), organisation=sending.one_line(organisation),
        link=link, until=format_datetime(found.expires_at, "dd MMMM y, HH:mm"),
    )  # fmt: skip


def _line(conn: Connection, hub: Hub, actor: str, action: str, found: Invitation) -> None:
    """The audit names the invitation, not the person: who it was for stands in a row that can be erased."""
    audit.write(
        conn, at=hub.time.now(), actor=actor, action=action, member_id=found.member_id,
        values={"roles": [None, found.roles]}, note=f"invitation {found.id}",
    )  # fmt: skip

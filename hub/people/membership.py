"""A member's people: which roles they have, and whether they may come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from sqlalchemy import Connection

from hub.app import Hub
from hub.languages import speaking
from hub.mail import sending
from hub.people import roles
from hub.store import admission, audit, people
from hub.store.tables import User


def entitled(hub: Hub, everyone: Mapping[str, User], by: str, member: str) -> User:
    """The person who acts, as of now. LookupError where this member's people are none of their business."""
    giver = everyone.get(by)
    if giver is None or member not in hub.config.members or not roles.manages(giver, member):
        raise LookupError(member)
    return giver


def change_roles(hub: Hub, by: str, user_id: str, given: Sequence[str]) -> None:
    """``given`` are all the roles that the person has from now on; they are signed out everywhere. ValueError where it is not the giver's to decide, or
    nobody would be left to run things; LookupError for a person who is none of their business."""
    with hub.writing() as conn:
        everyone, giver, person = _persons(conn, hub, by, user_id)
        after = [role for role in roles.ROLES if role in given]
        roles.check_given(giver, person.member_id, person.roles, given)
        roles.check_somebody_left(giver, person, after, everyone.values())
        if set(after) == set(person.roles):
            return
        people.change(conn, person.id, roles=after)
        admission.close_sessions(conn, person.id)  # no session outlives the authority that it began with
        _line(conn, hub, giver, person, "roles changed", {"roles": [person.roles, after]})
        tell_admins(conn, hub, everyone, giver, person.member_id, f"made {person.email} {', '.join(after)}")


def deactivate(hub: Hub, by: str, user_id: str) -> None:
    """The person is signed out everywhere and cannot sign in; what they did keeps their name."""
    with hub.writing() as conn:
        everyone, giver, person = _persons(conn, hub, by, user_id)
        roles.check_deactivated(giver, person)
        roles.check_somebody_left(giver, person, (), everyone.values())
        people.change(conn, person.id, active=False)
        admission.close_sessions(conn, person.id)
        _line(conn, hub, giver, person, "deactivated", {"active": [person.active, False]})
        tell_admins(conn, hub, everyone, giver, person.member_id, f"deactivated {person.email}")


def sign_out(hub: Hub, by: str, user_id: str) -> int:
    """The person is signed out everywhere and may sign in again; how many sessions that were."""
    with hub.writing() as conn:
        everyone, giver, person = _persons(conn, hub, by, user_id)
        closed = admission.close_sessions(conn, person.id)
        if closed:
            _line(conn, hub, giver, person, "signed out", {"sessions": [closed, 0]})
            tell_admins(conn, hub, everyone, giver, person.member_id, f"signed {person.email} out everywhere")
        return closed


def end_session(hub: Hub, by: str, user_id: str, session_id: str) -> bool:
    """One browser has to sign in again; whether there was such a session."""
    with hub.writing() as conn:
        everyone, giver, person = _persons(conn, hub, by, user_id)
        closed = admission.close_one(conn, session_id, person.id)
        if closed:
            _line(conn, hub, giver, person, "signed out", {"sessions": [1, 0]})
            tell_admins(conn, hub, everyone, giver, person.member_id, f"ended a session of {person.email}")
        return closed


def reactivate(hub: Hub, by: str, user_id: str) -> None:
    """The person may sign in again with the old password. It gives back all their roles, so they must be one's to give."""
    with hub.writing() as conn:
        everyone, giver, person = _persons(conn, hub, by, user_id)
        roles.check_given(giver, person.member_id, (), person.roles)
        people.change(conn, person.id, active=True)
        _line(conn, hub, giver, person, "reactivated", {"active": [person.active, True]})
        tell_admins(conn, hub, everyone, giver, person.member_id, f"reactivated {person.email}")


def tell_admins(conn: Connection, hub: Hub, everyone: Mapping[str, User], giver: User, member: str, did: str) -> None:
    """A member's admins hear of what somebody did among their people who is not one of them: an operator can open a
    member's door, but not unnoticed."""
    if "admin" in giver.roles and giver.member_id == member:
        return
    for user in everyone.values():
        if user.active and user.member_id == member and "admin" in user.roles:
            with speaking(user.language):
                known = giver.member_id in hub.config.members
                organisation = hub.config.members[giver.member_id].name if known else _("the hub")
                subject = _("A change among your people in Commons Hub")
                body = _(
                    "%(name)s of %(organisation)s, who runs the hub, %(did)s.\n\nYour people: %(link)s\n",
                    name=sending.one_line(giver.name), organisation=sending.one_line(organisation),
                    did=sending.one_line(did), link=f"{hub.config.public_url.rstrip('/')}/people",
                )  # fmt: skip
            sending.queue(conn, hub, user.email, subject, body)


def _persons(conn: Connection, hub: Hub, by: str, user_id: str) -> tuple[dict[str, User], User, User]:
    everyone = people.everyone(conn)
    person = everyone.get(user_id)
    if person is None:
        raise LookupError(user_id)
    return everyone, entitled(hub, everyone, by, person.member_id), person


def _line(conn: Connection, hub: Hub, giver: User, person: User, action: str, values: dict[str, list[object]]) -> None:
    audit.write(
        conn, at=hub.time.now(), actor=f"user:{giver.id}", action=action, member_id=person.member_id, values=values,
        note=f"user {person.id}",
    )  # fmt: skip

"""Who may give which roles to whom: pure rules.

Nobody gives or takes what is beyond their own authority. An admin runs its own member's people; an operator may step in
for any member, which its admins are told of; the roles that reach across members are the operators' alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from flask_babel import gettext as _

if TYPE_CHECKING:
    from hub.store.tables import User

OF_A_MEMBER = ("staff", "officer", "admin")
OF_THE_HUB = ("operator", "convener")
ROLES = (*OF_A_MEMBER, *OF_THE_HUB)


def manages(user: User, member: str) -> bool:
    """Whether this person has any say about a member's people."""
    return bool(givable(user, member))


def givable(user: User, member: str) -> frozenset[str]:
    """The roles that this person may give to, and take from, people of a member."""
    if not user.active:
        return frozenset()
    if "operator" in user.roles:
        return frozenset(ROLES)
    own = "admin" in user.roles and user.member_id == member
    return frozenset(OF_A_MEMBER) if own else frozenset()


def check_given(giver: User, member: str, before: Collection[str], after: Collection[str]) -> None:
    """ValueError where roles would be given or taken that are not the giver's to give, or where none are left."""
    if unknown := [role for role in after if role not in ROLES]:
        raise ValueError(
            _("There is no role %(name)s. Known: %(known)s.", name=repr(unknown[0]), known=", ".join(ROLES))
        )
    if not after:
        raise ValueError(_("Choose at least one role. Somebody who should not come in any more is deactivated."))
    beyond = sorted((set(before) ^ set(after)) - givable(giver, member))
    if beyond:
        raise ValueError(
            _("The role %(value)s is not yours to give or to take. The operator of the hub can.", value=beyond[0])
        )


def check_deactivated(giver: User, person: User) -> None:
    """ValueError where somebody would shut out themselves, or an admin the operator of the hub."""
    if giver.id == person.id:
        raise ValueError(_("You cannot deactivate yourself. Another admin can."))
    if "operator" in person.roles and "operator" not in giver.roles:
        raise ValueError(_("This person runs the hub; only another operator can deactivate them."))


def check_somebody_left(giver: User, person: User, after: Collection[str], everyone: Iterable[User]) -> None:
    """ValueError where ``person``, keeping the roles ``after``, would leave its member without an admin, unless an
    operator means it; or the hub without an operator."""
    others = [user for user in everyone if user.active and user.id != person.id]
    loses = set(person.roles) - set(after) if person.active else set()
    admins = [user for user in others if "admin" in user.roles and user.member_id == person.member_id]
    if "admin" in loses and not admins and "operator" not in giver.roles:
        raise ValueError(_("This is the last admin. Make somebody else an admin first."))
    if "operator" in loses and not any("operator" in user.roles for user in others):
        raise ValueError(_("This is the last operator. Make somebody else an operator first."))

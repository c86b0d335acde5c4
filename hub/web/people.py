"""People: who of a member may come in and do what; and the page on which somebody invited joins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hub import access
from hub.config import MemberConfig
from hub.people import accounts, invitations, membership, roles
from hub.store import admission, outbox, people
from hub.store import invitations as invited
from hub.store.tables import Invitation, Message, User
from hub.web.guard import hub, me
from hub.web.listing import Column, Listing, as_file, listed, wants_file
from hub.web.sessions import this_session
from hub.web.sign_in import let_in, provider
from hub.web.visits import visit

pages = Blueprint("people", __name__)


@dataclass(frozen=True, slots=True)
class Out:
    """An invitation that is out, with what became of its mail."""

    row: Invitation
    by: str
    over: bool
    mail: Message | None


@pages.get("/people")
def page() -> Response | str:
    member = _member(request.args.get("member") or me().member_id)
    if wants_file():
        with hub().reading() as conn:
            return as_file(_listed(member, people.of_members(conn, [member])), "people")
    if wants_file("members-") and "operator" in me().roles:
        members = hub().config.members
        with hub().reading() as conn:
            active = Counter(user.member_id for user in people.of_members(conn, members) if user.active)
        return as_file(_members(member, members.values(), active), "members")
    return _page(member)


def _listed(member: str, found: list[User]) -> Listing:
    columns = {
        "name": Column(_("Name"), lambda person: person.name),
        "email": Column(_("E-mail"), lambda person: person.email),
        "roles": Column(_("Roles"), lambda person: ", ".join(person.roles)),
        "seen": Column(_("Last seen"), lambda person: person.seen_at),
        "access": Column(_("Access"), lambda person: not person.active,
                         lambda person: _("may sign in") if person.active else _("deactivated")),
    }  # fmt: skip
    return listed(
        (user for user in found if user.member_id == member), columns, "", ("people.page", {"member": member})
    )


def _page(
    member: str, made: invitations.Invited | None = None, problem: str = "", typed: Mapping[str, object] | None = None
) -> str:
    now, runs_hub = hub().time.now(), "operator" in me().roles
    with hub().reading() as conn:
        members = hub().config.members if runs_hub else {member: hub().config.members[member]}
        found = people.of_members(conn, members)
        rows = invited.open_ones(conn, member)
        names = people.names(conn)
        signed_in = Counter(row.user_id for row in accounts.of_people(hub(), conn, [u.id for u in found]))
        mails = outbox.by_id(conn, [row.message_id for row in rows if row.message_id])
    out = [Out(r, names.get(r.by, ("", ""))[0], r.expires_at <= now, mails.get(r.message_id or "")) for r in rows]
    active = Counter(user.member_id for user in found if user.active)
    run = {user.member_id for user in found if user.active and "admin" in user.roles}
    return render_template(
        "people.html", member=member, list=_listed(member, found), out=out,
        givable=roles.givable(me(), member), roles=roles.ROLES, role_words=_role_words(), may_go=_may_go,
        members=_members(member, members.values(), active) if runs_hub else None, active=active, run=run, signed_in=signed_in,
        sends=hub().config.mail is not None, made=made, problem=problem, typed=typed or {},
    )  # fmt: skip


def _members(member: str, found: Iterable[MemberConfig], active: Counter[str]) -> Listing:
    columns = {
        "name": Column(_("Member"), lambda one: one.name),
        "active": Column(_("People who may sign in"), lambda one: active[one.id]),
    }
    there = sorted(found, key=lambda one: one.name)
    return listed(there, columns, "members-", ("people.page", {"member": member}))


def _role_words() -> dict[str, str]:
    return {
        "staff": _("shares projects"),
        "officer": _("imports and pledges"),
        "admin": _("runs connections and people"),
        "operator": _("runs the whole hub"),
        "convener": _("recommends to members"),
    }


def _may_go(person: User) -> bool:
    try:
        roles.check_deactivated(me(), person)
    except ValueError:
        return False
    return True


def _member(name: str) -> str:
    """One whose people this person looks after; for anybody else it is not there."""
    if name not in hub().config.members or not roles.manages(me(), name):
        abort(404)
    return name


@pages.post("/people/invite")
def invite() -> Response | str | tuple[str, int]:
    member, form = _member(request.form.get("member") or me().member_id), request.form
    given = form.getlist("role")
    try:
        made = invitations.invite(hub(), me().id, member, form.get("email", ""), form.get("name", ""), given)
    except ValueError as error:
        typed = {"email": form.get("email", ""), "name": form.get("name", ""), "roles": given}
        return _page(member, problem=str(error), typed=typed), 422
    return _made(member, made)


@pages.post("/people/invitations/<invitation_id>/again")
def invite_again(invitation_id: str) -> Response | str:
    member = _of(invitation_id)
    try:
        return _made(member, invitations.invite_again(hub(), me().id, invitation_id))
    except ValueError as error:
        return _back(member, str(error), "problem")


@pages.post("/people/invitations/<invitation_id>/withdraw")
def withdraw(invitation_id: str) -> Response:
    member = _of(invitation_id)
    try:
        invitations.withdraw(hub(), me().id, invitation_id)
    except ValueError as error:
        return _back(member, str(error), "problem")
    return _back(member, _("Withdrawn: its link opens nothing any more."))


@pages.post("/people/<user_id>/roles")
def change_roles(user_id: str) -> Response:
    member, held = _person(user_id)
    mine = roles.givable(me(), member)
    given = {*request.form.getlist("role"), *(role for role in held if role not in mine)}
    with hub().reading() as conn:
        before = admission.session_of(conn, this_session())
    try:
        membership.change_roles(hub(), me().id, user_id, sorted(given))
    except ValueError as error:
        return _back(member, str(error), "problem")
    if user_id == me().id and before is not None:
        # Whoever changed their own has a new session, and all others of theirs are over.
        with hub().writing() as conn:
            token = accounts.renewed(conn, hub(), before)
        at = "board.page" if access.RUNNERS.isdisjoint(given) else "people.page"
        return let_in(token, url_for(at))
    return _back(member, _("Saved. This person has to sign in again."))


@pages.post("/people/<user_id>/sign-out")
def sign_out(user_id: str) -> Response:
    member, _held = _person(user_id)
    membership.sign_out(hub(), me().id, user_id)
    return _back(member, _("Signed out everywhere."))


@pages.get("/people/<user_id>/sessions")
def sessions(user_id: str) -> str:
    """Where somebody is signed in."""
    member, _held = _person(user_id)
    with hub().reading() as conn:
        person, found = people.by_id(conn, user_id), accounts.of_people(hub(), conn, [user_id])
    return render_template("persons_sessions.html", member=member, person=person, sessions=found, this=this_session())


@pages.post("/people/<user_id>/sessions/<session_id>/end")
def end_session(user_id: str, session_id: str) -> Response:
    _person(user_id)
    if not membership.end_session(hub(), me().id, user_id, session_id):
        abort(404)
    flash(_("Ended: that browser has to sign in again."), "status")
    return redirect(url_for("people.sessions", user_id=user_id), 303)


@pages.post("/people/<user_id>/<any(deactivate, reactivate):decision>")
def set_active(user_id: str, decision: str) -> Response:
    member, _held = _person(user_id)
    try:
        if decision == "deactivate":
            membership.deactivate(hub(), me().id, user_id)
            return _back(member, _("Deactivated, and signed out everywhere."))
        membership.reactivate(hub(), me().id, user_id)
        return _back(member, _("This person can sign in again."))
    except ValueError as error:
        return _back(member, str(error), "problem")


def _person(user_id: str) -> tuple[str, list[str]]:
    """The member of a person whom one looks after, and the roles held."""
    with hub().reading() as conn:
        found = people.by_id(conn, user_id)
    return (_member(found.member_id), found.roles) if found is not None else abort(404)


def _of(invitation_id: str) -> str:
    with hub().reading() as conn:
        found = invited.get(conn, invitation_id)
    return _member(found.member_id) if found is not None and found.state == "open" else abort(404)


def _made(member: str, made: invitations.Invited) -> Response | str:
    """A link to pass on is shown in the answer itself: nothing keeps it, so it cannot be shown again."""
    if made.link is not None:
        return _page(member, made=made)
    return _back(member, _("An invitation is on its way to %(email)s.", email=made.email))


def _back(member: str, said: str, kind: str = "status") -> Response:
    flash(said, kind)
    return redirect(url_for("people.page", member=None if member == me().member_id else member), 303)


# --- joining -------------------------------------------------------------------


@pages.get("/welcome/<token>")
def welcome(token: str) -> str | tuple[str, int]:
    """Looking at the page changes nothing: mail scanners open links too."""
    found = invitations.opened(hub(), token)
    return _void() if found is None else _welcome(found, found.name)


@pages.post("/welcome/<token>")
def join(token: str) -> Response | str | tuple[str, int]:
    found = invitations.opened(hub(), token)
    name, password = request.form.get("name", ""), request.form.get("password", "")
    if found is None:
        return _void()
    if password != request.form.get("again", ""):
        return _welcome(found, name, _("The two passwords are not the same.")), 422
    try:
        session = invitations.accept(hub(), token, name, password, visit("joining"))
    except ValueError as error:
        return _welcome(found, name, str(error)), 422
    return _void() if session is None else let_in(session, url_for("board.page"))


def _welcome(found: Invitation, name: str, problem: str = "") -> str:
    by = provider()
    return render_template(
        "welcome.html", invitation=found, name=name, problem=problem, provider=by.config.title if by else "",
        token=(request.view_args or {}).get("token", ""), form=accounts.by_password(hub(), found.roles),
    )  # fmt: skip


def _void() -> tuple[str, int]:
    text = _("It was used already, or its week is over, or it was withdrawn. Ask whoever invited you for another.")
    return render_template("problem.html", title=_("This invitation is not valid"), text=text), 404

"""The mails of the conversation: who gets one, and what it says.

A mail tells no more than the page does to the same reader. What a stranger wrote stands behind ``>``, so that it cannot pass
for words of the hub's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub.commons.ledger import UNNAMED
from hub.languages import speaking
from hub.mail import sending
from hub.mail.sending import Beside, one_line
from hub.people import wishes
from hub.store import people, talk
from hub.store.tables import Opportunity, Post, Thread, User

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.app import Hub


def post(
    conn: Connection, hub: Hub, row: Opportunity, thread: Thread, said: Post, writer: User | None, member: str, to: str
) -> None:
    """Mail a message to the other side: to those who take part there already, else to those who look after such things.
    ``member``: the writer's, by the name that it has there. ``to``: the member that is written to."""
    who = member if writer is None or member == UNNAMED else f"{writer.name}, {member}"
    address = writer.email if writer is not None and said.contact else None
    title, page = one_line(row.title), f"{hub.page(row.id)}#conversation"
    text = "\n".join(f"> {one_line(line)}".rstrip() for line in said.text.splitlines())
    for person, wish_link in _readers(conn, hub, thread, row, to):
        with speaking(person.language):
            subject, opening = _words(said.kind, title, one_line(who))
            body = (
                f"{opening}\n\n"
                + (f"{text}\n\n" if text else "")
                + f"{_way(address)}\n\n{page}\n\n-- \n{_ending(wish_link)}"
            )
        beside = Beside(
            reply_to=address, unsubscribe=wish_link, thread=thread.id, about=(row.id,), reader=person.member_id
        )
        sending.queue(conn, hub, person.email, subject, body, beside)


def contact(conn: Connection, hub: Hub, row: Opportunity, names: Mapping[str, str], shows: str, to: str) -> None:
    """The steward is told that one member let another have an address, where it is neither of the two."""
    title = one_line(row.title)
    names = {shows: one_line(names.get(shows, shows)), to: one_line(names.get(to, to))}
    for person, wish_link in _looking_after(conn, hub, row.steward_id, ("staff", "admin")):
        with speaking(person.language):
            subject = _("A contact was shown: %(title)s", title=title)
            text = f"{_contact(names[shows], names[to], title)}\n\n{hub.page(row.id)}\n\n-- \n{_ending(wish_link)}"
        beside = Beside(unsubscribe=wish_link, about=(row.id,), reader=person.member_id)
        sending.queue(conn, hub, person.email, subject, text, beside)


def _way(address: str | None) -> str:
    """How to answer."""
    if address:
        return _("Answer this mail, and it goes to %(address)s and past the hub; or answer here:", address=address)
    return _("An answer to this mail reaches nobody. Answer here:")


def _contact(shows: str, to: str, title: str) -> str:
    return _(
        "%(one)s let %(other)s have an e-mail address, in the conversation about “%(title)s”. What they write is theirs.",
        one=shows, other=to, title=title,
    )  # fmt: skip


def _words(kind: str, title: str, who: str) -> tuple[str, str]:
    """Subject and first line."""
    said = {"title": title, "who": who}
    match kind:
        case "question":
            return _("A question: %(title)s", **said), _("%(who)s asks about “%(title)s”:", **said)
        case "introduction":
            return (
                _("Please introduce me: %(title)s", **said),
                _("%(who)s would like to be introduced at “%(title)s”:", **said),
            )
        case "recommendation":
            return _("Recommended to you: %(title)s", **said), _("%(who)s recommends “%(title)s” to you.", **said)
        case "decline":
            return _("Declined: %(title)s", **said), _("%(who)s declined at “%(title)s”, and says:", **said)
        case _:
            return _("An answer: %(title)s", **said), _("%(who)s answered at “%(title)s”:", **said)


def _ending(link: str) -> str:
    return _("No more mails about messages: %(link)s", link=link) + "\n"


def _readers(conn: Connection, hub: Hub, thread: Thread, row: Opportunity, to: str) -> list[tuple[User, str]]:
    wrote = {said.by for said in talk.posts(conn, [thread.id]).get(thread.id, []) if said.from_member == to}
    there = [p for p in people.of_members(conn, [to]) if p.active and p.id in wrote]
    if there:
        return _wishing(conn, hub, there)
    return _looking_after(conn, hub, to, ("staff", "admin") if to == row.steward_id else ("officer", "staff"))


def _looking_after(conn: Connection, hub: Hub, member: str, roles: tuple[str, ...]) -> list[tuple[User, str]]:
    """People of a member with one of these roles, else its admins."""
    active = [p for p in people.of_members(conn, [member]) if p.active]
    found = [p for p in active if not set(roles).isdisjoint(p.roles)]
    return _wishing(conn, hub, found or [p for p in active if "admin" in p.roles])


def _wishing(conn: Connection, hub: Hub, persons: list[User]) -> list[tuple[User, str]]:
    wished = wishes.of(conn, hub, [p.id for p in persons])
    return [(p, wishes.link(hub, wished[p.id], wishes.POSTS)) for p in persons if wished[p.id].posts]

"""What members say to each other at an opportunity that both may see: questions, wishes to be introduced, recommendations,
words of decline, and what is answered.

A thread is between two members and nobody else reads it. Who shares an opportunity without its name takes part without it,
until it gives its name. A person's address is shown only in a message in which that person says so; the steward is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub.commons import telling
from hub.commons.imports import Refusal
from hub.commons.ledger import UNNAMED, disclosed
from hub.commons.names import known_here
from hub.commons.sharing import may_see
from hub.store import audit, members, opportunities, people, talk
from hub.store.tables import Opportunity, Post, Thread, User
from schemas.keepable import unkeepable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.app import Hub

LONGEST = 4000
"""Characters of a message."""
RATES = ((timedelta(hours=1), 20), (timedelta(days=1), 60))
"""How many messages one person, or one program, may write within a time."""
STEWARD = "steward"
"""Whom a message is for, where that is the opportunity's steward; any other member is named by its id."""
BEGUN_WITH = ("question", "introduction")
LIVE = ("published", "closed")
"""Something new is asked only of these. In a withdrawn one what was begun can be answered still."""
PROGRAM = "token:"


class TooMany(Refusal):
    """Too many messages of late. Wait an hour; what is waiting to be read will still be there."""

    def __str__(self) -> str:
        return str(self.__doc__)


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks or reads. ``author``: a user, or ``token:ID``. ``own_only``: reads only threads that it wrote in, as a
    convener does, who is not one of the member's own people."""

    member: str
    author: str
    own_only: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One message for one reader. ``address``: where its writer may be answered by e-mail, if that was agreed to."""

    id: str
    kind: str
    at: datetime
    mine: bool
    who: str
    text: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Talk:
    """A thread for one reader. ``masked``: its own side is not shown by name there. ``waits``: there is something to answer;
    ``open``: it can be answered, the other side being able to read it."""

    id: str
    other: str
    said: list[Said]
    masked: bool
    waits: bool
    open: bool


def partners(conn: Connection, hub: Hub, row: Opportunity, member: str) -> dict[str, str]:
    """Whom this member may write to, by what names them, with their names: the steward, and who is in by its name."""
    if row.status not in LIVE or row.arriving or not may_see(row, member, hub.config.circles):
        return {}
    known = known_here(conn, row, member)
    found = {STEWARD: known.get(row.steward_id, UNNAMED)} if row.steward_id != member else {}
    positions = opportunities.commitments(conn, [row.id]).get(row.id, {})
    for other, facts in disclosed(positions):
        shown = facts.get("commitment.visibility") == "named" and known.get(other, UNNAMED) != UNNAMED
        if shown and other not in (member, row.steward_id) and may_see(row, other, hub.config.circles):
            found[other] = known[other]
    return found


def say(
    hub: Hub, opportunity_id: str, voice: Voice, text: str, *, to: str = "", kind: str = "question", thread_id: str = "",
    contact: bool = False, id: str | None = None,
) -> Post:  # fmt: skip
    """Begin a thread with ``to``, or answer in one. LookupError for an opportunity or a thread that is not there for this
    voice; ``Refusal`` in words for what cannot be. ``id``: the message's own, with which saying it again says it once."""
    with hub.writing() as conn:
        row = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if row is None or not may_see(row, voice.member, hub.config.circles):
            raise LookupError(opportunity_id)
        if id is not None and (before := talk.one(conn, id)) is not None:
            return before
        if thread_id:
            thread, kind = _the_thread(conn, row, voice, thread_id), "answer"
            if not may_see(row, _other(thread, voice.member), hub.config.circles):
                raise Refusal(_("It is not shared with them any more, so they would not read it."))
        else:
            thread = _begin(conn, hub, row, voice, to, kind)
        check_rate(conn, hub, voice.author)
        return _post(conn, hub, row, thread, voice, kind, _kept(text), contact, id)


def tell(
    conn: Connection, hub: Hub, row: Opportunity, kind: str, text: str | None, *, by: str, from_: str, to: str
) -> None:
    """A recommendation or a word of decline, in the transaction of what it comes with. Nothing is said to who may not see it,
    nor by a member to itself."""
    if from_ == to or to not in hub.config.members or not may_see(row, to, hub.config.circles):
        return
    thread = _between(conn, hub, row, from_, to)
    _post(conn, hub, row, thread, Voice(from_, by), kind, (text or "").strip()[:LONGEST], False)


def settle(hub: Hub, opportunity_id: str, voice: Voice, thread_id: str) -> None:
    """There is nothing to answer. LookupError as in ``say``."""
    with hub.writing() as conn:
        row = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if row is None or not may_see(row, voice.member, hub.config.circles):
            raise LookupError(opportunity_id)
        thread = _the_thread(conn, row, voice, thread_id)
        if thread.waits_for == voice.member:
            talk.change(conn, thread.id, waits_for=None)


def heard(conn: Connection, hub: Hub, row: Opportunity, voice: Voice) -> list[Talk]:
    """The threads that this voice takes part in, each whole, for who may see the opportunity."""
    threads = talk.of(conn, row.id, voice.member)
    posts = talk.posts(conn, [thread.id for thread in threads])
    persons = {name.id: name for name in people.of_members(conn, {m for t in threads for m in _both(t)})}
    found = []
    for thread in threads:
        said, other = posts.get(thread.id, []), _other(thread, voice.member)
        if voice.own_only and not any(post.by == voice.author for post in said):
            continue
        name = shown_name(conn, row, thread, other, voice.member)
        found.append(
            Talk(
                thread.id, name,
                [_said(post, voice.member, name, persons) for post in said],
                masked=shown_name(conn, row, thread, voice.member, other) == UNNAMED,
                waits=thread.waits_for == voice.member,
                open=may_see(row, other, hub.config.circles),
            )
        )  # fmt: skip
    return found


def shown_name(conn: Connection, row: Opportunity, thread: Thread, member: str, reader: str) -> str:
    """The name of one side of a thread for the other."""
    first = member == thread.first_member
    as_steward, shown = (
        (thread.first_steward, thread.first_shown) if first else (thread.second_steward, thread.second_shown)
    )
    names: Mapping[str, str] = members.names(conn) if shown or not as_steward else known_here(conn, row, reader)
    return names.get(member, member)


def check_rate(conn: Connection, hub: Hub, author: str) -> None:
    """``TooMany`` where this person or program has written enough for now."""
    if any(talk.count_by(conn, author, hub.time.now() - within) >= most for within, most in RATES):
        raise TooMany


def _said(post: Post, reader: str, other: str, persons: Mapping[str, User]) -> Said:
    mine, person = post.from_member == reader, persons.get(post.by)
    masked = not mine and other == UNNAMED
    if post.by.startswith(PROGRAM):
        who = "" if mine else other
    elif mine:
        who = person.name if person else "?"
    else:
        who = other if masked or person is None else f"{person.name}, {other}"
    address = person.email if post.contact and person is not None and person.active and not masked else None
    return Said(post.id, post.kind, post.at, mine, who, post.text, address)


def _begin(conn: Connection, hub: Hub, row: Opportunity, voice: Voice, to: str, kind: str) -> Thread:
    if kind not in BEGUN_WITH:
        raise Refusal(
            _("There is no %(kind)s to begin with. Known: %(known)s.", kind=repr(kind), known=", ".join(BEGUN_WITH))
        )
    if row.status not in LIVE:
        raise Refusal(_("It is not published any more. What was begun can still be answered."))
    if to not in partners(conn, hub, row, voice.member):
        raise Refusal(_("Choose whom to write to: its steward, or a member that shows by name that it is in."))
    return _between(conn, hub, row, voice.member, row.steward_id if to == STEWARD else to)


def _between(conn: Connection, hub: Hub, row: Opportunity, from_: str, to: str) -> Thread:
    """Their thread, each in the part that it has now: a funder that one talked to by name is not found out as the steward."""
    parts = {from_: _as_steward(conn, row, from_, to), to: _as_steward(conn, row, to, from_)}
    for thread in talk.of(conn, row.id, from_):
        if parts == {thread.first_member: thread.first_steward, thread.second_member: thread.second_steward}:
            return thread
    thread = Thread(
        id=hub.ids.uuid7(), opportunity_id=row.id, first_member=from_, second_member=to, first_steward=parts[from_],
        second_steward=parts[to], at=hub.time.now(),
    )  # fmt: skip
    talk.begin(conn, thread)
    return thread


def _as_steward(conn: Connection, row: Opportunity, member: str, reader: str) -> bool:
    """Whether it takes part as its steward, or as one that was and is not named."""
    return member == row.steward_id or known_here(conn, row, reader).get(member) == UNNAMED


def _post(
    conn: Connection, hub: Hub, row: Opportunity, thread: Thread, voice: Voice, kind: str, text: str, contact: bool,
    id: str | None = None,
) -> Post:  # fmt: skip
    now, other = hub.time.now(), _other(thread, voice.member)
    person = people.by_id(conn, voice.author)
    contact = contact and person is not None
    post = Post(
        id=id or hub.ids.uuid7(), thread_id=thread.id, from_member=voice.member, by=voice.author, kind=kind, text=text,
        contact=contact, at=now,
    )  # fmt: skip
    talk.say(conn, post)
    if contact:
        _show(conn, hub, row, thread, voice)
    talk.change(conn, thread.id, waits_for=None if kind == "recommendation" else other)
    telling.post(conn, hub, row, thread, post, person, shown_name(conn, row, thread, voice.member, other), other)
    return post


def _show(conn: Connection, hub: Hub, row: Opportunity, thread: Thread, voice: Voice) -> None:
    """A person's address goes to the other side, and with it the member's name. It is in the audit, where the steward reads it."""
    part = "first_shown" if voice.member == thread.first_member else "second_shown"
    setattr(thread, part, True)
    talk.change(conn, thread.id, **{part: True})
    audit.write(
        conn, at=hub.time.now(), actor=f"user:{voice.author}", action="contact shown", member_id=row.steward_id,
        opportunity_id=row.id,
    )  # fmt: skip
    if row.steward_id not in _both(thread):
        telling.contact(conn, hub, row, members.names(conn), voice.member, _other(thread, voice.member))


def _the_thread(conn: Connection, row: Opportunity, voice: Voice, thread_id: str) -> Thread:
    thread = talk.get(conn, thread_id)
    if thread is None or thread.opportunity_id != row.id or voice.member not in _both(thread):
        raise LookupError(thread_id)
    if voice.own_only and not any(post.by == voice.author for post in talk.posts(conn, [thread.id])[thread.id]):
        raise LookupError(thread_id)
    return thread


def spelt(text: str) -> str:
    """As it is kept, however its lines end."""
    return "\n".join(text.strip().splitlines())


def _kept(text: str) -> str:
    kept = spelt(text)
    if not kept:
        raise Refusal(_("There is nothing in this message."))
    if len(kept) > LONGEST:
        raise Refusal(
            _(
                "A message has at most %(longest)s characters; this one has %(number)s.",
                longest=LONGEST,
                number=len(kept),
            )
        )
    if why := unkeepable(kept):
        raise Refusal(str(why))
    return kept


def _both(thread: Thread) -> tuple[str, str]:
    return thread.first_member, thread.second_member


def _other(thread: Thread, member: str) -> str:
    return thread.second_member if member == thread.first_member else thread.first_member

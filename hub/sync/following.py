"""Whether an imported record takes over what changes of the project's facts: yes, no, or by asking its people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import Connection

from hub.config import Follow
from hub.store import audit, dues, links, questions
from hub.store.tables import Link, UpdateQuestion
from hub.sync.moved import Moved
from hub.sync.reconcile import digest

if TYPE_CHECKING:
    from hub.app import Hub
    from hub.sync.turn import Turn

MARKS = ("asked", "left")
"""Reasons in ``link.differs`` that say what the commons has more; unlike the others they keep nothing local."""
ANSWERS = {"take": "taken", "leave": "left", "stop": "settled"}
Pairs = Mapping[str, list[Any]]


def marks(link: Link, asked: Pairs, left: Pairs) -> dict[str, str]:
    """``link.differs`` with the reason of each path that the record does not follow now."""
    local = {path: why for path, why in (link.differs or {}).items() if why not in MARKS}
    return dict.fromkeys(asked, "asked") | dict.fromkeys(left, "left") | local


def note(conn: Connection, turn: Turn, link: Link, asked: Pairs, left: Pairs) -> None:
    """Store what this plan found: the reasons on the link, and one question with all that waits (``{path: [there,
    commons]}``). A question that nothing is left of goes by itself."""
    links.change(conn, link.id, differs=marks(link, asked, left))
    if not asked:
        questions.settle(conn, link.id)
        return
    row = UpdateQuestion(
        id=turn.hub.ids.uuid7(), connection_id=turn.name, link_id=link.id, opportunity_id=link.opportunity_id,
        values=dict(asked), at=turn.now(),
    )  # fmt: skip
    if questions.ask(conn, row):
        turn.counts["asked"] += 1


def answer(hub: Hub, question_id: str, choice: str, rev: int, user_id: str) -> None:
    """``take`` these values, ``leave`` them, or ``stop`` asking; for exactly what was shown (``rev``), else ``Moved``.
    ValueError for any other word."""
    if choice not in ANSWERS:
        raise ValueError(
            _("%(choice)s is no answer. Take the values, leave them, or stop asking.", choice=repr(choice))
        )
    now = hub.time.now()
    with hub.writing() as conn:
        row = questions.get(conn, question_id)
        if row is None or row.state != "open" or row.rev != rev:
            raise Moved(_("It changed again meanwhile, or is decided already. Please look once more."))
        link = links.get(conn, row.link_id)
        questions.decide(conn, row.id, ANSWERS[choice], user_id, now)
        if link is None:
            return
        if choice == "stop":
            links.change(conn, link.id, follow="no")
        else:
            said = {path: [choice, digest(pair[1])] for path, pair in row.values.items()}
            links.change(conn, link.id, answers=(link.answers or {}) | said)
        _look_again(conn, hub, link)
        audit.write(
            conn, at=now, actor=f"user:{user_id}", action=f"updates: {choice}", opportunity_id=row.opportunity_id,
            connection_id=row.connection_id, values=row.values, member_id=_member(hub, link),
        )  # fmt: skip


def choose(hub: Hub, link: Link, follow: Follow, user_id: str) -> None:
    """From now on. What waited for an answer is decided by the choice, with the next sync."""
    with hub.writing() as conn:
        links.change(conn, link.id, follow=follow)
        questions.settle(conn, link.id)
        _look_again(conn, hub, link)
        audit.write(
            conn, at=hub.time.now(), actor=f"user:{user_id}", action=f"follow updates: {follow}",
            opportunity_id=link.opportunity_id, connection_id=link.connection_id, member_id=_member(hub, link),
        )  # fmt: skip


def _look_again(conn: Connection, hub: Hub, link: Link) -> None:
    dues.add(conn, [link.connection_id], link.opportunity_id, hub.time.now())
    dues.wake(conn, [link.connection_id], hub.time.now())


def _member(hub: Hub, link: Link) -> str | None:
    config = hub.config.connections.get(link.connection_id)
    return config.member if config else None

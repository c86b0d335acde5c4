"""Importing by hand: an officer picks an opportunity for a connection of the own member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import Connection

from connectors.contract import ConnectorError
from hub.commons import inbox
from hub.commons.sharing import may_see
from hub.config import ConnectionConfig, Follow
from hub.store import audit, dues, links, members, opportunities, recommendations, waiting
from hub.store.tables import Link, MatchQuestion, Opportunity, ReferenceQuestion
from mappings.language import ReferenceWish
from schemas.keepable import unkeepable

if TYPE_CHECKING:
    from hub.app import Hub

LONGEST_ID = 255
"""Characters of a record's id."""


class Refusal(Exception):
    """It cannot be imported; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What an officer said before the import. ``follow``: None as the connection is configured. ``record``: the id of the
    record that is this project already. ``organisations``: for a column ``link:<record id>``, ``create`` or ``skip``."""

    follow: Follow | None = None
    record: str | None = None
    organisations: Mapping[str, str] = field(default_factory=dict)


AS_USUAL = Choices()


def writes(hub: Hub, connection: str) -> bool:
    """Whether anything can be imported there. Calls nothing; a connection whose settings cannot work says so in its runs."""
    if hub.config.connections[connection].inbox_for:
        return False
    if hub.config.connections[connection].door:
        return True  # it will be in the next sheet that is downloaded
    try:
        connector = hub.connect(connection)
    except ConnectorError:
        return True
    connector.close()
    return connector.capabilities.writes


def pick(hub: Hub, opportunity_id: str, connection: str, user_id: str | None, choices: Choices = AS_USUAL) -> None:
    """Have the next sync create the record, or take the one that is there for it. Picking again what its member had
    stopped following follows it again."""
    config = hub.config.connections.get(connection)
    if config is None:
        raise Refusal(
            _(
                "There is no connection %(connection)s. Known: %(known)s.",
                connection=repr(connection),
                known=", ".join(hub.config.connections),
            )
        )
    with hub.writing() as conn:
        opportunity = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if opportunity is None or not may_see(opportunity, config.member, hub.config.circles):
            raise Refusal(
                _(
                    "There is no opportunity %(opportunity_id)s that this member may see.",
                    opportunity_id=repr(opportunity_id),
                )
            )
        place(conn, hub, opportunity, connection, user_id, f"user:{user_id}" if user_id else "hub", choices)


def place(
    conn: Connection, hub: Hub, opportunity: Opportunity, connection: str, picked_by: str | None, actor: str,
    choices: Choices = AS_USUAL,
) -> None:  # fmt: skip
    """The same in a transaction, for who may see it. ``picked_by``: the user who is to own the record there."""
    config, now = hub.config.connections[connection], hub.time.now()
    link = need_placeable(conn, hub, opportunity, connection)
    chosen: dict[str, Any] = {
        "state": "wanted" if choices.record is None else "creating",
        "picked_by": picked_by,
        "follow": choices.follow or config.follow,
    }
    if link is None:
        link = Link(
            id=hub.ids.uuid7(), connection_id=connection, opportunity_id=opportunity.id, created_at=now, **chosen
        )
        links.add(conn, link)
    else:
        links.change(conn, link.id, **links.FRESH | chosen)
    if choices.record is not None:
        _say_which(conn, hub, link, choices.record, picked_by)
    elif choices.organisations:
        _say_organisations(conn, hub, config, opportunity, link, choices.organisations, picked_by)
    recommendations.decide(conn, config.member, opportunity.id, "taken_up", picked_by, now)
    inbox.taken_up(conn, hub, [opportunity.id], connection)
    dues.add(conn, [connection], opportunity.id, now)
    dues.wake(conn, [connection], now)
    audit.write(
        conn, at=now, actor=actor, action="picked", member_id=config.member, opportunity_id=opportunity.id,
        connection_id=connection, remote_id=choices.record,
    )  # fmt: skip


def need_placeable(conn: Connection, hub: Hub, opportunity: Opportunity, connection: str) -> Link | None:
    """Its link where one has come to rest. ``Refusal`` where it cannot be imported there."""
    config = hub.config.connections[connection]
    if config.inbox_for:
        raise Refusal(
            _(
                "%(connection)s is an inbox. Import into %(inbox_for)s.",
                connection=connection,
                inbox_for=config.inbox_for,
            )
        )
    if opportunity.status != "published" or not may_see(opportunity, config.member, hub.config.circles):
        raise Refusal(
            _(
                "“%(title)s” is %(status)s; only published opportunities are imported.",
                title=opportunity.title,
                status=opportunity.status,
            )
        )
    link = links.by_opportunity(conn, connection, [opportunity.id]).get(opportunity.id)
    if link is not None and link.state != "stopped":
        raise Refusal(
            _(
                "“%(title)s” is in %(connection)s already, or on its way.",
                title=opportunity.title,
                connection=connection,
            )
        )
    return link


def _say_which(conn: Connection, hub: Hub, link: Link, record: str, user_id: str | None) -> None:
    """The next sync takes this record for the opportunity's, by the same way as a create whose answer was lost."""
    _need_id(record)
    there = links.by_remote(conn, link.connection_id, [record])
    if any(other.id != link.id for other in there.values()):
        raise Refusal(_("That record belongs to another opportunity already."))
    waiting.ask_match(
        conn,
        MatchQuestion(
            id=hub.ids.uuid7(), connection_id=link.connection_id, link_id=link.id, opportunity_id=link.opportunity_id,
            candidates=[{"id": record, "url": None, "fields": {}}], state="linked", choice=record,
            opened_at=hub.time.now(), decided_by=user_id,
        ),
    )  # fmt: skip


def _say_organisations(
    conn: Connection, hub: Hub, config: ConnectionConfig, opportunity: Opportunity, link: Link,
    said: Mapping[str, str], user_id: str | None,
) -> None:  # fmt: skip
    """Stored as the answers to the questions that the push would have asked."""
    wishes = _wishes(conn, hub, config, opportunity)
    for column, choice in said.items():
        word, _colon, target = choice.partition(":")
        states = {"link": "linked", "create": "create", "skip": "skipped"}
        if column not in wishes or word not in states or (word == "link") != bool(target):
            raise Refusal(_("Choose one of the organisations, a new one, or none."))
        if target:
            _need_id(target)
        wish = wishes[column]
        row = ReferenceQuestion(
            id=hub.ids.uuid7(), connection_id=config.name, link_id=link.id, opportunity_id=opportunity.id, column=column,
            wish={"object": wish.object, "match": [list(m) for m in wish.match], "fields": dict(wish.fields)},
            candidates=[], state=states[word], choice=target or None, opened_at=hub.time.now(), decided_by=user_id,
        )  # fmt: skip
        waiting.answer_reference(conn, row)


def _wishes(conn: Connection, hub: Hub, config: ConnectionConfig, opportunity: Opportunity) -> dict[str, ReferenceWish]:
    positions = opportunities.commitments(conn, [opportunity.id]).get(opportunity.id, {})
    view = hub.view(opportunity, positions, config.member, members.names(conn))
    return hub.mapping(config.name).write(view, None, creating=True).references


def _need_id(text: str) -> None:
    if not 0 < len(text) <= LONGEST_ID or unkeepable(text):
        raise Refusal(_("That is no id of a record."))

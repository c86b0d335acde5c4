"""Who may see an opportunity, and which connections want it. One function decides visibility for
every page, API, export, search and outgoing sync."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hub.commons.criteria import Criteria, bare_terms, of_facts, of_words, plain_terms, posted, terms, wants
from hub.config import ConnectionConfig
from hub.store.tables import Opportunity

LISTED = ("published", "closed", "withdrawn")

Circles = Mapping[str, Collection[str]]
"""Members by the name of a circle, as the operator configured them."""


def may_see(opportunity: Opportunity, member_id: str, circles: Circles) -> bool:
    """Its steward always; others once it is published to them.

    A withdrawn or closed opportunity stays visible to those it was shared with: their copies say so.
    What a pull created that is not yet judged is nobody's business but the steward's.
    """
    if opportunity.steward_id == member_id:
        return True
    if opportunity.status not in LISTED or opportunity.arriving:
        return False
    return in_audience(opportunity.audience, member_id, circles)


def left_out(opportunity: Opportunity, member_id: str, circles: Circles) -> bool:
    """It is shared, and with this member no more. What its people imported before stays theirs."""
    listed = opportunity.status in LISTED and not opportunity.arriving
    return listed and not may_see(opportunity, member_id, circles)


def in_audience(audience: str, member_id: str, circles: Circles) -> bool:
    """``all``, ``circle:x,y`` or ``member:a,b``. A word that is not known opens nothing."""
    kind, _, names = audience.partition(":")
    if kind == "circle":
        return any(member_id in circles.get(name, ()) for name in names.split(","))
    return audience == "all" or (kind == "member" and member_id in names.split(","))


def imports(connection: ConnectionConfig, opportunity: Opportunity, circles: Circles) -> bool:
    """Whether a standing rule of this connection imports it."""
    rules = connection.imports
    return (
        rules is not None
        and opportunity.status == "published"
        and may_see(opportunity, connection.member, circles)
        and (not rules or any(wants(rule, opportunity, connection.member) for rule in rules))
    )


class StandingRules:
    """The import rules of a configuration, found by what an opportunity says: none is asked that could not want it."""

    def __init__(self, connections: Mapping[str, ConnectionConfig]) -> None:
        self.connections = connections
        self.inboxes = any(connection.inbox_for for connection in connections.values())
        """Whether there is one at all: where there is none, nobody needs to ask what its searches find."""
        self._posted: dict[str, dict[str, ConnectionConfig]] = {}
        for connection in connections.values():
            for rule in connection.imports or ([Criteria()] if connection.imports is not None else []):
                for term in posted(rule):
                    self._posted.setdefault(term, {})[connection.name] = connection
        self._terms = bare_terms
        if any(map(of_facts, self._posted)):
            self._terms = terms if any(map(of_words, self._posted)) else plain_terms
        self._members = {c.member for c in connections.values() if c.imports is not None}

    def importers(self, opportunity: Opportunity, circles: Circles) -> list[str]:
        """Connections whose standing rule imports this opportunity."""
        if opportunity.status != "published" or (opportunity.arriving and opportunity.steward_id not in self._members):
            return []
        told = self._posted.keys() & self._terms(opportunity)
        found = {name: connection for term in told for name, connection in self._posted[term].items()}
        return [name for name, connection in found.items() if imports(connection, opportunity, circles)]

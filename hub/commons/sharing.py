"""Who may see an opportunity, and which connections want it. One function decides visibility for
every page, API, export, search and outgoing sync."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from hub.config import ConnectionConfig, ImportRule
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


def in_audience(audience: str, member_id: str, circles: Circles) -> bool:
    """``all``, ``circle:x,y`` or ``member:a,b``. A word that is not known opens nothing."""
    kind, _, names = audience.partition(":")
    if kind == "circle":
        return any(member_id in circles.get(name, ()) for name in names.split(","))
    return audience == "all" or (kind == "member" and member_id in names.split(","))


def wants(rule: ImportRule, opportunity: Opportunity) -> bool:
    """An import rule is equality on kind, theme and country; an empty part matches everything."""
    facts: Mapping[str, Any] = opportunity.facts
    countries = {place.get("country") for place in facts.get("geographies") or ()} | {facts.get("organization.country")}
    return (
        rule.kind in (None, opportunity.kind)
        and (not rule.themes or not set(rule.themes).isdisjoint(facts.get("themes") or ()))
        and (not rule.countries or not countries.isdisjoint(rule.countries))
    )


def importers(connections: Iterable[ConnectionConfig], opportunity: Opportunity, circles: Circles) -> list[str]:
    """Connections whose standing rule imports this opportunity."""
    if opportunity.status != "published":
        return []
    return [
        c.name
        for c in connections
        if c.imports is not None
        and may_see(opportunity, c.member, circles)
        and (not c.imports or any(wants(rule, opportunity) for rule in c.imports))
    ]

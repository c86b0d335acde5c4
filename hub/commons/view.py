"""An opportunity as one member sees it: the project's facts, that member's own commitment, the totals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.commons import still_needed
from hub.commons.ledger import UNNAMED, disclosed, table
from hub.store.tables import Commitment, Opportunity
from schemas.status import computed
from schemas.totals import totals


def shows_steward(opportunity: Opportunity, member_id: str) -> bool:
    """Whether this reader may know who shared it."""
    return (opportunity.facts or {}).get("named") is not False or opportunity.steward_id == member_id


def view(
    opportunity: Opportunity,
    commitments: Mapping[str, Commitment],
    member_id: str,
    *,
    names: Mapping[str, str],
    page: str,
) -> dict[str, Any]:
    """``{path: value}`` for one reader. ``commitments`` are all members' by member id; only the
    reader's own shows its values, of the others what they disclosed. ``names``: members' by id. Facts of class never
    stay with the steward, and so does the question whether it is still needed.
    """
    facts = dict(opportunity.facts)
    sums = totals(facts, [found for _, found in disclosed(commitments)])
    own = commitments.get(member_id)
    named = shows_steward(opportunity, member_id)
    names = names if named else {**names, opportunity.steward_id: UNNAMED}
    return (
        facts
        | (dict(own.facts) if own else {})
        | sums
        | ({"totals.table": table(commitments, member_id, names)} if commitments else {})
        | _question(opportunity, member_id)
        | {
            "id": opportunity.id,
            "version": opportunity.version,
            "status": computed(opportunity.status, facts, sums),
            "steward": names.get(opportunity.steward_id, opportunity.steward_id),
            "page": page,
            "created_at": opportunity.created_at.isoformat(),
            "updated_at": (opportunity.shown_at or opportunity.created_at).isoformat(),
        }
    )


def _question(opportunity: Opportunity, member_id: str) -> dict[str, str]:
    if opportunity.asked_at is None or opportunity.steward_id != member_id:
        return {}
    gone = opportunity.delisted_at is not None
    return {still_needed.QUESTION: still_needed.question(opportunity.asked_at, gone)}

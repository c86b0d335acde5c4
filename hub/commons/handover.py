"""Stewardship handed over: offered with a word, taken or declined by the other member's people, one offer at a time."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import Connection

from hub.app import Hub
from hub.commons import conversation
from hub.commons.imports import Refusal
from hub.commons.sharing import in_audience, may_see
from hub.store import audit, dues, handovers, opportunities, recommendations
from hub.store.tables import Handover, Opportunity
from hub.sync import history
from hub.sync.announce import announce
from hub.sync.history import Cause
from hub.sync.moved import Moved
from hub.sync.succession import succeed
from schemas.completeness import missing_to_publish
from schemas.fields import spec

LONGEST = 500
"""Characters of a word."""
LIVE = ("published", "closed")
"""A draft is shown to nobody else, and what is withdrawn is over."""
TAKEN_ON = ("vetting.", "relationship", "consent.")
"""Facts that are the steward's word about itself and the nonprofit: the one that takes over should look at them first."""


def offerable_to(hub: Hub, opportunity: Opportunity) -> dict[str, str]:
    """Other members that it is shared with, by id with their names."""
    if opportunity.status not in LIVE:
        return {}
    return {
        member.id: member.name
        for member in hub.config.members.values()
        if member.id != opportunity.steward_id and may_see(opportunity, member.id, hub.config.circles)
    }


def offer(hub: Hub, opportunity_id: str, to: str, word: str, user_id: str, by_member: str) -> None:
    """It waits in the other member's queue. LookupError where the one who offers is not its steward, ``Refusal`` where it
    cannot be offered to that member, or is on offer already."""
    now = hub.time.now()
    with hub.writing() as conn:
        opportunity = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if opportunity is None or opportunity.steward_id != by_member:
            raise LookupError(opportunity_id)
        last = handovers.newest(conn, opportunity_id)
        if last is not None and last.state == "open":
            raise Refusal(_("It is on offer already. Take that offer back first."))
        _refuse_unless_possible(hub, opportunity, to)
        row = Handover(
            id=hub.ids.uuid7(), opportunity_id=opportunity_id, from_member=by_member, to_member=to,
            word=_short(word), by=user_id, at=now,
        )  # fmt: skip
        handovers.add(conn, row)
        _line(conn, hub, row, "stewardship offered", user_id, by_member, row.word)


def take_back(hub: Hub, opportunity_id: str, user_id: str, by_member: str) -> None:
    """LookupError where the one who asks is not its steward; ``Moved`` where nothing is on offer any more."""
    with hub.writing() as conn:
        opportunity = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if opportunity is None or opportunity.steward_id != by_member:
            raise LookupError(opportunity_id)
        row = handovers.newest(conn, opportunity_id)
        if row is None or row.state != "open":
            raise Moved(_("This offer was answered already, or is over."))
        handovers.decide(conn, row.id, "taken_back", user_id, hub.time.now(), None)
        _line(conn, hub, row, "stewardship: offer taken back", user_id, by_member)


def decline(hub: Hub, handover_id: str, word: str, user_id: str, by_member: str) -> None:
    """Nothing changes but that the steward reads the word, at the offer and in the conversation."""
    with hub.writing() as conn:
        row, opportunity = _offered(conn, hub, handover_id, by_member)
        handovers.decide(conn, row.id, "declined", user_id, hub.time.now(), _short(word))
        if said := _short(word):
            conversation.tell(conn, hub, opportunity, "decline", said, by=user_id, from_=by_member, to=row.from_member)
        _line(conn, hub, row, "stewardship declined", user_id, by_member, _short(word))


def accept(hub: Hub, handover_id: str, word: str, user_id: str, by_member: str, named: bool | None = None) -> None:
    """From now on this member's word counts. ``named``: whether others see it by its name; None leaves that as it is.

    One audited edit of ``steward_id``; records hear of it by the usual plan. ``Refusal`` where it is not possible now,
    ``Moved`` where the offer is over, LookupError for an offer to somebody else.
    """
    now = hub.time.now()
    with hub.writing() as conn:
        row, opportunity = _offered(conn, hub, handover_id, by_member)
        _refuse_unless_possible(hub, opportunity, by_member)
        if dues.unjudged(conn, opportunity.id):
            raise Refusal(
                _(
                    "A sync changed it and is not judged yet. Try again when it has ended; if it is held, after it is decided."
                )
            )
        former = opportunity.steward_id
        masked = opportunity.facts.get("named") is False
        handovers.accepted(conn, row.id, user_id, now, _short(word), masked)
        values = {"steward_id": by_member, "audience": _with(opportunity.audience, former, hub)}
        shown = {} if named is None or named == (not masked) else {"named": named}
        cause = Cause(now, f"user:{user_id}", "handed over", note=_short(word))
        history.change(
            conn, opportunity, values | shown, cause, origin={"user": user_id, "at": now.isoformat()}
        )  # fmt: skip
        succeed(conn, hub, opportunity, former, user_id)
        recommendations.decide(conn, by_member, opportunity.id, "taken_up", user_id, now)
        announce(conn, hub, opportunity)
        dues.wake(conn, dues.waiting_connections(conn), now)


def taken_on(opportunity: Opportunity) -> dict[str, object]:
    """What stands there as the steward's own word, by path."""
    return {
        path: value
        for path, value in sorted(opportunity.facts.items())
        if path.startswith(TAKEN_ON) and value not in (None, "", []) and spec(path).authority == "steward"
    }


def _refuse_unless_possible(hub: Hub, opportunity: Opportunity, to: str) -> None:
    if opportunity.status not in LIVE:
        raise Refusal(_("Only what is published or closed can be handed over."))
    if to not in offerable_to(hub, opportunity):
        raise Refusal(_("It can be handed over only to another member that it is shared with."))
    if opportunity.audience.startswith("circle:") and not in_audience(
        opportunity.audience, opportunity.steward_id, hub.config.circles
    ):
        raise Refusal(
            _(
                "It is shared with a circle that its steward is not in, and would be out "
                "of its steward's sight when handed over. Share it with everyone, or with members by name, first."
            )
        )
    basis = bool(hub.config.members[to].lawful_basis)
    lacking = missing_to_publish(opportunity.facts | {"kind": opportunity.kind}, basis)
    if lacking:
        raise Refusal(
            _(
                "It could not stay published there: %(known)s is missing, and the hub has no lawful basis on record for %(name)s. Add it, or ask the operator.",
                known=", ".join(spec(path).label for path in lacking),
                name=hub.config.members[to].name,
            )
        )


def _with(audience: str, former: str, hub: Hub) -> str:
    """The former steward goes on seeing what it shared; nobody else sees more."""
    if in_audience(audience, former, hub.config.circles) or not audience.startswith("member:"):
        return audience
    return f"{audience},{former}"


def _offered(conn: Connection, hub: Hub, handover_id: str, member: str) -> tuple[Handover, Opportunity]:
    """The offer and its opportunity, which is locked first, as every change of one does."""
    row = handovers.get(conn, handover_id)
    if row is None or row.to_member != member:
        raise LookupError(handover_id)
    opportunity = opportunities.load(conn, [row.opportunity_id])[row.opportunity_id]
    row = handovers.get(conn, handover_id)
    if row is None or row.state != "open":
        raise Moved(_("This offer was answered already, or is over."))
    if not may_see(opportunity, member, hub.config.circles):
        raise LookupError(handover_id)
    return row, opportunity


def _short(word: str) -> str | None:
    return word.strip()[:LONGEST] or None


def _line(
    conn: Connection, hub: Hub, row: Handover, action: str, user_id: str, member: str, note: str | None = None
) -> None:
    audit.write(
        conn, at=hub.time.now(), actor=f"user:{user_id}", action=action, opportunity_id=row.opportunity_id,
        member_id=member, note=note,
    )  # fmt: skip

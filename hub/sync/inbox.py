"""What people say to the rows of an inbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from hub.commons.imports import Refusal, place
from hub.store import audit, candidates, dues, links, opened
from hub.store.tables import Link, Opportunity
from hub.sync.turn import Turn

Raw = dict[str, Any]


def answered(conn: Connection, turn: Turn, opportunity: Opportunity, link: Link, raw: Raw) -> None:
    """Follow a tick of a row, when it moved: take the opportunity up, or never show it again."""
    said = turn.mapping.answer(raw) if turn.config.inbox_for else None
    if said is None or (link.base is not None and said == turn.mapping.answer(link.base)):
        return
    known = candidates.of(conn, turn.name, [opportunity.id]).get(opportunity.id)
    if known is None:
        return  # somebody's copy of a row: no search has put it there
    state, word = said, None
    if said == "take_up":
        state, word = _take_up(conn, turn, opportunity, known.found_by)
    candidates.change(conn, turn.name, opportunity.id, state=state, word=word)
    opened.note(conn, opportunity.id, turn.member, turn.now().date())  # who answers a row has looked at it
    dues.add(conn, [turn.name], opportunity.id, turn.now())
    audit.write(
        conn, at=turn.now(), run_id=turn.run_id, actor=f"connection:{turn.name}", direction="in",
        action={"taken_up": "taken up from the inbox", "refused": "could not be taken up"}.get(state, "not for us"),
        opportunity_id=opportunity.id, connection_id=turn.name, remote_id=link.remote_id, member_id=turn.member, note=word,
    )  # fmt: skip


def _take_up(conn: Connection, turn: Turn, opportunity: Opportunity, officer: str | None) -> tuple[str, str | None]:
    into = turn.config.inbox_for or ""
    there = links.by_opportunity(conn, into, [opportunity.id]).get(opportunity.id)
    if there is not None and there.state != "stopped":
        return "taken_up", None
    try:
        place(conn, turn.hub, opportunity, into, officer, f"connection:{turn.name}")
    except Refusal as refusal:
        return "refused", str(refusal)
    return "taken_up", None

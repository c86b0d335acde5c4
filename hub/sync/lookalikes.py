"""A create whose answer was lost, in a system that can hold no key: found again by what it says, or a person is asked.

The whole listing is searched for records that say what was sent and are nobody's yet. One that is unique on both
sides is it; none means that it did not happen; anything else is a question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from connectors.contract import Page, Record
from hub.store import audit, dues, links, runs, waiting
from hub.store.tables import Intent, MatchQuestion
from hub.sync.created import adopt_created, did_not_happen
from hub.sync.moved import Moved
from hub.sync.pull import adopt, apply_page
from hub.sync.turn import Turn
from schemas.values import same

if TYPE_CHECKING:
    from hub.app import Hub

Raw = dict[str, Any]


def settle(turn: Turn, intents: Sequence[Intent]) -> None:
    """Find out what became of these creates."""
    if not intents:
        return
    alike: dict[str, list[Record]] = {intent.id: [] for intent in intents}
    exact: dict[str, list[Record]] = {intent.id: [] for intent in intents}
    for record in _nobodys(turn):
        for intent in intents:
            likeness = _likeness(turn, intent.fields, turn.mapping.reduce(record.fields))
            (exact if likeness == "exact" else alike if likeness else {}).get(intent.id, []).append(record)
    claimed = [record.id for records in exact.values() for record in records]
    for intent in intents:
        found = exact[intent.id]
        with turn.writing() as conn:
            link = links.get(conn, intent.link_id)
            if link is None or link.remote_id is not None:
                runs.settle(conn, [intent.id], "done")
            elif len(found) == 1 and claimed.count(found[0].id) == 1:
                adopt_created(conn, turn, link, intent, found[0])
            elif found or alike[intent.id]:
                _ask(conn, turn, intent, found + alike[intent.id])
            else:
                did_not_happen(conn, turn, intent)


def _nobodys(turn: Turn) -> Iterator[Record]:
    for page in turn.connector.changes(None):
        with turn.hub.reading() as conn:
            there = links.by_remote(conn, turn.name, [record.id for record in page.records])
        yield from (record for record in page.records if record.id not in there)


def _likeness(turn: Turn, sent: Raw, raw: Raw) -> str:
    """``exact``: says the same in every field that was sent. ``title``: the same title at least."""
    ours = turn.mapping.read(turn.mapping.reduce(sent)).values
    theirs = turn.mapping.read(raw).values
    paths = [part.path for part in turn.mapping.fields if part.seeds and any(c in sent for c in part.columns)]
    if paths and all(same(path, ours.get(path), theirs.get(path)) for path in paths):
        return "exact"
    return "title" if ours.get("title") and same("title", ours["title"], theirs.get("title")) else ""


def _ask(conn: Any, turn: Turn, intent: Intent, candidates: list[Record]) -> None:
    runs.settle(conn, [intent.id], "asked")
    shown = [{"id": r.id, "url": r.url, "fields": turn.mapping.reduce(r.fields)} for r in candidates]
    question = MatchQuestion(
        id=turn.hub.ids.uuid7(), connection_id=turn.name, link_id=intent.link_id,
        opportunity_id=intent.opportunity_id, candidates=shown, opened_at=turn.now(),
    )  # fmt: skip
    waiting.ask_match(conn, question)
    turn.counts["questions"] += 1


def decide(hub: Hub, question_id: str, choice: str, user_id: str) -> None:
    """``link:<record id>`` or ``create``. ValueError for anything else; ``Moved`` where it is settled already."""
    word, _colon, record_id = choice.partition(":")
    with hub.writing() as conn:
        question = waiting.get_match(conn, question_id)
        if question is None or question.state != "open":
            raise Moved(_("This question is settled already."))
        if word not in ("link", "create") or (word == "link") != (record_id in _ids(question)):
            raise ValueError(_("Choose one of the records, or none of them."))
        state = "linked" if word == "link" else "create"
        waiting.change_match(conn, question.id, state=state, choice=record_id or None, decided_by=user_id)
        dues.add(conn, [question.connection_id], question.opportunity_id, hub.time.now())
        dues.wake(conn, [question.connection_id], hub.time.now())
        audit.write(
            conn, at=hub.time.now(), actor=f"user:{user_id}", action=f"which record: {state}", remote_id=record_id or None,
            opportunity_id=question.opportunity_id, connection_id=question.connection_id,
        )  # fmt: skip


def _anothers(conn: Any, turn: Turn, question: MatchQuestion) -> bool:
    """Whether the record became another opportunity's since it was chosen."""
    there = links.by_remote(conn, turn.name, [question.choice or ""])
    return any(link.id != question.link_id for link in there.values())


def _ids(question: MatchQuestion) -> list[str]:
    return [candidate["id"] for candidate in question.candidates]


def carry_out(turn: Turn) -> None:
    """What people answered: the record is that opportunity's, or is made after all."""
    with turn.hub.reading() as conn:
        answered = waiting.matches(conn, turn.name, ("linked", "create"))
    found = turn.connector.get([q.choice for q in answered if q.choice]) if answered else {}
    for question in answered:
        record = found.get(question.choice or "")
        with turn.writing() as conn:
            if question.choice and (not isinstance(record, Record) or _anothers(conn, turn, question)):
                waiting.change_match(conn, question.id, state="open")  # gone, or not shown: who chose it is asked again
                turn.counts["questions"] += 1
                continue
            waiting.change_match(conn, question.id, state="done")
            if isinstance(record, Record):
                link = links.get(conn, question.link_id)
                adopt(conn, turn, link, question.opportunity_id, record)
            else:
                links.change(conn, question.link_id, state="wanted")
                dues.add(conn, [turn.name], question.opportunity_id, turn.now())
        if isinstance(record, Record):
            apply_page(turn, Page((record,)))

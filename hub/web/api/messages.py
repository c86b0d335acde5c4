"""The conversation for programs: the member's messages at one opportunity, and writing one."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from flask import Response, request
from sqlalchemy import Connection

from hub.commons import conversation
from hub.commons.conversation import Talk, TooMany, Voice
from hub.commons.imports import Refusal
from hub.store import talk
from hub.store.tables import Opportunity, Post
from hub.web.api import bodies
from hub.web.api.problems import ProblemFound
from hub.web.api.routes import answer, api, at_once, body_of, not_there, program, the_opportunity
from hub.web.guard import hub


def voice() -> Voice:
    token = program()
    return Voice(token.member_id, conversation.PROGRAM + token.id)


@api.get("/opportunities/<opportunity_id>/messages", endpoint="messages")
def messages(opportunity_id: str) -> Response:
    """All threads of the token's member there, and whom it may write to."""
    with hub().reading() as conn:
        row = the_opportunity(conn, opportunity_id)
        threads = [_thread(found) for found in conversation.heard(conn, hub(), row, voice())]
        to = conversation.partners(conn, hub(), row, program().member_id)
    return answer({"threads": threads, "to": [{"to": ref, "name": name} for ref, name in to.items()]})


@api.post("/opportunities/<opportunity_id>/messages", endpoint="say")
def say(opportunity_id: str) -> Response:
    """201 for a new one, 200 where the same ``Idempotency-Key`` said it before. A program shows nobody's address."""
    body, speaker = body_of(bodies.Say), voice()
    if (body.to is None) == (body.thread is None):
        raise ProblemFound(422, "unfit", "Send either to, to begin, or thread, to answer.", errors={"to": "or thread"})
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 255:
        raise ProblemFound(400, "long-key", "A key has at most 255 characters.")
    id = str(uuid5(NAMESPACE_URL, f"{speaker.member} {opportunity_id} {key}")) if key else None
    with hub().reading() as conn:
        row = the_opportunity(conn, opportunity_id)
        before = talk.one(conn, id) if id else None
        if before is not None and not _says(conn, row, before, body):
            raise ProblemFound(409, "key-taken", "Another message was sent with this key.")
    to, thread = body.to or "", body.thread or ""
    try:
        made = at_once(
            lambda: conversation.say(
                hub(), opportunity_id, speaker, body.text, to=to, kind=body.kind, thread_id=thread, id=id
            )
        )
    except LookupError:
        raise not_there() from None
    except TooMany as error:
        raise ProblemFound(429, "too-many", str(error)) from None
    except Refusal as error:
        raise ProblemFound(422, "unfit", str(error), errors={"body": str(error)}) from None
    return answer({"id": made.id, "thread": made.thread_id}, 200 if before else 201)


def _says(conn: Connection, row: Opportunity, before: Post, body: bodies.Say) -> bool:
    """Whether this message is what the body asks for: the same words to the same side in the same sense."""
    if before.text != conversation.spelt(body.text):
        return False
    if body.thread is not None:
        return (before.thread_id, before.kind) == (body.thread, "answer")
    thread, to = talk.get(conn, before.thread_id), row.steward_id if body.to == conversation.STEWARD else body.to
    there = thread is not None and to in (thread.first_member, thread.second_member)
    return there and to != before.from_member and before.kind == body.kind


def _thread(found: Talk) -> dict[str, Any]:
    said = [
        {
            "id": one.id,
            "kind": one.kind,
            "at": one.at.isoformat(),
            "mine": one.mine,
            "who": one.who or None,
            "text": one.text,
            "address": one.address,
        }
        for one in found.said
    ]
    return {
        "id": found.id,
        "with": found.other,
        "unnamed": found.masked,
        "waits": found.waits,
        "open": found.open,
        "messages": said,
    }

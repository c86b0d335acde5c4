"""The conversation on an opportunity's page: reading it, writing into it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from hub import access
from hub.commons import conversation
from hub.commons.conversation import BEGUN_WITH, LONGEST, Talk, Voice
from hub.commons.imports import Refusal
from hub.commons.view import shows_steward
from hub.store.tables import Opportunity
from hub.web.guard import hub, me

pages = Blueprint("conversation", __name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the section shows. ``to``: whom one may write to, by what names them. ``masked``: the reader's member does not show
    by name here, so that its people write without theirs."""

    talks: list[Talk]
    to: dict[str, str]
    kinds: dict[str, str]
    said: dict[str, str]
    longest: int
    masked: bool


def voice() -> Voice | None:
    """In whose name this reader talks; None for who runs the hub and no more."""
    user = me()
    if not access.may(user, "conversation.say"):
        return None
    return Voice(user.member_id, user.id, own_only=access.private(user) == access.NOBODY)


def shown(conn: Connection, row: Opportunity) -> Shown | None:
    speaker = voice()
    if speaker is None:
        return None
    kinds = {"question": _("a question"), "introduction": _("introduce me, please")}
    said = {
        "question": _("asks"),
        "introduction": _("would like to be introduced"),
        "recommendation": _("recommends it"),
        "decline": _("declines"),
        "answer": _("answers"),
    }
    return Shown(
        conversation.heard(conn, hub(), row, speaker), conversation.partners(conn, hub(), row, speaker.member), kinds,
        said, LONGEST, row.steward_id == speaker.member and not shows_steward(row, access.NOBODY),
    )  # fmt: skip


@pages.post("/opportunities/<opportunity_id>/messages")
def say(opportunity_id: str) -> Response:
    speaker, form = voice(), request.form
    if speaker is None:
        abort(403)
    kind = form.get("kind", BEGUN_WITH[0])
    try:
        conversation.say(
            hub(), opportunity_id, speaker, form.get("text", ""), to=form.get("to", ""), kind=kind,
            thread_id=form.get("thread", ""), contact=form.get("contact") == "yes",
        )  # fmt: skip
        flash(_("Said. They read it on this page, and by mail where they wish so."), "status")
    except LookupError:
        abort(404)
    except Refusal as error:
        flash(str(error), "problem")
    return _back(opportunity_id)


@pages.post("/opportunities/<opportunity_id>/messages/settle")
def settle(opportunity_id: str) -> Response:
    speaker = voice()
    if speaker is None:
        abort(403)
    try:
        conversation.settle(hub(), opportunity_id, speaker, request.form.get("thread", ""))
    except LookupError:
        abort(404)
    return _back(opportunity_id)


def _back(opportunity_id: str) -> Response:
    return redirect(url_for("opportunities.one", opportunity_id=opportunity_id, _anchor="conversation"), 303)

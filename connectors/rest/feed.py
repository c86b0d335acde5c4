"""Positions in what changed: a moment by the system's own stamps, or a token that the system gave."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.answer import Answer
from connectors.contract import CursorExpired, Unavailable
from connectors.rest import parts
from connectors.rest.api import header
from connectors.rest.dig import MISSING, dig
from connectors.window import BEGINNING
from schemas.said import phrase

FORMS = {
    "iso": "%Y-%m-%dT%H:%M:%SZ",
    "iso_ms": "%Y-%m-%dT%H:%M:%S.000Z",
    "space": "%Y-%m-%d %H:%M:%SZ",
    "sql": "%Y-%m-%d %H:%M:%S",
    "date": "%Y-%m-%d",
}


def moment(stamp: Any, form: str) -> datetime | None:
    """A stamp as a row has it, in UTC; one without a zone counts as UTC. ``None`` where it is none."""
    try:
        if form in ("unix", "unix_ms"):
            seconds = float(stamp) / (1000 if form == "unix_ms" else 1)
            found = datetime.fromtimestamp(seconds, UTC)
        else:
            found = datetime.fromisoformat(str(stamp))
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found if found >= BEGINNING else None


def written(at: datetime, form: str) -> str:
    """A moment as the system is asked with it: never later than meant, for what is finer is cut off."""
    if form in ("unix", "unix_ms"):
        return str(int(at.timestamp()) * (1000 if form == "unix_ms" else 1))
    return at.strftime(FORMS[form])


def position(cursor: str) -> datetime:
    """Reads a cursor of stamps; ``CursorExpired`` if it is none."""
    found = moment(cursor, "iso")
    if found is None or not re.match(r"\d{4}-\d\d-\d\dT", cursor):
        raise CursorExpired(phrase("%(cursor)s is no moment; everything is read anew.", cursor=repr(cursor)))
    return found


def by_its_clock(stamp: datetime, answer: Answer) -> datetime:
    """A stamp beyond the system's own clock (somebody typed 2099) must not carry the position past what is still to come."""
    try:
        now = parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError):
        return stamp
    now = now.replace(tzinfo=UTC) if now.tzinfo is None else now
    return min(stamp, now + timedelta(seconds=1))


def token_in(feed: parts.Tokens, answer: Answer, body: Any, since: str | None) -> str:
    """The position that a list's first answer names. What changes while the list is read comes with the next one."""
    found = dig(body, feed.token) if feed.token is not None else header(answer, str(feed.header))
    text = str(found).removeprefix("W/").strip('"') if found is not MISSING and found is not None else ""
    if not text or isinstance(found, bool | list | dict) or (feed.rising and not text.isdecimal()):
        raise Unavailable(phrase("Listing changes: the answer does not say how far it goes."))
    if feed.rising and since is not None and int(text) < int(since):
        raise CursorExpired(
            phrase("The list is older than the position in it: the system was put back to an earlier day.")
        )
    return text


def known(feed: parts.Tokens, cursor: str) -> str:
    """The token in a cursor; ``CursorExpired`` for what this connector never gave out."""
    token = cursor.removeprefix("token ")
    if token == cursor or (feed.rising and not token.isdecimal()):
        raise CursorExpired(
            phrase("%(cursor)s is no position that this system gave; everything is read anew.", cursor=repr(cursor))
        )
    return token

"""The log of deletions, ``/sobjects/X/deleted``: it outlives the recycle bin, which ``queryAll`` shows.

REST API Developer Guide, "Get Deleted": seconds are ignored, so the ends lie a minute apart; the next reading begins
where the answer says that it ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.contract import CursorExpired, Forbidden, Invalid, Unavailable
from connectors.salesforce.errors import refusal, said
from connectors.salesforce.feed import literal, stamped
from connectors.salesforce.ids import long_id
from connectors.salesforce.session import Session
from schemas.said import phrase

LOOKS_BACK = timedelta(days=15)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Told:
    """``ids`` were deleted. ``until``: where the next reading begins; ``by_org``: that is Salesforce's word, by its own
    clock, and not only what was asked for."""

    ids: frozenset[str]
    until: datetime
    by_org: bool


def told(session: Session, object: str, start: datetime) -> Told:
    """What was deleted since.

    An org that does not let the integration user read the log tells nothing here (``check`` says so); what is in the
    recycle bin is told all the same. ``CursorExpired`` where the log does not go back so far, or is too long.
    """
    end = session.now().replace(second=0, microsecond=0)
    if end - start >= LOOKS_BACK:
        raise CursorExpired(
            phrase("%(object)s: deletions are told for %(days)s days only.", object=object, days=LOOKS_BACK.days)
        )
    path, params = request(session, object, start)
    answer = session.call("GET", path, params=params)
    if answer.status == 200:
        return _read(answer.json(), object, end)
    if any(problem.code == "EXCEEDED_ID_LIMIT" for problem in said(answer)):
        raise CursorExpired(phrase("%(object)s: more was deleted than Salesforce lists.", object=object))
    error = refusal(answer, phrase("Reading what was deleted of %(object)s", object=object))
    if isinstance(error, Forbidden | Invalid):
        return Told(frozenset(), end, by_org=False)
    raise error


def request(session: Session, object: str, start: datetime) -> tuple[str, dict[str, str]]:
    """Path and parameters that ask what was deleted since."""
    end = session.now().replace(second=0, microsecond=0)
    begin = min(start.replace(second=0, microsecond=0), end - MINUTE)
    return session.data(f"sobjects/{object}/deleted/"), {"start": literal(begin), "end": literal(end)}


def _read(body: Any, object: str, end: datetime) -> Told:
    try:
        ids = [long_id(item["id"]) for item in body["deletedRecords"]]
        covered = stamped(body["latestDateCovered"])
    except (KeyError, TypeError, ValueError):
        raise Unavailable(
            phrase("Reading what was deleted of %(object)s: the answer is not a log of deletions.", object=object)
        ) from None
    return Told(frozenset(id for id in ids if id), min(covered, end), by_org=True)

"""Many writes in one call: collections (up to 200 records, unguarded) and composite (up to 25 requests).

REST API Developer Guide, "sObject Collections" and "Composite". A call that is refused as a whole wrote nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.contract import Ambiguous, Raw
from connectors.salesforce.errors import Problem, problems, refusal
from connectors.salesforce.ids import long_id
from connectors.salesforce.session import Session
from schemas.said import phrase

if TYPE_CHECKING:
    from connectors.transport import Answer

RECORDS = 200
REQUESTS = 25
SINCE = 46
"""The first version of the API whose collections also write by an external id."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record or request. ``id`` is None where none was told; ``problems`` are empty when it was done."""

    status: int
    id: str | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def done(self) -> bool:
        return not self.problems and 200 <= self.status < 300


def collection(session: Session, path: str, records: Sequence[Raw], doing: str) -> list[Result]:
    """PATCH these records, each with its ``attributes``. Raises for the call as a whole; ``Ambiguous`` for an answer
    that does not tell what became of each."""
    body = {"allOrNone": False, "records": list(records)}
    answer = session.call("PATCH", session.data(path), json=body, repeatable=False)
    if answer.status != 200:
        raise _whole(answer, doing)
    told = answer.json()
    if not isinstance(told, list) or len(told) != len(records) or not all(_is_result(item) for item in told):
        raise Ambiguous(
            phrase("%(doing)s: Salesforce does not say what became of each record; it may have happened.", doing=doing)
        )
    return [
        Result(200, long_id(str(item.get("id"))))
        if item["success"]
        else Result(
            400, None, problems(item.get("errors")) or (Problem("UNKNOWN_EXCEPTION", phrase("no reason given")),)
        )
        for item in told
    ]


def _is_result(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("success"), bool)


def composite(session: Session, requests: Sequence[Raw], doing: str) -> list[Result]:
    """POST these requests, each with ``method``, ``url``, ``body`` and ``httpHeaders``. Raises as ``collection`` does."""
    named = [{**request, "referenceId": f"r{number}"} for number, request in enumerate(requests)]
    body = {"allOrNone": False, "compositeRequest": named}
    answer = session.call("POST", session.data("composite"), json=body, repeatable=False)
    if answer.status != 200:
        raise _whole(answer, doing)
    told = answer.json()
    listed = told.get("compositeResponse") if isinstance(told, dict) else None
    found = (
        {item.get("referenceId"): item for item in listed if isinstance(item, dict)} if isinstance(listed, list) else {}
    )
    if any(not isinstance(found.get(each["referenceId"], {}).get("httpStatusCode"), int) for each in named):
        raise Ambiguous(
            phrase("%(doing)s: Salesforce does not say what became of each request; it may have happened.", doing=doing)
        )
    shown = [found[each["referenceId"]] for each in named]
    return [
        Result(item["httpStatusCode"], None, problems(item.get("body")) if item["httpStatusCode"] >= 300 else ())
        for item in shown
    ]


def _whole(answer: Answer, doing: str) -> Exception:
    if answer.ok:
        return Ambiguous(
            phrase(
                "%(doing)s: answered %(status)s with something that is not Salesforce's; it may have happened.",
                doing=doing,
                status=answer.status,
            )
        )
    return refusal(answer, doing)

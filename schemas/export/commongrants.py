"""An opportunity as CommonGrants 0.4 has it (OpportunityBase), from the view of one reader.

In the protocol an opportunity is a funder's call. A project that seeks co-funders is no call, so it never is ``open`` there
nor ``forecasted``: its status is ``custom``, and ``customFields.opportunityKind`` says what it is. Only fields of class public
are taken over. Optional parts without a value are left out: the protocol's schemas know no null for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

View = Mapping[str, Any]
PROJECT: Mapping[str, tuple[str, str | None, str]] = {
    "published": ("custom", "seekingCoFunders", "A project that seeks co-funders. It is no call for applications."),
    "partly_funded": (
        "custom",
        "partiallyFunded",
        "A project that still seeks co-funders for a part of what it needs.",
    ),
    "fully_funded": ("closed", None, "What the project asked for is pledged or committed."),
    "closed": ("closed", None, "The project seeks no funders any more."),
    "withdrawn": ("custom", "withdrawn", "The foundation that shared the project withdrew it."),
}
CALL: Mapping[str, tuple[str, str | None, str]] = {
    "published": ("open", None, "Applications are taken."),
    "forecasted": ("forecasted", None, "Applications will be taken."),
    "closed": ("closed", None, "No applications are taken any more."),
    "withdrawn": ("closed", None, "The call was withdrawn."),
}
FUNDING = {
    "total": "totalAmountAvailable",
    "min_award": "minAwardAmount",
    "max_award": "maxAwardAmount",
    "expected_awards": "estimatedAwardCount",
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def projects(stored_status: str) -> bool:
    """Whether the protocol gets it at all: a draft is nobody's business yet, its steward's programs read it elsewhere."""
    return stored_status != "draft"


def projected(view: View, kind: str, *, modified: str, today: date, named: bool) -> dict[str, Any]:
    """``modified``: when something last changed that this reader may know (ISO, UTC). ``named``: whether the reader may know
    who shared it."""
    call = kind == "call"
    dates = _dates(view, call)
    found: dict[str, Any] = {
        "id": view["id"],
        "title": view["title"],
        "status": _status(view, call, today),
        "description": view.get("summary") or view["title"],
        "funding": _funding(view) if call else {},
        "keyDates": dates,
        "source": _uri(view.get("source_url")),
        "customFields": _custom(view, call, named),
        "createdAt": view["created_at"],
        "lastModifiedAt": modified,
    }
    return {name: value for name, value in found.items() if value not in (None, {}, [])}


def _status(view: View, call: bool, today: date) -> dict[str, str]:
    status = view["status"]
    if call:
        status = {"partly_funded": "published", "fully_funded": "closed"}.get(status, status)
        opens = (view.get("opens") or {}).get("date") or ""
        if status == "published" and _DAY.fullmatch(opens) and opens > today.isoformat():
            status = "forecasted"
    value, custom, description = (CALL if call else PROJECT)[status]
    return {"value": value} | ({"customValue": custom} if custom else {}) | {"description": description}


def _funding(view: View) -> dict[str, Any]:
    found = {theirs: view.get(f"funding.{ours}") for ours, theirs in FUNDING.items()}
    return {name: value for name, value in found.items() if value is not None}


def _dates(view: View, call: bool) -> dict[str, Any]:
    close = ("Closes", view.get("closes")) if call else ("Commitments needed by", view.get("ask.needed_by"))
    found: dict[str, Any] = {
        "postDate": _event("Opens", view.get("opens")) if call else None,
        "closeDate": _event(*close),
    }
    start, end = _form(view.get("period.start")), _form(view.get("period.end"))
    if _DAY.fullmatch(start) and _DAY.fullmatch(end) and start <= end:
        period: dict[str, Any] | None = {
            "name": "Period", "eventType": "dateRange", "startDate": start, "endDate": end
        }  # fmt: skip
    elif start or end:
        period = {"name": "Period", "eventType": "other", "details": f"{start or '…'} to {end or '…'}"}
    else:
        period = None
    if period:
        found["otherDates"] = {"projectPeriod": period}
    return {name: event for name, event in found.items() if event}


def _form(value: Any) -> str:
    return str((value or {}).get("date") or (value or {}).get("text") or "")


def _event(name: str, value: Any) -> dict[str, str] | None:
    form = _form(value)
    if not form:
        return None
    if _DAY.fullmatch(form):
        return {"name": name, "eventType": "singleDate", "date": form}
    return {"name": name, "eventType": "other", "details": form}


def _custom(view: View, call: bool, named: bool) -> dict[str, Any]:
    organization: dict[str, Any] = {
        "name": view.get("organization.name"),
        "country": view.get("organization.country"),
        "website": view.get("organization.website"),
        "mission": view.get("organization.mission"),
        "identifiers": {
            "otherIds": {path.rsplit(".", 1)[1]: {"id": value} for path, value in sorted(view.items())
                         if path.startswith("organization.identifiers.") and value}
        },
    }  # fmt: skip
    organization = {name: value for name, value in organization.items() if value and value != {"otherIds": {}}}
    asked = {
        "requested": view.get("ask.requested"),
        "minimum": view.get("ask.minimum"),
        "totalCost": view.get("ask.total_cost"),
        "securedElsewhere": view.get("ask.secured_elsewhere.amount"),
        "pledged": view.get("totals.pledged"),
        "committed": view.get("totals.committed"),
        "stillOpen": view.get("totals.gap"),
    }
    asked = {name: value for name, value in asked.items() if value}
    documents = [
        {"name": each.get("title"), "downloadUrl": each["url"]}
        for each in view.get("documents") or ()
        if _uri(each.get("url"))
    ]
    contact = view.get("contact.public") if call or view.get("consent.scope") == "contact" else None
    values: dict[str, Any] = {
        "opportunityKind": "call" if call else "project",
        "agency": {"name": organization["name"]} if call and "name" in organization else None,
        "organization": None if call else organization,
        "fundingRequest": None if call else asked,
        "need": view.get("need"),
        "plannedActivities": view.get("planned_activities"),
        "intendedImpact": view.get("intended_impact"),
        "themes": view.get("themes"),
        "populations": view.get("populations"),
        "geographies": view.get("geographies"),
        "eligibilityCriteria": {"details": view["eligibility"]} if view.get("eligibility") else None,
        "contactInfo": {"description": contact} if contact else None,
        "attachments": documents,
        "contributedBy": {"name": view["steward"]} if named else None,
        "commonsPage": view.get("page"),
    }
    return {
        name: {"name": name, "fieldType": _TYPES[type(value)], "value": value}
        for name, value in values.items()
        if value not in (None, "", [], {})
    }


_TYPES: Mapping[type, str] = {str: "string", dict: "object", list: "array"}


def _uri(text: Any) -> str | None:
    """An absolute address (RFC 3986), else nothing: the protocol takes no other."""
    if not isinstance(text, str) or not _URI.fullmatch(text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and parts.netloc else None

"""An opportunity as a member's program gets it: nested data, nothing in it that this member may not know.

Neither the stored version nor the time of the last change is in it: both move when somebody states a position that is
nobody else's business.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from hub.commons.ledger import Line, disclosed, lines, table
from hub.commons.view import view
from hub.store.tables import Commitment, Opportunity
from schemas.fields import spec
from schemas.totals import totals

SUMS = ("pledged", "committed", "paid", "gap", "funders")
OWN = "commitment."


def represent(
    row: Opportunity,
    commitments: Mapping[str, Commitment],
    member: str,
    *,
    names: Mapping[str, str],
    page: str,
    key: str | None,
) -> dict[str, Any]:
    """``commitments`` are all members' by member id; ``key`` is the one by which this member's programs know it."""
    seen = view(row, commitments, member, names=names, page=page)
    facts = {path: seen[path] for path in sorted(row.facts) if _passes(path) and seen[path] not in (None, "", [], {})}
    own = commitments.get(member)
    mine = row.steward_id == member
    return {
        "id": row.id,
        "key": key,
        "kind": row.kind,
        "mine": mine,
        "state": row.status,
        "status": seen["status"],
        "steward": seen["steward"],
        "audience": row.audience if mine else None,
        "facts": facts,
        "totals": {name: seen.get(f"totals.{name}") for name in SUMS},
        "funders": [_line(line) for line in lines(commitments, member, names)],
        "position": _position(own),
        "others": _others(row, commitments, member, names),
        "page": page,
        "created_at": row.created_at.isoformat(),
        "facts_changed_at": _facts_changed(row),
    }


def etag(representation: Mapping[str, Any]) -> str:
    """A strong one (RFC 9110, section 8.8.3): the same where and only where everything said is the same."""
    text = json.dumps(representation, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]}"'


def _passes(path: str) -> bool:
    return spec(path).authority == "steward" and spec(path).cls != "never"


def _line(line: Line) -> dict[str, Any]:
    return {"name": line.who, "stage": line.stage, "amount": line.amount, "date": line.date, "own": line.own}


def _position(own: Commitment | None) -> dict[str, Any] | None:
    said = {path.removeprefix(OWN): value for path, value in sorted((own.facts if own else {}).items())}
    return {name: value for name, value in said.items() if value not in (None, "", [])} or None


def _others(
    row: Opportunity, commitments: Mapping[str, Commitment], member: str, names: Mapping[str, str]
) -> dict[str, Any] | None:
    """What all others disclosed, in the form of a position: for a hub that stands between this one and its own systems."""
    others = {who: commitment for who, commitment in commitments.items() if who != member}
    known = disclosed(others)
    if not known:
        return None
    sums = totals(row.facts, [facts for _, facts in known])
    return {
        "visibility": "anonymous",
        "pledged": sums["totals.pledged"],
        "committed": sums["totals.committed"],
        "paid": sums["totals.paid"],
        "funders": sums["totals.funders"],
        "table": table(others, member, names),
    }


def _facts_changed(row: Opportunity) -> str:
    at = [str(origin["at"]) for origin in (row.origins or {}).values() if origin and origin.get("at")]
    return max(at, default=row.created_at.isoformat())

"""What programs look for: the filters of a list, and saved searches as they are sent and shown."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from hub.commons import searches
from hub.commons.criteria import Criteria
from hub.store.finding import Looking
from hub.store.tables import SavedSearch, Token
from hub.web import looking
from hub.web.api import bodies
from hub.web.api.problems import ProblemFound
from hub.web.guard import hub
from schemas.keepable import unkeepable


def looked_for() -> Looking:
    """What the address of this call looks for; ``state`` is the page's ``status``."""
    sent = MultiDict((("status" if name == "state" else name), value) for name, value in request.args.items(multi=True))
    found = looking.asked(sent)
    if found.problems:
        detail = " ".join(f"{name}: {why}" for name, why in found.problems.items())
        raise ProblemFound(400, "bad-filter", detail, errors=found.problems)
    return Looking(found.criteria, found.status)


def save(token: Token, sent: bodies.SearchSent) -> str:
    """Its id. What is looked for is read as the address of a list is."""
    found = looking.asked(MultiDict(_pairs(sent.criteria)))
    problems = {f"criteria.{name}": why for name, why in found.problems.items()}
    if why := unkeepable(sent.name + sent.criteria.q):
        problems["name"] = why
    if problems:
        raise ProblemFound(422, "unfit", "It cannot be looked for.", errors=problems)
    try:
        return searches.save(
            hub(),
            token.member_id,
            sent.name,
            found.criteria,
            sent.inbox,
            token.by or token.id,
            actor=f"token:{token.id}",
        )
    except ValueError as error:
        raise ProblemFound(422, "unfit", str(error)) from None


def _pairs(criteria: bodies.CriteriaSent) -> list[tuple[str, str]]:
    found = []
    for name, value in criteria.model_dump(exclude_unset=True).items():
        found += [(name, str(one)) for one in (value if isinstance(value, list) else [value]) if one is not None]
    return found


def search_item(search: SavedSearch) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in looking.pairs(Criteria.of(search.criteria)):
        if name in looking.SEVERAL:
            said.setdefault(name, []).append(value)
        else:
            said[name] = value
    return {"id": search.id, "name": search.name, "criteria": said, "inbox": search.connection_id,
            "created_at": search.created_at.isoformat()}  # fmt: skip

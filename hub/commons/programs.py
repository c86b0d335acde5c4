"""What a member's program may do in the commons: share an opportunity, change its own, state its member's position.

The same rules as on the pages and in a sync, in one transaction each; a change counts only for what its sender had read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from hub.app import Hub
from hub.commons import positions
from hub.commons.names import known_here
from hub.commons.representation import etag, represent
from hub.commons.sharing import may_see
from hub.store import dues, merged, opportunities, tokens, waiting
from hub.store.tables import Opportunity, Token
from hub.sync import history
from hub.sync.announce import announce
from hub.sync.history import Cause, New
from schemas.completeness import missing_to_publish
from schemas.fields import UnknownPath, spec
from schemas.keepable import unkeepable
from schemas.values import build, canonical

STATES = ("published", "closed", "withdrawn")
LONGEST_PATH, LONGEST_TITLE = 255, 2000
"""Characters. What every list of every member shows is bounded; a field's other text only by its body."""


class NotYours(Exception):
    """Another member shared this opportunity; only its steward changes its facts."""


class Stale(Exception):
    """It changed since you read it. Read it again, and decide again."""


class Frozen(Exception):
    """People are deciding about these fields, which two systems changed at once. Try again when they have."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths
        super().__init__(f"{self.__doc__} Fields: {', '.join(paths)}.")


class Taken(Exception):
    """The key belongs to another opportunity, or to this one created with other content."""

    def __init__(self, opportunity_id: str) -> None:
        self.opportunity_id = opportunity_id
        super().__init__(str(self.__doc__))


class Unfit(ValueError):
    """``errors``: what is wrong by the place in the body, in words."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(" ".join(errors.values()))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a program asks for; what it does not name stays. ``facts`` and ``position`` by path, ``position`` without its
    ``commitment.``; None there is blank. ``key`` "" takes the key away."""

    kind: str | None = None
    key: str | None = None
    audience: str | None = None
    state: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    position: Mapping[str, Any] | None = None


def create(hub: Hub, token: Token, wish: Wish) -> tuple[str, bool]:
    """The id of the new opportunity, and True; or of the one that was created under this key with this very content, and
    False. Raises ``Taken`` where the key is another's, ``Unfit``."""
    if not wish.key:
        raise Unfit({"key": "Say by which key you know it: a create that you repeat then makes no second one."})
    facts, position = _facts(wish.facts), _position(wish.position or {})
    facts = {path: value for path, value in facts.items() if value not in (None, "", [])}
    if "title" not in facts:
        raise Unfit({"facts.title": "An opportunity needs a title."})
    _audience(hub, wish)
    sent = _digest(wish)
    now, member = hub.time.now(), token.member_id
    origin = {"token": token.id, "member": member, "at": now.isoformat()}
    with hub.writing() as conn:
        known = tokens.by_key(conn, member, wish.key)
        if known is not None and _still_there(conn, hub, known.opportunity_id, member):
            if known.digest != sent:
                raise Taken(known.opportunity_id)
            return known.opportunity_id, False
        if known is not None:
            tokens.set_key(conn, member, known.opportunity_id, None)
        row = Opportunity(
            id=hub.ids.uuid7(), number=hub.ids.number(), kind=wish.kind or "project", status="draft", steward_id=member,
            audience=wish.audience or "all", title=facts["title"], facts=facts, origins=dict.fromkeys(facts, origin),
            created_at=now, updated_at=now,
        )  # fmt: skip
        row.status = _published_or_draft(hub, row)
        own = history.position(member, row.id, position, origin, now, hub.ids) if position else None
        history.add(conn, New(row, Cause(now, f"token:{token.id}", "shared", member_id=member), own))
        tokens.set_key(conn, member, row.id, wish.key, sent)
        _tell(conn, hub, row)
    return row.id, True


def change(hub: Hub, token: Token, opportunity_id: str, expected: Callable[[str], bool], wish: Wish) -> bool:
    """Whether anything moved. ``expected`` says of the opportunity's etag whether it is the one that was read.

    LookupError for what the member may not see, ``Stale``, ``NotYours``, ``Frozen``, ``Taken`` and ``Unfit`` as they say.
    """
    member, now = token.member_id, hub.time.now()
    values = _facts(wish.facts) | (_position(wish.position) if wish.position is not None else {})
    steward = bool(wish.facts or wish.audience is not None or wish.state is not None)
    _audience(hub, wish)
    if wish.state is not None and wish.state not in STATES:
        raise Unfit({"state": f"One of {', '.join(STATES)}."})
    with hub.writing() as conn:
        row = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
        if row is None or not may_see(row, member, hub.config.circles) or merged.survivors(conn, [row.id]):
            raise LookupError(opportunity_id)
        if not expected(etag(as_seen(conn, hub, row, member))):
            raise Stale
        if steward and row.steward_id != member:
            raise NotYours
        frozen = {c.path for c in waiting.open_conflicts(conn, [row.id])} & wish.facts.keys()
        if frozen:
            raise Frozen(sorted(frozen))
        if wish.audience is not None:
            values["audience"] = wish.audience
        after = row.model_copy(update={"facts": row.facts | _facts(wish.facts)})
        if steward and (status := _status(hub, after, wish.state)) != row.status:
            values["status"] = status
        own = opportunities.commitments(conn, [row.id]).get(row.id, {})
        cause = Cause(now, f"token:{token.id}", "changed", member_id=member)
        origin = {"token": token.id, "member": member, "at": now.isoformat()}
        try:
            moved = history.change(conn, row, values, cause, origin=origin, own=own, member=member, ids=hub.ids)
        except ValueError as error:
            raise Unfit({"facts.title": str(error)}) from None
        keyed = _rekey(conn, member, row.id, wish.key)
        if moved:
            _tell(conn, hub, row)
    return bool(moved) or keyed


def as_seen(conn: Connection, hub: Hub, row: Opportunity, member: str) -> dict[str, Any]:
    """The opportunity as this member's programs get it."""
    positions_of = opportunities.commitments(conn, [row.id]).get(row.id, {})
    key = tokens.keys_of(conn, member, [row.id]).get(row.id)
    names = known_here(conn, row, member)
    return represent(row, positions_of, member, names=names, page=hub.page(row.id), key=key)


def lacking(hub: Hub, row: Opportunity) -> list[str]:
    """Fields without which it stays a draft."""
    basis = bool(hub.config.members[row.steward_id].lawful_basis) if row.steward_id in hub.config.members else False
    return list(missing_to_publish(row.facts | {"kind": row.kind}, basis))


def _still_there(conn: Connection, hub: Hub, opportunity_id: str, member: str) -> bool:
    row = opportunities.load(conn, [opportunity_id]).get(opportunity_id)
    return row is not None and may_see(row, member, hub.config.circles)


def _published_or_draft(hub: Hub, row: Opportunity) -> str:
    return "draft" if lacking(hub, row) else "published"


def _status(hub: Hub, after: Opportunity, wished: str | None) -> str:
    """A draft is published as soon as nothing is missing. What others hold never turns into a draft again: it would be out of
    their sight."""
    if after.status == "draft":
        return _published_or_draft(hub, after)
    if wished == "published" and (missing := lacking(hub, after)):
        raise Unfit({"state": f"It cannot be published before it has {', '.join(missing)}."})
    return wished or after.status


def _rekey(conn: Connection, member: str, opportunity_id: str, key: str | None) -> bool:
    there = tokens.keys_of(conn, member, [opportunity_id]).get(opportunity_id)
    if key is None or key == (there or ""):
        return False
    other = tokens.by_key(conn, member, key) if key else None
    if other is not None:
        raise Taken(other.opportunity_id)
    tokens.set_key(conn, member, opportunity_id, key or None)
    return True


def _tell(conn: Connection, hub: Hub, row: Opportunity) -> None:
    announce(conn, hub, row)
    dues.wake(conn, dues.waiting_connections(conn), hub.time.now())


def _facts(given: Mapping[str, Any]) -> dict[str, Any]:
    values, errors = {}, {}
    for path, value in given.items():
        if len(path) > LONGEST_PATH:
            errors[f"facts.{path[:LONGEST_PATH]}"] = f"A field's name has at most {LONGEST_PATH} characters."
            continue
        try:
            field_of = spec(path)
            if field_of.authority != "steward" or path == "kind":
                raise ValueError(f"{field_of.label} is no fact of a project that its steward states.")
            values[path] = _kept(path, value)
        except (UnknownPath, ValueError) as error:
            errors[f"facts.{path}"] = str(error)
    if errors:
        raise Unfit(errors)
    return values


def _position(given: Mapping[str, Any]) -> dict[str, Any]:
    values, errors = {}, {}
    for name, value in given.items():
        path = f"commitment.{name}"
        try:
            if path not in positions.PATHS:
                raise ValueError(f"A position has no {name}.")
            values[path] = _kept(path, value)
        except ValueError as error:
            errors[f"position.{name}"] = str(error)
    if errors:
        raise Unfit(errors)
    return values


def _kept(path: str, value: Any) -> Any:
    if why := unkeepable(value):
        raise ValueError(why)
    try:
        kept = canonical(path, value)
        if path == "title" and len(str(kept)) > LONGEST_TITLE:
            raise ValueError(f"A title has at most {LONGEST_TITLE} characters.")
        json.dumps(kept)
        if kept is not None and spec(path).authority == "steward":
            build({"title": "x", path: kept})
        return kept
    except (TypeError, KeyError, AttributeError, ValidationError):
        raise ValueError(f"{spec(path).label} has another form; see the document at /api/v1/openapi.json.") from None


def _audience(hub: Hub, wish: Wish) -> None:
    if wish.audience in (None, "all"):
        return
    kind, _, names = str(wish.audience).partition(":")
    known = {"circle": hub.config.circles.keys(), "member": hub.config.members.keys()}.get(kind)
    if known is None or not names or not set(names.split(",")) <= set(known):
        raise Unfit({"audience": "Say all, circle:NAME or member:NAME, with names that this hub has."})


def _digest(wish: Wish) -> str:
    said = [wish.kind or "project", wish.audience or "all", dict(wish.facts), dict(wish.position or {})]
    return hashlib.sha256(
        json.dumps(said, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8", "replace")
    ).hexdigest()

"""The routes of ``/api/v1/``. Who may call them is decided in ``hub.access`` and ``hub.web.guard``, before they run."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Blueprint, Response, g, request
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from connectors import strict_json
from hub.commons import feed, programs, searches
from hub.commons.feed import UnknownPosition
from hub.commons.programs import Frozen, NotYours, Stale, Taken, Unfit, Wish
from hub.commons.representation import etag
from hub.commons.sharing import may_see
from hub.store import feed as lines
from hub.store import finding, merged, opportunities, tokens
from hub.store import searches as kept
from hub.store.tables import Opportunity, Token
from hub.web.api import bodies
from hub.web.api.openapi import document
from hub.web.api.problems import BODY, ProblemFound, json_due
from hub.web.api.searching import looked_for, save, search_item
from hub.web.api.wire import written
from hub.web.guard import hub

api = Blueprint("api", __name__, url_prefix="/api/v1")
PAGE, MOST = 100, 200
SETTLED = timedelta(seconds=120)
"""No transaction is open for longer: a lease would be over by then. Where lines become visible out of their order, the feed
is read again from there."""
TOLD = 50
"""Mistakes in one body that are named."""
M = TypeVar("M", bound=BaseModel)


@api.before_request
def bounded() -> None:
    request.max_content_length = BODY


def program() -> Token:
    token: Token = g.token
    return token


@api.get("/openapi.json")
def openapi() -> Response:
    return answer(document())


@api.get("/me", endpoint="me")
def who() -> Response:
    token = program()
    expires = token.expires_at.isoformat() if token.expires_at else None
    name = hub().config.members[token.member_id].name
    return answer(
        {"member": token.member_id, "name": name, "scopes": token.scopes, "token": token.id, "expires_at": expires}
    )


@api.get("/opportunities", endpoint="list")
def all_of_them() -> Response:
    """In the order of their ids; filters as the page of opportunities has them. ``key``: the one that the member's programs
    know by this key."""
    member, circles = program().member_id, hub().config.circles
    limit, after = _limit(), _cursor("o") or ""
    looking = looked_for()
    with hub().reading() as conn:
        stands = _token("c", feed.position(conn, _settled)) if not after else None
        if "key" in request.args:
            known = tokens.by_key(conn, member, request.args["key"])
            ids = [known.opportunity_id] if known else []
            rows = [row for row in opportunities.peek(conn, ids).values() if not merged.survivors(conn, ids)]
        else:
            rows = finding.find_after(conn, member, circles, looking, after, limit)
        items = [_item(conn, row) for row in rows if may_see(row, member, circles)]
    full = len(rows) == limit and "key" not in request.args
    return answer({"items": items, "next": _token("o", rows[-1].id) if full else None, "changes": stands})


@api.post("/opportunities", endpoint="create")
def create() -> Response:
    """201 for a new one, 200 for one that the same call made before; 409 where the key is another's."""
    _needs("share")
    body = body_of(bodies.Create)
    header = request.headers.get("Idempotency-Key")
    if header and body.key and header != body.key:
        raise ProblemFound(400, "two-keys", "Idempotency-Key and key are two names of one thing; they differ here.")
    if body.position is not None:
        _needs("position")
    key = body.key or header or ""
    if len(key) > 255:
        raise ProblemFound(400, "long-key", "A key has at most 255 characters.")
    wish = Wish(body.kind, key, body.audience, None, body.facts, _sent(body.position))
    id, new = _trying(lambda: programs.create(hub(), program(), wish))
    with hub().reading() as conn:
        item = _item(conn, opportunities.peek(conn, [id])[id])
    found = answer(item if _reads() else _written(item), 201 if new else 200)
    found.headers["Location"] = f"/api/v1/opportunities/{id}"
    found.headers["ETag"] = item["etag"]
    return found


@api.get("/opportunities/<opportunity_id>", endpoint="one")
def one(opportunity_id: str) -> Response:
    return _shown(opportunity_id)


@api.patch("/opportunities/<opportunity_id>", endpoint="change")
def change(opportunity_id: str) -> Response:
    body = body_of(bodies.Change)
    if body.facts or body.audience is not None or body.state is not None:
        _needs("share")
    if body.position is not None:
        _needs("position")
    key = (body.key or "") if "key" in body.model_fields_set else None
    wish = Wish(None, key, body.audience, body.state, body.facts, _sent(body.position))
    return _changed(opportunity_id, wish)


@api.delete("/opportunities/<opportunity_id>", endpoint="withdraw")
def withdraw(opportunity_id: str) -> Response:
    """Nothing is deleted from the commons: it is withdrawn, and those who took it up see that."""
    _needs("share")
    _changed(opportunity_id, Wish(state="withdrawn"))
    return Response(status=204)


@api.get("/opportunities/<opportunity_id>/commitment", endpoint="commitment")
def commitment(opportunity_id: str) -> Response:
    return _shown(opportunity_id, of_commitment=True)


@api.put("/opportunities/<opportunity_id>/commitment", endpoint="commit")
def commit(opportunity_id: str) -> Response:
    """All of the own position: what is left out is taken away."""
    _needs("position")
    body = body_of(bodies.PositionSent)
    whole = dict.fromkeys(bodies.PositionSent.model_fields) | body.model_dump(exclude_unset=True)
    return _changed(opportunity_id, Wish(position=whole), of_commitment=True)


@api.get("/changes", endpoint="changes")
def changes() -> Response:
    """What changed since ``cursor``, or where the feed stands now when there is none."""
    member, circles = program().member_id, hub().config.circles
    limit, after = _limit(), _cursor("c")
    with hub().reading() as conn:
        if after is None:
            now = _token("c", feed.position(conn, _settled))
            return answer({"items": [], "more": False, "next": now, "keep": now})
        try:
            found = feed.read(conn, member, circles, int(after), limit, _settled)
        except UnknownPosition as error:
            raise ProblemFound(410, "unknown-position", f"{UnknownPosition.__doc__} {error}") from None
        items = [
            {
                "id": c.id,
                "gone": c.row is None,
                "into": c.survivor,
                "opportunity": _item(conn, c.row) if c.row else None,
            }
            for c in found.changes
        ]
    ends = {"next": _token("c", found.next), "keep": _token("c", found.keep)}
    return answer({"items": items, "more": found.more, **ends})


# --- searches ------------------------------------------------------------------


@api.get("/searches", endpoint="searches")
def all_searches() -> Response:
    with hub().reading() as conn:
        found = kept.of_member(conn, program().member_id)
    return answer({"items": [search_item(search) for search in found]})


@api.post("/searches", endpoint="save_search")
def save_search() -> Response:
    id = save(program(), body_of(bodies.SearchSent))
    with hub().reading() as conn:
        search = kept.get(conn, id)
    assert search is not None
    return answer(search_item(search), 201)


@api.delete("/searches/<search_id>", endpoint="drop_search")
def drop_search(search_id: str) -> Response:
    """What it has found stays where it is."""
    token = program()
    if not searches.drop(hub(), search_id, token.member_id, f"token:{token.id}"):
        raise not_there()
    return Response(status=204)


# --- what the routes share -----------------------------------------------------


def _item(conn: Connection, row: Opportunity) -> dict[str, Any]:
    member = program().member_id
    seen = programs.as_seen(conn, hub(), row, member)
    lacking = programs.lacking(hub(), row) if row.steward_id == member and row.status == "draft" else None
    return seen | {"etag": etag(seen), "missing": lacking}


def _shown(opportunity_id: str, of_commitment: bool = False) -> Response:
    with hub().reading() as conn:
        item = _item(conn, the_opportunity(conn, opportunity_id))
    if request.if_none_match.contains(item["etag"].strip('"')):
        found = Response(status=304)
    else:
        found = answer(_commitment(item) if of_commitment else item)
    found.headers["ETag"] = item["etag"]
    return found


def _commitment(item: dict[str, Any]) -> dict[str, Any]:
    return {"id": item["id"], "position": item["position"], "etag": item["etag"]}


def _reads() -> bool:
    return "read" in program().scopes


def _written(item: dict[str, Any]) -> dict[str, Any]:
    """What a token that may only write is told of it."""
    return {"id": item["id"], "etag": item["etag"]}


def _etag_only(opportunity_id: str) -> Response:
    with hub().reading() as conn:
        item = _item(conn, the_opportunity(conn, opportunity_id))
    found = answer(_written(item))
    found.headers["ETag"] = item["etag"]
    return found


def the_opportunity(conn: Connection, opportunity_id: str) -> Opportunity:
    """One that is there for the token's member. 410 with what became of it, where the member knew of it before."""
    member, circles = program().member_id, hub().config.circles
    row = opportunities.peek(conn, [opportunity_id]).get(opportunity_id)
    if row is None:
        raise not_there()
    survivor = merged.survivors(conn, [row.id]).get(row.id)
    if not may_see(row, member, circles):
        if feed.told(conn, row, member, circles):
            raise ProblemFound(410, "gone", "It is not shared with your foundation any more.")
        raise not_there()
    if survivor is not None:
        target = opportunities.peek(conn, [survivor]).get(survivor)
        into = survivor if target is not None and may_see(target, member, circles) else None
        raise ProblemFound(410, "merged", "It went into another opportunity.", into=into)
    return row


def not_there() -> ProblemFound:
    return ProblemFound(404, "not-found", "It is another foundation's, or not shared with yours, or never was.")


def _changed(opportunity_id: str, wish: Wish, of_commitment: bool = False) -> Response:
    expected = request.headers.get("If-Match", "").strip()
    if not expected:
        raise ProblemFound(
            428, "no-if-match", "Send If-Match with the etag that you read, so that nobody's change is lost."
        )
    with hub().reading() as conn:
        the_opportunity(conn, opportunity_id)
    named = set(re.findall(r'"[^"]*"', expected))

    def fits(found: str) -> bool:
        return expected == "*" or found in named

    _trying(lambda: programs.change(hub(), program(), opportunity_id, fits, wish))
    return _shown(opportunity_id, of_commitment) if _reads() else _etag_only(opportunity_id)


T = TypeVar("T")


def at_once(act: Callable[[], T]) -> T:
    """Of two calls with one key at the same moment the second finds what the first made."""
    try:
        return act()
    except IntegrityError:
        return act()


def _trying(act: Callable[[], T]) -> T:
    try:
        return at_once(act)
    except LookupError:
        raise not_there() from None
    except Stale:
        raise ProblemFound(412, "stale", str(Stale.__doc__)) from None
    except NotYours:
        raise ProblemFound(403, "not-yours", str(NotYours.__doc__)) from None
    except Frozen as error:
        raise ProblemFound(409, "in-conflict", str(error), paths=error.paths) from None
    except Taken as error:
        raise ProblemFound(409, "key-taken", str(error), id=error.opportunity_id) from None
    except Unfit as error:
        raise ProblemFound(422, "unfit", str(error), errors=error.errors) from None


def _needs(scope: str) -> None:
    if scope not in program().scopes:
        raise ProblemFound(403, "scope", f"This token has no scope {scope}.", scope=scope)


def body_of(model: type[M]) -> M:
    json_due()
    try:
        return model.model_validate(strict_json.loads(request.get_data(), exact=True))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        found = {".".join(map(str, each["loc"])) or "body": str(each["msg"]) for each in wrong[:TOLD]}
        raise ProblemFound(422, "unfit", "The body has another form than is due.", errors=found) from None
    except ValueError as error:
        raise ProblemFound(400, "no-json", f"The body is {error}.") from None


def _sent(position: bodies.PositionSent | None) -> dict[str, Any] | None:
    if position is None:
        return None
    return position.model_dump(exclude_unset=True)


def _limit() -> int:
    given = request.args.get("limit", str(PAGE))
    if not given.isascii() or not given.isdigit() or int(given[:6]) < 1:
        raise ProblemFound(400, "bad-limit", "limit is a number of items, from 1 on.")
    return min(int(given[:6]), MOST)


def _token(kind: str, place: object) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{place}".encode()).decode().rstrip("=")


def _cursor(kind: str) -> str | None:
    given = request.args.get("cursor")
    if not given:
        return None
    try:
        text = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode("ascii")
    except ValueError:
        text = ""
    shape = r"c:\d{1,18}" if kind == "c" else r"o:[0-9a-f-]{36}"
    if not re.fullmatch(shape, text):
        raise ProblemFound(
            410, "unknown-position", "The cursor is none that this hub gave out. Begin anew without one."
        )
    return text[2:]


def _settled(conn: Connection) -> int | None:
    """SQLite has one writer at a time, so its lines become visible in their order."""
    if conn.dialect.name == "sqlite":
        return None
    return lines.first_since(conn, hub().time.now() - SETTLED)


def answer(content: Any, status: int = 200) -> Response:
    return Response(written(content), status, mimetype="application/json")

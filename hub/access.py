"""Who may open and do what: one table. A route that is not in it is refused, and a test says so.

Roles decide about kinds of pages; whose record, run or connection it is decides the rest:
what belongs to another member is not there (404), what the own roles lack is forbidden (403).
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.commons.sharing import Circles, may_see
from hub.config import ConnectionConfig
from hub.store.tables import Opportunity, User
from schemas.fields import spec

PUBLIC = "public"
NOBODY = ""
"""No member has this id."""
ANYONE = frozenset({"staff", "officer", "admin", "operator", "convener"})
MEMBERS = frozenset({"staff", "officer", "admin"})
WATCHERS = frozenset({"staff", "officer", "admin", "operator"})
RUNNERS = frozenset({"admin", "operator"})
TALKERS = frozenset({"staff", "officer", "admin", "convener"})
SHARERS = frozenset({"staff", "admin"})
RULERS = frozenset({"admin"})
STEWARDS = frozenset({"staff", "admin"})
OVERSEERS = frozenset({"operator", "convener"})

PROGRAM = "program:"
"""What follows are scopes, any of which opens the route to a member's program; people's sessions open none of these."""

POLICY: Mapping[str, frozenset[str] | str] = {
    "static": PUBLIC,
    "health.alive": PUBLIC,
    "health.ready": PUBLIC,
    "sign_in.page": PUBLIC,
    "sign_in.enter": PUBLIC,
    "sign_in.go": PUBLIC,
    "sign_in.back": PUBLIC,
    "languages.choose": PUBLIC,
    "sign_in.leave": ANYONE,
    "sessions.page": ANYONE,
    "sessions.end": ANYONE,
    "sessions.end_others": ANYONE,
    "board.page": ANYONE,
    "connections.all": WATCHERS,
    "connections.one": WATCHERS,
    "connections.run": WATCHERS,
    "connections.act": RUNNERS,
    "connections.cancel": RUNNERS,
    "connections.retry": MEMBERS,
    "files.page": MEMBERS,
    "files.bring_one": SHARERS,
    "files.look": SHARERS,
    "files.table": SHARERS,
    "files.act": SHARERS,
    "files.take": MEMBERS,
    "connections.check": RUNNERS,
    "connections.mapping": WATCHERS,
    "opportunities.all": ANYONE,
    "opportunities.table": ANYONE,
    "opportunities.one": ANYONE,
    "opportunities.as_others": MEMBERS,
    "organisations.one": ANYONE,
    "publish.page": MEMBERS,
    "publish.look": SHARERS,
    "publish.act": SHARERS,
    "audit.page": RUNNERS,
    "audit.table": RUNNERS,
    "bookmarks.all": ANYONE,
    "bookmarks.mark": ANYONE,
    "importing.preview": frozenset({"officer"}),
    "importing.decide": frozenset({"officer"}),
    "importing.several": frozenset({"officer"}),
    "importing.take_several": frozenset({"officer"}),
    "importing.follow": MEMBERS,
    "opportunities.recommend": frozenset({"convener"}),
    "opportunities.past": MEMBERS,
    "opportunities.restore": MEMBERS,
    "exports.page": ANYONE,
    "exports.file": ANYONE,
    "searches.all": MEMBERS,
    "searches.one": MEMBERS,
    "searches.save": frozenset({"officer"}),
    "searches.drop": frozenset({"officer"}),
    "ledger.state": MEMBERS,
    "handover.offer": STEWARDS,
    "handover.take_back": STEWARDS,
    "handover.page": STEWARDS,
    "handover.decide": STEWARDS,
    "duplicates.page": STEWARDS,
    "duplicates.decide": STEWARDS,
    "duplicates.settle": MEMBERS,
    "queue.page": WATCHERS,
    "queue.conflict": MEMBERS,
    "queue.resolve_conflict": MEMBERS,
    "queue.hold": WATCHERS,
    "queue.decide_hold": RUNNERS,
    "queue.decide_quarantine": MEMBERS,
    "queue.decide_reference": MEMBERS,
    "queue.decide_deletion": MEMBERS,
    "queue.decide_match": MEMBERS,
    "queue.rules_page": MEMBERS,
    "queue.drop_rule": RULERS,
    "queue.decide_suggestion": MEMBERS,
    "queue.decide_update": MEMBERS,
    "queue.dismiss_recommendation": MEMBERS,
    "queue.decide_still_needed": SHARERS,
    "people.page": RUNNERS,
    "people.invite": RUNNERS,
    "people.invite_again": RUNNERS,
    "people.withdraw": RUNNERS,
    "people.change_roles": RUNNERS,
    "people.set_active": RUNNERS,
    "people.sign_out": RUNNERS,
    "people.sessions": RUNNERS,
    "people.end_session": RUNNERS,
    "running.page": RUNNERS,
    "people.welcome": PUBLIC,
    "people.join": PUBLIC,
    "conversation.say": TALKERS,
    "conversation.settle": TALKERS,
    "mail.page": ANYONE,
    "mail.keep": ANYONE,
    "unsubscribe.page": PUBLIC,
    "unsubscribe.end": PUBLIC,
    "hooks.take": PUBLIC,
    "uptake.page": OVERSEERS,
    "uptake.table": OVERSEERS,
    "tokens.page": RULERS,
    "tokens.create": RULERS,
    "tokens.revoke": RULERS,
    "api.openapi": PUBLIC,
    "api.me": PROGRAM + "read,share,position,messages",
    "api.list": PROGRAM + "read",
    "api.create": PROGRAM + "share",
    "api.one": PROGRAM + "read",
    "api.change": PROGRAM + "share,position",
    "api.withdraw": PROGRAM + "share",
    "api.commitment": PROGRAM + "read",
    "api.commit": PROGRAM + "position",
    "api.changes": PROGRAM + "read",
    "api.searches": PROGRAM + "read",
    "api.save_search": PROGRAM + "search",
    "api.drop_search": PROGRAM + "search",
    "commongrants.list": PROGRAM + "read",
    "commongrants.one": PROGRAM + "read",
    "commongrants.search": PROGRAM + "read",
    "api.messages": PROGRAM + "messages",
    "api.say": PROGRAM + "messages",
}


def scopes_of(endpoint: str) -> frozenset[str] | None:
    """The scopes of which a token needs one here; None where it is no route for programs."""
    allowed = POLICY.get(endpoint)
    return (
        frozenset(allowed.removeprefix(PROGRAM).split(","))
        if isinstance(allowed, str) and allowed.startswith(PROGRAM)
        else None
    )


def may(user: User, endpoint: str) -> bool:
    """Whether one of the user's roles opens this route. KeyError for a route without an entry."""
    allowed = POLICY[endpoint]
    return allowed == PUBLIC if isinstance(allowed, str) else not allowed.isdisjoint(user.roles)


def makes_rules(user: User) -> bool:
    """Deciding one conflict is for everyone whose foundation decides it; deciding all that will come is for its admins."""
    return not RULERS.isdisjoint(user.roles)


def sees_connection(user: User, connection: ConnectionConfig) -> bool:
    """Its own member's people, and the operator of the whole hub."""
    return connection.member == user.member_id or "operator" in user.roles


def sees_values(user: User, connection: ConnectionConfig) -> bool:
    """Values of a connection's records are its member's own business; running the hub does not open them."""
    return connection.member == private(user)


def private(user: User) -> str:
    """The member whose hidden positions and records' values this person may read. Who only runs the hub, or recommends,
    reads nobody's, though they belong to a member as well."""
    return user.member_id if not MEMBERS.isdisjoint(user.roles) else NOBODY


def sees_opportunity(user: User, opportunity: Opportunity, circles: Circles) -> bool:
    return may_see(opportunity, user.member_id, circles)


def decides(member_ids: frozenset[str], steward_id: str, path: str) -> frozenset[str]:
    """Members whose people decide about a field: its steward, or for a commitment those whose it is."""
    return frozenset({steward_id}) if spec(path).authority == "steward" else member_ids

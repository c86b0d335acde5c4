"""The digest: what is new and changed among what a person's saved searches find, made when it is due and sent once.

What moved is read off the audit, for the time of an opportunity's last change moves with hidden positions too. Whose window
and mail it is moves in one transaction, so a process that dies has made a digest or has not, and two never make one twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection

from hub import crash
from hub.app import Hub
from hub.commons import digest_letter, inbox
from hub.commons.criteria import Criteria, needs, posted, terms, wants
from hub.commons.sharing import in_audience, may_see
from hub.languages import speaking
from hub.mail import sending
from hub.mail.sending import Beside
from hub.people import wishes
from hub.store import chores, feed, members, merged, opportunities, people
from hub.store import wishes as store
from hub.store.tables import MailWish, Opportunity, SavedSearch, User
from schemas.fields import UnknownPath, spec

log = logging.getLogger("hub.digest")
CHORE = "digest"
LOOK = timedelta(minutes=10)
SETTLED = timedelta(minutes=2)
"""What was written that lately waits for the next digest: a transaction under way may still put a line before it."""
LONGEST = timedelta(days=62)
"""No digest goes further back, however long no mail could be sent."""
MOST = 30
"""Opportunities in one digest, the newest; it says how many more there are."""
ENOUGH = 300
"""Of the newest that one person's searches find no more are looked for: beyond, the digest says that there are many more."""
PAGE = 500


@dataclass(frozen=True, slots=True)
class Move:
    """What one line of the audit did. ``before``: the audience that it had until then, None where that stayed."""

    at: datetime
    shared: bool
    before: str | None
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """An opportunity for one digest. ``changed``: paths, empty where it is new to its reader."""

    row: Opportunity
    new: bool
    changed: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(slots=True)
class Digest:
    """``more``: how many there are beside; ``many``: or more than that. ``left``: since when what nobody has judged yet is to be told of."""

    findings: list[Finding]
    more: int
    left: dict[str, str]
    many: bool


@dataclass(frozen=True, slots=True)
class Movement:
    """All that moved, and by whose searches it may be found: ``found[user id]`` are ids of opportunities with searches."""

    moves: Mapping[str, Sequence[Move]]
    found: Mapping[str, Mapping[str, Sequence[SavedSearch]]]
    waiting: frozenset[str]


def look(hub: Hub) -> int:
    """Make every digest that is due, if no other process did lately; how many mails were queued."""
    now = hub.time.now()
    if hub.config.mail is None:
        return 0
    with hub.reading() as conn:
        if not chores.is_due(conn, CHORE, now):
            return 0
    with hub.writing() as conn:
        if not chores.claim(conn, CHORE, now, LOOK)[0]:
            return 0
        _begin(conn, hub, now)
    return make(hub)


def make(hub: Hub) -> int:
    """The same without asking whose turn it is: each person is claimed on their own."""
    now = hub.time.now()
    until, made = now - SETTLED, 0
    with hub.reading() as conn:
        due = store.due(conn, now)
        if not due:
            return 0
        persons = {person.id: person for person in people.of_members(conn, hub.config.members)}
        movement = moved(conn, hub, due, persons, until)
    for wish in due:
        try:
            made += _make(hub, wish, movement, until)
        except Exception:  # one person's digest must not keep the others from theirs
            log.exception("A digest could not be made")
    return made


def _begin(conn: Connection, hub: Hub, now: datetime) -> None:
    """People with a first search start today; what did not go out, since a part of it may not be told any more, is made anew."""
    fresh = store.new_searchers(conn)
    for id, wish in wishes.of(conn, hub, fresh).items():
        store.change(conn, id, since=now, due_at=wishes.next_digest(wish.digest, now))
    for wish in store.dropped(conn):
        store.change(conn, wish.user_id, since=wish.began, due_at=now, message_id=None)


def moved(
    conn: Connection, hub: Hub, due: Sequence[MailWish], persons: Mapping[str, User], until: datetime
) -> Movement:
    """One look at all that moved since the earliest of these, and whose searches it answers to. Each opportunity is asked
    about once, by the terms that searches are posted under."""
    since = min(_since(wish, until) for wish in due)
    moves: dict[str, list[Move]] = {}
    for line in feed.moved(conn, since, until):
        _note(moves, line)
    for id, oldest in _left(due).items():
        moves[id] = []
        for known in feed.of(conn, id):
            if oldest <= known.at <= until:
                _note(moves, known)
    asked = store.searches(conn, [wish.user_id for wish in due if wish.user_id in persons])
    # By number, in plain lists: at 100,000 opportunities even reading an attribute of a row counts.
    parts = [needs(Criteria.of(search.criteria)) for search in asked]
    whose, who = [search.member_id for search in asked], [search.created_by for search in asked]
    index: dict[str, list[int]] = {}
    for number, search in enumerate(asked):
        for term in posted(Criteria.of(search.criteria)):
            index.setdefault(term, []).append(number)
    found: dict[str, dict[str, list[SavedSearch]]] = {}
    open_to: set[str] = {search.created_by for search in asked}
    waiting = {id for page in _pages(sorted(moves)) for id in feed.waiting(conn, page)}
    # What waits, or waited, first: it has to be carried over whole. Then the newest, until everybody has enough of it.
    carried = waiting | _left(due).keys()
    ids = sorted(moves, key=lambda id: (id in carried, moves[id][-1].at if moves[id] else since, id), reverse=True)
    for page in _pages(ids):
        if not open_to:
            break
        gone = merged.survivors(conn, page)
        there = opportunities.peek(conn, page)
        for row in (there[id] for id in page if id in there):
            if row.status != "published" or row.id in gone:
                continue
            if row.arriving:
                waiting.add(row.id)
            said, seen = terms(row), {row.steward_id: False}
            for number in {number for term in said for number in index.get(term, ())}:
                if who[number] not in open_to or any(part.isdisjoint(said) for part in parts[number]):
                    continue
                member = whose[number]
                if member not in seen:
                    seen[member] = may_see(row, member, hub.config.circles) or row.id in waiting
                if seen[member]:
                    found.setdefault(who[number], {}).setdefault(row.id, []).append(asked[number])
            if row.id not in carried:
                open_to = {user for user in open_to if len(found.get(user, ())) < ENOUGH + len(carried)}
    return Movement(moves, found, frozenset(waiting))


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))


def _left(due: Iterable[MailWish]) -> dict[str, datetime]:
    oldest: dict[str, datetime] = {}
    for wish in due:
        for id, at in (wish.left or {}).items():
            since = datetime.fromisoformat(at)
            oldest[id] = min(oldest.get(id, since), since)
    return oldest


def digest_for(conn: Connection, hub: Hub, wish: MailWish, person: User, movement: Movement, until: datetime) -> Digest:
    """What this person may be told at this moment."""
    since, left, candidates = _since(wish, until), {}, []
    for id, searches in movement.found.get(person.id, {}).items():
        begin = datetime.fromisoformat(wish.left[id]) if id in (wish.left or {}) and wish.left else since
        moves = [move for move in movement.moves[id] if begin < move.at or (begin != since and begin == move.at)]
        if not moves:
            continue
        if id in movement.waiting:
            left[id] = moves[0].at.isoformat()
            continue
        candidates.append((moves[-1].at, id, moves, searches))
    candidates.sort(key=lambda found: (found[0], found[1]), reverse=True)
    findings: list[Finding] = []
    looked = 0
    circles = hub.config.circles
    for start in range(0, len(candidates), MOST):
        page = candidates[start : start + MOST]
        there = opportunities.peek(conn, [id for _, id, _, _ in page])
        positions = opportunities.commitments(conn, there)
        for _, id, moves, searches in page:
            if len(findings) == MOST:
                break
            row, looked = there[id], looked + 1
            if row.status != "published" or row.arriving or not may_see(row, person.member_id, circles):
                continue
            own = positions.get(id, {})
            by = [one for one in searches if wants(Criteria.of(one.criteria), row, person.member_id, own)]
            finding = _finding(row, moves, by, person.member_id, hub) if by else None
            if finding is not None:
                findings.append(finding)
        if len(findings) == MOST:
            break
    return Digest(findings, len(candidates) - looked, left, many=len(candidates) >= ENOUGH)


def letter(
    conn: Connection, hub: Hub, wish: MailWish, person: User, digest: Digest, since: datetime
) -> digest_letter.Letter:
    """Its words, by what this person's member may know."""
    ids = [finding.row.id for finding in digest.findings]
    positions = opportunities.commitments(conn, ids)
    items, names = [], members.names(conn)  # of which a view names the steward only where it shows
    with speaking(person.language):
        for finding in digest.findings:
            view = hub.view(finding.row, positions.get(finding.row.id, {}), person.member_id, names)
            items.append(digest_letter.item(view, new=finding.new, changed=finding.changed, why=finding.why))
        root = hub.config.public_url.rstrip("/")
        return digest_letter.letter(
            items, digest.more, since, many=digest.many, searches=f"{root}/searches", choose=f"{root}/mail",
            end=wishes.link(hub, wish, wishes.DIGEST),
        )  # fmt: skip


def preview(hub: Hub, email: str) -> digest_letter.Letter | None:
    """What this person would be sent now; None where that is nothing. LookupError where nobody has this address."""
    until = hub.time.now()
    with hub.writing() as conn:
        person = people.by_email(conn, email)
        if person is None or person.member_id not in hub.config.members:
            raise LookupError(email)
        wish = wishes.of(conn, hub, [person.id])[person.id]
    with hub.reading() as conn:
        if wish.since is None:
            wish.since = until - timedelta(days=15)
        digest = digest_for(conn, hub, wish, person, moved(conn, hub, [wish], {person.id: person}, until), until)
        return letter(conn, hub, wish, person, digest, _since(wish, until)) if digest.findings else None


def _make(hub: Hub, wish: MailWish, movement: Movement, until: datetime) -> bool:
    now, message = hub.time.now(), hub.ids.uuid7()
    with hub.writing() as conn:
        mine = store.claim(
            conn, wish, since=until, began=_since(wish, until), due_at=wishes.next_digest(wish.digest, now),
            message_id=None, left=None,
        )  # fmt: skip
        person = people.by_id(conn, wish.user_id)
        if not mine or person is None or not person.active or person.member_id not in hub.config.members:
            return False
        digest = digest_for(conn, hub, wish, person, movement, until)
        store.change(conn, person.id, left=digest.left or None)
        crash.point("digest.claimed")
        if not digest.findings:
            return False
        said = letter(conn, hub, wish, person, digest, _since(wish, until))
        beside = Beside(
            html=said.html, unsubscribe=wishes.link(hub, wish, wishes.DIGEST), reader=person.member_id,
            about=tuple(finding.row.id for finding in digest.findings),
        )  # fmt: skip
        queued = sending.queue(conn, hub, person.email, said.subject, said.text, beside, message)
        store.change(conn, person.id, message_id=queued)
        crash.point("digest.queued")
    return queued is not None


def _since(wish: MailWish, until: datetime) -> datetime:
    return max(wish.since or until, until - LONGEST)


def _note(moves: dict[str, list[Move]], line: Any) -> None:
    values: Mapping[str, Any] = line.values or {}
    paths = tuple(path for path in values if _told(path))
    status, audience = values.get("status") or (None, None), values.get("audience")
    shared = status[1] == "published" and status[0] != "published"
    if paths or shared or audience:
        before = str(audience[0] or "") if audience else None
        moves.setdefault(str(line.opportunity_id), []).append(Move(line.at, shared, before, paths))


@cache
def _told(path: str) -> bool:
    """Whether it is a fact that members may read. Positions are told by whoever holds them, on its page."""
    try:
        return spec(path).authority == "steward" and spec(path).cls != "never"
    except UnknownPath:
        return False


def _finding(
    row: Opportunity, moves: Sequence[Move], by: Sequence[SavedSearch], member: str, hub: Hub
) -> Finding | None:
    new = any(
        move.shared or (move.before is not None and not in_audience(move.before, member, hub.config.circles))
        for move in moves
    )
    changed = tuple(dict.fromkeys(path for move in moves for path in move.paths))
    if not new and not changed:
        return None
    why = tuple(inbox.told(search, row) for search in by)
    return Finding(row, new, () if new else changed, why)

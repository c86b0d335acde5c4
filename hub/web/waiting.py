"""What needs a person, as this person may see it: one list of sentences, each with the page that settles it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Connection

from hub import access
from hub.commons import asking, conversation, duplicates
from hub.commons.ledger import UNNAMED
from hub.commons.names import known_here
from hub.commons.still_needed import ANSWER, Act, decide
from hub.languages import tell
from hub.store import asking as asked_about
from hub.store import finding, handovers, lists, merged, opportunities, people, questions, recommendations, talk
from hub.store.tables import Opportunity, User
from hub.sync import deletions
from hub.web.guard import hub, my_connections, name_of, own_connections
from hub.web.handover import steward_of
from hub.web.show import day, label, words

MANY = 3
GATHERED = ("reference", "suggestion", "update", "quarantine")
KINDS = (
    "hold",
    "deletion",
    "match",
    "conflict",
    "reference",
    "suggestion",
    "update",
    "still_needed",
    "handover",
    "duplicate",
    "merged",
    "message",
    "recommendation",
    "quarantine",
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing. ``says``: its sentence, or what puts it together once it is shown, for there may be hundreds. ``row`` is its
    table row where it can be settled right in the list; ``mine``: the reader's foundation decides it; ``closes``: the last day of
    its opportunity, where that has one to come."""

    kind: str
    says: str | Callable[[], str]
    since: datetime
    url: str
    row: object = None
    mine: bool = True
    closes: date | None = None

    @property
    def text(self) -> str:
        return self.says if isinstance(self.says, str) else self.says()


def all_of(conn: Connection, user: User) -> list[Item]:
    """Runs that are held first, then conflicts, then the rest, oldest first in each."""
    names, own = set(my_connections(user)), set(own_connections(user))
    return [
        *_holds(conn, names),
        *_deletions(conn, own),
        *_matches(conn, own),
        *_conflicts(conn, user, own),
        *_references(conn, own),
        *_suggestions(conn, user, own),
        *_updates(conn, user, own),
        *_still_needed(conn, user),
        *_handovers(conn, user),
        *_duplicates(conn, user),
        *_merged(conn, user),
        *_messages(conn, user),
        *_recommendations(conn, user),
        *_quarantine(conn, own),
    ]


def kind_names() -> dict[str, str]:
    return {
        "hold": _("Held runs"), "deletion": _("Deleted records"), "match": _("Which record"), "conflict": _("Conflicts"),
        "reference": _("Organisations"), "suggestion": _("Suggestions"), "update": _("Updates"), "still_needed": _("Still needed?"),
        "message": _("Messages"), "recommendation": _("Recommendations"), "handover": _("Stewardship"),
        "duplicate": _("Possible duplicates"), "merged": _("Merged"), "quarantine": _("Quarantine"),
    }  # fmt: skip


def by_urgency(conn: Connection, items: list[Item]) -> list[Item]:
    """With their last days. A held run first, for nothing of it moves; then what closes soonest, then the oldest."""
    today = hub().time.now().date()
    ids = {_opportunity(item) for item in items} - {""}
    days = {id: on for id, on in finding.needed(conn, ids).items() if on >= today}
    dated = [replace(item, closes=days.get(_opportunity(item))) for item in items]
    return sorted(dated, key=lambda item: (item.kind != "hold", item.closes or date.max, item.since))


def _opportunity(item: Item) -> str:
    """The id of what it is about; empty where that is no opportunity."""
    row = item.row
    return str(getattr(row, "opportunity_id", None) or (row.id if isinstance(row, Opportunity) else ""))


def gathered(items: list[Item]) -> list[Item]:
    """Many of one kind from one connection become one line: they have one cause more often than not."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        where = getattr(item.row, "connection_id", "") if item.kind in GATHERED else item.url
        groups.setdefault((item.kind, where), []).append(item)
    shown: list[Item] = []
    for (kind, where), group in groups.items():
        shown += group if len(group) < MANY else [_gathered(kind, where, group)]
    return shown


def _gathered(kind: str, where: str, group: list[Item]) -> Item:
    texts = {
        "reference": _("%(number)s organisations to settle in %(where)s.", number=len(group), where=where),
        "suggestion": _("%(number)s suggestions about %(where)s.", number=len(group), where=where),
        "update": _("%(number)s records in %(where)s could follow the commons.", number=len(group), where=where),
        "quarantine": _("%(number)s records of %(where)s cannot be translated.", number=len(group), where=where),
    }
    return replace(group[0], says=texts[kind])


def _holds(conn: Connection, names: set[str]) -> Iterator[Item]:
    for row in lists.holds(conn, names):
        yield Item("hold", tell(row.reason), row.at, url_for("queue.hold", hold_id=row.id), row)


def _deletions(conn: Connection, own: set[str]) -> Iterator[Item]:
    for row in lists.deletions(conn, own):
        changed = deletions.edited(conn, hub(), row)
        what = {"title": row.title, "where": row.connection_id, "fields": _(", ").join(label(path) for path in changed)}
        if changed:
            text = _(
                "“%(title)s”: its record in %(where)s was deleted, and meanwhile %(fields)s was changed elsewhere.",
                **what,
            )
        else:
            text = _("“%(title)s”: its record in %(where)s was deleted. It is still shared with everyone.", **what)
        yield Item("deletion", text, row.seen_at, url_for("queue.page", kind="deletion"), row)


def _matches(conn: Connection, own: set[str]) -> Iterator[Item]:
    for row in lists.matches(conn, own):
        what = {"title": row.title, "where": row.connection_id}
        if row.decided_by:
            text = _(
                "“%(title)s”: the record in %(where)s that was chosen for it cannot be used. Which one is it?", **what
            )
        else:
            text = _(
                "“%(title)s”: it was created in %(where)s, and the answer was lost. Which of its records is it?", **what
            )
        yield Item("match", text, row.opened_at, url_for("queue.page", kind="match"), row)


def concerned(user: User, parties: list[dict[str, str]], steward_id: str, path: str) -> tuple[bool, bool]:
    """Whether this person sees a conflict, and whether their foundation decides it."""
    config = hub().config.connections
    members = frozenset(config[p["connection"]].member for p in parties if p["connection"] in config)
    decides = user.member_id in access.decides(members, steward_id, path)
    return decides or user.member_id in members, decides


def _conflicts(conn: Connection, user: User, own: set[str]) -> Iterator[Item]:
    for row in lists.conflicts(conn, own, access.private(user)):
        sees, decides = concerned(user, row.parties, row.steward_id, row.path)
        if sees:
            url = url_for("queue.conflict", conflict_id=row.id)
            yield Item("conflict", partial(_conflict, row), row.opened_at, url, row, decides)


def _conflict(row: Any) -> str:
    where = ", ".join(name_of(p["connection"]) for p in row.parties)
    return _(
        "“%(title)s”: %(field)s was changed in %(where)s and elsewhere.",
        title=row.title,
        field=label(row.path),
        where=where,
    )


def _references(conn: Connection, own: set[str]) -> Iterator[Item]:
    url = url_for("queue.page", kind="reference")
    for row in lists.questions(conn, own):
        yield Item("reference", partial(_reference, row), row.opened_at, url, row)


def _reference(row: Any) -> str:
    name = next((str(v) for v in (row.wish.get("fields") or {}).values() if v), row.column)
    found = (
        _("%(number)s records there could be it.", number=len(row.candidates))
        if row.candidates
        else _("It is not there yet.")
    )
    what = {"title": row.title, "where": row.connection_id, "name": name, "found": found}
    return _("“%(title)s”: which organisation in %(where)s is “%(name)s”? %(found)s", **what)


def _suggestions(conn: Connection, user: User, own: set[str]) -> Iterator[Item]:
    url = url_for("queue.page", kind="suggestion")
    for row in lists.suggestions(conn, own, access.private(user)):
        yield Item("suggestion", partial(_suggestion, row), row.at, url, row)


def _suggestion(row: Any) -> str:
    what = {"title": row.title, "field": label(row.path), "value": words(row.path, row.value)}
    if row.state == "waiting":
        return _("“%(title)s”: %(field)s was changed to “%(value)s” in your system. Suggest it to the steward?", **what)
    return _("“%(title)s”: another foundation suggests “%(value)s” as %(field)s.", **what)


def _updates(conn: Connection, user: User, own: set[str]) -> Iterator[Item]:
    """What is not to be seen any more is nothing to follow."""
    rows = questions.open_ones(conn, own, lists.MOST)
    there = opportunities.load(conn, [row.opportunity_id for row in rows])
    for row in rows:
        if not access.sees_opportunity(user, there[row.opportunity_id], hub().config.circles):
            continue
        text = ngettext(
            "“%(title)s”: %(num)s field changed in the commons. Shall the record in %(where)s follow?",
            "“%(title)s”: %(num)s fields changed in the commons. Shall the record in %(where)s follow?",
            len(row.values), title=row.title, where=row.connection_id,
        )  # fmt: skip
        yield Item("update", text, row.at, url_for("queue.page", kind="update"), row)


def _still_needed(conn: Connection, user: User) -> Iterator[Item]:
    """For those who share: what they are asked about, and what the hub withdrew because nobody answered. What was
    answered a moment ago in the own system is asked about no more, though the clock has not been there yet."""
    if not access.may(user, "queue.decide_still_needed"):
        return
    rows = asked_about.of_steward(conn, user.member_id, lists.MOST)
    known = asking.standings(conn, hub(), user.member_id, rows)
    for row in rows:
        standing, what = known[row.id], {"title": row.title, "since": day(known[row.id].word_at)}
        if decide(standing, hub().time.now()) in (Act.ANSWERED, Act.FORGET, Act.SHARE_AGAIN):
            continue
        if row.delisted_at is not None:
            text = _("“%(title)s” was withdrawn: since %(since)s nobody said that it is still needed.", **what)
        elif standing.told_at is not None and row.asked_at is not None:
            until = day(max(row.asked_at, standing.told_at) + ANSWER)
            text = _(
                "“%(title)s”: nothing was changed or said since %(since)s. Is it still needed? Without a word it is withdrawn on %(until)s.",
                until=until,
                **what,
            )
        else:
            text = _("“%(title)s”: nothing was changed or said since %(since)s. Is it still needed?", **what)
        yield Item("still_needed", text, row.delisted_at or row.asked_at or row.updated_at,
                   url_for("opportunities.one", opportunity_id=row.id), row)  # fmt: skip


def _messages(conn: Connection, user: User) -> Iterator[Item]:
    """What the other side wrote last, where both may see the opportunity still."""
    if not access.may(user, "conversation.say") or access.private(user) == access.NOBODY:
        return
    rows = talk.waiting(conn, user.member_id, lists.MOST)
    there = opportunities.peek(conn, [row.opportunity_id for row in rows])
    for row in rows:
        opportunity, thread = there[row.opportunity_id], talk.get(conn, row.id)
        if thread is None or not access.sees_opportunity(user, opportunity, hub().config.circles):
            continue
        other = thread.second_member if thread.first_member == user.member_id else thread.first_member
        name = conversation.shown_name(conn, opportunity, thread, other, user.member_id)
        text = _("%(name)s wrote to you at “%(title)s”.", name=name, title=row.title)
        url = url_for("opportunities.one", opportunity_id=row.opportunity_id, _anchor="conversation")
        yield Item("message", text, row.at, url, row)


def _recommendations(conn: Connection, user: User) -> Iterator[Item]:
    """For those who could take it up or not; what is not to be seen any more is no news."""
    if not access.may(user, "queue.dismiss_recommendation"):
        return
    rows = recommendations.open_ones(conn, user.member_id)
    there, persons = opportunities.load(conn, [row.opportunity_id for row in rows]), people.names(conn)
    for row in rows:
        opportunity = there[row.opportunity_id]
        if opportunity.status != "published" or not access.sees_opportunity(user, opportunity, hub().config.circles):
            continue
        name, member = persons.get(row.by, ("", ""))
        known = known_here(conn, opportunity, user.member_id).get(member, member)
        if known == UNNAMED:  # the convener's own foundation shares it without its name
            text = _("“%(title)s” is recommended to you by %(member)s.", title=row.title, member=known)
        else:
            text = _(
                "“%(title)s” is recommended to you by %(name)s, %(member)s.",
                title=row.title,
                name=name or "?",
                member=known,
            )
        yield Item("recommendation", text, row.at, url_for("opportunities.one", opportunity_id=row.opportunity_id), row)


def _handovers(conn: Connection, user: User) -> Iterator[Item]:
    if not access.may(user, "handover.decide"):
        return
    rows = handovers.open_ones(conn, user.member_id)
    there = opportunities.load(conn, [row.opportunity_id for row in rows])
    for row in rows:
        opportunity = there[row.opportunity_id]
        if access.sees_opportunity(user, opportunity, hub().config.circles):
            text = _("“%(title)s”: %(steward)s offers you to become its steward.", title=row.title,
                     steward=steward_of(opportunity))  # fmt: skip
            yield Item("handover", text, row.at, url_for("handover.page", row_id=row.id), row)


def _duplicates(conn: Connection, user: User) -> Iterator[Item]:
    if not access.may(user, "duplicates.decide"):
        return
    for pair in duplicates.asked(conn, hub(), user.member_id):
        text = _("“%(title)s” may be the same as “%(other)s”, which %(steward)s shares.", title=pair.own.title,
                 other=pair.other.title, steward=steward_of(pair.other))  # fmt: skip
        answered = pair.row.state == "agreed" or (pair.row.agreed_by == user.member_id and pair.row.seen == pair.seen)
        yield Item(
            "duplicate", text, pair.row.at, url_for("duplicates.page", row_id=pair.row.id), pair.row, not answered
        )


def _merged(conn: Connection, user: User) -> Iterator[Item]:
    """What a merge left with those who were in both."""
    if not access.may(user, "duplicates.settle"):
        return
    rows = merged.leftovers(conn, user.member_id)
    titles = opportunities.titles(conn, [id for row in rows for id in (row.survivor_id, row.gone_id)])
    for row in rows:
        what = {"title": titles[row.survivor_id], "gone": titles[row.gone_id], "where": row.connection_id}
        if row.connection_id:
            text = _(
                "“%(gone)s” was merged into “%(title)s”, and %(where)s has a record of each. One follows it; the other is "
                "left alone, and yours to keep or to remove.", **what
            )  # fmt: skip
        else:
            text = _(
                "“%(gone)s” was merged into “%(title)s”, and you were in both. Your position there stays; nothing is "
                "added up. Does the other one count instead?", **what
            )  # fmt: skip
        yield Item(
            "merged", text, row.at, url_for("opportunities.one", opportunity_id=row.survivor_id), Left.of(conn, row)
        )


@dataclass(frozen=True, slots=True)
class Left:
    """A leftover as the list shows it. ``positions``: ``{path: [the one that stands, the other]}``, own ones only."""

    id: str
    remote_id: str | None
    url: str | None
    positions: dict[str, list[object]]

    @staticmethod
    def of(conn: Connection, row: Any) -> Left:
        if row.connection_id:
            return Left(row.id, row.remote_id, row.url, {})
        survivor = merged.survivors(conn, [row.survivor_id]).get(row.survivor_id, row.survivor_id)
        there = opportunities.commitments(conn, [survivor, row.gone_id])
        own = [there.get(id, {}).get(row.member_id) for id in (survivor, row.gone_id)]
        stands, other = (dict(found.facts) if found else {} for found in own)
        paths = [p for p in stands | other if stands.get(p) != other.get(p)]
        return Left(row.id, None, None, {path: [stands.get(path), other.get(path)] for path in sorted(paths)})


def _quarantine(conn: Connection, own: set[str]) -> Iterator[Item]:
    url = url_for("queue.page", kind="quarantine")
    for row in lists.quarantined(conn, own):
        yield Item("quarantine", partial(_set_aside, row), row.first_seen_at, url, row)


def _set_aside(row: Any) -> str:
    where, place, reason = row.connection_id, row.place or row.remote_id, tell(row.reason)
    if place in row.reason:
        return _("%(where)s: %(reason)s", where=where, reason=reason)
    return _("%(where)s, %(place)s: %(reason)s", where=where, place=place, reason=reason)

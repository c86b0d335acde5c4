"""What a person wishes: which mails, and in which language. Unsubscribing needs no sign-in, only the link."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hub.store import audit, people
from hub.store import wishes as store
from hub.store.tables import MailWish

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.app import Hub

OFTEN = ("twice", "weekly", "monthly", "off")
"""How often a digest comes: on the 1st and 15th, on Mondays, on the 1st, never."""
POSTS, DIGEST = "posts", "digest"
MORNING = time(6)
"""Of UTC, when digests are due."""


def next_digest(every: str, after: datetime) -> datetime | None:
    """The first time after this moment; None for never."""
    if every == "off":
        return None
    day = datetime.combine(after.date(), MORNING, after.tzinfo)
    days = {"weekly": lambda d: d.weekday() == 0, "twice": lambda d: d.day in (1, 15), "monthly": lambda d: d.day == 1}
    while day <= after or not days[every](day):
        day += timedelta(days=1)
    return day


def of(conn: Connection, hub: Hub, user_ids: Collection[str]) -> dict[str, MailWish]:
    """What these people wish; whoever never chose gets what is usual, and a key to unsubscribe with."""
    there = store.of(conn, user_ids)
    store.add(conn, [MailWish(user_id=id, key=hub.ids.token()) for id in user_ids if id not in there])
    return there if len(there) == len(set(user_ids)) else store.of(conn, user_ids)


def choose(hub: Hub, user_id: str, posts: bool, digest: str) -> None:
    """ValueError for a rhythm that there is not."""
    if digest not in OFTEN:
        raise ValueError(_("There is no %(digest)s. Known: %(known)s.", digest=repr(digest), known=", ".join(OFTEN)))
    with hub.writing() as conn:
        _choose(conn, hub, of(conn, hub, [user_id])[user_id], posts, digest)


def speak(hub: Hub, user_id: str, language: str) -> None:
    """From now on pages and mails are in this language, whichever browser the person uses."""
    with hub.writing() as conn:
        people.change(conn, user_id, language=language)


def _choose(conn: Connection, hub: Hub, wish: MailWish, posts: bool, digest: str) -> None:
    now = hub.time.now()
    values: dict[str, object] = {"posts": posts, "digest": digest}
    if digest != wish.digest:
        # Whoever begins anew is told what comes from now on, not of the months without.
        since = now if wish.digest == "off" or wish.since is None else wish.since
        values |= {"due_at": next_digest(digest, now), "since": since, "left": None if since == now else wish.left}
    store.change(conn, wish.user_id, **values)
    changed = [
        f"{name}: {value}" for name, value in (("posts", posts), ("digest", digest)) if getattr(wish, name) != value
    ]
    if changed:
        audit.write(conn, at=now, actor=f"user:{wish.user_id}", action="mail chosen", note=", ".join(changed))


def link(hub: Hub, wish: MailWish, kind: str) -> str:
    """The address that ends mails of this kind."""
    return f"{hub.config.public_url.rstrip('/')}/unsubscribe/{kind}.{wish.user_id}.{_sign(wish, kind)}"


def opened(conn: Connection, text: str) -> tuple[MailWish, str] | None:
    """Whose link this is and what it ends; None for what the hub did not sign, and for who is not there any more."""
    kind, _, rest = text.partition(".")
    user_id, _, signature = rest.partition(".")
    wish = store.of(conn, [user_id]).get(user_id)
    person = people.by_id(conn, user_id)
    if kind not in (POSTS, DIGEST) or wish is None or person is None:
        return None
    same = hmac.compare_digest(_sign(wish, kind).encode(), signature.encode("utf-8", "replace"))
    return (wish, kind) if same else None


def unsubscribe(hub: Hub, text: str) -> str | None:
    """End what this link ends; which kind that was. Doing it twice is the same as once."""
    with hub.writing() as conn:
        found = opened(conn, text)
        if found is None:
            return None
        wish, kind = found
        _choose(conn, hub, wish, wish.posts and kind != POSTS, "off" if kind == DIGEST else wish.digest)
        return kind


def _sign(wish: MailWish, kind: str) -> str:
    return hmac.digest(wish.key.encode(), f"{kind}.{wish.user_id}".encode(), hashlib.sha256).hex()

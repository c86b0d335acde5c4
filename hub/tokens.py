"""What members' programs sign in with at ``/api/v1/``: made once, shown once, kept as a hash, revoked at will."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from flask_babel import gettext as _

from hub.app import Hub
from hub.people.accounts import digest
from hub.store import audit, tokens
from hub.store.tables import Token

SCOPES = {
    "read": "Opportunities that the member may see, and its own positions.",
    "share": "Create opportunities, and change those that the member shared.",
    "position": "State the member's own position on an opportunity.",
    "search": "Save and drop the member's searches, which fill its inboxes.",
    "messages": "Read and write the member's messages at an opportunity.",
}
PREFIX = "hubt_"
"""So that scanners of published code can tell what they found."""


def create(
    hub: Hub, member: str, name: str, scopes: Iterable[str], *, days: int | None = None, by: str | None = None
) -> tuple[Token, str]:
    """A new token, and its text, which nothing keeps. ``days``: until it expires, None for never. ``by``: the user who makes
    it. ValueError in words for what cannot be."""
    given = list(dict.fromkeys(scopes))
    if member not in hub.config.members:
        raise ValueError(
            _(
                "There is no member %(member)s. Known: %(known)s.",
                member=repr(member),
                known=", ".join(hub.config.members),
            )
        )
    if unknown := [scope for scope in given if scope not in SCOPES]:
        raise ValueError(
            _("There is no scope %(name)s. Known: %(known)s.", name=repr(unknown[0]), known=", ".join(SCOPES))
        )
    if not given:
        raise ValueError(_("A token without a scope opens nothing. Choose among %(known)s.", known=", ".join(SCOPES)))
    name = name.strip()
    if not name or len(name) > 200:
        raise ValueError(_("Name the program that will use it, in at most 200 characters."))
    if days is not None and not 1 <= days <= 3650:
        raise ValueError(_("A token is valid for 1 to 3650 days."))
    now, text = hub.time.now(), PREFIX + hub.ids.token()
    token = Token(
        id=hub.ids.uuid7(), member_id=member, name=name, scopes=given, token_hash=digest(text), by=by, created_at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )  # fmt: skip
    with hub.writing() as conn:
        tokens.add(conn, token)
        audit.write(
            conn, at=now, actor=f"user:{by}" if by else "hub", action="token created", member_id=member,
            note=f"{token.id} {name}: {', '.join(given)}",
        )  # fmt: skip
    return token, text


def revoke(hub: Hub, token_id: str, *, members: Collection[str], by: str | None = None) -> Token:
    """From now on it opens nothing. ``members``: whose tokens the caller looks after. LookupError for any other."""
    with hub.writing() as conn:
        token = tokens.get(conn, token_id)
        if token is None or token.member_id not in members:
            raise LookupError(token_id)
        if token.revoked_at is None:
            token.revoked_at = hub.time.now()
            tokens.change(conn, token_id, revoked_at=token.revoked_at)
            audit.write(
                conn, at=token.revoked_at, actor=f"user:{by}" if by else "hub", action="token revoked",
                member_id=token.member_id, note=f"{token.id} {token.name}",
            )  # fmt: skip
    return token


def opened(hub: Hub, text: str) -> Token | None:
    """The token that this text is, if it opens anything."""
    now = hub.time.now()
    with hub.reading() as conn:
        token = tokens.by_hash(conn, digest(text))
    if token is None or state(hub, token) != "valid" or token.member_id not in hub.config.members:
        return None
    if token.used_at is None or now - token.used_at > timedelta(minutes=1):  # not a write for every call
        with hub.writing() as conn:
            tokens.used(conn, token.id, now)
    return token


def state(hub: Hub, token: Token) -> str:
    """valid, expired or revoked."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= hub.time.now() else "valid"

"""The two ways into an org: client credentials, and a signed assertion (JWT bearer).

Salesforce Help, "OAuth 2.0 Client Credentials Flow" and "OAuth 2.0 JWT Bearer Flow". Both ask the token
endpoint of the org's My Domain; the assertion is signed here with the private key whose certificate the app holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import jwt

from connectors.contract import Invalid, Secret, Settings, SignInFailed, Unavailable
from connectors.salesforce.errors import said
from schemas.said import phrase, together

if TYPE_CHECKING:
    from connectors.transport import Answer

TOKEN = "/services/oauth2/token"  # noqa: S105
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://login.salesforce.com"
GOOD_FOR = timedelta(minutes=3)
"""How long an assertion may be used. Salesforce takes none that lives much longer."""
CLOCKS_APART = timedelta(seconds=90)
"""More than this between two clocks is a fault of one of them: an assertion lives three minutes."""


def form(settings: Settings, now: datetime) -> dict[str, str]:
    """What the token endpoint is sent. ``Invalid`` where the options fit neither way."""
    client, secret, key = (settings.get(name) for name in ("client_id", "client_secret", "private_key"))
    if bool(secret) == bool(key):
        raise Invalid(
            phrase(
                "Set either client_secret (client credentials flow) or private_key with username (JWT bearer "
                "flow), not both."
            )
            if secret
            else phrase(
                "Nothing to sign in with: set client_secret (client credentials flow), or private_key and "
                "username (JWT bearer flow)."
            )
        )
    if secret:
        return {"grant_type": "client_credentials", "client_id": str(client or ""), "client_secret": _plain(secret)}
    if not settings.get("username"):
        raise Invalid(phrase("private_key is set without username: the JWT bearer flow signs in as a named user."))
    claims = {
        "iss": str(client or ""),
        "sub": str(settings.get("username")),
        "aud": str(settings.get("audience") or AUDIENCE),
        "exp": int((now + GOOD_FOR).timestamp()),
    }
    return {"grant_type": JWT_BEARER, "assertion": _signed(claims, _plain(key))}


def _signed(claims: Mapping[str, Any], key: str) -> str:
    # Environment variables and settings pages often hold a PEM with its line ends written out.
    try:
        return jwt.encode(dict(claims), key.replace("\\n", "\n"), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        raise Invalid(
            phrase(
                "private_key is no RSA private key in PEM form, without a passphrase. Name the file that openssl "
                'wrote: "file:server.key".'
            )
        ) from None


def _plain(secret: Any) -> str:
    return secret.reveal() if isinstance(secret, Secret) else str(secret)


_FIXES = {
    "invalid_client_id": phrase("Check client_id: it is the consumer key of the external client app."),
    "invalid_client": phrase("Check client_secret: it is the consumer secret of the external client app."),
    "inactive_user": phrase("The app's run-as user is inactive: activate it, or name another one."),
    "inactive_org": phrase("The org is locked or suspended: ask its administrator."),
    "invalid_app_access": phrase("Let the user into the app: add a permission set of theirs to the app's policies."),
}
_FIXES_OF_CREDENTIALS = {
    "invalid_grant": phrase("Enable the client credentials flow for the external client app and name its run-as user."),
    "unsupported_grant_type": phrase("Enable the client credentials flow for the external client app."),
}
_FIXES_OF_JWT = {
    "invalid_grant": phrase(
        "Check that the app holds the certificate of private_key, that username is an active user whom "
        'the app\'s policies admit ("Admin approved users are pre-authorized", with a permission set of '
        "theirs), and audience: https://login.salesforce.com for production, https://test.salesforce.com "
        "for a sandbox org."
    ),
    "unsupported_grant_type": phrase(
        "Enable the JWT bearer flow for the external client app and upload the certificate."
    ),
    "invalid_client": phrase("Check client_id, and that the app holds the certificate of private_key."),
}


def refused(answer: Answer, url: str, settings: Settings, now: datetime) -> SignInFailed | Unavailable:
    """The error for a token endpoint that gave no token."""
    found = said(answer)
    if not found:
        return Unavailable(
            phrase(
                "%(url)s%(token)s answered HTTP %(status)s with something that is not Salesforce's. Check url: "
                "it is the org's My Domain, like https://yourorg.my.salesforce.com, not a login or Experience "
                "page.",
                url=url,
                token=TOKEN,
                status=answer.status,
            )
        )
    by_key = bool(settings.get("private_key"))
    fixes = _FIXES | (_FIXES_OF_JWT if by_key else _FIXES_OF_CREDENTIALS)
    fix = fixes.get(
        found[0].code,
        phrase(
            "Check url (the org's My Domain, not login.salesforce.com), client_id, and that the app may use "
            "this way to sign in."
        ),
    )
    apart = clocks(answer, now) if by_key else ""
    text = phrase(
        "%(url)s refused to sign in: %(message)s (%(code)s). %(fix)s",
        url=url,
        message=found[0].message[:300] or found[0].code,
        code=found[0].code,
        fix=fix,
    )
    return SignInFailed(together([text, apart]))


def their_time(answer: Answer) -> datetime | None:
    """The answer's ``Date`` (RFC 9110, section 6.6.1), ``None`` where there is none to be read."""
    try:
        found = parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def clocks(answer: Answer, now: datetime) -> str:
    """A sentence where this machine's clock and that of the answer are far apart."""
    theirs = their_time(answer)
    apart = now - theirs if theirs else timedelta(0)
    if abs(apart) <= CLOCKS_APART:
        return ""
    way = phrase("ahead of") if apart > timedelta(0) else phrase("behind")
    return phrase(
        "This machine's clock is %(span)s %(way)s Salesforce's: set it right (let it follow a time server).",
        span=_long(abs(apart)),
        way=way,
    )


def _long(apart: timedelta) -> str:
    minutes = round(apart.total_seconds() / 60)
    return (
        phrase("%(minutes)s minutes", minutes=minutes)
        if minutes < 120
        else phrase("%(hours)s hours", hours=minutes // 60)
    )

"""Signing in as a service account: a signed assertion for a token of an hour.

Source: Google Identity, "Using OAuth 2.0 for Server to Server Applications" (RFC 7523). The key file names a token
address too; it is not followed, so that a key file from elsewhere cannot lead the assertion elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import jwt
from jwt.algorithms import RSAAlgorithm

from connectors.answer import Answer
from connectors.contract import Invalid, Secret, SignInFailed, Unavailable
from connectors.transport import Transport
from schemas.said import phrase, together

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/spreadsheets"
SCOPE_READONLY = SCOPE + ".readonly"
GOOD_FOR = timedelta(minutes=10)
"""How long an assertion may be used; Google takes none of more than an hour."""
CLOCKS_APART = timedelta(seconds=90)
EARLY = 60.0
"""Seconds before its end at which a token is no longer used."""


@dataclass(frozen=True, slots=True)
class Account:
    """A service account, from its key file."""

    email: str
    project: str
    key_id: str
    private_key: Secret = field(repr=False)


def account(text: Secret) -> Account:
    """``Invalid`` where the text is not the key file of a service account; it never quotes from it."""
    try:
        found = json.loads(text.reveal())
    except ValueError:
        raise Invalid(
            phrase(
                "The option key is not the JSON file of a service account. Give the whole file, like key = "
                '"file:google-key.json".'
            ),
            ["key"],
        ) from None
    needed = ("client_email", "private_key")
    if not isinstance(found, dict) or not all(isinstance(found.get(n), str) and found[n] for n in needed):
        raise Invalid(
            phrase(
                "The option key holds JSON without client_email and private_key, so it is not the key of a "
                "service account. Make one in the Google Cloud console: IAM & Admin, Service accounts, Keys, Add "
                "key, JSON."
            ),
            ["key"],
        )
    return Account(
        str(found["client_email"]),
        str(found.get("project_id") or ""),
        str(found.get("private_key_id") or ""),
        Secret(str(found["private_key"])),
    )


@dataclass(frozen=True, slots=True)
class Token:
    """``until`` is a moment of the monotonic clock."""

    value: Secret
    until: float


def sign_in(transport: Transport, url: str, who: Account, scope: str) -> Token:
    """A fresh token. Asking twice does no harm, so it may be repeated."""
    now = transport.time.now()
    answer = _ask(transport, url, who, scope, now)
    theirs = _their_time(answer)
    if not answer.ok and theirs and abs(theirs - now) > CLOCKS_APART:
        answer = _ask(transport, url, who, scope, theirs)  # it is by their clock that an assertion is young or old
    if not answer.ok:
        raise _refused(answer, who, theirs, now)
    body = answer.json()
    token = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not token:
        raise Unavailable(phrase("%(url)s answered without an access token.", url=answer.url))
    seconds = body.get("expires_in")
    good = float(seconds) if isinstance(seconds, int) and not isinstance(seconds, bool) else 0.0
    return Token(Secret(token), transport.time.monotonic() + max(good - EARLY, 0.0))


def _ask(transport: Transport, url: str, who: Account, scope: str, now: datetime) -> Answer:
    claims = {
        "iss": who.email,
        "scope": scope,
        "aud": url,
        "iat": int(now.timestamp()),
        "exp": int((now + GOOD_FOR).timestamp()),
    }
    try:
        assertion = jwt.encode(
            claims, _signer(who.private_key.reveal()), algorithm="RS256", headers={"kid": who.key_id}
        )
    except (ValueError, TypeError, jwt.PyJWTError):
        raise SignInFailed(
            phrase(
                "The private key of %(email)s cannot be read. Make a new key in the Google Cloud console and "
                "give the whole JSON file.",
                email=who.email,
            )
        ) from None
    form = {"grant_type": JWT_BEARER, "assertion": assertion}
    return transport.call("POST", url, form=form, repeatable=True)


@lru_cache(maxsize=16)
def _signer(pem: str) -> Any:
    """Reading a key costs a tenth of a second, and every run opens its connection anew. Environment variables often
    hold a PEM with its line ends written out."""
    return RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(pem.replace("\\n", "\n"))


def _their_time(answer: Answer) -> datetime | None:
    """The answer's ``Date`` (RFC 9110, section 6.6.1), ``None`` where there is none to be read."""
    try:
        found = parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _refused(answer: Answer, who: Account, theirs: datetime | None, now: datetime) -> SignInFailed | Unavailable:
    body = answer.peek()
    if not isinstance(body, dict) or "error" not in body:
        return Unavailable(
            phrase(
                "%(url)s answered %(status)s to the sign-in, without saying why. Try again later.",
                url=answer.url,
                status=answer.status,
            )
        )
    said = f"{body.get('error')}: {body.get('error_description') or 'no reason given'}"[:300]
    clocks = ""
    if theirs and abs(theirs - now) > CLOCKS_APART:
        clocks = phrase("This machine's clock and Google's are apart: let it follow a time server.")
    return SignInFailed(
        together(
            [
                phrase(
                    "Google does not accept the key of %(email)s (%(said)s). Make a new key for the service account "
                    "in the Google Cloud console, and look there whether it is disabled.",
                    email=who.email,
                    said=said,
                ),
                clocks,
            ]
        )
    )

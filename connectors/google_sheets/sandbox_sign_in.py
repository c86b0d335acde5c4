"""The token address of the stand-in: assertions signed with a service account's key, tokens of an hour."""

from __future__ import annotations

import json
import secrets
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.clock import Time
from connectors.google_sheets.sandbox_errors import WireError

EMAIL = "hub@commons-sandbox.iam.gserviceaccount.com"
PROJECT = "commons-sandbox"
SCOPES = ("https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/spreadsheets.readonly")
GOOGLES = "https://oauth2.googleapis.com/token"
"""Google's own client names it in every assertion, wherever it sends it."""
LIFE = 3600
SKEW = 300


@cache
def _pair() -> tuple[str, str]:
    """A key pair as PEM texts, private and public."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = made.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain).decode()
    public = made.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    return private, public


def key_file(token_url: str) -> dict[str, str]:
    """As the Google Cloud console makes it."""
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "0123456789abcdef",
        "private_key": _pair()[0],
        "client_email": EMAIL,
        "client_id": "100000000000000000001",
        "token_uri": token_url,
    }


class Accounts:
    """One service account, and the tokens that it was given."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self._tokens: dict[str, tuple[float, set[str]]] = {}
        self.disabled = False

    def token(self, grant: str, assertion: str, address: str) -> tuple[int, dict[str, Any]]:
        """Status and body."""
        if grant != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return 400, {"error": "unsupported_grant_type", "error_description": "Invalid grant_type"}
        try:
            checks = {"verify_exp": False, "verify_iat": False}
            claims = jwt.decode(assertion, _pair()[1], ["RS256"], audience=[address, GOOGLES], options=checks)  # type: ignore[arg-type]
        except jwt.InvalidSignatureError:
            return 400, _no("Invalid JWT Signature.")
        except jwt.PyJWTError:
            return 400, _no("Invalid JWT: Failed audience check.")
        if claims.get("iss") != EMAIL or self.disabled:
            return 400, _no("Invalid grant: account not found")
        now, issued, ends = self._time.now().timestamp(), claims.get("iat", 0), claims.get("exp", 0)
        if not issued - SKEW <= now <= ends + SKEW or ends - issued > LIFE:
            return 400, _no(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your "
                "iat and exp values in the JWT claim."
            )
        asked = set(str(claims.get("scope", "")).split())
        if not asked & set(SCOPES):
            return 400, {
                "error": "invalid_scope",
                "error_description": f"Not a valid audience or scope: {sorted(asked)}",
            }
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._tokens[token] = self._time.monotonic() + LIFE, asked
        return 200, {"access_token": token, "expires_in": LIFE - 1, "token_type": "Bearer"}

    def who(self, header: str, *, writes: bool) -> str:
        """The e-mail address behind an Authorization header; 401 or 403 where there is none, or none that may."""
        until, scopes = self._tokens.get(header.removeprefix("Bearer "), (0.0, set()))
        if not header.startswith("Bearer ") or self._time.monotonic() >= until or self.disabled:
            raise WireError(401, "Request had invalid authentication credentials. Expected OAuth 2 access token.")
        if not scopes & set(SCOPES[:1] if writes else SCOPES):
            raise WireError(403, "Request had insufficient authentication scopes.")
        return EMAIL

    def forget(self) -> None:
        """All tokens end now."""
        self._tokens.clear()


def secret(token_url: str) -> str:
    """The key file as text."""
    return json.dumps(key_file(token_url))


def _no(why: str) -> dict[str, Any]:
    return {"error": "invalid_grant", "error_description": why}

"""The identity provider of the stand-in: client credentials for a signed token of five minutes."""

from __future__ import annotations

from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.clock import Time
from connectors.pdc.sandbox_errors import WireError
from connectors.pdc.sandbox_state import Client, Commons

LIFE = 300
ISSUER = "https://auth.sandbox.example/realms/pdc"


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def token(commons: Commons, form: Any) -> tuple[int, dict[str, Any]]:
    """Status and body, as Keycloak answers."""
    if form.get("grant_type") != "client_credentials":
        return 400, {"error": "unsupported_grant_type", "error_description": "Unsupported grant_type"}
    client = commons.clients.get(form.get("client_id", ""))
    if client is None or client.secret != form.get("client_secret"):
        told = "Invalid client or Invalid client credentials"
        return 401, {"error": "unauthorized_client", "error_description": told}
    ends = int(commons.time.now().timestamp()) + LIFE
    claims = {"iss": ISSUER, "sub": client.sub, "exp": ends, "realm_access": {"roles": []}, "name": "A machine"}
    signed = jwt.encode(claims, _key(), algorithm="RS256")
    return 200, {"access_token": signed, "expires_in": LIFE, "token_type": "Bearer"}


def bearer(commons: Commons, header: str, time: Time) -> Client:
    """Who calls. An expired token and a forged one have a code of their own; a missing one has another."""
    if not header.startswith("Bearer "):
        raise WireError(401, "UnauthorizedError", "No authorization token was found", "credentials_required")
    try:
        checks = {"verify_exp": False}
        claims = jwt.decode(header[7:], _key().public_key(), ["RS256"], issuer=ISSUER, options=checks)  # type: ignore[arg-type]
    except jwt.PyJWTError as error:
        raise WireError(401, "UnauthorizedError", str(error), "invalid_token") from None
    if claims["exp"] <= time.now().timestamp():
        raise WireError(401, "UnauthorizedError", "jwt expired", "invalid_token")
    for client in commons.clients.values():
        if client.sub == claims["sub"]:
            return client
    raise WireError(401, "UnauthorizedError", "The user is not known.", "invalid_token")

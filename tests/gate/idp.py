"""An identity provider written for the tests: over TLS, right in everything but what it is told to get wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import trustme
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import RSAKey

from connectors.sandbox import Sandbox

CLIENT, SECRET = "commons-hub", "a secret of the client's"
Claims = dict[str, Any]
KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": name, "use": "sig"}) for name in ("one", "two"))


class Idp:
    """``spoil`` changes the claims of the next id tokens, ``sign`` makes the token of them, ``document`` what discovery
    says. ``asked`` are the requests that reached the token address. ``person`` is who signs in."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self.person: Claims = {"sub": "ada-1", "email": "admin.elm@hub.test", "email_verified": True}
        self.spoil: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = sign
        self.document: Claims = {}
        self.keys = [KEY]
        self.user_info: Claims | None = None
        self.asked: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.now = now
        authority = trustme.CA()
        self.ca_file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        app = Flask("idp")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._discovery)
        app.add_url_rule("/keys", view_func=self._keys)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/me", view_func=lambda: jsonify(self.user_info))
        self.sandbox = Sandbox("idp", app, ssl_context=context)

    def __enter__(self) -> Self:
        self.sandbox.__enter__()
        self.issuer = f"https://localhost:{urlsplit(self.sandbox.url).port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sandbox.__exit__(kind, error, trace)

    def authorize(self, url: str, **more: str) -> dict[str, str]:
        """What a person's browser brings back from the address that the hub sent it to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT and asked["response_type"] == "code" and "openid" in asked["scope"]
        assert asked["code_challenge_method"] == "S256" and asked["nonce"] and asked["state"]
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], **more}

    def _discovery(self) -> Response:
        usual = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys", "userinfo_endpoint": f"{self.issuer}/me",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }  # fmt: skip
        return jsonify(usual | self.document)

    def _keys(self) -> Response:
        others = [{"kty": "oct", "k": "AAAA", "kid": "one"}, {"kty": "RSA", "kid": "bad"}, "x"]
        return jsonify(keys=[*others, *(key.as_dict(private=False) for key in self.keys)])

    def _token(self) -> Any:
        self.asked.append({**request.form.to_dict(), "authorization": request.headers.get("Authorization", "")})
        begun = self.codes.pop(request.form["code"], None)
        if begun is None or begun["redirect_uri"] != request.form["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        if begun["code_challenge"] != half(hashlib.sha256(request.form["code_verifier"].encode()).digest()):
            return jsonify(error="invalid_grant"), 400
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": begun["nonce"],
            **self.person,
        }
        return jsonify(access_token="at", token_type="Bearer", id_token=self.sign(self.spoil(claims)))


def half(digest: bytes) -> str:
    return urlsafe_b64encode(digest).decode().rstrip("=")


def sign(claims: Claims, key: RSAKey = KEY, **header: Any) -> str:
    return jwt.encode({"alg": "RS256", "kid": key.kid} | header, claims, key)


def unsigned(claims: Claims) -> str:
    """``alg`` is none (RFC 7519, section 6), with no signature."""
    return signing_input({"alg": "none", "kid": "one"}, claims) + "."


def by_secret(claims: Claims) -> str:
    """Signed with the client's secret, which others may know."""
    return hashed(claims, SECRET.encode())


def by_public_key(claims: Claims) -> str:
    """The old confusion: the public key taken for a shared secret."""
    return hashed(claims, KEY.as_pem(private=False))


def hashed(claims: Claims, key: bytes) -> str:
    text = signing_input({"alg": "HS256", "kid": "one"}, claims)
    return f"{text}.{half(hmac.digest(key, text.encode(), hashlib.sha256))}"


def signing_input(header: Claims, claims: Claims) -> str:
    return ".".join(half(json.dumps(part).encode()) for part in (header, claims))

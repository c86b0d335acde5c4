"""An identity provider, spoken to as OpenID Connect Core 1.0 has it: authorization code with PKCE (RFC 7636), state, nonce.

Authlib checks the claims, joserfc the signature; all calls go through the hub's one way out. What the provider says of
itself (Discovery 1.0) is believed only where it names itself as the configuration does, and asked for again after an hour.
Both are imported when somebody comes in this way: most hubs have no provider, and a start would wait for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.answer import Answer
from connectors.contract import ConnectorError
from connectors.transport import Transport
from hub.people.settings import ProviderConfig

SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that are taken: with a key that only the provider has. Neither ``none`` nor one made with the client's secret."""
FRESH = 3600.0
AGAIN = 60.0
"""Seconds for which the provider's document and keys are believed, and before which they are not asked for again."""
SKEW = 60
SCOPE = "openid email profile"
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderFailed(Exception):
    """The provider did not answer as it should; whoever wants in may try again. The text is for the log."""


class Distrusted(Exception):
    """What came back does not prove who somebody is. The text is for the log."""


@dataclass(frozen=True, slots=True)
class _Known:
    document: Mapping[str, Any]
    keys: tuple[Any, ...]
    at: float


class Provider:
    """``now`` is the hub's clock and ``monotonic`` the one for waiting."""

    def __init__(
        self, config: ProviderConfig, transport: Transport, now: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self.config = config
        self._transport = transport
        self._now, self._monotonic = now, monotonic
        self._known: _Known | None = None
        self._lock = threading.Lock()

    def address(self, back: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes; it comes back to ``back``."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        demanded = {"acr_values": " ".join(self.config.acr)} if self.config.acr else {}
        found: str = prepare_grant_uri(
            self._document()["authorization_endpoint"], self.config.client_id, "code", redirect_uri=back, scope=SCOPE,
            state=state, nonce=nonce, code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
            **demanded,
        )  # fmt: skip
        return found

    def ending(self, back: str) -> str | None:
        """Where the browser ends its session at the provider (RP-Initiated Logout 1.0) and is sent to ``back`` from; None where
        the configuration or the provider has no such thing. The client is named instead of an id token, of which none is kept.
        """
        from authlib.common.urls import add_params_to_uri

        found = self._document().get("end_session_endpoint") if self.config.ends_there else None
        if not isinstance(found, str):
            return None
        self._must_be_encrypted(found)
        return str(add_params_to_uri(found, {"client_id": self.config.client_id, "post_logout_redirect_uri": back}))

    def check_answer(self, given: Mapping[str, str]) -> None:
        """That it is this provider which sent the browser back (RFC 9207)."""
        says = self._document().get("authorization_response_iss_parameter_supported") is True
        if (says or "iss" in given) and given.get("iss") != self.config.issuer:
            raise Distrusted("the answer came from another issuer")

    def claims(self, code: str, back: str, verifier: str, nonce: str) -> dict[str, Any]:
        """What the provider says of the person, checked. ``Distrusted`` where anything is not as it must be."""
        tokens = self._tokens(code, back, verifier)
        claims = self._id_token(tokens, nonce)
        if self.config.email not in claims and isinstance(tokens.get("access_token"), str):
            more = self._user_info(tokens["access_token"])
            if more.get("sub") != claims["sub"]:
                raise Distrusted("the user info is of somebody else")
            claims = {**more, **claims}
        self._check_level(claims)
        return claims

    def _check_level(self, claims: Mapping[str, Any]) -> None:
        used = claims.get("amr")
        if self.config.acr and claims.get("acr") not in self.config.acr:
            raise Distrusted("the level (acr) is none of those demanded")
        if self.config.amr and not (isinstance(used, list) and set(map(str, used)) & set(self.config.amr)):
            raise Distrusted("none of the ways (amr) that are demanded was used")

    def _tokens(self, code: str, back: str, verifier: str) -> dict[str, Any]:
        from authlib.oauth2.auth import ClientAuth
        from authlib.oauth2.rfc6749.parameters import prepare_token_request

        document, secret = self._document(), self.config.client_secret
        known = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        way = "none" if secret is None else "client_secret_basic"
        if secret is not None and way not in known:
            way = "client_secret_post"
        body = prepare_token_request("authorization_code", redirect_uri=back, code=code, code_verifier=verifier)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        client = ClientAuth(self.config.client_id, secret.reveal() if secret else None, way)
        url, headers, body = client.prepare("POST", document["token_endpoint"], headers, body)
        answer = self._call("POST", url, content=body.encode("ascii"), headers=headers)
        if answer.status != 200:
            raise Distrusted(f"the code was not taken ({answer.status})")
        return _object(answer)

    def _id_token(self, tokens: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        from authlib.common.errors import AuthlibBaseError
        from authlib.oidc.core import CodeIDToken
        from joserfc import jws
        from joserfc.errors import JoseError

        text = tokens.get("id_token")
        if not isinstance(text, str):
            raise Distrusted("there was no id token")
        try:
            header = jws.extract_compact(text.encode("ascii")).headers()
            token = self._verified(text, header)
            exact = {
                "iss": {"essential": True, "value": self.config.issuer},
                "aud": {"essential": True, "value": self.config.client_id},
            }
            params = {"nonce": nonce, "client_id": self.config.client_id, "access_token": tokens.get("access_token")}
            claims = CodeIDToken(token.claims, token.header, exact, params)
            claims.validate(now=int(self._now().timestamp()), leeway=SKEW)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise Distrusted(f"the id token does not hold ({type(error).__name__})") from None
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise Distrusted("the id token names nobody")
        return dict(claims)

    def _verified(self, text: str, header: Mapping[str, Any]) -> Any:
        """Signed by a key of the provider: by the one that it names, else by any. A new one makes the hub look again."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        if header.get("alg") not in SIGNED:
            raise ValueError("not a signature of the provider's")
        for again in (False, True):
            for key in self._keys(header.get("kid"), again):
                try:
                    return jwt.decode(text, key, algorithms=[header["alg"]])
                except (JoseError, ValueError, RecursionError):
                    continue
        raise ValueError("no key of the provider's signed it")

    def _keys(self, kid: object, again: bool) -> list[Any]:
        known = self._look(again)
        return [key for key in known.keys if kid is None or key.kid == kid]

    def _document(self) -> Mapping[str, Any]:
        return self._look(False).document

    def _look(self, again: bool) -> _Known:
        with self._lock:
            known, now = self._known, self._monotonic()
            if known is None or now - known.at > (AGAIN if again else FRESH):
                self._known = known = self._read(now)
            return known

    def _read(self, now: float) -> _Known:
        url = self.config.issuer.rstrip("/") + "/.well-known/openid-configuration"
        document = _object(self._get(url))
        if document.get("issuer") != self.config.issuer:
            raise ProviderFailed(
                f"The provider calls itself {document.get('issuer')!r}. Write that as issuer under [sign_in]."
            )
        for name in NEEDED:
            if not isinstance(document.get(name), str):
                raise ProviderFailed(f"The provider's document has no {name}.")
        self._must_be_encrypted(document["authorization_endpoint"])
        given = _object(self._get(document["jwks_uri"])).get("keys")
        keys = [key for one in (given if isinstance(given, list) else []) if (key := _key(one)) is not None]
        return _Known(document, tuple(keys), now)

    def _must_be_encrypted(self, url: str) -> None:
        """As its issuer is, which may be on this machine."""
        if urlsplit(url).scheme not in ("https", urlsplit(self.config.issuer).scheme):
            raise ProviderFailed("The provider would have people sign in or out without encryption.")

    def _user_info(self, access_token: str) -> dict[str, Any]:
        url = self._document().get("userinfo_endpoint")
        if not isinstance(url, str):
            return {}
        answer = self._call("GET", url, headers={"Authorization": f"Bearer {access_token}"})
        return _object(answer) if answer.status == 200 else {}

    def _get(self, url: str) -> Answer:
        answer = self._call("GET", url)
        if answer.status != 200:
            raise ProviderFailed(f"{answer.url} answered {answer.status}.")
        return answer

    def _call(self, method: str, url: str, **how: Any) -> Answer:
        try:
            return self._transport.call(method, url, **how)
        except ConnectorError as error:
            raise ProviderFailed(str(error)) from None


def _object(answer: Answer) -> dict[str, Any]:
    try:
        found = answer.json()
    except (ConnectorError, ValueError) as error:
        raise ProviderFailed(f"{answer.url}: {error}") from None
    if not isinstance(found, dict):
        raise ProviderFailed(f"{answer.url} did not answer with an object.")
    return found


def _key(given: Any) -> Any:
    """A public key that signs; None for any other."""
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    if not isinstance(given, dict) or given.get("kty") not in ("RSA", "EC", "OKP") or given.get("use", "sig") != "sig":
        return None
    try:
        return KeySet.import_key_set({"keys": [given]}).keys[0]
    except (JoseError, ValueError, TypeError, KeyError):
        return None

"""The calls of a declaration, to one connection's address, signed in as it says."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from connectors.answer import Answer
from connectors.contract import ConnectorError, Invalid, Rate, Secret, Settings, SignInFailed, Unavailable
from connectors.limiter import Throttle
from connectors.rest import errors, fill, parts
from connectors.rest.declaration import Declaration
from connectors.rest.dig import MISSING, bury, dig
from connectors.transport import Transport, dump
from schemas.said import phrase

NEEDS = {
    "none": (), "basic": ("user", "password"), "bearer": ("token",), "header": ("token",),
    "oauth2": ("client_id", "client_secret"),
}  # fmt: skip
"""The options that each way of signing in takes."""


class Api:
    """Raises ``ConnectorError`` only. No answer, declaration or value makes it call another origin than ``url``'s,
    but for the connection's own ``token_url``."""

    def __init__(self, declaration: Declaration, settings: Settings, object: str, transport: Transport) -> None:
        self.declaration = declaration
        self._settings = settings
        self._transport = transport
        self._url = str(settings.get("url")).rstrip("/")
        self._bearer: str | None = None
        given = settings.get("values") or {}
        self.names = {"object": object} | {name: str(given[name]) for name in declaration.values}
        base = fill.path(declaration.base, self.names) if declaration.base else ""
        self._base = self._url + base.rstrip("/")
        self._own = {name: fill.plain(text, self.names) for name, text in declaration.headers.items()}
        if not all(text.isprintable() and text.isascii() for text in self._own.values()):
            raise Invalid(phrase("A value among the connection's options cannot stand in a header."), ("values",))
        place, limits = urlsplit(self._url).netloc.rpartition("@")[2], declaration.limits
        self.rates = (Rate(f"rest:{place}", limits.calls, float(limits.seconds)),) if limits else ()
        self._throttle = Throttle(f"rest:{place}", self.rates)

    def ask(
        self,
        call: parts.Call,
        names: Mapping[str, str] | None = None,
        *,
        more: Mapping[str, Any] | None = None,
        payload: Any = None,
        headers: Mapping[str, str] | None = None,
        reads: bool = True,
    ) -> Answer:
        """One call, its answer uninterpreted. ``more`` goes where the call has its parameters: into the body of a search
        that has one, else into the query. ``payload`` is the body of a write."""
        known = {**self.names, **(names or {})}
        params: dict[str, Any] = {fill.plain(name, known): _text(value, known) for name, value in call.params.items()}
        body = payload if payload is not None else fill.deep(call.body, known)
        if body is not None and payload is None:
            body |= more or {}
        else:
            params |= {name: _own(value) for name, value in (more or {}).items()}
        how: dict[str, Any] = {"params": params or None}
        if body is not None and call.form:
            how["form"] = {call.form: dump(body).decode()}
        elif body is not None:
            how["json"] = body
        own = {name: fill.plain(text, known) for name, text in call.headers.items()}
        kind = {"Content-Type": call.content_type} if call.content_type and body is not None else {}
        if reads and call.method == "POST":
            how["repeatable"] = True
        url = self._base + fill.path(call.path, known)
        return self._send(call.method, url, {**own, **kind, **(headers or {})}, **how)

    def follow(self, address: str, after: Answer, call: parts.Call, place: str) -> Answer:
        """The page that an answer names. It has to be of the same origin, for the credentials go with it."""
        try:
            url = urljoin(after.url, address)
        except ValueError:
            raise Unavailable(phrase("%(place)s: the address of the next page cannot be read.", place=place)) from None
        if _origin(url) != _origin(self._url) or "@" in urlsplit(url).netloc:
            raise Unavailable(
                phrase("%(place)s: the next page is said to be on another host, which is not called.", place=place)
            )
        return self._send("GET", url, {name: fill.plain(text, self.names) for name, text in call.headers.items()})

    def said(self, answer: Answer, place: str, writes_record: bool = False) -> Any:
        """The JSON of a good answer; the error that a bad one stands for."""
        if not answer.ok:
            raise self.error(answer, place, writes_record)
        body = answer.json()
        if errors.refused(self.declaration, answer, body):
            raise self.error(answer, place, writes_record)
        return body

    def error(self, answer: Answer, place: str, writes_record: bool = False) -> ConnectorError:
        """What a refusal stands for, without the credentials that it may repeat."""
        given = [value.reveal() for value in self._settings.options.values() if isinstance(value, Secret)]
        secrets = [secret for secret in (*given, self._bearer) if secret]
        return errors.error(self.declaration, answer, place, writes_record, secrets)

    def payload(self, call: parts.Call, wrap: str, fields: Mapping[str, Any], names: Mapping[str, str]) -> Any:
        """What a write sends: the columns where the declaration wraps them, beside its constants."""
        return bury(dict(fields), wrap, fill.deep(call.body or {}, {**self.names, **names}))

    # --- signing in

    def _send(self, method: str, url: str, headers: Mapping[str, str], **how: Any) -> Answer:
        had = self._bearer
        answer = self._once(method, url, headers, **how)
        if answer.status == 401 and self.declaration.auth.kind == "oauth2" and had is not None:
            self._bearer = None  # it has expired; a call that was not let in has done nothing
            answer = self._once(method, url, headers, **how)
        return answer

    def _once(self, method: str, url: str, headers: Mapping[str, str], **how: Any) -> Answer:
        sent = {**self._own, **headers, **self._signed()}
        return self._transport.call(method, url, headers=sent, throttle=self._throttle, **how)

    def _signed(self) -> dict[str, str]:
        auth = self.declaration.auth
        if auth.kind == "none":
            return {}
        if auth.kind == "basic":
            return {"Authorization": _basic(self._secret("user"), self._secret("password"))}
        if auth.kind == "oauth2":
            self._bearer = self._bearer or self._fetch(auth)
            return {auth.header: f"{auth.prefix or 'Bearer '}{self._bearer}"}
        prefix = auth.prefix or ("Bearer " if auth.kind == "bearer" else "")
        return {auth.header: prefix + self._secret("token")}

    def _fetch(self, auth: parts.Auth) -> str:
        """RFC 6749, section 4.4."""
        place = phrase("Signing in")
        url = str(self._settings.get("token_url") or self._url + str(auth.token_path))
        form = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
        headers = {}
        if auth.client == "basic":
            headers = {"Authorization": _basic(self._secret("client_id"), self._secret("client_secret"))}
        else:
            form |= {name: self._secret(name) for name in ("client_id", "client_secret")}
        answer = self._transport.call("POST", url, form=form, headers=headers, repeatable=True)
        if answer.status in (400, 401, 403):
            raise SignInFailed(
                phrase(
                    "%(place)s: %(title)s answered %(status)s. See to client_id and client_secret.",
                    place=place,
                    title=self.declaration.title,
                    status=answer.status,
                )
            )
        token = dig(self.said(answer, place), "access_token")
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise Unavailable(phrase("%(place)s: the answer has no access_token.", place=place))
        return token

    def _secret(self, name: str) -> str:
        value = self._settings.get(name)
        text = value.reveal() if isinstance(value, Secret) else str(value)
        if name != "password" and not (text.isascii() and text.isprintable()):
            raise SignInFailed(phrase("The option %(name)s has characters that no header can hold.", name=repr(name)))
        return text


def lacking(declaration: Declaration, settings: Settings) -> list[tuple[str, str]]:
    """Options that this declaration needs and the connection does not have, each with what to say."""
    wanted = [
        (name, phrase("signing in (%(kind)s) needs it", kind=declaration.auth.kind))
        for name in NEEDS[declaration.auth.kind]
    ]
    found = [(name, why) for name, why in wanted if not settings.get(name)]
    given = settings.get("values")
    given = given if isinstance(given, Mapping) else {}
    return found + [
        (f"values.{name}", what) for name, what in declaration.values.items() if given.get(name) in (None, "")
    ]


def list_of(body: Any, where: str, place: str) -> list[Any]:
    found = dig(body, where)
    if not isinstance(found, list):
        raise Unavailable(
            phrase(
                "%(place)s: the answer has no list of records at %(where)s.",
                place=place,
                where=repr(where) if where else phrase("its top"),
            )
        )
    return found


def header(answer: Answer, name: str) -> Any:
    return answer.headers.get(name.lower(), MISSING)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _own(value: Any) -> Any:
    return value if isinstance(value, list) else str(value)


def _text(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return fill.plain(str(value), names)


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts_of = urlsplit(url)
        return (
            parts_of.scheme,
            parts_of.hostname or "",
            parts_of.port or {"http": 80, "https": 443}.get(parts_of.scheme),
        )
    except ValueError:
        return "", "", None

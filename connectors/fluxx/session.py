"""Signing in to one site, and calling it within its three budgets.

A token lives two hours and cannot be prolonged (Fluxx REST API v2 guide, "Authentication"): a new one is asked for
before the old one ends, and once more where a call answers 401 all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlencode

from connectors.addresses import host_of
from connectors.answer import Answer
from connectors.contract import Rate, Secret, SignInFailed, Unavailable
from connectors.fluxx import errors
from connectors.fluxx.settings import Site
from connectors.limiter import Throttle
from connectors.transport import Transport, dump
from schemas.said import phrase

Kind = Literal["list", "get", "write"]
CALLS_A_MINUTE: Mapping[Kind, int] = {"list": 1500, "get": 180, "write": 60}
"""What a site on shared servers allows (Fluxx REST API v2 guide, "Rate limits"); they cannot be raised."""

PARTS = 6
"""A minute's calls are spread over ten-second parts, so that no call has to wait for most of a minute."""

RENEW = 300.0
"""Seconds before its end from which a token is not used any more."""

LONG_QUERY = 2_000
"""Characters from which a list is asked for by POST."""

Form = Mapping[str, str]


class Session:
    """One sign-in. ``date`` is the time of the site's clock as its newest answer told it, or None."""

    def __init__(self, transport: Transport, site: Site) -> None:
        self.transport = transport
        self.site = site
        self.date: datetime | None = None
        self._token: Secret | None = None
        self._until = 0.0
        host = host_of(site.url) or site.url
        self._throttles = {
            kind: Throttle(
                f"fluxx-{kind}:{host}",
                (Rate(f"fluxx-{kind}:{host}", calls // PARTS, 60 / PARTS),),
                errors.WAIT_ON_429,
            )
            for kind, calls in CALLS_A_MINUTE.items()
        }
        self.rates = tuple(rate for throttle in self._throttles.values() for rate in throttle.rates)

    def sign_in(self) -> None:
        """Gets a fresh token. Asking twice does no harm, so it may be repeated."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.site.client_id,
            "client_secret": self.site.client_secret.reveal(),
        }
        url = f"{self.site.url}/oauth/token"
        asked = self.transport.time.monotonic()
        answer = self.transport.call("POST", url, form=form, repeatable=True)
        self._note_date(answer)
        if answer.status != 200 or errors.refusal(answer):
            raise self._refused(answer, url)
        body = answer.json()
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            raise Unavailable(
                phrase("%(url)s answered without an access token. Check url: is it the site's own address?", url=url)
            )
        self._token = Secret(token)
        lasts = body.get("expires_in")
        self._until = asked + (lasts if isinstance(lasts, int) and not isinstance(lasts, bool) else 7200) - RENEW

    def _refused(self, answer: Answer, url: str) -> SignInFailed | Unavailable:
        said = errors.refusal(answer)
        if said is None:
            return Unavailable(
                phrase(
                    "%(url)s answered %(status)s with something that is not Fluxx's. Check url: it is the site's "
                    "address, like https://yoursite.fluxx.io.",
                    url=url,
                    status=answer.status,
                )
            )
        return SignInFailed(
            phrase(
                "%(url)s refused to sign in: %(message)s. Check client_id and client_secret against the site's "
                "list of API keys at /oauth/applications.",
                url=url,
                message=said.message or answer.status,
            )
        )

    def read(self, kind: Kind, path: str, params: Form) -> Answer:
        """A list or one record. A list whose query is long goes as a form."""
        if kind == "list" and len(urlencode(params)) > LONG_QUERY:
            return self._call(kind, "POST", f"{path}/list", form=params, repeatable=True)
        return self._call(kind, "GET", path, params=params)

    def write(self, method: str, path: str, form: Form | None = None) -> Answer:
        return self._call("write", method, path, form=form, repeatable=method == "DELETE")

    def _call(self, kind: Kind, method: str, path: str, **how: Any) -> Answer:
        fresh = self._token is None or self.transport.time.monotonic() >= self._until
        if fresh:
            self.sign_in()
        answer = self._send(kind, method, path, how)
        # A refused token means that the call did nothing, so even a write may be sent again.
        if errors.status_of(answer) == 401 and not fresh:
            self.sign_in()
            answer = self._send(kind, method, path, how)
        if errors.status_of(answer) == 401:
            self._token = None
        return answer

    def _send(self, kind: Kind, method: str, path: str, how: Mapping[str, Any]) -> Answer:
        assert self._token is not None
        headers = {"Authorization": f"Bearer {self._token.reveal()}"}
        url = f"{self.site.url}/api/rest/v2/{path}"
        answer = self.transport.call(method, url, headers=headers, throttle=self._throttles[kind], **how)
        self._note_date(answer)
        return answer

    def _note_date(self, answer: Answer) -> None:
        try:
            told = parsedate_to_datetime(answer.headers.get("date", ""))
        except (ValueError, TypeError, IndexError, OverflowError):
            return
        self.date = told if told.tzinfo else None


def text(value: Any) -> str:
    """JSON as a parameter or form field carries it."""
    return dump(value).decode("utf-8")

"""One signed-in session with a Salesforce org: its calls, its daily allowance, its clock.

The token endpoint names the instance to talk to and no expiry: a token is good until a call
answers 401, which is then repeated once with a fresh one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from connectors.contract import Budget, Invalid, QuotaSpent, Secret, Settings, SignInFailed, Unavailable
from connectors.salesforce import sign_in
from connectors.salesforce.errors import refusal
from schemas.said import phrase

if TYPE_CHECKING:
    from connectors.transport import Answer, Transport

CLIENT = "CommonsHub"
_VERSION = re.compile(r"v?(\d{2,3})(?:\.0)?")
_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")
DAY = 24 * 3600.0
SHARE = 80
"""Per cent of the org's calls in 24 hours after which the hub leaves the rest to others."""
MOST_APART = timedelta(days=400)


def share(settings: Settings) -> int:
    """``daily_share`` in per cent, 1 to 100."""
    given = settings.get("daily_share", SHARE)
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= 100:
        raise Invalid(
            phrase(
                "daily_share is %(given)s. Write it in per cent of the org's daily calls, 1 to 100, like 80.",
                given=repr(given),
            )
        )
    return given


def origin(url: str) -> str:
    """``host:port`` of an address, lower case, with the scheme's port where none is written."""
    parts = urlsplit(url)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return f"{(parts.hostname or '').lower()}:{port}"


def hosts(settings: Settings) -> tuple[str, ...]:
    """The login address and, where an org answers from another host, ``instance_host``."""
    allowed = [origin(str(settings.get("url") or ""))]
    instance = settings.get("instance_host")
    if instance:
        allowed.append(origin(instance if "://" in str(instance) else f"https://{instance}"))
    return tuple(dict.fromkeys(allowed))


def version(text: str) -> str:
    """``62``, ``62.0`` and ``v62.0`` are the same version."""
    found = _VERSION.fullmatch(text.strip())
    if not found:
        raise Invalid(
            phrase(
                'api_version is %(text)s, which is not a version of Salesforce\'s API. Write it like "v62.0".',
                text=repr(text),
            )
        )
    return f"v{found[1]}.0"


class Session:
    """One sign-in. ``budget`` is ``None`` until an answer told it; ``instance`` until signed in."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.url = str(settings.get("url") or "").rstrip("/")
        self.version = version(str(settings.get("api_version") or "v62.0"))
        self.transport = transport
        self.budget: Budget | None = None
        self.instance: str | None = None
        self._settings = settings
        self._share = share(settings)
        self._hosts = hosts(settings)
        self._ahead = timedelta(0)
        self._token: Secret | None = None

    @property
    def number(self) -> int:
        """62 of ``v62.0``."""
        return int(self.version[1:].partition(".")[0])

    def sign_in(self) -> None:
        """Gets a fresh token. Asking twice does no harm, so it may be repeated."""
        now = self.transport.time.now()
        answer = self._ask_for_token(now)
        theirs = sign_in.their_time(answer)
        if answer.status != 200 and theirs and sign_in.clocks(answer, now) and self._settings.get("private_key"):
            answer = self._ask_for_token(
                theirs
            )  # an assertion lives three minutes by their clock, however wrong ours is
        if answer.status != 200:
            raise sign_in.refused(answer, self.url, self._settings, now)
        body = answer.json()
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not token:
            raise Unavailable(
                phrase("%(url)s%(token)s answered without an access token.", url=self.url, token=sign_in.TOKEN)
            )
        self.instance = self._allowed_instance(body.get("instance_url"))
        self._ahead = _ahead(body.get("issued_at"), self.transport.time.now())
        self._token = Secret(token)

    def _ask_for_token(self, now: datetime) -> Answer:
        form = sign_in.form(self._settings, now)
        return self.transport.call("POST", f"{self.url}{sign_in.TOKEN}", form=form, repeatable=True)

    def now(self) -> datetime:
        """The org's own time, as the sign-in told it."""
        if self._token is None:
            self.sign_in()
        return self.transport.time.now() + self._ahead

    def _allowed_instance(self, told: Any) -> str:
        if not isinstance(told, str) or not told:
            return self.url
        if origin(told) not in self._hosts:
            host = origin(told).removesuffix(":443")
            raise SignInFailed(
                phrase(
                    "Signing in at %(url)s worked, but the org answers from %(host)s, which this connection may not "
                    'talk to. If that is your org, set instance_host = "%(host)s" in the connection\'s options.',
                    url=self.url,
                    host=host,
                )
            )
        return told.rstrip("/")

    def data(self, path: str) -> str:
        """The path of a resource of the data API."""
        return f"/services/data/{self.version}/{path}"

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """One call to the instance, signing in when needed. ``path`` begins with ``/services/``."""
        fresh = self._token is None
        if fresh:
            self.sign_in()
        self._keep_to_share()
        answer = self._send(method, path, params, json, headers, repeatable)
        # A refused token means that the call did nothing, so even a write may be sent again.
        if answer.status == 401 and not fresh:
            self.sign_in()
            answer = self._send(method, path, params, json, headers, repeatable)
        if answer.status == 401:
            self._token = None
            raise refusal(answer, f"{method} {path}")
        return answer

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        json: Any,
        headers: Mapping[str, str] | None,
        repeatable: bool | None,
    ) -> Answer:
        assert self._token is not None and self.instance is not None
        sent = {
            "Authorization": f"Bearer {self._token.reveal()}",
            "Accept": "application/json",
            "Sforce-Call-Options": f"client={CLIENT}",
            "Sforce-Mru": "updateMru=false",
            # Left out, the org's assignment rules run on new accounts and may mail (REST API, "Assignment Rule Header").
            "Sforce-Auto-Assign": "FALSE",
            **(headers or {}),
        }
        answer = self.transport.call(
            method, self.instance + path, params=params, json=json, headers=sent, repeatable=repeatable
        )
        told = _USAGE.search(answer.headers.get("sforce-limit-info", ""))
        if told:
            self._note(int(told[1]), int(told[2]))
        return answer

    def _note(self, used: int, allowed: int) -> None:
        self.budget = Budget(used, allowed, DAY, stop=allowed * self._share // 100)

    def _keep_to_share(self) -> None:
        """``QuotaSpent`` where the org's calls have reached the share. One header is not believed: the limits are asked."""
        if self.budget is None or self.budget.left > 0:
            return
        answer = self._send("GET", self.data("limits"), None, None, None, None)
        daily = answer.json().get("DailyApiRequests") if answer.status == 200 else None
        if isinstance(daily, dict) and all(isinstance(daily.get(name), int) for name in ("Max", "Remaining")):
            self._note(daily["Max"] - daily["Remaining"], daily["Max"])
        if self.budget.left <= 0:
            raise QuotaSpent(
                phrase(
                    "The org has used %(used)s of its %(allowed)s API calls of the last 24 hours; this connection "
                    "leaves the rest to others from %(share)s per cent on. The next runs go on by themselves. Sync "
                    "less often, raise daily_share, or ask Salesforce for more calls.",
                    used=f"{self.budget.used:,}",
                    allowed=f"{self.budget.allowed:,}",
                    share=self._share,
                )
            )

    def follow(self, next_url: Any) -> str:
        """The path of the next page, if it lies in the same org; nothing else is followed."""
        assert self.instance is not None
        target = urljoin(self.instance + "/", next_url) if isinstance(next_url, str) else ""
        if origin(target) != origin(self.instance) or not urlsplit(target).path.startswith("/services/data/"):
            raise Unavailable(
                phrase(
                    "%(instance)s names a next page that is not its own: %(next_url)s.",
                    instance=self.instance,
                    next_url=repr(str(next_url)[:200]),
                )
            )
        parts = urlsplit(target)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _ahead(issued: Any, now: datetime) -> timedelta:
    """How far the org's clock is ahead of ours, by ``issued_at`` in milliseconds; none where that makes no sense."""
    try:
        apart = datetime.fromtimestamp(int(issued) / 1000, UTC) - now
    except (TypeError, ValueError, OverflowError, OSError):
        return timedelta(0)
    return apart if abs(apart) < MOST_APART else timedelta(0)

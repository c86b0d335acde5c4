"""The one way out: every HTTP call of every connector, with what may be repeated and what must not.

The retry rule: a call that reads, deletes or is a PUT with If-Match may be repeated; any other
only when nothing of it had left (refused, unknown name, failed handshake). A write whose answer
is lost is ``Ambiguous``: somebody must look, nobody may repeat.
"""

from __future__ import annotations

import json as stdlib_json
import math
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from connectors import retry_after
from connectors.addresses import Addresses, AddressRefused, Resolver, system_resolver
from connectors.answer import Answer
from connectors.clock import ManualTime, StoppableTime, SystemTime, Time
from connectors.contract import Ambiguous, ConnectorError, Invalid, QuotaSpent, Rate, RateLimited, Unavailable
from connectors.limiter import Limiter, Limits, Throttle
from connectors.wire import Carrier, Request, Wire, WireFailed
from schemas.said import phrase

__all__ = ["Answer", "Limiter", "Limits", "ManualTime", "Rate", "SystemTime", "Throttle", "Time", "Transport"]

TRIES = 4
BACKOFF = 1.0
BACKOFF_CAP = 20.0
REDIRECTS = 5
MAX_BYTES = 32 * 1024 * 1024
TROUBLED = frozenset({500, 502, 503, 504})
REDIRECTED = frozenset({301, 302, 303, 307, 308})
HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "commons-hub"}


class _Again(Exception):
    """Worth another try after ``wait`` seconds (``None``: back off); ``error`` is what to raise when there is none."""

    def __init__(self, error: ConnectorError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.wait = error, wait


@dataclass(slots=True)
class _Rules:
    """Of one call. ``attempt``: how often it was tried."""

    repeatable: bool
    expected: frozenset[int]
    throttle: Throttle | None
    until: float
    attempt: int = 0


DEADLINE = 60.0
"""Seconds that one call may take at most, waiting included, unless a connector says otherwise."""

_WRITES_UNTIL: ContextVar[float] = ContextVar("writes_until", default=math.inf)


@contextmanager
def writing_until(moment: float) -> Iterator[None]:
    """In here no write leaves after this moment of the monotonic clock; trying to raises ``Ambiguous``.

    One act of a connector may be several calls (sign in again, then send again). Whoever was put to sleep between two of
    them must not go on when it wakes up: another worker may have done the work meanwhile.
    """
    token = _WRITES_UNTIL.set(moment)
    try:
        yield
    finally:
        _WRITES_UNTIL.reset(token)


_HEARD: ContextVar[Callable[[dict[str, Any]], object] | None] = ContextVar("heard", default=None)


@contextmanager
def heard_by(log: Callable[[dict[str, Any]], object]) -> Iterator[None]:
    """In here ``log`` receives what a transport's own one does, whichever transport it is."""
    token = _HEARD.set(log)
    try:
        yield
    finally:
        _HEARD.reset(token)


class Transport:
    """One connection's way out.

    ``hosts`` are the ``host:port`` pairs it may talk to. ``timeout`` is for one socket read and
    ``deadline`` for one whole call, waiting included, both in seconds. ``log`` receives one flat
    dict for each exchange, without query, headers or bodies. ``jitter`` gives numbers in [0, 1).
    ``ca_file`` is a PEM file of authorities to trust instead of the public ones. ``carrier`` takes the
    place of real sockets.
    """

    def __init__(
        self,
        *,
        hosts: Sequence[str],
        time: Time,
        limiter: Limits | None = None,
        log: Callable[[dict[str, Any]], None] | None = None,
        timeout: float = 30,
        deadline: float = DEADLINE,
        max_bytes: int = MAX_BYTES,
        allow_http: bool = False,
        allow_private: bool = False,
        allow_loopback: bool = True,
        ca_file: str | None = None,
        resolver: Resolver = system_resolver,
        jitter: Callable[[], float] = random.random,
        carrier: Carrier | None = None,
    ) -> None:
        self.time = time
        self._addresses = Addresses(
            hosts, allow_http=allow_http, allow_private=allow_private, allow_loopback=allow_loopback, resolver=resolver
        )
        self._wire: Carrier = carrier or Wire(self._addresses, timeout=timeout, max_bytes=max_bytes, ca_file=ca_file)
        self._limiter: Limits = limiter or Limiter(time)
        self._log = log
        self._deadline = deadline
        self._jitter = jitter

    def call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        throttle: Throttle | None = None,
        expected: Collection[int] | None = None,
    ) -> Answer:
        """One call, repeated where that is safe; ``expected`` statuses come back at once, uninterpreted.

        2xx, 4xx but 429, and unusual 5xx come back as ``Answer``. Raises ``Unavailable`` and
        ``RateLimited`` after the tries, ``QuotaSpent`` when the throttle recognises it, ``Ambiguous``
        when a write may have happened. ``repeatable`` overrides the rule for a call that the
        connector knows to be one (a search sent as POST; an accepted idempotency key). ``content`` is a body
        that is neither JSON nor a form; its ``Content-Type`` is among the ``headers``.
        """
        method = method.upper()
        sends = {**HEADERS, **(headers or {})}
        body = content if content is not None else _body(json, form, sends)
        if repeatable is None:
            repeatable = _may_repeat(method, sends)
        request = Request(method, url, _shown(url), params, body, sends, wrote=not repeatable)
        until = self.time.monotonic() + self._deadline
        rules = _Rules(repeatable, frozenset(expected or ()), throttle, until)
        tries = Retrying(
            retry=retry_if_exception_type(_Again),
            wait=self._wait,
            stop=lambda state: self._is_enough(state, until),
            sleep=self._rest,
            retry_error_callback=_give_up,
        )
        answer: Answer = tries(self._try, request, rules)
        return answer

    def close(self) -> None:
        """Let go of the sockets."""
        self._wire.close()

    def _try(self, request: Request, rules: _Rules) -> Answer:
        rules.attempt += 1
        for _ in range(REDIRECTS + 1):
            answer = self._judge(self._exchange(request, rules), request, rules)
            if answer.status not in REDIRECTED or answer.status in rules.expected:
                return answer
            request = self._redirected(request, answer)
        raise Unavailable(
            phrase("%(shown)s redirected more than %(redirects)s times.", shown=request.shown, redirects=REDIRECTS)
        )

    def _exchange(self, request: Request, rules: _Rules) -> Answer:
        try:
            self._addresses.check(request.url)
        except AddressRefused as error:
            raise Unavailable(
                phrase("%(shown)s was not called: %(error)s.", shown=request.shown, error=error)
            ) from None
        if rules.throttle is not None:
            wait = self._limiter.reserve(rules.throttle, most=rules.until - self.time.monotonic())
            if wait > 0:
                self._rest(wait)
        started = self.time.monotonic()
        if not rules.repeatable and started >= _WRITES_UNTIL.get():
            raise Ambiguous(
                phrase(
                    "%(shown)s was not called any more: so much time went by that others may be at work.",
                    shown=request.shown,
                )
            )
        try:
            answer = self._wire.exchange(request, seconds=rules.until - started)
        except AddressRefused as error:
            raise Unavailable(
                phrase("%(shown)s was not called: %(error)s.", shown=request.shown, error=error)
            ) from None
        except WireFailed as failure:
            self._note(request, rules, started, error=str(failure))
            raise _lost(request, rules, failure) from None
        self._note(request, rules, started, status=answer.status, bytes=len(answer.body))
        return answer

    def _judge(self, answer: Answer, request: Request, rules: _Rules) -> Answer:
        """The answer if the connector is to interpret it; else the error that it means."""
        if answer.status in rules.expected:
            return answer
        if answer.status == 429:
            raise self._too_many(answer, request, rules)
        if answer.status in TROUBLED:
            if not rules.repeatable:
                raise Ambiguous(
                    phrase(
                        "%(shown)s answered %(status)s to a write; it may have happened all the same.",
                        shown=request.shown,
                        status=answer.status,
                    )
                )
            error = Unavailable(
                phrase("%(shown)s answered %(status)s. Try again later.", shown=request.shown, status=answer.status)
            )
            raise _Again(error, retry_after.seconds(answer.headers, self.time.now()))
        if answer.status in REDIRECTED and request.method not in ("GET", "HEAD"):
            where = _shown(urljoin(request.url, answer.headers.get("location", "")))
            if answer.status == 303 and not rules.repeatable:
                # 303 says "done, look there" (RFC 9110 section 15.4.4).
                raise Ambiguous(
                    phrase(
                        "%(shown)s answered a write by pointing to %(where)s; it may have happened.",
                        shown=request.shown,
                        where=where,
                    )
                )
            raise Unavailable(
                phrase(
                    "%(shown)s redirects writes to %(where)s (%(status)s), which is never followed. Set the "
                    "connection's address to where the system really is.",
                    shown=request.shown,
                    where=where,
                    status=answer.status,
                )
            )
        return answer

    def _too_many(self, answer: Answer, request: Request, rules: _Rules) -> Exception:
        spent = rules.throttle.spent(answer) if rules.throttle and rules.throttle.spent else None
        if spent is not None:
            return QuotaSpent(spent)
        asked = retry_after.seconds(answer.headers, self.time.now())
        fixed = rules.throttle.wait_on_429 if rules.throttle else None
        wait = max((seconds for seconds in (asked, fixed) if seconds is not None), default=None)
        if rules.throttle is not None:
            self._limiter.pause(rules.throttle.scope, BACKOFF if wait is None else wait)
        error = RateLimited(
            phrase("%(shown)s asks for fewer calls.", shown=request.shown), BACKOFF_CAP if wait is None else wait
        )
        return _Again(error, wait) if rules.repeatable else error

    def _redirected(self, request: Request, answer: Answer) -> Request:
        location = answer.headers.get("location", "")
        url = urljoin(request.url, location)
        if not location:
            raise Unavailable(
                phrase(
                    "%(shown)s answered %(status)s without saying where to.", shown=request.shown, status=answer.status
                )
            )
        # Any header may be a credential (X-Api-Key), so none crosses to another origin.
        headers = request.headers if _origin(url) == _origin(request.url) else HEADERS
        return Request(request.method, url, _shown(url), None, None, headers, wrote=False)

    def _wait(self, state: RetryCallState) -> float:
        again = _again(state)
        if again.wait is not None:
            return again.wait + self._jitter()
        return self._jitter() * min(BACKOFF_CAP, BACKOFF * 2**state.attempt_number)

    def _rest(self, seconds: float) -> None:
        """A pause before a call leaves, or leaves again; nothing has happened there. ``Unavailable`` where the process ends
        meanwhile: to call early would break what was agreed with the system."""
        self.time.sleep(seconds)
        if isinstance(self.time, StoppableTime) and self.time.cut(seconds):
            raise Unavailable(phrase("The hub is being stopped, so this was not called."))

    def _is_enough(self, state: RetryCallState, until: float) -> bool:
        return state.attempt_number >= TRIES or self.time.monotonic() + state.upcoming_sleep >= until

    def _note(self, request: Request, rules: _Rules, started: float, **what: Any) -> None:
        for log in (self._log, _HEARD.get()):
            if log is not None:
                seconds = round(self.time.monotonic() - started, 3)
                said = {"method": request.method, "url": request.shown, "seconds": seconds, "attempt": rules.attempt}
                log({"event": "call", **said, **what})


def _may_repeat(method: str, headers: Mapping[str, str]) -> bool:
    guarded = any(name.lower() == "if-match" for name in headers)
    return method in ("GET", "HEAD", "DELETE") or (method == "PUT" and guarded)


def _lost(request: Request, rules: _Rules, failure: WireFailed) -> Exception:
    if failure.sent and not rules.repeatable:
        return Ambiguous(
            phrase(
                "%(shown)s: the answer to a write was lost (%(failure)s); it may have happened.",
                shown=request.shown,
                failure=failure,
            )
        )
    error = Unavailable(
        phrase("%(shown)s did not answer properly (%(failure)s).", shown=request.shown, failure=failure)
    )
    return error if failure.lasting else _Again(error)


def _again(state: RetryCallState) -> _Again:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, _Again)
    return error


def _give_up(state: RetryCallState) -> Any:
    raise _again(state).error from None


def _body(json: Any, form: Mapping[str, str] | None, headers: dict[str, str]) -> bytes | None:
    if json is not None:
        headers.setdefault("Content-Type", "application/json")
        return dump(json)
    if form is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return urlencode(form).encode("ascii")
    return None


def dump(value: Any) -> bytes:
    """JSON bytes of what a connector sends; a ``Decimal`` keeps its digits.

    ``Invalid`` for what no system could take (NaN, half characters, foreign types)."""
    try:
        try:
            text = _PLAINLY.encode(value)
        except TypeError:  # a Decimal, most likely; no number may go through a float
            text = _text(value)
        return text.encode("utf-8")
    except (ValueError, TypeError) as error:
        raise Invalid(phrase("This cannot be sent as JSON: %(name)s.", name=type(error).__name__)) from None


_PLAINLY = stdlib_json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("not a finite number")
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_text(str(name))}:{_text(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_text, value)) + "]"
    return stdlib_json.dumps(value, ensure_ascii=False, allow_nan=False)


def _shown(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "An address that cannot be read"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port

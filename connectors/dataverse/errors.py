"""What Dataverse and Microsoft Entra mean by an error, as one of the closed family.

Dataverse: ``{"error": {"code": "0x80040217", "message": "…"}}`` (Web API, "Compose HTTP requests and handle errors");
Entra: ``{"error": "invalid_client", "error_description": "AADSTS7000215: …", "error_codes": [7000215]}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors import retry_after
from connectors.answer import Answer
from connectors.clock import Time
from connectors.contract import (
    Ambiguous,
    ConnectorError,
    Forbidden,
    Invalid,
    RateLimited,
    SignInFailed,
    Stale,
    Unavailable,
)
from schemas.said import phrase, together

_SHOWN = 400
NOT_THERE = "0x80040217"
"""ObjectDoesNotExist. Who may not see a row is told so with 403, so this is proof."""
_DOUBLE = frozenset({"0x80040237", "0x80060892"})
"""DuplicateRecord and DuplicateRecordEntityKey. They come with 412, as a stale version does."""
_NO_MEMBER = "0x80072560"
_BUSY = frozenset({"0x80072321", "0x80072322", "0x80072326"})
"""Service protection: time, number and concurrency. Inside a ``$batch`` they come as parts."""
_PROPERTY = re.compile(
    r"property named '([A-Za-z0-9_]+)'|property '([A-Za-z0-9_]+)'|undeclared property '([A-Za-z0-9_]+)'"
)
_PRIVILEGE = re.compile(r"\bprv[A-Za-z0-9_]+")

_WAY_OUT = {
    "0x80044331": phrase("Shorten the text, or set max for this field in the mapping."),
    "0x8004431a": phrase("Add the choice to the column in Dataverse, or map it to one that is there."),
    "0x80040237": phrase("Another row already carries this value in a key: look for it and link it."),
    "0x80060892": phrase("Another row already carries this value in a key: look for it and link it."),
    "0x80040265": phrase(
        "A plug-in or workflow of this environment stopped it: its maker can exempt the application user."
    ),
}

_SIGN_IN_FIXES = {
    7000215: phrase("Check client_secret: it is the secret's value, not its id."),
    7000222: phrase("The client secret has expired: make a new one for the app registration and put it in place."),
    700016: phrase("Check client_id and tenant: the tenant has no such app registration."),
    90002: phrase("Check tenant: it is the directory (tenant) id of your organisation."),
    900023: phrase("Check tenant: it is the directory (tenant) id of your organisation."),
    500011: phrase("Check url: Entra knows no environment at this address."),
    7000112: phrase("The app registration is disabled: enable it in Entra > Enterprise applications."),
    700024: phrase("Set the clock of the machine that the hub runs on (NTP)."),
}
_SIGN_IN_FIX = phrase("Check tenant, client_id and client_secret against the app registration in Microsoft Entra.")


@dataclass(frozen=True, slots=True)
class Problem:
    """``code`` in lower case, "" when the body is none of Dataverse's."""

    code: str = ""
    message: str = ""


def said(answer: Answer) -> Problem:
    """The error that a body names."""
    body = answer.peek()
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or "code" not in error or "message" not in error:
        return Problem()
    return Problem(str(error["code"] or "none").lower(), str(error["message"]).strip()[:_SHOWN])


def is_not_there(answer: Answer) -> bool:
    """404 in Dataverse's own words: a proxy's 404 says nothing about a row."""
    return answer.status == 404 and said(answer).code == NOT_THERE


def refusal(answer: Answer, doing: str, time: Time) -> ConnectorError:
    """The error for an answer that is not a success. ``doing`` begins the message: "Reading msnfp_request"."""
    problem = said(answer)
    told = f"{problem.message} ({problem.code})" if problem.code else f"HTTP {answer.status}"
    text = phrase("%(doing)s: Dataverse answered: %(told)s", doing=doing, told=told)
    if problem.code in _WAY_OUT:
        text = together([phrase("%(words)s.", words=text), _WAY_OUT[problem.code]])
    if answer.status == 429 or problem.code in _BUSY:
        return RateLimited(
            phrase("%(words)s. It is asked again later.", words=text),
            retry_after.seconds(answer.headers, time.now()) or 20.0,
        )
    return _classified(answer, problem, text)


def _classified(answer: Answer, problem: Problem, text: str) -> ConnectorError:
    status = answer.status
    if status == 401:
        return SignInFailed(
            phrase(
                "%(words)s. Check the app registration, and that url is the environment it was set up for.", words=text
            )
        )
    if problem.code == _NO_MEMBER:
        return Forbidden(
            phrase(
                "%(words)s. Add the app registration as an application user: Power Platform admin center > "
                "Environments > Settings > Users + permissions > Application users.",
                words=text,
            )
        )
    if status == 403:
        missing = _PRIVILEGE.search(problem.message)
        what = phrase("the privilege %(missing)s", missing=missing[0]) if missing else phrase("the privilege")
        return Forbidden(
            phrase(
                "%(words)s. Give %(what)s to a security role of the application user, at organisation level.",
                words=text,
                what=what,
            )
        )
    if status == 412 and problem.code in _DOUBLE:
        return Invalid(text)
    if status == 412:
        return Stale(text)
    if answer.ok or status >= 500:
        if answer.wrote:
            return Ambiguous(phrase("%(words)s; it may have happened.", words=text))
        return Unavailable(phrase("%(words)s. The next run tries again.", words=text))
    if not problem.code:
        return Unavailable(
            phrase("%(words)s, in words that are not Dataverse's. Check url and what lies in between.", words=text)
        )
    return Invalid(text, _columns(problem.message))


def _columns(message: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for found in _PROPERTY.findall(message) for name in found if name))


def sign_in_refused(answer: Answer, url: str) -> SignInFailed | Unavailable:
    """What the token endpoint's refusal means."""
    body = answer.peek()
    if not isinstance(body, dict) or not isinstance(body.get("error"), str):
        return Unavailable(
            phrase(
                "%(url)s answered HTTP %(status)s with something that is not Microsoft Entra's. Check authority "
                "and tenant, and what lies in between.",
                url=url,
                status=answer.status,
            )
        )
    listed = body.get("error_codes")
    codes = [code for code in listed if isinstance(code, int)] if isinstance(listed, list) else []
    fix = next((_SIGN_IN_FIXES[code] for code in codes if code in _SIGN_IN_FIXES), _SIGN_IN_FIX)
    # The description goes on with trace and correlation ids.
    told = str(body.get("error_description") or body["error"]).splitlines()[0].partition(" Trace ID:")[0][:_SHOWN]
    return SignInFailed(
        phrase(
            "%(url)s refused to sign in: %(told)s (%(error)s). %(fix)s",
            url=url,
            told=told,
            error=body["error"],
            fix=fix,
        )
    )

"""What every request to the stand-in goes through: sign-in, limit, permission, body; and who would hear of it."""

from __future__ import annotations

from base64 import b64decode
from collections import deque
from collections.abc import Mapping
from typing import Any

from flask import request

from connectors.clock import Time
from connectors.submittable.sandbox_errors import WireError, invalid
from connectors.submittable.sandbox_state import Organisation, Submission

MAILS = ("email", "emailSubject", "emailBody", "message", "personalMessage")
"""What a body holds when an applicant is to hear of it."""


class Limit:
    """``calls`` in one second, ``None`` for no limit. That the answer above it is 429 the vendor does not say."""

    def __init__(self, time: Time, calls: int | None) -> None:
        self._time = time
        self._recent: deque[float] = deque()
        self.calls = calls

    def count(self) -> None:
        """One more call; 429 when it is one too many."""
        if self.calls is None:
            return
        now = self._time.monotonic()
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        if len(self._recent) >= self.calls:
            raise WireError(429)
        self._recent.append(now)


def sign_in(org: Organisation) -> None:
    scheme, _, packed = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, password = b64decode(packed, validate=True).decode().partition(":")
    except ValueError:
        raise WireError(401) from None
    given = (name, password) if org.key_as == "username" else (password, name)
    if scheme != "Basic" or given != (org.key, ""):
        raise WireError(401)


def allow(org: Organisation, what: str) -> None:
    if what not in org.permissions:
        raise WireError(403)


def body() -> dict[str, Any]:
    said = request.get_json(silent=True)
    if not isinstance(said, dict):
        raise invalid("A JSON object is required.")
    return said


def submission(org: Organisation, id: str, missing: int) -> Submission:
    """One that is there, else the status ``missing``."""
    found = org.submissions.get(id.lower())
    if found is None:
        raise WireError(missing)
    return found


def mail(org: Organisation, said: Mapping[str, Any]) -> None:
    """Note what a real system would have sent to the applicant."""
    if any(said.get(name) for name in MAILS):
        org.outbox.append({name: said[name] for name in MAILS if said.get(name)})

"""Webhooks signed as Standard Webhooks says (standardwebhooks.com, specification 1.0.0): HMAC-SHA256 over
``id.timestamp.body``, base64, in a list of signatures so that a secret can be changed without a gap.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

TOLERANCE = 300
"""Seconds that a message may be old, or ahead of our clock."""
SHORTEST = 24
"""Bytes of a secret; the specification asks for 24 to 64."""
_ID = re.compile(r"[\x21-\x7e]{1,200}")
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)


def unusable(secret: str) -> str:
    """Why this cannot be a secret, to follow its name; empty when it can."""
    key = _key(secret)
    if key is None:
        return "is no secret of Standard Webhooks: whsec_ and base64. Copy it whole from the system that sends."
    return "" if len(key) >= SHORTEST else f"is too short: {len(key)} bytes, where {SHORTEST} are the least."


def signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
    """The id of a message that was signed with this secret of late; None for any other. Takes as long for either."""
    id, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    due = sign(secret, id, seconds, body)
    given = [part.removeprefix("v1,") for part in headers.get("webhook-signature", "")[:4096].split(" ")]
    right = sum(hmac.compare_digest(due.encode(), part.encode("utf-8", "replace")) for part in given) > 0
    if not right or not _ID.fullmatch(id) or not _SECONDS.fullmatch(seconds):
        return None
    return id if abs(now.timestamp() - int(seconds)) <= TOLERANCE else None


def sign(secret: str, id: str, seconds: str, body: bytes) -> str:
    """The signature, without its ``v1,``."""
    content = f"{id}.{seconds}.".encode("utf-8", "replace") + body
    return base64.b64encode(hmac.digest(_key(secret) or b"", content, hashlib.sha256)).decode("ascii")


def _key(secret: str) -> bytes | None:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True) or None
    except (binascii.Error, ValueError):
        return None

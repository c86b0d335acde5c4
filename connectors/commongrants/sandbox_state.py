"""The publisher behind the stand-in: its calls as the protocol has them, and who may read."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping, Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any
from uuid import UUID

from werkzeug.datastructures import Headers

from connectors.clock import Time

Call = dict[str, Any]
TYPES = {str: "string", bool: "boolean", int: "integer", Decimal: "number", list: "array", dict: "object"}
NAMED = {"postDate": "Posted", "closeDate": "Applications due"}


class WireError(Exception):
    """One refusal, in the protocol's envelope."""

    def __init__(
        self, status: int, message: str, headers: Mapping[str, str] | None = None, errors: Sequence[str] = ()
    ) -> None:
        super().__init__(f"{status} {message}")
        self.status, self.message, self.headers, self.errors = status, message, dict(headers or {}), list(errors)

    def body(self) -> dict[str, Any]:
        return {"status": self.status, "message": self.message, "errors": self.errors}


class Publisher:
    """``calls`` by id, in the order in which they were added; ``before``: each as it was before its last change."""

    def __init__(self, seed: Mapping[str, Any], time: Time) -> None:
        self._random = random.Random(20260302)
        self.time = time
        self.key: str | None = seed.get("key")
        self.key_as: str = seed.get("key_as", "X-API-Key")
        self.calls: dict[str, Call] = {}
        self.before: dict[str, Call] = {}
        self._frozen: dict[str, Call] = {}
        self._frozen_until = 0.0
        for given in seed.get("opportunities", ()):
            call = self._whole(copy.deepcopy(dict(given)))
            self.calls[call["id"]] = call

    def admit(self, headers: Headers) -> None:
        if self.key is None:
            return
        bearer = self.key_as == "bearer"
        given = headers.get("Authorization" if bearer else self.key_as)
        if given != (f"Bearer {self.key}" if bearer else self.key):
            raise WireError(401, "Unauthorized")

    def freeze(self, seconds: float) -> None:
        self._frozen, self._frozen_until = copy.deepcopy(self.calls), self.time.monotonic() + seconds

    def single(self, id: str) -> Call | None:
        """One call by its id, in either case of its letters, as ``GET …/{oppId}`` shows it."""
        return (self._frozen if self.time.monotonic() < self._frozen_until else self.calls).get(id.lower())

    def write(self, id: str | None, cells: Mapping[str, Any], *, stamped: bool = True) -> str:
        """Parts by path; None takes one away. ValueError for a call that is not there, or no title."""
        call = copy.deepcopy(self.calls.get(id, {})) if id else {}
        if id and not call:
            raise ValueError(f"there is no call {id}")
        if id:
            self.before[id] = copy.deepcopy(call)
        for path, value in cells.items():
            _put(call, path, value)
        if not call.get("title"):
            raise ValueError("a call has a title")
        if id and stamped:
            call["lastModifiedAt"] = self.now()
        call = self._whole(call)
        self.calls[call["id"]] = call
        return str(call["id"])

    def now(self) -> str:
        return self.time.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def _whole(self, call: Call) -> Call:
        """With all that the protocol requires, in its order."""
        now = self.now()
        required = {
            "id": str(UUID(int=self._random.getrandbits(128), version=4)),
            "title": "",
            "status": {"value": "open"},
            "description": "",
        }
        stamps = {"createdAt": now, "lastModifiedAt": now}
        return {**required, **call, **{name: call.get(name, stamp) for name, stamp in stamps.items()}}


def _put(call: Call, path: str, value: Any) -> None:
    """Custom fields become whole ones (``customFields.agency`` of an object), days of the two key dates whole events."""
    head, _, rest = path.partition(".")
    if head == "customFields" and rest and value is not None and not (isinstance(value, dict) and "fieldType" in value):
        value = {"name": rest, "fieldType": TYPES[type(value)], "value": value}
    names = [head, rest] if head == "customFields" and rest else path.split(".")
    if names[0] == "keyDates" and len(names) == 2 and isinstance(value, str):
        day, _, time = value.partition("T")
        value = {"name": NAMED.get(names[1], names[1]), "eventType": "singleDate", "date": day}
        value |= {"time": time} if time else {}
    at = call
    for name in names[:-1]:
        at = at.setdefault(name, {})
    if value is None:
        at.pop(names[-1], None)
    else:
        at[names[-1]] = value

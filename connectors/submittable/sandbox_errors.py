"""How the stand-in says no: 400 with messages and fields, 403 and 404 without a body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class WireError(Exception):
    """One refusal."""

    def __init__(self, status: int, messages: Sequence[str] = (), fields: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {'; '.join([*messages, *(fields or {}).values()])}")
        self.status, self.messages, self.fields = status, messages, fields or {}

    def body(self) -> dict[str, Any] | None:
        if self.status != 400:
            return None
        fields = [{"name": name, "errors": [text]} for name, text in self.fields.items()]
        return {"messages": list(self.messages), "fields": fields}


def invalid(message: str) -> WireError:
    return WireError(400, [message])

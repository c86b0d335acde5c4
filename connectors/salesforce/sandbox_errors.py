"""How the stand-in says no: the data API answers a list, single errors carry ``errorCode``
(REST API Developer Guide, "Status Codes and Error Responses")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class WireError(Exception):
    """One error as it goes over the wire."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.fields = status, code, message, fields

    def body(self) -> list[dict[str, Any]]:
        item: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            item["fields"] = list(self.fields)
        return [item]

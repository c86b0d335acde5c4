"""Refusals as the Sheets API words them."""

from __future__ import annotations

from typing import Any

_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
}


class WireError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.status, "message": str(self), "status": _WORDS[self.status]}}


def invalid(message: str) -> WireError:
    return WireError(400, message)

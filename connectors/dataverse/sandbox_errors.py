"""How the stand-in refuses: status, hexadecimal code, message. Texts are approximate, codes are Dataverse's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_THERE = "0x80040217"
NO_SUCH_KEY = "0x80060891"
BAD_ADDRESS = "0x80060888"
BAD_PROPERTY = "0x80048d19"
NO_PRIVILEGE = "0x80040220"
NO_MEMBER = "0x80072560"
TOO_LONG = "0x80044331"
NO_CHOICE = "0x8004431a"
DOUBLE = "0x80040237"
TOO_MANY = "0x80072322"


class WireError(Exception):
    """Answered as ``{"error": {"code", "message"}}``."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message}}


def bad(message: str, code: str = BAD_ADDRESS) -> WireError:
    return WireError(400, code, message)

"""Refusals as the service words them."""

from __future__ import annotations

from typing import Any


class WireError(Exception):
    def __init__(self, status: int, name: str, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.name, self.code = status, name, code

    def body(self) -> dict[str, Any]:
        details = [{"code": self.code, "message": str(self)}] if self.code else []
        return {"name": self.name, "message": str(self), "details": details}


def wrong(message: str) -> WireError:
    return WireError(400, "InputValidationError", message)


def unprocessable(message: str) -> WireError:
    return WireError(422, "UnprocessableEntityError", message)


def missing() -> WireError:
    return WireError(404, "NotFoundError", "Not found.")

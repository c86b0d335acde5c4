"""How the stand-in says no, in both of Airtable's envelopes."""

from __future__ import annotations

from typing import Any


class WireError(Exception):
    """One refusal; without ``message`` it has the bare envelope."""

    def __init__(self, status: int, type: str, message: str = "") -> None:
        super().__init__(f"{status} {type} {message}")
        self.status, self.type, self.message = status, type, message

    def body(self) -> dict[str, Any]:
        return {"error": {"type": self.type, "message": self.message} if self.message else self.type}


def not_found() -> WireError:
    return WireError(404, "NOT_FOUND")


def forbidden() -> WireError:
    return WireError(
        403,
        "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
        "Invalid permissions, or the requested model was not found. Check that both your user and your token have "
        "the required permissions, and that the model names and/or ids are correct.",
    )


def invalid(message: str, type: str = "INVALID_REQUEST") -> WireError:
    return WireError(422, type, message)


def row_missing(id: Any) -> WireError:
    return WireError(422, "ROW_DOES_NOT_EXIST", f"Record ID {id} does not exist")

"""How the stand-in says no: an error object, by default inside a 200."""

from __future__ import annotations

from typing import Any


class WireError(Exception):
    """``status`` is what it would be called in HTTP; whether the answer has it depends on ``certain`` and the site."""

    def __init__(self, message: str, *, status: int = 400, code: int = 100, certain: bool = False) -> None:
        super().__init__(message)
        self.message, self.status, self.code, self.certain = message, status, code, certain

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message}}


def unknown_model(name: str) -> WireError:
    return WireError(f"uninitialized constant {''.join(part.capitalize() for part in name.split('_'))}")


def signed_out(why: str) -> WireError:
    return WireError(why, status=401, code=401, certain=True)


def forbidden(what: str, model: str) -> WireError:
    return WireError(f"You are not allowed to {what} {model}.", status=403, code=403, certain=True)

"""``/api/v1/``: the commons for members' programs, by token."""

from __future__ import annotations

from hub.web.api.routes import api

__all__ = ["api"]

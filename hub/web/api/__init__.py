"""``/api/v1/``: the commons for members' programs, by token."""

from __future__ import annotations

from hub.web.api import messages, routes

api = routes.api

__all__ = ["api", "messages"]

"""``/common-grants/``: the commons as a publisher of the CommonGrants protocol, read only, by a member's token."""

from __future__ import annotations

from hub.web.commongrants.routes import pages

__all__ = ["pages"]

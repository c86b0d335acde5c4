"""``sharing.may_see`` as a condition of a query."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import and_, false, func, literal, or_, select

from hub.commons.sharing import LISTED, Circles
from hub.store import tables

merged: Any = vars(tables.Merged)["__table__"]


def visible(t: Any, id: Any, member_id: str, circles: Circles) -> Any:
    """``t`` has the columns status, arriving, steward_id and audience; ``id`` is the opportunity's. Those that went into
    another are left out."""
    published = t.c.status.in_(LISTED) & t.c.arriving.is_(None)
    around = [name for name, among in circles.items() if member_id in among]
    audience = or_(t.c.audience == "all", _named(t, "member", [member_id]), _named(t, "circle", around))
    gone = select(merged.c.id).where(merged.c.id == id).exists()
    return or_(and_(published, audience), t.c.steward_id == member_id) & ~gone


def _named(t: Any, kind: str, names: Collection[str]) -> Any:
    """Whether the audience is of this kind and names one of these."""
    listed = literal(",").concat(func.substr(t.c.audience, len(kind) + 2)).concat(",")
    among = [listed.contains(f",{name},", autoescape=True) for name in names]
    return and_(t.c.audience.startswith(f"{kind}:"), or_(false(), *among))

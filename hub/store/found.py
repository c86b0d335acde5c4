"""Tables of finding: what each opportunity is found by, by the words or by being like another, and what people marked for themselves."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from hub.store.types import moment


class Finding(SQLModel, table=True):
    """What an opportunity is found by (``commons.findable``), in a row small enough that a hundred thousand are looked at in
    a moment: its text is in the database's own full-text index, by this ``id``. ``kind`` to ``updated_at`` are copies of
    the opportunity's own, ``store.opportunities`` writes both."""

    id: int | None = Field(default=None, primary_key=True)
    opportunity_id: str = Field(foreign_key="opportunity.id", unique=True)
    kind: str
    status: str
    arriving: str | None = None
    steward_id: str = Field(index=True)
    audience: str
    updated_at: datetime = moment(index=True)
    currency: str | None = None
    amount: float | None = None
    gap: float | None = None
    needed: str | None = None


class FindingTag(SQLModel, table=True):
    """What an opportunity has any of several of, like ``theme:water``."""

    __tablename__ = "finding_tag"

    tag: str = Field(primary_key=True)
    finding_id: int = Field(primary_key=True, foreign_key="finding.id", index=True)


class FindingMade(SQLModel, table=True):
    """By which way of telling words apart (``store.finding.WAY``) the index was made."""

    __tablename__ = "finding_made"

    way: int = Field(primary_key=True)


class Bookmark(SQLModel, table=True):
    """What a person marked, for nobody else to see."""

    user_id: str = Field(primary_key=True, foreign_key="user.id")
    opportunity_id: str = Field(primary_key=True, foreign_key="opportunity.id", index=True)
    at: datetime = moment()


class LikenessKey(SQLModel, table=True):
    """What an opportunity that is like this one has as well, see ``commons.likeness``; kept with its facts."""

    __tablename__ = "likeness_key"

    key: str = Field(primary_key=True)
    opportunity_id: str = Field(primary_key=True, foreign_key="opportunity.id", index=True)


class LikenessDue(SQLModel, table=True):
    """It changed in what it is like, or in who may see it: others like it are still to be looked for."""

    __tablename__ = "likeness_due"

    opportunity_id: str = Field(primary_key=True, foreign_key="opportunity.id")

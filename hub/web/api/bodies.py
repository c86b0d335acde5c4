"""What programs send and get, as pydantic models: what is checked is what ``/api/v1/openapi.json`` says."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[
    str, Field(max_length=255, description="By which the member's own programs know it; unique among them.")
]
Audience = Annotated[str, Field(max_length=4000, description="all, circle:NAME,… or member:NAME,…")]
Facts = Annotated[
    dict[str, Any],
    Field(max_length=500, description="By path; null is blank. Paths that are not named stay as they are."),
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Money(Body):
    amount: Annotated[str, Field(description="Decimal text, exact.")]
    currency: Annotated[str, Field(description="ISO 4217")]


class Day(Body):
    """Dates as people know them: a day, or words."""

    model_config = ConfigDict(extra="allow")
    date: str | None = None
    text: str | None = None


class PositionSent(Body):
    """Null takes a value away. What is hidden nobody else sees, in no sum and on no page."""

    stage: str | None = None
    amount: Money | None = None
    date: Day | None = None
    visibility: Literal["hidden", "anonymous", "named"] | None = None
    note: str | None = None


class Create(Body):
    """``key`` or the header ``Idempotency-Key`` is needed: a create sent twice makes one opportunity."""

    key: Key | None = None
    kind: Literal["project", "call"] = "project"
    audience: Audience = "all"
    facts: Facts
    position: PositionSent | None = None


class Change(Body):
    """What is left out stays. Facts, audience and state are the steward's; key and position every member's own."""

    key: Annotated[str | None, Field(max_length=255, description="Null takes it away.")] = None
    audience: Audience | None = None
    state: Literal["published", "closed", "withdrawn"] | None = None
    facts: Facts = Field(default_factory=dict)
    position: PositionSent | None = None


class Sums(Body):
    pledged: list[Money]
    committed: Annotated[list[Money], Field(description="What is paid included.")]
    paid: list[Money]
    gap: list[Money] | None
    funders: int


class Funder(Body):
    name: Annotated[str | None, Field(description="Null where the member counts without being named.")]
    stage: str
    amount: Money | None
    date: dict[str, Any] | None
    own: bool


class Others(Body):
    """What all other members disclosed."""

    visibility: Literal["anonymous"]
    pledged: list[Money]
    committed: list[Money]
    paid: list[Money]
    funders: int
    table: str | None


class Opportunity(Body):
    id: str
    key: str | None
    kind: Literal["project", "call"]
    mine: Annotated[bool, Field(description="Whether the token's member shared it.")]
    state: Literal["draft", "published", "closed", "withdrawn"]
    status: Annotated[str, Field(description="The state, and how far a published project is funded.")]
    steward: str
    audience: Annotated[str | None, Field(description="Told to its steward only.")]
    facts: Facts
    totals: Sums
    funders: list[Funder]
    position: Annotated[dict[str, Any] | None, Field(description="The token's member's own.")]
    others: Others | None
    page: str
    created_at: str
    facts_changed_at: str
    etag: Annotated[str, Field(description="What If-Match wants.")]
    missing: Annotated[list[str] | None, Field(description="To its steward: what it needs to be published.")]


class Page(Body):
    items: list[Opportunity]
    next: Annotated[str | None, Field(description="Cursor of the next page; null on the last.")]
    changes: Annotated[str | None, Field(description="On the first page: where the feed of changes stood before it.")]


class Changed(Body):
    id: str
    gone: Annotated[bool, Field(description="It is not there for this member any more.")]
    into: Annotated[str | None, Field(description="The opportunity that it was merged into.")]
    opportunity: Opportunity | None


class Changes(Body):
    items: list[Changed]
    more: bool
    next: Annotated[str, Field(description="Where to go on reading now.")]
    keep: Annotated[str, Field(description="Where to begin next time.")]


class CriteriaSent(Body):
    """All that is said must hold; of a list, any. The same names and forms as the filters of the list of opportunities."""

    q: str = ""
    kind: Literal["project", "call"] | None = None
    theme: list[str] = Field(default_factory=list)
    population: list[str] = Field(default_factory=list)
    country: list[str] = Field(default_factory=list)
    region: list[str] = Field(default_factory=list)
    vetting: list[str] = Field(default_factory=list)
    language: str | None = None
    steward: str | None = None
    audience: Literal["all", "circle", "member"] | None = None
    currency: str | None = None
    amount_from: str | None = None
    amount_to: str | None = None
    gap_from: str | None = None
    needed_from: str | None = None
    needed_to: str | None = None
    organization: str | None = None


class SearchSent(Body):
    name: Annotated[str, Field(description="At most 80 characters; people find it by this.")]
    criteria: CriteriaSent
    inbox: Annotated[str | None, Field(description="The member's connection that gets what it finds.")] = None


class Search(Body):
    id: str
    name: str
    criteria: CriteriaSent
    inbox: str | None
    created_at: str


class Searches(Body):
    items: list[Search]


class Commitment(Body):
    id: Annotated[str, Field(description="Of the opportunity.")]
    position: dict[str, Any] | None
    etag: str


class Written(Body):
    """All that a token without the scope ``read`` is told of what it wrote."""

    id: str
    etag: str


class Say(Body):
    """Either ``to`` begins a thread, or ``thread`` answers in one."""

    text: Annotated[str, Field(description="Plain text, 4000 characters at most.")]
    to: Annotated[str | None, Field(description="steward, or a member, of those that the list names.")] = None
    thread: str | None = None
    kind: Annotated[Literal["question", "introduction"], Field(description="With to only.")] = "question"


class SaidNow(Body):
    id: str
    thread: str


class SaidThere(Body):
    id: str
    kind: Literal["question", "introduction", "recommendation", "decline", "answer"]
    at: str
    mine: bool
    who: Annotated[str | None, Field(description="Null for a program of the member's own.")]
    text: str
    address: Annotated[str | None, Field(description="Shown where its writer agreed to be answered by e-mail.")]


class Thread(BaseModel):
    """What the token's member and one other say to each other; nobody else reads it."""

    id: str
    with_: Annotated[str, Field(serialization_alias="with", description="The other side's name, as it shows.")]
    unnamed: Annotated[bool, Field(description="The own side does not show by name.")]
    waits: Annotated[bool, Field(description="There is something to answer.")]
    open: Annotated[bool, Field(description="The other side can still read an answer.")]
    messages: list[SaidThere]


class Partner(Body):
    to: str
    name: str


class Conversation(Body):
    threads: list[Thread]
    to: Annotated[list[Partner], Field(description="Whom one may write to.")]


class Me(Body):
    member: str
    name: str
    scopes: list[str]
    token: str
    expires_at: str | None


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: Annotated[dict[str, str] | None, Field(description="What is wrong, by its place in the body.")] = None

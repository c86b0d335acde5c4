"""The parts that a declaration is made of. Each is closed: a key that is not named here is refused."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from connectors.rest import fill
from schemas.said import phrase

RESERVED = frozenset({
    "host", "authorization", "cookie", "content-length", "transfer-encoding", "connection", "proxy-authorization",
    "if-match", "if-none-match", "upgrade", "te", "trailer", "expect", "forwarded", "x-forwarded-for",
    "x-forwarded-host", "x-http-method-override", "accept-encoding",
})  # fmt: skip
"""Headers that are the transport's or the connector's own: one more of them would change where a call goes, or as whom."""


def _path(text: str) -> str:
    if wrong := fill.wrong_with_path(text):
        raise ValueError(wrong)
    return text


def _header(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", name):
        raise ValueError(phrase('"%(name)s" is no name of a header.', name=name))
    if name.lower() in RESERVED:
        raise ValueError(phrase('the header "%(name)s" is not a declaration\'s to set.', name=name))
    return name


def _line(text: str) -> str:
    if not text.isprintable() or not text.isascii():
        raise ValueError(phrase("a header holds printable ASCII only."))
    return text


Path = Annotated[str, AfterValidator(_path)]
HeaderName = Annotated[str, AfterValidator(_header)]
HeaderValue = Annotated[str, AfterValidator(_line)]
Status = Annotated[int, Field(ge=200, le=599)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Call(Part):
    """One request. ``form``: the body goes as JSON text into this field of a form. ``body`` has what stands beside the record."""

    path: Path
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    params: dict[str, str | int | bool] = {}
    headers: dict[HeaderName, HeaderValue] = {}
    body: dict[str, Any] | None = None
    form: str | None = None
    content_type: HeaderValue | None = None


class Auth(Part):
    """How a connection's credentials are sent; they themselves stand in its options, never here."""

    kind: Literal["none", "basic", "bearer", "header", "oauth2"]
    header: HeaderName | Literal["Authorization"] = "Authorization"
    prefix: HeaderValue = ""
    token_path: Path | None = None
    scope: str | None = None
    client: Literal["basic", "form"] = "basic"


class Equals(Part):
    field: str
    equals: str | int | bool


class Record(Part):
    """``fields``: where the columns stand in a row. ``nested``: what separates the names in a column like ``category.name``."""

    id: str = "id"
    version: str | None = None
    fields: str = ""
    nested: Annotated[str, Field(max_length=1)] = ""
    key: Literal["text", "integer"] = "text"
    deleted: Equals | None = None


class Size(Part):
    size: Annotated[int, Field(ge=1, le=10_000)] = 100
    size_param: str | None = None
    total: str | None = None
    total_header: str | None = None
    more: str | None = None


class NoPaging(Part):
    kind: Literal["none"] = "none"


class Pages(Size):
    """By number. ``steady``: no record that stays can slip from an unread page onto a read one, whoever adds and deletes."""

    kind: Literal["page"]
    param: str = "page"
    first: int = 1
    steady: bool = False


class Offsets(Size):
    kind: Literal["offset"]
    param: str = "offset"
    size: Annotated[int, Field(ge=2, le=10_000)] = 100


class Cursors(Size):
    """A cursor or continuation token of the last answer (``next`` or ``next_header``) is sent with the next request."""

    kind: Literal["cursor"]
    next: str | None = None
    next_header: str | None = None
    param: str | None = None
    send_header: HeaderName | None = None
    steady: bool = True


class Links(Size):
    """The address of the next page, in the body (``next``), in a header of its own, or in ``Link`` (RFC 8288)."""

    kind: Literal["link"]
    next: str | None = None
    header: str | None = None
    steady: bool = True


Paging = Annotated[NoPaging | Pages | Offsets | Cursors | Links, Field(discriminator="kind")]


class Select(Part):
    """How columns are asked for, so that others never leave the system; ``single``: for one record too;
    ``repeat``: the parameter comes once for each column."""

    param: str
    separator: str = ","
    repeat: bool = False
    always: list[str] = []
    single: bool = False


class List(Call):
    records: str = ""
    select: Select | None = None
    paging: Paging = NoPaging()


class NoFeed(Part):
    kind: Literal["none"] = "none"


class Stamps(Part):
    """``trusted = false``: there is a time of change, and it does not move with every change."""

    kind: Literal["timestamp"]
    param: str
    field: str
    format: Literal["iso", "iso_ms", "space", "sql", "date", "unix", "unix_ms"] = "iso"
    overlap: Annotated[int, Field(ge=0)] = 300
    trusted: bool = True


class Tokens(Part):
    """``token``/``header``: where the first answer of a list has the position to go on from. ``rising``: whole numbers."""

    kind: Literal["token"]
    param: str
    token: str | None = None
    header: str | None = None
    rising: bool = False
    expired: list[Status] = [410]


Feed = Annotated[NoFeed | Stamps | Tokens, Field(discriminator="kind")]


class Get(Call):
    record: str = ""


class Find(Call):
    records: str | None = None
    lag: Annotated[int, Field(ge=0)] = 0


class Gone(Call):
    """A list that shows a deleted record's id or tombstone, asked when a record is not there."""

    records: str | None = None


class Create(Call):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    wrap: str = ""
    record: str = ""
    id: Literal["answer", "location", "key"] = "answer"
    once: bool = False
    answers: bool = True


class Update(Call):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "PATCH"
    wrap: str = ""
    record: str = ""
    answers: bool = True
    guard: Literal["etag", "field", "none"] = "none"
    version_field: str | None = None
    whole: bool = False


class Delete(Call):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "DELETE"


class Describe(Call):
    """``names``: a list of names, a table whose keys they are, or a list of tables with ``name`` in each."""

    names: str


class Column(Part):
    type: str = "text"
    writable: bool = True
    required: bool = False
    length: Annotated[int, Field(ge=1)] | None = None
    choices: list[str] = []


class Limits(Part):
    calls: Annotated[int, Field(ge=1)]
    seconds: Annotated[int, Field(ge=1)] = 1


class Errors(Part):
    """Where an answer says what is wrong (``message``, ``fields``), and what statuses mean besides the usual."""

    message: list[str] = []
    fields: str | None = None
    success: Equals | None = None
    sign_in: list[Status] = [401]
    forbidden: list[Status] = [403, 404]
    missing: list[Status] = [404, 410]
    stale: list[Status] = [409, 412]

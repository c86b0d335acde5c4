"""A declaration: how one REST system lists, gets, finds, creates, changes and deletes. A closed table, nothing that runs.

``load`` reads a TOML file. ``DeclarationError`` has every problem with its line and key.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

from pydantic import ValidationError

from connectors.rest import fill, parts
from schemas.said import phrase, stacked, together

LARGEST = 64 * 1024
"""Bytes of a declaration."""

OWN = frozenset({"object", "id", "key", "column"})
PLACES = {
    "list": {"object"},
    "describe": {"object"},
    "get": {"object", "id"},
    "gone": {"object", "id"},
    "find": {"object", "key", "column"},
    "create": {"object", "id"},
    "update": {"object", "id"},
    "delete": {"object", "id"},
}
"""What may stand in braces in each call, beside the connection's own values."""


class DeclarationError(ValueError):
    """A declaration cannot be used. ``problems``: sentences, each with file, line and key."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(stacked(problems))


class Declaration(parts.Part):
    """``base`` goes between the connection's address and every path. ``values`` are what a connection has to say for
    itself, each with what it is. ``verified``: what it was tried against, by whom; empty where by nobody."""

    title: str
    verified: str = ""
    base: parts.Path | None = None
    values: dict[str, str] = {}
    headers: dict[parts.HeaderName, parts.HeaderValue] = {}
    auth: parts.Auth
    limits: parts.Limits | None = None
    record: parts.Record = parts.Record()
    list: parts.List
    feed: parts.Feed = parts.NoFeed()
    get: parts.Get | None = None
    gone: parts.Gone | None = None
    find: parts.Find | None = None
    create: parts.Create | None = None
    update: parts.Update | None = None
    delete: parts.Delete | None = None
    describe: parts.Describe | None = None
    columns: dict[str, parts.Column] = {}
    errors: parts.Errors = parts.Errors()

    def calls(self) -> Iterator[tuple[str, parts.Call]]:
        for name in PLACES:
            call = getattr(self, name)
            if call is not None:
                yield name, call

    @property
    def follows(self) -> parts.Stamps | parts.Tokens | None:
        """The feed that may be believed."""
        feed = self.feed
        if isinstance(feed, parts.Tokens):
            return feed
        return feed if isinstance(feed, parts.Stamps) and feed.trusted else None

    @property
    def proves_deletions(self) -> bool:
        """Whether the system, asked for one record, can say that it was deleted."""
        return self.record.deleted is not None and (self.get is not None or self.gone is not None)


def load(file: File) -> Declaration:
    """``DeclarationError`` where the file is none, or cannot be read."""
    try:
        with file.open("rb") as opened:
            body = opened.read(LARGEST + 1)
    except OSError as error:
        unread = phrase("it cannot be read (%(why)s).", why=error.strerror or type(error).__name__)
        raise DeclarationError([_at(file.name, unread)]) from None
    if len(body) > LARGEST:
        raise DeclarationError([_at(file.name, phrase("a declaration has %(most)s bytes at most.", most=LARGEST))])
    return read(body, file.name)


def read(body: bytes, name: str) -> Declaration:
    """The declaration in a file's bytes; ``name`` is for messages."""
    try:
        text = body.decode("utf-8")
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise DeclarationError([_at(name, phrase("this is no TOML: %(error)s.", error=error))]) from None
    try:
        declaration = Declaration.model_validate(tree)
        found = sorted(_contradictions(declaration))
    except ValidationError as error:
        found = [_said(each) for each in error.errors()]
    if found:
        told = sorted((line_of(text, where), where, message) for where, message in found)
        raise DeclarationError([_at(f"{name}:{line}{_named(where)}", message) for line, where, message in told])
    return declaration


def _at(place: str, fault: str) -> str:
    return phrase("%(place)s: %(error)s", place=place, error=fault)


def _named(where: tuple[str, ...]) -> str:
    if not where:
        return ""
    return f": [{'.'.join(where[:-1])}] {where[-1]}" if len(where) > 1 else f": {where[0]}"


KINDS = {"none", "page", "offset", "cursor", "link", "timestamp", "token"}


def _said(error: Any) -> tuple[tuple[str, ...], str]:
    """One of pydantic's errors as key and sentence."""
    loc = [str(part) for part in error["loc"]]
    for at, name in enumerate(loc[:-1]):
        if name in ("paging", "feed") and loc[at + 1] in KINDS:
            del loc[at + 1]  # pydantic names the kind that was chosen as well
            break
    where = tuple(
        part for part in loc if not part.startswith(("function-", "literal", "constrained")) and part != "[key]"
    )
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _known(where[:-1])
        close = difflib.get_close_matches(where[-1], known, n=1)
        likely = (
            phrase('Closest: "%(close)s".', close=close[0])
            if close
            else phrase("Known: %(known)s.", known=", ".join(known))
        )
        return where, together([phrase("there is no such key."), likely])
    if kind == "missing":
        return where, phrase("it is missing.")
    if kind == "value_error":
        return where, str(context["error"])
    if kind == "literal_error":
        return where, _one_of(context["expected"], repr(error["input"]))
    if kind == "union_tag_invalid":
        return (*where, "kind"), _one_of(context["expected_tags"], repr(context["tag"]))
    if kind == "union_tag_not_found":
        return where, phrase('it has no "kind".')
    return where, f"{error['msg'][0].lower()}{error['msg'][1:]}."


def _one_of(known: str, other: str) -> str:
    return phrase("it is one of %(known)s, not %(other)s.", known=known, other=other)


def _known(where: tuple[str, ...]) -> list[str]:
    """The keys that a table may have, as far as its model is plain."""
    model: Any = Declaration
    for name in where:
        field = getattr(model, "model_fields", {}).get(name)
        options = getattr(field.annotation, "__args__", (field.annotation,)) if field else ()
        model = next((each for each in options if isinstance(each, type) and issubclass(each, parts.Part)), None)
    return sorted(getattr(model, "model_fields", {}))


def _contradictions(d: Declaration) -> Iterator[tuple[tuple[str, ...], str]]:
    for name in d.values:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in OWN:
            named = phrase("a value's name has small letters, digits and _, and is none of the hub's own.")
            yield ("values", name), named
    for name, call in d.calls():
        allowed = PLACES[name] | d.values.keys()
        for key, text in _texts(call):
            if fill.unreadable(text):
                odd = phrase("%(text)s has braces that are no place; a place is a name like {id}.", text=repr(text))
                yield (name, key), odd
            for strange in sorted(fill.places(text) - allowed):
                known = ", ".join(f"{{{a}}}" for a in sorted(allowed))
                lacks = phrase("there is no {%(place)s} here.", place=strange)
                yield (name, key), together([lacks, phrase("Known: %(known)s.", known=known)])
    for name, text in d.headers.items():
        for strange in sorted(fill.places(text) - d.values.keys()):
            yield ("headers", name), phrase("there is no {%(place)s} here; name it under [values].", place=strange)
    if d.base and fill.places(d.base) - d.values.keys():
        yield ("base",), phrase("its places are named under [values].")
    if d.auth.kind == "oauth2" and d.auth.token_path is None:
        yield ("auth", "token_path"), phrase("OAuth2 needs the path that gives out tokens.")
    yield from _of_reading(d)
    yield from _of_writing(d)


def _of_reading(d: Declaration) -> Iterator[tuple[tuple[str, ...], str]]:
    if d.list.method not in ("GET", "POST"):
        yield ("list", "method"), phrase("a list is asked for with GET or POST.")
    paging = d.list.paging
    if isinstance(paging, parts.Cursors):
        if (paging.next is None) == (paging.next_header is None):
            yield ("list", "paging", "next"), phrase("say next (in the body) or next_header, one of them.")
        if (paging.param is None) == (paging.send_header is None):
            yield (
                ("list", "paging", "param"),
                phrase("say param or send_header: where the cursor goes in the next request."),
            )
    if isinstance(paging, parts.Links) and (paging.next is None) == (paging.header is None):
        yield ("list", "paging", "next"), phrase('say next (in the body) or header ("Link" for RFC 8288), one of them.')
    if isinstance(d.feed, parts.Tokens) and (d.feed.token is None) == (d.feed.header is None):
        yield ("feed", "token"), phrase("say token (in the body) or header: where an answer has the position.")
    for name in ("get", "find", "gone", "describe"):
        call = getattr(d, name)
        if call is not None and call.method not in ("GET", "POST"):
            yield (name, "method"), phrase("looking is done with GET or POST.")
    if d.gone is not None and d.record.deleted is None:
        yield ("gone",), phrase("[record] deleted must say how a tombstone is told from a record.")
    if d.find is not None and not any("key" in fill.places(text) for _, text in _texts(d.find)):
        yield ("find",), phrase("nothing in it says {key}, so it would find the same for every key.")


def _of_writing(d: Declaration) -> Iterator[tuple[tuple[str, ...], str]]:
    if d.create is not None:
        if d.create.method not in ("POST", "PUT"):
            yield ("create", "method"), phrase("a record is created with POST or PUT.")
        makes = any("id" in fill.places(text) for _, text in _texts(d.create))
        if makes != (d.create.id == "key"):
            yield ("create", "id"), phrase('an id made of the key (id = "key") and {id} in the call go together.')
        if d.create.once and d.create.id != "key":
            yield ("create", "once"), phrase('If-None-Match guards an address, so it needs id = "key".')
    if d.update is None:
        return
    if d.update.method not in ("POST", "PUT", "PATCH"):
        yield ("update", "method"), phrase("a record is changed with PATCH, PUT or POST.")
    if d.update.guard == "etag" and d.record.version is None and d.get is None:
        yield ("update", "guard"), phrase("the ETag comes with [get], which is missing; or name [record] version.")
    if d.update.guard == "field" and (d.update.version_field is None or d.record.version is None):
        yield ("update", "guard"), phrase("it needs version_field, and [record] version.")
    if d.update.whole and d.get is None:
        yield ("update", "whole"), phrase("a whole record is sent back only after it was read: it needs [get].")


def _texts(call: parts.Call) -> Iterator[tuple[str, str]]:
    """Every text of a call that may have places in it, with its key."""
    yield "path", call.path
    yield from (("headers", text) for text in call.headers.values())
    for name, value in call.params.items():
        yield "params", name
        yield "params", str(value)
    yield from (("body", text) for text in _within(call.body))


def _within(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _within(item)
    elif isinstance(value, list):
        for item in value:
            yield from _within(item)


def line_of(text: str, where: tuple[str, ...]) -> int:
    """The line of a key, else of the nearest table or key around it, else 1. ``tomllib`` gives no positions."""
    table: list[str] = []
    best, depth = 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
        named = re.match(r"""\s*([\w.\-]+|"[^"]*"|'[^']*')\s*=""", line)
        if head:
            path = table = _split(head[1])
        elif named:
            path = [*table, *_split(named[1])]
        else:
            continue
        if depth < len(path) <= len(where) and tuple(path) == where[: len(path)]:
            best, depth = number, len(path)
    return best


def _split(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r""""[^"]*"|'[^']*'|[^.]+""", key)]

"""How values look on a page: money, dates and codes in words; nothing a record holds can pass for the page's own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from babel.dates import format_date, format_datetime
from flask import Flask
from flask_babel import format_decimal, format_timedelta, get_locale
from flask_babel import gettext as _
from markupsafe import Markup, escape

from hub import access
from hub.commons import amounts
from hub.languages import Told, pieces_of, tell
from hub.store.tables import Audit
from hub.web.guard import hub, me
from hub.wording import UNSEEN
from schemas.codes import CODES
from schemas.fields import UnknownPath, spec
from schemas.said import Said


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        value=value, label=label, moment=moment, on_day=on_day, ago=ago, plain=plain, told=told, decimal=format_decimal
    )
    app.jinja_env.globals.update(tell=tell)


def label(path: str) -> str:
    """A field's name in words; a keyed one with its key."""
    try:
        field = spec(path)
    except UnknownPath:
        return path
    key = path[len(field.path) - 1 :] if field.path.endswith("*") else ""
    return f"{_(field.label)} {key}".strip()


def value(content: Any, path: str = "") -> Markup:
    """A canonical value of a field, isolated from the writing direction of the page."""
    if content in (None, "", [], {}):
        return Markup('<span class="empty">{}</span>').format(_("empty"))
    try:
        field = spec(path)
    except UnknownPath:
        return Markup('<bdi dir="auto">{}</bdi>').format(plain(_raw(content)))
    if field.type == "url" and str(content).startswith(("http://", "https://")):
        return Markup('<a href="{0}" rel="noreferrer" dir="ltr">{1}</a>').format(content, plain(content))
    try:
        text = words(path, content)
    except (AttributeError, KeyError, TypeError, ValueError):
        text = _raw(content)  # a system's own column of the same name
    return Markup('<bdi dir="auto">{}</bdi>').format(plain(text))


def words(path: str, content: Any) -> str:
    """A canonical value as one line of text."""
    if content in (None, "", [], {}):
        return ""
    if path in ("created_at", "updated_at"):
        return said(datetime.fromisoformat(content))
    field = spec(path)
    codes = CODES.get(field.codes or "", {})
    match field.type:
        case "money":
            return _money(content)
        case "moneys":
            return ", ".join(map(_money, content))
        case "when":
            return str(content.get("text") or content.get("date"))
        case "code":
            return _(codes[content]) if content in codes else str(content)
        case "codes":
            return _(", ").join(_(codes[code]) if code in codes else str(code) for code in content)
        case "places":
            return "; ".join(map(_place, content))
        case "country":
            return _country(content)
        case "documents":
            return ", ".join(document.get("title") or document.get("url", "") for document in content)
        case "bool":
            return _("yes") if content else _("no")
        case _:
            return _raw(content)


def _country(code: str) -> str:
    locale = get_locale()
    return str(locale.territories.get(code, code) if locale else code)


def _place(content: dict[str, str]) -> str:
    rest = [text for part, text in content.items() if part not in ("country", "scope")]
    country = [_country(content["country"])] if content.get("country") else []
    return ", ".join(rest + country)


def _money(content: dict[str, str]) -> str:
    return amounts.in_words(content, get_locale())


def _raw(content: Any) -> str:
    if isinstance(content, dict):
        return ", ".join(f"{key}: {_raw(part)}" for key, part in content.items())
    if isinstance(content, list | tuple):
        return ", ".join(map(_raw, content))
    return str(content)


def plain(text: Any) -> Markup:
    """Text with every unseen or direction-changing character spelt out."""
    parts = UNSEEN.split(str(text))
    marks = [Markup('<span class="unseen">U+{}</span>').format(f"{ord(m):04X}") for m in UNSEEN.findall(str(text))]
    result = escape(parts[0])
    for mark, part in zip(marks, parts[1:], strict=True):
        result += mark + escape(part)
    return result


def told(text: str) -> Markup:
    """A sentence that was stored, in the reader's language. What is there in English alone (a system's own words, what an
    older version of the hub stored) is marked as English."""
    if isinstance(text, Told):
        return escape(text)
    pieces = pieces_of(text) if isinstance(text, Said) else [(text, str(get_locale() or "en").startswith("en"))]
    known = [escape(piece) if isinstance(text, Said) else plain(piece) for piece, _known in pieces]
    english = Markup('<bdi lang="en" dir="ltr">{}</bdi>')
    return Markup(" ").join(
        said if fine else english.format(said) for said, (_piece, fine) in zip(known, pieces, strict=True)
    )


def moment(at: datetime | None) -> Markup:
    """A time of the hub's own clock, in UTC, readable by machines as well."""
    if at is None:
        return Markup('<span class="empty">{}</span>').format(_("never"))
    return Markup('<time datetime="{}" dir="auto">{}</time>').format(at.isoformat(), said(at))


def said(at: datetime) -> str:
    """A moment in words: its zone always with it, its day before its month in every language."""
    locale = get_locale() or "en"
    return f"{format_date(at, 'dd MMM y', locale=locale)}{_(', ')}{format_datetime(at, 'HH:mm', locale=locale)} UTC"


def who_did(line: Audit, persons: dict[str, tuple[str, str]]) -> str:
    """Who wrote a line of the audit: own people by name, own connections by theirs, others by their foundation."""
    kind, _sep, id = line.actor.partition(":")
    if kind == "configuration":
        return _("the configuration")
    if kind == "connection":
        config = hub().config.connections.get(id)
        return id if config is not None and access.sees_connection(me(), config) else _("another foundation")
    name, member = persons.get(id, ("", ""))
    if kind != "user" or not name:
        return _("the hub")
    if member == me().member_id:
        return name
    known = hub().config.members.get(member)
    return known.name if known else _("another foundation")


def day(at: datetime) -> str:
    """A day for the middle of a sentence."""
    return str(format_datetime(at, "dd MMM y", locale=get_locale() or "en"))


def on_day(day: date) -> str:
    """A day without its time."""
    return str(format_date(day, "dd MMM y", locale=get_locale() or "en"))


def ago(at: datetime | None) -> Markup:
    """How long since, by the hub's own clock."""
    if at is None:
        return Markup('<span class="empty">{}</span>').format(_("never"))
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), said(at), since(at))


def since(at: datetime) -> str:
    """The same as plain words, where there is no place for the moment itself."""
    past = at - hub().time.now()
    return _("just now") if abs(past.total_seconds()) < 1 else format_timedelta(past, add_direction=True)

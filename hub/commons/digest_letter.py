"""A digest in words: one mail as plain text and as HTML. Record text keeps its own writing direction and steers nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from babel import Locale
from flask_babel import format_date, get_locale, ngettext
from flask_babel import gettext as _
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from hub.commons.amounts import in_words
from hub.mail.sending import one_line
from schemas.fields import spec

_STEERS = re.compile("[\u202a-\u202e\u2066-\u2069\u061c\u200e\u200f\u200b\u2060\ufeff]")
"""Characters that change how what stands around them reads (CVE-2021-42574), or cannot be seen."""
FIRST, POP = "\u2068", "\u2069"
"""First strong isolate, and its end (Unicode Standard Annex 9): what ``bdi`` is in HTML."""
CHANGES = 6
"""Changed fields that are named."""


@dataclass(frozen=True, slots=True)
class Item:
    """An opportunity as its reader may know it. ``ask``, ``gap`` and ``changed`` in words, each empty where there is none."""

    title: str
    organisation: str
    ask: str
    gap: str
    steward: str
    new: bool
    changed: str
    why: tuple[str, ...]
    page: str


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str
    html: str


def item(view: Mapping[str, Any], *, new: bool, changed: Sequence[str], why: Sequence[str]) -> Item:
    """``view`` as the reader's member sees the opportunity; ``changed`` paths."""
    named = list(dict.fromkeys(_(spec(path).label) for path in changed))
    ask = view.get("ask.requested")
    return Item(
        title=_line(view["title"]),
        organisation=_line(view.get("organization.name") or ""),
        ask=in_words(ask, get_locale()) if ask else "",
        gap=", ".join(in_words(money, get_locale()) for money in view.get("totals.gap") or ()),
        steward=_line(view["steward"]),
        new=new,
        changed=", ".join(named[:CHANGES]) + (" …" if len(named) > CHANGES else ""),
        why=tuple(_line(reason) for reason in why),
        page=view["page"],
    )


def letter(
    items: Sequence[Item], more: int, since: datetime, *, many: bool = False, searches: str, choose: str, end: str
) -> Letter:
    """``searches``, ``choose`` and ``end``: the pages of all that is found, of how often it comes, and that ends it."""
    new, changed = [one for one in items if one.new], [one for one in items if not one.new]
    counts = [
        ngettext("%(num)s new", "%(num)s new", len(new)) if new else "",
        ngettext("%(num)s changed", "%(num)s changed", len(changed)) if changed else "",
    ]
    day = format_date(since, "d MMMM y")
    words = {
        "groups": [(title, group) for title, group in ((_("New"), new), (_("Changed"), changed)) if group],
        "intro": _("Among what your saved searches look for, this is new and changed in the commons since %(day)s.", day=day),
        "more": _("And many more.") if many else ngettext("And %(num)s more.", "And %(num)s more.", more) if more else "",
        "searches": searches,
        "choose": choose,
        "end": end,
        "iso": lambda text: f"{FIRST}{text}{POP}",
        "_": _,
        "locale": get_locale() or Locale("en"),
    }  # fmt: skip
    subject = _("From the commons: %(counts)s", counts=", ".join(filter(None, counts)))
    return Letter(subject, _template("digest.txt").render(words), _template("digest.html").render(words))


@cache
def _template(name: str) -> Template:
    # The letter in plain text escapes nothing: it is no markup.
    loader = PackageLoader("hub", "mail/templates")
    environment = Environment(  # nosec B701
        loader=loader, autoescape=name.endswith(".html"), trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined,
        keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(name)


def _line(text: str) -> str:
    return one_line(_STEERS.sub("", text))

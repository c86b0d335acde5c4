"""Rich text in a system, plain text in the commons.

Written as escaped text with ``<br>`` for a new line, which reads back exactly. Read from any HTML: scripts and
styles go with their content, other tags leave their text, paragraphs a blank line, list items a dash.
"""

from __future__ import annotations

import re
from typing import Any

import nh3

from mappings.entry import Entry
from mappings.lenses.lens import Lens, one_column
from mappings.lenses.text import cut, plain
from schemas.keepable import unkeepable
from schemas.said import phrase

_BREAKS = {"p": 2, "ul": 2, "ol": 2, "blockquote": 2, "pre": 2, "table": 2} | {f"h{n}": 2 for n in range(1, 7)}
_BREAKS |= {"div": 1, "li": 1, "tr": 1}
_TAGS = {*_BREAKS, "br"}
_TOKEN = re.compile(r"<(/?)(\w+)>|([^<]+)")
_SPECIAL = re.compile(r"[<>&\n\r\0\ufeff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": "<br>", "\r": "&#13;", "\ufeff": "&#xFEFF;"}

_SOURCE_LINE = re.compile(r"[ \t\f]*\n[ \t\f\n]*")
_SOFT = "\0"
"""A line break of the source, which means a space between words and nothing elsewhere. No parser output has a NUL."""
_SOFT_AT_EDGE = re.compile(r"(?:(?<=\n)|^)\0+|\0+(?=\n|$)")


def html(entry: Entry) -> Lens:
    [column] = entry.columns
    limit = entry.options.get("max")
    loses = (
        phrase("formatting and what makes more than %(limit)s characters", limit=limit)
        if limit
        else phrase("formatting")
    )
    return one_column(column, _read, lambda value, _: _write(value, limit), loses)


def _read(value: Any) -> str | None:
    source = plain(value)
    if source is None or not _SPECIAL.search(source):
        return source
    text = to_text(source)
    return text if text.strip("\n ") else None


def _write(value: str, limit: int | None) -> str | None:
    if not value.strip("\n "):
        raise ValueError(phrase("Rich text cannot show spaces and line breaks alone."))
    if "\0" in value:
        raise ValueError(unkeepable(value))
    written = to_html(value)
    while limit is not None and len(written) > limit:
        value = cut(value, max(len(value) - max((len(written) - limit) // 6, 1), 0)) or ""
        written = to_html(value)
        if not value:
            return None
    return written


def to_html(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text)


def to_text(source: str) -> str:
    """Plain text of HTML. What the parser cannot represent (a NUL) is lost; nothing raises but a lone surrogate."""
    clean = nh3.clean(source, tags=_TAGS, attributes={}, clean_content_tags={"script", "style"}, link_rel=None)
    out: list[str] = []
    gap, bullet = 0, ""
    for closing, tag, words in _TOKEN.findall(clean.replace("<p><br></p>", "<p></p>")):
        if tag in _BREAKS:
            gap = max(gap, _BREAKS[tag])
            if tag == "li":
                bullet = "" if closing else "- "
            continue
        words = _SOURCE_LINE.sub(_SOFT, words)
        if words == _SOFT and (gap or not out):
            continue
        out.append(("\n" * gap if out else "") + bullet + ("\n" if tag else words))
        gap, bullet = 0, ""
    text = _SOFT_AT_EDGE.sub("", "".join(out)).replace(_SOFT, " ")
    return text.replace("&nbsp;", "\u00a0").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

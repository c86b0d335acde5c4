"""Two texts held against the one they come from: what each changed, word by word, and both changes put together."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from flask_babel import gettext as _
from markupsafe import Markup

from hub.web.show import plain

MOST = 3000
"""Words; longer texts are shown as they are, for comparing takes the square of it."""
_WORDS = re.compile(r"\s+|[^\s]+")
Change = tuple[int, int, list[str]]
"""Words of the base from, to, and what stands there instead."""


def words(before: object, after: object) -> Markup | None:
    """``after`` with what it adds to and takes from ``before`` marked; None where that would tell nothing."""
    if not (isinstance(before, str) and isinstance(after, str)) or before == after:
        return None
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > MOST:
        return None
    marked = Markup("")
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            marked += plain("".join(old[i1:i2]))
            continue
        if i2 > i1:
            marked += _marked("del", _("removed:"), "".join(old[i1:i2]))
        if j2 > j1:
            marked += _marked("ins", _("added:"), "".join(new[j1:j2]))
    return Markup('<bdi dir="auto">{}</bdi>').format(marked)


def _marked(tag: str, said: str, text: str) -> Markup:
    # The tag is the house's own; what it is put around is escaped.
    return Markup('<{0}><span class="hidden">{1} </span>{2}</{0}>').format(Markup(tag), said, plain(text))  # noqa: S704  # nosec B704


def merged(base: object, one: object, other: object) -> str | None:
    """Both changes in one text; None where they touch the same or neighbouring words, or one has no text."""
    if not (isinstance(base, str) and isinstance(one, str) and isinstance(other, str)):
        return None
    old = _WORDS.findall(base)
    if max(len(old), len(one.split()), len(other.split())) > MOST:
        return None
    mine, theirs = _changes(old, one), _changes(old, other)
    if any(a[0] <= b[1] and b[0] <= a[1] for a in mine for b in theirs):
        return None
    result = list(old)
    for start, end, put in sorted(mine + theirs, reverse=True):
        result[start:end] = put
    return "".join(result)


def _changes(old: list[str], text: str) -> list[Change]:
    new = _WORDS.findall(text)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(i1, i2, new[j1:j2]) for what, i1, i2, j1, j2 in codes if what != "equal"]

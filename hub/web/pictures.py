"""Small pictures where people would look, as inline SVG. Each says in words what it shows, and no state is told by colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

HEIGHT = 24
_BAR, _GAP = 10, 4
SHAPES = {
    # what is cut out of a full bar, as (y, height) of 24
    "delayed": ((10, 4),),
    "held": ((7, 3), (14, 3)),
}
TALL = {"delayed": 14, "held": 14, "failed": 22}
"""Of 24, in a timeline."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One run. ``state`` is the name of a ``standing.Word``, ``size`` what it moved, ``text`` the run in words."""

    state: str
    size: int
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened ``at`` a moment, or from then to ``until``. ``lane`` counts from the top."""

    at: datetime
    text: str
    state: str = "calm"
    until: datetime | None = None
    lane: int = 0


def strip(bars: Sequence[Bar], text: str) -> Markup:
    """Runs side by side, oldest first: a run that moved more stands higher, one that went wrong has its full height and a gap."""
    drawn = Markup("").join(_bar(number * (_BAR + _GAP), bar) for number, bar in enumerate(bars))
    return _picture("strip", max(len(bars), 1) * (_BAR + _GAP) - _GAP, HEIGHT, text, drawn)


def _bar(x: int, bar: Bar) -> Markup:
    title = Markup("<title>%s</title>") % bar.text
    if bar.state == "running":
        return Markup('<rect class="running" x="{}" y="1" width="{}" height="{}">{}</rect>').format(
            x + 1, _BAR - 2, HEIGHT - 2, title
        )
    if bar.state == "failed":
        cross = Markup('<path d="M{0} 2L{1} 22M{1} 2L{0} 22"/>').format(x + 1, x + _BAR - 1)
        return Markup('<g class="failed">{}{}</g>').format(title, cross)
    if bar.state not in SHAPES:
        height = min(HEIGHT, 6 + 3 * bar.size.bit_length())
        return _rect(bar.state, x, HEIGHT - height, _BAR, height, title)
    parts, top = [], 0
    for start, height in (*SHAPES[bar.state], (HEIGHT, 0)):
        parts.append(Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(x, top, _BAR, start - top))
        top = start + height
    return Markup('<g class="{}">{}{}</g>').format(bar.state, title, Markup("").join(parts))


def _rect(state: str, x: float, y: int, width: float, height: int, title: Markup) -> Markup:
    """There are hundreds on a page, and ``format`` takes longer by half."""
    shape = Markup('<rect class="%s" x="%s" y="%s" width="%s" height="%s">%s</rect>')
    return shape % (state, x, y, width, height, title)


def timeline(marks: Sequence[Mark], start: datetime, end: datetime, text: str, lanes: int = 1) -> Markup:
    """What happened between two moments, each lane a row; a line for every eighth of the time. What went wrong stands higher.
    What lies outside is left out."""
    width, row = 800, HEIGHT
    span = (end - start).total_seconds()

    def place(moment: datetime) -> float:
        return round(width * min(max((moment - start).total_seconds() / span, 0), 1), 1)

    drawn = [Markup('<path class="grid" d="M{0} 0V{1}"/>').format(width * n // 8, lanes * row) for n in range(9)]
    for mark in marks:
        ended = mark.until or mark.at
        if ended < start or mark.at > end:
            continue
        tall = TALL.get(mark.state, 8)
        length = max(round(place(ended) - place(mark.at), 1), 4)
        x = min(place(mark.at), width - length)  # the newest is short, and still seen
        title = Markup("<title>%s</title>") % mark.text
        if mark.until is None:
            y = mark.lane * row + row // 2
            points = f"{x},{y - 7} {x + 7},{y} {x},{y + 7} {x - 7},{y}"
            drawn.append(Markup('<polygon class="{}" points="{}">{}</polygon>').format(mark.state, points, title))
        else:
            drawn.append(_rect(mark.state, round(x, 1), mark.lane * row + (row - tall) // 2, length, tall, title))
    return _picture("timeline", width, lanes * row, text, Markup("").join(drawn), stretched=True)


def meter(used: int, stop: int, allowed: int, text: str) -> Markup:
    """How much of an allowance is used, and where this connection stops."""
    width = 400
    whole = max(allowed, used, 1)
    full, mark = width * used // whole, width * min(stop, whole) // whole
    state = "failed" if used >= stop else "delayed" if used * 4 >= stop * 3 else "fine"
    drawn = Markup('<rect class="{}" x="0" y="2" width="{}" height="12"/><path class="stop" d="M{} 0V16"/>').format(
        state, full, mark
    )
    return _picture("meter", width, 16, text, drawn, stretched=True)


def _picture(kind: str, width: int, height: int, text: str, drawn: Markup, *, stretched: bool = False) -> Markup:
    """A stretched picture takes the width there is; any other its own size."""
    how = Markup(' preserveAspectRatio="none"') if stretched else Markup(' width="{}"').format(width)
    return Markup(
        '<svg class="picture {}" viewBox="0 0 {} {}" height="{}"{} role="img" aria-label="{}">{}</svg>'
    ).format(kind, width, height, height, how, text, drawn)

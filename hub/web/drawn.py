"""Runs and allowances as the pictures of ``web.pictures``, with their words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from hub.store.lists import Standing
from hub.store.tables import Audit
from hub.web import pictures, standing
from hub.web.pictures import Bar, Mark
from hub.web.show import since

MOVES = ("created", "changed", "withdrawn", "closed", "pushed_new", "pushed")
DAY = timedelta(days=1)
SOON, LONG = timedelta(minutes=20), timedelta(hours=3)


def strip(runs: Sequence[Any]) -> Markup:
    """The newest first, as ``Standing`` has them; drawn with the newest last."""
    if not runs:
        return Markup("")
    words = [standing.of_run(run) for run in runs]
    counts = Counter(word.text for word in words)
    told = ", ".join(f"{number} {text}" for text, number in counts.items())
    text = ngettext("The last run: %(told)s", "The last %(num)s runs: %(told)s", len(runs), told=told)
    bars = [
        Bar(word.name, sum((run.counts or {}).get(name, 0) for name in MOVES), _told(run, word.text))
        for run, word in zip(runs, words, strict=True)
    ]
    return pictures.strip(bars[::-1], text)


def meter(found: Standing) -> Markup:
    """Empty where the system has told no allowance."""
    for run in found.runs:
        counts = run.counts or {}
        if counts.get("calls_allowed"):
            stop = counts.get("calls_stop", counts["calls_allowed"])
            return pictures.meter(counts.get("calls_used", 0), stop, counts["calls_allowed"], standing.calls(found))
    return Markup("")


def day(lanes: Sequence[str], runs: Sequence[Any], happened: Sequence[Audit], now: datetime) -> Markup:
    """The last day of these connections, a lane each: runs as long as they took, what people did as diamonds. Runs that went
    well one soon after another are one stretch."""
    start = now - DAY
    place = {name: number for number, name in enumerate(lanes)}
    marks = [
        Mark(some[0].started_at, _told_of(some), _name(some[0]), some[-1].ended_at or now, place[some[0].connection_id])
        for some in _stretches(runs)
    ]
    marks += [
        Mark(line.at, f"{since(line.at)}: {_(line.action)}", "deed", None, place[line.connection_id])
        for line in happened
        if line.connection_id in place
    ]
    text = ngettext("The last day: %(num)s run", "The last day: %(num)s runs", len(runs))
    troubled = [run for run in runs if run.state in ("failed", "incomplete", "interrupted", "held")]
    if troubled:
        text += "; " + ngettext("%(num)s did not go well", "%(num)s did not go well", len(troubled))
    return pictures.timeline(marks, start, now, text, max(len(lanes), 1))


def _stretches(runs: Sequence[Any]) -> list[list[Any]]:
    """Oldest first in each: one that went well with those that followed it soon, of a few hours at most; any other alone."""
    found: dict[str, list[Any]] = {}
    done: list[list[Any]] = []
    for run in reversed(runs):
        last = found.get(run.connection_id, [])
        ended = last[-1].ended_at if last and last[-1].state == run.state == "done" else None
        if ended is not None and run.started_at - ended <= SOON and run.started_at - last[0].started_at <= LONG:
            last.append(run)
        else:
            found[run.connection_id] = [run]
            done.append(found[run.connection_id])
    return done


def _name(run: Any) -> str:
    return standing.STATES.get(run.state, "paused")


def _told_of(runs: Sequence[Any]) -> str:
    if len(runs) == 1:
        return _told(runs[0], standing.of_run(runs[0]).text)
    went_well = ngettext("%(num)s run went well", "%(num)s runs went well", len(runs))
    return f"{went_well}, {since(runs[-1].started_at)}"


def _told(run: Any, word: str) -> str:
    return f"{word}, {since(run.started_at)}: {standing.sentence(run.counts)}"

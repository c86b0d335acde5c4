"""Where a connection stands, in one of six words and a reason. Never colour alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from hub.config import ConnectionConfig
from hub.store.lists import Standing

WORST = ("failed", "held", "delayed", "running", "paused", "fine")
"""Words of a connection, the worst first."""
CUT_SHORT = ("incomplete", "interrupted", "cancelled")


@dataclass(frozen=True, slots=True)
class Word:
    """``name`` is a CSS class as well; ``mark`` a sign beside the word."""

    name: str
    text: str
    mark: str
    reason: str = ""


def name_of(standing: Standing, config: ConnectionConfig | None, now: datetime) -> str:
    """Worst first: what needs a person hides behind nothing."""
    row = standing.row
    newest = standing.runs[0] if standing.runs else None
    if row.state in ("paused", "removed") or config is None:
        return "paused"
    if standing.held:
        return "held"
    if row.lease_until is not None and row.lease_until > now and newest is not None and newest.state == "running":
        return "running"
    ended = _ended(standing)
    if ended is not None and ended.state == "failed":
        return "failed"
    if (ended is not None and ended.state in CUT_SHORT) or late(row, config, now):
        return "delayed"
    return "fine"


def of_connection(standing: Standing, config: ConnectionConfig | None, now: datetime) -> Word:
    ended = _ended(standing)
    match name_of(standing, config, now):
        case "paused":
            return Word("paused", _("Paused"), "‖", standing.row.reason or "")
        case "held":
            return Word("held", _("Held for approval"), "!", _("A run waits until someone has looked at it."))
        case "running":
            return Word("running", _("Running"), "↻")
        case "failed":
            return Word("failed", _("Failed"), "✕", (ended and ended.error) or "")
        case "delayed" if ended is not None and ended.state in CUT_SHORT:
            why = ended.error or _("The last run was cut short; the next goes on from there.")
            return Word("delayed", _("Delayed"), "…", why)
        case "delayed":
            return Word("delayed", _("Delayed"), "…", _("No run has started for a while. Is the hub's clock running?"))
    return Word("fine", _("On time"), "✓")


def _ended(standing: Standing) -> Any:
    return next((run for run in standing.runs if run.state != "running"), None)


def late(row: Any, config: ConnectionConfig, now: datetime) -> bool:
    """Due for so long that nobody seems to serve it."""
    if row.due_at is None or row.due_at >= now:
        return False
    return bool(now - row.due_at > max(timedelta(minutes=2), timedelta(seconds=2 * config.every)))


def name_of_row(row: Any, config: ConnectionConfig | None, now: datetime) -> str:
    """The same without its runs, for where many are looked at often."""
    if row.state in ("paused", "removed") or config is None:
        return "paused"
    if row.failures:
        return "failed"
    return "delayed" if late(row, config, now) else "fine"


def together(names: Iterable[str]) -> Word:
    """All of them in one word, the worst."""
    numbers = Counter(names)
    if numbers["failed"]:
        return Word(
            "failed", ngettext("%(num)s connection failed", "%(num)s connections failed", numbers["failed"]), "✕"
        )
    if numbers["delayed"]:
        return Word("delayed", ngettext("%(num)s connection is delayed", "%(num)s connections are delayed", numbers["delayed"]), "…")  # fmt: skip
    return Word("fine", _("All on time"), "✓")


STATES = {"done": "fine", "running": "running", "held": "held", "failed": "failed", "incomplete": "delayed",
          "interrupted": "delayed", "cancelled": "paused"}  # fmt: skip
"""The name of the word for each state of a run."""


def to_tell(text: str) -> str:
    """For the catalogues, from a place where nobody is spoken to yet."""
    return text


TOLD = {
    "done": (to_tell("Done"), "✓"),
    "running": (to_tell("Running"), "↻"),
    "held": (to_tell("Held for approval"), "!"),
    "failed": (to_tell("Failed"), "✕"),
    "incomplete": (to_tell("Incomplete"), "…"),
    "interrupted": (to_tell("Interrupted"), "…"),
    "cancelled": (to_tell("Cancelled"), "■"),
}
"""The text of that word, and its mark. A page has hundreds of runs: only what is said is translated."""
COUNTED = {
    "read": to_tell("read"),
    "created": to_tell("new here"),
    "changed": to_tell("changed here"),
    "pushed_new": to_tell("created there"),
    "pushed": to_tell("written there"),
    "withdrawn": to_tell("withdrawn"),
    "closed": to_tell("closed"),
    "conflicts": to_tell("conflicts"),
    "suggested": to_tell("suggestions"),
    "quarantined": to_tell("set aside"),
    "missing": to_tell("not found there any more"),
    "rejected": to_tell("refused by the system"),
    "questions": to_tell("organisations to settle"),
}
"""What a run counts, in the order in which it happens, under the head of a list of it."""


def of_run(run: Any) -> Word:
    return of_state(run.state)


def of_state(state: str) -> Word:
    text, mark = TOLD.get(state, (state, "?"))
    return Word(STATES.get(state, "paused"), _(text) if state in TOLD else text, mark)


def sentence(counts: dict[str, int] | None) -> str:
    """A run in one sentence; what did not happen is left out."""
    there = counts or {}
    told = [_thing(name, there[name]) for name in COUNTED if there.get(name)]
    if len(told) < 2:
        return told[0] if told else _("nothing to do")
    return _(", ").join(told)


def _thing(name: str, number: int) -> str:
    if name == "conflicts":
        return ngettext("%(num)s conflict", "%(num)s conflicts", number)
    if name == "suggested":
        return ngettext("%(num)s suggestion", "%(num)s suggestions", number)
    if name == "questions":
        return ngettext("%(num)s organisation to settle", "%(num)s organisations to settle", number)
    return f"{number} {_(COUNTED[name])}"


def counted(counts: dict[str, int] | None, *others: tuple[str, str]) -> list[tuple[str, int]]:
    """What a run counted, in words, and ``others`` behind; what did not happen is left out."""
    there = counts or {}
    told = [(_(word), there[name]) for name, word in COUNTED.items() if there.get(name)]
    return told + [(word, there[name]) for word, name in others if there.get(name)]


def calls(standing: Standing) -> str:
    """How much of its daily calls the system said are used, by the newest run that was told; empty where none was."""
    for run in standing.runs:
        counts = run.counts or {}
        if counts.get("calls_allowed"):
            used = counts.get("calls_used", 0)
            shown = {"used": format_decimal(used), "allowed": format_decimal(counts["calls_allowed"])}
            if used >= counts.get("calls_stop", used + 1):
                return _("%(used)s of %(allowed)s used: the hub leaves the rest to others", **shown)
            return _(
                "%(used)s of %(allowed)s used; the hub stops at %(stop)s",
                stop=format_decimal(counts["calls_stop"]),
                **shown,
            )
    return ""

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
    return row.due_at is not None and now - row.due_at > max(timedelta(minutes=2), timedelta(seconds=2 * config.every))


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


def of_run(run: Any) -> Word:
    return of_state(run.state)


def of_state(state: str) -> Word:
    texts = {
        "done": (_("Done"), "✓"),
        "running": (_("Running"), "↻"),
        "held": (_("Held for approval"), "!"),
        "failed": (_("Failed"), "✕"),
        "incomplete": (_("Incomplete"), "…"),
        "interrupted": (_("Interrupted"), "…"),
        "cancelled": (_("Cancelled"), "■"),
    }
    return Word(STATES.get(state, "paused"), *texts.get(state, (state, "?")))


def sentence(counts: dict[str, int] | None) -> str:
    """A run in one sentence; what did not happen is left out."""
    told = {key: number for key, number in (counts or {}).items() if number}
    things = {
        "conflicts": ngettext("%(num)s conflict", "%(num)s conflicts", told.get("conflicts", 0)),
        "suggested": ngettext("%(num)s suggestion", "%(num)s suggestions", told.get("suggested", 0)),
        "questions": ngettext(
            "%(num)s organisation to settle", "%(num)s organisations to settle", told.get("questions", 0)
        ),
    }
    parts = [things.get(key) or f"{told[key]} {word}" for word, key in _counted() if key in told]
    return _(", ").join(parts) or _("nothing to do")


def counted(counts: dict[str, int] | None, *others: tuple[str, str]) -> list[tuple[str, int]]:
    """What a run counted, in words, and ``others`` behind; what did not happen is left out."""
    return [(word, number) for word, key in (*_counted(), *others) if (number := (counts or {}).get(key))]


def _counted() -> list[tuple[str, str]]:
    """Heads of what a run counts, in the order in which it happens, with the name of each count."""
    return [
        (_("read"), "read"),
        (_("new here"), "created"),
        (_("changed here"), "changed"),
        (_("created there"), "pushed_new"),
        (_("written there"), "pushed"),
        (_("withdrawn"), "withdrawn"),
        (_("closed"), "closed"),
        (_("conflicts"), "conflicts"),
        (_("suggestions"), "suggested"),
        (_("set aside"), "quarantined"),
        (_("not found there any more"), "missing"),
        (_("refused by the system"), "rejected"),
        (_("organisations to settle"), "questions"),
    ]


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

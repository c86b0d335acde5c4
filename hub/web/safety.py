"""What a system can do, told as how safe a sync with it is: a level, and a plain sentence for each thing that makes it so."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from connectors.contract import Capabilities
from hub.languages import tell
from hub.web.standing import Word


@dataclass(frozen=True, slots=True)
class Sheet:
    """``level`` and the sentences, each with whether it is as good as it gets."""

    level: Word
    sentences: list[tuple[bool, str]]


def sheet(can: Capabilities) -> Sheet:
    """Three things decide about the level: that deletions are told, that writes are guarded, that a key finds a record again."""
    strong = [can.tombstones != "none", can.guard == "strong", can.key != "none"]
    said = [_deletions(can), _guard(can), _key(can)] if can.writes else [_deletions(can)]
    told = [*zip(strong, said, strict=False), _changes(can)]
    if can.writes and can.find_lag > 0:
        wait = ngettext("%(num)s second", "%(num)s seconds", round(can.find_lag))
        told.append((False, _("A new record may not be found for %(wait)s. Until then the hub waits.", wait=wait)))
    if can.normalises:
        what = _(", ").join(map(tell, can.normalises))
        told.append(
            (True, _("It writes some values in its own way (%(what)s). That never counts as an edit.", what=what))
        )
    return Sheet(_level(can, sum(not one for one in strong)), told)


def _level(can: Capabilities, weak: int) -> Word:
    if not can.writes:
        return Word("fine", _("Reads only"), "◌", _("The hub changes nothing there."))
    if weak == 0:
        return Word("fine", _("Strong"), "●", _("The system itself helps the hub to keep both sides right."))
    if weak == 1:
        return Word("fine", _("Good"), "◕", _("The hub makes up for one thing that this system does not do."))
    return Word(
        "delayed",
        _("Careful"),
        "◔",
        _("This system helps little, so the hub looks more often, and asks a person more often."),
    )


def _deletions(can: Capabilities) -> str:
    if can.tombstones == "none":
        return _(
            "It cannot tell about deletions. A record that two full readings did not show is asked for, and then you are."
        )
    return _("It tells about deletions itself.")


def _guard(can: Capabilities) -> str:
    return {
        "strong": _("It refuses a change of a record that someone changed meanwhile, so no edit is written over."),
        "second": _("It notices that someone changed a record meanwhile, to the second. Within the same second it does not."),
        "none": _("It cannot refuse a change. The hub reads a record just before it writes; an edit in that instant could be written over."),
    }[can.guard]  # fmt: skip


def _key(can: Capabilities) -> str:
    if can.key == "none":
        return _("Its records cannot hold a key. Where an answer was lost, the hub looks for what it sent, and asks you if several could be it.")  # fmt: skip
    return _("Every record holds a key, so that none is made twice.")


def _changes(can: Capabilities) -> tuple[bool, str]:
    return {
        "token": (True, _("It says what changed since the last time.")),
        "timestamp": (True, _("It is asked for what changed since a time. Once a week every record is read, in case one was left out.")),
        "full_scan": (False, _("Every record is read each time, and compared.")),
    }[can.feed]  # fmt: skip

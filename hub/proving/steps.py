"""The steps of a proof, in their order. Each raises ``Failed`` or ``NotApplicable`` with a sentence, or returns one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from connectors.contract import ConnectorError, Edit, Gone, Record, Stale
from connectors.transport import DEADLINE
from hub.proving.other_side import TEXTS
from hub.proving.stage import Stage
from hub.sync import resolve
from schemas.values import same

PATIENCE = 4
"""Rounds that an edit may take to be noticed, beyond those that the system says it needs."""
SECOND_FIELD = ("summary", "need", "planned_activities", "eligibility")


class Failed(Exception):
    """The step did not end as it must."""


class NotApplicable(Exception):
    """The system or its set-up does not offer what the step tries."""


def check(stage: Stage) -> str:
    """What ``hub check`` looks at, and that this connection writes at all."""
    wrong = [one for one in stage.connector.check() if not one.ok]
    if wrong:
        raise Failed("; ".join(f"{one.name}: {one.detail} {one.fix}".strip() for one in wrong))
    if not stage.connector.capabilities.writes:
        raise Failed("This connection writes nothing, so there is nothing to prove. Look at its options.")
    need = [path for path in ("title", "status") if not _writes(stage, path)]
    if need or not _second(stage):
        raise Failed(f"The mapping {stage.mapping.name} does not take {' and '.join(need) or 'a long text'} both ways.")
    return "Every check passed."


def create(stage: Stage) -> str:
    """The hub makes the record; the answer to the call that makes it is lost."""
    stage.share()
    stage.watch.losing = True
    result = stage.sync()
    if not stage.unsettled():
        why = result.message or stage.why_not() or "The hub did not try, and gave no reason."
        raise Failed(f"It was not made. {why}")
    wait = _before_looking(stage)
    looks = f" The hub looks for it in {wait / 60:.0f} minutes, when the system can show it." if wait else ""
    return f"It was sent; its answer was lost{' on purpose' if stage.watch.lost else ''}.{looks}"


def lost_answer(stage: Stage) -> str:
    """Recovery finds the record by its key, and makes no second one."""
    stage.watch.losing = False
    _wait_to_look(stage)
    result = stage.sync()
    for _ in range(PATIENCE):
        if stage.link().state == "linked":
            break
        stage.time.sleep(_pause(stage))
        result = stage.sync()
    found = stage.connector.find(stage.ours.key or "")
    if len(found) > 1 or len(stage.ours.ids) > 1:
        raise Failed(
            f"There are {max(len(found), len(stage.ours.ids))} records with its key now, and there must be one."
        )
    if stage.link().state != "linked":
        raise Failed(f"The hub did not find it again. {result.message or stage.why_not()}".strip())
    _must_show(stage, "title", stage.title)
    if stage.ours.attempts > 1:
        return "Asked for again after looking; there is one record with its key."
    return "The record was found by its key and not made again."


def edit_here(stage: Stage) -> str:
    """The other member edits; the record shows it."""
    stage.row["Title"] = f"{stage.title} edited"
    stage.sync()
    _must_show(stage, "title", stage.row["Title"])
    return "An edit of the other member is in the record."


def edit_there(stage: Stage) -> str:
    """Somebody edits the record in its system; the other member sees it. Says how long that took."""
    path, began = _second(stage), stage.time.monotonic()
    _type_there(stage, path, "Second text, typed in this system.")
    rounds = _until(stage, lambda: stage.row[_column(path)] == "Second text, typed in this system.")
    stage.visible_after = stage.time.monotonic() - began
    return f"An edit in the record reached the other member with sync {rounds}, {stage.visible_after:.0f} s after it."


def conflict(stage: Stage) -> str:
    """Both edit the same field: the hub asks, the other fields go on, and what was chosen stands in both places."""
    path = _second(stage)
    _type_there(stage, path, "Third text, typed in this system.")
    stage.row[_column(path)] = "Third text, typed by the other member."
    stage.row["Title"] = f"{stage.title} edited again"
    _until(stage, lambda: bool(stage.conflicts()))
    found, *more = stage.conflicts()
    if more or found.path != path:
        asked = ", ".join(sorted(one.path for one in (found, *more)))
        raise Failed(f"The hub asks about {asked}, while {path} was edited on both sides.")
    _must_show(stage, "title", stage.row["Title"])
    _must_show(stage, path, "Third text, typed in this system.")
    resolve.resolve(stage.hub, found.id, found.rev, "Third text, as a person chose.", "a proof")
    stage.sync()
    stage.sync()
    _must_show(stage, path, "Third text, as a person chose.")
    if stage.row[_column(path)] != "Third text, as a person chose.":
        raise Failed("The other member does not show what was chosen.")
    return "It was asked about, nothing was overwritten, the other field went on, and the choice is in both places."


def lost_edit(stage: Stage) -> str:
    """The answer to an edit is lost; the hub looks, and the record shows the edit once."""
    before = stage.watch.lost
    stage.row["Title"] = f"{stage.title} edited once more"
    stage.watch.losing = True
    stage.sync()
    stage.watch.losing = False
    if stage.watch.lost == before:
        raise Failed(f"The edit was not sent. {stage.why_not()}".strip())
    for _ in range(PATIENCE):
        if stage.sync().state == "done":
            break
        stage.time.sleep(_pause(stage))
    _must_show(stage, "title", stage.row["Title"])
    return "The hub looked what had become of it, and went on."


def outdated_edit(stage: Stage) -> str:
    """An edit by what the record was before somebody else's is refused."""
    if stage.connector.capabilities.guard == "none":
        raise NotApplicable(
            "The system has no version to guard an edit with. The hub reads and compares just before it writes."
        )
    path, known = _second(stage), _record(stage)
    if stage.connector.capabilities.guard == "second":
        stage.time.sleep(2)
    _type_there(stage, path, "Fourth text, typed in this system.")
    columns = _columns(stage, path, "A text that must not arrive.", known)
    outdated = Edit(stage.id, columns, known)
    # Alone and in company: a system may guard single edits and not those that go together.
    outcomes = [*stage.connector.update([outdated]), *stage.connector.update([outdated, outdated])]
    for outcome in outcomes:
        if outcome.error is None:
            raise Failed("It was written over somebody's edit.")
        if not isinstance(outcome.error, Stale):
            raise Failed(f"It was refused, but not as outdated: {outcome.error}")
    _must_show(stage, path, "Fourth text, typed in this system.")
    return f"It was refused, and the newer text stayed. The refusal: {outcomes[0].error}"


def withdraw(stage: Stage) -> str:
    """The other member withdraws the project: the record stays, and says so."""
    stage.row["Share"] = False
    for _ in range(PATIENCE):
        stage.sync()
        if same("status", stage.shows("status"), "withdrawn"):
            break
        stage.time.sleep(_pause(stage))
    _must_show(stage, "status", "withdrawn")
    return "The record stays and says that the project was withdrawn."


def removal(stage: Stage) -> str:
    """The record is deleted where the connection may delete, and no sync makes it anew."""
    (outcome,) = stage.connector.delete([stage.id])
    if outcome.error is not None:
        raise NotApplicable(f"This connection may not delete: {outcome.error}")
    stage.time.sleep(_pause(stage))
    told = stage.connector.get([stage.id])[stage.id]
    stage.removed = type(told).__name__
    if isinstance(told, Record):
        raise Failed("It was deleted, and is still shown.")
    attempts = stage.ours.attempts
    stage.sync()
    stage.sync()
    if stage.ours.attempts > attempts:
        raise Failed("The next sync made it anew.")
    said = (
        "says that it is gone"
        if isinstance(told, Gone)
        else "does not show it any more, and cannot say that it is gone"
    )
    return f"It is deleted; the system {said}. No sync made it anew."


STEPS: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("check", check),
    ("create", create),
    ("lost answer", lost_answer),
    ("edit here", edit_here),
    ("edit there", edit_there),
    ("conflict", conflict),
    ("lost edit", lost_edit),
    ("outdated edit", outdated_edit),
    ("withdraw", withdraw),
    ("removal", removal),
)
"""``removal`` also cleans up after a proof that ended early."""


def _before_looking(stage: Stage) -> float:
    """Seconds after which the hub dares to look for a record whose creation got no answer."""
    lag = stage.connector.capabilities.find_lag
    return DEADLINE + 2 * lag + 1 if lag else 0.0


def _wait_to_look(stage: Stage) -> None:
    """Notes meanwhile when the record can first be found."""
    began, wait = stage.time.monotonic(), _before_looking(stage)
    while (passed := stage.time.monotonic() - began) < wait:
        if stage.found_after is None:
            with suppress(ConnectorError):
                stage.found_after = passed if stage.connector.find(stage.ours.key or "") else None
        stage.time.sleep(min(wait - passed, max(2.0, wait / 30)))


def _second(stage: Stage) -> str:
    """The first long text that goes both ways; blank where there is none."""
    return next((path for path in SECOND_FIELD if _writes(stage, path) and stage.mapping.way(path).reads), "")


def _writes(stage: Stage, path: str) -> bool:
    return any(part.path == path and part.writes for part in stage.mapping.fields)


def _column(path: str) -> str:
    return TEXTS[path]


def _record(stage: Stage) -> Record:
    record = stage.record()
    if record is None:
        raise Failed("The system does not show the record any more.")
    return record


def _columns(stage: Stage, path: str, value: Any, record: Record) -> dict[str, Any]:
    raw = stage.mapping.reduce(record.fields)
    writing = stage.mapping.write(stage.mapping.read(raw).values | {path: value}, raw)
    return {column: writing.columns[column] for column in stage.mapping.way(path).columns if column in writing.columns}


def _type_there(stage: Stage, path: str, text: str) -> None:
    """An edit past the hub, as somebody makes it in the system itself."""
    record = _record(stage)
    (outcome,) = stage.connector.update([Edit(stage.id, _columns(stage, path, text, record), record)])
    if outcome.error is not None:
        raise Failed(f"The record cannot be edited: {outcome.error}")
    _must_show(stage, path, text)


def _must_show(stage: Stage, path: str, value: Any) -> None:
    shown = stage.shows(path)
    if not same(path, shown, value):
        why = stage.why_not()
        raise Failed(f"{path} reads {shown!r} in the record and was to read {value!r}. {why}".strip())


def _pause(stage: Stage) -> float:
    """Seconds until a list may show what was written."""
    can = stage.connector.capabilities
    return max(1.0, can.find_lag, can.granularity)


def _until(stage: Stage, seen: Callable[[], bool]) -> int:
    """Sync until it is so; the number of the sync that made it so."""
    for number in range(1, PATIENCE + 1):
        result = stage.sync()
        if seen():
            return number
        stage.time.sleep(_pause(stage))
    raise Failed(f"It was not noticed in {PATIENCE} syncs. {result.message or stage.why_not()}".strip())

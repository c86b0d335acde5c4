"""One sync of one connection, from lease to release; and of all, pulling all before pushing any."""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from connectors.contract import Connector, ConnectorError, RateLimited, SignInFailed, Unavailable
from connectors.transport import heard_by
from hub import crash
from hub.commons import duplicates
from hub.jobs import due, lease
from hub.jobs.lease import Busy, LeaseLost
from hub.log import bound
from hub.stopping import CANCELLED, SAID, Cancelled, Stopped
from hub.store import connections, left, runs, waiting
from hub.store.engine import is_cut_off, is_full
from hub.store.tables import Hold, Run
from hub.sync import clearing, judge, plan, push, references
from hub.sync.calls import Calls
from hub.sync.judge import Held
from hub.sync.pull import pull
from hub.sync.recover import recover
from hub.sync.turn import Turn, nothing
from schemas.said import phrase

if TYPE_CHECKING:
    from hub.app import Hub

log = logging.getLogger("hub.sync")
OWNER = f"{socket.gethostname()}:{os.getpid()}"
WORST_PAUSE = timedelta(hours=1)
NO_ROOM = phrase(
    "The disk of the hub's database is full, and nothing more can be stored. Make room there; "
    "the next sync goes on where this one stopped, and nothing was lost."
)
CUT_OFF = phrase("The connection to the hub's database broke off. The next run goes on from there; nothing was lost.")


@dataclass(slots=True)
class RunResult:
    """How one run went, for people and for ``--json``. ``state`` as in ``tables.Run``, or ``busy``;
    ``plan`` holds the items of a dry run."""

    connection: str
    state: str
    run_id: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    message: str = ""
    plan: list[dict[str, Any]] = field(default_factory=list)


def sync_all(
    hub: Hub,
    names: Iterable[str] | None = None,
    dry_run: bool = False,
    report: Callable[..., None] = nothing,
    trigger: str = "by hand",
) -> list[RunResult]:
    """Pull all of these connections, then push all. Without names: every connection that is not paused.

    A dry run does the same on a copy of the hub's database and writes to no system.
    """
    if dry_run:
        from hub.sync.rehearse import rehearsal

        with rehearsal(hub) as copy:
            return _sync(copy, names, report, trigger, write=False)
    results = _sync(hub, names, report, trigger, write=True)
    try:
        duplicates.look(hub)
        duplicates.carry_out(hub)
    except DBAPIError as error:
        if not is_full(error):
            raise
        log.error("Looking for duplicates: %s", NO_ROOM)  # what was not looked at stays marked for the next time
    return results


def _sync(
    hub: Hub, names: Iterable[str] | None, report: Callable[..., None], trigger: str, write: bool
) -> list[RunResult]:
    chosen = list(names) if names is not None else _active(hub)
    steps = [OneRun(hub, name, trigger, report) for name in chosen]
    for step in steps:
        step.take_in()
    for step in steps:
        if write:
            step.give_out()
        else:
            step.show_plan()
    return [step.result for step in steps]


def _active(hub: Hub) -> list[str]:
    with hub.reading() as conn:
        return [
            name
            for name, config in hub.config.connections.items()
            if not config.door and connections.get(conn, name).state == "active"
        ]


class OneRun:
    """One run of one connection in two halves, ``take_in`` and ``give_out``; between them the lease rests.
    ``connector``: what to read instead of the connection's system (a sheet that was brought)."""

    def __init__(
        self,
        hub: Hub,
        name: str,
        trigger: str,
        report: Callable[..., None] = nothing,
        connector: Connector | None = None,
    ) -> None:
        self.hub = hub
        self._connector = connector
        self.name = name
        self.trigger = trigger
        self.report = report
        self.result = RunResult(name, "running")
        self._turn: Turn | None = None
        self._calls = Calls()

    def take_in(self) -> None:
        """Lease, recover, pull, judge."""
        try:
            if not self._may_start():
                return
        except DBAPIError as error:
            if not is_full(error):
                raise
            self._no_room()
            return
        self._guarded(self._take_in)

    def give_out(self) -> None:
        """Plan, judge, push, release."""
        if self.result.state == "running":
            self._guarded(self._give_out)

    def show_plan(self) -> None:
        """What ``give_out`` would write."""
        if self.result.state == "running" and self._turn is not None:
            turn = self._turn
            self.result.plan = [item.as_data() for page in plan.plan(turn) for item in page]
            self.result.counts = turn.counts
            self._end("done")

    def _may_start(self) -> bool:
        self._kept_at = self.hub.time.monotonic()
        try:
            with self.hub.writing() as conn:
                now = self.hub.time.now()
                self._left = left.at_beginning(conn, self.name, now)
                hold = waiting.waiting_hold(conn, self.name) if self._left.held else None
                if hold is not None:
                    self._close_held(conn, hold)
                    self.result = RunResult(self.name, "held", hold.run_id, message=hold.reason)
                    return False
                row = self._begun = lease.claim(conn, self.name, OWNER, now)
                run = Run(
                    id=self.hub.ids.uuid7(), connection_id=self.name, trigger=self.trigger, started_at=now,
                    fence=row.fence, counts={}, cursor_before=row.cursor,
                    phase="recover" if self._left.broken or self._left.answered else "pull",
                )  # fmt: skip
                self._phase = run.phase
                runs.start(conn, run)
        except Busy as busy:
            self.result = RunResult(self.name, "busy", message=str(busy))
            return False
        self.result.run_id = run.id
        self._started = run.started_at
        self._fence = row.fence
        return True

    def _close_held(self, conn: Connection, hold: Hold) -> None:
        """End the held run where its worker died before it could."""
        now, row, run = self.hub.time.now(), connections.get(conn, self.name), runs.get(conn, hold.run_id)
        if run is None or run.state != "running" or (row.lease_until is not None and row.lease_until > now):
            return
        runs.end(conn, run.id, "held", now, error=hold.reason, cursor_after=row.cursor)
        connections.change(conn, self.name, reason=hold.reason, owner=None, lease_until=None)

    def _take_in(self) -> None:
        config = self.hub.config.connections[self.name]
        connector = self._connector or self.hub.connect(self.name)
        turn = self._turn = Turn(
            self.hub, config, self.hub.mapping(self.name), connector, self.result.run_id, self._fence, self._begun.scan,
            self._begun, self._left, cursor=self._begun.cursor, phase=self._phase, report=self.report,
            kept_at=self._kept_at,
        )  # fmt: skip
        if self._left.broken or self._left.answered:
            recover(turn)
        crash.point("run.recovered")
        pull(turn)
        crash.point("run.pulled")
        if turn.stirred or self._left.gone:
            judge.judge_pull(turn)
            crash.point("run.judged")
            with turn.noting() as conn:
                runs.progress(conn, turn, "between")
        turn.phase = "between"

    def _give_out(self) -> None:
        turn = self._turn
        assert turn is not None
        with self.hub.reading() as conn:
            there = left.to_write(conn, self.name, turn.now(), turn.run_id)
        turn.cancelled |= there.cancel_fence == turn.fence  # it may have rested for long, while the others were read
        turn.may_stop()
        if there.something or not there.approved or turn.config.inbox_for:
            self._write(turn)
        self._end("done")

    def _write(self, turn: Turn) -> None:
        if turn.can.writes:
            references.add_chosen(turn)
            judge.judge_push(turn)
            for items in plan.plan(turn):
                push.push(turn, items)
                self.report("pushed", connection=self.name, pushed=turn.counts["pushed"] + turn.counts["pushed_new"])
            if self._approved() or not turn.restored:
                clearing.clear(turn)
        elif not self._approved():
            judge.judge_push(turn)
        if turn.counts["moved_meanwhile"]:
            # What was read anew while writing came after the pull was judged.
            judge.judge_pull(turn)

    def _approved(self) -> bool:
        with self.hub.reading() as conn:
            return connections.get(conn, self.name).approved

    def _guarded(self, step: Callable[[], None]) -> None:
        with bound(run=self.result.run_id, connection=self.name), heard_by(self._calls.hear):
            self._tried(step)

    def _tried(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Stopped:
            self._end("interrupted", SAID)
        except Cancelled:
            self._end("cancelled", CANCELLED)
        except Held as held:
            self._end("held", str(held))
        except LeaseLost as lost:
            self.result.state, self.result.message = "interrupted", str(lost)
        except SignInFailed as error:
            self._end("failed", str(error))
        except (Unavailable, RateLimited) as error:
            stopped = self.hub.stopping.is_set()
            self._end("interrupted" if stopped else "incomplete", SAID if stopped else str(error))
        except ConnectorError as error:
            self._end("incomplete" if type(error).__name__ in ("Ambiguous", "Stale") else "failed", str(error))
        except Exception as error:
            if is_full(error):
                self._end("failed", NO_ROOM)
                return
            if is_cut_off(error):  # not the system's fault, so no reason to leave it alone for long
                log.warning("%s: %s (%s)", self.name, CUT_OFF, type(error).__name__)
                self._end("interrupted", CUT_OFF, lease.LEASE)
                return
            log.exception("%s: the run stopped", self.name)
            self._end(
                "failed",
                phrase(
                    "Something in the hub went wrong (%(name)s: %(error)s). Nothing was lost.",
                    name=type(error).__name__,
                    error=error,
                ),
            )

    def _end(self, state: str, message: str = "", pause: timedelta = timedelta(0)) -> None:
        """Store how it ended and when the connection is due again, and let the lease go. ``pause``: at most so long after one
        that was interrupted."""
        crash.point("run.ending")
        turn = self._turn
        if turn is not None:
            _note_budget(turn)
            self.result.counts = turn.counts
            turn.connector.close()
        self.result.state, self.result.message = state, message
        now = self.hub.time.now()
        every = timedelta(seconds=self.hub.config.connections[self.name].every)
        try:
            with self.hub.writing() as conn:
                lease.keep(conn, self.name, self._fence, now)
                row = connections.get(conn, self.name)
                stopped = state == "interrupted"
                blameless = state in ("interrupted", "cancelled")
                failures = 0 if state in ("done", "held") else row.failures + (not blameless)
                wait = min(every * 2 ** min(failures, 10), max(every, WORST_PAUSE)) if failures else every
                again = due.ended(row, self._started, now, wait) if not failures else now + wait
                again = now + min(pause, every) if stopped else again
                ended: dict[str, Any] = {"due_at": again, "failures": failures, "reason": message or None}
                if state == "done":
                    ended |= {"last_ok_at": now}
                lease.release(conn, self.name, **ended)
                phase = {"phase": turn.phase} if turn is not None else {}
                runs.end(
                    conn, self.result.run_id, state, now, counts=dict(self.result.counts), error=message or None,
                    cursor_after=row.cursor, **phase,
                )  # fmt: skip
                if turn is not None:
                    self._calls.store(conn, turn, state)
        except LeaseLost as lost:
            self.result.state, self.result.message = "interrupted", str(lost)
        except DBAPIError as error:
            if not is_full(error):
                raise
            self._no_room()  # the lease runs out by itself, and the next run goes on
        counts = {name: count for name, count in self.result.counts.items() if count}
        log.info("the run ended", extra={"state": self.result.state, "counts": counts, "trigger": self.trigger})

    def _no_room(self) -> None:
        log.error("%s: %s", self.name, NO_ROOM)
        self.result.state, self.result.message = "failed", NO_ROOM


def _note_budget(turn: Turn) -> None:
    """What the system last said of a longer allowance of calls, for the connection's page."""
    budget = turn.connector.budget()
    if budget is not None:
        turn.counts["calls_used"] = budget.used
        turn.counts["calls_allowed"] = budget.allowed
        turn.counts["calls_stop"] = budget.stop

"""The hub's own database answers late: the lease runs from when it was asked for, and so does the time to write."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.transport import _WRITES_UNTIL, DEADLINE
from hub.jobs import lease
from hub.store import connections
from tests.sync.conftest import Make, connection, share


@pytest.mark.parametrize("late", [0, 50, 110])
def test_no_write_may_leave_that_could_end_after_the_lease(
    make: Make, monkeypatch: pytest.MonkeyPatch, late: float
) -> None:
    """It ran from the end of the transaction: after a commit of 110 s a write could arrive when another worker had begun."""
    world = make(connection("a"), connection("b", imports=()))
    share(world)
    began, kept, keep = world.time.now(), [], lease.keep

    def slow(*asked: Any) -> bool:
        cancelled = keep(*asked)
        world.time.sleep(late)
        return cancelled

    def look() -> None:
        with world.hub.reading() as conn:
            ends = connections.get(conn, "b").lease_until
        assert ends is not None
        kept.append((ends - began).total_seconds() - (_WRITES_UNTIL.get() + DEADLINE))

    monkeypatch.setattr(lease, "keep", slow)
    world.systems["b"].fault["create:before"] = [look]
    world.sync()
    assert kept and min(kept) >= 0

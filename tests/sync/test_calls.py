"""What a run asked its system is kept for who looks into it: a bounded number, without what was asked for."""

from __future__ import annotations

from typing import Any

from connectors.answer import Answer
from connectors.clock import ManualTime
from connectors.contract import Unavailable
from connectors.transport import Transport
from connectors.wire import Request
from hub.store.tables import RunCalls
from hub.sync.calls import MOST
from tests.sync.conftest import World, share

SECRET = "zz-canary"


class Wire:
    """Answers every exchange with the next of these statuses, the last for ever."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)

    def exchange(self, request: Request, seconds: float) -> Answer:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return Answer(status=status, headers={}, body=SECRET.encode())

    def close(self) -> None:
        pass


def asks(world: World, name: str, wire: Wire, times: int) -> None:
    """This system's connector asks so often while it lists, with something secret wherever it can be said."""
    way = Transport(
        hosts=["system.test:443"],
        time=ManualTime(),
        carrier=wire,
        resolver=lambda host, port: ["192.0.2.1"],
        jitter=lambda: 0.0,
    )
    real = world.systems[name].hit

    def hit(operation: str, when: str) -> None:
        for number in range(times if operation == "list" else 0):
            secret = {"Authorization": SECRET}
            way.call("GET", f"https://system.test/rows/{number}", params={"q": SECRET}, headers=secret)
        real(operation, when)

    world.systems[name].hit = hit  # type: ignore[method-assign]


def kept(world: World) -> list[Any]:
    return world.table(RunCalls)


def test_a_run_in_which_something_happened_keeps_its_calls_without_what_was_asked_for(pair: World) -> None:
    share(pair)
    asks(pair, "a", Wire(503, 200), 2)
    pair.sync("a")
    [row] = kept(pair)
    assert [(method, url, said, attempt) for method, url, said, _ms, attempt in row.calls] == [
        ("GET", "https://system.test/rows/0", 503, 1),
        ("GET", "https://system.test/rows/0", 200, 2),
        ("GET", "https://system.test/rows/1", 200, 1),
    ]
    assert SECRET not in str(row)


def test_only_the_newest_are_kept_and_how_many_there_were(pair: World) -> None:
    share(pair)
    asks(pair, "a", Wire(200), MOST + 5)
    pair.sync("a")
    [row] = kept(pair)
    assert (row.number, len(row.calls), row.calls[-1][1]) == (MOST + 5, MOST, f"https://system.test/rows/{MOST + 4}")


def test_a_run_that_found_nothing_keeps_none_and_one_that_failed_does(pair: World) -> None:
    asks(pair, "a", Wire(200), 1)
    pair.sync("a")
    assert kept(pair) == []
    pair.systems["a"].fault["list:before"] = [Unavailable("it stopped answering")]
    assert pair.sync("a")["a"].state == "incomplete"
    assert len(kept(pair)) == 1

"""A vendor counts calls, whoever makes them: processes on one database keep its rates together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from connectors.clock import ManualTime, SystemTime
from connectors.contract import Rate, RateLimited, Unavailable
from connectors.limiter import Limiter, Throttle
from hub.app import Hub
from hub.config import Config
from hub.ids import Ids
from hub.store.engine import open_engine, writing
from hub.store.pace import SharedLimiter

FAST = Throttle("base:x", (Rate("base:x", 5, 0.5), Rate("token:y", 20, 0.5)))


@pytest.fixture(scope="module")
def url(new_postgres: Callable[..., str]) -> str:
    return new_postgres()


@pytest.fixture
def engines(url: str) -> Iterator[list[Engine]]:
    """As many processes have."""
    found = [open_engine(url) for _ in range(3)]
    yield found
    with writing(found[0]) as conn:
        conn.execute(text("TRUNCATE pace, pace_place"))
    for engine in found:
        engine.dispose()


def leaving(engine: Engine, throttle: Throttle, calls: int) -> list[float]:
    """When so many calls of one process go out."""
    limiter, times = SharedLimiter(engine), []
    for _ in range(calls):
        before = time.monotonic()
        wait = limiter.reserve(throttle, most=60)
        times.append((before, wait))
        time.sleep(wait)
    return [before + wait for before, wait in times]


def test_three_processes_make_no_more_calls_together_than_one_may(engines: list[Engine]) -> None:
    with ThreadPoolExecutor(3) as pool:
        parts = list(pool.map(lambda engine: leaving(engine, FAST, 10), engines))
    times = sorted(at for part in parts for at in part)
    # Each place follows the one five before it by more than half a second; what the calls themselves took is the grace.
    assert min(later - earlier for earlier, later in zip(times, times[5:], strict=False)) > 0.35
    assert times[-1] - times[0] > 5 * 0.5


def test_what_shares_a_token_waits_for_calls_of_another_base(engines: list[Engine]) -> None:
    one, other = (Throttle(f"base:{n}", (Rate(f"base:{n}", 50, 1), Rate("token", 4, 30))) for n in "ab")
    for engine in engines[:2] * 2:
        assert SharedLimiter(engine).reserve(one, most=1) < 1
    with pytest.raises(RateLimited) as late:
        SharedLimiter(engines[2]).reserve(other, most=5)
    assert 25 < late.value.wait < 32


def test_a_place_that_was_refused_is_not_taken(engines: list[Engine]) -> None:
    once = Throttle("s", (Rate("s", 1, 30),))
    assert SharedLimiter(engines[0]).reserve(once, most=1) == pytest.approx(0, abs=0.01)
    waits = []
    for engine in engines:
        with pytest.raises(RateLimited) as late:
            SharedLimiter(engine).reserve(once, most=1)
        waits.append(late.value.wait)
    assert max(waits) < 32


def test_a_pause_that_one_was_told_holds_for_all_and_the_longer_one_counts(engines: list[Engine]) -> None:
    SharedLimiter(engines[0]).pause("base:x", 40)
    SharedLimiter(engines[1]).pause("base:x", 3)
    with pytest.raises(RateLimited) as late:
        SharedLimiter(engines[2]).reserve(FAST, most=10)
    assert 35 < late.value.wait <= 40
    assert SharedLimiter(engines[2]).reserve(Throttle("base:z"), most=0.1) == pytest.approx(0, abs=0.01)


def test_what_nobody_can_count_does_not_leave() -> None:
    nowhere = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2")
    with pytest.raises(Unavailable, match="the hub's database, which counts the calls"):
        SharedLimiter(nowhere).reserve(FAST, most=1)
    with pytest.raises(Unavailable):
        SharedLimiter(nowhere).pause("base:x", 1)


def test_a_hub_on_postgresql_shares_its_limits_and_one_by_itself_need_not(url: str) -> None:
    config, engine, file = Config(url, {}, {}), open_engine(url), open_engine("sqlite://")
    real, manual = SystemTime(), ManualTime()
    kinds = [
        type(Hub(config, engine, time=real, ids=Ids(real.now))._limiter),
        type(Hub(config, file, time=real, ids=Ids(real.now))._limiter),
        type(Hub(config, engine, time=manual, ids=Ids(manual.now))._limiter),
    ]
    assert kinds == [SharedLimiter, Limiter, Limiter]
    engine.dispose()

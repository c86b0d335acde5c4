"""Politeness: rates, 429 in every form, budgets. No test here waits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors import retry_after
from connectors.contract import QuotaSpent, Rate, RateLimited
from connectors.transport import Answer, Limiter, ManualTime, Throttle, Transport
from tests.connectors.misbehaving import always, answer, in_turn, misbehaving

GOOD = answer(b"{}")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("Mon, 02 Mar 2026 09:01:00 GMT", 60),
        ("Monday, 02-Mar-26 09:01:00 GMT", 60),
        ("Mon Mar  2 09:01:00 2026", 60),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0),
        ("999999999", retry_after.LONGEST),
        ("99999999999999999999", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("soon", None),
        ("2026-03-02T09:01:00Z", None),
        ("120, 60", None),
        ("١٢", None),
    ],
)
def test_retry_after_is_read_in_all_its_forms_and_a_bad_one_is_none(value: str, seconds: float | None) -> None:
    assert retry_after.seconds({"retry-after": value}, NOW) == seconds


def test_a_retry_after_date_is_measured_by_the_servers_own_clock() -> None:
    headers = {"retry-after": "Tue, 03 Mar 2026 09:00:30 GMT", "date": "Tue, 03 Mar 2026 09:00:00 GMT"}
    assert retry_after.seconds(headers, NOW) == 30


def test_a_read_waits_as_long_as_retry_after_says() -> None:
    time = ManualTime()
    with misbehaving(in_turn(answer(b"", "429 Slow", Retry_After="7"), GOOD)) as server:
        Transport(hosts=[server.host], time=time, jitter=lambda: 0).call("GET", server.url)
    assert sum(time.slept) == 7


def test_a_wait_beyond_the_deadline_is_raised_and_not_slept() -> None:
    time = ManualTime()
    with (
        misbehaving(always(answer(b"", "429 Slow", Retry_After="3600"))) as server,
        pytest.raises(RateLimited) as caught,
    ):
        Transport(hosts=[server.host], time=time).call("GET", server.url)
    assert (caught.value.wait, time.slept) == (3600, [])


def test_a_write_is_not_repeated_after_a_429_and_the_next_call_waits() -> None:
    time = ManualTime()
    throttle = Throttle("place", wait_on_429=30)
    with misbehaving(in_turn(answer(b"", "429 Slow"), GOOD)) as server:
        transport = Transport(hosts=[server.host], time=time, jitter=lambda: 0)
        with pytest.raises(RateLimited) as caught:
            transport.call("POST", server.url, json={}, throttle=throttle)
        assert (caught.value.wait, len(server.requests), time.slept) == (30, 1, [])
        transport.call("POST", server.url, json={}, throttle=throttle)
        assert time.slept == [30]


def test_a_fixed_wait_is_kept_even_when_retry_after_says_less() -> None:
    time = ManualTime()
    with misbehaving(in_turn(answer(b"", "429 Slow", Retry_After="1"), GOOD)) as server:
        throttle = Throttle("place", wait_on_429=30)
        Transport(hosts=[server.host], time=time, jitter=lambda: 0).call("GET", server.url, throttle=throttle)
    assert sum(time.slept) == 30


def test_a_429_that_means_a_spent_budget_is_not_repeated() -> None:
    def spent(answer: Answer) -> str | None:
        return "The budget is used up." if answer.peek() == {"error": "SPENT"} else None

    with misbehaving(always(answer(b'{"error": "SPENT"}', "429 No"))) as server:
        with pytest.raises(QuotaSpent, match="used up"):
            Transport(hosts=[server.host], time=ManualTime()).call(
                "GET", server.url, throttle=Throttle("x", spent=spent)
            )
        assert len(server.requests) == 1


def test_no_window_of_the_rate_ever_holds_one_call_too_many() -> None:
    time, calls = ManualTime(), []
    limiter, throttle = Limiter(time), Throttle("base", (Rate("base", 5, 1.0), Rate("token", 50, 1.0)))
    for _ in range(40):
        time.sleep(limiter.reserve(throttle, most=60))
        calls.append(time.monotonic())
    assert all(later - earlier > 1.0 for earlier, later in zip(calls, calls[5:], strict=False))
    assert calls[-1] < 8 * 1.05


def test_scopes_do_not_wait_for_each_other_but_share_a_token() -> None:
    limiter = Limiter(ManualTime())
    one = Throttle("one", (Rate("one", 1, 1.0), Rate("token", 2, 1.0)))
    two = Throttle("two", (Rate("two", 1, 1.0), Rate("token", 2, 1.0)))
    three = Throttle("three", (Rate("three", 1, 1.0), Rate("token", 2, 1.0)))
    assert [limiter.reserve(t, most=9) for t in (one, two)] == [0, 0]
    assert limiter.reserve(three, most=9) > 1.0


def test_a_place_that_is_too_far_off_is_not_taken() -> None:
    time = ManualTime()
    limiter, throttle = Limiter(time), Throttle("base", (Rate("base", 1, 100.0),))
    limiter.reserve(throttle, most=1)
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            limiter.reserve(throttle, most=60)
        assert caught.value.wait == pytest.approx(105)
    time.sleep(105)
    assert limiter.reserve(throttle, most=1) == pytest.approx(0)

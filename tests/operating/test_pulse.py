"""What the hub says of itself to whoever watches it: that it lives, that its clock ticks, that it can work."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.clock import ManualTime, StoppableTime
from connectors.contract import Unavailable
from connectors.transport import Transport
from hub.app import Hub, open_hub
from hub.config_files import load
from hub.jobs.clock import Clock
from hub.people.accounts import Visit, add_user, open_session
from hub.web.app import create_app

PASSWORD = "a long enough one"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    (tmp_path / "config.toml").write_text('[hub]\ndatabase = "sqlite:///hub.db"\n[members.elm]\nname = "Elm"\n')
    hub = open_hub(load(tmp_path / "config.toml"), time=ManualTime())
    yield hub
    hub.engine.dispose()


@pytest.fixture
def clock(hub: Hub) -> Iterator[Clock]:
    """One that ticks only when a test says so."""
    clock = Clock(hub)
    clock._presence.begin()
    clock.tick()
    yield clock
    for pool in (clock._pool, clock._aside):
        pool.shutdown(wait=True, cancel_futures=True)


def asked(hub: Hub, path: str) -> tuple[int, dict[str, object]]:
    answer = create_app(hub).test_client().get(path)
    return answer.status_code, answer.get_json()


def test_a_clock_that_stands_shows_with_since_when_and_again_as_healthy_once_it_ticks(hub: Hub, clock: Clock) -> None:
    began = hub.time.now()
    assert asked(hub, "/healthz") == (200, {"status": "ok"})
    hub.time.sleep(60)
    assert asked(hub, "/healthz")[0] == 200
    hub.time.sleep(1)
    status, said = asked(hub, "/healthz")
    assert status == 503 and said["since"] == began.isoformat() and "hub serve" in str(said["fix"])
    clock.tick()
    assert asked(hub, "/healthz")[0] == 200


def test_a_process_without_a_clock_of_its_own_looks_for_any(hub: Hub, clock: Clock) -> None:
    hub.ticked_at = None
    assert asked(hub, "/healthz")[0] == 200
    hub.time.sleep(61)
    assert asked(hub, "/healthz")[0] == 503


def test_every_page_says_when_the_clock_stands(hub: Hub, clock: Clock) -> None:
    user = add_user(hub, "elm", "ada@elm.test", "Ada", ["staff"], PASSWORD)
    with hub.writing() as conn:
        token = open_session(conn, hub, user.id, Visit())
    client = create_app(hub).test_client()
    client.set_cookie("hub", token)
    pages = ("/", "/queue", "/connections", "/opportunities")
    assert all("No clock is running" not in client.get(page).text for page in pages)
    hub.time.sleep(90)
    for page in pages:
        assert "No clock is running" in client.get(page).text, page
    assert "No clock is running" not in create_app(hub).test_client().get("/sign-in").text, (
        "that is no stranger's business"
    )


def test_it_is_ready_only_over_a_database_of_its_own_version(hub: Hub, clock: Clock) -> None:
    assert asked(hub, "/readyz") == (200, {"status": "ok", "problems": [], "configuration": "in force"})
    with hub.writing() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    status, said = asked(hub, "/readyz")
    assert status == 503 and "0001" in str(said["problems"])


def test_it_is_not_ready_without_its_database_and_says_so_instead_of_breaking(hub: Hub, tmp_path: Path) -> None:
    app = create_app(hub)
    hub.engine.dispose()
    for file in tmp_path.glob("hub.db*"):
        file.unlink()
    (tmp_path / "hub.db").mkdir()
    ready, alive = (app.test_client().get(path) for path in ("/readyz", "/healthz"))
    assert ready.status_code == 503 and "cannot be reached" in ready.text and alive.status_code == 503


def test_an_older_process_with_another_configuration_is_not_ready_and_a_refused_file_is_only_told(
    hub: Hub, clock: Clock
) -> None:
    hub.refused = ("config.toml:3: zz-secret-detail",)
    status, said = asked(hub, "/readyz")
    assert status == 200 and "refused" in str(said["configuration"]) and "zz-secret" not in str(said)
    hub.time.sleep(1)
    newer = dataclasses.replace(hub.config, digest="another")
    other = Hub(newer, hub.engine, time=hub.time, ids=hub.ids)
    Clock(other)._presence.begin()
    assert asked(hub, "/readyz")[0] == 503 and asked(other, "/readyz")[0] == 200


def test_a_long_pause_is_cut_short_and_nothing_is_called_after_it() -> None:
    time = StoppableTime()
    time.told.set()
    began = time.monotonic()
    time.sleep(30)
    assert time.monotonic() - began < 5 and time.cut(30) and not time.cut(1)
    transport = Transport(hosts=["127.0.0.1:9"], time=time)
    with pytest.raises(Unavailable, match="being stopped"):
        transport._rest(30)
    transport._rest(0.01)
    transport.close()


def test_a_clock_that_is_told_to_stop_starts_nothing_more(hub: Hub, clock: Clock) -> None:
    started: list[str] = []
    clock._start = lambda _pool, name, _work: started.append(name)  # type: ignore[method-assign]
    clock.tick()
    assert started
    started.clear()
    hub.stopping.set()
    clock.tick()
    assert started == [] and hub.time.now() - (hub.ticked_at or hub.time.now()) < timedelta(seconds=1)

"""What was kept long enough goes, a batch at a time; what decides and what happened stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from hub.config import ConfigError
from hub.config_files import load
from hub.operations import retention
from hub.store import keeping
from hub.store.tables import (
    Audit,
    Conflict,
    Hint,
    Hold,
    Intent,
    Invitation,
    Message,
    Opportunity,
    Pending,
    Quarantine,
    Run,
    Session,
    SignInAttempt,
    User,
)
from tests.sync.conftest import Make, World, connection, make, share  # noqa: F401

OLD, NEW = timedelta(days=100), timedelta(hours=1)


@pytest.fixture
def world(make: Make) -> World:  # noqa: F811
    world = make(connection("a"), connection("b", imports=()))
    share(world)
    world.sync()
    return world


def put(world: World, model: Any, **values: Any) -> None:
    with world.hub.writing() as conn:
        conn.execute(insert(model.__table__).values(**values))


def ids(world: World, model: Any, column: str = "id") -> set[Any]:
    return {getattr(row, column) for row in world.table(model)}


def fill(world: World) -> None:
    now = world.time.now()
    put(world, User, id="u", member_id="a", email="u@a.example", name="U", password_hash="", roles=[])
    for name, at in (("old", now - OLD), ("new", now - NEW)):
        put(world, Run, id=name, connection_id="a", state="done", started_at=at, ended_at=at, counts={})
        put(world, Intent, id=name, run_id=name, connection_id="a", opportunity_id="o", link_id="l", action="update",
            state="done", fields={"Title": "x"}, opened_at=at)  # fmt: skip
        put(world, Hold, id=name, run_id="x", connection_id="a", kind="first_sync", reason="r", items=[{"t": 1}],
            plan_hash="h", state="used", at=at, decided_at=at)  # fmt: skip
        put(world, Message, id=name, to="x@y.example", subject="s", body="", state="sent", at=at, ended_at=at)
        put(world, Session, id_hash=name, id=name, user_id="u", created_at=at, seen_at=at)
        put(world, SignInAttempt, email=name, address="::1", at=at)
        put(world, Hint, connection_id="a", message_id=name, at=at)
        put(world, Invitation, id=name, member_id="a", email="i@y.example", name="I", roles=[], token_hash=name, by="u",
            at=at, expires_at=at, state="used")  # fmt: skip
        for state in ("open", "released"):
            put(world, Quarantine, id=f"{name} {state}", connection_id="a", remote_id=f"{name} {state}", reason="r",
                fields={"Title": "x"}, state=state, first_seen_at=at, last_seen_at=at)  # fmt: skip


def keep_what_is_open(world: World) -> None:
    at = world.time.now() - OLD
    for name, state in (("unjudged", "incomplete"), ("waiting", "held"), ("under way", "running")):
        ended = None if state == "running" else at
        put(world, Run, id=name, connection_id="a", state=state, started_at=at, ended_at=ended, counts={})
    put(world, Pending, run_id="unjudged", opportunity_id=world.table(Opportunity)[0].id)
    put(world, Hold, id="waits", run_id="waiting", connection_id="a", kind="first_sync", reason="r", items=[], plan_hash="h",
        state="waiting", at=at)  # fmt: skip
    put(world, Intent, id="open", run_id="unjudged", connection_id="a", opportunity_id="o", link_id="l", action="update",
        state="open", fields={}, opened_at=at)  # fmt: skip
    put(world, Message, id="unsent", to="x@y.example", subject="s", body="b", state="waiting", at=at)


def test_what_is_old_goes_and_what_is_new_or_open_stays(world: World) -> None:
    fill(world)
    keep_what_is_open(world)
    audit, others = ids(world, Audit), {row.id for row in world.table(Run)} - {"old"}
    retention.look(world.hub)
    assert ids(world, Run) == others and {"new", "unjudged", "waiting", "under way"} <= others
    assert (
        ids(world, Hold) == {"new", "waits"}
        and {"new", "open"} <= ids(world, Intent)
        and "old" not in ids(world, Intent)
    )
    assert ids(world, Message) == {"new", "unsent"} and ids(world, Session, "id_hash") == {"new"}
    assert ids(world, SignInAttempt, "email") == {"new"} and ids(world, Hint, "message_id") == {"new"}
    assert ids(world, Invitation) == {"new"} and ids(world, Audit) == audit
    assert {row.id: row.fields for row in world.table(Quarantine)} == {
        "old open": None, "new open": {"Title": "x"}, "new released": {"Title": "x"}
    }  # fmt: skip


def test_the_last_run_of_a_connection_stays_however_old_it_is(world: World) -> None:
    world.time.sleep(timedelta(days=1000).total_seconds())
    retention.carry_out(world.hub)
    assert {row.connection_id for row in world.table(Run)} == {"a", "b"}
    assert world.quiet() == 0


def test_it_is_done_once_a_day_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "BATCH", 3)
    sizes = []
    real = keeping.drop
    monkeypatch.setattr(keeping, "drop", lambda *a: sizes.append(real(*a)) or sizes[-1])
    at = world.time.now() - OLD
    for number in range(8):
        put(world, SignInAttempt, email=f"{number}", address="::1", at=at)
    retention.look(world.hub)
    assert max(sizes) == 3 and sum(sizes) == 8 and world.table(SignInAttempt) == []
    put(world, SignInAttempt, email="x", address="::1", at=at)
    retention.look(world.hub)
    assert len(world.table(SignInAttempt)) == 1
    world.time.sleep(24 * 3600)
    retention.look(world.hub)
    assert world.table(SignInAttempt) == []


def test_conflicts_that_were_resolved_stay(world: World) -> None:
    put(world, Conflict, id="c", opportunity_id=world.table(Opportunity)[0].id, path="summary", state="resolved", parties=[],
        opened_at=world.time.now() - OLD, resolved_at=world.time.now() - OLD)  # fmt: skip
    retention.carry_out(world.hub)
    with world.hub.reading() as conn:
        assert conn.scalar(select(func.count()).select_from(Conflict.__table__)) == 1


def test_the_configuration_says_how_long_and_what_is_too_short(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[retention]\nruns = 400\nquarantine = 3\n")
    kept = load(file, {}).retention
    assert (kept.runs, kept.quarantine, kept.mails) == (400, 3, 30)
    file.write_text("[retention]\nruns = 2\nhooks = 0\nquarantin = 3\n")
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    told = " ".join(caught.value.problems)
    assert 'config.toml:2: "runs" is 2; at least 7 days' in told and "hooks" in told and '"quarantine"' in told

"""Fixtures: one Kinto for the session, a bucket, a wire and a hub for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from connectors.clock import ManualTime
from hub.app import _register as register
from hub.config import Config, MemberConfig
from hub.ids import Ids
from hub.store.engine import open_engine
from hub.store.migrate import migrate
from tests.kinto.between import Between
from tests.kinto.server import Bucket, running
from tests.kinto.world import CONNECTIONS, KintoHub, World


@pytest.fixture(scope="session")
def kinto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real Kinto."""
    if find_spec("kinto") is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no Kinto; it is in requirements-dev.lock.")
        pytest.skip("Kinto is not installed; `make test` installs it from requirements-dev.lock.")
    with running(tmp_path_factory.mktemp("kinto") / "said.txt") as port:
        yield port


@pytest.fixture
def bucket(kinto: int) -> Iterator[Bucket]:
    bucket = Bucket(kinto)
    yield bucket
    bucket.session.close()


@pytest.fixture
def between(kinto: int) -> Iterator[Between]:
    between = Between(kinto)
    yield between
    between.stop()
    assert between.failed == []


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of this version, to be copied: bringing one up takes longer than most tests here."""
    path = tmp_path_factory.mktemp("store") / "hub.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


def _need_not_survive(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def world(bucket: Bucket, between: Between, empty_store: Path, tmp_path: Path) -> Iterator[World]:
    time = ManualTime(datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
    members = {name: MemberConfig(name, f"Member {name.upper()}", "agreement") for name in "ab"}
    config = Config(
        database="", members=members, connections=CONNECTIONS, public_url="https://hub.test", digest="d"
    )  # fmt: skip
    engine = open_engine(f"sqlite:///{shutil.copy(empty_store, tmp_path)}")
    event.listen(engine, "connect", _need_not_survive)
    hub = KintoHub(config, engine, time=time, ids=Ids.seeded(time.now, 1))
    hub.bucket, hub.between = bucket, between
    with hub.writing() as conn:
        register(conn, hub)
    yield World(hub, time, bucket.collection("a"), bucket.collection("b"))
    engine.dispose()

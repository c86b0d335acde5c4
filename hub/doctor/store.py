"""The database, and what it says of how the hub lives."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from connectors.clock import Time
from hub.app import Hub
from hub.config import Config
from hub.doctor.found import Found, fail, look, ok
from hub.ids import Ids
from hub.store import happened, identity, migrate, stands
from hub.store.engine import open_engine, reading
from hub.store.identity import ALIVE

OLD = {"sqlite": (3, 35), "postgresql": (13,)}
"""The least versions; RETURNING and upserts are needed."""
MANY = {"outbox_failed": 1, "intents_open": 1, "due": 10_000, "outbox_waiting": 200}
"""From so many on a line is worth a look."""
FIXES = {
    "outbox_failed": "The outbox says why for each; most often an address that does not exist. Correct it under People.",
    "intents_open": "The next run of each connection looks what came of them. Where they stay, look at that connection's page.",
    "due": "Connections are behind: look which are failing, held or limited by their system.",
    "outbox_waiting": "Look whether the mail server takes mails (above).",
}


def database(config: Config, time: Time) -> Generator[Found, None, Hub | None]:
    """A hub over it, where it is there and of this version."""
    engine = open_engine(config.database)
    kind = engine.dialect.name
    try:
        with reading(engine) as conn:
            at, tables = identity.version(conn), inspect(conn).get_table_names()
            number = ".".join(map(str, conn.dialect.server_version_info or ()))
            known = conn.dialect.server_version_info or ()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", "") or type(error).__name__).splitlines()[0]
        yield fail(
            "database", kind, f"It cannot be reached: {reason}", "Look at [hub] database, and whether its server runs."
        )
        return None
    if known and tuple(known) < OLD.get(kind, ()):
        yield fail("database", kind, f"version {number}", f"Use {kind} {'.'.join(map(str, OLD[kind]))} or newer.")
    else:
        yield ok("database", kind, f"version {number}, reachable")
    if not tables:
        yield look("database", "revision", "It is empty.", "`hub serve` or `hub sync` makes its tables.")
        return None
    if at != migrate.newest():
        yield _other_revision(at)
        return None
    yield ok("database", "revision", f"{at}, as this version needs it")
    yield from _whole(engine)
    return Hub(config, engine, time=time, ids=Ids(time.now))


def _other_revision(at: str | None) -> Found:
    known = migrate.revisions()
    if at in known:
        return look("database", "revision", f"{at}; this version needs {migrate.newest()}.",
                    "Make a backup; then the next `hub serve` brings it there by itself.")  # fmt: skip
    return fail(
        "database",
        "revision",
        f"{at} is of a newer version of Commons Hub.",
        "Run that version, or restore the backup from before.",
    )


def _whole(engine: Engine) -> Iterator[Found]:
    if engine.dialect.name != "sqlite":
        return
    with reading(engine) as conn:
        wrong = [row[0] for row in conn.exec_driver_sql("PRAGMA quick_check(3)") if row[0] != "ok"]
        strays = len(conn.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(100))
    if wrong or strays:
        detail = wrong[0].splitlines()[0] if wrong else f"{strays} rows point nowhere."
        yield fail(
            "database", "integrity", detail, "Stop the hub, keep a copy of the file, and restore the last backup."
        )
    else:
        yield ok("database", "integrity", "whole; whether the history tells what is stored says `hub audit replay`")


def life(hub: Hub) -> Iterator[Found]:
    now = hub.time.now()
    with hub.reading() as conn:
        seen, counts = happened.clock_seen(conn), stands.counts(conn, now)
        lanes = stands.connections(conn, hub.config.connections)
    if seen is None or now - seen > ALIVE:
        since = f"The last tick was at {seen:%Y-%m-%d %H:%M:%S} UTC." if seen else "It ended in order, or never ran."
        yield fail(
            "clock",
            "last tick",
            f"No clock is running. {since}",
            "Start it: `hub serve`, or systemctl start commons-hub.",
        )
    else:
        yield ok("clock", "last tick", f"{(now - seen).total_seconds():.0f} s ago")
    for name, (says, number) in counts.items():
        if name in MANY and number >= MANY[name]:
            yield look("backlog", name.replace("_", " "), f"{number}. {says}", FIXES[name])
        else:
            yield ok("backlog", name.replace("_", " "), str(number))
    for lane in lanes:
        if lane.row.state != "active":
            yield look(
                "connections",
                lane.name,
                f"{lane.row.state}: {lane.row.reason or 'no reason is kept'}",
                "Resume it on its page, or leave it.",
            )
        elif lane.held is not None:
            yield look("connections", lane.name, f"held: {lane.held.reason}", f"hub plan show {lane.held.run_id}")
        elif lane.row.failures:
            yield fail(
                "connections",
                lane.name,
                f"failed {lane.row.failures} times: {lane.row.reason or ''}",
                f"hub check {lane.name}",
            )

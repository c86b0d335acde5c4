"""What stands in the place of a backup, or of the database, is whole: whatever the disk or the power does."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from hub.operations import backup as operations
from hub.operations.backup import BackupError, backup, note, restore
from hub.store import audit, chores, identity, restored, sealing
from hub.store.beside import Process
from hub.store.engine import open_engine, reading, writing
from hub.store.migrate import migrate
from hub.store.tables import Member
from tests.sync.conftest import make  # noqa: F401

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


@contextmanager
def opened(url: str) -> Iterator[sqlite3.Connection]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


def new(url: str, lines: int = 3, whose: str | None = None) -> str:
    """A database with that many lines of history."""
    with opened(url) as engine:
        migrate(engine)
        with writing(engine) as conn:
            conn.execute(insert(Member.__table__).values(id="a", name=str(lines), created_at=AT))
            audit.write_all(conn, [{"at": AT, "actor": "hub", "action": "x", "note": "x" * 200} for _ in range(lines)])
            if whose:
                conn.execute(text("UPDATE hub_identity SET id = :whose"), {"whose": whose})
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    sqlite = request.param == "sqlite"
    return new(f"sqlite:///{tmp_path / 'hub.db'}" if sqlite else request.getfixturevalue("new_postgres")())


def lines(url: str) -> int:
    with opened(url) as engine, reading(engine) as conn:
        return len(conn.execute(select(audit.t.c.id).where(audit.t.c.action == "x")).all())


def add(url: str, count: int = 1) -> None:
    with opened(url) as engine, writing(engine) as conn:
        audit.write_all(conn, [{"at": AT, "actor": "hub", "action": "x"}] * count)


def test_what_comes_back_is_what_was_there_and_its_seals_hold(url: str, tmp_path: Path) -> None:
    with opened(url) as engine:
        noted = sealing.seal(engine, AT)
    backup(url, tmp_path / "b")
    add(url)
    restore(url, tmp_path / "b", LATER)
    with opened(url) as engine, reading(engine) as conn:
        verdict = sealing.verify(conn, noted)
        assert verdict.wrong == [] and verdict.lines == 4 and verdict.unsealed == 1  # the line that says "restored"
    assert lines(url) == 3


def test_a_backup_is_noted_where_the_database_takes_notes(url: str) -> None:
    for at in (AT, LATER):
        note(url, at)
        with opened(url) as engine, reading(engine) as conn:
            assert chores.last(conn, chores.BACKUP) == at
    with opened(url) as engine, writing(engine) as conn:
        conn.execute(text("DROP TABLE chore"))
    note(url, LATER)  # an older version's: it has its backup all the same


def test_another_hubs_backup_is_refused(url: str, tmp_path: Path) -> None:
    backup(url, tmp_path / "b")
    with opened(url) as engine, writing(engine) as conn:
        conn.execute(text("UPDATE hub_identity SET id = 'another'"))
    add(url)
    with pytest.raises(BackupError, match="another hub"):
        restore(url, tmp_path / "b", LATER)
    assert lines(url) == 4


def test_half_a_file_is_refused(url: str, tmp_path: Path) -> None:
    add(url, 2000)
    backup(url, tmp_path / "b")
    whole = (tmp_path / "b").read_bytes()
    add(url)
    for size in (0, 100, len(whole) // 2, len(whole) - 3000):
        (tmp_path / "half").write_bytes(whole[:size])
        with pytest.raises(BackupError):
            restore(url, tmp_path / "half", LATER)
        assert lines(url) == 2004
        (tmp_path / "half").unlink()
    assert sorted(file.name for file in tmp_path.iterdir() if "hub.db." in file.name) == []


def test_a_newer_versions_backup_is_refused(url: str, tmp_path: Path) -> None:
    with opened(url) as engine, writing(engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    backup(url, tmp_path / "b")
    with opened(url) as engine, writing(engine) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '0015'"))
    with pytest.raises(BackupError, match="newer version"):
        restore(url, tmp_path / "b", LATER)
    assert lines(url) == 3


def test_an_older_versions_backup_is_brought_to_this_one(tmp_path: Path, by_migrations: None) -> None:
    from alembic import command

    from hub.store.migrate import script

    old, config = f"sqlite:///{tmp_path / 'old.db'}", script()
    with opened(old) as engine, writing(engine) as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0012")
        conn.execute(text("INSERT INTO member (id, name) VALUES ('elm', 'Elm')"))
        conn.execute(text("INSERT INTO connection (id, member_id, system, state, approved, fence, scan, failures)"
                          " VALUES ('elm', 'elm', 'memory', 'active', 1, 3, 1, 0)"))  # fmt: skip
    backup(old, tmp_path / "b")
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    assert restore(url, tmp_path / "b", LATER)["connections"] == 1
    with opened(url) as engine, reading(engine) as conn:
        row = conn.execute(select(restored.connections)).one()
        assert identity.version(conn) > "0014" and row.restored_at == LATER and not row.approved


def test_while_a_hub_runs_nothing_is_restored(url: str, tmp_path: Path) -> None:
    backup(url, tmp_path / "b")
    with opened(url) as engine, writing(engine) as conn:
        conn.execute(
            insert(Process.__table__).values(id="p", kind="serve", config_digest="", started_at=AT, seen_at=AT)
        )
    with pytest.raises(BackupError, match="runs still"):
        restore(url, tmp_path / "b", AT + timedelta(seconds=30))
    restore(url, tmp_path / "b", LATER)


def test_where_nothing_was_a_backup_of_any_hub_can_begin(tmp_path: Path) -> None:
    backup(new(f"sqlite:///{tmp_path / 'one.db'}", 5, whose="one"), tmp_path / "b")
    restore(f"sqlite:///{tmp_path / 'two.db'}", tmp_path / "b", LATER)
    assert lines(f"sqlite:///{tmp_path / 'two.db'}") == 5


def test_the_damaged_database_is_kept_beside(tmp_path: Path) -> None:
    url = new(f"sqlite:///{tmp_path / 'hub.db'}")
    backup(url, tmp_path / "b")
    damaged = b"x" * 5000
    (tmp_path / "hub.db").write_bytes(damaged)
    (tmp_path / "hub.db-wal").write_bytes(b"y" * 5000)
    restore(url, tmp_path / "b", LATER)
    (kept,) = tmp_path.glob("hub.db.before-*[0-9Z]")
    assert kept.read_bytes() == damaged and lines(url) == 3


def limited(url: str, target: Path, size: int) -> subprocess.CompletedProcess[str]:
    """A backup by a process that cannot write a file larger than this, as on a disk that is full."""
    code = (
        "import resource, sys; from pathlib import Path; from hub.operations.backup import backup, BackupError\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "try: backup(sys.argv[1], Path(sys.argv[2]))\nexcept BackupError as e: sys.exit(f'said: {e}')"
    )
    return subprocess.run([sys.executable, "-c", code, url, str(target)], capture_output=True, text=True, check=False)


def test_a_full_disk_leaves_no_half_backup(url: str, tmp_path: Path) -> None:
    add(url, 1000)
    folder = tmp_path / "backups"
    folder.mkdir()
    done = limited(url, folder / "b", 40_000)
    assert done.returncode == 1 and "said: " in done.stderr, done.stderr
    assert list(folder.iterdir()) == []


def test_a_backup_that_is_killed_leaves_no_half_one(url: str, tmp_path: Path) -> None:
    """Only a .part stays, and the next backup takes its place."""
    add(url, 3000)
    folder = tmp_path / "backups"
    folder.mkdir()
    code = (
        "import os, signal, sys; from pathlib import Path; from hub.operations import backup as b\n"
        "b._on_disk = lambda path: os.kill(os.getpid(), signal.SIGKILL)\nb.backup(sys.argv[1], Path(sys.argv[2]))"
    )
    done = subprocess.run([sys.executable, "-c", code, url, str(folder / "b")], check=False)
    assert done.returncode == -signal.SIGKILL and [file.name for file in folder.iterdir()] == ["b.part"]
    backup(url, folder / "b")
    assert [file.name for file in folder.iterdir()] == ["b"]


FILE, TOOL = (
    ("_copy", "migrate", "_on_disk", "_keep", "restored.mark"),
    ("migrate", "restored.begin", "restored.mark", "_tool"),
)
OFTEN = {("sqlite", "_keep", "after"), ("sqlite", "restored.mark", "before"), ("postgresql", "_tool", "after")}
STEPS = [
    pytest.param(name, step, when, marks=[] if (name, step, when) in OFTEN else pytest.mark.secure)
    for name, steps in (("sqlite", FILE), ("postgresql", TOOL))
    for step in steps
    for when in ("before", "after")
]


@pytest.mark.parametrize(("url", "step", "when"), STEPS, indirect=["url"])
def test_a_restore_that_is_killed_leaves_the_old_database_or_the_marked_one(
    url: str, tmp_path: Path, step: str, when: str
) -> None:
    """kill -9 at every step. Then a hub is opened, as somebody would."""
    with opened(url) as engine, writing(engine) as conn:
        conn.execute(
            insert(restored.connections).values(
                id="a", member_id="a", system="memory", state="active", approved=True, fence=1, scan=0, failures=0
            )
        )
    backup(url, tmp_path / "b")
    add(url)
    kill = (
        "import os, signal, sys; from pathlib import Path; from datetime import *; from hub.operations import backup as b\n"
        f"owner = b.restored if {step!r}.startswith('restored.') else b; name = {step!r}.split('.')[-1]\n"
        "real = getattr(owner, name)\n"
        "def dies(*a, **k):\n"
        "    if name == '_tool' and '--single-transaction' not in a: return real(*a, **k)\n"
        f"    {'real(*a, **k)' if when == 'after' else ''}\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "setattr(owner, name, dies)\n"
        f"b.restore(sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat({LATER.isoformat()!r}))"
    )
    done = subprocess.run([sys.executable, "-c", kill, url, str(tmp_path / "b")], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with opened(url) as engine:
        migrate(engine)
        with writing(engine) as conn:
            restored.finish(conn, LATER)
        with reading(engine) as conn:
            row = conn.execute(select(restored.connections)).one()
            count = len(conn.execute(select(audit.t.c.id).where(audit.t.c.action == "x")).all())
    assert count in (3, 4)
    assert count == 4 or row.restored_at == LATER  # the old one, or the restored one that asks first
    restore(url, tmp_path / "b", LATER)
    assert lines(url) == 3


def test_a_backup_is_whole_while_others_write(url: str, tmp_path: Path) -> None:
    """A writer adds lines all the time, always two in a transaction."""
    code = (
        "import sys, datetime; from hub.store.engine import *; from hub.store import audit\n"
        "e = open_engine(sys.argv[1]); at = datetime.datetime.now(datetime.UTC); print('on', flush=True)\n"
        "while True:\n    with writing(e) as c: audit.write_all(c, [{'at': at, 'actor': 'hub', 'action': 'x'}] * 2)"
    )
    with subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout and writer.stdout.readline()
            time.sleep(0.3)
            backup(url, tmp_path / "b")
            before = lines(url)
            deadline = time.monotonic() + 20
            while lines(url) == before and time.monotonic() < deadline:
                time.sleep(0.05)
            assert lines(url) > before > 3  # it went on meanwhile
        finally:
            os.kill(writer.pid, signal.SIGKILL)
    restore(url, tmp_path / "b", LATER)
    assert 3 < lines(url) <= before and lines(url) % 2 == 1


def test_no_name_of_a_database_in_memory_is_taken_for_a_file() -> None:
    with pytest.raises(BackupError, match="in memory"):
        operations.backup("sqlite://", Path("nowhere"))


def test_what_is_sent_to_the_disk_is_the_file(tmp_path: Path) -> None:
    backup(new(f"sqlite:///{tmp_path / 'hub.db'}"), tmp_path / "b")
    with closing(sqlite3.connect(tmp_path / "b")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert sorted(file.name for file in tmp_path.iterdir() if file.name.startswith("b")) == ["b"]

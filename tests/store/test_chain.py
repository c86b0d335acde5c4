"""The audit cannot be rewritten without anybody noticing, and a person can be erased from it all the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from hub.people.erasing import erase
from hub.store import audit, sealing
from hub.store.chain import GENESIS, line_digest, marks, seal_digest
from hub.sync import history
from hub.sync.restore import restorable
from tests.sync.conftest import Make, World, connection, make, share  # noqa: F401

AT = datetime(2026, 3, 2, tzinfo=UTC)
MARY = "Mary Okonkwo"


@pytest.fixture
def world(make: Make) -> World:  # noqa: F811
    """Two opportunities shared, imported and sealed."""
    world = make(connection("a"), connection("b", imports=()))
    share(world, Title="Wells", Summary=f"Ask {MARY} (mary@upper.example)")
    share(world, Title="Orchard")
    world.sync()
    sealing.seal(world.hub.engine, AT)
    return world


def verdict(world: World, expected: str | None = None) -> sealing.Verdict:
    with world.hub.reading() as conn:
        return sealing.verify(conn, expected)


def tamper(world: World, *statements: str) -> None:
    """As somebody does who owns the database: first the triggers go."""
    with world.hub.writing() as conn:
        if conn.dialect.name == "sqlite":
            for name in conn.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                conn.execute(text(f"DROP TRIGGER {name}"))
        else:
            conn.execute(text("DROP FUNCTION hub_append_only() CASCADE"))
            conn.execute(text("DROP FUNCTION hub_erasing_only() CASCADE"))
        for statement in statements:
            conn.exec_driver_sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'hub'",
        "UPDATE audit SET note = 'x'",
        "UPDATE audit SET \"values\" = '{}'",
        "UPDATE audit SET salt = 'x'",
        "DELETE FROM audit",
        "DELETE FROM seal",
        "UPDATE seal SET digest = 'x'",
    ],
)
def test_the_database_refuses_to_change_the_audit(world: World, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), world.hub.writing() as conn:
        conn.exec_driver_sql(statement)
    assert verdict(world).wrong == []


def test_sqlite_cannot_replace_a_line_by_inserting_it(world: World) -> None:
    if world.hub.engine.dialect.name != "sqlite":
        pytest.skip("INSERT OR REPLACE is SQLite's.")
    with pytest.raises(DatabaseError, match="append-only"), world.hub.writing() as conn:
        conn.exec_driver_sql("INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 1")


SWAP = (
    "CREATE TABLE aside AS SELECT * FROM audit WHERE id IN (1, 2)",
    "DELETE FROM audit WHERE id IN (1, 2)",
    "UPDATE aside SET id = 3 - id",
    "INSERT INTO audit SELECT * FROM aside",
)
INSERT = (
    "CREATE TABLE aside AS SELECT * FROM audit WHERE id = 1",
    "DELETE FROM audit WHERE id = 3",
    "UPDATE aside SET id = 3",
    "INSERT INTO audit SELECT * FROM aside",
)


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (
            ["UPDATE audit SET actor = 'user:someone' WHERE id = 1"],
            "Line 1 (sealed 2026-03-02 00:00 UTC) is not as it was",
        ),
        (['UPDATE audit SET "values" = \'{"title": [null, "Dams"]}\' WHERE id = 2'], "Line 2 (sealed "),
        (["UPDATE audit SET at = '2026-01-01 00:00:00' WHERE id = 2"], "Line 2 (sealed "),
        (["DELETE FROM audit WHERE id = 2"], "Line 2 (sealed 2026-03-02 00:00 UTC) is missing."),
        (["UPDATE audit SET id = 1000000 WHERE id = 1"], "Line 1 (sealed 2026-03-02 00:00 UTC) is missing."),
        (["UPDATE audit SET id = 0 WHERE id = 2"], "Line 0 was slipped in"),
        (INSERT, "Line 3 (sealed 2026-03-02 00:00 UTC) is not as it was"),
        (SWAP, "Line 1 (sealed 2026-03-02 00:00 UTC) is not as it was"),
        (["DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)"], "is missing."),
        (["DELETE FROM seal WHERE id = 1"], "Seal 1 is missing"),
        (["UPDATE seal SET digest = 'x' WHERE id = 1"], "Seal 1 (sealed"),
        (["UPDATE seal SET digest = 'x' WHERE id = 2"], "Seal 2 (sealed"),
    ],
)
def test_whoever_gets_around_the_triggers_is_noticed(world: World, statements: Sequence[str], told: str) -> None:
    share(world, Title="Bakery")
    world.sync()
    sealing.seal(world.hub.engine, AT)
    assert verdict(world).wrong == [] and verdict(world).seals == 2 and verdict(world).unsealed == 0
    tamper(world, *statements)
    assert verdict(world).wrong[0].startswith(told) or verdict(world).wrong[0].endswith(told)


def test_the_end_that_was_cut_off_with_its_seal_lacks_the_digest_that_was_noted(world: World) -> None:
    last = max(line.id for line in lines(world))
    share(world, Title="Bakery")
    world.sync()
    noted = sealing.seal(world.hub.engine, AT)
    tamper(world, "DELETE FROM seal WHERE id = 2", f"DELETE FROM audit WHERE id > {last}")
    assert verdict(world).wrong == []  # nothing that is there could tell
    assert "taken off the end" in verdict(world, noted).wrong[0]


def test_a_chain_made_anew_does_not_have_the_digest_that_was_noted(world: World) -> None:
    noted = verdict(world).last
    assert verdict(world, noted).wrong == []
    tamper(world, "DELETE FROM seal", "DELETE FROM audit WHERE id = 1")
    sealing.seal(world.hub.engine, AT)
    assert verdict(world).wrong == []
    assert "noted" in verdict(world, noted).wrong[0]


def test_a_seal_made_anew_breaks_the_one_after_it(world: World) -> None:
    """So whoever changes an old line has to make every seal since anew, and the newest is the one that is noted elsewhere."""
    share(world, Title="Bakery")
    world.sync()
    noted = sealing.seal(world.hub.engine, AT)
    tamper(world, "UPDATE audit SET actor = 'user:someone' WHERE id = 1")
    with world.hub.writing() as conn:
        upto = conn.scalar(select(sealing.seals.c.upto).where(sealing.seals.c.id == 1))
        sealed = [
            (row.id, line_digest(row._mapping))
            for row in conn.execute(select(audit.t).order_by(audit.t.c.id))
            if row.id <= upto
        ]
        anew = {"digest": seal_digest(GENESIS, sealed), "marks": marks(sealed)}
        conn.execute(update(sealing.seals).where(sealing.seals.c.id == 1).values(anew))
    assert verdict(world, noted).wrong[0].startswith("Seal 2 (sealed")


def test_lines_of_a_transaction_under_way_are_not_passed(world: World) -> None:
    if world.hub.engine.dialect.name == "sqlite":
        pytest.skip("Writers take turns on SQLite.")
    with world.hub.writing() as slow:
        audit.write(slow, at=AT, actor="hub", action="slow")
        with world.hub.writing() as quick:
            audit.write(quick, at=AT, actor="hub", action="quick")
        sealing.seal(world.hub.engine, AT)
    sealing.seal(world.hub.engine, AT)
    assert verdict(world).wrong == [] and verdict(world).unsealed == 0


def lines(world: World) -> list[Any]:
    with world.hub.reading() as conn:
        return list(conn.execute(select(audit.t).order_by(audit.t.c.id)))


def test_a_person_is_erased_and_the_chain_stays_valid(make: Make) -> None:  # noqa: F811
    world = make(connection("a"))
    id = share(world, Title="Wells", Summary=f"Ask {MARY} (mary@upper.example)")
    world.sync()
    sealing.seal(world.hub.engine, AT)
    before = [line_digest(line._mapping) for line in lines(world)]

    done = erase(world.hub, MARY, "test")
    assert done.values == 0 and any("summary" in sentence for sentence in done.remains)  # it still stands in the record

    world.systems["a"].rows[id]["Summary"] = "Ask the office"
    world.sync()
    done = erase(world.hub, MARY, "test")
    assert done.values == 2 and done.lines == 2  # once as it came, once as it went
    after = lines(world)
    assert MARY not in str([(line.values, line.note, line.salt) for line in after])
    assert [line_digest(line._mapping) for line in after][: len(before)] == before
    sealing.seal(world.hub.engine, AT)
    assert verdict(world).wrong == [] and verdict(world).erased == 2
    with world.hub.reading() as conn:
        assert history.disagreements(conn) == []
    assert erase(world.hub, MARY, "test").remains == []


def test_an_erased_value_cannot_be_guessed_from_what_is_left(make: Make) -> None:  # noqa: F811
    from hub.store.chain import ERASED, _leaf, salts

    world = make(connection("a"))
    id = share(world, Title="Wells", Summary=MARY)
    world.sync()
    world.systems["a"].rows[id]["Summary"] = "nobody"
    world.sync()
    erase(world.hub, MARY, "test")
    row = next(line for line in lines(world) if line.values and "summary" in line.values)
    assert not restorable(row, "summary", "a", "a")  # nor taken back
    digest, left = row.values["summary"][1][ERASED], salts(row.salt, 0)
    assert left.count(b"") == 1 and digest not in {_leaf(salt, MARY) for salt in left}


def test_after_an_erasure_the_values_are_closed_again(make: Make) -> None:  # noqa: F811
    world = make(connection("a"))
    share(world)
    world.sync()
    erase(world.hub, "Nobody At All", "test")
    with pytest.raises(DatabaseError, match="append-only"), world.hub.writing() as conn:
        conn.exec_driver_sql("UPDATE audit SET note = 'x'")

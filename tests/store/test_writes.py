"""What is stored quickly is what would be stored slowly: the same JSON, the same columns, the same links told apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import configure_mappers

from hub.store import links, tables
from hub.store.engine import dumps, loads, open_engine, writing
from hub.store.migrate import migrate
from hub.store.tables import Audit, Link
from hub.store.writes import insert_all, update_all

text = st.text(st.characters(exclude_categories=()), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | text | st.decimals(allow_nan=False, allow_infinity=False, places=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


def plainly(value: Any) -> str:
    said = json.dumps(
        value, default=lambda d: {"$decimal": str(d)}, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in said)


@given(values)
def test_json_is_the_text_that_it_was_before_it_was_fast(value: Any) -> None:
    assert dumps(value) == plainly(value)


@pytest.mark.parametrize("value", [{"a": 10**30}, {"b": "\ud800", "a": [Decimal("1.50"), "é\x01\n"]}])
def test_what_orjson_refuses_is_kept_all_the_same(value: Any) -> None:
    assert loads(dumps(value)) == value


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    engine = open_engine(f"sqlite:///{tmp_path / 'hub.db'}")
    migrate(engine)
    with engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA foreign_keys=OFF")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    new = request.getfixturevalue("new_postgres") if request.param == "postgresql" else None
    engine = open_engine(new() if new else f"sqlite:///{tmp_path / 'hub.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


def test_rows_stored_together_are_those_that_one_statement_each_would_store(store: Any) -> None:
    table: Any = vars(Audit)["__table__"]
    now = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    odd = [
        "ü",
        'a "quote" \\ and %s',
        "\u0000",
        "half \ud800",
        "\u2028\n",
        Decimal("1.50"),
        2**62,
        10**30,
        0.1,
        True,
        None,
        {},
        [],
    ]
    lines = [
        {"at": now, "actor": f"\"{n}' \\", "action": "told", "note": None, "values": {"title": [None, value]}}
        for n, value in enumerate(odd)
    ]
    with writing(store) as conn:
        conn.execute(table.insert(), lines)
        insert_all(conn, table, lines)
        insert_all(conn, table, lines[:1])
        told = [dict(row._mapping) | {"id": 0} for row in conn.execute(select(table).order_by(table.c.id))]
    assert told[: len(odd)] == told[len(odd) : -1] and told[-1] == told[0]
    assert told[-1]["at"] == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert told[-1]["moves"] is False and told[-1]["direction"] == "here", (
        "what is left out becomes the column's default"
    )


def test_a_row_that_is_there_becomes_what_the_caller_says(store: Any) -> None:
    table: Any = vars(tables.FindingMade)["__table__"]
    with writing(store) as conn:
        insert_all(conn, table, [{"way": 1}, {"way": 2}])
        insert_all(conn, table, [{"way": 2}, {"way": 3}], "ON CONFLICT DO NOTHING")
        insert_all(conn, table, [{"way": 3}], "ON CONFLICT (way) DO UPDATE SET way = excluded.way + 10")
        assert sorted(conn.scalars(select(table.c.way))) == [1, 2, 13]


def test_rows_changed_together_are_those_that_one_statement_each_would_change(engine: Any) -> None:
    table: Any = vars(Link)["__table__"]
    ids = ("plainly", "together", "among", "alone", "untouched")
    to = {
        "base": {"a": Decimal("1.50")},
        "sent": None,
        "synced_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "seen_page": 7,
    }
    with engine.connect() as conn, conn.begin():
        conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        links.add(conn, *(Link(id=id, connection_id="c", opportunity_id=id, sent={"b": 1}) for id in ids))
        conn.execute(update(table).where(table.c.id == "plainly").values(**to))
        update_all(conn, table, [{"id": "together"} | to, {"id": "among"} | to])
        update_all(conn, table, [{"id": "alone"} | to])
        update_all(conn, table, [])
        told = {row.id: dict(row._mapping) | {"id": 0, "opportunity_id": 0} for row in conn.execute(select(table))}
        conn.rollback()
    assert told["plainly"] == told["together"] == told["among"] == told["alone"] != told["untouched"]
    assert told["untouched"]["sent"] == {"b": 1} and told["alone"]["seen_page"] == 7


def test_a_row_is_its_values_and_nothing_watches_them() -> None:
    one = Link(id="1", connection_id="c", opportunity_id="o", base={"a": 1})
    other = one.model_copy(update={"base": {"a": 2}})
    one.state = "stopped"
    assert (one.state, one.base, other.state, other.base, other.follow) == (
        "stopped",
        {"a": 1},
        "linked",
        {"a": 2},
        "yes",
    )
    assert set(one.columns()) == {column.key for column in vars(Link)["__table__"].columns}
    configure_mappers()
    assert "_sa_instance_state" not in vars(one)


def test_a_record_stands_as_it_was_only_where_its_text_mapping_and_state_do(engine: Any) -> None:
    base = {"Title": "Ünique", "Ask": Decimal("1.50"), "Count": 1}

    def link(id: str, **other: Any) -> Link:
        return Link(
            **{"id": id, "connection_id": "c", "opportunity_id": id, "remote_id": id, "base": base}
            | {"mapping_digest": "m"}
            | other
        )

    with engine.connect() as conn, conn.begin():
        conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        links.add(
            conn, link("same"), link("edited"), link("remapped", mapping_digest="old"), link("stopped", state="stopped"),
            link("elsewhere", connection_id="d"), link("unread", base=None),
        )  # fmt: skip
        ids = ("same", "edited", "remapped", "stopped", "elsewhere", "unread")
        raws = {id: base if id != "edited" else base | {"Count": True} for id in ids}
        assert set(links.as_they_stand(conn, "c", "m", raws)) == {"same"}
        conn.rollback()

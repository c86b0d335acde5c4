"""A foundation's own hub between its system and the commons: what works in one hub works across two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from hub import tokens
from hub.demo.samples import ALDER, SAFFRON
from hub.store.asked import Conflict, Deletion
from hub.sync.history import disagreements
from tests.two_hubs import TABLE, Towns, rows, two_hubs

WELLS, SCHOOL, BOARD = ALDER[0], ALDER[1], ALDER[12]
OAKS = SAFFRON[0]


@pytest.fixture
def towns(tmp_path: Path) -> Iterator[Towns]:
    """Maple shares two projects and keeps one; Oak shares one."""
    with two_hubs(tmp_path, [WELLS, SCHOOL, BOARD], [OAKS]) as found:
        found.settle()
        yield found
        for hub in (found.house, found.commons):
            with hub.reading() as conn:
                assert disagreements(conn) == []


def test_what_is_shared_in_one_house_arrives_in_the_other_and_nothing_else_leaves(towns: Towns) -> None:
    assert rows(towns.oak).keys() == {WELLS.title, SCHOOL.title, OAKS.title}
    assert rows(towns.maple).keys() == {WELLS.title, SCHOOL.title, BOARD.title, OAKS.title}
    there = rows(towns.oak)[WELLS.title]
    assert there["Summary"] == WELLS.summary and there["Amount requested"] == WELLS.amount
    assert (
        there["Shared by"] == "Maple Foundation" and there["Commons ID"] != rows(towns.maple)[WELLS.title]["Commons ID"]
    )
    assert rows(towns.maple)[OAKS.title]["Shared by"] == "The commons"
    sent = "".join(towns.api.bodies)
    assert WELLS.title in sent and BOARD.title not in sent and "Only for us." not in sent


def test_a_round_in_which_nothing_happened_writes_nothing_anywhere(towns: Towns) -> None:
    before = towns.writes()
    towns.sync()
    towns.sync()
    assert towns.writes() == before


def test_a_disclosed_pledge_shrinks_the_gap_in_both_houses_and_a_hidden_one_stays_at_home(towns: Towns) -> None:
    ours = {"Stage": "Pledged", "Amount awarded": 100}
    towns.maple.write(TABLE, rows(towns.maple)[OAKS.title]["id"], ours | {"Currency": OAKS.currency})
    towns.api.bodies.clear()
    towns.settle()
    assert "pledged" not in "".join(towns.api.bodies)
    assert rows(towns.oak)[OAKS.title]["Commons gap"] == f"{OAKS.currency} {OAKS.amount:,}"

    towns.maple.write(TABLE, rows(towns.maple)[OAKS.title]["id"], {"Show our commitment": True})
    towns.oak.write(
        TABLE,
        rows(towns.oak)[WELLS.title]["id"],
        {"Stage": "Committed", "Amount awarded": 30000, "Show our commitment": True},
    )
    towns.settle()
    for base in (towns.oak, towns.maple):
        assert rows(base)[OAKS.title]["Commons gap"] == f"{OAKS.currency} {OAKS.amount - 100:,}"
        assert rows(base)[WELLS.title]["Commons gap"] == f"USD {WELLS.amount - 30000:,}"
        assert rows(base)[WELLS.title]["Commons funders"] == 1
        assert rows(base)[WELLS.title]["Commons status"] == "Partly funded"
    assert rows(towns.maple)[WELLS.title].get("Stage") is None

    towns.maple.write(TABLE, rows(towns.maple)[OAKS.title]["id"], {"Show our commitment": False})
    towns.oak.write(TABLE, rows(towns.oak)[WELLS.title]["id"], {"Show our commitment": False})
    towns.settle()
    for base in (towns.oak, towns.maple):
        assert rows(base)[OAKS.title]["Commons gap"] == f"{OAKS.currency} {OAKS.amount:,}"
        assert rows(base)[WELLS.title]["Commons gap"] == f"USD {WELLS.amount:,}"
        assert not rows(base)[WELLS.title].get("Commons funders")
    before = towns.writes()
    towns.sync()
    assert towns.writes() == before


def test_an_edit_goes_all_the_way_and_back_comes_only_what_the_other_side_changed(towns: Towns) -> None:
    towns.maple.write(TABLE, rows(towns.maple)[WELLS.title]["id"], {"Need": "Rain is late."})
    towns.oak.write(TABLE, rows(towns.oak)[OAKS.title]["id"], {"Need": "The roof leaks."})
    towns.settle()
    assert rows(towns.oak)[WELLS.title]["Need"] == "Rain is late."
    assert rows(towns.maple)[OAKS.title]["Need"] == "The roof leaks."
    towns.oak.write(TABLE, rows(towns.oak)[WELLS.title]["id"], {"Need": "Oak thinks otherwise."})  # kept in Oak's house
    towns.settle()
    assert rows(towns.maple)[WELLS.title]["Need"] == "Rain is late."


def test_a_conflict_is_asked_in_one_place_and_settled_for_both(towns: Towns) -> None:
    from hub.sync.resolve import resolve

    [there] = [item for item in api(towns)["items"] if item["facts"]["title"] == WELLS.title]
    changed = call(
        towns, "PATCH", there["id"], {"facts": {"summary": "By a colleague, in the commons."}}, there["etag"]
    )
    assert changed == 200
    towns.maple.write(TABLE, rows(towns.maple)[WELLS.title]["id"], {"Summary": "In our own system."})
    towns.settle()
    [conflict] = conflicts(towns.house)
    assert conflict.path == "summary" and conflicts(towns.commons) == []
    assert rows(towns.oak)[WELLS.title]["Summary"] == "By a colleague, in the commons."
    before = towns.writes()
    towns.sync()
    assert towns.writes() == before
    resolve(towns.house, conflict.id, conflict.rev, "Both of us.", "nobody")
    towns.settle()
    assert {rows(base)[WELLS.title]["Summary"] for base in (towns.maple, towns.oak)} == {"Both of us."}
    assert all(row.state != "open" for row in conflicts(towns.house))


def test_withdrawing_and_sharing_again_are_seen_at_the_other_end(towns: Towns) -> None:
    def tick(base: object, title: str, share: bool) -> None:
        base.write(TABLE, rows(base)[title]["id"], {"Share": share})  # type: ignore[attr-defined]
        towns.settle()

    tick(towns.maple, WELLS.title, False)
    tick(towns.oak, OAKS.title, False)
    assert rows(towns.oak)[WELLS.title]["Commons status"] == "Withdrawn"
    assert rows(towns.maple)[OAKS.title]["Commons status"] == "Withdrawn"
    tick(towns.maple, WELLS.title, True)
    tick(towns.oak, OAKS.title, True)
    assert rows(towns.oak)[WELLS.title]["Commons status"] == "Published"
    assert rows(towns.maple)[OAKS.title]["Commons status"] == "Published"
    assert len(rows(towns.oak)) == 3 and len(rows(towns.maple)) == 4


def test_what_is_no_more_for_the_house_says_so_there_and_is_not_deleted(towns: Towns) -> None:
    from hub.store import opportunities
    from hub.sync.history import Cause, change

    [there] = [item for item in api(towns)["items"] if item["facts"]["title"] == OAKS.title]
    with towns.commons.writing() as conn:
        row = opportunities.load(conn, [there["id"]])[there["id"]]
        change(conn, row, {"audience": "member:oak"}, Cause(towns.time.now(), "hub", "audience changed"))
    towns.settle()
    assert rows(towns.maple)[OAKS.title]["Commons status"] == "Withdrawn"
    towns.oak.write(TABLE, rows(towns.oak)[OAKS.title]["id"], {"Need": "Not for Maple."})
    towns.settle()
    assert not rows(towns.maple)[OAKS.title].get("Need")


def test_a_record_deleted_in_the_house_ends_nothing_before_its_people_say_so(towns: Towns) -> None:
    from hub.store import deletions, links
    from hub.sync.deletions import withdraw

    id = rows(towns.maple)[SCHOOL.title]["id"]
    towns.maple.remove(TABLE, id)
    for _ in range(3):
        towns.sync()
    assert rows(towns.oak)[SCHOOL.title]["Commons status"] == "Published"  # Airtable proves no deletion
    with towns.house.writing() as conn:
        link = links.by_remote(conn, "maple-airtable", [id])[id]
        question = Deletion(
            id="d", connection_id="maple-airtable", link_id=link.id, opportunity_id=link.opportunity_id, remote_id=id,
            seen_at=towns.time.now(), state="open",
        )  # fmt: skip
        deletions.add(conn, question)
    withdraw(towns.house, "d", "nobody")
    towns.sync()
    towns.sync()
    assert rows(towns.oak)[SCHOOL.title]["Commons status"] == "Withdrawn"


@pytest.mark.parametrize("lost", [1, 2])
def test_an_answer_that_is_lost_doubles_nothing(towns: Towns, lost: int) -> None:
    for number in range(3):
        cells = {"Title": f"New {number}", "Summary": "s", "Organisation": "o", "Share": True}
        towns.maple.write(TABLE, None, cells)
    towns.maple.write(TABLE, rows(towns.maple)[WELLS.title]["id"], {"Need": "Lost and found."})
    towns.api.lose = lost
    for _ in range(3):
        towns.sync()
    towns.settle()
    titles = [item["facts"]["title"] for item in api(towns)["items"]]
    assert sorted(titles) == sorted([WELLS.title, SCHOOL.title, OAKS.title, "New 0", "New 1", "New 2"])
    assert rows(towns.oak)[WELLS.title]["Need"] == "Lost and found."
    assert len(towns.oak.rows(TABLE)) == 6 and len(towns.maple.rows(TABLE)) == 7


def test_a_revoked_token_stops_the_connection_and_loses_nothing(towns: Towns) -> None:
    with towns.commons.reading() as conn:
        ids = [row[0] for row in conn.exec_driver_sql("SELECT id FROM token")]
    for id in ids:
        tokens.revoke(towns.commons, id, members=["maple"])
    towns.maple.write(TABLE, rows(towns.maple)[WELLS.title]["id"], {"Need": "Later."})
    result = towns.sync()["commons"]
    assert result.state == "failed" and "new token" in result.message
    assert rows(towns.maple).keys() == {WELLS.title, SCHOOL.title, BOARD.title, OAKS.title}


def api(towns: Towns) -> dict[str, object] | object:
    return ask(towns, "GET", "/api/v1/opportunities").get_json()


def call(towns: Towns, method: str, id: str, body: object, etag: str) -> int:
    return int(ask(towns, method, f"/api/v1/opportunities/{id}", body, etag).status_code)


def ask(towns: Towns, method: str, path: str, body: object = None, etag: str = ""):  # type: ignore[no-untyped-def]
    """Another program of Maple's, at the commons."""
    from hub.web.app import create_app

    _row, text = tokens.create(towns.commons, "maple", "a colleague", ["read", "share"])
    headers = {"Authorization": f"Bearer {text}"} | ({"If-Match": etag} if etag else {})
    return create_app(towns.commons).test_client().open(path, method=method, json=body, headers=headers)


def conflicts(hub):  # type: ignore[no-untyped-def]
    with hub.reading() as conn:
        return conn.execute(select(Conflict.__table__)).all()  # type: ignore[attr-defined]

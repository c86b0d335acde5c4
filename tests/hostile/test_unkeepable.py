"""NUL and half characters: no database keeps them, so their field is set aside and all else goes on, on both databases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Capabilities, Invalid, Unavailable
from hub.store.tables import Due, Opportunity, Quarantine, Run
from tests.hostile.four import TABLE, Four
from tests.hostile.strings import MEGABYTE, UNKEEPABLE
from tests.sync.conftest import Make, World, connection, share, tree

FIELDS = {"need": "Need", "intended_impact": {"field": "Impact", "type": "html"}, "contact.public": "Contact"}


@pytest.fixture
def pair(make: Make) -> World:
    trees = {"a": tree(fields=FIELDS), "b": tree(fields=FIELDS)}
    return make(connection("a"), connection("b", imports=(), edits="accept"), trees=trees)


def done(world: World) -> None:
    results = world.sync()
    assert {(r.state, r.message) for r in results.values()} == {("done", "")}


def waiting(world: World) -> list[Any]:
    return [row for row in world.table(Quarantine) if row.state == "open"]


def test_the_field_is_set_aside_the_record_goes_on_and_mending_it_there_is_enough(pair: World) -> None:
    ids = {share(pair, Title=f"Wells {n}", Need=text, Impact=text): text for n, text in enumerate(UNKEEPABLE)}
    for _ in range(3):
        done(pair)
        found = {(row.remote_id, row.path): row for row in waiting(pair)}
        assert found.keys() == {(id, path) for id in ids for path in ("need", "intended_impact")}
        assert all("NUL" in row.reason or "half" in row.reason for row in found.values())
        assert all(row.fields["Need"] == ids[row.remote_id] for row in found.values())
    copies = {row["Title"]: row for row in pair.rows("b")}
    assert len(copies) == len(UNKEEPABLE) and all("Need" not in row and "Impact" not in row for row in copies.values())
    assert pair.quiet() == 0
    for id in ids:
        pair.systems["a"].rows[id] |= {"Need": "mended", "Impact": "mended"}
    done(pair)
    assert waiting(pair) == [] and {row["Need"] for row in pair.rows("b")} == {"mended"}


def test_an_edit_to_such_text_changes_nothing_elsewhere(pair: World) -> None:
    share(pair, Need="Water")
    done(pair)
    for text in UNKEEPABLE[1::6]:
        for name in ("a", "b"):
            pair.rows(name)[0]["Need"] = text
            done(pair)
            other = pair.rows("b" if name == "a" else "a")[0]
            assert other["Need"] == "Water" and pair.table(Opportunity)[0].facts["need"] == "Water"
            assert [row.path for row in waiting(pair)] == ["need"]
            pair.rows(name)[0]["Need"] = "Water"
            done(pair)
            assert waiting(pair) == [] and pair.quiet() == 0


def test_a_title_of_such_text_keeps_its_record_out_and_says_why(pair: World) -> None:
    for text in UNKEEPABLE:
        share(pair, Title=text)
    share(pair, Title="Wells")
    done(pair)
    assert [row["Title"] for row in pair.rows("b")] == ["Wells"]
    assert len(waiting(pair)) == len(UNKEEPABLE) and all("Remove it there" in row.reason for row in waiting(pair))
    assert pair.quiet() == 0


@pytest.mark.parametrize("id", [*UNKEEPABLE, "x" * 3_000, "ماء" * 1_000])
def test_a_row_with_an_id_that_cannot_be_kept_is_set_aside(pair: World, id: str) -> None:
    system = pair.systems["a"]
    system.rows[id] = system.rows.pop(share(pair, Title="Odd"))
    system.rows["b" + id] = system.rows.pop(share(pair, Title="Odd, not shared", Share=False))
    share(pair, Title="Wells")
    for _ in range(2):
        done(pair)
        assert [row["Title"] for row in pair.rows("b")] == ["Wells"]
        assert len(waiting(pair)) == 2 and all(row.reason.startswith("Its id ") for row in waiting(pair))
    del system.rows[id], system.rows["b" + id]
    assert pair.quiet() == 0


@pytest.mark.parametrize("kind", ["text", "integer"])
def test_a_key_column_may_hold_anything(make: Make, kind: Any) -> None:
    world = make(connection("a"), connection("b", imports=()))
    world.systems["a"].can = replace(Capabilities(batch=10, upsert=True), key=kind)
    odd = [*UNKEEPABLE, "²", "9" * 30, "-1", "1e5", " ", "x" * 5_000, "' OR 1=1", "0" * 20, "٣", 7, 10**40]
    for number, key in enumerate(odd):
        share(world, Title=f"Wells {number}", Commons_ID=key)
        share(world, Title=f"Private {number}", Share=False, Commons_ID=key)
    for _ in range(2):
        done(world)
    assert [row["Title"] for row in world.rows("b")] == [f"Wells {odd.index(' ')}"]
    assert len(waiting(world)) == len(odd) - 1 and all("carries a key" in row.reason for row in waiting(world))


def test_what_a_system_says_may_quote_such_text(pair: World) -> None:
    share(pair)
    pair.systems["b"].fault["create:before"] = [Invalid("Cannot take 'a\0b \ud800'."), Unavailable("gone \0 \udfff")]
    for state in ("failed", "incomplete"):
        results = pair.sync()
        assert results["b"].state == state and "U+0000" in results["b"].message
    done(pair)
    assert {row.error for row in pair.table(Run) if row.error} == {
        "Cannot take 'aU+0000b U+D800'.",
        "gone U+0000 U+DFFF",
    }
    assert pair.table(Due) == []


def test_over_the_wire_one_such_cell_does_not_hide_the_rest_of_its_page(tmp_path: Path) -> None:
    """The JSON of each of them is valid, so systems do send it; a reader that refuses the page never gets past it."""
    cases = [f"{n}: {text}" for n, text in enumerate(UNKEEPABLE)]
    with Four(tmp_path) as four:
        four.airtable.app.json.ensure_ascii = True  # type: ignore[attr-defined]
        usual = {"organization.name": "Upper Valley Trust", "summary": "Clean water"}
        four.share("airtable", [usual | {"title": f"Wells {n}", "need": text} for n, text in enumerate(cases)])
        four.share(
            "salesforce", [{"title": f"Pumps {n}", "summary": "x", "need": text} for n, text in enumerate(cases)]
        )
        for _ in range(2):
            results = four.sync()
            assert {(r.state, r.message) for r in results.values()} == {("done", "")}
            assert len(four.quarantined()) == 2 * len(cases)
            assert {row.path for row in four.quarantined()} == {"need"}
        for name in ("csv", "xlsx"):
            held = four.held(name).values()
            assert len(held) == 2 * len(cases) and all(record.texts["need"] is None for record in held)
        assert len(four.airtable.rows(TABLE)) == 2 * len(cases)


def test_a_megabyte_goes_where_it_fits_and_is_said_to_be_missing_elsewhere(tmp_path: Path) -> None:
    with Four(tmp_path) as four:
        usual = {"title": "Wells", "summary": "Clean water", "organization.name": "Upper Valley Trust"}
        four.share("csv", [usual | {"need": MEGABYTE}])
        for _ in range(3):
            results = four.sync()
            assert {(r.state, r.message) for r in results.values()} == {("done", "")}
        (facts,) = four.opportunities().values()
        assert facts["need"] == MEGABYTE
        for name, reason in (("airtable", "holds 100000 characters"), ("xlsx", "holds 32767 characters")):
            (record,) = four.held(name).values()
            assert record.texts["need"] is None and reason in record.unholdable["need"]
            assert (record.texts["title"], record.texts["summary"]) == ("Wells", "Clean water")
        (record,) = four.held("salesforce").values()
        assert 30_000 < len(record.texts["need"]) <= 32_768 and "32768" in record.unholdable["need"]
        before = four.writes()
        four.sync()
        assert four.writes() == before
        four.airtable.write(TABLE, four.airtable.rows(TABLE)[0]["id"], {"Summary": "Deeper wells"})
        four.sync()
        assert {four.held(name).popitem()[1].texts["summary"] for name in ("salesforce", "csv", "xlsx")} == {
            "Deeper wells"
        }

"""One opportunity travels from one member's system into another's, and back."""

from __future__ import annotations

from hub.store.tables import Audit, Conflict, Due, Opportunity
from hub.sync.resolve import effects, resolve
from tests.sync.conftest import World, share


def test_a_shared_record_arrives_in_the_other_system_with_its_key(pair: World) -> None:
    share(pair)
    results = pair.sync()
    assert {r.state for r in results.values()} == {"done"}, results
    (copy,) = pair.rows("b")
    (original,) = pair.rows("a")
    assert copy["Title"] == "Wells" and copy["Ask"] == 1000 and copy["Currency"] == "USD"
    assert copy["Commons ID"] == original["Commons ID"] == pair.table(Opportunity)[0].id
    assert copy["Gap"] == "USD 1,000"


def test_after_a_round_nothing_more_is_written(pair: World) -> None:
    share(pair)
    pair.sync()
    assert [pair.quiet() for _ in range(3)] == [0, 0, 0]
    assert pair.table(Due) == []


def test_what_is_not_shared_leaves_no_trace(pair: World) -> None:
    share(pair, Title="Canary of the board", Share=False)
    pair.sync()
    assert pair.table(Opportunity) == [] and pair.table(Audit) == [] and pair.rows("b") == []


def test_an_edit_of_the_steward_reaches_the_copy(pair: World) -> None:
    id = share(pair)
    pair.sync()
    pair.systems["a"].rows[id]["Title"] = "Deeper wells"
    pair.sync()
    assert pair.rows("b")[0]["Title"] == "Deeper wells"


def test_an_accepted_edit_of_the_other_reaches_the_steward(pair: World) -> None:
    share(pair)
    pair.sync()
    pair.rows("b")[0]["Summary"] = "Clean water for all"
    pair.sync()
    assert pair.rows("a")[0]["Summary"] == "Clean water for all"
    assert pair.quiet() == 0


def test_the_same_field_edited_on_both_sides_is_one_conflict_and_other_fields_still_move(pair: World) -> None:
    share(pair)
    pair.sync()
    pair.rows("a")[0] |= {"Title": "Wells of A", "Summary": "From A"}
    pair.rows("b")[0] |= {"Title": "Wells of B", "Ask": 2000}
    pair.sync()
    (conflict,) = pair.table(Conflict)
    assert (conflict.path, conflict.state, conflict.base) == ("title", "open", "Wells")
    assert pair.rows("b")[0]["Summary"] == "From A" and pair.rows("a")[0]["Ask"] == 2000
    assert (pair.rows("a")[0]["Title"], pair.rows("b")[0]["Title"]) == ("Wells of A", "Wells of B")
    assert pair.quiet() == 0


def test_resolving_writes_the_choice_to_both_and_then_nothing_more(pair: World) -> None:
    share(pair)
    pair.sync()
    pair.rows("a")[0]["Title"] = "Wells of A"
    pair.rows("b")[0]["Title"] = "Wells of B"
    pair.sync()
    (conflict,) = pair.table(Conflict)
    shown = {e.connection: (e.before, e.after, e.writes) for e in effects(pair.hub, conflict.id, "Wells of both")}
    assert shown["a"] == ("Wells of A", "Wells of both", True)
    assert shown["b"] == ("Wells of B", "Wells of both", True)
    resolve(pair.hub, conflict.id, conflict.rev, "Wells of both", "u1")
    pair.sync()
    assert (pair.rows("a")[0]["Title"], pair.rows("b")[0]["Title"]) == ("Wells of both", "Wells of both")
    assert pair.quiet() == 0
